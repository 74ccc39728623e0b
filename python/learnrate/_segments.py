"""Segments: what a schedule is evaluated, drawn and reported as."""

from __future__ import annotations

import math

from ._exact import steps_of, units
from ._shapes import SHAPES
from ._shapes.exp2 import LARGEST
from ._value import Value, final

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._value import Field


@final
class Segment(Value):
    """A stretch of steps in which the rate follows one shape: from `start` on, and before `end`.

    Attributes:
        kind: "warmup" (the rate rises to an end, and has not fallen before), "rise", "decay" or "hold".
        start: the step from which on the segment is followed.
        end: the step where the next one starts; infinity for the last one.
        first_rate: the rate at `start`.
        last_rate: the rate that the segment leads to, which at `end` the next one has unless it starts with a jump;
            infinity where it grows without end.
        shape: "hold", one of the shapes of `Phase`, or "inverse_square_root".
        parameters: the power of a polynomial; what a shape without end has instead of it.
    """

    _fields = ("kind", "start", "end", "first_rate", "last_rate", "shape", "parameters")
    __slots__ = (*_fields, "formula", "whole")
    kind: Field[str]
    start: Field[float]
    end: Field[float]
    first_rate: Field[float]
    last_rate: Field[float]
    shape: Field[str]
    parameters: Field[tuple[float, ...]]
    formula: Field[Any]
    whole: Field[bool]

    def __new__(
        cls,
        kind: str,
        start: float,
        end: float,
        first_rate: float,
        last_rate: float,
        shape: str,
        parameters: tuple[float, ...] = (),
    ) -> Segment:
        self = object.__new__(cls)._set(kind, start, end, first_rate, last_rate, shape, parameters)
        object.__setattr__(self, "formula", SHAPES[shape](first_rate, last_rate, float(end - start), *parameters))
        object.__setattr__(self, "whole", float(start).is_integer() and (end == math.inf or float(end).is_integer()))
        return self

    def rate(self, xp: Any, step: Any) -> Any:
        """The rate at a step of the segment, or at many of them."""
        done, left = step - self.start, self.end - step
        if self.formula.in_two:
            return self.formula.rate(xp, done, left, *self.rests(xp, step, done, left))
        return self.formula.rate(xp, done, left)

    def rests(self, xp: Any, step: Any, done: Any, left: Any) -> Any:
        """What is missing of `done` and `left`: see `Place` in `src/shapes/mod.rs`."""
        if self.whole:
            return 0.0, (self.end - left) - step
        length = self.end - self.start
        most = length - left
        missing = (most - done) + ((length - most) - left)
        lost = (xp.minimum(step, LARGEST) - xp.minimum(done, LARGEST)) - self.start
        # Which joint is nearer, by what rounding leaves too.
        lost_of_left = (self.end - left) - step
        return xp.choose(left - done < lost - lost_of_left, (missing, 0.0), (lost, missing - lost))


Piece = tuple[float, str, float, float, *tuple[float, ...]]
"""Steps, or the end of them; a shape, the rates that it leads from and to, and its parameters."""


def lay(*pieces: Piece) -> tuple[Segment, ...]:
    """Pieces of so many steps laid end to end; the last rate is held.

    A joint is the exact sum of the steps before it, rounded once.
    """
    total = 0
    ends: list[Piece] = []
    for steps, shape, first, last, *parameters in pieces:
        total += units(steps)
        ends.append((steps_of(total), shape, first, last, *parameters))
    return joined(*ends, held=pieces[-1][3])


def joined(*pieces: Piece, held: float) -> tuple[Segment, ...]:
    """Pieces up to their ends, which leaves out those of no length; then a rate is held."""
    segments: list[Segment] = []
    start: float = 0
    rising = "warmup"
    for end, shape, first, last, *parameters in (*pieces, (math.inf, "hold", held, held)):
        if end > start:
            if last < first or (segments and first < segments[-1].last_rate):
                rising = "rise"
            kind = "hold" if first == last else rising if first < last else "decay"
            if first == last:
                shape, parameters = "hold", []
            elif shape == "polynomial" and parameters == [1.0]:  # the same curve, in less time
                shape, parameters = "linear", []
            segments.append(Segment(kind, start, end, first, last, shape, tuple(parameters)))
            start = end
    return tuple(segments)


def endless(shape: str, first: float, last: float, *parameters: float) -> tuple[Segment, ...]:
    """One shape from step 0 on, which leads to its limit; a hold where that is the first rate."""
    if first == last:
        return joined(held=first)
    kind = "decay" if last < first else "rise"  # no warmup, which something follows
    return (Segment(kind, 0, math.inf, first, last, shape, parameters),)
