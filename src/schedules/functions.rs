//! The functions that make common schedules, as `python/learnrate/_functions.py` has them: the same fields, the same
//! errors. Those of more than five arguments take a struct of them.

use crate::error::{Error, python_float};
use crate::rules::{self, Count};
use crate::schedules::{
    CosineDecay, ExponentialDecay, Phase, PhaseShape, Phases, PiecewiseConstantDecay,
};

/// What [`Phases::warmup_stable_decay`] takes.
#[derive(Clone, Debug, PartialEq)]
pub struct WarmupStableDecay {
    /// The rate between warmup and decay.
    pub peak: f64,
    /// The step from which the rate is held. Warmup and decay are part of it.
    pub total_steps: u64,
    /// How many of the steps are warmup.
    pub warmup_steps: u64,
    /// How many of the steps are decay.
    pub decay_steps: u64,
    /// How the rate decays, by any shape but a polynomial. Default: a line.
    pub shape: PhaseShape,
    /// The rate at step 0, if there is a warmup. Default: 0.
    pub initial: f64,
    /// The rate that is held, which errors call `final`. Default: 0.
    pub final_rate: f64,
}

impl WarmupStableDecay {
    /// The peak and the numbers of steps, and the defaults for the rest.
    #[must_use]
    pub fn new(peak: f64, total_steps: u64, warmup_steps: u64, decay_steps: u64) -> Self {
        let shape = PhaseShape::default();
        Self { peak, total_steps, warmup_steps, decay_steps, shape, initial: 0.0, final_rate: 0.0 }
    }
}

impl Phases {
    /// One rate at every step.
    ///
    /// ```
    /// use learnrate::{Phases, Schedule};
    ///
    /// assert_eq!(Schedule::new(Phases::constant(1e-3)?)?.value(12_345)?, 1e-3);
    /// # Ok::<(), learnrate::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if the rate is not a finite number >= 0.
    pub fn constant(mut learning_rate: f64) -> Result<Self, Error> {
        rules::rate("learning_rate", &mut learning_rate)?;
        Ok(Self::new(learning_rate, Vec::new()))
    }

    /// A line up to the peak, and a line down from it to `final_rate`; then hold.
    ///
    /// With `W = warmup_steps` and `N = total_steps`, of which the warmup is part, the rate is
    ///
    /// ```text
    /// step < W        initial + (peak - initial) * step / W
    /// W <= step < N   peak + (final_rate - peak) * (step - W) / (N - W)
    /// step >= N       final_rate
    /// ```
    ///
    /// It is transformers' `get_linear_schedule_with_warmup`. Without warmup `initial` has no effect. Errors call the last
    /// argument `final`.
    ///
    /// ```
    /// use learnrate::{Phases, Schedule};
    ///
    /// let schedule = Schedule::new(Phases::linear_decay(3e-4, 100_000, 10_000, 0.0, 0.0)?)?;
    /// assert_eq!(schedule.value(5_000)?, 1.5e-4);
    /// assert_eq!(schedule.value(55_000)?, 1.5e-4);
    /// # Ok::<(), learnrate::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if an argument breaks its rule: `warmup_steps < total_steps`.
    pub fn linear_decay(
        peak: f64,
        total_steps: u64,
        warmup_steps: u64,
        initial: f64,
        final_rate: f64,
    ) -> Result<Self, Error> {
        rules::whole("total_steps", total_steps, 1)?;
        warmup_below(warmup_steps, total_steps)?;
        let [peak, initial, final_rate] =
            rates([("peak", peak), ("initial", initial), ("final", final_rate)])?;
        let decay = Phase::new((total_steps - warmup_steps) as f64, final_rate);
        Ok(warmed_up(warmup_steps, peak, initial, vec![decay]))
    }

    /// A line up to the peak, the peak, and a decay in the last steps; then hold.
    ///
    /// With `W = warmup_steps`, `N = total_steps` and `D = decay_steps` the rate is
    ///
    /// ```text
    /// step < W            initial + (peak - initial) * step / W
    /// W <= step < N - D   peak
    /// N - D <= step < N   from peak to final_rate, by the shape
    /// step >= N           final_rate
    /// ```
    ///
    /// It is transformers' `get_wsd_schedule`; the name is that of Hu et al., `MiniCPM` (arXiv 2404.06395).
    ///
    /// ```
    /// use learnrate::{Phases, Schedule, WarmupStableDecay};
    ///
    /// let stages = WarmupStableDecay { final_rate: 3e-5, ..WarmupStableDecay::new(3e-4, 100_000, 1_000, 20_000) };
    /// let schedule = Schedule::new(Phases::warmup_stable_decay(&stages)?)?;
    /// assert_eq!(schedule.value(50_000)?, 3e-4);
    /// assert_eq!(schedule.value(100_000)?, 3e-5);
    /// # Ok::<(), learnrate::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if an argument breaks its rule; [`Error::Together`] if `warmup_steps + decay_steps` are more
    /// than `total_steps`.
    pub fn warmup_stable_decay(arguments: &WarmupStableDecay) -> Result<Self, Error> {
        let &WarmupStableDecay {
            peak,
            total_steps,
            warmup_steps,
            decay_steps,
            shape,
            initial,
            final_rate,
        } = arguments;
        rules::whole("total_steps", total_steps, 1)?;
        rules::whole("warmup_steps", warmup_steps, 0)?;
        rules::whole("decay_steps", decay_steps, 0)?;
        let both = warmup_steps + decay_steps;
        if both > total_steps {
            return Err(Error::Together(format!(
                "Argument `warmup_steps` plus `decay_steps` must be <= total_steps. Received: \
                 warmup_steps={warmup_steps} + decay_steps={decay_steps} = {both}, total_steps={total_steps}"
            )));
        }
        let [peak, initial, final_rate] =
            rates([("peak", peak), ("initial", initial), ("final", final_rate)])?;
        let shape = shape.without_power()?;
        let decay = Phase { shape, ..Phase::new(decay_steps as f64, final_rate) };
        decay.check_rates(|| "final".to_owned(), peak)?;
        // A plateau of no steps is none; a decay of none says where the rate is held.
        let plateau = Some(total_steps - both).filter(|&steps| steps > 0);
        let plateau = plateau.map(|steps| Phase::new(steps as f64, peak));
        Ok(warmed_up(warmup_steps, peak, initial, plateau.into_iter().chain([decay]).collect()))
    }
}

impl CosineDecay {
    /// The cosine in the words of optax, transformers and `PyTorch`: whole length, peak and last rate.
    ///
    /// The warmup is part of `total_steps`; without one `initial_learning_rate` has no effect. The last rate is
    /// `peak * alpha`: not every rate is that for some `alpha`, and the schedule then ends on the neighbouring float64.
    ///
    /// ```
    /// use learnrate::{CosineDecay, Schedule};
    ///
    /// let fields = CosineDecay::from_total_steps(100_000, 1e-3, 10_000, 0.0, 1e-4)?;
    /// assert_eq!((fields.decay_steps, fields.alpha), (90_000.0, 0.1));
    /// # Ok::<(), learnrate::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if an argument breaks its rule: `warmup_steps < total_steps`, and the final rate over the
    /// peak is 0 or a normal float64.
    pub fn from_total_steps(
        total_steps: u64,
        peak_learning_rate: f64,
        warmup_steps: u64,
        initial_learning_rate: f64,
        final_learning_rate: f64,
    ) -> Result<Self, Error> {
        rules::whole("total_steps", total_steps, 1)?;
        let [peak, initial] = rates([
            ("peak_learning_rate", peak_learning_rate),
            ("initial_learning_rate", initial_learning_rate),
        ])?;
        warmup_below(warmup_steps, total_steps)?;
        let [last] = rates([("final_learning_rate", final_learning_rate)])?;
        let alpha = share(peak, last)?;
        let decay_steps = (total_steps - warmup_steps) as f64;
        Ok(if warmup_steps == 0 {
            Self { alpha, ..Self::new(peak, decay_steps) }
        } else {
            let (warmup_target, warmup_steps) = (Some(peak), warmup_steps as f64);
            Self { alpha, warmup_target, warmup_steps, ..Self::new(initial, decay_steps) }
        })
    }
}

impl ExponentialDecay {
    /// The rate drops every so many steps, to `factor` times what it was: `PyTorch`'s `StepLR`.
    ///
    /// ```
    /// use learnrate::{ExponentialDecay, Schedule};
    ///
    /// let schedule = Schedule::new(ExponentialDecay::step_decay(0.5, 30_000.0, 0.25)?)?;
    /// assert_eq!(schedule.value(29_999)?, 0.5);
    /// assert_eq!(schedule.value(30_000)?, 0.125);
    /// assert_eq!(schedule.value(60_000)?, 0.03125);
    /// # Ok::<(), learnrate::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if an argument breaks its rule: `initial` is a finite number >= 0, `steps` a number from 1 to
    /// 2**53, `factor` a finite number > 0.
    pub fn step_decay(mut initial: f64, mut steps: f64, factor: f64) -> Result<Self, Error> {
        rules::rate("initial", &mut initial)?;
        rules::count("steps", &mut steps, Count::NotZero)?;
        rules::positive("factor", factor)?;
        Ok(Self { staircase: true, ..Self::new(initial, steps, factor) })
    }
}

impl PiecewiseConstantDecay {
    /// The rate drops at each milestone, to `factor` times what it was: `PyTorch`'s `MultiStepLR`.
    ///
    /// A milestone is the first whole step with the new rate, so that the boundaries are the steps before. Milestones
    /// are in any order; one that is there twice counts twice, one of 0 holds from the start. Each rate is the one before
    /// times the factor, rounded.
    ///
    /// ```
    /// use learnrate::{PiecewiseConstantDecay, Schedule};
    ///
    /// let fields = PiecewiseConstantDecay::multistep_decay(0.5, &[30_000, 60_000], 0.25)?;
    /// let schedule = Schedule::new(fields)?;
    /// assert_eq!(schedule.value(29_999)?, 0.5);
    /// assert_eq!(schedule.value(30_000)?, 0.125);
    /// assert_eq!(schedule.value(60_000)?, 0.03125);
    /// # Ok::<(), learnrate::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if an argument breaks its rule, there are more than 65,535 milestones, or a rate overflows.
    pub fn multistep_decay(initial: f64, milestones: &[u64], factor: f64) -> Result<Self, Error> {
        let [initial, factor] = rates([("initial", initial), ("factor", factor)])?;
        let count = milestones.len();
        if count > Self::MAX_BOUNDARIES {
            let received = format!("{count} milestones");
            return Err(Error::argument("milestones", "at most 65535 milestones", received));
        }
        for (i, &place) in milestones.iter().enumerate() {
            rules::whole(format!("milestones[{i}]"), place, 0)?;
        }
        let mut places = milestones.to_vec();
        places.sort_unstable();
        let (mut boundaries, mut values, mut rate) = (Vec::new(), Vec::new(), initial);
        let mut before = 0;
        for place in places {
            if place > before {
                boundaries.push((place - 1) as f64);
                values.push(rate);
                before = place;
            }
            rate *= factor;
            if rate.is_infinite() {
                let received =
                    format!("{}, initial={}", python_float(factor), python_float(initial));
                let rule = "so small that each rate is finite";
                return Err(Error::argument("factor", rule, received));
            }
        }
        values.push(rate);
        Ok(Self::new(boundaries, values))
    }
}

/// Checks rates by their names.
pub(super) fn rates<const N: usize>(named: [(&'static str, f64); N]) -> Result<[f64; N], Error> {
    let mut checked = named.map(|(_, rate)| rate);
    for ((name, _), rate) in named.iter().zip(&mut checked) {
        rules::rate(*name, rate)?;
    }
    Ok(checked)
}

fn warmup_below(warmup_steps: u64, total_steps: u64) -> Result<(), Error> {
    rules::whole("warmup_steps", warmup_steps, 0)?;
    if warmup_steps >= total_steps {
        let received = format!("{warmup_steps}, total_steps={total_steps}");
        return Err(Error::argument("warmup_steps", "< total_steps", received));
    }
    Ok(())
}

/// The alpha for which `peak * alpha` comes closest to the final rate.
fn share(peak: f64, last: f64) -> Result<f64, Error> {
    if last == 0.0 {
        return Ok(0.0);
    }
    let alpha = last / peak;
    if !alpha.is_normal() {
        let rule = "0, or such that its share of the peak is a normal float64";
        let received = format!("{}, peak_learning_rate={}", python_float(last), python_float(peak));
        return Err(Error::argument("final_learning_rate", rule, received));
    }
    // The quotient itself may miss a rate that the share beside it meets: 0.0625 of 0.09, or the largest float64.
    let off = |share: f64| (peak * share - last).abs();
    let shares = [alpha, alpha.next_down(), alpha.next_up()];
    Ok(shares
        .into_iter()
        .reduce(|best, next| if off(next) < off(best) { next } else { best })
        .unwrap_or(alpha))
}

fn warmed_up(warmup_steps: u64, peak: f64, initial: f64, mut phases: Vec<Phase>) -> Phases {
    if warmup_steps == 0 {
        return Phases::new(peak, phases);
    }
    phases.insert(0, Phase::new(warmup_steps as f64, peak));
    Phases::new(initial, phases)
}
