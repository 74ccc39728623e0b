//! What makes one schedule of another: `scaled`, `with_warmup`.

use learnrate::{
    CosineDecay, Definition, Error, ExponentialDecay, Phase, Phases, PiecewiseConstantDecay,
    PolynomialDecay, Schedule,
};

fn refused<T>(result: Result<T, Error>) -> String {
    result.err().expect("an error").to_string()
}

#[test]
fn scaled() {
    let cosine = CosineDecay {
        alpha: 0.3,
        warmup_target: Some(0.07),
        warmup_steps: 100.0,
        ..CosineDecay::new(0.003, 900.0)
    };
    let schedule = Schedule::new(cosine.clone()).unwrap();
    let expected = CosineDecay {
        initial_learning_rate: 0.003 * 0.1,
        warmup_target: Some(0.07 * 0.1),
        ..cosine
    };
    assert_eq!(schedule.scaled(0.1), Schedule::new(expected));
    assert_eq!(schedule.scaled(1.0).unwrap(), schedule);

    let start = |start| Phase { start: Some(start), ..Phase::new(10.0, 0.0) };
    let phases = |k: f64| {
        Schedule::new(Phases::new(0.3 * k, vec![Phase::new(5.0, 0.7 * k), start(0.9 * k)]))
    };
    assert_eq!(phases(1.0).unwrap().scaled(1.0 / 3.0), phases(1.0 / 3.0));
    let steps =
        |k: f64| Schedule::new(PiecewiseConstantDecay::new(vec![5.0], vec![0.3 * k, 0.1 * k]));
    assert_eq!(steps(1.0).unwrap().scaled(0.1), steps(0.1));

    let factor = |k: f64| Schedule::new(ExponentialDecay::new(0.3 * k, 5.0, 0.9));
    assert_eq!(factor(1.0).unwrap().scaled(0.1), factor(0.1));
    let power = |k: f64| {
        let decay = PolynomialDecay { power: 2.0, ..PolynomialDecay::new(0.3 * k, 5.0) };
        Schedule::new(PolynomialDecay { end_learning_rate: 0.07 * k, ..decay })
    };
    assert_eq!(power(1.0).unwrap().scaled(0.1), power(0.1));

    for (factor, shown) in [(-1.0, "-1.0"), (f64::NAN, "nan"), (f64::INFINITY, "inf")] {
        let text =
            format!("Argument `factor` must be a finite number >= 0. Received: factor={shown}");
        assert_eq!(refused(schedule.scaled(factor)), text);
    }
    let text =
        "Argument `phases[0].start` must be a finite number >= 0. Received: phases[0].start=inf";
    let high = Schedule::new(Phases::new(0.0, vec![start(100.0)])).unwrap();
    assert_eq!(refused(high.scaled(1e308)), text);
}

#[test]
fn with_warmup() {
    let decay = CosineDecay { alpha: 0.1, name: "mine".into(), ..CosineDecay::new(0.5, 900.0) };
    let schedule = Schedule::new(decay.clone()).unwrap();
    let warm = CosineDecay {
        initial_learning_rate: 0.1,
        warmup_target: Some(0.5),
        warmup_steps: 100.0,
        ..decay.clone()
    };
    assert_eq!(schedule.with_warmup(100.0, 0.1), Schedule::new(warm));
    assert_eq!(schedule.with_warmup(0.0, 0.1).unwrap(), schedule);
    let again = refused(schedule.with_warmup(100.0, 0.1).unwrap().with_warmup(5.0, 0.0));
    let text = "Argument `warmup_steps` must be absent from a schedule that is to get a warmup. Received: warmup_steps=100";
    assert_eq!(again, text);
    let target = CosineDecay { warmup_target: Some(0.2), ..decay }; // without steps: no warmup
    let warm = Schedule::new(target).unwrap().with_warmup(10.0, 0.0).unwrap();
    assert_eq!((warm.value(10), warm.value(0)), (Ok(0.2), Ok(0.0)));

    let mut phases = Phases::new(0.3, vec![Phase::new(0.0, 0.5), Phase::new(10.0, 0.0)]);
    phases.name = "mine".into();
    let schedule = Schedule::new(phases.clone()).unwrap();
    let warm = schedule.with_warmup(20.5, 0.1).unwrap();
    phases.initial_learning_rate = 0.1;
    phases.phases.insert(0, Phase::new(20.5, 0.5)); // the rate at step 0, not the field
    assert_eq!(warm.definition(), &Definition::Phases(phases));
    assert_eq!(schedule.with_warmup(-0.0, 0.1).unwrap(), schedule);
    for (steps, initial, text) in [
        (-1.0, 0.1, "`steps` must be >= 0. Received: steps=-1"),
        (
            0.5,
            0.1,
            "`steps` must be a number of steps, >= 1, not a share or a rate. Received: steps=0.5",
        ),
        (0.0, -0.5, "`initial` must be a finite number >= 0. Received: initial=-0.5"),
    ] {
        assert_eq!(refused(schedule.with_warmup(steps, initial)), format!("Argument {text}"));
    }

    let steps = Schedule::new(PiecewiseConstantDecay::new(vec![], vec![0.3])).unwrap();
    let text = "CosineDecay and Phases can have a warmup, other classes cannot";
    assert_eq!(refused(steps.with_warmup(5.0, 0.0)), text);
}
