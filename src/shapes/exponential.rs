//! An exponential: between two rates `first * (last / first)**u`, where `u` is the share of the segment's steps that are
//! done; without end `first * decay_rate**(n / period)`, where `n` is the steps that are done. With a `staircase` whole
//! periods count: `floor(n / period)`, of the IEEE quotient as in Keras.
//!
//! Both are `first * 2**(n * c)`. A platform's `exp` differs from one to the next, so the power is computed from sums and
//! products alone, which IEEE 754 defines to the last bit:
//!
//! ```text
//! k = round(n * c)                        whole octaves
//! r = (n - k * octave) * c - k * rest     the rest of n * c, from -1/2 to 1/2
//! rate = (m + m * (2**r - 1)) * 2**(k + e)         first = m * 2**e, m from 1 to 2
//! ```
//!
//! `octave` is `1 / c`, the steps to an octave, in 41 bits, and `rest = 1 - octave * c`. There are fewer than 2**12 octaves.
//! So `k * octave` is exact, and its difference from `n`, which is no greater than either, is exact too. `c` comes from
//! integers, in two parts: [`log2_parts`].
//!
//! # The error of a rate
//! In ULP, the spacing of float64 at the computed or the exact rate, whichever is larger: at most 2.75 at any step, and 3
//! where a joint lies between whole steps. `tools/power_bounds.py` adds up, with `u = 2**-53`:
//!
//! - `c` is rounded, by `u` of `r`; so are its product and the difference, by half of their ULP each. `k * rest` is less than
//!   2**-28, and its rounding nothing to speak of; `rest` is right to 2**-63.
//! - `2**r - 1` is `r * (ln 2 + r * Q(r))`, times `m`: what is in brackets is rounded once as a whole, and by a part of that
//!   within; the product once. The polynomial is within 2.2e-17 of `2**r - 1`. All of this is damped by
//!   `(1 - 2**r) / 2**r`, at most 0.41.
//! - The sum with `m` is rounded once. The power of two is exact; where the rate is subnormal, it is rounded once more, by
//!   half of 2**-1074.
//! - Between whole steps the distance from a joint is rounded, and what that leaves is added to what is left of `n`, which
//!   rounds once more.
//!
//! # The joints
//! The first rate is exact, for `r` is 0. The last one belongs to the segment that follows; a rate is never beyond it, for a
//! choice sees to that. Without end, steps beyond `limit` count as so many: there `m * 2**(k + e)` is 0, or infinite and taken for
//! the largest float64.
//!
//! # Why it never turns, at whole steps of up to 2**49
//! `n - k * octave` is exact. From one step to the next `r` grows by `c`, which is at least `2**-49` of `n * c`, and so of `r`:
//! by 16 of its roundings. The roundings of `c`'s product, of `k * rest` and of their difference are monotone, and what is
//! in brackets above falls by an ULP at most. Where `k` changes, `n * c` is at least 1/2, and the rate changes by at least
//! `ln 2 * 2**-50`, 5.5 of its roundings; the errors before the last, monotone one are less than 2.5 on either side.

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
    /// Steps to an octave, in so few bits that no whole number of them is rounded; and what that leaves, in octaves.
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
        let within = n <= self.limit;
        let n = minimum(n, self.limit);
        // n * c, less a whole number: n less so many octaves is exact.
        let k = near(n * self.c, 1.0);
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
