"""From a step, or many, to a rate, or many: what every schedule's call does with what it is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from ._arguments import is_number, plain_number, refuse, show, to_float

RULE = "a number, or an array, range or nested sequence of numbers"
BLOCK = 65_536
"""Steps that are converted at a time when they are not already vectors that a backend reads."""


def evaluate(schedule: Any, step: Any, out: Any = None) -> Any:
    """`schedule(step, out=out)`. `schedule._fill(steps, out)` writes the rates of a vector of steps."""
    if out is None:
        number = plain_number(step)
        if number is not None:
            number_as_float = to_float(number)
            if not number_as_float >= 0.0:
                refuse(ValueError, "step", ">= 0", step)
            return schedule(number_as_float)
    if isinstance(step, range):
        return _evaluate_range(schedule, step, out)
    import numpy as np

    steps = _as_array(step)
    rates = _check_out(out, steps.shape)
    if np.may_share_memory(steps, rates):
        steps = steps.copy()
    bad = _fill(schedule, steps, rates)
    if bad is not None:
        index = np.unravel_index(bad, steps.shape)
        given = np.array(step, dtype=object) if isinstance(step, Sequence) else steps
        _refuse_element(ValueError, ">= 0", index, plain_number(given[index]))
    return _result(rates, out)


def _evaluate_range(schedule: Any, step: range, out: Any) -> Any:
    import numpy as np

    try:
        count = len(step)
    except OverflowError:
        refuse(ValueError, "step", "a range of fewer than 2**63 steps", step)
    rates = _check_out(out, (count,))
    if count and min(step[0], step[-1]) < 0:
        bad = 0 if step[0] < 0 else step[0] // -step.step + 1
        _refuse_element(ValueError, ">= 0", (bad,), step[bad])
    for first in range(0, count, BLOCK):
        part = step[first : first + BLOCK]
        try:
            steps = np.arange(part.start, part.stop, part.step, dtype=np.int64)
        except OverflowError:  # beyond int64
            steps = np.array([to_float(number) for number in part])
        _fill(schedule, steps, rates[first : first + BLOCK])
    return _result(rates, out)


def _as_array(step: Any) -> Any:
    """An int or float ndarray of the steps."""
    import numpy as np

    if isinstance(step, np.ma.MaskedArray):
        refuse(TypeError, "step", RULE, step)
    if hasattr(type(step), "__array__"):
        array = np.asarray(step)
        if is_number(array.dtype):
            return array
    elif isinstance(step, Sequence) and not isinstance(step, (str, bytes, bytearray)):
        return _from_sequence(step)
    elif (number := plain_number(step)) is not None:
        return np.asarray(to_float(number))
    refuse(TypeError, "step", RULE, step)


def _from_sequence(step: Sequence[Any]) -> Any:
    import numpy as np

    # As objects, because NumPy would take True for 1 and "2" beside numbers for text.
    try:
        objects = np.array(step, dtype=object)
    except ValueError:  # rows of different lengths
        refuse(TypeError, "step", RULE, step)
    if set(map(type, objects.flat)) <= {int, float}:
        try:
            return objects.astype(np.float64)
        except OverflowError:
            pass
    steps = np.empty(objects.shape)
    for index, element in np.ndenumerate(objects):
        number = plain_number(element)
        if number is None:
            _refuse_element(TypeError, "a number", index, element)
        steps[index] = to_float(number)
    return steps


def _check_out(out: Any, shape: tuple[int, ...]) -> Any:
    """The array to write into: `out`, if it fits, or a new one."""
    import numpy as np

    if out is None:
        return np.empty(shape)
    if (
        not isinstance(out, np.ndarray)
        or isinstance(out, np.ma.MaskedArray)
        or out.dtype not in (np.float64, np.float32)
    ):
        refuse(TypeError, "out", "a float64 or float32 ndarray", out)
    if out.shape != shape:
        raise ValueError(f"Argument `out` must have the shape of the steps, {shape}. Received: out.shape={out.shape}")
    if not out.flags.writeable:
        raise ValueError("Argument `out` must be writeable. Received: out.flags.writeable=False")
    return np.asarray(out)


def _fill(schedule: Any, steps: Any, rates: Any) -> int | None:
    """Writes the rates of the steps; returns the position in C order of the first one that is negative or NaN."""
    import numpy as np

    plain = steps.dtype in (np.float64, np.int64, np.float32, np.int32)
    if plain and steps.flags.c_contiguous and steps.flags.aligned and rates.flags.carray:
        return schedule._fill(steps.reshape(-1), rates.reshape(-1))
    position = 0
    with (
        np.errstate(over="ignore"),  # a longdouble beyond float64 is past the end of any schedule
        np.nditer(
            [steps, rates],
            flags=["buffered", "external_loop", "zerosize_ok"],
            op_flags=[["readonly", "aligned", "contig"], ["writeonly", "aligned", "contig"]],
            op_dtypes=[np.float64, rates.dtype],
            casting="same_kind",
            order="C",
            buffersize=BLOCK,
        ) as blocks,
    ):
        for block, out in blocks:
            bad = schedule._fill(block, out)
            if bad is not None:
                return position + bad
            position += block.size
    return None


def _result(rates: Any, out: Any) -> Any:
    if out is not None:
        return out
    return rates if rates.shape else float(rates)


def _refuse_element(error: type[Exception], rule: str, index: tuple[Any, ...], value: object) -> NoReturn:
    place = f"[{', '.join(str(i) for i in index)}]" if index else ""
    raise error(f"Argument `step` must be {rule}. Received: step{place}={show(value)}")
