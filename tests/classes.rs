//! What each class and its fields stand for.

use learnrate::{
    CosineDecay, InverseSquareRootDecay, InverseTimeDecay, Phase, PhaseShape, Phases,
    PiecewiseConstantDecay, Schedule,
};

#[test]
fn counts_may_be_fractional() {
    let cosine = CosineDecay {
        warmup_target: Some(0.7),
        warmup_steps: 468.75,
        ..CosineDecay::new(0.1, 4218.75)
    };
    let schedule = Schedule::new(cosine).unwrap();
    assert_eq!(schedule.total_steps(), Some(4688));
    assert_eq!(schedule.value(468.75), Ok(0.7));
    assert_eq!(schedule.value(4687.5), Ok(0.0));
    assert!(schedule.value(4687).unwrap() > 0.0);

    // Joints are exact sums, rounded once.
    let phases = Phases::new(0.0, (0..10).map(|i| Phase::new(0.1, f64::from(i))).collect());
    let schedule = Schedule::new(phases).unwrap();
    assert_eq!(schedule.segments()[9].end(), 1.0);
    assert_eq!(schedule.value(1), Ok(9.0));
    // A phase that rounding leaves no step is none.
    let phases = vec![Phase::new(1e15, 0.5), Phase::new(0.01, 0.7), Phase::new(10.0, 0.2)];
    let schedule = Schedule::new(Phases::new(0.1, phases)).unwrap();
    assert_eq!(schedule.segments().len(), 3);
    assert_eq!(schedule.segments()[1].first_rate(), 0.7);

    for (count, rule) in [
        (0.5, "a number of steps, >= 1, not a share or a rate. Received: decay_steps=0.5"),
        (0.0, "> 0. Received: decay_steps=0"),
        (-2.0, "> 0. Received: decay_steps=-2"),
        (f64::NAN, "> 0. Received: decay_steps=nan"),
        (f64::INFINITY, "<= 2**53. Received: decay_steps=inf"),
    ] {
        let error = Schedule::new(CosineDecay::new(0.1, count)).unwrap_err().to_string();
        assert_eq!(error, format!("Argument `decay_steps` must be {rule}"));
    }
    let short = Phases::new(0.1, vec![Phase::new(9e-7, 0.2)]);
    let error = Schedule::new(short).unwrap_err().to_string();
    assert_eq!(
        error,
        "Argument `phases[0].steps` must be 0 or >= 2**-20. Received: phases[0].steps=9e-07"
    );
}

#[test]
fn a_boundary_belongs_to_the_value_before_it() {
    let fields = PiecewiseConstantDecay::new(vec![0.0, 10.0, 20.5], vec![0.4, 0.3, 0.2, 0.1]);
    let schedule = Schedule::new(fields).unwrap();
    let steps = [0.0, 5e-324, 10.0, 10.5, 20.5, 20.500_000_1, f64::INFINITY];
    let mut rates = [0.0; 7];
    schedule.fill(&steps, &mut rates).unwrap();
    assert_eq!(rates, [0.4, 0.3, 0.3, 0.2, 0.2, 0.1, 0.1]);
    assert_eq!(steps.map(|step| schedule.value(step).unwrap()), rates);
    assert_eq!(schedule.total_steps(), Some(21));
    assert_eq!(schedule.peak_learning_rate(), Some(0.4));
    let one = Schedule::new(PiecewiseConstantDecay::new(vec![], vec![0.5])).unwrap();
    assert_eq!((one.total_steps(), one.value(3)), (Some(0), Ok(0.5)));

    let refused = |boundaries: Vec<f64>, values: Vec<f64>| {
        Schedule::new(PiecewiseConstantDecay::new(boundaries, values)).unwrap_err().to_string()
    };
    assert_eq!(
        refused(vec![10.0], vec![0.5]),
        "The length of boundaries should be 1 less than the length of values. Received: boundaries=[10] of length 1, \
         and values=[0.5] of length 1."
    );
    assert_eq!(
        refused(vec![10.0, 5.5], vec![0.5; 3]),
        "Argument `boundaries[1]` must be > boundaries[0]. Received: boundaries[1]=5.5, boundaries[0]=10"
    );
    let error = refused(vec![1.0; 65_536], vec![0.5]);
    assert!(error.starts_with("Argument `boundaries` must be at most 65535 boundaries"), "{error}");
}

#[test]
fn what_has_no_end_has_a_limit() {
    let times = InverseTimeDecay::new(0.1, 1000.0, 0.5);
    let stairs = InverseTimeDecay { staircase: true, ..times.clone() };
    let root = InverseSquareRootDecay::new(0.01, 10_000.0);
    for (schedule, steps, rates) in [
        (Schedule::new(times), [0.0, 2000.0, 18_000.0], [0.1, 0.05, 0.01]),
        (Schedule::new(stairs), [999.0, 2999.0, 18_999.0], [0.1, 0.05, 0.01]),
        (Schedule::new(root), [0.0, 30_000.0, 990_000.0], [0.01, 0.005, 0.001]),
    ] {
        let schedule = schedule.unwrap();
        assert_eq!(schedule.total_steps(), None);
        assert_eq!(schedule.final_learning_rate(), Some(0.0));
        assert_eq!(schedule.peak_learning_rate(), Some(rates[0]));
        assert_eq!(steps.map(|step| schedule.value(step).unwrap()), rates);
        let mut filled = [f64::NAN; 4];
        schedule.fill(&[steps[0], steps[1], steps[2], f64::INFINITY], &mut filled).unwrap();
        assert_eq!(filled, [rates[0], rates[1], rates[2], 0.0]);
    }
    let held = Schedule::new(InverseTimeDecay::new(0.1, 1000.0, 0.0)).unwrap();
    assert_eq!((held.total_steps(), held.final_learning_rate()), (Some(0), Some(0.1)));
    let error = Schedule::new(InverseTimeDecay::new(0.1, 10.0, 1e101)).unwrap_err().to_string();
    assert_eq!(error, "Argument `decay_rate` must be <= 1e100. Received: decay_rate=1e+101");
}

#[test]
fn inverse_time_leads_neither_from_nor_to_0() {
    let of = |first: f64, last: f64, steps: f64| {
        let phase = Phase { shape: PhaseShape::InverseTime, ..Phase::new(steps, last) };
        Schedule::new(Phases::new(first, vec![phase]))
    };
    let schedule = of(0.1, 0.2, 10.0).unwrap();
    assert_eq!([0, 5, 10].map(|step| schedule.value(step).unwrap()), [0.1, 2.0 / 15.0, 0.2]);
    for (first, last) in [(0.0, 0.1), (0.1, 0.0), (1.0, 1e-101)] {
        let error = of(first, last, 10.0).unwrap_err().to_string();
        assert!(error.starts_with("Argument `phases[0].learning_rate` must be"), "{error}");
        assert!(of(first, last, 0.0).is_ok()); // it is skipped
    }
}
