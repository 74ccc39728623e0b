//! An exponential.

use super::Kernel;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Exponential {
    first: f64,
    factor: f64,
    steps: f64,
    period: f64,
}

impl Exponential {
    pub(super) fn between(first: f64, last: f64, steps: f64) -> Self {
        Self { first, factor: last / first, steps, period: 0.0 }
    }

    /// By `decay_rate` in each `period`; all at once, if it is a `staircase`.
    pub(super) fn endless(first: f64, decay_rate: f64, period: f64, staircase: bool) -> Self {
        let (steps, period) = if staircase { (1.0, period) } else { (period, 0.0) };
        Self { first, factor: decay_rate, steps, period }
    }
}

impl Kernel for Exponential {
    #[inline(always)]
    fn rate(self, done: f64, _left: f64) -> f64 {
        let n = if self.period > 0.0 { (done / self.period).floor() } else { done };
        (self.first * self.factor.powf(n / self.steps)).min(f64::MAX)
    }
}
