//! A power: `last + (first - last) * v**power`, where `v` is the share of the segment's steps that are left.
//!
//! The power is `2**(power * log2(v))`, from sums, products and one quotient, as IEEE 754 defines them:
//!
//! ```text
//! v * 2**-octaves = (1 + t) / (1 - t)          t from -0.172 to 0.172
//! log2(v) = octaves + SLOPE * t + t**3 * P(t**2)
//! power * log2(v) = k + r                      k whole, r from -1/2 to 1/2
//! rate = joint + (base + span * (2**r - 1)) * 2**k
//! ```
//!
//! `t` has two parts. The first one, `t_main`, is `t` to a multiple of 2**-12, from a short polynomial. The other one is what is
//! missing, over a denominator, and is computed from exact products. `power` and `SLOPE * power` have two parts as well, the
//! first of so few bits that `octaves * power` and `t_main * slope` are exact: what they lose in the difference with `k` is
//! nothing.
//!
//! # The joints
//! Where little of the way is gone, `2**r - 1` is small, and the rate is `first` plus what that comes to: down to `v**power` of
//! 0.71 (`k = 0`; `base` is 0), and of 0.35 where the rate rises (`k = -1`), for there the difference from `last` would cancel.
//! Beyond, it is `last` and what is left of the way. So the first rate is exact, and a rate that comes close to 0 at either
//! end keeps its digits. A choice sees to it that no rate is beyond the two.
//!
//! # The error of a rate
//! In ULP, the spacing of float64 at the computed or the exact rate, whichever is larger, at most
//!
//! ```text
//! whole steps, T <= 2**51                          5.5, or 3.5 + 0.04 * power
//! other steps, longer, joints between whole steps  7.5, or 3.5 + 0.04 * power
//! ```
//!
//! whichever is more; `tools/power_bounds.py` adds up, with `u = 2**-53`:
//!
//! - Near the start, `r` is `t_rest * slope` but for a small part: the quotient, the product and two sums are rounded, by `u` of
//!   `r` each. At steps that are not whole the denominator is rounded too, and the numerator.
//! - Further on, `r` is the rest of a large number, of which all that is large is exact. `t**3 * P` is less than
//!   `0.005 * power`, and is off by some 7 of its roundings. With those of the sums that is less than 0.04 ULP for each unit of
//!   power. It shows where the rate goes to 0.
//! - `2**r - 1` times the span costs what it does in an [exponential](super::Exponential). The span has two parts, so
//!   its rounding counts only as `base`.
//! - The last product is exact, and the last sum is rounded once. A rate of 0 at the end leaves that sum out.
//!
//! The logarithm's polynomial is within 3.8e-19, which is 0.0025 ULP for each unit of power.
//!
//! # Why it never turns, at whole steps of up to 2**49
//! From one step to the next `log2(v)` changes by at least `1.44 / left`, and the errors of the logarithm are less than `2**-57`, or
//! than `8 * u` of it, where it is small. Near the start that is less than what a step changes, for `left * ln(T / left)` is
//! at most `T / e`. Beyond, `k <= -1` means that `|log2(v)|` is at least `1 / (2 * power)`, so the rate's distance from `last`
//! changes by `power / left >= 0.94 / T`: 15 of its roundings, of which four are not monotone. What follows is rounded
//! monotonely.

use std::f64::consts::SQRT_2;

use super::exp2::{Exp2Less1, near, times_exp2};
use super::ratio::{difference, exponent, leading, product, scaled};
use super::{Kernel, MAX_STEPS, Place, maximum, minimum};

/// `2 / ln 2`, in two parts: `log2((1 + t) / (1 - t))` is `SLOPE * t + t**3 * P(t**2)`.
const SLOPE: [f64; 2] = [2.8853900817779268, 4.0710547481862066e-17];

/// Fitted by `tools/fit_powers.py`.
const P: [f64; 7] = [
    0.9617966939259973,
    0.5770780163408803,
    0.4121985867600628,
    0.3205984495744051,
    0.2623384287368489,
    0.2208160327953161,
    0.21457146201826618,
];

/// `z / (2 + z)` to 12 bits, as a polynomial in z.
const TO_T: [f64; 3] = [0.5003192508661807, -0.254992550502597, 0.11686289071326848];

/// 2 to a lower power is 0, as to this one.
const UNDERFLOW: f64 = -1100.0;

/// Units in which a number of few bits is what leads another.
const GRID: f64 = 1.0 / 67108864.0; // 2**-26
const GRID_OF_T: f64 = 1.0 / 4096.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Polynomial {
    first: f64,
    last: f64,
    low: f64,
    high: f64,
    /// The rates' difference is `base * 2**exponent`, with `base` from 1 to 2, or from -2 to -1.
    base: f64,
    exponent: f64,
    exp2_less_1: Exp2Less1,
    /// Octaves up to which the rate is told from the end: -1 of a rise, else 0.
    turned: f64,
    /// In two parts, of which the first has so few bits that its products are exact.
    power: [f64; 2],
    /// `SLOPE * power`, likewise.
    slope: [f64; 2],
    /// `P * power`.
    p: [f64; 7],
    length: Length,
}

impl Polynomial {
    pub(super) fn between(first: f64, last: f64, steps: f64, power: f64) -> Self {
        let length = Length::new(steps, scaled(1.0, -exponent(steps)));
        let (span, span_rest) = difference(first, last);
        let e = exponent(span.abs());
        let base = scaled(span, -e);
        let main = leading(power, 46);
        let (slope, rest) = product(power, SLOPE[0]);
        let rest = rest + power * SLOPE[1];
        let slope_main = leading(slope, 36);
        Self {
            first,
            last,
            low: first.min(last),
            high: first.max(last),
            base,
            exponent: f64::from(e),
            exp2_less_1: Exp2Less1::times(base, scaled(span_rest, -e)),
            turned: if first < last { -1.0 } else { 0.0 },
            power: [main, power - main],
            slope: [slope_main, (slope - slope_main) + rest],
            p: P.map(|p| power * p),
            length,
        }
    }

    /// With so many steps left of a length.
    #[inline(always)]
    fn with(self, length: Length, left: f64, left_rest: f64) -> f64 {
        // The logarithm of left / length, times the power: of each part all but what is in `rest` is exact.
        let (octaves, t_main, t_rest) = length.logarithm(left, left_rest);
        let (whole, main) = (octaves * self.power[0], t_main * self.slope[0]);
        let t = t_main + t_rest;
        let w = t * t;
        let w2 = w * w;
        let p = &self.p;
        let low = (p[0] + p[1] * w) + (p[2] + p[3] * w) * w2;
        let series = (t * w) * (low + ((p[4] + p[5] * w) + p[6] * w2) * (w2 * w2));
        let rest =
            t_rest * self.slope[0] + ((t * self.slope[1] + octaves * self.power[1]) + series);
        let k = near((whole + main) + rest, 1.0);
        let part = self.exp2_less_1.at(((whole - k) + main) + rest);
        // From the start, in the last octave and, where the rate rises, in the one before.
        let (joint, base) =
            if k < self.turned { (self.last, self.base) } else { (self.first, -self.base) };
        let base = if k < 0.0 { base } else { 0.0 };
        let rate = joint + times_exp2(base + part, maximum(k + self.exponent, UNDERFLOW));
        minimum(maximum(rate, self.low), self.high)
    }
}

/// A number of steps, in a unit in which it is from 1 to 2; twice it, in two parts; and its inverse.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Length {
    unit: f64,
    steps: f64,
    twice: [f64; 2],
    inverse: f64,
    scale: f64,
}

impl Length {
    #[inline(always)]
    fn new(steps: f64, unit: f64) -> Self {
        let steps = steps * unit;
        let main = near(steps, GRID);
        let inverse = 1.0 / steps;
        let twice = [main + main, 2.0 * (steps - main)];
        Self { unit, steps, twice, inverse, scale: SQRT_2 * inverse }
    }

    /// Octaves, and `t` in two parts: left / length is `2**octaves * (1 + t) / (1 - t)`, with t from -0.172 to 0.172.
    #[inline(always)]
    fn logarithm(self, left: f64, left_rest: f64) -> (f64, f64, f64) {
        let Self { unit, steps, twice, inverse, scale } = self;
        let (octaves, factor) = octaves(left * unit * scale);
        let factor = factor * unit;
        let (head, tail) = (left * factor - steps, left_rest * factor);
        let z = head * inverse;
        let t_main = near(z * (TO_T[0] + z * (TO_T[1] + z * TO_T[2])), GRID_OF_T);
        // What t_main leaves: all but the tail is exact.
        let head_main = near(head, GRID);
        let under = twice[0] + head_main;
        let under_rest = (twice[1] + (head - head_main)) + tail;
        let over = (head - t_main * under) - (t_main * under_rest - tail);
        (octaves, t_main, over / (under + under_rest))
    }
}

/// The exponent of the power of two at or below a positive number that is normal, and its inverse.
#[inline(always)]
fn octaves(number: f64) -> (f64, f64) {
    let biased = number.to_bits() >> 52;
    // By bits: not every processor converts several integers at once.
    let exponent = f64::from_bits(biased | 4503599627370496.0_f64.to_bits()) - 4503599627371519.0;
    (exponent, f64::from_bits(2046_u64.wrapping_sub(biased) << 52))
}

impl Kernel for Polynomial {
    #[inline(always)]
    fn rate(self, at: Place) -> f64 {
        self.with(self.length, at.left(), at.rests().1)
    }
}

/// The same again and again, over one more period each time: Keras's `cycle`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cycles {
    once: Polynomial,
    period: f64,
}

impl Cycles {
    pub(super) fn new(first: f64, last: f64, power: f64, period: f64) -> Self {
        Self { once: Polynomial::between(first, last, period, power), period }
    }
}

impl Kernel for Cycles {
    #[inline(always)]
    fn rate(self, at: Place) -> f64 {
        let done = at.done();
        let whole = maximum((minimum(done, MAX_STEPS) / self.period).ceil(), 1.0) * self.period;
        let length = Length::new(whole, octaves(whole).1);
        let within = done < whole;
        let done = if within { done } else { 0.0 };
        let left = whole - done;
        let rate = self.once.with(length, left, (whole - left) - done);
        if within { rate } else { self.once.last }
    }
}
