//! The rules of fields, with the same words as in `python/learnrate/_arguments.py`.

use std::borrow::Cow;

use crate::error::{Error, python_float, python_number};
use crate::exact::SHORTEST;

/// The largest number of steps: above 2**53 a float64 no longer tells one step from the next.
pub(crate) const MAX_STEPS: f64 = 9007199254740992.0;

/// A finite number >= 0; -0.0 becomes 0.0.
pub(crate) fn rate(argument: impl Into<Cow<'static, str>>, rate: &mut f64) -> Result<(), Error> {
    if !(*rate >= 0.0 && rate.is_finite()) {
        return Err(Error::argument(argument, "a finite number >= 0", python_float(*rate)));
    }
    *rate += 0.0;
    Ok(())
}

/// A finite number > 0.
pub(crate) fn positive(argument: impl Into<Cow<'static, str>>, number: f64) -> Result<(), Error> {
    if number > 0.0 && number.is_finite() {
        return Ok(());
    }
    Err(Error::argument(argument, "a finite number > 0", python_float(number)))
}

/// The power of a polynomial.
pub(crate) fn power(argument: impl Into<Cow<'static, str>>, power: f64) -> Result<(), Error> {
    let argument = argument.into();
    positive(argument.clone(), power)?;
    if power > 1000.0 {
        return Err(Error::argument(argument, "<= 1000", python_float(power)));
    }
    Ok(())
}

/// A whole number of steps, of at least so many: 0 or 1.
pub(crate) fn whole(
    argument: impl Into<Cow<'static, str>>,
    steps: u64,
    least: u64,
) -> Result<(), Error> {
    let rule = if steps > 1 << 53 {
        "<= 2**53"
    } else if steps < least {
        "> 0"
    } else {
        return Ok(());
    };
    Err(Error::argument(argument, rule, steps.to_string()))
}

/// What a number of steps may be, beside 1 to 2**53, whole or fractional.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Count {
    /// Nothing else: the count ends something.
    NotZero,
    /// 0 too.
    MayBeZero,
    /// 0 too, and less than 1, down to [`SHORTEST`].
    MayBeShort,
}

/// A number of steps; -0.0 becomes 0.0.
pub(crate) fn count(
    argument: impl Into<Cow<'static, str>>,
    count: &mut f64,
    kind: Count,
) -> Result<(), Error> {
    let number = *count;
    let rule = if number.is_nan() || number < 0.0 || (number == 0.0 && kind == Count::NotZero) {
        if kind == Count::NotZero { "> 0" } else { ">= 0" }
    } else if number > MAX_STEPS {
        "<= 2**53"
    } else if number > 0.0 && number < 1.0 && kind != Count::MayBeShort {
        "a number of steps, >= 1, not a share or a rate"
    } else if number > 0.0 && number < SHORTEST {
        "0 or >= 2**-20"
    } else {
        *count += 0.0;
        return Ok(());
    };
    Err(Error::argument(argument, rule, python_number(number)))
}
