//! Keras's JSON envelope through serde.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::error::{Error, python_float};
use crate::schedule::{Config, CosineDecay};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Envelope {
    /// Ignored when read, as in Keras.
    #[serde(default)]
    module: Option<Cow<'static, str>>,
    #[serde(deserialize_with = "class_name")]
    class_name: ClassName,
    #[serde(deserialize_with = "object")]
    config: Config,
    /// Ignored when read, as in Keras.
    #[serde(default)]
    registered_name: Option<String>,
}

#[derive(Deserialize, Serialize)]
enum ClassName {
    CosineDecay,
}

impl From<CosineDecay> for Envelope {
    fn from(schedule: CosineDecay) -> Self {
        Self {
            module: Some("keras.optimizers.schedules".into()),
            class_name: ClassName::CosineDecay,
            config: schedule.config().clone(),
            registered_name: None,
        }
    }
}

impl<'de> Deserialize<'de> for CosineDecay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let envelope: Envelope = object(deserializer)?;
        Self::new(envelope.config).map_err(D::Error::custom)
    }
}

/// Reads an object as such; what serde derives would also take an array of the values.
fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Object<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_map(Object(PhantomData))
}

/// Reads a string; what serde derives would also take `{"CosineDecay": null}`.
fn class_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ClassName, D::Error> {
    ClassName::deserialize(String::deserialize(deserializer)?.into_deserializer())
}

pub(crate) fn default_name() -> String {
    Config::new(0.0, 1).name
}

/// Keras 2 writes `"name": null` where it means the default.
pub(crate) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_else(default_name))
}

pub(crate) fn decay_steps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    steps(deserializer, "decay_steps", "> 0")
}

pub(crate) fn warmup_steps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    steps(deserializer, "warmup_steps", ">= 0")
}

/// A count of steps: a whole number that may be written as a float, as R does. A negative one breaks `rule`;
/// [`CosineDecay::new`] checks the rest. `Number` also reads what `serde_json` makes of floats where another crate turns on
/// its `arbitrary_precision`.
fn steps<'de, D: Deserializer<'de>>(
    deserializer: D,
    argument: &'static str,
    rule: &'static str,
) -> Result<u64, D::Error> {
    let refuse =
        |rule, received| Err(D::Error::custom(Error::Argument { argument, rule, received }));
    let number = Number::deserialize(deserializer)
        .map_err(|error| D::Error::custom(format_args!("`{argument}`: {error}")))?;
    if let Some(steps) = number.as_u64() {
        return Ok(steps);
    }
    let steps = number.as_f64().unwrap_or(f64::INFINITY);
    let received = number.as_i64().map_or_else(|| python_float(steps), |whole| whole.to_string());
    if steps.fract() != 0.0 {
        return refuse("a whole number", received);
    }
    if steps < 0.0 {
        return refuse(rule, received);
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
    Ok(steps as u64)
}
