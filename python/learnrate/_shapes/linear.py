"""A line. `src/shapes/linear.rs` derives the bound of its error."""

from __future__ import annotations

from .shape import Spanning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Linear(Spanning):
    """`first + (last - first) * done / steps`, from the nearer end."""

    __slots__ = ()

    def rate(self, xp: Any, done: Any, left: Any) -> Any:
        near = xp.minimum(done, left)
        joint, span = xp.choose(done < left, (self.first, self.span), (self.last, -self.span))
        return joint + span * (near / self.steps)
