//! An exponential.

use super::exp2::{Exp2Less1, near, times_exp2};
use super::log2::log2_parts;
use super::ratio::{exponent, leading, product, scaled};
use super::{Kernel, MAX_STEPS, Place, maximum, minimum};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Exponential {
    /// The rate at the start is `m * 2**exponent`, with `m` from 1 to 2.
    m: f64,
    exponent: f64,
    exp2_less_1: Exp2Less1,
    /// Octaves to a step.
    c: f64,
    /// Steps to an octave, in so few bits that whole octaves have no rest; and what that leaves, in octaves.
    octave: f64,
    rest: f64,
    /// Beyond so many steps the rate is its limit.
    limit: f64,
    /// The steps of a stair; 0 where there are none.
    period: f64,
    low: f64,
    high: f64,
}

impl Exponential {
    pub(super) fn between(first: f64, last: f64, steps: f64) -> Self {
        Self::new(first, last, log2_parts(first, last, steps), steps, 0.0)
    }

    /// By `decay_rate` in each `period`; all at once, if it is a `staircase`.
    pub(super) fn endless(
        first: f64,
        last: f64,
        decay_rate: f64,
        period: f64,
        staircase: bool,
    ) -> Self {
        let (steps, period) = if staircase { (1.0, period) } else { (period, 0.0) };
        let c = log2_parts(1.0, decay_rate, steps);
        let exponent = f64::from(exponent(first));
        let octaves = if decay_rate > 1.0 { 1025.0 - exponent } else { 1080.0 + exponent };
        Self::new(first, last, c, octaves / c.0.abs(), period)
    }

    fn new(first: f64, last: f64, (c, c_rest): (f64, f64), limit: f64, period: f64) -> Self {
        let e = exponent(first);
        let m = scaled(first, -e);
        let octave = leading(1.0 / c, 41);
        let (back, back_rest) = product(octave, c);
        let rest = ((1.0 - back) - back_rest) - octave * c_rest;
        let (low, high) = (first.min(last), first.max(last).min(f64::MAX));
        let (exponent, exp2_less_1) = (f64::from(e), Exp2Less1::times(m, 0.0));
        Self { m, exponent, exp2_less_1, c, octave, rest, limit, period, low, high }
    }

    /// After so many steps, and a part of one that rounding left out.
    #[inline(always)]
    fn after(self, n: f64, rest: f64) -> f64 {
        let within = n < self.limit;
        let n = minimum(n, self.limit);
        // n * c, less a whole number: n less so many octaves is exact.
        let k = near(n * self.c);
        let n = (n - k * self.octave) + if within { rest } else { -0.0 };
        let r = n * self.c - k * self.rest;
        let rate = times_exp2(self.m + self.exp2_less_1.at(r), k + self.exponent);
        minimum(maximum(rate, self.low), self.high)
    }
}

impl Kernel for Exponential {
    #[inline(always)]
    fn rate(self, at: Place) -> f64 {
        let mut n = at.done();
        if self.period > 0.0 {
            let stairs = (minimum(n, MAX_STEPS) / self.period).floor();
            n = if n < f64::INFINITY { stairs } else { n };
        }
        self.after(n, -0.0)
    }
}

/// The same where a joint lies between whole steps, so that a distance from it is rounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Between(pub(crate) Exponential);

impl Kernel for Between {
    #[inline(always)]
    fn rate(self, at: Place) -> f64 {
        if self.0.period > 0.0 { self.0.rate(at) } else { self.0.after(at.done(), at.rests().0) }
    }
}
