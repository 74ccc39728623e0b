//! What each class and its fields stand for.

use learnrate::{
    CosineDecay, Definition, ExponentialDecay, InverseSquareRootDecay, InverseTimeDecay, Phase,
    PhaseShape, Phases, PiecewiseConstantDecay, PolynomialDecay, Schedule,
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
    let factor = ExponentialDecay::new(0.5, 1000.0, 0.25);
    let drops = ExponentialDecay { staircase: true, ..factor.clone() };
    for (schedule, steps, rates) in [
        (Schedule::new(times), [0.0, 2000.0, 18_000.0], [0.1, 0.05, 0.01]),
        (Schedule::new(stairs), [999.0, 2999.0, 18_999.0], [0.1, 0.05, 0.01]),
        (Schedule::new(factor), [0.0, 500.0, 2000.0], [0.5, 0.25, 0.03125]),
        (Schedule::new(drops), [999.0, 1000.0, 2999.5], [0.5, 0.125, 0.03125]),
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

#[test]
fn what_grows_without_end_has_no_limit() {
    let growth = ExponentialDecay::new(0.5, 100.0, 4.0);
    let stairs = ExponentialDecay { staircase: true, ..growth.clone() };
    for (fields, rates) in [(growth, [0.5, 1.0, 2.0]), (stairs, [0.5, 0.5, 2.0])] {
        let schedule = Schedule::new(fields).unwrap();
        assert_eq!(schedule.total_steps(), None);
        assert_eq!(schedule.final_learning_rate(), None);
        assert_eq!(schedule.peak_learning_rate(), None);
        let segment = &schedule.segments()[0];
        let shown = (segment.first_rate(), segment.last_rate(), segment.shape());
        assert_eq!(shown, (0.5, f64::INFINITY, "exponential"));
        assert_eq!([0, 50, 100].map(|step| schedule.value(step).unwrap()), rates);
        // Beyond float64.
        for step in [51_300.0, 1e300, f64::INFINITY] {
            assert_eq!(schedule.value(step), Ok(f64::MAX), "{step}");
        }
    }
    for (initial, factor) in [(0.5, 1.0), (0.0, 4.0), (0.0, 0.25)] {
        let held = Schedule::new(ExponentialDecay::new(initial, 100.0, factor)).unwrap();
        assert_eq!((held.total_steps(), held.final_learning_rate()), (Some(0), Some(initial)));
        assert_eq!(held.peak_learning_rate(), Some(initial));
        assert_eq!(held.value(f64::INFINITY), Ok(initial));
    }
    for (factor, shown) in [(0.0, "0.0"), (-0.5, "-0.5"), (f64::NAN, "nan"), (f64::INFINITY, "inf")]
    {
        let error = Schedule::new(ExponentialDecay::new(0.1, 10.0, factor)).unwrap_err();
        let text = "Argument `decay_rate` must be a finite number > 0. Received: decay_rate";
        assert_eq!(error.to_string(), format!("{text}={shown}"));
    }
}

#[test]
fn a_power_decays_once_or_in_cycles() {
    let square = PolynomialDecay {
        end_learning_rate: 0.25,
        power: 2.0,
        ..PolynomialDecay::new(1.25, 100.0)
    };
    let once = Schedule::new(square.clone()).unwrap();
    assert_eq!((once.total_steps(), once.final_learning_rate()), (Some(100), Some(0.25)));
    assert_eq!(once.peak_learning_rate(), Some(1.25));
    assert_eq!([0, 50, 100, 101].map(|step| once.value(step).unwrap()), [1.25, 0.5, 0.25, 0.25]);

    // The end of a cycle belongs to it.
    let cycles = Schedule::new(PolynomialDecay { cycle: true, ..square.clone() }).unwrap();
    assert_eq!((cycles.total_steps(), cycles.final_learning_rate()), (None, Some(0.25)));
    assert_eq!(cycles.peak_learning_rate(), Some(1.25));
    for (step, rate) in [(0, 1.25), (50, 0.5), (100, 0.25), (150, 0.3125), (200, 0.25)] {
        assert_eq!(cycles.value(step), Ok(rate), "{step}");
    }
    assert!(cycles.value(100.0_f64.next_up()).unwrap() > 0.49);
    assert_eq!(cycles.value(f64::INFINITY), Ok(0.25));

    // Up as well as down, and not at all.
    let up = PolynomialDecay { end_learning_rate: 2.25, cycle: true, ..square.clone() };
    assert_eq!(Schedule::new(up).unwrap().peak_learning_rate(), Some(2.25));
    let level = PolynomialDecay { end_learning_rate: 1.25, cycle: true, ..square.clone() };
    let level = Schedule::new(level).unwrap();
    assert_eq!((level.total_steps(), level.segments()[0].shape()), (Some(0), "hold"));

    // Keras's defaults; a power of 1 is a line.
    let line = Schedule::new(PolynomialDecay::new(0.5, 100.0)).unwrap();
    let segment = &line.segments()[0];
    assert_eq!((segment.shape(), segment.last_rate()), ("linear", 0.0001));
    let cycles = PolynomialDecay { cycle: true, ..PolynomialDecay::new(0.5, 100.0) };
    assert_eq!(Schedule::new(cycles).unwrap().segments()[0].shape(), "polynomial");

    let refused = |fields: PolynomialDecay| Schedule::new(fields).unwrap_err().to_string();
    for (power, rule) in [
        (0.0, "a finite number > 0. Received: power=0.0"),
        (f64::NAN, "a finite number > 0. Received: power=nan"),
        (f64::INFINITY, "a finite number > 0. Received: power=inf"),
        (1000.5, "<= 1000. Received: power=1000.5"),
    ] {
        let error = refused(PolynomialDecay { power, ..square.clone() });
        assert_eq!(error, format!("Argument `power` must be {rule}"));
    }
    assert!(Schedule::new(PolynomialDecay { power: 1000.0, ..square.clone() }).is_ok());
    assert_eq!(
        refused(PolynomialDecay { end_learning_rate: -0.5, ..square }),
        "Argument `end_learning_rate` must be a finite number >= 0. Received: end_learning_rate=-0.5"
    );
}

#[test]
fn an_exponential_leads_neither_from_nor_to_0() {
    let of = |first: f64, last: f64, steps: f64| {
        let phase = Phase { shape: PhaseShape::Exponential, ..Phase::new(steps, last) };
        Schedule::new(Phases::new(first, vec![phase]))
    };
    let schedule = of(1e-300, 1e300, 10.0).unwrap(); // further apart than an inverse time may be
    assert_eq!(schedule.segments()[0].shape(), "exponential");
    assert_eq!([0, 10].map(|step| schedule.value(step).unwrap()), [1e-300, 1e300]);
    let between = of(0.125, 0.5, 10.0).unwrap().value(5).unwrap();
    assert_eq!(between, 0.25);
    for (first, last, shown) in [(0.0, 0.1, "0.1, from 0.0"), (0.1, 0.0, "0.0, from 0.1")] {
        let error = of(first, last, 10.0).unwrap_err().to_string();
        let rule = "> 0 where the shape is 'exponential', from and to: no factor leads to 0 or from it; 'linear' leads there";
        let name = "phases[0].learning_rate";
        assert_eq!(error, format!("Argument `{name}` must be {rule}. Received: {name}={shown}"));
        assert!(of(first, last, 0.0).is_ok()); // it is skipped
    }
    assert!(of(0.0, 0.0, 10.0).is_ok()); // it is a hold
}

#[test]
fn a_polynomial_phase_has_a_power_and_no_other_has() {
    let of = |shape, power| {
        let phase = Phase { shape, power, ..Phase::new(10.0, 0.25) };
        Schedule::new(Phases::new(1.25, vec![phase]))
    };
    // From the end: 2 is not "square".
    let schedule = of(PhaseShape::Polynomial, Some(2.0)).unwrap();
    assert_eq!([0, 5, 10].map(|step| schedule.value(step).unwrap()), [1.25, 0.5, 0.25]);
    assert_eq!(schedule.segments()[0].shape(), "polynomial");
    let line = of(PhaseShape::Polynomial, Some(1.0)).unwrap();
    assert_eq!(line.segments(), of(PhaseShape::Linear, None).unwrap().segments());
    let Definition::Phases(fields) = line.definition() else { panic!("another class") };
    assert_eq!(
        (fields.phases[0].shape, fields.phases[0].power),
        (PhaseShape::Polynomial, Some(1.0))
    );
    for (shape, power, text) in [
        (
            PhaseShape::Polynomial,
            None,
            "a number for this shape. Received: phases[0].power=None, shape='polynomial'",
        ),
        (PhaseShape::Polynomial, Some(-2.0), "a finite number > 0. Received: phases[0].power=-2.0"),
        (PhaseShape::Polynomial, Some(1e16), "<= 1000. Received: phases[0].power=1e+16"),
        (
            PhaseShape::Square,
            Some(2.0),
            "None for this shape. Received: phases[0].power=2.0, shape='square'",
        ),
    ] {
        let error = of(shape, power).unwrap_err().to_string();
        assert_eq!(error, format!("Argument `phases[0].power` must be {text}"));
    }
}
