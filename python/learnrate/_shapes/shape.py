"""What every shape has."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self


class Shape:
    """Leads from one rate to another in so many steps."""

    __slots__ = ("first", "last")

    def __init__(self, first: float, last: float, steps: float) -> None:
        self.first, self.last = first, last

    def rate(self, xp: Any, done: Any, left: Any) -> Any:
        """The rate `done` steps after the start and `left` steps before the end.

        `xp` is where `minimum` and `choose` come from, which is `where` for each of several pairs: `_curve.Scalar` for
        Python floats, `_curve.Blocks` for NumPy, `_libraries.Floats` for the rest.
        """
        raise NotImplementedError

    def in_float32(self) -> Self:
        """The shape to be evaluated in float32."""
        return self
