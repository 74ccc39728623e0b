//! Any schedule at any steps: rates within the bounds of `src/shapes/` of the exact ones, exact at the joints, never turning,
//! and the same alone and in a slice. Steps that are none are refused.
#![no_main]

use learnrate::{
    CosineDecay, Definition, Error, InverseSquareRootDecay, InverseTimeDecay, Phase, PhaseShape,
    Phases, PiecewiseConstantDecay, Schedule,
};
use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use rug::{Float, float::Constant};

#[derive(Debug)]
struct Case {
    definition: Definition,
    steps: Vec<f64>,
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let definition = match u.int_in_range(0..=6)? {
            0 => piecewise_constant_decay(u)?.into(),
            5 => inverse_time_decay(u)?.into(),
            6 => InverseSquareRootDecay::new(rate(u)?, count(u)?).into(),
            1 | 2 => cosine_decay(u)?.into(),
            _ => phases(u)?.into(),
        };
        let joints: Vec<f64> = pieces(&definition).iter().map(|piece| piece.end).collect();
        let mut steps = Vec::new();
        while !u.is_empty() && steps.len() < 40 {
            let to = if joints.is_empty() { 0.0 } else { *u.choose(&joints)? };
            let from = *u.choose(&[0.0, to / 2.0, to])?;
            let far = count(u)?;
            let far = if u.arbitrary()? {
                far
            } else {
                far * f64::from(u.arbitrary::<u32>()?) / 2_f64.powi(32)
            };
            steps.push(if u.arbitrary()? { from + far } else { (from - far).abs() });
        }
        steps.push(f64::INFINITY);
        Ok(Self { definition, steps })
    }
}

fn cosine_decay(u: &mut Unstructured) -> Result<CosineDecay> {
    Ok(CosineDecay {
        alpha: rate(u)?,
        warmup_target: if u.arbitrary()? { Some(rate(u)?) } else { None },
        warmup_steps: count(u)?,
        ..CosineDecay::new(rate(u)?, count(u)?)
    })
}

fn phases(u: &mut Unstructured) -> Result<Phases> {
    let initial = rate(u)?;
    let mut phases = Vec::new();
    for _ in 0..u.int_in_range(0..=20)? {
        phases.push(Phase {
            shape: *u.choose(&SHAPES)?,
            start: if u.ratio(1, 4)? { Some(rate(u)?) } else { None },
            ..Phase::new(steps(u)?, rate(u)?)
        });
    }
    Ok(Phases::new(initial, phases))
}

fn piecewise_constant_decay(u: &mut Unstructured) -> Result<PiecewiseConstantDecay> {
    let (mut boundaries, mut values) = (Vec::new(), vec![rate(u)?]);
    let mut last = 0.0;
    for _ in 0..u.int_in_range(0..=20)? {
        last += count(u)? / 16.0;
        boundaries.push(last);
        values.push(rate(u)?);
    }
    Ok(PiecewiseConstantDecay::new(boundaries, values))
}

const SHAPES: [PhaseShape; 6] = [
    PhaseShape::Linear,
    PhaseShape::Cosine,
    PhaseShape::Rex,
    PhaseShape::Sqrt,
    PhaseShape::Square,
    PhaseShape::InverseTime,
];

fn inverse_time_decay(u: &mut Unstructured) -> Result<InverseTimeDecay> {
    let decay_rate = rate(u)?.min(1e100);
    Ok(InverseTimeDecay {
        staircase: u.arbitrary()?,
        ..InverseTimeDecay::new(rate(u)?, count(u)?, decay_rate)
    })
}

/// What leads from one rate to another, as the documentation of the classes has it.
struct Piece {
    start: f64,
    end: f64,
    first: Float,
    last: Float,
    shape: PhaseShape,
}

/// The rate of what has no end.
fn endless(definition: &Definition, step: f64) -> Option<Float> {
    match definition {
        Definition::InverseTimeDecay(it) => {
            let n = if it.staircase {
                float((step.min(2_f64.powi(53)) / it.decay_steps).floor())
            } else {
                float(step) / it.decay_steps
            };
            Some(float(it.initial_learning_rate) / (n * it.decay_rate + 1_u32))
        }
        Definition::InverseSquareRootDecay(it) => {
            let share = (float(step) / it.timescale + 1_u32).recip();
            Some(share.sqrt() * it.initial_learning_rate)
        }
        _ => None,
    }
}

impl Piece {
    /// The documented formula, without a difference that could cancel, from the joint of the nearer rate.
    fn exact(&self, step: f64) -> Float {
        let steps = self.end - self.start;
        let (done, left) = (float(step) - self.start, float(self.end) - step);
        let from_start = self.between(done.clone(), steps - done, steps);
        let from_end = self.between(steps - left.clone(), left, steps);
        let is_early = if self.shape == PhaseShape::InverseTime {
            self.last < self.first
        } else {
            let way = (float(0.0) + &self.last - &self.first).abs();
            (from_start.clone() - &self.first).abs() * 2_u32 < way
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
            _ => (left * &self.first + done * &self.last) / steps,
        }
    }

    /// The tables in `src/shapes/`.
    #[allow(clippy::approx_constant)] // 6.28 is no circle's
    fn bound(&self, step: f64, rate: f64) -> f64 {
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

fn pieces(definition: &Definition) -> Vec<Piece> {
    let (mut total, mut start) = (float(0.0), 0.0);
    let mut found = Vec::new();
    let mut piece = |steps: f64, first: Float, last: Float, shape| {
        total += steps;
        let end = total.to_f64();
        if end > start {
            let shape = if first == last { PhaseShape::Linear } else { shape }; // a hold
            found.push(Piece { start, end, first, last, shape });
            start = end;
        }
    };
    match definition {
        Definition::CosineDecay(it) => {
            let initial = it.initial_learning_rate;
            let peak = it.warmup_target.unwrap_or(initial);
            if it.warmup_target.is_some() {
                piece(it.warmup_steps, float(initial), float(peak), PhaseShape::Linear);
            }
            piece(it.decay_steps, float(peak), float(peak) * it.alpha, PhaseShape::Cosine);
        }
        Definition::Phases(it) => {
            let mut rate = it.initial_learning_rate;
            for phase in &it.phases {
                let first = phase.start.unwrap_or(rate);
                rate = phase.learning_rate;
                piece(phase.steps, float(first), float(rate), phase.shape);
            }
        }
        Definition::PiecewiseConstantDecay(it) => {
            let mut start = 0.0;
            for (&boundary, &value) in it.boundaries.iter().zip(&it.values) {
                let end = boundary.next_up();
                let (first, last) = (float(value), float(value));
                found.push(Piece { start, end, first, last, shape: PhaseShape::Linear });
                start = end;
            }
        }
        Definition::InverseTimeDecay(_) | Definition::InverseSquareRootDecay(_) => {}
        other => unreachable!("a class of which this target does not know: {other:?}"),
    }
    found
}

/// Of an everyday size, small, next to a power of two, or anything.
fn rate(u: &mut Unstructured) -> Result<f64> {
    let share = u.arbitrary::<u32>()? as f64 / 2_f64.powi(32);
    Ok(match u.int_in_range(0..=7)? {
        0 => 0.0,
        1 => 1.0,
        2 => f64::from_bits(u.arbitrary::<u64>()? >> 1),
        3 => f64::from_bits(u.arbitrary::<u64>()? >> u.int_in_range(1..=63)?), // often subnormal
        4 => 2_f64.powi(u.int_in_range(-1022..=1023)?) * (1.0 + share * 2_f64.powi(-20)),
        5 => share * 10_f64.powi(u.int_in_range(-9..=3)?),
        6 => share * f64::EPSILON,
        _ => share,
    })
}

/// From 1 to 2**52, all sizes alike, whole or not.
fn count(u: &mut Unstructured) -> Result<f64> {
    let whole = (1 + (u.arbitrary::<u64>()? >> u.int_in_range(12..=63)?)) as f64;
    Ok(if u.ratio(1, 4)? {
        whole + f64::from(u.arbitrary::<u32>()?) / 2_f64.powi(32)
    } else {
        whole
    })
}

/// Those of one of many phases: none, less than one, or more.
fn steps(u: &mut Unstructured) -> Result<f64> {
    Ok(match u.int_in_range(0..=15)? {
        0 | 1 => 0.0,
        2 => f64::from(u.int_in_range(1..=u32::from(u16::MAX))?) / 65536.0,
        _ => count(u)? / 16.0,
    })
}

fn float(value: f64) -> Float {
    Float::with_val(200, value)
}

/// sin(pi/2 * part / whole)**2
fn half_cosine(part: Float, whole: f64) -> Float {
    (part / whole * Float::with_val(200, Constant::Pi) / 2_u32).sin().square()
}

/// The distance in ULP, the spacing of float64 at the larger.
fn ulps(rate: f64, exact: Float) -> f64 {
    let larger = float(rate).max(&exact);
    let exponent = larger.get_exp().map_or(-1074, |e| (e - 53).max(-1074));
    ((exact - rate).abs() >> exponent).to_f64()
}

fn is_refused<T>(result: Result<T, Error>, at: Option<usize>, bad: f64) -> bool {
    matches!(result, Err(Error::Step { index, step }) if index == at && step.to_bits() == bad.to_bits())
}

fuzz_target!(|case: Case| {
    let Ok(schedule) = Schedule::new(case.definition) else { return };
    let definition = schedule.definition();
    let end = schedule.total_steps().map_or(f64::INFINITY, |end| end as f64);
    let value = |step: f64| schedule.value(step).unwrap();
    let held = schedule.final_learning_rate().unwrap();
    let pieces = pieces(definition);

    assert_eq!(value(end), held);
    assert!(pieces.last().is_none_or(|piece| piece.end.ceil() == end));
    for piece in &pieces {
        assert_eq!(value(piece.start), piece.first.to_f64(), "{definition:?}");
    }
    for &step in &case.steps {
        let rate = value(step);
        let Some(piece) = pieces.iter().find(|piece| piece.start <= step && step < piece.end)
        else {
            if let Some(exact) = endless(definition, step).filter(|_| step < 1e30) {
                let off = ulps(rate, exact);
                assert!(off <= 2.75, "{definition:?} at {step}: {rate:e} is {off} ULP off");
            } else if step >= end {
                assert_eq!(rate, held);
            }
            continue;
        };
        let off = ulps(rate, piece.exact(step));
        let bound = piece.bound(step, rate);
        assert!(
            off <= bound,
            "{definition:?} at {step}: {rate:e} is {off} ULP off, the bound is {bound}"
        );

        let whole = step.floor();
        // A decay of Keras's is so at any length, as is written in src/shapes/cosine.rs; a line in up to 2**49 steps.
        if whole + 1.0 < piece.end && piece.end - piece.start <= 2_f64.powi(49) {
            let (one, next) = (value(whole), value(whole + 1.0));
            let turns = if piece.first < piece.last { next < one } else { next > one };
            assert!(whole < piece.start || !turns, "{definition:?} turns after {whole}");
        }
    }

    let mut rates = vec![f64::NAN; case.steps.len()];
    schedule.fill(&case.steps, &mut rates).unwrap();
    let mut singles = vec![f32::NAN; case.steps.len()];
    schedule.fill(&case.steps, &mut singles).unwrap();
    for ((&step, &rate), single) in case.steps.iter().zip(&rates).zip(singles) {
        assert_eq!(rate.to_bits(), value(step).to_bits());
        assert_eq!(single.to_bits(), (rate as f32).to_bits());
    }

    let mut steps = case.steps;
    for at in (0..steps.len()).rev() {
        let bad = if at % 4 == 0 { f64::NAN } else { -steps[at].max(5e-324) };
        steps[at] = bad; // the first of those from here on
        assert!(is_refused(schedule.value(bad), None, bad), "{bad} alone");
        assert!(is_refused(schedule.fill(&steps, &mut rates), Some(at), bad), "{bad} at {at}");
    }
});
