"""Constants in two parts: once for each schedule, so that a kernel need not round a quotient at every step."""

from __future__ import annotations

import math


def ratio(a: float, b: float, y: float, z: float) -> tuple[float, float]:
    """`(a - b) / (y * z)` as a float64 and what its rounding leaves, for numbers >= 0, of which y and z are > 0.

    `src/shapes/ratio.rs` has the same additions, multiplications and divisions, which need no `fractions`.
    """
    top, top_rest = difference(a, b)
    if top == 0.0:
        return 0.0, 0.0
    # Near to 1, so that nothing overflows or underflows on the way.
    exponents = [exponent(abs(top)), exponent(y), exponent(z)]
    top, top_rest = scaled(top, -exponents[0]), scaled(top_rest, -exponents[0])
    bottom, bottom_rest = product(scaled(y, -exponents[1]), scaled(z, -exponents[2]))
    quotient = top / bottom
    back, back_rest = product(quotient, bottom)
    left = (((top - back) - back_rest) + top_rest) - quotient * bottom_rest
    power = exponents[0] - exponents[1] - exponents[2]
    return scaled(quotient, power), scaled(left / bottom, power)


def difference(a: float, b: float) -> tuple[float, float]:
    """`a - b` of numbers >= 0, and what its rounding leaves, exactly."""
    high, low = (a, b) if a >= b else (b, a)
    rounded = high - low
    rest = (high - rounded) - low  # exact, as high is not less than low, and never too large
    return (rounded, rest) if a >= b else (-rounded, -rest)


def product(a: float, b: float) -> tuple[float, float]:
    """`a * b` and what its rounding leaves, exactly."""
    rounded = a * b
    (a, a_rest), (b, b_rest) = halves(a), halves(b)
    return rounded, ((a * b - rounded) + a * b_rest + a_rest * b) + a_rest * b_rest


def halves(a: float) -> tuple[float, float]:
    """The leading 26 bits, and the rest."""
    wide = a * 134217729.0  # 2**27 + 1
    leading = wide - (wide - a)
    return leading, a - leading


def leading(number: float, bits: int) -> float:
    """The number to so many leading bits."""
    power = exponent(abs(number))
    return scaled(float(int(scaled(number, bits - 1 - power))), power + 1 - bits)


def exponent(number: float) -> int:
    """The exponent of the power of two at or below a positive number."""
    return math.frexp(number)[1] - 1


MOST = 1000


def scaled(number: float, exponent: int) -> float:
    """The number times that power of two, step by step as in Rust: `ldexp` may round a subnormal result otherwise."""
    while abs(exponent) > MOST:
        part = MOST if exponent > 0 else -MOST
        number *= 2.0**part
        exponent -= part
    return number * 2.0**exponent
