//! What a schedule is in exact arithmetic, and how far from it a rate may be.

use learnrate::{Definition, PhaseShape};
use rug::{Float, float::Constant, ops::Pow};

/// The bounds of `src/shapes/` for any step, of whole counts and of others.
const EXPONENTIAL: [f64; 2] = [2.75, 3.0];

/// What leads from one rate to another, as the documentation of the classes has it.
pub struct Piece {
    pub start: f64,
    pub end: f64,
    pub first: Float,
    pub last: Float,
    shape: PhaseShape,
    power: f64,
}

/// The rate of what has no end, and its bound.
pub fn endless(definition: &Definition, step: f64) -> Option<(Float, f64)> {
    let counted = step.min(2_f64.powi(53));
    Some(match definition {
        Definition::InverseTimeDecay(it) => {
            let n = if it.staircase {
                float((counted / it.decay_steps).floor())
            } else {
                float(step) / it.decay_steps
            };
            (float(it.initial_learning_rate) / (n * it.decay_rate + 1_u32), 2.5)
        }
        Definition::InverseSquareRootDecay(it) => {
            let share = (float(step) / it.timescale + 1_u32).recip();
            (share.sqrt() * it.initial_learning_rate, 2.5)
        }
        // From 0 it is a hold; the factor may be beyond MPFR's infinity.
        Definition::ExponentialDecay(it) if it.initial_learning_rate > 0.0 => {
            let n = if it.staircase {
                float((counted / it.decay_steps).floor())
            } else {
                float(step) / it.decay_steps
            };
            let rate = (float(it.decay_rate).ln() * n).exp() * it.initial_learning_rate;
            (rate.min(&float(f64::MAX)), EXPONENTIAL[0])
        }
        Definition::PolynomialDecay(it) if it.cycle => {
            let end = (counted / it.decay_steps).ceil().max(1.0) * it.decay_steps;
            let cycle = Piece {
                start: 0.0,
                end,
                first: float(it.initial_learning_rate),
                last: float(it.end_learning_rate),
                shape: PhaseShape::Polynomial,
                power: it.power,
            };
            let step = step.min(end);
            (cycle.exact(step), cycle.bound(step, f64::MAX))
        }
        _ => return None,
    })
}

impl Piece {
    /// The documented formula, without a difference that could cancel, from the joint of the nearer rate,
    /// of powers and exponentials from the nearer joint.
    pub fn exact(&self, step: f64) -> Float {
        let steps = self.end - self.start;
        let (done, left) = (float(step) - self.start, float(self.end) - step);
        let is_nearer = done < left;
        let from_start = self.between(done.clone(), steps - done, steps);
        let from_end = self.between(steps - left.clone(), left, steps);
        let is_early = match self.shape {
            PhaseShape::InverseTime => self.last < self.first,
            PhaseShape::Exponential | PhaseShape::Polynomial => is_nearer,
            _ => {
                let way = (float(0.0) + &self.last - &self.first).abs();
                (from_start.clone() - &self.first).abs() * 2_u32 < way
            }
        };
        if is_early { from_start } else { from_end }
    }

    fn between(&self, done: Float, left: Float, steps: f64) -> Float {
        match self.shape {
            PhaseShape::Cosine => {
                half_cosine(left, steps) * &self.first + half_cosine(done, steps) * &self.last
            }
            PhaseShape::Rex => {
                let whole = left.clone() + steps;
                (done * &self.last + left * 2_u32 * &self.first) / whole
            }
            PhaseShape::Sqrt => {
                let root = (done.clone() / steps).sqrt();
                let rest = left / steps / (root.clone() + 1_u32);
                root * &self.last + rest * &self.first
            }
            PhaseShape::Square => {
                let (gone, rest) = (done / steps, left / steps);
                let rest = rest * (gone.clone() + 1_u32);
                gone.square() * &self.last + rest * &self.first
            }
            PhaseShape::InverseTime => {
                let whole = left * &self.last + done * &self.first;
                float(steps) * &self.first * &self.last / whole
            }
            PhaseShape::Exponential => {
                let factor = self.last.clone() / &self.first;
                (factor.ln() * (done / steps)).exp() * &self.first
            }
            PhaseShape::Polynomial => {
                let share = (left / steps).pow(self.power);
                (1_u32 - share.clone()) * &self.last + share * &self.first
            }
            _ => (left * &self.first + done * &self.last) / steps,
        }
    }

    /// The tables in `src/shapes/`.
    #[allow(clippy::approx_constant)] // 6.28 is no circle's
    pub fn bound(&self, step: f64, rate: f64) -> f64 {
        let column = usize::from(self.last > float(10.0) * &self.first);
        let is_between = self.start.fract() != 0.0 || self.end.fract() != 0.0;
        let normal = if self.shape == PhaseShape::Linear {
            if is_between { 3.5 } else { 2.5 }
        } else if self.shape == PhaseShape::Rex {
            if is_between { 6.0 } else { 4.0 }
        } else if self.shape == PhaseShape::Sqrt {
            if is_between { 6.0 } else { 5.25 }
        } else if self.shape == PhaseShape::Square {
            if is_between { 5.5 } else { 3.5 }
        } else if self.shape == PhaseShape::InverseTime {
            3.5
        } else if self.shape == PhaseShape::Exponential {
            EXPONENTIAL[usize::from(is_between)]
        } else if self.shape == PhaseShape::Polynomial {
            (3.5 + 0.04 * self.power).max(7.5)
        } else if is_between {
            [8.25, 8.86][column]
        } else if self.end - self.start > 2_f64.powi(26) {
            [6.28, 6.88][column]
        } else if step.fract() != 0.0 {
            [5.41, 6.09][column]
        } else {
            [4.52, 5.31][column]
        };
        // What is subnormal is off by half of 2**-1074, for which the bounds grow by less than 1/4; from here on that is
        // 1/8 ULP at most, less than the half ULP that they allow to the rounding of the same number anyway.
        if rate < f64::MIN_POSITIVE * 4.0 { normal + 0.25 } else { normal }
    }
}

pub fn pieces(definition: &Definition) -> Vec<Piece> {
    let (mut total, mut start) = (float(0.0), 0.0);
    let mut found = Vec::new();
    let mut piece = |steps: f64, first: Float, last: Float, shape, power: Option<f64>| {
        total += steps;
        let end = total.to_f64();
        if end > start {
            // A hold, or a line.
            let is_line = first == last || power == Some(1.0);
            let shape = if is_line { PhaseShape::Linear } else { shape };
            found.push(Piece { start, end, first, last, shape, power: power.unwrap_or(1.0) });
            start = end;
        }
    };
    match definition {
        Definition::CosineDecay(it) => {
            let initial = it.initial_learning_rate;
            let peak = it.warmup_target.unwrap_or(initial);
            if it.warmup_target.is_some() {
                piece(it.warmup_steps, float(initial), float(peak), PhaseShape::Linear, None);
            }
            piece(it.decay_steps, float(peak), float(peak) * it.alpha, PhaseShape::Cosine, None);
        }
        Definition::Phases(it) => {
            let mut rate = it.initial_learning_rate;
            for phase in &it.phases {
                let first = phase.start.unwrap_or(rate);
                rate = phase.learning_rate;
                piece(phase.steps, float(first), float(rate), phase.shape, phase.power);
            }
        }
        Definition::PiecewiseConstantDecay(it) => {
            let mut start = 0.0;
            for (&boundary, &value) in it.boundaries.iter().zip(&it.values) {
                let end = boundary.next_up();
                let (first, last) = (float(value), float(value));
                found.push(Piece {
                    start,
                    end,
                    first,
                    last,
                    shape: PhaseShape::Linear,
                    power: 1.0,
                });
                start = end;
            }
        }
        Definition::PolynomialDecay(it) if !it.cycle => {
            let (first, last) = (float(it.initial_learning_rate), float(it.end_learning_rate));
            piece(it.decay_steps, first, last, PhaseShape::Polynomial, Some(it.power));
        }
        Definition::ExponentialDecay(_)
        | Definition::PolynomialDecay(_)
        | Definition::InverseTimeDecay(_)
        | Definition::InverseSquareRootDecay(_) => {}
        other => unreachable!("a class of which this target does not know: {other:?}"),
    }
    found
}

fn float(value: f64) -> Float {
    Float::with_val(200, value)
}

/// sin(pi/2 * part / whole)**2
fn half_cosine(part: Float, whole: f64) -> Float {
    (part / whole * Float::with_val(200, Constant::Pi) / 2_u32).sin().square()
}

/// The distance in ULP, the spacing of float64 at the larger.
pub fn ulps(rate: f64, exact: Float) -> f64 {
    let larger = float(rate).max(&exact);
    let exponent = larger.get_exp().map_or(-1074, |e| (e - 53).max(-1074));
    ((exact - rate).abs() >> exponent).to_f64()
}
