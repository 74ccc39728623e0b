//! Inverse time: a line in `1 / rate`. Between two rates, `1 / rate` goes from `1 / first` to `1 / last` over the segment's
//! steps; without end, from `first` on, it is `(1 + decay_rate * n / period) / first`, where `n` is the steps that are done.
//!
//! Both are `top / (1 + n * k)`, where `n` counts from the end of the greater rate, `top`. There the rate is met exactly;
//! a choice sees to the other end, and to step infinity. The constant `k` has two parts, so that only the steps' own product is rounded.
//! `decay_rate` and the quotient of two rates are at most 1e100, so that nothing overflows.
//!
//! With a `staircase` whole periods count: `n = floor(done / period)`, of the IEEE quotient as in Keras, and
//! `k = decay_rate`.
//!
//! # The error of a rate
//! At most 2.5 ULP, the spacing of float64 at the computed or the exact rate, whichever is larger, at whole steps, and
//! without end at any; 3.5 at other steps, and where a joint lies between whole steps. With `u = 2**-53` and `t = n * k`:
//!
//! - The product `t` is rounded by at most `t * u`, and `1 + n * k_rest` by at most `u`: by at most `u` of their sum.
//! - That sum is rounded, by `u` at most. A relative error of `u` costs at most one ULP of the rate.
//! - The quotient is rounded once: half an ULP.
//! - Where `n` is what is left, more than is done, and the step is fractional, and from a joint between whole steps, `n` is
//!   rounded too, which costs one ULP.
//!
//! # Why it never turns, at whole steps of up to 2**49
//! From one step to the next `t` grows by at least `2**-49` of itself, more than what `1 + n * k_rest` can lose, and what
//! the roundings of both can take. The sum and the quotient are rounded monotonely.

use super::ratio::ratio;
use super::{Kernel, MAX_STEPS, Place, minimum};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct InverseTime {
    top: f64,
    low: f64,
    k: f64,
    k_rest: f64,
    falls: bool,
    /// The steps of a stair; 0 where there are none.
    period: f64,
}

/// More steps than these count as so many: infinity times 0 is no number.
const ENDLESS: f64 = 3.273390607896142e150; // 2**500

impl InverseTime {
    pub(super) fn between(first: f64, last: f64, steps: f64) -> Self {
        let falls = last < first;
        let (top, low) = if falls { (first, last) } else { (last, first) };
        let (k, k_rest) = ratio(top, low, low, steps);
        Self { top, low, k, k_rest, falls, period: 0.0 }
    }

    /// Down to 0, by `decay_rate` in each `period`; all at once, if it is a `staircase`.
    pub(super) fn endless(first: f64, decay_rate: f64, period: f64, staircase: bool) -> Self {
        let (k, k_rest) = ratio(decay_rate, 0.0, 1.0, if staircase { 1.0 } else { period });
        let period = if staircase { period } else { 0.0 };
        Self { top: first, low: 0.0, k, k_rest, falls: true, period }
    }
}

impl Kernel for InverseTime {
    #[inline(always)]
    fn rate(self, at: Place) -> f64 {
        let (done, left) = (at.done(), at.left());
        let (far, near) = if self.falls { (done, left) } else { (left, done) };
        let mut n = minimum(far, ENDLESS);
        if self.period > 0.0 {
            n = (minimum(far, MAX_STEPS) / self.period).floor();
        }
        let rate = self.top / ((1.0 + n * self.k_rest) + n * self.k);
        if near > 0.0 && self.low < rate { rate } else { self.low }
    }
}
