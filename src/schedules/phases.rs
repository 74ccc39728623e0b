#[cfg(feature = "serde")]
use crate::config::name;
use crate::error::{Error, python_float};
use crate::exact::Sum;
use crate::rules::{self, Count, MAX_STEPS};
use crate::schedules::Named;
use crate::segments::Curve;

/// The largest number of phases.
const MAX_PHASES: usize = 65_535; // with the hold after them 2**16 segments

/// Phases one after another, then hold.
///
/// Each [`Phase`] leads in so many steps to its rate, from where the one before it ended or from a `start` of its own, which
/// is a jump: at the jump the new rate holds. After the last phase the rate is held. With `a` and `b` the rates where a
/// phase starts and ends, and `u` the share of its steps that are done, the rate is
///
/// ```text
/// linear        a + (b - a) * u
/// cosine        a + (b - a) * (1 - cos(pi * u)) / 2
/// rex           b + (a - b) * (1 - u) / (1 - u/2)
/// sqrt          a + (b - a) * sqrt(u)
/// square        a + (b - a) * u**2
/// inverse_time  1 / (1/a + (1/b - 1/a) * u), for a and b > 0
/// exponential   a * (b / a)**u, for a and b > 0
/// polynomial    b + (a - b) * (1 - u)**power
/// ```
///
/// The rate is exact where phases meet, and within a few ULP of the formula in exact arithmetic between them; the Python
/// package's documentation has the bounds.
///
/// ```
/// use learnrate::{Phase, PhaseShape, Phases, Schedule};
///
/// let cooldown = Phase { shape: PhaseShape::Cosine, ..Phase::new(20_000.0, 0.0) };
/// let phases = vec![Phase::new(1_000.0, 3e-4), Phase::new(79_000.0, 3e-4), cooldown];
/// let schedule = Schedule::new(Phases::new(0.0, phases))?;
/// assert_eq!(schedule.value(500)?, 1.5e-4);
/// assert_eq!(schedule.value(90_000)?, 1.5e-4);
/// assert_eq!(schedule.total_steps(), Some(100_000));
/// # Ok::<(), learnrate::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Phases {
    /// The rate at step 0, where the first phase starts.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::rate"))]
    pub initial_learning_rate: f64,
    /// The phases, in order.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::objects"))]
    pub phases: Vec<Phase>,
    /// A name. Default: "Phases".
    #[cfg_attr(
        feature = "serde",
        serde(default = "name::missing::<Phases>", deserialize_with = "name::read::<_, Phases>")
    )]
    pub name: String,
}

/// One of [`Phases`]: in so many steps to that rate.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Phase {
    /// Optimizer updates that the phase takes: 0, or 2**-20 and more. A phase of 0 is skipped: its rate is where the next
    /// one starts.
    #[cfg_attr(feature = "serde", serde(with = "crate::config::count"))]
    pub steps: f64,
    /// The rate that the phase leads to.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::rate"))]
    pub learning_rate: f64,
    /// How the rate gets there. Default: linear.
    #[cfg_attr(feature = "serde", serde(default, deserialize_with = "crate::config::variant"))]
    pub shape: PhaseShape,
    /// The power of a polynomial: > 0, and at most 1000. Default: None, which all other shapes have.
    #[cfg_attr(
        feature = "serde",
        serde(default, deserialize_with = "crate::config::optional_rate")
    )]
    pub power: Option<f64>,
    /// The rate where the phase starts. Default: None, where the one before it ended.
    #[cfg_attr(
        feature = "serde",
        serde(default, deserialize_with = "crate::config::optional_rate")
    )]
    pub start: Option<f64>,
}

/// How a [`Phase`] leads from one rate to another.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum PhaseShape {
    /// A line.
    #[default]
    Linear,
    /// Half a cosine.
    Cosine,
    /// Chen et al.'s REX: slow at first, fast at the end.
    Rex,
    /// A square root: fast at first, slow at the end; down to 0 the 1-sqrt cooldown.
    Sqrt,
    /// A square: slow at first, fast at the end.
    Square,
    /// A line in 1 / rate; neither from nor to 0.
    InverseTime,
    /// A line in the logarithm of the rate; neither from nor to 0.
    Exponential,
    /// A power, of the share that is left, as Keras and `PyTorch` have it: 2 is not [`Square`](Self::Square).
    Polynomial,
}

impl PhaseShape {
    fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Cosine => "cosine",
            Self::Rex => "rex",
            Self::Sqrt => "sqrt",
            Self::Square => "square",
            Self::InverseTime => "inverse_time",
            Self::Exponential => "exponential",
            Self::Polynomial => "polynomial",
        }
    }
}

impl PhaseShape {
    /// The shape, for whoever has no field for its power.
    pub(super) fn without_power(self) -> Result<Self, Error> {
        if self == Self::Polynomial {
            let rule = "a shape without a power: Phases takes 'polynomial'";
            return Err(Error::argument("shape", rule, format!("'{}'", self.name())));
        }
        Ok(self)
    }
}

impl Phase {
    /// A line to a rate, from where the phase before it ended.
    #[must_use]
    pub fn new(steps: f64, learning_rate: f64) -> Self {
        Self { steps, learning_rate, shape: PhaseShape::default(), power: None, start: None }
    }

    /// Checks the fields of the phase in this place.
    fn check(&mut self, at: usize) -> Result<(), Error> {
        let argument = |field: &str| format!("phases[{at}].{field}");
        rules::count(argument("steps"), &mut self.steps, Count::MayBeShort)?;
        rules::rate(argument("learning_rate"), &mut self.learning_rate)?;
        let rule = match (self.shape, self.power) {
            (PhaseShape::Polynomial, Some(power)) => {
                rules::power(argument("power"), power)?;
                None
            }
            (PhaseShape::Polynomial, None) => Some("a number for this shape"),
            (_, Some(_)) => Some("None for this shape"),
            (_, None) => None,
        };
        if let Some(rule) = rule {
            let power = self.power.map_or("None".to_owned(), python_float);
            let received = format!("{power}, shape='{}'", self.shape.name());
            return Err(Error::argument(argument("power"), rule, received));
        }
        if let Some(start) = &mut self.start {
            rules::rate(argument("start"), start)?;
        }
        Ok(())
    }
}

impl Named for Phases {
    const NAME: &str = "Phases";
}

impl Phase {
    /// Refuses the rate that the phase leads to, by the argument that it came from, where its shape cannot lead there.
    pub(super) fn check_rates(
        &self,
        argument: impl FnOnce() -> String,
        first: f64,
    ) -> Result<(), Error> {
        let last = self.learning_rate;
        let (low, top) = if first < last { (first, last) } else { (last, first) };
        if self.steps == 0.0 || first == last {
            return Ok(());
        }
        let rule = match self.shape {
            PhaseShape::InverseTime if low == 0.0 => {
                "> 0 where the shape is 'inverse_time', from and to: 1 / rate has no end at 0; 'linear' leads there"
            }
            PhaseShape::InverseTime if top / low > 1e100 => {
                "within a factor of 1e100 of the rate that the phase starts from"
            }
            PhaseShape::Exponential if low == 0.0 => {
                "> 0 where the shape is 'exponential', from and to: no factor leads to 0 or from it; 'linear' leads there"
            }
            _ => return Ok(()),
        };
        let received = format!("{}, from {}", python_float(last), python_float(first));
        Err(Error::argument(argument(), rule, received))
    }
}

impl Phases {
    /// The two required fields, and the default name.
    #[must_use]
    pub fn new(initial_learning_rate: f64, phases: Vec<Phase>) -> Self {
        Self { initial_learning_rate, phases, name: Self::NAME.to_owned() }
    }

    /// Each rate times a factor.
    pub(crate) fn scale(&mut self, factor: f64) {
        self.initial_learning_rate *= factor;
        for phase in &mut self.phases {
            phase.learning_rate *= factor;
            phase.start = phase.start.map(|rate| rate * factor);
        }
    }

    /// These phases after a warmup of so many steps to their first rate.
    pub(crate) fn with_warmup(&self, steps: f64, initial: f64, first: f64) -> Self {
        let phases = [Phase::new(steps, first)].into_iter().chain(self.phases.iter().cloned());
        Self { initial_learning_rate: initial, phases: phases.collect(), name: self.name.clone() }
    }

    /// Checks the fields and says what they stand for.
    pub(crate) fn lower(&mut self) -> Result<Curve, Error> {
        rules::rate("initial_learning_rate", &mut self.initial_learning_rate)?;
        let count = self.phases.len();
        if count > MAX_PHASES {
            return Err(Error::argument(
                "phases",
                "at most 65535 phases",
                format!("{count} phases"),
            ));
        }
        let (mut total, mut first) = (Sum::default(), self.initial_learning_rate);
        for (at, phase) in self.phases.iter_mut().enumerate() {
            phase.check(at)?;
            let argument = || format!("phases[{at}].learning_rate");
            phase.check_rates(argument, phase.start.unwrap_or(first))?;
            first = phase.learning_rate;
            total = total.plus(phase.steps);
            if total > Sum::of([MAX_STEPS]) {
                let rule = "at most 2**53 steps long";
                return Err(Error::argument("phases", rule, format!("{} steps", total.text())));
            }
        }
        let mut rate = self.initial_learning_rate;
        let start = (0.0, "hold", rate, rate, None);
        let pieces = self.phases.iter().map(|phase| {
            let first = phase.start.unwrap_or(rate);
            rate = phase.learning_rate;
            (phase.steps, phase.shape.name(), first, rate, phase.power)
        });
        Ok(Curve::lay(std::iter::once(start).chain(pieces)))
    }
}
