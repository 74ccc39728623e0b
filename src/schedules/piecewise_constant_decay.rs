#[cfg(feature = "serde")]
use crate::config::name;
use crate::error::{Error, python_float, python_number};
use crate::rules::{self, Count};
use crate::schedules::Named;
use crate::segments::Curve;

/// Rates that are held, each up to its boundary: Keras's `PiecewiseConstantDecay`.
///
/// ```text
/// step <= boundaries[0]                      values[0]
/// boundaries[i - 1] < step <= boundaries[i]  values[i]
/// step > boundaries[last]                    values[last]
/// ```
///
/// A boundary belongs to the value before it, as in Keras. In [`Phases`](crate::Phases) it belongs to what follows.
///
/// ```
/// use learnrate::{PiecewiseConstantDecay, Schedule};
///
/// let fields = PiecewiseConstantDecay::new(vec![1_000.0, 2_000.0], vec![1e-3, 1e-4, 1e-5]);
/// let schedule = Schedule::new(fields)?;
/// assert_eq!(schedule.value(1_000)?, 1e-3);
/// assert_eq!(schedule.value(1_001)?, 1e-4);
/// assert_eq!(schedule.total_steps(), Some(2_001));
/// # Ok::<(), learnrate::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct PiecewiseConstantDecay {
    /// The last step of each value but the last one; they increase.
    #[cfg_attr(feature = "serde", serde(with = "crate::config::counts"))]
    pub boundaries: Vec<f64>,
    /// The rates, one more than boundaries.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::rates"))]
    pub values: Vec<f64>,
    /// Keras's name for the schedule. Default: "`PiecewiseConstant`".
    #[cfg_attr(
        feature = "serde",
        serde(
            default = "name::missing::<PiecewiseConstantDecay>",
            deserialize_with = "name::read::<_, PiecewiseConstantDecay>"
        )
    )]
    pub name: String,
}

impl Named for PiecewiseConstantDecay {
    const NAME: &str = "PiecewiseConstant";
}

impl PiecewiseConstantDecay {
    /// The largest number of boundaries.
    pub(super) const MAX_BOUNDARIES: usize = 65_535; // they part 2**16 segments

    /// The two required fields, and Keras's default name.
    #[must_use]
    pub fn new(boundaries: Vec<f64>, values: Vec<f64>) -> Self {
        Self { boundaries, values, name: Self::NAME.to_owned() }
    }

    /// Each rate times a factor.
    pub(crate) fn scale(&mut self, factor: f64) {
        self.values.iter_mut().for_each(|rate| *rate *= factor);
    }

    /// Checks the fields and says what they stand for.
    pub(crate) fn lower(&mut self) -> Result<Curve, Error> {
        let (boundaries, values) = (&mut self.boundaries, &mut self.values);
        let count = boundaries.len();
        if count > Self::MAX_BOUNDARIES {
            let received = format!("{count} boundaries");
            return Err(Error::argument("boundaries", "at most 65535 boundaries", received));
        }
        for (i, boundary) in boundaries.iter_mut().enumerate() {
            rules::count(format!("boundaries[{i}]"), boundary, Count::MayBeZero)?;
        }
        if count + 1 != values.len() {
            let list = |numbers: &[f64], text: fn(f64) -> String| {
                numbers.iter().map(|&number| text(number)).collect::<Vec<_>>().join(", ")
            };
            return Err(Error::Together(format!(
                "The length of boundaries should be 1 less than the length of values. Received: \
                 boundaries=[{}] of length {count}, and values=[{}] of length {}.",
                list(boundaries, python_number),
                list(values, python_float),
                values.len()
            )));
        }
        for (i, value) in values.iter_mut().enumerate() {
            rules::rate(format!("values[{i}]"), value)?;
        }
        if let Some(i) = (1..count).find(|&i| boundaries[i] <= boundaries[i - 1]) {
            let before = format!("boundaries[{}]", i - 1);
            let [last, next] = [i - 1, i].map(|i| python_number(boundaries[i]));
            let received = format!("{next}, {before}={last}");
            return Err(Error::argument(
                format!("boundaries[{i}]"),
                format!("> {before}"),
                received,
            ));
        }
        let ends = boundaries.iter().map(|boundary| boundary.next_up());
        let pieces = ends.zip(&*values).map(|(end, &value)| (end, "hold", value, value, None));
        Ok(Curve::joined(pieces, values[count]))
    }
}
