//! A square: `first + (last - first) * u**2`, where `u` is the share of the segment's steps that are done.
//!
//! The share that is left, `1 - u**2`, is `left * (T + done) / T**2` with `T = done + left`. The rate is measured from the
//! end to which it is nearer, so both ends are met exactly, and a rate that comes close to zero there keeps its digits. The
//! constant `(last - first) / T**2` has two parts, so that no step needs a division. A power of two scales the steps, so
//! that nothing overflows.
//!
//! # The error of a rate
//! In ULP, the spacing of float64 at the computed or the exact rate, whichever is larger, at most
//! (`tools/shape_bounds.py` adds them up)
//!
//! ```text
//! whole steps, T <= 2**26           1.5
//! whole steps, T <= 2**52           2.5
//! other steps, and longer           3.5
//! joints between whole steps        5.5
//! ```
//!
//! - The product with either part of the constant, their sum, and the sum with the joint are rounded once each: that with
//!   the lesser part by nothing to speak of, each other one by half an ULP.
//! - Up to `T = 2**26` squares of whole steps are exact. Elsewhere the square is rounded, which costs one ULP.
//! - `T + done` is exact up to `T = 2**52` at whole steps. Elsewhere it is rounded, which costs another.
//! - From a joint between whole steps the distance is rounded too, which a square doubles: two ULP. (`left` is rounded
//!   once, `done` in `T + done` costs half an ULP, and `done + left` may differ from `T` by half of its ULP.)
//! - Subnormal rates: sums are exact; the products, and the parts of the constant, are off by half of 2**-1074 at most.
//!
//! # Why it never turns, at whole steps of up to 2**49
//! From one step to the next `done * done` grows by at least `2**-48` of itself, and so does `left * (T + done)` shrink: by
//! more than all the roundings after it. Where the halves meet the exact curve moves by at least `S * 2**-49`, more than
//! the roundings of both products. The sums are rounded monotonely.

use super::ratio::{exponent, ratio, scaled};
use super::{Kernel, Place, minimum};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Square {
    first: f64,
    last: f64,
    /// `(last - first) / steps**2`
    k: f64,
    k_rest: f64,
    steps: f64,
    unit: f64,
}

impl Square {
    pub(super) fn between(first: f64, last: f64, steps: f64) -> Self {
        let unit = scaled(1.0, -exponent(steps));
        let steps = steps * unit;
        let (k, k_rest) = ratio(last, first, steps, steps);
        Self { first, last, k, k_rest, steps, unit }
    }
}

impl Kernel for Square {
    #[inline(always)]
    fn rate(self, at: Place) -> f64 {
        let (done, left) = (at.done(), at.left());
        let (done, left) = (done * self.unit, left * self.unit);
        let gone = done * done;
        let rest = left * (self.steps + done);
        let near = minimum(gone, rest);
        let (joint, k, k_rest) = if gone < rest {
            (self.first, self.k, self.k_rest)
        } else {
            (self.last, -self.k, -self.k_rest)
        };
        joint + (near * k + near * k_rest)
    }
}
