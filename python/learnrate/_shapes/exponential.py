"""An exponential. `src/shapes/exponential.rs` derives the bound of its error."""

from __future__ import annotations

import math

from .exp2 import LARGEST, exp2_less_1, in_float32, scaled_coefficients, times_exp2
from .log2 import log2_parts
from .ratio import exponent, leading, product, scaled
from .shape import ShapeInTwo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Exponential(ShapeInTwo):
    """`first * (last / first)**(done / steps)`; without end `first * decay_rate**(done / period)`."""

    __slots__ = ("c", "coefficients", "exponent", "high", "limit", "low", "m", "octave", "period", "rest")

    def __init__(
        self, first: float, last: float, steps: float, decay_rate: float = 0.0, period: float = 0.0, stairs: float = 0.0
    ) -> None:
        self.first, self.last = first, last
        self.low, self.high = min(first, last), min(max(first, last), LARGEST)
        e = exponent(first)
        self.m, self.exponent = scaled(first, -e), float(e)
        self.coefficients = scaled_coefficients(self.m, 0.0)
        self.period = period if stairs else 0.0
        if decay_rate:
            c, c_rest = log2_parts(1.0, decay_rate, 1.0 if stairs else period)
            # Beyond, the rate is its limit.
            self.limit = (1025.0 - e if decay_rate > 1.0 else 1080.0 + e) / abs(c)
        else:
            c, c_rest = log2_parts(first, last, steps)
            self.limit = steps
        self.c = c, c_rest
        self.octave, self.rest = self._octave(41)

    def _octave(self, bits: int) -> tuple[float, float]:
        """Steps to an octave, in so few bits that whole octaves have no rest; and what that leaves, in octaves."""
        octave = leading(1.0 / self.c[0], bits)
        back, back_rest = product(octave, self.c[0])
        return octave, ((1.0 - back) - back_rest) - octave * self.c[1]

    def rate(self, xp: Any, done: Any, left: Any, done_rest: Any = 0.0, left_rest: Any = 0.0) -> Any:
        if self.period:
            done, done_rest = xp.choose(done < math.inf, xp.stairs_in_two(done, self.period), (done, 0.0))
        n, done_rest = xp.choose(done <= self.limit, (done, done_rest), (self.limit, 0.0))
        # n * c, less a whole number: n less so many octaves is exact.
        k = xp.near(n * self.c[0])
        r = ((n - k * self.octave) + done_rest) * self.c[0] - k * self.rest
        rate = times_exp2(xp, self.m + exp2_less_1(r, *self.coefficients), k + self.exponent)
        return xp.minimum(xp.maximum(rate, self.low), self.high)

    def in_float32(self) -> Exponential:
        """The same with an octave in fewer bits, for there are fewer octaves. An infinite `high` is not reached."""
        octave, rest = self._octave(13)
        limit = min(
            self.limit, max(160.0 + (self.exponent if self.c[0] < 0.0 else -self.exponent), 1.0) / abs(self.c[0])
        )
        high = self.high if self.high < LARGEST else math.inf
        return self._with(octave=octave, rest=rest, limit=limit, high=high, coefficients=in_float32(self.coefficients))
