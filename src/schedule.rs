use num_traits::{AsPrimitive, Float};

use crate::batch;
use crate::cosine::half_cosine;
use crate::error::{Error, python_float};

/// The largest number of steps: above 2**53 a float64 no longer tells one step from the next.
const MAX_STEPS: u64 = 1 << 53;

/// The fields of a [`CosineDecay`], with Keras's names, order and defaults.
///
/// [`CosineDecay::new`] makes a schedule of them, or says which one breaks its rule.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Config {
    /// The rate at step 0: where the warmup starts or, without a `warmup_target`, the decay.
    pub initial_learning_rate: f64,
    /// Optimizer updates that the decay takes. The warmup is not part of it.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::config::decay_steps"))]
    pub decay_steps: u64,
    /// The rate after the decay, as a share of the rate before it. Default: 0.
    #[cfg_attr(feature = "serde", serde(default))]
    pub alpha: f64,
    /// Keras's name for the schedule. Default: "`CosineDecay`".
    #[cfg_attr(
        feature = "serde",
        serde(default = "crate::config::default_name", deserialize_with = "crate::config::name")
    )]
    pub name: String,
    /// The rate that the warmup leads to; without it there is no warmup. Default: None.
    #[cfg_attr(feature = "serde", serde(default))]
    pub warmup_target: Option<f64>,
    /// Optimizer updates that the warmup takes. Default: 0.
    #[cfg_attr(
        feature = "serde",
        serde(default, deserialize_with = "crate::config::warmup_steps")
    )]
    pub warmup_steps: u64,
}

impl Config {
    /// The two required fields, and Keras's defaults for the rest.
    #[must_use]
    pub fn new(initial_learning_rate: f64, decay_steps: u64) -> Self {
        Self {
            initial_learning_rate,
            decay_steps,
            alpha: 0.0,
            name: "CosineDecay".to_owned(),
            warmup_target: None,
            warmup_steps: 0,
        }
    }
}

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
/// step to the next.
///
/// With the `serde` feature it is read from, and written as, [Keras's JSON][keras]:
///
/// ```
/// # #[cfg(feature = "serde")] {
/// use learnrate::CosineDecay;
///
/// let text = r#"{"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.1, "decay_steps": 1000}}"#;
/// let schedule: CosineDecay = serde_json::from_str(text)?;
/// assert_eq!(schedule.value(500)?, 0.05);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Sources: the warmup is that of Goyal et al. 2017 (arXiv 1706.02677), the decay that of Loshchilov & Hutter, SGDR,
/// ICLR 2017 (arXiv 1608.03983).
///
/// [keras]: https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay/
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(into = "crate::config::Envelope"))]
pub struct CosineDecay {
    config: Config,
    curve: Curve,
}

impl CosineDecay {
    /// Checks the fields and makes a schedule of them.
    ///
    /// # Errors
    /// [`Error::Argument`] if a rate or `alpha` is negative, infinite or NaN, `decay_steps` is 0, the steps add up to
    /// more than 2**53, or `peak * alpha` overflows.
    pub fn new(mut config: Config) -> Result<Self, Error> {
        let Config { decay_steps, warmup_steps, .. } = config;
        check_rate("initial_learning_rate", &mut config.initial_learning_rate)?;
        if decay_steps == 0 {
            return Err(Error::steps("decay_steps", "> 0", decay_steps));
        }
        if decay_steps > MAX_STEPS {
            return Err(Error::steps("decay_steps", "<= 2**53", decay_steps));
        }
        check_rate("alpha", &mut config.alpha)?;
        if let Some(target) = &mut config.warmup_target {
            check_rate("warmup_target", target)?;
        }
        if warmup_steps > MAX_STEPS {
            return Err(Error::steps("warmup_steps", "<= 2**53", warmup_steps));
        }
        if warmup_steps > MAX_STEPS - decay_steps {
            return Err(Error::Argument {
                argument: "warmup_steps",
                rule: "<= 2**53 - decay_steps",
                received: format!("{warmup_steps}, decay_steps={decay_steps}"),
            });
        }
        let Config { initial_learning_rate, alpha, warmup_target, .. } = config;
        let peak = warmup_target.unwrap_or(initial_learning_rate);
        let floor = peak * alpha;
        if floor.is_infinite() {
            return Err(Error::Argument {
                argument: "alpha",
                rule: "so small that peak * alpha is finite",
                received: format!("{}, peak={}", python_float(alpha), python_float(peak)),
            });
        }
        let warmup_steps = if warmup_target.is_some() { warmup_steps } else { 0 };
        let curve = Curve {
            initial: initial_learning_rate,
            peak,
            floor,
            warmup: warmup_steps as f64,
            decay: decay_steps as f64,
            end: (warmup_steps + decay_steps) as f64,
        };
        Ok(Self { config, curve })
    }

    /// The fields.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The step from which the rate is held: `decay_steps`, plus `warmup_steps` if there is a target for them.
    #[must_use]
    pub fn total_steps(&self) -> u64 {
        self.config.decay_steps + self.config.warmup_target.map_or(0, |_| self.config.warmup_steps)
    }

    /// The rate where the decay starts.
    #[must_use]
    pub fn peak_learning_rate(&self) -> f64 {
        self.curve.peak
    }

    /// The rate after the decay.
    #[must_use]
    pub fn final_learning_rate(&self) -> f64 {
        self.curve.floor
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
        if steps.len() != out.len() {
            return Err(Error::Length { steps: steps.len(), out: out.len() });
        }
        let curve = self.curve; // by value: the compiler must see that writing to `out` does not change it
        batch::fill(
            move |step| curve.value(step),
            |first| steps[first..].iter().map(|step| step.as_()),
            out,
        )
    }

    /// As [`fill`](Self::fill), for the whole steps `start`, `start + stride` and so on.
    #[cfg(feature = "python")]
    pub(crate) fn fill_range<R>(&self, start: i64, stride: i64, out: &mut [R]) -> Result<(), Error>
    where
        R: Float + Send + 'static,
        f64: AsPrimitive<R>,
    {
        let curve = self.curve;
        batch::fill(
            move |step| curve.value(step),
            |first| (first.as_()..).map(move |i: i64| (start + i * stride) as f64),
            out,
        )
    }
}

/// What the formula needs, in float64.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Curve {
    initial: f64,
    peak: f64,
    floor: f64,
    warmup: f64,
    decay: f64,
    end: f64,
}

impl Curve {
    /// The formula, for a step >= 0. `python/learnrate/_formula.py` has the same expressions.
    ///
    /// Both phases lead from one rate to another, and both are measured from the nearer joint: so each joint is met
    /// exactly, and a rate that comes close to zero there keeps its digits. Selects of what is computed anyway, and one
    /// division, let the compiler evaluate several steps at once.
    #[inline(always)]
    fn value(&self, step: f64) -> f64 {
        let step = minimum(step, self.end);
        let warming = step < self.warmup;
        let (start, finish) = if warming { (0.0, self.warmup) } else { (self.warmup, self.end) };
        let (done, left) = (step - start, finish - step);
        let near = minimum(done, left);

        let (from, to, span, divisor) = if warming {
            (self.initial, self.peak, self.peak - self.initial, self.warmup)
        } else {
            (self.peak, self.floor, self.floor - self.peak, self.decay * self.decay)
        };
        let (joint, span) = if done < left { (from, span) } else { (to, -span) };
        let square = near * near;
        let ratio = if warming { near } else { square } / divisor;
        let curved = half_cosine(ratio);
        let share = if warming { ratio } else { curved };
        joint + span * share
    }
}

/// The smaller number, for which processors have an instruction; `f64::min` also sees to NaN.
#[inline(always)]
fn minimum(one: f64, other: f64) -> f64 {
    if one < other { one } else { other }
}

fn check_rate(argument: &'static str, rate: &mut f64) -> Result<(), Error> {
    if !(*rate >= 0.0 && rate.is_finite()) {
        return Err(Error::rate(argument, "a finite number >= 0", *rate));
    }
    *rate += 0.0; // -0.0 is stored as 0.0
    Ok(())
}

#[cfg(test)]
mod tests {
    use num_traits::{AsPrimitive, Float};

    use super::{Config, CosineDecay, Curve};
    use crate::vectors::Vectors;

    fn check<S, R>(vectors: Vectors, curve: Curve, steps: &[S])
    where
        S: AsPrimitive<f64>,
        R: Float + std::fmt::Debug + 'static,
        f64: AsPrimitive<R>,
    {
        // Also where the steps end within a vector.
        for length in (0..70).chain([steps.len()]) {
            let mut rates = vec![R::nan(); length];
            let floats = steps.iter().map(|step| step.as_());
            assert!(vectors.evaluate(move |step| curve.value(step), floats, &mut rates));
            let expected = steps.iter().map(|step| curve.value(step.as_()).as_());
            assert!(rates.into_iter().eq(expected.take(length)), "{vectors:?}");
        }
    }

    /// Only an optimized build, `cargo test --release`, has vectors.
    #[test]
    fn every_width_of_vectors_gives_the_bits_of_one_step_at_a_time() {
        let config = Config {
            alpha: 1e-6,
            warmup_steps: 12_345,
            warmup_target: Some(3e-5),
            ..Config::new(0.7, 67_890)
        };
        let curve = CosineDecay::new(config).unwrap().curve;
        // In every part of the schedule, in no order; rates are positive, so equal ones have equal bits.
        let whole: Vec<i32> =
            (0..100_003_u32).map(|i| (i.wrapping_mul(2_654_435_761) % 90_000).as_()).collect();
        let long: Vec<i64> =
            whole.iter().map(|&step| i64::from(step) * 3_000_000_000_000).collect();
        let single: Vec<f32> = whole.iter().map(|&step| step.as_()).collect();
        let mut parts: Vec<f64> = whole.iter().map(|&step| f64::from(step) * 0.9).collect();
        parts.extend([0.0, -0.0, 5e-324, 1e300, f64::INFINITY]);
        let available: Vec<_> = Vectors::ALL.iter().filter(|v| v.are_available()).collect();
        println!("widths: {available:?}");
        assert_eq!(Vectors::widest(), *available[0]);
        for &&vectors in &available {
            check::<_, f64>(vectors, curve, &parts);
            check::<_, f32>(vectors, curve, &parts);
            check::<_, f64>(vectors, curve, &single);
            check::<_, f64>(vectors, curve, &whole);
            check::<_, f64>(vectors, curve, &long);
        }
    }

    #[cfg(feature = "python")]
    #[test]
    fn a_range_gives_the_bits_of_its_steps() {
        let schedule = CosineDecay::new(Config::new(0.7, 67_890)).unwrap();
        let steps: Vec<i64> = (0..40_000).map(|i| 80_000 - 2 * i).collect(); // more than one thread takes
        let (mut rates, mut expected) = (vec![f64::NAN; 40_000], vec![f64::NAN; 40_000]);
        schedule.fill_range(80_000, -2, &mut rates).unwrap();
        schedule.fill(&steps, &mut expected).unwrap();
        assert_eq!(rates, expected);
    }
}
