#[cfg(feature = "serde")]
use crate::config::name;
use crate::error::{Error, python_float};
use crate::rules::{self, Count};
use crate::schedules::Named;
use crate::segments::Curve;

/// A decay by 1 over time, without end: Keras's `InverseTimeDecay`.
///
/// ```text
/// initial_learning_rate / (1 + decay_rate * step / decay_steps)
/// ```
///
/// With `staircase` the rate is held for `decay_steps` at a time: `floor(step / decay_steps)` takes the place of
/// `step / decay_steps`. The rate is within 2.5 ULP of the formula in exact arithmetic up to step 2**500.
///
/// ```
/// use learnrate::{InverseTimeDecay, Schedule};
///
/// let schedule = Schedule::new(InverseTimeDecay::new(0.1, 1_000.0, 0.5))?;
/// assert_eq!(schedule.value(2_000)?, 0.05);
/// assert_eq!((schedule.total_steps(), schedule.final_learning_rate()), (None, Some(0.0)));
/// # Ok::<(), learnrate::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct InverseTimeDecay {
    /// The rate at step 0.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::rate"))]
    pub initial_learning_rate: f64,
    /// Optimizer updates to a period.
    #[cfg_attr(feature = "serde", serde(with = "crate::config::count"))]
    pub decay_steps: f64,
    /// What the rate is divided by grows by so much in a period: from 0 to 1e100.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::rate"))]
    pub decay_rate: f64,
    /// Whether the rate is held within a period. Default: false.
    #[cfg_attr(feature = "serde", serde(default))]
    pub staircase: bool,
    /// Keras's name for the schedule. Default: "`InverseTimeDecay`".
    #[cfg_attr(feature = "serde", serde(default = "name::missing::<InverseTimeDecay>"))]
    #[cfg_attr(feature = "serde", serde(deserialize_with = "name::read::<_, InverseTimeDecay>"))]
    pub name: String,
}

impl Named for InverseTimeDecay {
    const NAME: &str = "InverseTimeDecay";
}

impl InverseTimeDecay {
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
        rules::rate("decay_rate", &mut self.decay_rate)?;
        if self.decay_rate > 1e100 {
            return Err(Error::argument("decay_rate", "<= 1e100", python_float(self.decay_rate)));
        }
        let staircase = f64::from(u8::from(self.staircase));
        let parameters = [self.decay_rate, self.decay_steps, staircase];
        let initial = self.initial_learning_rate;
        let limit = if self.decay_rate > 0.0 { 0.0 } else { initial };
        Ok(Curve::endless("inverse_time", initial, limit, &parameters))
    }
}
