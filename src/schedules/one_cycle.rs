//! `PyTorch`'s one-cycle policy, as `python/learnrate/_one_cycle.py` has it: the same fields, the same errors.

use crate::error::{Error, python_float};
use crate::exact::SHORTEST;
use crate::rules;
use crate::schedules::functions::rates;
use crate::schedules::{Phase, PhaseShape, Phases};

/// What [`Phases::one_cycle`] takes.
#[derive(Clone, Debug, PartialEq)]
pub struct OneCycle {
    /// The rate at step `warmup_share * total_steps - 1`.
    pub peak: f64,
    /// How many updates there are, 2 or more.
    pub total_steps: u64,
    /// The share of the updates up to the peak, the peak among them. Default: 0.3.
    pub warmup_share: f64,
    /// The peak over the rate at step 0. Default: 25.
    pub div_factor: f64,
    /// The rate at step 0 over the final rate. Default: 10,000.
    pub final_div_factor: f64,
    /// How the rate goes from one to the next, by any shape but a polynomial. Default: half a cosine.
    pub shape: PhaseShape,
    /// Whether the rate goes down as it came up, and to the final rate after that. Default: false.
    pub three_phase: bool,
}

impl OneCycle {
    /// The peak and the number of updates, and `PyTorch`'s defaults for the rest.
    #[must_use]
    pub fn new(peak: f64, total_steps: u64) -> Self {
        Self {
            peak,
            total_steps,
            warmup_share: 0.3,
            div_factor: 25.0,
            final_div_factor: 1e4,
            shape: PhaseShape::Cosine,
            three_phase: false,
        }
    }
}

/// What [`Phases::one_cycle_momentum`] takes.
#[derive(Clone, Debug, PartialEq)]
pub struct OneCycleMomentum {
    /// How many updates there are, 2 or more.
    pub total_steps: u64,
    /// The momentum at step 0 and at the end. Default: 0.95.
    pub highest: f64,
    /// The momentum where the rate is highest. Default: 0.85.
    pub lowest: f64,
    /// As in [`OneCycle`]. Default: 0.3.
    pub warmup_share: f64,
    /// How the momentum goes from one to the next, by any shape but a polynomial. Default: half a cosine.
    pub shape: PhaseShape,
    /// As in [`OneCycle`]. Default: false.
    pub three_phase: bool,
}

impl OneCycleMomentum {
    /// The number of updates, and `PyTorch`'s defaults for the rest.
    #[must_use]
    pub fn new(total_steps: u64) -> Self {
        Self {
            total_steps,
            highest: 0.95,
            lowest: 0.85,
            warmup_share: 0.3,
            shape: PhaseShape::Cosine,
            three_phase: false,
        }
    }
}

impl Phases {
    /// Up to the peak, and down to far below the first rate; then hold: `PyTorch`'s `OneCycleLR`.
    ///
    /// With `N = total_steps`, `initial = peak / div_factor`, `final = initial / final_div_factor` and
    /// `a = warmup_share * N - 1` the rate goes, by the shape,
    ///
    /// ```text
    /// two phases     from initial at step 0 to peak at a, to final at N - 1
    /// three phases   from initial at step 0 to peak at a, to initial at 2 * a, to final at N - 1
    /// ```
    ///
    /// The joints are those of `PyTorch`: `a` need not be a whole step, and the last of the N updates has the final rate. So
    /// the `total_steps` of the schedule, the step from which the rate is held, is N - 1. The policy is that of Smith &
    /// Topin, Super-Convergence (arXiv 1708.07120).
    ///
    /// ```
    /// use learnrate::{OneCycle, Phases, Schedule};
    ///
    /// let cycle = OneCycle { warmup_share: 0.25, ..OneCycle::new(0.1, 1_000) };
    /// let schedule = Schedule::new(Phases::one_cycle(&cycle)?)?;
    /// assert_eq!(schedule.value(0)?, 0.004);
    /// assert_eq!(schedule.value(249)?, 0.1);
    /// assert_eq!(schedule.total_steps(), Some(999));
    /// # Ok::<(), learnrate::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if an argument breaks its rule: `warmup_share` is > 1 / N and < 1, or with three phases
    /// < (1 + 1 / N) / 2; the factors are finite and > 0.
    pub fn one_cycle(arguments: &OneCycle) -> Result<Self, Error> {
        let &OneCycle { total_steps, warmup_share, shape, three_phase, .. } = arguments;
        two_or_more(total_steps)?;
        let [peak] = rates([("peak", arguments.peak)])?;
        let lengths = lengths(total_steps, warmup_share, three_phase)?;
        let initial = over("div_factor", arguments.div_factor, "peak", peak)?;
        let last =
            over("final_div_factor", arguments.final_div_factor, "peak / div_factor", initial)?;
        let shape = shape.without_power()?;
        let ends = if three_phase { vec![peak, initial, last] } else { vec![peak, last] };
        let phases = lengths.into_iter().zip(ends);
        Ok(Self::new(
            initial,
            phases.map(|(steps, rate)| Phase { shape, ..Phase::new(steps, rate) }).collect(),
        ))
    }

    /// The momentum that goes down as the rate of [`one_cycle`](Self::one_cycle) goes up, and back: that of `PyTorch`'s
    /// `OneCycleLR`.
    ///
    /// With `N = total_steps` and `a = warmup_share * N - 1` it goes, by the shape,
    ///
    /// ```text
    /// two phases     from highest at step 0 to lowest at a, to highest at N - 1
    /// three phases   from highest at step 0 to lowest at a, to highest at 2 * a, where it is held
    /// ```
    ///
    /// ```
    /// use learnrate::{OneCycleMomentum, Phases, Schedule};
    ///
    /// let cycle = OneCycleMomentum { warmup_share: 0.25, ..OneCycleMomentum::new(1_000) };
    /// let momentum = Schedule::new(Phases::one_cycle_momentum(&cycle)?)?;
    /// assert_eq!(momentum.value(0)?, 0.95);
    /// assert_eq!(momentum.value(249)?, 0.85);
    /// # Ok::<(), learnrate::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if an argument breaks its rule, as in [`one_cycle`](Self::one_cycle).
    pub fn one_cycle_momentum(arguments: &OneCycleMomentum) -> Result<Self, Error> {
        let &OneCycleMomentum { total_steps, warmup_share, shape, three_phase, .. } = arguments;
        two_or_more(total_steps)?;
        let [highest, lowest] =
            rates([("highest", arguments.highest), ("lowest", arguments.lowest)])?;
        let lengths = lengths(total_steps, warmup_share, three_phase)?;
        let shape = shape.without_power()?;
        let shapes = [shape, shape, PhaseShape::Linear]; // the last of three is a hold
        let phases = lengths.into_iter().zip([lowest, highest, highest]).zip(shapes);
        let phases = phases.map(|((steps, to), shape)| Phase { shape, ..Phase::new(steps, to) });
        Ok(Self::new(highest, phases.collect()))
    }
}

/// With one update there is no way up, nor down.
fn two_or_more(total_steps: u64) -> Result<(), Error> {
    rules::whole("total_steps", total_steps, 1)?;
    if total_steps < 2 {
        return Err(Error::argument("total_steps", ">= 2", total_steps.to_string()));
    }
    Ok(())
}

/// The steps of the phases: `PyTorch`'s joints are the sums of them.
fn lengths(total_steps: u64, warmup_share: f64, three_phase: bool) -> Result<Vec<f64>, Error> {
    let [share] = rates([("warmup_share", warmup_share)])?;
    // Rounded twice, as in PyTorch, whose second joint is then this one doubled.
    let up = share * total_steps as f64 - 1.0;
    // Rounded once, and by less than the sum of all can tell: it is N - 1 again.
    let rest = (total_steps - 1) as f64 - if three_phase { 2.0 * up } else { up };
    let rule = if up < SHORTEST {
        "> 1 / total_steps, for the warmup takes warmup_share * total_steps - 1 steps"
    } else if rest >= SHORTEST {
        return Ok(if three_phase { vec![up, up, rest] } else { vec![up, rest] });
    } else if three_phase {
        "< (1 + 1 / total_steps) / 2 with three phases"
    } else {
        "a share of total_steps, < 1"
    };
    let received = format!("{}, total_steps={total_steps}", python_float(warmup_share));
    Err(Error::argument("warmup_share", rule, received))
}

/// The rate over the factor, which is a finite number > 0.
fn over(argument: &'static str, factor: f64, quotient: &str, rate: f64) -> Result<f64, Error> {
    rules::positive(argument, factor)?;
    let result = rate / factor;
    if result.is_infinite() {
        let rule = format!("so large that {quotient} / {argument} is finite");
        let received = format!("{}, {quotient}={}", python_float(factor), python_float(rate));
        return Err(Error::argument(argument, rule, received));
    }
    Ok(result)
}
