"""One rate, held."""

from __future__ import annotations

from .shape import Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Hold(Shape):
    """The first rate, which is the last one too."""

    __slots__ = ()

    def rate(self, xp: Any, done: Any, left: Any) -> Any:
        return self.first
