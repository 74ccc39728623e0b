use num_traits::{AsPrimitive, Float};

use crate::error::{Error, python_number};
use crate::rules::{self, Count};
use crate::schedules::{
    CosineDecay, ExponentialDecay, InverseSquareRootDecay, InverseTimeDecay, Phases,
    PiecewiseConstantDecay, PolynomialDecay,
};
use crate::segments::{Curve, Segment};

/// The fields of a schedule of any class.
///
/// Its serde form is `{"class_name", "config"}`, unchecked; that of [`Schedule`] is the whole envelope, and checked.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "class_name", content = "config", deny_unknown_fields))]
#[non_exhaustive]
pub enum Definition {
    /// Linear warmup, cosine decay, hold.
    CosineDecay(
        #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::object"))]
        CosineDecay,
    ),
    /// Phases one after another, then hold.
    Phases(
        #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::object"))] Phases,
    ),
    /// A decay by 1 over time, without end.
    InverseTimeDecay(
        #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::object"))]
        InverseTimeDecay,
    ),
    /// A decay by 1 over the square root of time, without end.
    InverseSquareRootDecay(
        #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::object"))]
        InverseSquareRootDecay,
    ),
    /// A decay by the same factor in each period, without end.
    ExponentialDecay(
        #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::object"))]
        ExponentialDecay,
    ),
    /// A power, then hold, or again and again.
    PolynomialDecay(
        #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::object"))]
        PolynomialDecay,
    ),
    /// Rates that are held, each up to its boundary.
    PiecewiseConstantDecay(
        #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::object"))]
        PiecewiseConstantDecay,
    ),
}

impl Definition {
    /// Checks the fields and says what they stand for.
    fn lower(&mut self) -> Result<Curve, Error> {
        match self {
            Self::CosineDecay(fields) => fields.lower(),
            Self::Phases(fields) => fields.lower(),
            Self::PiecewiseConstantDecay(fields) => fields.lower(),
            Self::InverseSquareRootDecay(fields) => fields.lower(),
            Self::InverseTimeDecay(fields) => fields.lower(),
            Self::ExponentialDecay(fields) => fields.lower(),
            Self::PolynomialDecay(fields) => fields.lower(),
        }
    }
}

impl Definition {
    /// Each rate among the fields times a factor.
    fn scale(&mut self, factor: f64) {
        match self {
            Self::CosineDecay(fields) => fields.scale(factor),
            Self::Phases(fields) => fields.scale(factor),
            Self::PiecewiseConstantDecay(fields) => fields.scale(factor),
            Self::InverseTimeDecay(fields) => fields.scale(factor),
            Self::InverseSquareRootDecay(fields) => fields.scale(factor),
            Self::ExponentialDecay(fields) => fields.scale(factor),
            Self::PolynomialDecay(fields) => fields.scale(factor),
        }
    }
}

impl From<CosineDecay> for Definition {
    fn from(fields: CosineDecay) -> Self {
        Self::CosineDecay(fields)
    }
}

impl From<Phases> for Definition {
    fn from(fields: Phases) -> Self {
        Self::Phases(fields)
    }
}

impl From<InverseTimeDecay> for Definition {
    fn from(fields: InverseTimeDecay) -> Self {
        Self::InverseTimeDecay(fields)
    }
}

impl From<InverseSquareRootDecay> for Definition {
    fn from(fields: InverseSquareRootDecay) -> Self {
        Self::InverseSquareRootDecay(fields)
    }
}

impl From<ExponentialDecay> for Definition {
    fn from(fields: ExponentialDecay) -> Self {
        Self::ExponentialDecay(fields)
    }
}

impl From<PolynomialDecay> for Definition {
    fn from(fields: PolynomialDecay) -> Self {
        Self::PolynomialDecay(fields)
    }
}

impl From<PiecewiseConstantDecay> for Definition {
    fn from(fields: PiecewiseConstantDecay) -> Self {
        Self::PiecewiseConstantDecay(fields)
    }
}

/// A checked schedule of any class: an immutable value, and a function of the step.
///
/// A step is the number of optimizer updates already done, whole or fractional, from 0 to infinity. The same step gives
/// the same bits alone, in a slice, on any thread and any processor.
///
/// With the `serde` feature a schedule is read from, and written as, [Keras's JSON][keras]:
///
/// ```
/// # #[cfg(feature = "serde")] {
/// use learnrate::Schedule;
///
/// let text = r#"{"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.1, "decay_steps": 1000}}"#;
/// let schedule: Schedule = serde_json::from_str(text)?;
/// assert_eq!(schedule.value(500)?, 0.05);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [keras]: https://keras.io/api/optimizers/learning_rate_schedules/
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    definition: Definition,
    curve: Curve,
}

impl Schedule {
    /// Checks the fields and makes a schedule of them.
    ///
    /// # Errors
    /// [`Error::Argument`] if a field breaks its rule: rates are finite and not negative, steps add up to at most 2**53.
    pub fn new(definition: impl Into<Definition>) -> Result<Self, Error> {
        let mut definition = definition.into();
        let curve = definition.lower()?;
        Ok(Self { definition, curve })
    }

    /// The schedule with each rate among its fields times a factor, rounded once; shares and lengths stay.
    ///
    /// ```
    /// use learnrate::{CosineDecay, Schedule};
    ///
    /// let schedule = Schedule::new(CosineDecay { alpha: 0.25, ..CosineDecay::new(0.1, 1_000.0) })?;
    /// let half = Schedule::new(CosineDecay { alpha: 0.25, ..CosineDecay::new(0.05, 1_000.0) })?;
    /// assert_eq!(schedule.scaled(0.5)?, half);
    /// # Ok::<(), learnrate::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if the factor is not a finite number >= 0, or a rate overflows.
    pub fn scaled(&self, mut factor: f64) -> Result<Self, Error> {
        rules::rate("factor", &mut factor)?;
        let mut definition = self.definition.clone();
        definition.scale(factor);
        Self::new(definition)
    }

    /// The schedule after a linear warmup of so many steps from `initial` to its first rate: as the fields of a
    /// [`CosineDecay`], as one more phase of [`Phases`].
    ///
    /// ```
    /// use learnrate::{Phases, Schedule};
    ///
    /// let schedule = Schedule::new(Phases::constant(0.5)?)?.with_warmup(100.0, 0.0)?;
    /// assert_eq!(schedule.value(50)?, 0.25);
    /// assert_eq!(schedule.total_steps(), Some(100));
    /// # Ok::<(), learnrate::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if an argument breaks its rule, or a [`CosineDecay`] has a warmup; [`Error::Together`] for the
    /// other classes, which have no fields for it.
    pub fn with_warmup(&self, mut steps: f64, mut initial: f64) -> Result<Self, Error> {
        if let Definition::CosineDecay(fields) = &self.definition
            && fields.warmup_target.is_some()
            && fields.warmup_steps > 0.0
        {
            let rule = "absent from a schedule that is to get a warmup";
            let received = python_number(fields.warmup_steps);
            return Err(Error::argument("warmup_steps", rule, received));
        }
        rules::count("steps", &mut steps, Count::MayBeZero)?;
        rules::rate("initial", &mut initial)?;
        let with_warmup: Definition = match &self.definition {
            Definition::CosineDecay(fields) => fields.with_warmup(steps, initial).into(),
            Definition::Phases(fields) => {
                fields.with_warmup(steps, initial, self.curve.value(0.0)).into()
            }
            _ => {
                let text = "CosineDecay and Phases can have a warmup, other classes cannot";
                return Err(Error::Together(text.to_owned()));
            }
        };
        if steps == 0.0 { Ok(self.clone()) } else { Self::new(with_warmup) }
    }

    /// The fields.
    #[must_use]
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// What is evaluated: the first segment starts at step 0, each ends where the next one starts, the last at infinity.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        self.curve.segments()
    }

    /// The first whole step at which the rate is held; None for a schedule without end.
    #[must_use]
    pub fn total_steps(&self) -> Option<u64> {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // from 0 to 2**53 + 2
        self.segments().last().filter(|last| last.is_hold()).map(|hold| hold.start().ceil() as u64)
    }

    /// The rate where a [`CosineDecay`] starts to decay; of the other classes the greatest rate, or their limit if that is greater. None
    /// where they grow without one.
    #[must_use]
    pub fn peak_learning_rate(&self) -> Option<f64> {
        match &self.definition {
            Definition::CosineDecay(fields) => Some(fields.peak()),
            _ => self
                .segments()
                .iter()
                .flat_map(|segment| [segment.first_rate(), segment.last_rate()])
                .reduce(f64::max)
                .filter(|rate| rate.is_finite()),
        }
    }

    /// The rate that is held, or the limit of a schedule without end; None where it grows without one.
    #[must_use]
    pub fn final_learning_rate(&self) -> Option<f64> {
        self.segments().last().map(Segment::last_rate).filter(|rate| rate.is_finite())
    }

    /// The rate of the optimizer update that follows `step` updates.
    ///
    /// # Errors
    /// [`Error::Step`] if the step is negative or NaN.
    pub fn value(&self, step: impl AsPrimitive<f64>) -> Result<f64, Error> {
        let step = step.as_();
        if step >= 0.0 {
            Ok(self.curve.value(step))
        } else {
            Err(Error::Step { index: None, step })
        }
    }

    /// Writes the rate at `steps[i]` into `out[i]`, for every `i`: the same bits as [`value`](Self::value), rounded
    /// once more where `out` is narrower than `f64`. Large slices run on several threads.
    ///
    /// # Errors
    /// [`Error::Length`] if the slices differ in length: `out` is as it was. [`Error::Step`] with the first position
    /// at which a step is negative or NaN: what `out` then holds is unspecified.
    pub fn fill<S, R>(&self, steps: &[S], out: &mut [R]) -> Result<(), Error>
    where
        S: AsPrimitive<f64> + Sync,
        R: Float + Send + 'static,
        f64: AsPrimitive<R>,
    {
        self.curve.fill(steps, out)
    }
}
