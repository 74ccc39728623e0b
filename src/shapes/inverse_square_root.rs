//! The inverse square root: `first * sqrt(timescale / (timescale + done))`, without end.
//!
//! # The error of a rate
//! At most 2.5 ULP, the spacing of float64 at the computed or the exact rate, whichever is larger. The sum and the quotient
//! are rounded once each, of which the root takes half; the root and the product are rounded once each. In ULP of the
//! rate that is at most `1/2 + 1/2 + 1 + 1/2`. Subnormal rates: the product is off by half of 2**-1074 at most.
//!
//! It never rises: each operation is monotone, and so is its rounding.

use super::{Kernel, Place};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct InverseSquareRoot {
    pub(super) first: f64,
    pub(super) timescale: f64,
}

impl Kernel for InverseSquareRoot {
    #[inline(always)]
    fn rate(self, at: Place) -> f64 {
        let done = at.done();
        self.first * (self.timescale / (self.timescale + done)).sqrt()
    }
}
