"""An exponential. `src/shapes/exponential.rs` derives the bound of its error."""

from __future__ import annotations

import math

from .shape import Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Exponential(Shape):
    """`first * (last / first)**(done / steps)`; without end `first * decay_rate**(done / period)`."""

    __slots__ = ("factor", "period", "steps")

    def __init__(
        self, first: float, last: float, steps: float, decay_rate: float = 0.0, period: float = 0.0, stairs: float = 0.0
    ) -> None:
        self.first, self.last = first, last
        self.period = period if stairs else 0.0
        self.factor, self.steps = (decay_rate, 1.0 if stairs else period) if decay_rate else (last / first, steps)

    def rate(self, xp: Any, done: Any, left: Any) -> Any:
        n = xp.stairs(done, self.period) if self.period else done
        return self.first * self.factor ** (n / self.steps)
