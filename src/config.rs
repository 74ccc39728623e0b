//! The JSON envelope through serde: Keras's, around the config of any class.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::schedule::{Definition, Schedule};

#[derive(Serialize)]
struct Envelope<'a> {
    module: &'static str,
    #[serde(flatten)]
    definition: &'a Definition,
    registered_name: Option<&'static str>,
}

impl Serialize for Schedule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let definition = self.definition();
        let (module, registered_name) = match definition {
            Definition::CosineDecay(_)
            | Definition::ExponentialDecay(_)
            | Definition::InverseTimeDecay(_)
            | Definition::PiecewiseConstantDecay(_)
            | Definition::PolynomialDecay(_) => ("keras.optimizers.schedules", None),
            Definition::InverseSquareRootDecay(_) => {
                ("learnrate", Some("learnrate>InverseSquareRootDecay"))
            }
            Definition::Phases(_) => ("learnrate", Some("learnrate>Phases")),
        };
        Envelope { module, definition, registered_name }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EnvelopeVisitor;

        impl<'de> Visitor<'de> for EnvelopeVisitor {
            type Value = Definition;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Definition, A::Error> {
                let short = ShortEnvelope { map, seen: [false; 2], is_class_name: false };
                Definition::deserialize(MapAccessDeserializer::new(short))
            }
        }

        Self::new(deserializer.deserialize_map(EnvelopeVisitor)?).map_err(D::Error::custom)
    }
}

/// The keys of an envelope that say what the schedule is. The others, which are ignored as in Keras, are left out.
struct ShortEnvelope<A> {
    map: A,
    seen: [bool; 2],
    is_class_name: bool,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for ShortEnvelope<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        const IGNORED: [&str; 2] = ["module", "registered_name"];

        while let Some(key) = self.map.next_key::<String>()? {
            let Some(i) = IGNORED.iter().position(|ignored| *ignored == key) else {
                self.is_class_name = key == "class_name";
                return seed.deserialize(key.into_deserializer()).map(Some);
            };
            if std::mem::replace(&mut self.seen[i], true) {
                return Err(A::Error::duplicate_field(IGNORED[i]));
            }
            self.map.next_value::<Option<String>>()?;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        if self.is_class_name {
            // What serde derives would also take `{"CosineDecay": null}`.
            return seed.deserialize(self.map.next_value::<String>()?.into_deserializer());
        }
        self.map.next_value_seed(seed)
    }
}

/// Reads an object as such; what serde derives would also take an array of the values.
pub(crate) fn object<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct ObjectVisitor<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_map(ObjectVisitor(PhantomData))
}

/// Reads an array of objects.
pub(crate) fn objects<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Object<T>(T);

    impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            object(deserializer).map(Self)
        }
    }

    let objects = Vec::<Object<T>>::deserialize(deserializer)?;
    Ok(objects.into_iter().map(|Object(value)| value).collect())
}

/// Reads a variant by its name; what serde derives would also take `{"linear": null}`.
pub(crate) fn variant<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(String::deserialize(deserializer)?.into_deserializer())
}

/// A number. `Number` also reads what `serde_json` makes of floats where another crate turns on its
/// `arbitrary_precision`, and serde has put them aside.
pub(crate) fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Number::deserialize(deserializer)?.as_f64().unwrap_or(f64::INFINITY))
}

/// A number or null.
pub(crate) fn optional_rate<'de, D>(deserializer: D) -> Result<Option<f64>, D::Error>
where
    D: Deserializer<'de>,
{
    let number = Option::<Number>::deserialize(deserializer)?;
    Ok(number.map(|number| number.as_f64().unwrap_or(f64::INFINITY)))
}

/// A schedule's name: missing, or null as Keras 2 writes it, it is that of the class.
pub(crate) mod name {
    use serde::{Deserialize, Deserializer};

    use crate::schedules::Named;

    pub(crate) fn missing<T: Named>() -> String {
        T::NAME.to_owned()
    }

    pub(crate) fn read<'de, D: Deserializer<'de>, T: Named>(
        deserializer: D,
    ) -> Result<String, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or_else(missing::<T>))
    }
}

/// Numbers.
pub(crate) fn rates<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let numbers = Vec::<Number>::deserialize(deserializer)?;
    Ok(numbers.iter().map(|number| number.as_f64().unwrap_or(f64::INFINITY)).collect())
}

/// A count of steps: whole ones are written as integers.
pub(crate) mod count {
    use serde::{Deserialize, Deserializer, Serializer};
    use serde_json::Number;

    use crate::rules::MAX_STEPS;

    #[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
    pub(crate) fn serialize<S: Serializer>(count: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        if count.fract() == 0.0 && (0.0..=MAX_STEPS).contains(count) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // as was just asked
            serializer.serialize_u64(*count as u64)
        } else {
            serializer.serialize_f64(*count)
        }
    }

    /// An integer above 2**53 stays above it, though the nearest float64 may be 2**53.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Number::deserialize(deserializer).map(|number| of(&number))
    }

    pub(super) fn of(number: &Number) -> f64 {
        let count = number.as_f64().unwrap_or(f64::INFINITY);
        let is_above = number.as_u64().is_some_and(|whole| whole > 1 << 53);
        if is_above { count.max(MAX_STEPS.next_up()) } else { count }
    }
}

/// Several counts of steps.
pub(crate) mod counts {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Number;

    use super::count;

    pub(crate) fn serialize<S: Serializer>(
        counts: &[f64],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        struct Count<'a>(&'a f64);

        impl Serialize for Count<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                count::serialize(self.0, serializer)
            }
        }

        serializer.collect_seq(counts.iter().map(Count))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<f64>, D::Error> {
        Ok(Vec::<Number>::deserialize(deserializer)?.iter().map(count::of).collect())
    }
}
