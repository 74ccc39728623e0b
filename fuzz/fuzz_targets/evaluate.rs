//! Any schedule at any steps: rates within the bounds of `src/shapes/` of the exact ones, exact at the joints, never turning,
//! and the same alone and in a slice. Steps that are none are refused.
#![no_main]

use learnrate::{
    CosineDecay, Definition, Error, ExponentialDecay, InverseSquareRootDecay, InverseTimeDecay,
    Phase, PhaseShape, Phases, PiecewiseConstantDecay, PolynomialDecay, Schedule,
};
use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;

mod exact;

use exact::{endless, pieces, ulps};

#[derive(Debug)]
struct Case {
    definition: Definition,
    steps: Vec<f64>,
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let definition = match u.int_in_range(0..=8)? {
            0 => piecewise_constant_decay(u)?.into(),
            5 => inverse_time_decay(u)?.into(),
            6 => InverseSquareRootDecay::new(rate(u)?, count(u)?).into(),
            7 => exponential_decay(u)?.into(),
            8 => polynomial_decay(u)?.into(),
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
        let shape = *u.choose(&SHAPES)?;
        phases.push(Phase {
            shape,
            power: if shape == PhaseShape::Polynomial { Some(power(u)?) } else { None },
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

const SHAPES: [PhaseShape; 8] = [
    PhaseShape::Linear,
    PhaseShape::Cosine,
    PhaseShape::Rex,
    PhaseShape::Sqrt,
    PhaseShape::Square,
    PhaseShape::InverseTime,
    PhaseShape::Exponential,
    PhaseShape::Polynomial,
];

fn inverse_time_decay(u: &mut Unstructured) -> Result<InverseTimeDecay> {
    let decay_rate = rate(u)?.min(1e100);
    Ok(InverseTimeDecay {
        staircase: u.arbitrary()?,
        ..InverseTimeDecay::new(rate(u)?, count(u)?, decay_rate)
    })
}

fn exponential_decay(u: &mut Unstructured) -> Result<ExponentialDecay> {
    Ok(ExponentialDecay {
        staircase: u.arbitrary()?,
        ..ExponentialDecay::new(rate(u)?, count(u)?, rate(u)?)
    })
}

fn polynomial_decay(u: &mut Unstructured) -> Result<PolynomialDecay> {
    Ok(PolynomialDecay {
        end_learning_rate: rate(u)?,
        power: power(u)?,
        cycle: u.arbitrary()?,
        ..PolynomialDecay::new(rate(u)?, count(u)?)
    })
}

/// From a thousandth to a thousand, and the common ones.
fn power(u: &mut Unstructured) -> Result<f64> {
    Ok(match u.int_in_range(0..=3)? {
        0 => *u.choose(&[0.5, 1.0, 2.0, 3.0])?,
        _ => 10_f64.powf(f64::from(u.arbitrary::<i16>()?) * 3.0 / 32768.0),
    })
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

fn is_refused<T>(result: Result<T, Error>, at: Option<usize>, bad: f64) -> bool {
    matches!(result, Err(Error::Step { index, step }) if index == at && step.to_bits() == bad.to_bits())
}

fuzz_target!(|case: Case| {
    let Ok(schedule) = Schedule::new(case.definition) else { return };
    let definition = schedule.definition();
    let end = schedule.total_steps().map_or(f64::INFINITY, |end| end as f64);
    let value = |step: f64| schedule.value(step).unwrap();
    let held = schedule.final_learning_rate().unwrap_or(f64::MAX); // what grows ends at the largest
    let pieces = pieces(definition);

    assert_eq!(value(end), held);
    assert!(pieces.last().is_none_or(|piece| piece.end.ceil() == end));
    for piece in &pieces {
        assert_eq!(value(piece.start), piece.first.to_f64(), "{definition:?}");
    }
    for &step in &case.steps {
        let rate = value(step);
        assert!(rate.is_finite() && rate >= 0.0, "{definition:?} at {step}: {rate}");
        let Some(piece) = pieces.iter().find(|piece| piece.start <= step && step < piece.end)
        else {
            if let Some((exact, bound)) = endless(definition, step).filter(|_| step < 1e30) {
                let off = ulps(rate, exact);
                // Subnormal rates add less than 1/4, as in `bound`.
                assert!(off <= bound + 0.25, "{definition:?} at {step}: {rate:e} is {off} ULP off");
            } else if step >= end {
                assert_eq!(rate, held);
            }
            continue;
        };
        let (first, last) = (piece.first.to_f64(), piece.last.to_f64());
        assert!(
            first.min(last) <= rate && rate <= first.max(last),
            "{definition:?} at {step}: {rate:e}"
        );
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
