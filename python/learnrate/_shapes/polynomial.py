"""A power. `src/shapes/polynomial.rs` derives the bound of its error."""

from __future__ import annotations

import math

from .shape import Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Polynomial(Shape):
    """`last + (first - last) * (1 - done / steps)**power`, in cycles where there is a period."""

    __slots__ = ("cycle", "power", "steps")

    def __init__(self, first: float, last: float, steps: float, power: float, period: float = 0.0) -> None:
        self.first, self.last, self.power, self.cycle, self.steps = first, last, power, period, period or steps

    def rate(self, xp: Any, done: Any, left: Any) -> Any:
        steps = self.steps
        if self.cycle:
            steps = steps * max(1.0, math.ceil(min(done, 2.0**53) / steps))
        return self.last + (self.first - self.last) * (1.0 - xp.minimum(done, steps) / steps) ** self.power
