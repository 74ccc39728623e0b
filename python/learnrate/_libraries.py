"""Rates for other libraries' arrays: PyTorch, JAX, Dask, and whatever else speaks the array API (CuPy: untested).

The formula runs in the library's own namespace, on the device of the steps, lazy or traced where they are. Nothing here
looks at an element, for that would wait for the device, and cannot be done under a trace. So nothing can be refused
either: a negative step has the rate of step 0, and NaN stays NaN.
"""

from __future__ import annotations

import struct
from typing import Any

from ._arguments import refuse
from ._formula import C0, Curve


class Float32Curve(Curve):
    """The formula in float32, where its first coefficient takes back what rounding the other constants adds.

    In ULP, at their worst, the roundings are: the square of the distance from the nearer joint 1, its quotient 1, the
    coefficients 0.2, their sum 0.8, its product 1, that with the span 1, the last sum and the joint 0.5 each: 6 in all.
    A distance beyond 2**24 steps is rounded itself, which its square doubles: 8.
    """

    def __init__(self, schedule: Any) -> None:
        super().__init__(schedule)
        for rate in (*self.rise[:2], *self.fall[:2]):
            _float32(rate)
        *_, span, square = self.fall
        exact = C0 * _float32(square) / square
        if rounded := _float32(span):
            exact *= span / rounded
        self.c0 = _float32(exact)
        self.c0_lo = exact - self.c0


def _float32(x: float) -> float:
    try:
        (rounded,) = struct.unpack("<f", struct.pack("<f", x))  # "<": this refuses what is too large
    except OverflowError:
        raise ValueError(f"A rate of the schedule is too large for float32. Received: {x!r}") from None
    return float(rounded)


class Namespace:
    """What the formula needs of a library, with numbers as arrays of one dtype on one device.

    As Python numbers they would come back from `where` in the library's default dtype.
    """

    def __init__(self, xp: Any, dtype: Any, device: Any) -> None:
        self.xp, self.dtype, self.device = xp, dtype, device

    def array(self, x: Any) -> Any:
        return self.xp.full((), x, dtype=self.dtype, device=self.device) if isinstance(x, (int, float)) else x

    def where(self, condition: Any, yes: Any, no: Any) -> Any:
        return self.xp.where(condition, self.array(yes), self.array(no))

    def choose(self, condition: Any, yes: Any, no: Any) -> list[Any]:
        return [self.where(condition, *pair) for pair in zip(yes, no, strict=True)]

    def minimum(self, one: Any, other: Any) -> Any:
        other = self.array(other)  # Keras's own `minimum` makes int64 into int32 on PyTorch
        return self.xp.where(other < one, other, one)


def rates(schedule: Any, steps: Any) -> Any:
    """The rates of an array of steps, as an array of the same library."""
    from array_api_compat import array_namespace, device, is_dask_array, is_jax_array, is_torch_array

    xp, dtype = array_namespace(steps), steps.dtype
    # JAX moves what was put nowhere to the device of what was; what was put somewhere makes jit trace once more.
    place = None if is_jax_array(steps) else device(steps)
    integral = xp.isdtype(dtype, "integral")
    if not integral and not xp.isdtype(dtype, "real floating"):
        refuse(TypeError, "step", "an array of ints or floats", steps)
    if is_torch_array(steps) and dtype in (xp.uint16, xp.uint32, xp.uint64):
        raise TypeError(f"Argument `step` must be of a dtype that PyTorch computes with. Received: step.dtype={dtype}")

    default = xp.__array_namespace_info__().default_dtypes(device=place)
    lazy = is_dask_array(steps)
    native = dtype.newbyteorder("=") if lazy else dtype
    result = native if native in (xp.float32, xp.float64) else default["real floating"]
    if lazy:
        return steps.map_blocks(_rates_of_block, schedule=schedule, result=result, dtype=result)
    if integral and xp.iinfo(dtype).bits < xp.iinfo(default["integral"]).bits:
        steps = xp.astype(steps, default["integral"])
    computed, curve = (xp.float64, Curve) if result == xp.float64 else (xp.float32, Float32Curve)
    rates_of = rates_of_integers if integral else rates_of_floats
    return xp.astype(rates_of(xp, curve(schedule), steps, computed, place), result, copy=False)


def rates_of_floats(xp: Any, curve: Curve, steps: Any, dtype: Any, device: Any) -> Any:
    steps, floats = xp.astype(steps, dtype), Namespace(xp, dtype, device)
    return curve.value(floats, floats.where(steps < 0, 0.0, steps))


def rates_of_integers(xp: Any, curve: Curve, steps: Any, dtype: Any, device: Any) -> Any:
    """As `Curve.value`, but clamped, compared and subtracted as integers, so that no step is rounded.

    The integers may be too narrow for the schedule. A distance that is too large for them is taken as their largest
    number. In a phase from 0 that is over twice as long the largest step is taken as the one before it, so that it
    still is nearer to the start.
    """
    integers = Namespace(xp, steps.dtype, device)
    warmup, end, top = int(curve.warmup), int(curve.end), int(xp.iinfo(steps.dtype).max)

    def to(joint: int) -> Any:
        over = min(max(joint - top, 0), top)
        return integers.minimum(integers.array(min(joint, top)) - steps, top - over) + integers.array(over)

    last = top - 1 if (warmup or end) > 2 * top else min(end, top)
    steps = integers.minimum(integers.where(steps < 0, 0, steps), last)
    warmup_or_top = integers.array(min(warmup, top))
    warming = steps < warmup_or_top if warmup <= top else steps >= 0
    done = steps - integers.where(warming, 0, warmup_or_top)
    left = integers.where(warming, to(warmup), to(end))
    from_start = done < left
    near = xp.astype(xp.where(from_start, done, left), dtype)
    return curve.rate(Namespace(xp, dtype, device), warming, from_start, near)


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
