//! What a schedule is in exact arithmetic: with 200 bits, and exponents far beyond those of float64.

use rug::ops::{AssignRound, NegAssign, PowAssign};
use rug::{Assign, Float};

const BITS: u32 = 200;
const MAX_STEPS: f64 = 9007199254740992.0;

/// A segment by its formula.
#[derive(Clone, Copy, Debug)]
pub enum Curve {
    Exponential { first: f64, last: f64 },
    Endless { first: f64, decay_rate: f64, period: f64, staircase: bool },
    Polynomial { first: f64, last: f64, power: f64 },
    Cycles { first: f64, last: f64, power: f64, period: f64 },
}

impl Curve {
    pub fn first(&self) -> f64 {
        match *self {
            Self::Exponential { first, .. }
            | Self::Endless { first, .. }
            | Self::Polynomial { first, .. }
            | Self::Cycles { first, .. } => first,
        }
    }

    /// The power; 0 of an exponential.
    pub fn power(&self) -> f64 {
        match *self {
            Self::Polynomial { power, .. } | Self::Cycles { power, .. } => power,
            _ => 0.0,
        }
    }

    /// Whether the rate falls from one step to the next, but for a jump.
    pub fn falls(&self) -> bool {
        match *self {
            Self::Exponential { first, last }
            | Self::Polynomial { first, last, .. }
            | Self::Cycles { first, last, .. } => last < first,
            Self::Endless { decay_rate, .. } => decay_rate < 1.0,
        }
    }

    /// Where so many periods end.
    pub fn joint(&self, periods: f64) -> Option<f64> {
        match *self {
            Self::Endless { period, .. } | Self::Cycles { period, .. } => Some(periods * period),
            _ => None,
        }
    }

    /// The end of the cycle that a step lies in, by the IEEE quotient as in Keras; without cycles that of the segment.
    pub fn end(&self, step: f64, end: f64) -> f64 {
        match *self {
            Self::Cycles { period, .. } => (step.min(MAX_STEPS) / period).ceil().max(1.0) * period,
            _ => end,
        }
    }

    /// Nearly the step, after the start, at which what a rate is multiplied by is 2**t.
    pub fn step_at(&self, t: f64, start: f64, end: f64, cycle: f64) -> f64 {
        match *self {
            Self::Exponential { first, last } => start + t / (last / first).log2() * (end - start),
            Self::Endless { decay_rate, period, .. } => t / decay_rate.log2() * period,
            Self::Polynomial { power, .. } => end - (-t.abs() / power).exp2() * (end - start),
            Self::Cycles { power, period, .. } => {
                let end = cycle * period;
                end - (-t.abs() / power).exp2() * end
            }
        }
    }
}

/// The exponent e of a float64 from 2**(e - 1) to 2**e.
pub fn exponent(number: f64) -> i32 {
    let (bits, scale) =
        if number.is_normal() { (number, 0) } else { (number * 2_f64.powi(53), 53) };
    (bits.to_bits() >> 52) as i32 - 1022 - scale
}

/// The exact rates of one curve.
pub struct Oracle {
    curve: Curve,
    start: f64,
    end: f64,
    /// log2 of what an exponential changes by in a segment, or in a period.
    log2: Float,
    rate: Float,
    share: Float,
}

impl Oracle {
    pub fn new(curve: Curve, start: f64, end: f64) -> Self {
        let factor = match curve {
            Curve::Exponential { first, last } => Float::with_val(BITS, last) / first,
            Curve::Endless { decay_rate, .. } => Float::with_val(BITS, decay_rate),
            _ => Float::with_val(BITS, 1),
        };
        let (rate, share) = (Float::new(BITS), Float::new(BITS));
        Self { curve, start, end, log2: factor.log2(), rate, share }
    }

    /// How far a rate is from the exact one, in ULP: the spacing of float64 at the larger of both.
    pub fn off(&mut self, step: f64, rate: f64) -> f64 {
        self.evaluate(step);
        if self.rate > f64::MAX {
            self.rate.assign(f64::MAX); // what a rate beyond float64 is to be
        }
        let larger = self.rate.get_exp().map_or(i32::MIN, |e| e).max(exponent(rate));
        self.rate -= rate;
        self.rate <<= -(larger - 53).max(-1074);
        self.rate.to_f64().abs()
    }

    fn evaluate(&mut self, step: f64) {
        match self.curve {
            Curve::Exponential { first, last } => self.exponential(step, first, last),
            Curve::Endless { first, period, staircase, .. } => {
                self.rate.assign(step);
                if staircase {
                    self.rate.assign((step.min(MAX_STEPS) / period).floor());
                } else {
                    self.rate /= period;
                }
                self.rate *= &self.log2;
                self.rate.exp2_mut();
                self.rate *= first;
            }
            Curve::Polynomial { first, last, power } => {
                self.polynomial(step, self.start, self.end, [first, last, power]);
            }
            Curve::Cycles { first, last, power, .. } => {
                let end = self.curve.end(step, self.end);
                self.polynomial(step.min(end), 0.0, end, [first, last, power]);
            }
        }
    }

    /// From the nearer joint: the length, a float64, may differ from the sum of both distances.
    fn exponential(&mut self, step: f64, first: f64, last: f64) {
        let length = self.end - self.start;
        let is_early = step - self.start < self.end - step;
        self.rate.assign(if is_early { step } else { self.end });
        self.rate -= if is_early { self.start } else { step };
        self.rate /= length;
        self.rate *= &self.log2;
        if !is_early {
            self.rate.neg_assign();
        }
        self.rate.exp2_mut();
        self.rate *= if is_early { first } else { last };
    }

    /// A sum of what is left of the first rate and what there is of the last one, neither by a difference that cancels.
    fn polynomial(&mut self, step: f64, start: f64, end: f64, [first, last, power]: [f64; 3]) {
        let length = end - start;
        if step - start < end - step {
            self.share.assign(step);
            self.share -= start;
            self.share /= length;
            self.share.neg_assign();
            self.share.ln_1p_mut();
            self.share *= power;
            self.rate.assign_round(&self.share, rug::float::Round::Nearest);
            self.share.exp_m1_mut();
            self.share.neg_assign(); // what is gone
            if self.share > 0.5 {
                self.rate.exp_mut();
            } else {
                self.rate.assign(1 - &self.share);
            }
        } else {
            self.rate.assign(end);
            self.rate -= step;
            self.rate /= length;
            self.rate.pow_assign(power);
            self.share.assign(1 - &self.rate);
        }
        self.rate *= first;
        self.share *= last;
        self.rate += &self.share;
    }
}
