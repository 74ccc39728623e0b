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

        `xp` is where `minimum` and `plus` come from, and `choose`, which is `where` for each of several pairs:
        `_curve.Scalar` for Python floats, `_curve.Blocks` for NumPy, `_libraries.Floats` for the rest.
        """
        raise NotImplementedError

    def in_float32(self) -> Self:
        """The shape to be evaluated in float32."""
        return self


def rounded(number: float) -> float:
    """The nearest float32; an OverflowError where there is none."""
    import struct

    (result,) = struct.unpack("<f", struct.pack("<f", number))  # "<": this refuses what is too large
    return result  # type: ignore[no-any-return]


def at_least(number: float) -> float:
    """The least float32 that is not less than a number > 0."""
    import struct

    near = rounded(number)
    if near >= number:
        return near
    (bits,) = struct.unpack("<I", struct.pack("<f", near))
    (above,) = struct.unpack("<f", struct.pack("<I", bits + 1))
    return above  # type: ignore[no-any-return]
