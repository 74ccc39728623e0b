"""A line. `src/shapes/linear.rs` derives the bound of its error."""

from __future__ import annotations

from .shape import Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Linear(Shape):
    """`first + (last - first) * done / steps`, from the nearer end."""

    __slots__ = ("span", "steps")

    def __init__(self, first: float, last: float, steps: float) -> None:
        self.first, self.last, self.span, self.steps = first, last, last - first, steps

    def rate(self, xp: Any, done: Any, left: Any) -> Any:
        near = xp.minimum(done, left)
        joint, span = xp.choose(done < left, (self.first, self.span), (self.last, -self.span))
        return joint + span * (near / self.steps)
