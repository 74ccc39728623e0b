//! A line: `first + (last - first) * u`, where `u` is the share of the segment's steps that are done.
//!
//! The line is measured from the nearer end. So both ends are met exactly, and a rate that comes close to zero there
//! keeps its digits.
//!
//! # The error of a rate
//! At most 2.5 ULP; 3.5 where a joint lies between whole steps. An ULP is the spacing of float64 at the computed or the exact rate, whichever is larger. With
//! `u = 2**-53`, `m_x` in [1, 2) the significand of `x`, so that rounding `x` costs at most `u / m_x` of it,
//! `S = |last - first|`, `q = near / steps`, `p = S*q` and `v` the rate:
//!
//! - `near` is exact where both joints are whole: it is a multiple of the step's ULP, and no larger than the step.
//!   Elsewhere it is rounded, which costs at most one ULP of `p`.
//! - `S` and `q` are rounded once each. In ULP of `p` that costs `(m_S + m_q)/2` where `m_p = m_S*m_q < 2`, hence less
//!   than 1.5, and half as much where `m_p = m_S*m_q/2`.
//! - `p <= v`: a line that rises from the joint has `v = joint + p`. One that falls has `q <= 1/2` and
//!   `v >= joint - S/2 >= S/2 >= p`. So an ULP of `p` is at most one of `v`.
//! - The product and the sum are rounded once each: half an ULP each.
//! - Subnormal rates: sums are exact, and the product is off by half of 2**-1074 at most.
//!
//! A subnormal `q` loses digits, so the bound leaves out fractional steps within `steps * 2**-1022` of a rate of 0.
//!
//! # Why a line never turns, at whole steps of up to 2**49
//! Rounding is monotone, and each half is a chain of monotone operations on `near`. From the last step of one half to the
//! first of the other the exact line moves by `S/steps >= S * 2**-49`. The roundings of `S`, of both `q` and of both
//! products are less than `S * 2**-51` together. The sums are rounded monotonely.

use super::{Kernel, Place, minimum};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Linear {
    first: f64,
    last: f64,
    span: f64,
    steps: f64,
}

impl Linear {
    pub(super) fn between(first: f64, last: f64, steps: f64) -> Self {
        Self { first, last, span: last - first, steps }
    }
}

impl Kernel for Linear {
    #[inline(always)]
    fn rate(self, at: Place) -> f64 {
        let (done, left) = (at.done(), at.left());
        let near = minimum(done, left);
        let (joint, span) =
            if done < left { (self.first, self.span) } else { (self.last, -self.span) };
        joint + span * (near / self.steps)
    }
}
