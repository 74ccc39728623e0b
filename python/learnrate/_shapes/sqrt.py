"""A square root. `src/shapes/sqrt.rs` derives the bound of its error."""

from __future__ import annotations

from .shape import Spanning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Sqrt(Spanning):
    """`first + (last - first) * sqrt(done / steps)`, from the nearer rate."""

    __slots__ = ()

    def rate(self, xp: Any, done: Any, left: Any) -> Any:
        root = xp.sqrt(done * self.steps)
        yes, no = (self.first, self.span, 0.0, root), (self.last, -self.span, 1.0, left)
        joint, span, more, near = xp.choose(root + root < self.steps, yes, no)
        return joint + span * (near / (self.steps + more * root))
