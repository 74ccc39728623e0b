#[cfg(feature = "serde")]
use crate::config::name;
use crate::error::Error;
use crate::rules::{self, Count};
use crate::schedules::Named;
use crate::segments::Curve;

/// A decay by the same factor in each period, without end: Keras's `ExponentialDecay`.
///
/// ```text
/// initial_learning_rate * decay_rate**(step / decay_steps)
/// ```
///
/// With `staircase` the rate is held for `decay_steps` at a time: `floor(step / decay_steps)` takes the place of
/// `step / decay_steps`. A `decay_rate` above 1 is growth, which has no limit: beyond float64 the rate is the largest
/// finite one.
///
/// ```
/// use learnrate::{ExponentialDecay, Schedule};
///
/// let schedule = Schedule::new(ExponentialDecay::new(0.5, 1_000.0, 0.25))?;
/// assert_eq!(schedule.value(500)?, 0.25);
/// assert_eq!((schedule.total_steps(), schedule.final_learning_rate()), (None, Some(0.0)));
/// # Ok::<(), learnrate::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct ExponentialDecay {
    /// The rate at step 0.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::rate"))]
    pub initial_learning_rate: f64,
    /// Optimizer updates to a period.
    #[cfg_attr(feature = "serde", serde(with = "crate::config::count"))]
    pub decay_steps: f64,
    /// What the rate is multiplied by in a period: a finite number > 0.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::rate"))]
    pub decay_rate: f64,
    /// Whether the rate is held within a period. Default: false.
    #[cfg_attr(feature = "serde", serde(default))]
    pub staircase: bool,
    /// Keras's name for the schedule. Default: "`ExponentialDecay`".
    #[cfg_attr(feature = "serde", serde(default = "name::missing::<ExponentialDecay>"))]
    #[cfg_attr(feature = "serde", serde(deserialize_with = "name::read::<_, ExponentialDecay>"))]
    pub name: String,
}

impl Named for ExponentialDecay {
    const NAME: &str = "ExponentialDecay";
}

impl ExponentialDecay {
    /// The three required fields, and Keras's defaults for the rest.
    #[must_use]
    pub fn new(initial_learning_rate: f64, decay_steps: f64, decay_rate: f64) -> Self {
        let name = Self::NAME.to_owned();
        Self { initial_learning_rate, decay_steps, decay_rate, staircase: false, name }
    }

    /// Each rate times a factor.
    pub(crate) fn scale(&mut self, factor: f64) {
        self.initial_learning_rate *= factor;
    }

    /// Checks the fields and says what they stand for.
    pub(crate) fn lower(&mut self) -> Result<Curve, Error> {
        rules::rate("initial_learning_rate", &mut self.initial_learning_rate)?;
        rules::count("decay_steps", &mut self.decay_steps, Count::NotZero)?;
        rules::positive("decay_rate", self.decay_rate)?;
        let staircase = f64::from(u8::from(self.staircase));
        let parameters = [self.decay_rate, self.decay_steps, staircase];
        let initial = self.initial_learning_rate;
        let limit = if initial == 0.0 || self.decay_rate == 1.0 {
            initial
        } else if self.decay_rate < 1.0 {
            0.0
        } else {
            f64::INFINITY
        };
        Ok(Curve::endless("exponential", initial, limit, &parameters))
    }
}
