#[cfg(feature = "serde")]
use crate::config::{self, name};
use crate::error::Error;
use crate::rules::{self, Count};
use crate::schedules::Named;
use crate::segments::Curve;

/// A power, then hold, or again and again: Keras's `PolynomialDecay`.
///
/// ```text
/// end_learning_rate + (initial_learning_rate - end_learning_rate) * (1 - step / decay_steps)**power
/// ```
///
/// From `decay_steps` on the rate is `end_learning_rate`. With `cycle` it has no end: the least multiple of `decay_steps`
/// that is `>= step`, and not 0, takes the place of `decay_steps`. At each multiple the rate is `end_learning_rate`, and
/// after it jumps up.
///
/// ```
/// use learnrate::{PolynomialDecay, Schedule};
///
/// let square = PolynomialDecay { end_learning_rate: 0.1, power: 2.0, ..PolynomialDecay::new(0.5, 1_000.0) };
/// let schedule = Schedule::new(square)?;
/// assert_eq!(schedule.value(500)?, 0.2);
/// assert_eq!((schedule.total_steps(), schedule.final_learning_rate()), (Some(1_000), Some(0.1)));
/// # Ok::<(), learnrate::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct PolynomialDecay {
    /// The rate at step 0.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "config::rate"))]
    pub initial_learning_rate: f64,
    /// Optimizer updates that the decay takes.
    #[cfg_attr(feature = "serde", serde(with = "config::count"))]
    pub decay_steps: f64,
    /// The rate that the decay leads to, which may be above the first. Default: 0.0001.
    #[cfg_attr(
        feature = "serde",
        serde(default = "default_end", deserialize_with = "config::rate")
    )]
    pub end_learning_rate: f64,
    /// The power of the share of the decay that is left: > 0, and at most 1000. Default: 1, which is a line.
    #[cfg_attr(
        feature = "serde",
        serde(default = "default_power", deserialize_with = "config::rate")
    )]
    pub power: f64,
    /// Whether there is more after the first decay, each from a lower rate. Default: false.
    #[cfg_attr(feature = "serde", serde(default))]
    pub cycle: bool,
    /// Keras's name for the schedule. Default: "`PolynomialDecay`".
    #[cfg_attr(feature = "serde", serde(default = "name::missing::<PolynomialDecay>"))]
    #[cfg_attr(feature = "serde", serde(deserialize_with = "name::read::<_, PolynomialDecay>"))]
    pub name: String,
}

const END: f64 = 0.0001;
const POWER: f64 = 1.0;

#[cfg(feature = "serde")]
fn default_end() -> f64 {
    END
}

#[cfg(feature = "serde")]
fn default_power() -> f64 {
    POWER
}

impl Named for PolynomialDecay {
    const NAME: &str = "PolynomialDecay";
}

impl PolynomialDecay {
    /// The two required fields, and Keras's defaults for the rest.
    #[must_use]
    pub fn new(initial_learning_rate: f64, decay_steps: f64) -> Self {
        Self {
            initial_learning_rate,
            decay_steps,
            end_learning_rate: END,
            power: POWER,
            cycle: false,
            name: Self::NAME.to_owned(),
        }
    }

    /// Each rate times a factor.
    pub(crate) fn scale(&mut self, factor: f64) {
        self.initial_learning_rate *= factor;
        self.end_learning_rate *= factor;
    }

    /// Checks the fields and says what they stand for.
    pub(crate) fn lower(&mut self) -> Result<Curve, Error> {
        rules::rate("initial_learning_rate", &mut self.initial_learning_rate)?;
        rules::count("decay_steps", &mut self.decay_steps, Count::NotZero)?;
        rules::rate("end_learning_rate", &mut self.end_learning_rate)?;
        rules::power("power", self.power)?;
        let (initial, end) = (self.initial_learning_rate, self.end_learning_rate);
        Ok(if self.cycle {
            Curve::endless("polynomial", initial, end, &[self.power, self.decay_steps])
        } else {
            Curve::lay([(self.decay_steps, "polynomial", initial, end, Some(self.power))])
        })
    }
}
