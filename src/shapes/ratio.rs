//! Constants in two parts: once for each schedule, so that a kernel need not round a quotient at every step.

/// `(a - b) / (y * z)` as a float64 and what its rounding leaves, for numbers >= 0, of which y and z are > 0: together
/// within 2**-100 of it, but for what is subnormal. `ratio.py` has the same additions, multiplications and divisions.
pub(super) fn ratio(a: f64, b: f64, y: f64, z: f64) -> (f64, f64) {
    let (top, top_rest) = difference(a, b);
    if top == 0.0 {
        return (0.0, 0.0);
    }
    // Near to 1, so that nothing overflows or underflows on the way.
    let exponents = [top.abs(), y, z].map(exponent);
    let (top, top_rest) = (scaled(top, -exponents[0]), scaled(top_rest, -exponents[0]));
    let (bottom, bottom_rest) = product(scaled(y, -exponents[1]), scaled(z, -exponents[2]));
    let quotient = top / bottom;
    let (back, back_rest) = product(quotient, bottom);
    let left = (((top - back) - back_rest) + top_rest) - quotient * bottom_rest;
    let exponent = exponents[0] - exponents[1] - exponents[2];
    (scaled(quotient, exponent), scaled(left / bottom, exponent))
}

/// `a - b` of numbers >= 0, and what its rounding leaves, exactly.
pub(super) fn difference(a: f64, b: f64) -> (f64, f64) {
    let (high, low) = if a >= b { (a, b) } else { (b, a) };
    let rounded = high - low;
    let rest = (high - rounded) - low; // exact, as high is not less than low, and never too large
    if a >= b { (rounded, rest) } else { (-rounded, -rest) }
}

/// `a * b` and what its rounding leaves, exactly.
pub(super) fn product(a: f64, b: f64) -> (f64, f64) {
    let rounded = a * b;
    let ((a, a_rest), (b, b_rest)) = (halves(a), halves(b));
    (rounded, ((a * b - rounded) + a * b_rest + a_rest * b) + a_rest * b_rest)
}

/// The leading 26 bits, and the rest.
fn halves(a: f64) -> (f64, f64) {
    let wide = a * 134217729.0; // 2**27 + 1
    let leading = wide - (wide - a);
    (leading, a - leading)
}

/// The number to so many leading bits.
pub(super) fn leading(number: f64, bits: i32) -> f64 {
    let exponent = exponent(number.abs());
    #[allow(clippy::cast_possible_truncation)] // so many bits
    let digits = scaled(number, bits - 1 - exponent) as i64;
    scaled(digits as f64, exponent + 1 - bits)
}

/// The exponent of the power of two at or below a positive number.
pub(super) fn exponent(number: f64) -> i32 {
    if number < f64::MIN_POSITIVE {
        return exponent(number * 2_f64.powi(54)) - 54;
    }
    #[allow(clippy::cast_possible_truncation)] // eleven bits
    let biased = (number.to_bits() >> 52) as i32;
    biased - 1023
}

/// The number times that power of two.
pub(super) fn scaled(mut number: f64, mut exponent: i32) -> f64 {
    const MOST: i32 = 1000;

    while exponent.abs() > MOST {
        let part = MOST * exponent.signum();
        number *= 2_f64.powi(part);
        exponent -= part;
    }
    number * 2_f64.powi(exponent)
}

#[cfg(test)]
mod tests {
    use super::ratio;

    #[test]
    fn both_parts_are_right() {
        // 1/3, from its digits in base 2.
        assert_eq!(ratio(1.0, 0.0, 1.0, 3.0), (1.0 / 3.0, 1.0 / 3.0 * 2_f64.powi(-54)));
        assert_eq!(ratio(1e300, 0.0, 1e300, 1.0), (1.0, 0.0));
        assert_eq!(ratio(5e-324, 0.0, 5e-324, 4.0), (0.25, 0.0));
        assert_eq!(ratio(1.0, 2_f64.powi(-60), 1.0, 1.0), (1.0, -(2_f64.powi(-60))));
        assert_eq!(ratio(0.5, 0.5, 3.0, 7.0), (0.0, 0.0));
        assert_eq!(ratio(0.25, 1.0, 1.0, 0.5), (-1.5, 0.0));
        let low = 1.5 * 2_f64.powi(971);
        let (k, rest) = ratio(f64::MAX, low, 1.0, 1.0);
        assert_eq!((k, rest), (f64::MAX - low, (f64::MAX - (f64::MAX - low)) - low));
        assert!(rest != 0.0);
    }
}
