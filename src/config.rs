//! Keras's JSON envelope through serde.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::error::{Error, python_float};
use crate::schedule::{Config, CosineDecay};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Envelope {
    /// Ignored when read, as in Keras.
    #[serde(default)]
    module: Option<Cow<'static, str>>,
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

pub(crate) fn default_name() -> String {
    Config::new(0.0, 1).name
}

/// Keras 2 writes `"name": null` where it means the default.
pub(crate) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_else(default_name))
}

pub(crate) fn decay_steps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    deserializer.deserialize_any(Steps { argument: "decay_steps", rule: "> 0" })
}

pub(crate) fn warmup_steps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    deserializer.deserialize_any(Steps { argument: "warmup_steps", rule: ">= 0" })
}

/// A count of steps: a whole number that may be written as a float, as R does. [`CosineDecay::new`] checks its size.
struct Steps {
    argument: &'static str,
    /// What a negative count breaks.
    rule: &'static str,
}

impl Visitor<'_> for Steps {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "a whole number for `{}`", self.argument)
    }

    fn visit_u64<E: de::Error>(self, steps: u64) -> Result<u64, E> {
        Ok(steps)
    }

    fn visit_i64<E: de::Error>(self, steps: i64) -> Result<u64, E> {
        u64::try_from(steps).map_err(|_| self.refuse(self.rule, steps.to_string()))
    }

    fn visit_f64<E: de::Error>(self, steps: f64) -> Result<u64, E> {
        if steps.fract() != 0.0 {
            return Err(self.refuse("a whole number", python_float(steps)));
        }
        if steps < 0.0 {
            return Err(self.refuse(self.rule, python_float(steps)));
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
        Ok(steps as u64)
    }
}

impl Steps {
    fn refuse<E: de::Error>(&self, rule: &'static str, received: String) -> E {
        E::custom(Error::Argument { argument: self.argument, rule, received })
    }
}
