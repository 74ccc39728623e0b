"""What every shape has."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self


class Shape:
    """Leads from one rate to another in so many steps."""

    __slots__ = ("first", "last")
    period = 0.0  # the steps of a stair, of a shape that has some
    cycle = 0.0  # the steps of the first cycle, likewise
    in_two = False  # whether it is a `ShapeInTwo`

    def __init__(self, first: float, last: float, steps: float, *parameters: float) -> None:
        self.first, self.last = first, last

    def rate(self, xp: Any, done: Any, left: Any) -> Any:
        """The rate `done` steps after the start and `left` steps before the end.

        `xp` is where `minimum`, `plus`, `over`, `sqrt`, `stairs` and their like come from, and `choose`, which is
        `where` for each of several pairs: `_curve.Scalar` for Python floats, `_curve.Blocks` for NumPy,
        `_libraries.Floats` for the rest.
        """
        raise NotImplementedError

    def in_float32(self) -> Self:
        """The shape to be evaluated in float32."""
        return self

    def _with(self, **changes: Any) -> Self:
        """A copy with other constants."""
        twin = object.__new__(type(self))
        for name in (*Shape.__slots__, *self.__slots__):
            setattr(twin, name, changes.get(name, getattr(self, name)))
        return twin


class Spanning(Shape):
    """A shape that goes a share of the way from one rate to another."""

    __slots__ = ("span", "steps")

    def __init__(self, first: float, last: float, steps: float) -> None:
        self.first, self.last, self.span, self.steps = first, last, last - first, steps


class ShapeInTwo(Shape):
    """A shape for which the rounding of a distance costs too much: it takes what that leaves, too."""

    __slots__ = ()
    in_two = True

    def rate(self, xp: Any, done: Any, left: Any, done_rest: Any = 0.0, left_rest: Any = 0.0) -> Any:
        raise NotImplementedError


def rounded(number: float) -> float:
    """The nearest float32; an OverflowError where there is none."""
    import struct

    (result,) = struct.unpack("<f", struct.pack("<f", number))  # "<": this refuses what is too large
    return result  # type: ignore[no-any-return]


def in_parts(k: float, k_rest: float) -> tuple[float, float]:
    """A constant in two float64 parts as one in two float32 parts."""
    near = rounded(k)
    return near, rounded((k - near) + k_rest)


def at_least(number: float) -> float:
    """The least float32 that is not less than a number > 0."""
    near = rounded(number)
    return near if near >= number else beside(near, 1)


def at_most(number: float) -> float:
    """The greatest float32 that is not greater than a number > 0."""
    near = rounded(number)
    return near if near <= number else beside(near, -1)


def beside(number: float, places: int) -> float:
    """The float32 so many places above another one > 0."""
    import struct

    (bits,) = struct.unpack("<I", struct.pack("<f", number))
    (result,) = struct.unpack("<f", struct.pack("<I", bits + places))
    return result  # type: ignore[no-any-return]
