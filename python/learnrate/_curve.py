"""The pure-Python backend: what `learnrate._native` has, for machines without it."""

from __future__ import annotations

import math
from bisect import bisect_right

from ._arguments import MAX_STEPS
from ._shapes.exp2 import near

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, Self

    from ._segments import Segment

BLOCK = 32_768
"""Steps that NumPy evaluates at a time, so that its temporaries do not grow with the batch."""
STEPS = float(MAX_STEPS)
"""Where stairs are counted, later steps count as this one."""
FEW = 16
"""Segments up to which a look at all steps for each is faster than to sort the steps."""


class Curve:
    """Core of `learnrate.Schedule`: what evaluates the segments."""

    __slots__ = ("_segments", "_starts")
    _segments: Sequence[Segment]
    _starts: list[float]

    def __new__(cls, segments: Sequence[Segment]) -> Self:
        self = object.__new__(cls)
        object.__setattr__(self, "_segments", segments)
        object.__setattr__(self, "_starts", [segment.start for segment in segments])
        return self

    def __call__(self, step: Any = ..., *, out: Any = None) -> Any:  # the default is for the error
        kind = type(step)
        if out is None and (kind is float or (kind is int and step <= MAX_STEPS)) and step >= 0:
            step = float(step)
            segment = self._segments[bisect_right(self._starts, step) - 1]
            formula = segment.formula
            if formula.in_two:
                return segment.rate(Scalar, step)
            return formula.rate(Scalar, step - segment.start, segment.end - step)  # a call less
        from . import _steps

        return _steps.evaluate(self, step, out)

    def _fill(self, steps: Any, out: Any) -> int | None:
        import numpy as np

        blocks = Blocks()
        with np.errstate(all="ignore"):  # rates may underflow, and overflow a float32, as silently as in Rust
            for first in range(0, steps.size, BLOCK):
                block = steps[first : first + BLOCK].astype(np.float64)
                good = block >= 0.0
                if not good.all():
                    return first + int(good.argmin())
                self._fill_block(blocks, block, out[first : first + BLOCK])
        return None

    def _fill_block(self, blocks: Blocks, steps: Any, out: Any) -> None:
        """Each of the segments that the steps meet, at the steps in it."""
        for segment, inside in self._met(steps):
            chosen = steps[inside]
            out[inside] = segment.rate(blocks, chosen)

    def _met(self, steps: Any) -> Iterator[tuple[Segment, Any]]:
        """The segments that steps lie in, and which steps these are."""
        import numpy as np

        first, last = (bisect_right(self._starts, float(step)) - 1 for step in (steps.min(), steps.max()))
        if first == last:
            yield self._segments[first], ...
            return
        at = np.searchsorted(self._starts, steps, side="right") - 1
        if last - first < FEW:
            for i in range(first, last + 1):
                yield self._segments[i], at == i
            return
        order = np.argsort(at, kind="stable")
        found, begins = np.unique(at[order], return_index=True)
        for i, places in zip(found.tolist(), np.split(order, begins[1:]), strict=True):
            yield self._segments[i], places

    def _fill_range(self, start: int, stride: int, out: Any) -> None:
        import numpy as np

        for first in range(0, out.size, BLOCK):
            block = out[first : first + BLOCK]
            at = start + first * stride
            self._fill(np.arange(at, at + block.size * stride, stride), block)


class Scalar:
    """What a shape needs of a namespace, for Python floats."""

    @staticmethod
    def minimum(one: float, other: float) -> float:
        return one if one < other else other

    @staticmethod
    def maximum(one: float, other: float) -> float:
        return one if one > other else other

    near = near

    @staticmethod
    def octaves(number: float) -> tuple[float, float]:
        exponent = math.frexp(number)[1] - 1
        return float(exponent), math.ldexp(1.0, -exponent)

    @staticmethod
    def stretched(distance: float, period: float) -> tuple[float, float, float, float]:
        """The least multiple of a period, but 0, that is not less than a distance, and what is left: two parts each."""
        whole = max(1, math.ceil(min(distance, STEPS) / period)) * period
        left = whole - distance
        return whole, 0.0, left, (whole - left) - distance

    @staticmethod
    def power_of_2(exponent: float) -> float:
        return math.ldexp(1.0, int(exponent))

    @staticmethod
    def sqrt(number: float) -> float:
        return math.sqrt(number)

    @staticmethod
    def plus(length: float, distance: float) -> float:
        return length + distance

    @staticmethod
    def over(number: float, by: float) -> float:
        return number / by

    @staticmethod
    def stairs(distance: float, period: float) -> float:
        return float(math.floor(min(distance, STEPS) / period))

    @staticmethod
    def stairs_in_two(distance: float, period: float) -> tuple[float, float]:
        return Scalar.stairs(distance, period), 0.0

    @staticmethod
    def choose(condition: bool, yes: Any, no: Any) -> Any:
        return yes if condition else no


class Blocks:
    """What a shape needs of a namespace, for NumPy blocks, most of which lie in one half of one segment."""

    def __init__(self) -> None:
        import numpy as np

        self.minimum, self.maximum, self.plus = np.minimum, np.maximum, np.add
        self.over, self.sqrt, self.near, self._array = np.divide, np.sqrt, near, np.asarray
        self._where, self._floor, self._ceil = np.where, np.floor, np.ceil
        self._integers, self._floats = np.int64, np.float64

    def stairs(self, distance: Any, period: float) -> Any:
        return self._floor(self.minimum(distance, STEPS) / period)

    def stairs_in_two(self, distance: Any, period: float) -> tuple[Any, float]:
        return self.stairs(distance, period), 0.0

    def octaves(self, number: Any) -> tuple[Any, Any]:
        biased = number.view(self._integers) >> 52
        return (biased - 1023).astype(self._floats), ((2046 - biased) << 52).view(self._floats)

    def stretched(self, distance: Any, period: float) -> tuple[Any, Any, Any, Any]:
        whole = self.maximum(self._ceil(self.minimum(distance, STEPS) / period), 1.0) * period
        left = whole - distance
        return whole, 0.0, left, (whole - left) - distance

    def power_of_2(self, exponent: Any) -> Any:
        # An array even where one number stands for all.
        return ((self._array(exponent, self._floats).astype(self._integers) + 1023) << 52).view(self._floats)

    def choose(self, condition: Any, yes: Any, no: Any) -> Any:
        if condition.all():
            return yes
        if not condition.any():
            return no
        return [self._where(condition, *pair) for pair in zip(yes, no, strict=True)]
