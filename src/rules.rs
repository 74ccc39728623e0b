//! The rules of fields, with the same words as in `python/learnrate/_arguments.py`.

use std::borrow::Cow;

use crate::error::{Error, python_float};

/// The largest number of steps: above 2**53 a float64 no longer tells one step from the next.
pub(crate) const MAX_STEPS: u64 = 1 << 53;

/// A finite number >= 0; -0.0 becomes 0.0.
pub(crate) fn rate(argument: impl Into<Cow<'static, str>>, rate: &mut f64) -> Result<(), Error> {
    if !(*rate >= 0.0 && rate.is_finite()) {
        return Err(Error::argument(argument, "a finite number >= 0", python_float(*rate)));
    }
    *rate += 0.0;
    Ok(())
}

/// A number of steps, from `least` (0 or 1) to 2**53.
pub(crate) fn steps(
    argument: impl Into<Cow<'static, str>>,
    steps: u64,
    least: u64,
) -> Result<(), Error> {
    if steps < least {
        return Err(Error::argument(argument, "> 0", steps.to_string()));
    }
    if steps > MAX_STEPS {
        return Err(Error::argument(argument, "<= 2**53", steps.to_string()));
    }
    Ok(())
}
