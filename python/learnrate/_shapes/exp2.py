"""Powers of two: what the exponential and the polynomial share. `src/shapes/exp2.rs` is its twin."""

from __future__ import annotations

from .ratio import product
from .shape import in_parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LN2 = 0.6931471805599453
LN2_REST = 2.3190468138462996e-17
Q = (
    0.24022650695910097,
    0.05550410866482161,
    0.00961812910760726,
    0.0013333558146410365,
    0.00015403530441332594,
    1.5252733837872927e-05,
    1.3215442759534749e-06,
    1.0178058587405062e-07,
    7.072561071557481e-09,
    4.4555977802291293e-10,
)
LARGEST = 1.7976931348623157e308

Coefficients = tuple[float, float, tuple[float, ...]]


def scaled_coefficients(number: float, rest: float) -> Coefficients:
    """Those of `exp2_less_1` times a number, which has two parts."""
    c0, c0_rest = product(number, LN2)
    return c0, c0_rest + (number * LN2_REST + rest * LN2), tuple(number * q for q in Q)


def in_float32(coefficients: Coefficients) -> Coefficients:
    """The first one in two float32 parts."""
    c0, c0_rest, q = coefficients
    return *in_parts(c0, c0_rest), q


def exp2_less_1(r: Any, c0: float, c0_rest: float, q: tuple[float, ...]) -> Any:
    """`2**r - 1` for -1/2 <= r <= 1/2, times what the coefficients were scaled by."""
    q0, q1, q2, q3, q4, q5, q6, q7, q8, q9 = q
    r2 = r * r
    r4 = r2 * r2
    value = ((q0 + q1 * r) + (q2 + q3 * r) * r2) + (((q4 + q5 * r) + (q6 + q7 * r) * r2) + (q8 + q9 * r) * r4) * r4
    return r * (c0 + (r * value + c0_rest))


MAGIC = 1.5 * 2.0**52
"""What is added to so much is rounded to a whole number."""


def near(number: Any, unit: float = 1.0) -> Any:
    """The nearest multiple of a power of two, of less than 2**51 of these."""
    magic = MAGIC * unit
    return (number + magic) - magic


def times_exp2(xp: Any, number: Any, exponent: Any) -> Any:
    """A number near 1 times 2 to a whole power. It is rounded once, and only where the product is not normal."""
    half = xp.near(exponent * 0.5)
    return number * xp.power_of_2(half) * xp.power_of_2(exponent - half)
