"""A power. `src/shapes/polynomial.rs` derives the bound of its error."""

from __future__ import annotations

from .exp2 import exp2_less_1, in_float32, near, scaled_coefficients, times_exp2
from .ratio import difference, exponent, leading, product, scaled
from .shape import ShapeInTwo, rounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SLOPE = 2.8853900817779268, 4.0710547481862066e-17
"""`2 / ln 2`, in two parts: `log2((1 + t) / (1 - t))` is `SLOPE * t + t**3 * P(t**2)`."""
P = (
    0.9617966939259973,
    0.5770780163408803,
    0.4121985867600628,
    0.3205984495744051,
    0.2623384287368489,
    0.2208160327953161,
    0.21457146201826618,
)
TO_T = 0.5003192508661807, -0.254992550502597, 0.11686289071326848
"""`z / (2 + z)` to 12 bits, as a polynomial in z."""
ROOT_2 = 1.4142135623730951
UNDERFLOW = -1100.0
"""2 to a lower power is 0, as to this one."""


class Polynomial(ShapeInTwo):
    """`last + (first - last) * (left / steps)**power`; `cycle` steps again and again, each time as many longer."""

    __slots__ = (
        *("base", "coefficients", "exponent", "grids", "high", "length", "low", "p", "cycle", "power", "slope"),
        "turned",
    )

    def __init__(self, first: float, last: float, steps: float, power: float, cycle: float = 0.0) -> None:
        self.first, self.last, self.cycle = first, last, cycle
        self.low, self.high = min(first, last), max(first, last)
        span, span_rest = difference(first, last)
        e = exponent(abs(span))
        self.base = scaled(span, -e)
        self.coefficients, self.exponent = scaled_coefficients(self.base, scaled(span_rest, -e)), float(e)
        self.turned = -1.0 if first < last else 0.0
        main = leading(power, 46)
        self.power = main, power - main
        slope, rest = product(power, SLOPE[0])
        rest += power * SLOPE[1]
        main = leading(slope, 36)
        self.slope = main, (slope - main) + rest
        self.p = tuple(power * p for p in P)
        self.grids = 2.0**-26, 2.0**-12
        self.length = () if cycle else lengths(near, scaled(1.0, -exponent(steps)), steps, 0.0, self.grids[0])

    def rate(self, xp: Any, done: Any, left: Any, done_rest: Any = 0.0, left_rest: Any = 0.0) -> Any:
        parts = self.length
        if self.cycle:
            whole, whole_rest, left, left_rest = xp.stretched(done, self.cycle)
            parts = lengths(xp.near, xp.octaves(whole)[1], whole, whole_rest, self.grids[0])
            within = left > 0.0
            left, left_rest = xp.choose(within, (left, left_rest), (whole, 0.0))
        else:
            within = left > 0.0
        # The logarithm of left / length, times the power: of each part all but what is in `rest` is exact.
        octaves, t_main, t_rest = logarithm(xp, left, left_rest, parts, *self.grids)
        whole, main = octaves * self.power[0], t_main * self.slope[0]
        t = t_main + t_rest
        w = t * t
        w2 = w * w
        p0, p1, p2, p3, p4, p5, p6 = self.p
        series = (t * w) * (((p0 + p1 * w) + (p2 + p3 * w) * w2) + ((p4 + p5 * w) + p6 * w2) * (w2 * w2))
        rest = t_rest * self.slope[0] + ((t * self.slope[1] + octaves * self.power[1]) + series)
        k = xp.near((whole + main) + rest)
        part = exp2_less_1(((whole - k) + main) + rest, *self.coefficients)
        # From the start, in the last octave and, where the rate rises, in the one before.
        joint, base = xp.choose(k < self.turned, (self.last, self.base), (self.first, -self.base))
        (base,) = xp.choose(k < 0.0, (base,), (0.0,))
        rate = joint + times_exp2(xp, base + part, xp.maximum(k + self.exponent, UNDERFLOW))
        rate = xp.minimum(xp.maximum(rate, self.low), self.high)
        (rate,) = xp.choose(within, (rate,), (self.last,))
        return rate

    def in_float32(self) -> Polynomial:
        """The same with all that is exact in fewer bits.

        In ULP of float32 that is what `src/shapes/polynomial.rs` adds up for float64 at any step, 7.5, and for the
        rounding of a joint 1/2: 8 in all. What grows with the power is more, for `t_main` is to 2**-6 alone: 0.03 for
        the series, as there, and at most 0.09 for the four roundings of `t_rest * slope`, 2**-7 * 2.9 * power. That is
        less than power / 8.
        """
        power, slope = leading(self.power[0], 18), leading(self.slope[0], 18)
        grids, length = (2.0**-12, 2.0**-6), self.length
        if length:
            unit, steps, _, _, _, *inverses = length
            main = near(steps, grids[0])
            length = unit, rounded(steps), steps - rounded(steps), main + main, 2.0 * (steps - main), *inverses
        return self._with(
            power=(power, sum(self.power) - power),
            slope=(slope, (self.slope[0] - slope) + self.slope[1]),
            grids=grids,
            length=length,
            coefficients=in_float32(self.coefficients),
        )


def logarithm(xp: Any, left: Any, left_rest: Any, parts: Any, grid: float, grid_of_t: float) -> tuple[Any, Any, Any]:
    """Octaves, and `t` in two parts: left / length is 2**octaves * (1 + t) / (1 - t), with t from -0.172 to 0.172."""
    unit, length, length_rest, twice, twice_rest, inverse, scale = parts
    octaves, factor = xp.octaves(left * unit * scale)
    factor = factor * unit
    head, tail = left * factor - length, left_rest * factor - length_rest
    z = head * inverse
    t_main = xp.near(z * (TO_T[0] + z * (TO_T[1] + z * TO_T[2])), grid_of_t)
    # What t_main leaves: all but the tail is exact.
    head_main = xp.near(head, grid)
    under, under_rest = twice + head_main, (twice_rest + (head - head_main)) + tail
    return octaves, t_main, ((head - t_main * under) - (t_main * under_rest - tail)) / (under + under_rest)


def lengths(near: Any, unit: Any, steps: Any, rest: Any, grid: float) -> tuple[Any, ...]:
    """What is needed of a number of steps: in a unit in which it is from 1 to 2, twice it in two parts, its inverse."""
    length, rest = steps * unit, rest * unit
    main = near(length, grid)
    inverse = 1.0 / length
    return unit, length, rest, main + main, 2.0 * ((length - main) + rest), inverse, ROOT_2 * inverse
