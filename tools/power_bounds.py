"""The bounds of the exponential and the polynomial, added up rounding by rounding: `python tools/power_bounds.py`.

A `Number` is an exact value and how far what is computed may be from it, in units of 2**-53. A sum or a product is
rounded by at most its power of two, in these units. The kernels are evaluated at many points, the ends of binades among
them, with every rounding that they have, and none where a result is exact, as is said at each. `m` is the significand
that a power of two is multiplied by, `r` its exponent less a whole number `k`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from learnrate._shapes.exp2 import LN2, Q, exp2_less_1
from learnrate._shapes.polynomial import SLOPE, TO_T, P

Array = Any  # of NumPy, or a number
UNIT = 2.0**-53
PARTS = 64  # points to an octave
JUST = 1e-9  # below or above: on either side of where the ULP changes
GRID = 2.0**-12  # of the first bits of t
T = 3 - math.sqrt(8)  # the largest t
MOST = 1000  # the largest power
GROWTH = 0.04  # ULP that a bound grows by with each unit of power

# As `tools/fit_powers.py` computes them.
Q_IS_OFF = 2.2e-17 / UNIT  # of 2**r - 1
P_IS_OFF = 3.8e-19 / UNIT  # in log2
P_ITSELF_IS_OFF = 2.5e-14 / UNIT  # times t**3, where that is less
# `src/shapes/log2.rs`: 2**-73 of 2200 octaves; 2**-69 of 1100 octaves, where a factor is next to 1.
LOG2_IS_OFF = max(2200 * 2.0**-73, 1100 * 2.0**-69) / UNIT


def binade(x: Array) -> Array:
    """The power of two at or below a number."""
    return 2.0 ** np.floor(np.log2(np.maximum(np.abs(x), 1e-300)))


@dataclass(frozen=True)
class Number:
    value: Array
    error: Array = 0.0

    def rounded(self) -> Number:
        return self.off_by(binade(self.value))

    def off_by(self, error: Array) -> Number:
        return Number(self.value, self.error + error)

    def __add__(self, other: Any) -> Number:
        other = other if isinstance(other, Number) else Number(other)
        return Number(self.value + other.value, self.error + other.error).rounded()

    def __mul__(self, other: Any) -> Number:
        other = other if isinstance(other, Number) else Number(other)
        error = np.abs(self.value) * other.error + np.abs(other.value) * self.error
        return Number(self.value * other.value, error).rounded()

    __radd__ = __add__
    __rmul__ = __mul__


def octaves(first: int, last: int, parts: int = PARTS) -> Array:
    """Points from one power of two to another, and on both sides of each."""
    points = 2.0 ** (np.arange(first * parts, last * parts + 1) / parts)
    return np.sort(np.concatenate([points * (1 + off) for off in (-1e-4, -JUST, JUST)]))


def ulps(error: Array, rate: Array) -> Array:
    """In ULP of a rate, which is rounded by half of one besides."""
    return error / (2 * binade(rate)) + 0.5


# 2**r - 1

M = octaves(0, 1, 4 * PARTS)[2:-1]
R = np.linspace(-0.5, 0.5, 2 * PARTS + 1)[:, None]  # at both ends rounded as beyond: there some r are, by rounding
NEARER = -octaves(-14, -1)[:, None]  # what is nearer to 0 is like the last


def part(r: Array, error: Array, m_is_off: float) -> Number:
    """`m * (2**r - 1)` where r has that error and the coefficients but the first leave out so much of m.

    What r is off by is counted once, by the slope: its effects on the sums within cancel.
    """
    # The first coefficient is in two parts, of which the second changes no bound.
    q = tuple(Number(M * c, M * c * m_is_off).rounded() for c in Q)
    numbers: Any = Number(r), Number(M * LN2), Number(0.0), q
    product: Number = exp2_less_1(*numbers)
    return product.off_by(Q_IS_OFF * np.abs(product.value) + error * M * LN2 * 2.0**r)


# The exponential


def exponential(*, between: bool) -> float:
    """Of r, `c` leaves out a part, and the product and the difference are rounded. Between whole steps so is the sum of
    a distance and what it lacks. The sum with m is the last rounding of all.
    """
    a = np.abs(R)
    product = part(R, a + 2 * binade(a) + LOG2_IS_OFF + (a if between else 0.0), 0.0)
    return float(ulps(product.error, M * 2.0**R).max())


# The polynomial: r is the power times the logarithm of a share, in octaves and by (1 + t) / (1 - t)


def rest_of_t(t: Array) -> Array:
    """How large what the first bits leave of t may be. They come from a polynomial that is a little off."""
    off: Array = 0.0
    for z in (2 * t / (1 - t), -2 * t / (1 + t)):
        off = np.maximum(off, np.abs(z / (2 + z) - z * (TO_T[0] + z * (TO_T[1] + z * TO_T[2]))))
    return np.maximum.reduce([np.abs(t - np.round((t + error) / GRID) * GRID) for error in (-off, off)])


def logarithm(t: Array, power: Array, quotient: float) -> Array:
    """By how much the rounded part of a power times a logarithm is off, relative to the power, if t has first bits.

    The leading bits of power and slope times octaves and first bits are exact, and so are the sums of these less a
    whole number. What these leave of a power and a slope is below 2**-35 of it: its roundings come to nothing.
    """
    rest = rest_of_t(t)
    t_rest = Number(rest, quotient * rest).rounded()
    whole = Number(t, t_rest.error).rounded()
    w = whole * whole
    w2 = w * w
    p0, p1, p2, p3, p4, p5, p6 = (Number(power * c).rounded() for c in P)
    series = (whole * w) * (((p0 + p1 * w) + (p2 + p3 * w) * w2) + ((p4 + p5 * w) + p6 * w2) * (w2 * w2))
    least = series.rounded()  # the sum with what power and slope leave
    total = t_rest * (power * SLOPE[0]) + least
    return total.error / power + np.minimum(P_IS_OFF, P_ITSELF_IS_OFF * t**3)


def first_octave(quotient: float, quotient_of_first_bits: float) -> float:
    """From the start, where r is `t_rest * slope` but for a small part.

    The quotient, the product, the sum with the rest of the logarithm and, with first bits, that with them are rounded.

    Without first bits the last sum is exact. With them it is, if what is left of t is in no lower binade than r, for it
    has no smaller digits; if it is in a lower one, the two roundings before are half as large. `polynomial` sees to
    it that all that is less from 0.75 of a GRID on.

    Where the first bits are about to be 0, what is left of t may be 0.0013 larger than t, and a binade higher.
    """
    a = np.abs(NEARER)
    crossing = 1.0013 * a
    without = (1 + quotient) * a + 2 * binade(a)
    within = (1 + quotient_of_first_bits) * crossing + 2 * binade(crossing)
    product = part(NEARER, np.maximum(without, within), 1.0)
    # The product is the way, and rounded to it; a sum with the first rate follows.
    rise = ulps(product.error - binade(product.value), product.value) + 0.5
    return float(np.maximum(rise, ulps(product.error, M * 2.0**NEARER)).max())


def second_octave(relative: float) -> float:
    """Where the rate rises the way is told from the start here, too: `-base + part`, halved. Its exponent is r - 1."""
    product = part(R, binade(R) + relative * (1 - R), 1.0)
    error = 1 + product.error  # the span is rounded
    return float((ulps(error, M * (2 - 2.0**R)) + 0.5).max())  # a sum with the first rate follows


def to_the_end(error: float) -> float:
    """The last rate and what is left of the way: of a rise, at most a quarter and a half of it times 2**r."""
    product = part(R, binade(R) + error, 1.0)
    error, left = 1 + product.error, M * 2.0**R
    fall = ulps(error, left) + 0.5  # a sum with the last rate follows
    rise = ulps((error + binade(left)) / 4, M - left / 4)
    return float(np.maximum(fall, rise).max())


def polynomial(quotient: float, quotient_of_first_bits: float) -> tuple[float, float]:
    """The largest sums where a rate is told from the start; and where from the end, less what grows with the power."""
    t = np.concatenate([np.arange(0.7, 64, 1 / 64), np.arange(64, T * 1.0005 / GRID, 1 / 8)])[:, None] * GRID
    powers = np.sort(np.concatenate([octaves(0, 1), [c / P[0] for c in (1 - JUST, 1 + JUST, 2 - JUST)]]))
    off = logarithm(t, powers, quotient_of_first_bits)
    relative = (off / (SLOPE[0] * t)).max(axis=1)
    # As `first_octave` has it: with the last sum, less than its two sums and the quotient of t.
    assert relative[t[:, 0] >= 0.75 * GRID].max() <= 1 + quotient + 0.5
    # No power of up to MOST makes half an octave of less. Where octaves are whole, that octave needs a power below 3.
    assert 0.5 / SLOPE[0] / MOST >= 0.7 * GRID
    start = max(first_octave(quotient, quotient_of_first_bits), second_octave(relative.max()))
    # The growth depends on the significand of the power.
    scales = 2.0 ** np.floor(np.log2(MOST / powers))
    grown = off.max(axis=0) * powers * scales
    ends = [to_the_end(error) - GROWTH * power for error, power in zip(grown, powers * scales, strict=True)]
    return start, max(to_the_end(0.0), *ends)


# What is computed and what is stated. Of whole steps, up to 2**51 of them, numerator and denominator of `t_rest` have
# no more than 53 bits. Of others both are rounded, and within a few ULP of the start so is the rest of a distance.
def main() -> None:
    for where, between, stated in (("any step", False, 2.75), ("joints between whole steps", True, 3.0)):
        bound = exponential(between=between)
        print(f"exponential, {where}: {bound:.2f} ULP")
        assert bound <= stated < bound + 0.6
    for where, quotients, stated_bounds in (
        ("whole steps", (0.0, 0.0), (5.5, 3.5)),
        ("other steps", (2.5, 2.0), (7.5, 3.5)),
    ):
        bounds = polynomial(*quotients)
        print("polynomial, {}: {:.2f} ULP, or {:.2f} + {} * power".format(where, *bounds, GROWTH))
        assert all(bound <= stated < bound + 0.6 for bound, stated in zip(bounds, stated_bounds, strict=True))


if __name__ == "__main__":
    main()
