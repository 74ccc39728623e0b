//! Any schedule at any steps: rates within the bound of `src/cosine.rs` of the exact ones, exact at the joints, never rising,
//! and the same alone and in a slice. Steps that are none are refused.
#![no_main]

use learnrate::{Config, CosineDecay, Error};
use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use rug::{Float, float::Constant};

#[derive(Debug)]
struct Case {
    config: Config,
    steps: Vec<f64>,
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let config = Config {
            alpha: rate(u)?,
            warmup_target: if u.arbitrary()? { Some(rate(u)?) } else { None },
            warmup_steps: count(u)?,
            ..Config::new(rate(u)?, count(u)?)
        };
        let (warmup, end) =
            (config.warmup_steps as f64, (config.warmup_steps + config.decay_steps) as f64);
        let mut steps = Vec::new();
        while !u.is_empty() && steps.len() < 40 {
            let from = *u.choose(&[0.0, warmup, (warmup + end) / 2.0, end])?;
            let far = count(u)? as f64;
            let far = if u.arbitrary()? {
                far
            } else {
                far * f64::from(u.arbitrary::<u32>()?) / 2_f64.powi(32)
            };
            steps.push(if u.arbitrary()? { from + far } else { (from - far).abs() });
        }
        steps.push(f64::INFINITY);
        Ok(Self { config, steps })
    }
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

/// From 1 to 2**52, all sizes alike.
fn count(u: &mut Unstructured) -> Result<u64> {
    Ok(1 + (u.arbitrary::<u64>()? >> u.int_in_range(12..=63)?))
}

fn float(value: f64) -> Float {
    Float::with_val(200, value)
}

/// sin(pi/2 * part / whole)**2
fn half_cosine(part: Float, whole: f64) -> Float {
    (part / whole * Float::with_val(200, Constant::Pi) / 2_u32).sin().square()
}

/// The documented formula, without a difference that could cancel.
fn exact(schedule: &CosineDecay, warmup: f64, step: f64) -> Float {
    let (config, end) = (schedule.config(), schedule.total_steps() as f64);
    let peak = schedule.peak_learning_rate();
    if step < warmup {
        let (up, down) = (float(step), float(warmup) - step);
        return (peak * up + config.initial_learning_rate * down) / warmup;
    }
    let (done, left) = (float(step.min(end)) - warmup, float(end) - step.min(end));
    let decay = config.decay_steps as f64;
    peak * (half_cosine(left, decay) + config.alpha * half_cosine(done, decay))
}

/// The distance in ULP, the spacing of float64 at the larger.
fn ulps(rate: f64, exact: Float) -> f64 {
    let larger = float(rate).max(&exact);
    let exponent = larger.get_exp().map_or(-1074, |e| (e - 53).max(-1074));
    ((exact - rate).abs() >> exponent).to_f64()
}

/// The table in `src/cosine.rs`.
#[allow(clippy::approx_constant)] // 6.28 is no circle's
fn bound(config: &Config, warmup: f64, step: f64, rate: f64) -> f64 {
    let column = usize::from(config.alpha > 10.0);
    let normal = if step < warmup {
        2.5
    } else if config.decay_steps > 1 << 26 {
        [6.28, 6.88][column]
    } else if step.fract() != 0.0 {
        [5.41, 6.09][column]
    } else {
        [4.52, 5.31][column]
    };
    // What is subnormal is off by half of 2**-1074, for which the bounds grow by less than 1/4; from here on that is 1/8 ULP
    // at most, less than the half ULP that they allow to the rounding of the same number anyway.
    if rate < f64::MIN_POSITIVE * 4.0 { normal + 0.25 } else { normal }
}

fn is_refused<T>(result: Result<T, Error>, at: Option<usize>, bad: f64) -> bool {
    matches!(result, Err(Error::Step { index, step }) if index == at && step.to_bits() == bad.to_bits())
}

fuzz_target!(|case: Case| {
    let Ok(schedule) = CosineDecay::new(case.config) else { return };
    let (config, end) = (schedule.config(), schedule.total_steps());
    let value = |step: f64| schedule.value(step).unwrap();
    let (peak, floor) = (schedule.peak_learning_rate(), schedule.final_learning_rate());
    let warmup = end - config.decay_steps;

    assert_eq!(value(0.0), if warmup > 0 { config.initial_learning_rate } else { peak });
    assert_eq!(schedule.value(warmup), Ok(peak));
    assert_eq!(schedule.value(end), Ok(peak * config.alpha));

    let warmup = warmup as f64;
    for &step in &case.steps {
        let rate = value(step);
        let off = ulps(rate, exact(&schedule, warmup, step));
        let bound = bound(config, warmup, step, rate);
        assert!(
            off <= bound,
            "{config:?} at {step}: {rate:e} is {off} ULP off, the bound is {bound}"
        );

        let whole = step.floor().min(2_f64.powi(53) - 1.0);
        let falling = whole >= warmup && config.alpha <= 1.0;
        assert!(!falling || value(whole + 1.0) <= value(whole), "{config:?} rises after {whole}");
        assert!(step < end as f64 || rate == floor);
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
