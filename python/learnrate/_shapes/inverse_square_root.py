"""The inverse square root. `src/shapes/inverse_square_root.rs` derives the bound of its error."""

from __future__ import annotations

from .shape import Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class InverseSquareRoot(Shape):
    """`first * sqrt(timescale / (timescale + done))`, without end."""

    __slots__ = ("timescale",)

    def __init__(self, first: float, last: float, steps: float, timescale: float) -> None:
        self.first, self.last, self.timescale = first, last, timescale

    def rate(self, xp: Any, done: Any, left: Any) -> Any:
        return self.first * xp.sqrt(xp.over(self.timescale, xp.plus(self.timescale, done)))
