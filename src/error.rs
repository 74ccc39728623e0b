use std::borrow::Cow;
use std::fmt;

/// What was wrong with an argument; `Display` says which argument, its rule, and the value received.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A field breaks its rule.
    Argument {
        /// The field's name.
        argument: Cow<'static, str>,
        /// What the field must be.
        rule: Cow<'static, str>,
        /// The refused value as text.
        received: String,
    },
    /// Fields do not fit together; the whole text.
    Together(String),
    /// A step is negative or NaN.
    Step {
        /// Its position, if it is one of a slice.
        index: Option<usize>,
        /// The refused step.
        step: f64,
    },
    /// The output slice has another length than the steps.
    Length {
        /// How many steps there are.
        steps: usize,
        /// How many rates `out` takes.
        out: usize,
    },
}

impl Error {
    pub(crate) fn argument(
        argument: impl Into<Cow<'static, str>>,
        rule: impl Into<Cow<'static, str>>,
        received: String,
    ) -> Self {
        Self::Argument { argument: argument.into(), rule: rule.into(), received }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument { argument, rule, received } => {
                write!(f, "Argument `{argument}` must be {rule}. Received: {argument}={received}")
            }
            Self::Together(text) => f.write_str(text),
            Self::Step { index, step } => {
                let element = index.map_or(String::new(), |i| format!("[{i}]"));
                let step = python_float(*step);
                write!(f, "Argument `step` must be >= 0. Received: step{element}={step}")
            }
            Self::Length { steps, out } => write!(
                f,
                "Argument `out` must have the length of the steps, {steps}. Received: {out}"
            ),
        }
    }
}

impl std::error::Error for Error {}

/// A float as Python's `repr` spells it, so that both languages' messages are the same text.
pub(crate) fn python_float(value: f64) -> String {
    if value == 0.0 || (1e-4..1e16).contains(&value.abs()) {
        return format!("{value:?}");
    }
    let scientific = format!("{value:e}");
    match scientific.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
            format!("{digits}e{sign}{exponent:0>2}")
        }
        None => scientific.to_lowercase(), // nan, inf
    }
}

/// A count as Python's `repr` spells it: an int where it is whole, unless nobody would write it out.
pub(crate) fn python_number(count: f64) -> String {
    if count.fract() == 0.0 && count.abs() < 1e19 {
        format!("{count:.0}")
    } else {
        python_float(count)
    }
}

#[cfg(test)]
mod tests {
    use super::python_float;

    #[test]
    fn floats_are_spelled_as_python_spells_them() {
        let spelled = [
            (0.0, "0.0"),
            (-7.0, "-7.0"),
            (0.1, "0.1"),
            (1e-4, "0.0001"),
            (-1e-5, "-1e-05"),
            (9.999999999999999e-5, "9.999999999999999e-05"),
            (1.5e-7, "1.5e-07"),
            (9999999999999998.0, "9999999999999998.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in spelled {
            assert_eq!(python_float(value), text);
        }
    }
}
