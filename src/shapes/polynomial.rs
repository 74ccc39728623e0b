//! A power.

use super::Kernel;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Polynomial {
    first: f64,
    last: f64,
    steps: f64,
    power: f64,
    cycle: bool,
}

impl Polynomial {
    pub(super) fn between(first: f64, last: f64, steps: f64, power: f64) -> Self {
        Self { first, last, steps, power, cycle: false }
    }

    /// Again and again, over one more period each time.
    pub(super) fn cycles(first: f64, last: f64, power: f64, period: f64) -> Self {
        Self { first, last, steps: period, power, cycle: true }
    }
}

impl Kernel for Polynomial {
    #[inline(always)]
    fn rate(self, done: f64, _left: f64) -> f64 {
        let mut steps = self.steps;
        if self.cycle {
            steps *= (done.min(9007199254740992.0) / steps).ceil().max(1.0);
        }
        self.last + (self.first - self.last) * (1.0 - done.min(steps) / steps).powf(self.power)
    }
}
