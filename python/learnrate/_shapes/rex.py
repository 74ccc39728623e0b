"""REX. `src/shapes/rex.rs` derives the bound of its error."""

from __future__ import annotations

from .shape import Spanning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Rex(Spanning):
    """`last + (first - last) * (1 - u) / (1 - u / 2)` with `u = done / steps`, from the nearer rate."""

    __slots__ = ()

    def rate(self, xp: Any, done: Any, left: Any) -> Any:
        twice = left + left
        near = xp.minimum(done, twice)
        joint, span = xp.choose(done < twice, (self.first, self.span), (self.last, -self.span))
        return joint + span * (near / xp.plus(self.steps, left))
