#[cfg(feature = "serde")]
use crate::config::name;
use crate::error::{Error, python_float, python_number};
use crate::exact::Sum;
use crate::rules::{self, Count, MAX_STEPS};
use crate::schedules::Named;
use crate::segments::Curve;

/// Linear warmup, cosine decay, hold: Keras's `CosineDecay`, exact to the last bits.
///
/// With `peak = warmup_target` and `W = warmup_steps` (without a target: `peak = initial_learning_rate` and `W = 0`),
/// `T = decay_steps` and `floor = peak * alpha`, the rate of the optimizer update that follows `step` updates is
///
/// ```text
/// step < W            initial + (peak - initial) * step / W
/// W <= step < W + T   peak * ((1 - alpha) * (1 + cos(pi * (step - W) / T)) / 2 + alpha)
/// step >= W + T       floor
/// ```
///
/// Steps are whole or fractional, from 0 to infinity. The rate is exactly `initial` at 0 (with a warmup), `peak` at
/// `W`, and `floor` from `W + T` on. Elsewhere it is within 5 ULP of the formula in exact arithmetic at whole steps
/// with `decay_steps <= 2**26` and `alpha <= 10`, and within 7 at any step, up to the last. (An ULP is the spacing of
/// float64 at the rate or at the exact one, whichever is larger.) With `alpha <= 1` the decay never rises from one whole
/// step to the next. Counts may be fractional: `W` and `W + T` are then rounded to the nearest float64, and the rate is
/// within 9 ULP.
///
/// ```
/// use learnrate::{CosineDecay, Schedule};
///
/// let schedule = Schedule::new(CosineDecay { alpha: 0.1, ..CosineDecay::new(1e-3, 90_000.0) })?;
/// assert_eq!(schedule.value(45_000)?, 5.5e-4);
/// # Ok::<(), learnrate::Error>(())
/// ```
///
/// Sources: the warmup is that of Goyal et al. 2017 (arXiv 1706.02677), the decay that of Loshchilov & Hutter, SGDR,
/// ICLR 2017 (arXiv 1608.03983).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct CosineDecay {
    /// The rate at step 0: where the warmup starts or, without a `warmup_target`, the decay.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::rate"))]
    pub initial_learning_rate: f64,
    /// Optimizer updates that the decay takes. The warmup is not part of it.
    #[cfg_attr(feature = "serde", serde(with = "crate::config::count"))]
    pub decay_steps: f64,
    /// The rate after the decay, as a share of the rate before it. Default: 0.
    #[cfg_attr(feature = "serde", serde(default, deserialize_with = "crate::config::rate"))]
    pub alpha: f64,
    /// Keras's name for the schedule. Default: "`CosineDecay`".
    #[cfg_attr(
        feature = "serde",
        serde(
            default = "name::missing::<CosineDecay>",
            deserialize_with = "name::read::<_, CosineDecay>"
        )
    )]
    pub name: String,
    /// The rate that the warmup leads to; without it there is no warmup. Default: None.
    #[cfg_attr(
        feature = "serde",
        serde(default, deserialize_with = "crate::config::optional_rate")
    )]
    pub warmup_target: Option<f64>,
    /// Optimizer updates that the warmup takes. Default: 0.
    #[cfg_attr(feature = "serde", serde(default, with = "crate::config::count"))]
    pub warmup_steps: f64,
}

impl Named for CosineDecay {
    const NAME: &str = "CosineDecay";
}

impl CosineDecay {
    /// The two required fields, and Keras's defaults for the rest.
    #[must_use]
    pub fn new(initial_learning_rate: f64, decay_steps: f64) -> Self {
        Self {
            initial_learning_rate,
            decay_steps,
            alpha: 0.0,
            name: Self::NAME.to_owned(),
            warmup_target: None,
            warmup_steps: 0.0,
        }
    }

    /// The rate where the decay starts.
    pub(crate) fn peak(&self) -> f64 {
        self.warmup_target.unwrap_or(self.initial_learning_rate)
    }

    /// Each rate times a factor; the share `alpha` stays.
    pub(crate) fn scale(&mut self, factor: f64) {
        self.initial_learning_rate *= factor;
        self.warmup_target = self.warmup_target.map(|rate| rate * factor);
    }

    /// The decay after a warmup of so many steps.
    pub(crate) fn with_warmup(&self, steps: f64, initial: f64) -> Self {
        Self {
            initial_learning_rate: initial,
            warmup_target: Some(self.peak()),
            warmup_steps: steps,
            ..self.clone()
        }
    }

    /// Checks the fields and says what they stand for.
    pub(crate) fn lower(&mut self) -> Result<Curve, Error> {
        rules::rate("initial_learning_rate", &mut self.initial_learning_rate)?;
        rules::count("decay_steps", &mut self.decay_steps, Count::NotZero)?;
        rules::rate("alpha", &mut self.alpha)?;
        if let Some(target) = &mut self.warmup_target {
            rules::rate("warmup_target", target)?;
        }
        rules::count("warmup_steps", &mut self.warmup_steps, Count::MayBeZero)?;
        let (decay, warmup) = (self.decay_steps, self.warmup_steps);
        if Sum::of([warmup, decay]) > Sum::of([MAX_STEPS]) {
            let received =
                format!("{}, decay_steps={}", python_number(warmup), python_number(decay));
            return Err(Error::argument("warmup_steps", "<= 2**53 - decay_steps", received));
        }
        let (initial, peak) = (self.initial_learning_rate, self.peak());
        let floor = peak * self.alpha;
        if floor.is_infinite() {
            let received = format!("{}, peak={}", python_float(self.alpha), python_float(peak));
            let rule = "so small that peak * alpha is finite";
            return Err(Error::argument("alpha", rule, received));
        }
        let warmup = if self.warmup_target.is_some() { warmup } else { 0.0 };
        Ok(Curve::lay([
            (warmup, "linear", initial, peak, None),
            (decay, "cosine", peak, floor, None),
        ]))
    }
}
