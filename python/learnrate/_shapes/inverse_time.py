"""Inverse time. `src/shapes/inverse_time.rs` derives the bound of its error."""

from __future__ import annotations

from .ratio import ratio
from .shape import Shape, at_most, in_parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ENDLESS = 2.0**500
"""More steps than these count as so many: infinity times 0 is no number."""


class InverseTime(Shape):
    """`top / (1 + n * k)`, where `n` are the steps from the greater rate, or whole periods of them."""

    __slots__ = ("endless", "falls", "k", "k_rest", "low", "one", "period", "top")

    def __init__(
        self, first: float, last: float, steps: float, decay_rate: float = 0.0, period: float = 0.0, stairs: float = 0.0
    ) -> None:
        self.first, self.last, self.falls = first, last, last < first
        self.top, self.low = (first, last) if self.falls else (last, first)
        self.period, self.endless, self.one = period if stairs else 0.0, ENDLESS, 1.0
        if decay_rate:
            self.k, self.k_rest = ratio(decay_rate, 0.0, 1.0, 1.0 if stairs else period)
        else:
            self.k, self.k_rest = ratio(self.top, self.low, self.low, steps)

    def rate(self, xp: Any, done: Any, left: Any) -> Any:
        far, near = (done, left) if self.falls else (left, done)
        n = xp.stairs(far, self.period) if self.period else xp.minimum(far, self.endless)
        rate = xp.over(self.top, (self.one + n * self.k_rest) + n * self.k)
        (rate,) = xp.choose(self.low < rate, (rate,), (self.low,))
        (rate,) = xp.choose(near > 0.0, (rate,), (self.low,))
        return rate

    def in_float32(self) -> InverseTime:
        # So that nothing overflows where the greater rate is not small; else no float32 is left after a step.
        unit = 2.0**-120 if self.k > 2.0**100 and self.top >= 1.0 else 1.0
        k, k_rest = in_parts(min(self.k * unit, 2.0**127), self.k_rest * unit if self.k * unit < 2.0**127 else 0.0)
        # A fractional period is rounded down: of the first 2**20 steps none where a stair begins is taken for the one
        # before, and none 1/10 of a step before a stair for that stair's.
        period = self.period if self.period % 1.0 == 0.0 else at_most(self.period)
        return self._with(k=k, k_rest=k_rest, endless=2.0**126, period=period, one=unit, top=self.top * unit)
