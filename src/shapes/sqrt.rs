//! A square root: `first + (last - first) * sqrt(u)`, where `u` is the share of the segment's steps that are done. Down to 0
//! it is the 1-sqrt cooldown.
//!
//! With `T = done + left` and `root = sqrt(done * T)` the share that is gone is `root / T`, and the one that is left
//! `1 - sqrt(u) = left / (T + root)`, which does not cancel. The rate is measured from the end to which it is nearer, so
//! both ends are met exactly, and a rate that comes close to zero there keeps its digits.
//!
//! # The error of a rate
//! In ULP, the spacing of float64 at the computed or the exact rate, whichever is larger, at most
//!
//! ```text
//! whole steps, T <= 2**26           4
//! other whole steps                 4.25
//! other steps                       5.25
//! joints between whole steps        6
//! ```
//!
//! As in `linear.rs` the roundings of the span, of the quotient, of their product and of the sum come to 2.5. Beside them
//! (`tools/shape_bounds.py` adds them up):
//!
//! - Up to `T = 2**26` the product `done * T` is exact at whole steps. Elsewhere it is rounded, of which the root takes half.
//! - The root is rounded, which costs one ULP in `root / T`, and at most half of one in `T + root`.
//! - `T + root` is rounded, which costs one ULP.
//! - `left` is rounded at a fractional step where it is more than `done`, which costs one ULP.
//! - From a joint between whole steps `done` is rounded too, of which the root takes half, and `left`, which costs one ULP;
//!   and `done + left` may differ from `T` by half of its ULP, which costs less than one.
//! - Subnormal rates: sums are exact, and the product is off by half of 2**-1074 at most.
//!
//! # Why it never turns, at whole steps of up to 2**49
//! Rounding is monotone, and so is a rounded root; each half is a chain of monotone operations. Where the halves meet the
//! exact curve moves by at least `S/(2*T) >= S * 2**-50`, more than the roundings of both products.
//!
//! Source: Hägele et al. 2024, arXiv 2405.18392.

use super::{Kernel, Place};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sqrt {
    first: f64,
    last: f64,
    span: f64,
    steps: f64,
}

impl Sqrt {
    pub(super) fn between(first: f64, last: f64, steps: f64) -> Self {
        Self { first, last, span: last - first, steps }
    }
}

impl Kernel for Sqrt {
    #[inline(always)]
    fn rate(self, at: Place) -> f64 {
        let (done, left) = (at.done(), at.left());
        let root = (done * self.steps).sqrt();
        let is_early = root + root < self.steps;
        let near = if is_early { root } else { left };
        let (joint, span, more) =
            if is_early { (self.first, self.span, 0.0) } else { (self.last, -self.span, 1.0) };
        joint + span * (near / (self.steps + more * root))
    }
}
