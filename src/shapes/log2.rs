//! Logarithms to base 2, as constants of a schedule: from integers alone, so that Python has the same bits.

use super::ratio::{exponent, scaled};

/// Binary places of a logarithm; the last two or three are off.
const PLACES: i32 = 124;

/// Those of a large one: as many as fit.
const FEWER: i32 = 112;

/// `log2(b / a) / steps` of positive numbers, `a` and `b` of which differ, rounded, and what that leaves. Each
/// logarithm is within 2**-122, so the sum is within 2**-70 of itself where they differ by an ULP, and within 2**-73 of
/// itself, the places of the quotient, elsewhere. `log2.py` is its twin.
pub(super) fn log2_parts(a: f64, b: f64, steps: f64) -> (f64, f64) {
    let ((whole_a, log_a), (whole_b, log_b)) = (log2(a), log2(b));
    let (whole, mut log, mut places) = (whole_b - whole_a, log_b - log_a, PLACES);
    if whole.abs() > 1 {
        (log, places) = (log >> (PLACES - FEWER), FEWER);
    }
    log += i128::from(whole) << places;
    let sign = if log < 0 { -1.0 } else { 1.0 };
    let log = log.unsigned_abs();
    // 127 bits by 53: a quotient of 74 or 75.
    #[allow(clippy::cast_possible_wrap)] // at most 128
    let free = log.leading_zeros() as i32 - 1;
    let places_of_steps = 52 - exponent(steps);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 53 bits
    let quotient = (log << free) / scaled(steps, places_of_steps) as u128;
    let rounded = quotient as f64;
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)]
    // 75 bits
    let rest = quotient as i128 - rounded as i128;
    let part = |number: f64| sign * scaled(number, places_of_steps - places - free);
    (part(rounded), part(rest as f64))
}

/// A positive number's `log2`, rounded down, and the rest in 2**-124.
fn log2(number: f64) -> (i32, i128) {
    let whole = exponent(number);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    // from 2**126 to 2**127: of [1, 2)
    let mut square = (scaled(number, 52 - whole) as u128) << 74;
    let mut log = 0;
    for _ in 0..PLACES {
        square = squared(square);
        log <<= 1;
        if square >> 127 > 0 {
            square >>= 1;
            log += 1;
        }
    }
    (whole, log)
}

/// `number * number >> 126`, of a number below 2**127.
fn squared(number: u128) -> u128 {
    let (high, low) = (number >> 64, number & u128::from(u64::MAX));
    // high * high << 128, (high * low << 65) and low * low, of which the first is below 2**254.
    let cross = high * low;
    let (lower, carried) = (low * low).overflowing_add(cross << 65);
    let upper = high * high + (cross >> 63) + u128::from(carried);
    (upper << 2) | (lower >> 126)
}

#[cfg(test)]
mod tests {
    use std::f64::consts::LOG2_10;

    use super::log2_parts;

    #[test]
    fn both_parts_are_those_of_200_bits() {
        for (a, b, steps, expected) in [
            (1.0, 8.0, 3.0, (1.0, 0.0)),
            (1.0, 10.0, 1.0, (LOG2_10, 1.6616171210904725e-16)),
            (3.0, 1.0, 0.3, (-5.2832083357371875, 4.394173996294815e-17)),
            // An ULP apart, and all of float64.
            (1.0, 1.0_f64.next_down(), 3.0, (-5.339044173024863e-17, 3.915806781459204e-34)),
            (2.0_f64.next_down(), 2.0, 1.0, (1.6017132519074588e-16, 1.1151209609640548e-32)),
            (5e-324, 1.7e308, 7.0, (299.70276971023867, -1.532400508569287e-14)),
        ] {
            let (c, rest) = log2_parts(a, b, steps);
            assert_eq!(c, expected.0);
            assert!((rest - expected.1).abs() <= c.abs() * 2_f64.powi(-70), "{rest}");
        }
    }
}
