"""A square. `src/shapes/square.rs` derives the bound of its error."""

from __future__ import annotations

from .ratio import exponent, ratio, scaled
from .shape import Shape, in_parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Square(Shape):
    """`first + (last - first) * (done / steps)**2`, from the nearer rate."""

    __slots__ = ("k", "k_rest", "steps", "unit")

    def __init__(self, first: float, last: float, steps: float) -> None:
        self.first, self.last = first, last
        self.unit = scaled(1.0, -exponent(steps))
        self.steps = steps * self.unit
        self.k, self.k_rest = ratio(last, first, self.steps, self.steps)

    def rate(self, xp: Any, done: Any, left: Any) -> Any:
        done, left = done * self.unit, left * self.unit
        gone = done * done
        rest = left * xp.plus(self.steps, done)
        near = xp.minimum(gone, rest)
        yes, no = (self.first, self.k, self.k_rest), (self.last, -self.k, -self.k_rest)
        joint, k, k_rest = xp.choose(gone < rest, yes, no)
        return joint + (near * k + near * k_rest)

    def in_float32(self) -> Square:
        k, k_rest = in_parts(self.k, self.k_rest)
        return self._with(k=k, k_rest=k_rest)
