"""Rates for other libraries' arrays: PyTorch, JAX, Dask, and whatever else speaks the array API (CuPy: untested).

The shapes are evaluated in the library's own namespace, on the device of the steps, lazy or traced where they are.
Nothing here looks at an element: that would wait for the device, and cannot be done under a trace. So nothing can be
refused either: a negative step has the rate of step 0, and NaN stays NaN.
"""

from __future__ import annotations

import math

from ._arguments import refuse
from ._curve import STEPS
from ._shapes.ratio import leading
from ._shapes.shape import ShapeInTwo, at_least, rounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ._segments import Segment
    from ._shapes.shape import Shape

HAIR = 2.0**-10
"""Steps: what is so near to the end of a cycle of fractional steps is taken for it in float32."""

Part = tuple["Segment", "Shape", float, float, float]
"""A segment, its shape, its start and its end in a dtype, and the first number of that dtype from its start on."""


def in_float64(segments: Sequence[Segment]) -> list[Part]:
    """The segments with what evaluates them in float64."""
    return [
        (segment, segment.formula, float(segment.start), float(segment.end), _first(segment.start, 2.0**-1022))
        for segment in segments
    ]


def in_float32(segments: Sequence[Segment]) -> list[Part]:
    """The segments with what evaluates them in float32.

    Raises:
        ValueError: a rate is too large for it.
    """
    for segment in segments:
        for rate in (segment.first_rate, segment.last_rate):
            if MAX_FLOAT32 < rate < math.inf:
                raise ValueError(f"A rate of the schedule is too large for float32. Received: {rate!r}")
    parts = []
    for segment in segments:
        start, end = rounded(segment.start), rounded(segment.end)
        first = _first(start if start >= segment.start else at_least(segment.start), 2.0**-126)
        parts.append((segment, segment.formula.in_float32(), start, end, first))
    return parts


def _first(start: float, normal: float) -> float:
    """JAX takes subnormal numbers for 0, and such is the start of what follows step 0."""
    return max(start, normal) if start else 0.0


MAX_FLOAT32 = math.nextafter(2.0**128 - 2.0**103, 0.0)
"""What is above rounds to infinity."""


class Floats:
    """What a shape needs of a library, with numbers as arrays of one dtype on one device.

    As Python numbers they would come back from `where` in the library's default dtype.
    """

    def __init__(self, xp: Any, dtype: Any, device: Any) -> None:
        self.xp, self.dtype, self.device = xp, dtype, device
        self.is_float32 = "float32" in str(dtype)  # Keras has names of dtypes

    def array(self, x: Any) -> Any:
        return self.xp.full((), x, dtype=self.dtype, device=self.device) if isinstance(x, (int, float)) else x

    def where(self, condition: Any, yes: Any, no: Any) -> Any:
        return self.xp.where(condition, self.array(yes), self.array(no))

    def choose(self, condition: Any, yes: Any, no: Any) -> list[Any]:
        return [self.where(condition, *pair) for pair in zip(yes, no, strict=True)]

    def distances(self, segment: Segment, steps: Any) -> tuple[Any, Any, Any, Any]:
        """From both joints, and what is missing of these, as `Segment.rate` has them: in float64 a joint between whole
        steps would show. XLA would leave out what is taken away twice; not where a choice stands between.
        """
        done, left = (self.where(far < 0.0, 0.0, far) for far in (steps - segment.start, segment.end - steps))
        done_rest, left_rest = segment.rests(self, steps, done, left) if segment.end < math.inf else (0.0, 0.0)
        return done, left, done_rest, left_rest

    def lost(self, one: Any, other: Any, total: Any) -> Any:
        """What the rounding of a sum leaves; 0 at infinity. The larger one comes first.

        XLA would leave out what is added and taken away again; not where a choice stands between them.
        """
        known = total < math.inf
        one, total = self.where(known, one, 0.0), self.where(known, total, 0.0)
        return self.where(known, other + (one - total), 0.0)

    def in_two(self, integers: Floats, distance: Any) -> tuple[Any, Any]:
        """An integer distance, exactly: rounded, but to no more than fits the integers, and what that leaves."""
        top = int(self.xp.iinfo(integers.dtype).max) + 1
        most = top - (top >> (24 if self.is_float32 else 53))
        rounded = self.minimum(self.xp.astype(distance, self.dtype), float(most))
        back = self.xp.astype(rounded, integers.dtype)
        # One of both differences wraps around, of unsigned integers.
        up, down = self.xp.astype(back - distance, self.dtype), self.xp.astype(distance - back, self.dtype)
        return rounded, self.xp.where(back > distance, -up, down)

    def sum(self, number: Any, rest: Any, more: float) -> tuple[Any, Any]:
        """A number in two parts, and some more."""
        if not more:
            return number, rest
        main = rounded(more) if self.is_float32 else more
        total = number + main
        larger, other = self.choose(number < main, (main, number), (number, main))
        return total, self.lost(larger, other, total) + (rest + (more - main))

    def plus(self, length: float, distance: Any) -> Any:
        """A constant and a distance from a joint. XLA would make one number of the constant and the joint, rounded; not
        where a choice stands between them.
        """
        return length + self.where(distance < 0.0, 0.0, distance)

    def over(self, number: float, by: Any) -> Any:
        """PyTorch would multiply the number by the inverse."""
        return self.array(number) / by

    def sqrt(self, number: Any) -> Any:
        """Its slope at 0 is taken for 0: infinity times the 0 of a choice would be NaN."""
        positive = number > 0.0
        return self.where(positive, self.xp.sqrt(self.where(positive, number, 1.0)), 0.0)

    def stairs(self, distance: Any, period: float) -> Any:
        """XLA would multiply by the inverse of a constant period, which misses whole quotients."""
        steps = self.minimum(distance, STEPS)
        return self.xp.floor(steps / (steps * 0.0 + period))

    def minimum(self, one: Any, other: Any) -> Any:
        one, other = self.array(one), self.array(other)  # Keras's own `minimum` makes int64 into int32 on PyTorch
        return self.xp.where(one < other, one, other)

    def maximum(self, one: Any, other: Any) -> Any:
        return self.where(one > other, one, other)

    def near(self, number: Any, unit: float = 1.0) -> Any:
        """XLA would leave out what is added and taken away again."""
        return self.xp.floor(number * (1.0 / unit) + 0.5) * unit

    def power_of_2(self, exponent: Any) -> Any:
        """A library's own power may be off by an ULP or two: to a few bits it is right.

        The choice stands between a product and a sum, so that they are not fused.
        """
        rough = self.xp.pow(self.array(2.0), exponent)
        wide = self.where(rough > 0.0, rough * 4097.0, 0.0)
        return wide - (wide - rough)

    def octaves(self, number: Any) -> tuple[Any, Any]:
        octaves = self.xp.floor(self.xp.log2(self.where(number > 0.0, number, 1.0)))
        return octaves, self.power_of_2(-octaves)

    def stairs_in_two(self, distance: Any, period: float) -> tuple[Any, Any]:
        return self.stairs(distance, period), 0.0

    def stretched(self, distance: Any, period: float) -> tuple[Any, Any, Any, Any]:
        steps = self.minimum(distance, STEPS)
        cycles = self.maximum(-self.xp.floor(-steps / (steps * 0.0 + period)), 1.0)
        if not self.is_float32 or period % 1.0 == 0.0:
            whole = cycles * period
            left = whole - distance
            return whole, 0.0, left, self.lost(whole, -distance, left)
        # Products of few bits are exact: up to 2**20 cycles, in two parts, times a period in three.
        thousands = self.near(cycles, 1024.0)
        main = leading(period, 12)
        rest = leading(period - main, 12)
        left = (thousands * main - distance) + (cycles - thousands) * main
        left_rest = (thousands * rest + (cycles - thousands) * rest) + cycles * (period - main - rest)
        # The quotient was rounded: it may be of the cycle before or after.
        found = left + left_rest
        for over, one in ((found < -HAIR, 1.0), (self.where(cycles > 1.0, found, 0.0) > period - HAIR, -1.0)):
            cycles = cycles + self.where(over, one, 0.0)
            left = left + self.where(over, one * main, 0.0)
            left_rest = left_rest + self.where(over, one * (period - main), 0.0)
        total = left + left_rest
        found = total >= HAIR
        total = self.where(found, total, 0.0)
        return cycles * period, 0.0, total, self.where(found, self.lost(left, left_rest, total), 0.0)


class Counted(Floats):
    """The same where steps are integers, of which whole periods are counted as such."""

    def __init__(self, floats: Floats, integers: Floats, steps: Any) -> None:
        super().__init__(floats.xp, floats.dtype, floats.device)
        self.integers, self.steps = integers, steps

    def stairs(self, distance: Any, period: float) -> Any:
        if period % 1.0:
            return super().stairs(distance, period)
        if period > int(self.xp.iinfo(self.integers.dtype).max):
            return self.xp.astype(self.steps * 0, self.dtype)
        return self.xp.astype(self.steps // self.integers.array(int(period)), self.dtype)

    def stairs_in_two(self, distance: Any, period: float) -> tuple[Any, Any]:
        if period % 1.0 or period > int(self.xp.iinfo(self.integers.dtype).max):
            return super().stairs_in_two(distance, period)
        return self.in_two(self.integers, self.steps // self.integers.array(int(period)))

    def stretched(self, distance: Any, period: float) -> tuple[Any, Any, Any, Any]:
        if period % 1.0:
            return super().stretched(distance, period)
        done, done_rest = self.in_two(self.integers, self.steps)
        if period > int(self.xp.iinfo(self.integers.dtype).max):
            left, left_rest = self.sum(-done, -done_rest, period)
        else:
            length = self.integers.array(int(period))
            over = self.steps % length
            start = self.integers.where(self.steps == 0, length, 0)
            left = self.integers.where(over == 0, start, length - over)
            left, left_rest = self.in_two(self.integers, left)
        whole = done + left
        larger, other = self.choose(done < left, (left, done), (done, left))
        return whole, self.lost(larger, other, whole) + (done_rest + left_rest), left, left_rest


def rates(schedule: Any, steps: Any) -> Any:
    """The rates of an array of steps, as an array of the same library."""
    from array_api_compat import array_namespace, device, is_dask_array, is_jax_array, is_torch_array

    xp = array_namespace(steps)
    if is_torch_array(steps) and steps.dtype in (xp.uint16, xp.uint32, xp.uint64):
        rule = "of a dtype that PyTorch computes with"
        raise TypeError(f"Argument `step` must be {rule}. Received: step.dtype={steps.dtype}")
    # JAX moves what was put nowhere to the device of what was; what was put somewhere makes jit trace once more.
    return rates_in(xp, schedule, steps, None if is_jax_array(steps) else device(steps), lazy=is_dask_array(steps))


def rates_in(xp: Any, schedule: Any, steps: Any, place: Any, *, lazy: bool = False) -> Any:
    """The rates of an array of steps, in its namespace and on its device."""
    dtype = steps.dtype
    integral = xp.isdtype(dtype, "integral")
    if not integral and not xp.isdtype(dtype, "real floating"):
        refuse(TypeError, "step", "an array of ints or floats", steps)
    default = xp.__array_namespace_info__().default_dtypes(device=place)
    native = dtype.newbyteorder("=") if lazy else dtype
    result = native if native in (xp.float32, xp.float64) else default["real floating"]
    if lazy:
        return steps.map_blocks(_rates_of_block, schedule=schedule, result=result, dtype=result)
    if integral and xp.iinfo(dtype).bits < xp.iinfo(default["integral"]).bits:
        steps = xp.astype(steps, default["integral"])
    if result == xp.float64:
        computed, parts = xp.float64, in_float64(schedule.segments)
    else:
        computed, parts = xp.float32, in_float32(schedule.segments)
    rates_of = rates_of_integers if integral else rates_of_floats
    return xp.astype(rates_of(xp, parts, steps, computed, place), result, copy=False)


def rates_of_floats(xp: Any, parts: Sequence[Part], steps: Any, dtype: Any, device: Any) -> Any:
    """The rates of steps that are taken in this dtype."""
    floats = Floats(xp, dtype, device)
    steps = xp.astype(steps, dtype)
    steps = floats.where(steps < 0.0, 0.0, steps)
    found: Any = math.nan  # which it stays where the step is NaN
    for segment, shape, start, end, first in parts:
        rate: Any = segment.first_rate
        if segment.kind != "hold":
            # Within the segment, so that nothing overflows where the rate is not used.
            inside = floats.minimum(floats.where(steps < start, start, steps), end)
            done, left = inside - start, end - inside
            before, after = start - segment.start, segment.end - end if end < math.inf else 0.0
            if isinstance(shape, ShapeInTwo):
                if not floats.is_float32:
                    distances = floats.distances(segment, inside)
                else:
                    done, done_rest = floats.sum(done, floats.lost(inside, -start, done), before)
                    left, left_rest = floats.sum(left, floats.lost(end, -inside, left), after)
                    distances = done, left, done_rest, left_rest
                rate = shape.rate(floats, *distances)
            else:
                done = floats.plus(before, done) if before else done
                left = floats.plus(after, left) if after else left
                rate = shape.rate(floats, done, left)
        found = floats.where(steps >= first, rate, found)
    return found


def rates_of_integers(xp: Any, parts: Sequence[Part], steps: Any, dtype: Any, device: Any) -> Any:
    """The rates of steps that are clamped, compared and subtracted as integers, so that no step is rounded."""
    floats, integers = Floats(xp, dtype, device), Floats(xp, steps.dtype, device)
    top = int(xp.iinfo(steps.dtype).max)
    steps = integers.where(steps < 0, 0, steps)
    found: Any = math.nan
    for segment, shape, *_ in parts:
        first, rate = math.ceil(segment.start), segment.first_rate
        if first > top:  # no step of this dtype is so large
            break
        if first >= segment.end:  # no whole step lies in it
            continue
        start = integers.array(first)
        if segment.kind != "hold":
            last = math.floor(segment.end) if segment.end < math.inf else top
            inside = integers.minimum(integers.where(steps < start, start, steps), min(last, top))
            namespace = Counted(floats, integers, inside - start) if shape.period or shape.cycle else floats
            before, after = first - segment.start, segment.end - last
            if isinstance(shape, ShapeInTwo):
                done, done_rest = floats.sum(*floats.in_two(integers, inside - start), before)
                left, left_rest = floats.array(after), 0.0
                if last <= top and after < math.inf:
                    left, left_rest = floats.sum(*floats.in_two(integers, integers.array(last) - inside), after)
                elif after < math.inf:
                    left, left_rest = floats.sum(-done, -done_rest, segment.end - segment.start)
                distances = done, left, done_rest, left_rest
                if not floats.is_float32 and not segment.whole:
                    distances = floats.distances(segment, xp.astype(inside, dtype))
                rate = shape.rate(namespace, *distances)
            else:
                # Sums of parts that are not negative, so that a joint between whole steps costs no digit.
                done = xp.astype(inside - start, dtype)
                left = _distance(xp, integers, inside, last, top, dtype)
                rate = shape.rate(namespace, done + before if before else done, left + after if after else left)
        found = floats.where(steps >= start, rate, found)
    return found


def _distance(xp: Any, integers: Floats, steps: Any, end: int, top: int, dtype: Any) -> Any:
    """`end - steps` as floats, rounded once where it is at most `top`, the largest of these integers."""
    if end <= top:
        return xp.astype(integers.array(end) - steps, dtype)
    over, left = end - top, integers.array(top) - steps
    rounded_twice = xp.astype(left, dtype) + float(over)
    if over >= top:
        return rounded_twice
    most = integers.array(top - over)
    exact = xp.astype(integers.minimum(left, most) + integers.array(over), dtype)
    return xp.where(left <= most, exact, rounded_twice)


def _rates_of_block(block: Any, schedule: Any, result: Any) -> Any:
    """Those of one of Dask's blocks: NumPy's bits, if it is NumPy's."""
    import numpy as np
    from array_api_compat import is_numpy_array

    if not is_numpy_array(block):
        return rates(schedule, block)
    if isinstance(block, np.ma.MaskedArray):
        refuse(TypeError, "step", "an array without a mask", block)
    unknown = np.isnan(block)
    out = schedule(np.where(np.logical_or(unknown, block < 0), 0, block), out=np.empty(block.shape, result))
    out[unknown] = np.nan
    return out
