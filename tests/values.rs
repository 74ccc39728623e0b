//! The promise: in Rust, one step or a slice of any numeric type gives the same bits, on any number of threads; the
//! fields come back as they went in; and an error names the first bad step. So for every class.

use learnrate::{
    CosineDecay, Definition, Error, ExponentialDecay, InverseSquareRootDecay, InverseTimeDecay,
    Phase, PhaseShape, Phases, PiecewiseConstantDecay, PolynomialDecay, Schedule,
};
use num_traits::AsPrimitive;

fn cosine_decay() -> CosineDecay {
    CosineDecay {
        alpha: 0.01,
        warmup_target: Some(0.7),
        warmup_steps: 30_000.0,
        ..CosineDecay::new(0.1, 150_000.0)
    }
}

/// Both shapes, a jump, a phase that holds, and one of no steps.
fn phases() -> Phases {
    Phases::new(
        0.1,
        vec![
            Phase::new(30_000.0, 0.7),
            Phase::new(20_000.0, 0.7),
            Phase { shape: PhaseShape::Cosine, ..Phase::new(40_001.0, 1e-3) },
            Phase::new(0.0, 5.0),
            Phase { start: Some(0.3), ..Phase::new(60_000.0, 0.0) },
        ],
    )
}

/// More segments than are evaluated one over another: of every shape, and of many lengths.
fn many_phases() -> Phases {
    let shapes = [
        (PhaseShape::Cosine, None),
        (PhaseShape::Linear, None),
        (PhaseShape::Rex, None),
        (PhaseShape::Sqrt, None),
        (PhaseShape::Square, None),
        (PhaseShape::InverseTime, None),
        (PhaseShape::Exponential, None),
        (PhaseShape::Polynomial, Some(1.5)),
    ];
    let phase = |i: u32| Phase {
        shape: shapes[i as usize % 8].0,
        power: shapes[i as usize % 8].1,
        ..Phase::new(f64::from(1 + i * i * 3), f64::from(1 + i * 7 % 11) * 1e-3)
    };
    Phases::new(0.5, (0..50).map(phase).collect())
}

fn schedules() -> [Schedule; 11] {
    let times = InverseTimeDecay::new(0.3, 12_345.6, 1.7);
    let stairs = InverseTimeDecay { staircase: true, ..times.clone() };
    let factor = ExponentialDecay::new(0.3, 12_345.6, 0.7);
    let drops = ExponentialDecay { staircase: true, ..factor.clone() };
    let power = PolynomialDecay { power: 0.9, ..PolynomialDecay::new(0.3, 123_456.7) };
    let cycles = PolynomialDecay { cycle: true, decay_steps: 4_567.8, ..power.clone() };
    let definitions: [Definition; 11] = [
        cosine_decay().into(),
        phases().into(),
        many_phases().into(),
        PiecewiseConstantDecay::new(vec![0.0, 5e4, 99_999.5], vec![0.4, 0.3, 0.2, 0.1]).into(),
        times.into(),
        stairs.into(),
        InverseSquareRootDecay::new(0.01, 4_218.75).into(),
        factor.into(),
        drops.into(),
        power.into(),
        cycles.into(),
    ];
    definitions.map(|definition| Schedule::new(definition).unwrap())
}

fn bits(rates: &[f64]) -> Vec<u64> {
    rates.iter().map(|rate| rate.to_bits()).collect()
}

/// Whole and fractional steps of all segments, in no order: several threads' worth of them.
fn steps() -> Vec<f64> {
    let steps = (0..200_001_u64).map(|i| (i * 7919 % 200_001) as f64 * 0.9375);
    steps.chain([0.0, -0.0, 5e-324, 1e300, f64::INFINITY]).collect()
}

#[test]
fn a_slice_equals_its_steps() {
    let mut sorted = steps();
    sorted.sort_by(f64::total_cmp);
    for schedule in schedules() {
        for steps in [steps(), sorted.clone()] {
            let alone: Vec<f64> = steps.iter().map(|&step| schedule.value(step).unwrap()).collect();
            let mut rates = vec![f64::NAN; steps.len()];
            schedule.fill(&steps, &mut rates).unwrap();
            assert_eq!(bits(&rates), bits(&alone));

            for length in [0, 1, 2, 3, 7, 511, 512, 513, 8_191, 8_192, 16_383, 16_384, 16_385] {
                let mut rates = vec![f64::NAN; length + 1];
                schedule.fill(&steps[..length], &mut rates[..length]).unwrap();
                assert_eq!(bits(&rates[..length]), bits(&alone[..length]));
                assert!(rates[length].is_nan(), "nothing is written behind the slice");
            }
        }
    }
}

#[cfg(feature = "rayon")]
#[test]
fn any_number_of_threads_gives_the_same_bits_and_the_first_error() {
    let steps = steps();
    for (i, schedule) in schedules().iter().enumerate() {
        let threads = if i == 0 { &[1, 2, 3, 8][..] } else { &[2, 3] };
        let alone: Vec<f64> = steps.iter().map(|&step| schedule.value(step).unwrap()).collect();
        for &threads in threads {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut rates = vec![f64::NAN; steps.len()];
            pool.install(|| schedule.fill(&steps, &mut rates)).unwrap();
            assert_eq!(bits(&rates), bits(&alone), "{threads} threads");

            // The last of a thread's share and the first of the next one's are where a position goes wrong.
            for first in [0, 511, 512, 8_191, 8_192, 65_536, 140_000, steps.len() - 1] {
                let mut steps = steps.clone();
                for bad in (first + 1..steps.len()).step_by(9973) {
                    steps[bad] = f64::NAN;
                }
                steps[first] = -1.5;
                let error = pool.install(|| schedule.fill(&steps, &mut rates)).unwrap_err();
                let expected = Error::Step { index: Some(first), step: -1.5 };
                assert_eq!(error, expected, "{threads} threads");
            }
        }
    }
}

fn check_step_type<S>()
where
    S: AsPrimitive<f64> + Sync,
    u8: AsPrimitive<S>,
{
    let cosine_decay =
        CosineDecay { warmup_target: Some(0.7), warmup_steps: 30.0, ..CosineDecay::new(0.1, 80.0) };
    let phases =
        Phases::new(0.1, vec![Phase::new(30.0, 0.7), Phase::new(50.0, 0.7), Phase::new(30.0, 0.0)]);
    for definition in [Definition::from(cosine_decay), phases.into()] {
        let schedule = Schedule::new(definition).unwrap();
        let steps: Vec<S> = (0..=120).map(AsPrimitive::as_).collect();
        let mut rates = vec![f64::NAN; steps.len()];
        schedule.fill(&steps, &mut rates).unwrap();
        for (step, rate) in (0..=120_u8).zip(rates) {
            assert_eq!(schedule.value(steps[usize::from(step)]).unwrap().to_bits(), rate.to_bits());
            assert_eq!(schedule.value(f64::from(step)).unwrap().to_bits(), rate.to_bits());
        }
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
    for schedule in schedules() {
        let last = schedule.final_learning_rate().unwrap();
        if let Some(end) = schedule.total_steps() {
            assert_eq!(schedule.value(end), Ok(last));
            assert_eq!(schedule.value(u64::MAX), Ok(last));
            assert_eq!(schedule.value(u128::MAX), Ok(last));
        }
        assert_eq!(schedule.value(f64::INFINITY), Ok(last));
        assert_eq!(schedule.value(f32::INFINITY), Ok(last));
    }
}

#[test]
fn f32_rates_are_the_rounded_f64_rates() {
    let steps = steps();
    for schedule in schedules() {
        let mut rates = vec![f32::NAN; steps.len()];
        schedule.fill(&steps, &mut rates).unwrap();
        for (step, rate) in steps.iter().zip(rates) {
            #[allow(clippy::cast_possible_truncation)]
            let rounded = schedule.value(*step).unwrap() as f32;
            assert_eq!(rate.to_bits(), rounded.to_bits());
        }
    }
}

#[test]
fn slices_of_different_lengths_are_refused_and_out_is_untouched() {
    let [schedule, ..] = schedules();
    for lengths in [(3, 2), (2, 3), (0, 1), (1, 0), (100_000, 99_999)] {
        let mut rates = vec![7.0; lengths.1];
        let error = schedule.fill(&vec![0.0; lengths.0], &mut rates).unwrap_err();
        assert_eq!(error, Error::Length { steps: lengths.0, out: lengths.1 });
        assert!(error.to_string().contains(&lengths.0.to_string()), "{error}");
        assert!(error.to_string().contains(&lengths.1.to_string()), "{error}");
        assert!(rates.iter().all(|&rate| rate == 7.0));
    }
}

#[test]
fn negative_and_nan_steps_are_refused() {
    let [schedule, ..] = schedules();
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
fn cosine_decay_comes_back_as_it_went_in() {
    let fields = CosineDecay {
        initial_learning_rate: 0.1,
        decay_steps: 150.0,
        alpha: 0.25,
        name: "näme".to_owned(),
        warmup_target: Some(0.5),
        warmup_steps: 30.0,
    };
    let with_target = Schedule::new(fields.clone()).unwrap();
    assert_eq!(with_target.definition(), &Definition::CosineDecay(fields.clone()));
    assert_eq!(with_target.total_steps(), Some(180));
    assert_eq!(with_target.peak_learning_rate(), Some(0.5));
    assert_eq!(with_target.final_learning_rate(), Some(0.125));
    assert_eq!(with_target, Schedule::new(fields.clone()).unwrap());

    // Without a target the warmup is kept for the round trip, and unused.
    let fields = CosineDecay { warmup_target: None, ..fields };
    let without = Schedule::new(fields.clone()).unwrap();
    assert_eq!(without.definition(), &fields.into());
    assert_eq!(without.total_steps(), Some(150));
    assert_eq!(without.peak_learning_rate(), Some(0.1));
    assert_eq!(without.final_learning_rate(), Some(0.025));
    assert_eq!(without.value(0), Ok(0.1));
    assert_ne!(without, with_target);

    let zeros =
        CosineDecay { warmup_target: Some(-0.0), alpha: -0.0, ..CosineDecay::new(-0.0, 1.0) };
    let zeros = Schedule::new(zeros).unwrap();
    let Definition::CosineDecay(fields) = zeros.definition() else { panic!("another class") };
    for zero in [fields.initial_learning_rate, fields.alpha, fields.warmup_target.unwrap()] {
        assert_eq!(zero.to_bits(), 0);
    }
    assert_eq!(zeros.final_learning_rate().unwrap().to_bits(), 0);
}

#[test]
fn phases_come_back_as_they_went_in() {
    let schedule = Schedule::new(phases()).unwrap();
    assert_eq!(schedule.definition(), &Definition::Phases(phases()));
    assert_eq!(schedule.total_steps(), Some(150_001));
    assert_eq!(schedule.peak_learning_rate(), Some(0.7)); // nobody is at the rate 5 for a step
    assert_eq!(schedule.final_learning_rate(), Some(0.0));
    for (step, rate) in [(0, 0.1), (30_000, 0.7), (50_000, 0.7), (90_001, 0.3), (150_001, 0.0)] {
        assert_eq!(schedule.value(step), Ok(rate), "{step}");
    }

    let constant = Schedule::new(Phases::new(0.3, Vec::new())).unwrap();
    assert_eq!(constant.total_steps(), Some(0));
    assert_eq!(constant.peak_learning_rate(), Some(0.3));
    assert_eq!(constant.value(u64::MAX), Ok(0.3));
    assert_ne!(constant, schedule);

    let zero = Phase { start: Some(-0.0), ..Phase::new(1.0, -0.0) };
    let zeros = Schedule::new(Phases::new(-0.0, vec![zero])).unwrap();
    let Definition::Phases(fields) = zeros.definition() else { panic!("another class") };
    let Phase { learning_rate, start, .. } = fields.phases[0];
    for zero in [fields.initial_learning_rate, learning_rate, start.unwrap()] {
        assert_eq!(zero.to_bits(), 0);
    }
}

/// What the segments say, in order: start, end, first and last rate, shape.
#[test]
fn segments_are_what_the_fields_stand_for() {
    let shown = |definition: Definition| -> Vec<_> {
        let schedule = Schedule::new(definition).unwrap();
        let segments = schedule.segments().iter();
        segments.map(|s| (s.start(), s.end(), s.first_rate(), s.last_rate(), s.shape())).collect()
    };
    let floor = 0.7 * 0.01;
    assert_eq!(
        shown(cosine_decay().into()),
        [
            (0.0, 30_000.0, 0.1, 0.7, "linear"),
            (30_000.0, 180_000.0, 0.7, floor, "cosine"),
            (180_000.0, f64::INFINITY, floor, floor, "hold"),
        ]
    );
    assert_eq!(
        shown(phases().into()),
        [
            (0.0, 30_000.0, 0.1, 0.7, "linear"),
            (30_000.0, 50_000.0, 0.7, 0.7, "hold"),
            (50_000.0, 90_001.0, 0.7, 1e-3, "cosine"),
            (90_001.0, 150_001.0, 0.3, 0.0, "linear"),
            (150_001.0, f64::INFINITY, 0.0, 0.0, "hold"),
        ]
    );
    assert_eq!(
        shown(Phases::new(0.3, vec![Phase::new(0.0, 0.2)]).into()),
        [(0.0, f64::INFINITY, 0.2, 0.2, "hold")]
    );
}

#[test]
fn as_many_phases_and_steps_as_there_may_be() {
    let schedule = Schedule::new(Phases::new(0.5, vec![Phase::new(1.0, 0.25); 65_535])).unwrap();
    assert_eq!(schedule.total_steps(), Some(65_535));
    assert_eq!(schedule.value(0.5), Ok(0.375));
    let many = Phases::new(0.5, vec![Phase::new(0.0, 0.25); 65_536]);
    let error = Schedule::new(many).unwrap_err().to_string();
    assert!(error.starts_with("Argument `phases` must be at most 65535 phases."), "{error}");

    let of = |steps: [u64; 3]| {
        let phases = steps.map(|steps| Phase::new(steps as f64, 0.25)).to_vec();
        Schedule::new(Phases::new(0.5, phases))
    };
    let longest = of([1, (1 << 53) - 2, 1]).unwrap();
    assert_eq!(longest.total_steps(), Some(1 << 53));
    for steps in [[1, (1 << 53) - 1, 1], [1 << 53, 1 << 53, u64::MAX], [1 << 53, 1, 0]] {
        let error = of(steps).unwrap_err().to_string();
        assert!(error.starts_with("Argument `phases"), "{error}");
        assert!(error.contains("2**53"), "{error}");
    }
}
