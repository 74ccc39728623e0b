"""From a step, or many, to a rate, or many: what every schedule's call does with what it is given."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ._arguments import MAX_STEPS, is_number, plain_number, refuse, show, to_float

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, Protocol, type_check_only

    @type_check_only
    class Core(Protocol):
        """What a backend's curve does."""

        def __call__(self, step: float) -> float:
            """The rate at a float >= 0."""
            ...

        def _fill(self, steps: Any, out: Any) -> int | None:
            """Writes the rates of a vector of float64, float32, int64 or int32 steps into one of float64 or float32.

            Returns the index of the first step that is negative or NaN, if there is one; `out` is then unspecified.
            """
            ...

        def _fill_range(self, start: int, stride: int, out: Any) -> None:
            """Writes the rates of the steps `start`, `start + stride` and so on, none negative, into a vector."""
            ...


RULE = "a number, or an array, range or nested sequence of numbers"
TOO_LONG = "a range of fewer than 2**63 steps"
MAX_DIMENSIONS = 32
"""NumPy 1's limit: 64 since NumPy 2."""
BLOCK = 65_536
"""Steps that are converted at a time when they are not already vectors that a backend reads."""


TENSORS: dict[type, Callable[[Any, Any], Any]] = {}
"""What evaluates the arrays of a library, by their type, where an adapter knows a shorter way than asking around."""


def evaluate(schedule: Core, step: Any = ..., out: Any = None) -> Any:
    """`schedule(step, out=out)`, whatever the step is; `...` where there is none."""
    if out is None and type(step) in TENSORS:
        return TENSORS[type(step)](schedule, step)
    if out is None:
        number = plain_number(step)
        if number is not None:
            number_as_float = to_float(number)
            if not number_as_float >= 0.0:
                refuse(ValueError, "step", ">= 0", step)
            return schedule(number_as_float)
    if isinstance(step, range):
        return _evaluate_range(schedule, step, out)
    if not _may_be_numbers(step):
        if step is ...:
            raise TypeError(
                "A schedule needs a step: schedule(step). Keras's optimizers, which call without one, take "
                "learnrate.keras.Schedule(schedule)"
            )
        refuse(TypeError, "step", RULE, step)
    if _is_of_another_library(step):
        if out is not None:
            refuse(TypeError, "out", "absent where the steps are another library's array", out)
        from . import _libraries

        return _libraries.rates(schedule, step)
    import numpy as np

    steps = _as_array(step)
    rates = _check_out(out, steps.shape)
    if np.may_share_memory(steps, rates):
        steps = steps.copy()
    bad = _fill(schedule, steps, rates)
    if bad is not None:
        index = np.unravel_index(bad, steps.shape)
        _refuse_element(ValueError, ">= 0", index, _as_passed(step, index, steps[index]) if index else step)
    return _result(rates, out)


def _evaluate_range(schedule: Core, step: range, out: Any) -> Any:
    import numpy as np

    try:
        count = len(step)
    except OverflowError:
        refuse(ValueError, "step", TOO_LONG, step)
    rates = _check_out(out, (count,))
    if count and min(step[0], step[-1]) < 0:
        bad = 0 if step[0] < 0 else step[0] // -step.step + 1
        _refuse_element(ValueError, ">= 0", (bad,), step[bad])
    if count and max(step[0], step[-1], abs(step.step)) <= MAX_STEPS and rates.flags.carray:
        schedule._fill_range(step.start, step.step, rates)
        return _result(rates, out)
    for first in range(0, count, BLOCK):
        steps = np.array([to_float(number) for number in step[first : first + BLOCK]])
        _fill(schedule, steps, rates[first : first + BLOCK])
    return _result(rates, out)


def _as_array(step: Any, index: tuple[int, ...] = ()) -> Any:
    """An int or float ndarray of the steps; `index` is where they stand in the sequence that was passed."""
    import numpy as np

    if _is_sequence(step):
        return _from_sequence(step, index)
    array: Any = None
    if getattr(type(step), "__array__", None):
        array = np.asanyarray(step)
    elif isinstance(step, memoryview):
        try:
            array = np.asarray(step)
        except (RuntimeError, ValueError):  # NumPy does not know every format, and some are of released memory
            array = None
    elif (number := plain_number(step)) is not None:
        return np.asarray(to_float(number))
    if array is not None and not isinstance(array, np.ma.MaskedArray):
        plain = np.asarray(array)  # a subclass may say of itself what is not so
        if is_number(plain.dtype):
            return plain
    _refuse_element(TypeError, "a number" if index else RULE, index, step)


def _may_be_numbers(step: Any) -> bool:
    """Whether it is worth an import of NumPy to find out; what is certainly no number is refused without."""
    if isinstance(step, (str, bytes, bytearray, bool)):
        return False
    kind = type(step)
    return isinstance(step, (int, float, Sequence, memoryview)) or hasattr(kind, "__array__") or _is_array_like(kind)


def _is_array_like(kind: type) -> bool:
    return hasattr(kind, "__array_namespace__") or hasattr(kind, "__dlpack__")


def _is_of_another_library(step: Any) -> bool:
    """Whether it is an array that array-api-compat knows, but not NumPy's."""
    np = sys.modules.get("numpy")
    if isinstance(step, Sequence) or (np and isinstance(step, (np.generic, np.ndarray))):
        return False  # without the time that the import takes
    from array_api_compat import is_array_api_obj

    return bool(is_array_api_obj(step))


def _is_sequence(step: Any) -> bool:
    return isinstance(step, Sequence) and not isinstance(step, (str, bytes, bytearray, memoryview))


def _from_sequence(step: Sequence[Any], index: tuple[int, ...]) -> Any:
    import numpy as np

    # Not by NumPy, which takes True for 1, dates for numbers, and "2" beside numbers for text.
    if len(index) == MAX_DIMENSIONS:
        _refuse_element(TypeError, "a number", index, step)
    try:
        elements = list(step)  # once: it may be another's, who changes it meanwhile
    except OverflowError:
        if not isinstance(step, range):
            raise
        _refuse_element(ValueError, TOO_LONG, index, step)
    numbers = [plain_number(element) for element in elements]
    if None not in numbers:
        return np.array([to_float(number) for number in numbers if number is not None])
    rows = [_as_array(row, (*index, i)) for i, row in enumerate(elements)]
    if len({row.shape for row in rows}) > 1:
        _refuse_element(TypeError, "a sequence of rows of one shape", index, step)
    with np.errstate(over="ignore"):  # a longdouble beyond float64 is past the end of any schedule
        return np.stack(rows, dtype=np.float64, casting="same_kind")


def _check_out(out: Any, shape: tuple[int, ...]) -> Any:
    """The array to write into: `out`, if it fits, or a new one."""
    import numpy as np

    if out is None:
        return np.empty(shape)
    if not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray):
        refuse(TypeError, "out", "a float64 or float32 ndarray", out)
    out = np.asarray(out)  # a subclass may say of itself what is not so
    if out.dtype not in (np.float64, np.float32):
        raise TypeError(f"Argument `out` must be a float64 or float32 ndarray. Received: out.dtype={out.dtype}")
    if out.shape != shape:
        raise ValueError(f"Argument `out` must have the shape of the steps, {shape}. Received: out.shape={out.shape}")
    if not out.flags.writeable:
        raise ValueError("Argument `out` must be writeable. Received: out.flags.writeable=False")
    return out


def _fill(schedule: Core, steps: Any, rates: Any) -> int | None:
    """Writes the rates of the steps; returns the position in C order of the first one that is negative or NaN."""
    import numpy as np

    if not steps.size:
        return None
    plain = steps.dtype in (np.float64, np.int64, np.float32, np.int32)
    if plain and steps.flags.c_contiguous and steps.flags.aligned and rates.flags.carray:
        return schedule._fill(steps.reshape(-1), rates.reshape(-1))
    flags: Any = [["readonly", "aligned", "contig"], ["writeonly", "aligned", "contig"]]  # NumPy's stub lacks "contig"
    steps, rates = np.atleast_1d(steps, rates)  # NumPy 1's iterator loses what it writes into a 0-d array
    position = 0
    with (
        np.errstate(all="ignore"),  # longdoubles may overflow and underflow a float64
        np.nditer(
            [steps, rates],
            flags=["buffered", "external_loop", "zerosize_ok"],
            op_flags=flags,
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


def _as_passed(step: Any, index: tuple[Any, ...], refused: Any) -> object:
    """A refused element as a Python number: as it stands in a sequence of steps, where it may be an int.

    If it still does: the sequence may be another's, who changes it meanwhile.
    """
    import numpy as np

    number = plain_number(refused)
    try:
        for i in index if _is_sequence(step) else ():
            step = (step if _is_sequence(step) else np.asarray(step))[i]
        passed = plain_number(step)
        return passed if passed is not None and repr(to_float(passed)) == repr(number) else number
    except Exception:
        return number


def _refuse_element(error: type[Exception], rule: str, index: tuple[Any, ...], value: object) -> NoReturn:
    place = f"[{', '.join(str(i) for i in index)}]" if index else ""
    raise error(f"Argument `step` must be {rule}. Received: step{place}={show(value)}")
