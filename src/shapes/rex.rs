//! REX, a decay that is slow at first and fast at the end: `last + (first - last) * (1 - u) / (1 - u/2)`, where `u` is the
//! share of the segment's steps that are done.
//!
//! With `T = done + left` the share of the way that is left, `(1 - u) / (1 - u/2)`, is `2 * left / (T + left)`, and the one
//! that is gone is `done / (T + left)`. The rate is measured from the end to which it is nearer, so both ends are met
//! exactly, and a rate that comes close to zero there keeps its digits.
//!
//! # The error of a rate
//! At most 2.5 ULP at whole steps of a segment of up to 2**52 whole ones, 4 at other steps, and 6 where a joint lies
//! between whole steps (`tools/shape_bounds.py` adds them up). As in `linear.rs` the roundings of the span, of the
//! quotient `q`, of their product and of the sum come to 2.5, for `q <= 1/2`; beside them:
//!
//! - `T + left` is exact where it is whole and at most 2**53. Elsewhere it is rounded, which costs at most one ULP. So is
//!   `left` in it at a fractional step in the first half, which costs half of one.
//! - From a joint between whole steps the numerator is rounded too, which costs one ULP; `left` in the denominator, which
//!   costs half of one; and `done + left` may differ from the length by half of its ULP, which costs less than one.
//! - Subnormal rates: sums are exact, and the product is off by half of 2**-1074 at most.
//!
//! # Why it never turns, at whole steps of up to 2**49
//! Rounding is monotone, and each half is a chain of monotone operations on `done` and `left`. From the last step of one
//! half to the first of the other the exact curve moves by at least `S/(2*T) >= S * 2**-50`. The roundings of `S`, of both
//! quotients and of both products are less than `S * 2**-51` together. The sums are rounded monotonely.
//!
//! Source: Chen et al. 2021, arXiv 2107.04197.

use super::{Kernel, Place, minimum};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rex {
    first: f64,
    last: f64,
    span: f64,
    steps: f64,
}

impl Rex {
    pub(super) fn between(first: f64, last: f64, steps: f64) -> Self {
        Self { first, last, span: last - first, steps }
    }
}

impl Kernel for Rex {
    #[inline(always)]
    fn rate(self, at: Place) -> f64 {
        let (done, left) = (at.done(), at.left());
        let twice = left + left;
        let near = minimum(done, twice);
        let (joint, span) =
            if done < twice { (self.first, self.span) } else { (self.last, -self.span) };
        joint + span * (near / (self.steps + left))
    }
}
