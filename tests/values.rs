//! The promise: in Rust, one step or a slice of any numeric type gives the same bits, on any number of threads; the
//! fields come back as they went in; and an error names the first bad step.

use learnrate::{Config, CosineDecay, Error};
use num_traits::AsPrimitive;

fn schedule() -> CosineDecay {
    CosineDecay::new(Config {
        alpha: 0.01,
        warmup_target: Some(0.7),
        warmup_steps: 30_000,
        ..Config::new(0.1, 150_000)
    })
    .unwrap()
}

fn bits(rates: &[f64]) -> Vec<u64> {
    rates.iter().map(|rate| rate.to_bits()).collect()
}

/// Whole and fractional steps of all phases, in no order: several threads' worth of them.
fn steps() -> Vec<f64> {
    let steps = (0..200_001_u64).map(|i| (i * 7919 % 200_001) as f64 * 0.9375);
    steps.chain([0.0, -0.0, 5e-324, 1e300, f64::INFINITY]).collect()
}

#[test]
fn a_slice_equals_its_steps() {
    let (schedule, steps) = (schedule(), steps());
    let alone: Vec<f64> = steps.iter().map(|&step| schedule.value(step).unwrap()).collect();
    let mut rates = vec![f64::NAN; steps.len()];
    schedule.fill(&steps, &mut rates).unwrap();
    assert_eq!(bits(&rates), bits(&alone));

    for length in [0, 1, 2, 3, 7, 4_095, 4_096, 4_097, 8_192, 16_383, 16_384, 16_385] {
        let mut rates = vec![f64::NAN; length + 1];
        schedule.fill(&steps[..length], &mut rates[..length]).unwrap();
        assert_eq!(bits(&rates[..length]), bits(&alone[..length]));
        assert!(rates[length].is_nan(), "nothing is written behind the slice");
    }
}

#[cfg(feature = "rayon")]
#[test]
fn any_number_of_threads_gives_the_same_bits_and_the_first_error() {
    let (schedule, steps) = (schedule(), steps());
    let alone: Vec<f64> = steps.iter().map(|&step| schedule.value(step).unwrap()).collect();
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut rates = vec![f64::NAN; steps.len()];
        pool.install(|| schedule.fill(&steps, &mut rates)).unwrap();
        assert_eq!(bits(&rates), bits(&alone), "{threads} threads");

        // The last of a thread's share and the first of the next one's are where a position goes wrong.
        for first in [0, 4_095, 4_096, 8_191, 8_192, 65_536, 140_000, steps.len() - 1] {
            let mut steps = steps.clone();
            for bad in (first + 1..steps.len()).step_by(9973) {
                steps[bad] = f64::NAN;
            }
            steps[first] = -1.5;
            let error = pool.install(|| schedule.fill(&steps, &mut rates)).unwrap_err();
            assert_eq!(error, Error::Step { index: Some(first), step: -1.5 }, "{threads} threads");
        }
    }
}

fn check_step_type<S>()
where
    S: AsPrimitive<f64> + Sync,
    u8: AsPrimitive<S>,
{
    let fields = Config { warmup_target: Some(0.7), warmup_steps: 30, ..Config::new(0.1, 80) };
    let schedule = CosineDecay::new(fields).unwrap();
    let steps: Vec<S> = (0..=120).map(AsPrimitive::as_).collect();
    let mut rates = vec![f64::NAN; steps.len()];
    schedule.fill(&steps, &mut rates).unwrap();
    for (step, rate) in (0..=120_u8).zip(rates) {
        assert_eq!(schedule.value(steps[usize::from(step)]).unwrap().to_bits(), rate.to_bits());
        assert_eq!(schedule.value(f64::from(step)).unwrap().to_bits(), rate.to_bits());
    }
}

#[test]
fn steps_are_of_any_numeric_type() {
    check_step_type::<u8>();
    check_step_type::<u16>();
    check_step_type::<u32>();
    check_step_type::<u64>();
    check_step_type::<u128>();
    check_step_type::<usize>();
    check_step_type::<i8>();
    check_step_type::<i16>();
    check_step_type::<i32>();
    check_step_type::<i64>();
    check_step_type::<i128>();
    check_step_type::<isize>();
    check_step_type::<f32>();
    check_step_type::<f64>();
}

#[test]
fn steps_far_beyond_the_end_hold_the_final_rate() {
    let schedule = schedule();
    let last = schedule.final_learning_rate();
    assert_eq!(schedule.value(u64::MAX), Ok(last));
    assert_eq!(schedule.value(u128::MAX), Ok(last));
    assert_eq!(schedule.value(f64::INFINITY), Ok(last));
    assert_eq!(schedule.value(f32::INFINITY), Ok(last));
}

#[test]
fn f32_rates_are_the_rounded_f64_rates() {
    let (schedule, steps) = (schedule(), steps());
    let mut rates = vec![f32::NAN; steps.len()];
    schedule.fill(&steps, &mut rates).unwrap();
    for (step, rate) in steps.iter().zip(rates) {
        #[allow(clippy::cast_possible_truncation)]
        let rounded = schedule.value(*step).unwrap() as f32;
        assert_eq!(rate.to_bits(), rounded.to_bits());
    }
}

#[test]
fn slices_of_different_lengths_are_refused_and_out_is_untouched() {
    for lengths in [(3, 2), (2, 3), (0, 1), (1, 0), (100_000, 99_999)] {
        let mut rates = vec![7.0; lengths.1];
        let error = schedule().fill(&vec![0.0; lengths.0], &mut rates).unwrap_err();
        assert_eq!(error, Error::Length { steps: lengths.0, out: lengths.1 });
        assert!(error.to_string().contains(&lengths.0.to_string()), "{error}");
        assert!(error.to_string().contains(&lengths.1.to_string()), "{error}");
        assert!(rates.iter().all(|&rate| rate == 7.0));
    }
}

#[test]
fn negative_and_nan_steps_are_refused() {
    let schedule = schedule();
    assert_eq!(schedule.value(-7), Err(Error::Step { index: None, step: -7.0 }));
    assert_eq!(
        schedule.value(i128::MIN),
        Err(Error::Step { index: None, step: -(2_f64.powi(127)) })
    );
    assert!(schedule.value(f32::NAN).is_err());
    assert_eq!(
        schedule.fill(&[1_i8, 0, -3, -4], &mut [0_f32; 4]),
        Err(Error::Step { index: Some(2), step: -3.0 })
    );
}

#[test]
fn fields_come_back_as_they_went_in() {
    let config = Config {
        initial_learning_rate: 0.1,
        decay_steps: 150,
        alpha: 0.25,
        name: "näme".to_owned(),
        warmup_target: Some(0.5),
        warmup_steps: 30,
    };
    let with_target = CosineDecay::new(config.clone()).unwrap();
    assert_eq!(with_target.config(), &config);
    assert_eq!(with_target.total_steps(), 180);
    assert_eq!(with_target.peak_learning_rate(), 0.5);
    assert_eq!(with_target.final_learning_rate(), 0.125);
    assert_eq!(with_target, CosineDecay::new(config.clone()).unwrap());

    // Without a target the warmup is kept for the round trip, and unused.
    let without = CosineDecay::new(Config { warmup_target: None, ..config.clone() }).unwrap();
    assert_eq!(without.config().warmup_steps, 30);
    assert_eq!(without.total_steps(), 150);
    assert_eq!(without.peak_learning_rate(), 0.1);
    assert_eq!(without.final_learning_rate(), 0.025);
    assert_eq!(without.value(0), Ok(0.1));
    assert_ne!(without, with_target);

    let zeros = Config { warmup_target: Some(-0.0), alpha: -0.0, ..Config::new(-0.0, 1) };
    let zeros = CosineDecay::new(zeros).unwrap();
    let config = zeros.config();
    for zero in [config.initial_learning_rate, config.alpha, config.warmup_target.unwrap()] {
        assert_eq!(zero.to_bits(), 0);
    }
    assert_eq!(zeros.final_learning_rate().to_bits(), 0);
}

#[cfg(feature = "serde")]
#[test]
fn json_has_the_keys_of_keras_in_its_order() {
    let schedule = CosineDecay::new(Config::new(0.1, 1000)).unwrap();
    let text = r#"{"module":"keras.optimizers.schedules","class_name":"CosineDecay","config":{"initial_learning_rate":0.1,"decay_steps":1000,"alpha":0.0,"name":"CosineDecay","warmup_target":null,"warmup_steps":0},"registered_name":null}"#;
    assert_eq!(serde_json::to_string(&schedule).unwrap(), text);
    assert_eq!(serde_json::from_str::<CosineDecay>(text).unwrap(), schedule);
}
