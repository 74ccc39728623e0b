//! The promise: the functions that make common schedules give what Python's give, to the
//! last bit, and refuse what those refuse, in the same words. The numbers are Python's.

use learnrate::{
    CosineDecay, Definition, Error, ExponentialDecay, OneCycle, OneCycleMomentum, Phase,
    PhaseShape, Phases, PiecewiseConstantDecay, Schedule, WarmupStableDecay,
};

type Row = (f64, f64, f64, f64, &'static str);

/// The segments, and the rates of steps 1, 150, 500 and 900.
fn same(fields: impl Into<Definition>, segments: &[Row], rates: [f64; 4]) {
    let schedule = Schedule::new(fields).unwrap();
    let shown: Vec<_> = schedule
        .segments()
        .iter()
        .map(|s| (s.start(), s.end(), s.first_rate(), s.last_rate(), s.shape()))
        .collect();
    assert_eq!(shown, segments);
    assert_eq!([1, 150, 500, 900].map(|step| schedule.value(step).unwrap()), rates);
}

const ENDLESS: f64 = f64::INFINITY;

#[test]
fn lines_and_stages() {
    same(Phases::constant(0.3).unwrap(), &[(0.0, ENDLESS, 0.3, 0.3, "hold")], [0.3; 4]);
    same(
        Phases::linear_decay(3e-4, 997, 31, 1e-5, 7e-5).unwrap(),
        &[
            (0.0, 31.0, 1e-5, 3e-4, "linear"),
            (31.0, 997.0, 3e-4, 7e-5, "linear"),
            (997.0, ENDLESS, 7e-5, 7e-5, "hold"),
        ],
        [
            1.9354838709677417e-05,
            0.00027166666666666664,
            0.00018833333333333332,
            9.30952380952381e-05,
        ],
    );
    let stages = WarmupStableDecay {
        shape: PhaseShape::Cosine,
        initial: 1e-5,
        final_rate: 7e-5,
        ..WarmupStableDecay::new(3e-4, 997, 31, 200)
    };
    same(
        Phases::warmup_stable_decay(&stages).unwrap(),
        &[
            (0.0, 31.0, 1e-5, 3e-4, "linear"),
            (31.0, 797.0, 3e-4, 3e-4, "hold"),
            (797.0, 997.0, 3e-4, 7e-5, "cosine"),
            (997.0, ENDLESS, 7e-5, 7e-5, "hold"),
        ],
        [1.9354838709677417e-05, 3e-4, 3e-4, 0.00017958275816839107],
    );
}

#[test]
fn no_phase_of_no_steps_but_a_last_one() {
    let fields = Phases::linear_decay(0.5, 100, 0, 0.25, 0.0).unwrap();
    assert_eq!(fields, Phases::new(0.5, vec![Phase::new(100.0, 0.0)]));
    let stages = |warmup, decay| {
        Phases::warmup_stable_decay(&WarmupStableDecay::new(0.5, 100, warmup, decay)).unwrap()
    };
    let phase = Phase::new;
    assert_eq!(stages(10, 90), Phases::new(0.0, vec![phase(10.0, 0.5), phase(90.0, 0.0)]));
    assert_eq!(stages(0, 20), Phases::new(0.5, vec![phase(80.0, 0.5), phase(20.0, 0.0)]));
    assert_eq!(stages(100, 0), Phases::new(0.0, vec![phase(100.0, 0.5), phase(0.0, 0.0)]));
    assert_eq!(stages(0, 0), Phases::new(0.5, vec![phase(100.0, 0.5), phase(0.0, 0.0)]));
}

#[test]
fn one_cycle() {
    same(
        Phases::one_cycle(&OneCycle::new(0.3, 997)).unwrap(),
        &[
            (0.0, 298.09999999999997, 0.012, 0.3, "cosine"),
            (298.09999999999997, 996.0, 0.3, 1.2e-06, "cosine"),
            (996.0, ENDLESS, 1.2e-06, 1.2e-06, "hold"),
        ],
        [0.012007996579701396, 0.15744167291285982, 0.2421980285510862, 0.013790625044972915],
    );
    let three = OneCycle {
        warmup_share: 0.37,
        div_factor: 3.0,
        final_div_factor: 7.0,
        shape: PhaseShape::Linear,
        three_phase: true,
        ..OneCycle::new(0.1, 1001)
    };
    let (first, last) = (0.1 / 3.0, 0.1 / 3.0 / 7.0);
    same(
        Phases::one_cycle(&three).unwrap(),
        &[
            (0.0, 369.37, first, 0.1, "linear"),
            (369.37, 738.74, 0.1, first, "linear"),
            (738.74, 1000.0, first, last, "linear"),
            (1000.0, ENDLESS, last, last, "hold"),
        ],
        [0.033513820830062, 0.06040645784263296, 0.07642291830233461, 0.015697918147585147],
    );
}

#[test]
fn one_cycle_momentum() {
    same(
        Phases::one_cycle_momentum(&OneCycleMomentum::new(997)).unwrap(),
        &[
            (0.0, 298.09999999999997, 0.95, 0.85, "cosine"),
            (298.09999999999997, 996.0, 0.85, 0.95, "cosine"),
            (996.0, ENDLESS, 0.95, 0.95, "hold"),
        ],
        [0.9499972234098258, 0.8994994191274792, 0.8692674008859081, 0.9454035065990354],
    );
    let three = OneCycleMomentum {
        highest: 0.9,
        lowest: 0.7,
        warmup_share: 0.123,
        shape: PhaseShape::Rex,
        three_phase: true,
        ..OneCycleMomentum::new(100)
    };
    same(
        Phases::one_cycle_momentum(&three).unwrap(),
        &[
            (0.0, 11.3, 0.9, 0.7, "rex"),
            (11.3, 22.6, 0.7, 0.9, "rex"),
            (22.6, 99.0, 0.9, 0.9, "hold"),
            (99.0, ENDLESS, 0.9, 0.9, "hold"),
        ],
        [0.8907407407407407, 0.9, 0.9, 0.9],
    );
    let hold = &Phases::one_cycle_momentum(&three).unwrap().phases[2];
    assert_eq!(hold.shape, PhaseShape::Linear); // as in Python
}

#[test]
fn multistep_decay() {
    let fields = PiecewiseConstantDecay::multistep_decay(0.1, &[97, 13, 40, 0, 13], 0.3).unwrap();
    let values = vec![0.03, 0.0026999999999999997, 0.0008099999999999998, 0.00024299999999999994];
    assert_eq!(fields, PiecewiseConstantDecay::new(vec![12.0, 39.0, 96.0], values));
    let of = |milestones: &[u64]| {
        let fields = PiecewiseConstantDecay::multistep_decay(0.5, milestones, 0.5).unwrap();
        (fields.boundaries, fields.values)
    };
    assert_eq!(of(&[]), (vec![], vec![0.5]));
    assert_eq!(of(&[0, 0]), (vec![], vec![0.125]));
    assert_eq!(of(&[1, 2, 1]), (vec![0.0, 1.0], vec![0.5, 0.125, 0.0625]));
    assert_eq!(of(&[1 << 53]), (vec![9007199254740991.0], vec![0.5, 0.25]));
}

#[test]
fn step_decay() {
    let fields = ExponentialDecay::step_decay(0.1, 250.5, 0.3).unwrap();
    let expected = ExponentialDecay { staircase: true, ..ExponentialDecay::new(0.1, 250.5, 0.3) };
    assert_eq!(fields, expected);
    assert_eq!(
        ExponentialDecay::step_decay(-0.0, 1.0, 1.0).unwrap().initial_learning_rate.to_bits(),
        0
    );
    let of = |initial, steps, factor| refused(ExponentialDecay::step_decay(initial, steps, factor));
    for (text, error) in [
        ("`initial` must be a finite number >= 0. Received: initial=-1.0", of(-1.0, 5.0, 0.1)),
        ("`steps` must be > 0. Received: steps=0", of(0.5, 0.0, 0.1)),
        (
            "`steps` must be a number of steps, >= 1, not a share or a rate. Received: steps=0.1",
            of(0.5, 0.1, 5.0),
        ),
        ("`factor` must be a finite number > 0. Received: factor=0.0", of(0.5, 5.0, 0.0)),
        ("`factor` must be a finite number > 0. Received: factor=nan", of(0.5, 5.0, f64::NAN)),
    ] {
        assert_eq!(error, format!("Argument {text}"));
    }
}

/// What a function has no argument for.
#[test]
fn a_polynomial_needs_a_power() {
    let shape = PhaseShape::Polynomial;
    let stages = WarmupStableDecay { shape, ..WarmupStableDecay::new(0.5, 100, 10, 20) };
    let cycle = OneCycle { shape, ..OneCycle::new(0.5, 100) };
    let momentum = OneCycleMomentum { shape, ..OneCycleMomentum::new(100) };
    let text = "Argument `shape` must be a shape without a power: Phases takes 'polynomial'. Received: shape='polynomial'";
    assert_eq!(refused(Phases::warmup_stable_decay(&stages)), text);
    assert_eq!(refused(Phases::one_cycle(&cycle)), text);
    assert_eq!(refused(Phases::one_cycle_momentum(&momentum)), text);
    let stages = WarmupStableDecay { shape: PhaseShape::Exponential, final_rate: 0.125, ..stages };
    let phase = Phases::warmup_stable_decay(&stages).unwrap().phases[2].clone();
    assert_eq!(phase.shape, PhaseShape::Exponential);
    let to_0 = WarmupStableDecay { final_rate: 0.0, ..stages };
    assert_eq!(
        refused(Phases::warmup_stable_decay(&to_0)),
        "Argument `final` must be > 0 where the shape is 'exponential', from and to: no factor leads to 0 or from it; \
         'linear' leads there. Received: final=0.0, from 0.5"
    );
}

fn refused<T>(result: Result<T, Error>) -> String {
    result.err().expect("an error").to_string()
}

#[test]
fn what_python_refuses() {
    let linear = |peak, total, warmup, initial, last| {
        refused(Phases::linear_decay(peak, total, warmup, initial, last))
    };
    let rate = "must be a finite number >= 0. Received:";
    for (text, error) in [
        (
            format!("`learning_rate` {rate} learning_rate=-1.0"),
            refused(Phases::constant(-1.0)),
        ),
        (format!("`peak` {rate} peak=inf"), linear(f64::INFINITY, 9, 0, 0.0, 0.0)),
        (format!("`initial` {rate} initial=nan"), linear(0.1, 9, 0, f64::NAN, 0.0)),
        (format!("`final` {rate} final=-0.5"), linear(0.1, 9, 0, 0.0, -0.5)),
        ("`total_steps` must be > 0. Received: total_steps=0".into(), linear(0.1, 0, 0, 0.0, 0.0)),
        (
            "`total_steps` must be <= 2**53. Received: total_steps=9007199254740993".into(),
            linear(0.1, (1 << 53) + 1, 0, 0.0, 0.0),
        ),
        (
            "`warmup_steps` must be < total_steps. Received: warmup_steps=9, total_steps=9".into(),
            linear(0.1, 9, 9, 0.0, 0.0),
        ),
        (
            "`warmup_steps` plus `decay_steps` must be <= total_steps. Received: warmup_steps=81 + decay_steps=20 = 101, \
             total_steps=100"
                .into(),
            refused(Phases::warmup_stable_decay(&WarmupStableDecay::new(0.5, 100, 81, 20))),
        ),
        (
            "`decay_steps` must be <= 2**53. Received: decay_steps=18446744073709551615".into(),
            refused(Phases::warmup_stable_decay(&WarmupStableDecay::new(0.5, 100, 1, u64::MAX))),
        ),
    ] {
        assert_eq!(error, format!("Argument {text}"));
    }
    assert!(Phases::linear_decay(0.1, 1 << 53, (1 << 53) - 1, 0.0, 0.0).is_ok());
}

#[test]
fn what_python_refuses_of_a_cycle() {
    let base = || OneCycle::new(0.5, 100);
    let least = "must be > 1 / total_steps, for the warmup takes warmup_share * total_steps - 1 steps. Received:";
    for (text, cycle) in [
        ("`total_steps` must be > 0. Received: total_steps=0".to_owned(), OneCycle::new(0.5, 0)),
        ("`total_steps` must be >= 2. Received: total_steps=1".to_owned(), OneCycle::new(0.5, 1)),
        (
            format!("`warmup_share` {least} warmup_share=0.01, total_steps=100"),
            OneCycle { warmup_share: 0.01, three_phase: true, ..base() },
        ),
        (
            "`warmup_share` must be a share of total_steps, < 1. Received: warmup_share=1.0, total_steps=100".to_owned(),
            OneCycle { warmup_share: 1.0, ..base() },
        ),
        (
            "`warmup_share` must be < (1 + 1 / total_steps) / 2 with three phases. Received: warmup_share=0.505, \
             total_steps=100"
                .to_owned(),
            OneCycle { warmup_share: 0.505, three_phase: true, ..base() },
        ),
        (
            "`warmup_share` must be a finite number >= 0. Received: warmup_share=nan".to_owned(),
            OneCycle { warmup_share: f64::NAN, ..base() },
        ),
        (
            "`div_factor` must be a finite number > 0. Received: div_factor=0.0".to_owned(),
            OneCycle { div_factor: 0.0, ..base() },
        ),
        (
            "`final_div_factor` must be a finite number > 0. Received: final_div_factor=inf".to_owned(),
            OneCycle { final_div_factor: f64::INFINITY, ..base() },
        ),
        (
            "`div_factor` must be so large that peak / div_factor is finite. Received: div_factor=1e-310, peak=0.5"
                .to_owned(),
            OneCycle { div_factor: 1e-310, ..base() },
        ),
        (
            "`final_div_factor` must be so large that peak / div_factor / final_div_factor is finite. Received: \
             final_div_factor=1e-310, peak / div_factor=0.02"
                .to_owned(),
            OneCycle { final_div_factor: 1e-310, ..base() },
        ),
    ] {
        assert_eq!(refused(Phases::one_cycle(&cycle)), format!("Argument {text}"));
    }
    let momentum = OneCycleMomentum { lowest: -0.5, ..OneCycleMomentum::new(100) };
    let text = "Argument `lowest` must be a finite number >= 0. Received: lowest=-0.5";
    assert_eq!(refused(Phases::one_cycle_momentum(&momentum)), text);
    let shortest = OneCycle { warmup_share: 0.5 + 0.5_f64.powi(21), ..OneCycle::new(0.5, 2) };
    assert_eq!(Phases::one_cycle(&shortest).unwrap().phases[0].steps, 0.5_f64.powi(20));
    let shorter = OneCycle { warmup_share: 0.5_f64.next_up(), ..shortest };
    assert!(
        refused(Phases::one_cycle(&shorter)).starts_with("Argument `warmup_share` must be > 1")
    );
}

#[test]
fn what_python_refuses_of_milestones() {
    let of = |initial, milestones: &[u64], factor| {
        refused(PiecewiseConstantDecay::multistep_decay(initial, milestones, factor))
    };
    for (text, error) in [
        ("`initial` must be a finite number >= 0. Received: initial=-1.0", of(-1.0, &[5], 0.1)),
        ("`factor` must be a finite number >= 0. Received: factor=nan", of(0.5, &[5], f64::NAN)),
        (
            "`milestones[1]` must be <= 2**53. Received: milestones[1]=9007199254740993",
            of(0.5, &[5, (1 << 53) + 1], 0.1),
        ),
        (
            "`milestones` must be at most 65535 milestones. Received: milestones=65536 milestones",
            of(0.5, &vec![5; 65_536], 0.1),
        ),
        (
            "`factor` must be so small that each rate is finite. Received: factor=1e+200, initial=0.5",
            of(0.5, &[10, 20], 1e200),
        ),
    ] {
        assert_eq!(error, format!("Argument {text}"));
    }
}

#[test]
fn a_cosine_from_its_total_steps() {
    let of = |total, peak, warmup, initial, last| {
        CosineDecay::from_total_steps(total, peak, warmup, initial, last)
    };
    let cosine = |initial, steps, alpha, warmup| CosineDecay {
        alpha,
        warmup_target: Some(1e-3),
        warmup_steps: warmup,
        ..CosineDecay::new(initial, steps)
    };
    assert_eq!(of(100, 1e-3, 10, 0.0, 1e-4), Ok(cosine(0.0, 90.0, 0.1, 10.0)));
    // Without warmup there is no target.
    let bare = CosineDecay { alpha: 0.5, ..CosineDecay::new(1e-3, 100.0) };
    assert_eq!(of(100, 1e-3, 0, 0.25, 5e-4), Ok(bare));
    assert_eq!(of(100, 0.0, 0, 0.0, 0.0), Ok(CosineDecay::new(0.0, 100.0)));
    assert_eq!(of(100, 1e-3, 10, 0.0, 0.0).unwrap().alpha.to_bits(), 0);
    // Where the share beside the quotient meets the rate.
    assert_eq!(of(100, 0.09, 0, 0.0, 0.0625).unwrap().alpha, 0.6944444444444445);
    assert_ne!(0.0625 / 0.09, 0.6944444444444445);
    // Where the quotient, rounded up, would overflow.
    let (quotient, alpha) = (f64::MAX / 3.0, of(100, 3.0, 0, 0.0, f64::MAX).unwrap().alpha);
    assert_eq!((3.0 * quotient, alpha), (ENDLESS, quotient.next_down()));
    for (text, result) in [
        ("`total_steps` must be > 0. Received: total_steps=0", of(0, 0.1, 0, 0.0, 0.0)),
        (
            "`peak_learning_rate` must be a finite number >= 0. Received: peak_learning_rate=-1.0",
            of(9, -1.0, 0, 0.0, 0.0),
        ),
        (
            "`initial_learning_rate` must be a finite number >= 0. Received: initial_learning_rate=inf",
            of(9, 0.1, 0, ENDLESS, 0.0),
        ),
        (
            "`warmup_steps` must be < total_steps. Received: warmup_steps=9, total_steps=9",
            of(9, 0.1, 9, 0.0, 0.0),
        ),
        (
            "`final_learning_rate` must be a finite number >= 0. Received: final_learning_rate=nan",
            of(9, 0.1, 0, 0.0, f64::NAN),
        ),
        (
            "`final_learning_rate` must be 0, or such that its share of the peak is a normal float64. Received: \
             final_learning_rate=0.1, peak_learning_rate=0.0",
            of(9, 0.0, 0, 0.0, 0.1),
        ),
    ] {
        assert_eq!(refused(result), format!("Argument {text}"));
    }
}
