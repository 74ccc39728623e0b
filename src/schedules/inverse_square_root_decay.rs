#[cfg(feature = "serde")]
use crate::config::name;
use crate::error::Error;
use crate::rules::{self, Count};
use crate::schedules::Named;
use crate::segments::Curve;

/// A decay by 1 over the square root of time, without end.
///
/// ```text
/// initial_learning_rate * sqrt(timescale / (timescale + step))
/// ```
///
/// The rate is within 2.5 ULP of the formula in exact arithmetic up to step 2**500.
///
/// ```
/// use learnrate::{InverseSquareRootDecay, Schedule};
///
/// let schedule = Schedule::new(InverseSquareRootDecay::new(1e-2, 10_000.0))?;
/// assert_eq!(schedule.value(30_000)?, 5e-3);
/// assert_eq!((schedule.total_steps(), schedule.final_learning_rate()), (None, Some(0.0)));
/// # Ok::<(), learnrate::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct InverseSquareRootDecay {
    /// The rate at step 0.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::rate"))]
    pub initial_learning_rate: f64,
    /// Optimizer updates after which the rate has fallen by the square root of 2.
    #[cfg_attr(feature = "serde", serde(with = "crate::config::count"))]
    pub timescale: f64,
    /// A name. Default: "`InverseSquareRootDecay`".
    #[cfg_attr(feature = "serde", serde(default = "name::missing::<InverseSquareRootDecay>"))]
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "name::read::<_, InverseSquareRootDecay>")
    )]
    pub name: String,
}

impl Named for InverseSquareRootDecay {
    const NAME: &str = "InverseSquareRootDecay";
}

impl InverseSquareRootDecay {
    /// The two required fields, and the default name.
    #[must_use]
    pub fn new(initial_learning_rate: f64, timescale: f64) -> Self {
        Self { initial_learning_rate, timescale, name: Self::NAME.to_owned() }
    }

    /// Each rate times a factor.
    pub(crate) fn scale(&mut self, factor: f64) {
        self.initial_learning_rate *= factor;
    }

    /// Checks the fields and says what they stand for.
    pub(crate) fn lower(&mut self) -> Result<Curve, Error> {
        rules::rate("initial_learning_rate", &mut self.initial_learning_rate)?;
        rules::count("timescale", &mut self.timescale, Count::NotZero)?;
        let initial = self.initial_learning_rate;
        Ok(Curve::endless("inverse_square_root", initial, 0.0, &[self.timescale]))
    }
}
