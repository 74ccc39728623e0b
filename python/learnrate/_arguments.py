"""What a schedule's arguments may be, and the errors when they are something else."""

from __future__ import annotations

import math
import sys

from . import _exact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

MAX_STEPS = 2**53
"""Above it a float64 no longer tells one step from the next."""
NO_SHARE = "a number of steps, >= 1, not a share or a rate"


def show(value: object) -> str:
    """The value as an error message shows it: its `repr`, within reason."""
    try:
        text = repr(value)
    except Exception:  # such as ints of more digits than Python prints, or a hostile object's
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 1000 else f"{text[:1000]}..."


def refuse(error: type[Exception], argument: str, rule: str, value: object, **others: object) -> NoReturn:
    received = ", ".join(f"{name}={show(other)}" for name, other in {argument: value, **others}.items())
    raise error(f"Argument `{argument}` must be {rule}. Received: {received}")


def is_number(dtype: Any) -> bool:
    """Whether a NumPy dtype is one of NumPy's own int or float types (extension types pose as either)."""
    import numpy as np

    return dtype.kind in "iuf" and issubclass(dtype.type, (np.integer, np.floating))


def plain_number(value: Any) -> int | float | None:
    """A Python or NumPy number, or a 0-d array of one, as a Python int or float; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    np = sys.modules.get("numpy")  # until NumPy is imported no value can be NumPy's
    if np is None or not isinstance(value, (np.generic, np.ndarray)) or isinstance(value, np.ma.MaskedArray):
        return None
    if isinstance(value, np.ndarray):
        value = np.asarray(value)  # a subclass may say of itself what is not so
    if value.shape != () or not is_number(value.dtype):
        return None
    return float(value) if value.dtype.kind == "f" else int(value)


def to_float(number: int | float) -> float:
    """The nearest float64; an int too large for one becomes infinite."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def rate(argument: str, value: Any) -> float:
    number = plain_number(value)
    if number is None:
        refuse(TypeError, argument, "a number", value)
    result = to_float(number)
    if not 0.0 <= result < math.inf:
        refuse(ValueError, argument, "a finite number >= 0", value)
    return result + 0.0  # -0.0 is stored as 0.0


def positive(argument: str, value: Any) -> float:
    number = plain_number(value)
    if number is None:
        refuse(TypeError, argument, "a number", value)
    result = to_float(number)
    if not 0.0 < result < math.inf:
        refuse(ValueError, argument, "a finite number > 0", value)
    return result


def power(argument: str, value: Any) -> float:
    """The power of a polynomial."""
    number = positive(argument, value)
    if number > 1000.0:
        refuse(ValueError, argument, "<= 1000", value)
    return number


def count(argument: str, value: Any, *, least: int, shortest: float = 1.0) -> float:
    """A number of steps, which need not be whole; an int where it is. A share or a rate is none."""
    number = plain_number(value)
    if number is None:
        refuse(TypeError, argument, "a number", value)
    if not number >= least and not number > 0:
        refuse(ValueError, argument, "> 0" if least else ">= 0", value)
    if number > MAX_STEPS:
        refuse(ValueError, argument, "<= 2**53", value)
    if 0 < number < shortest:
        refuse(ValueError, argument, NO_SHARE if shortest == 1.0 else "0 or >= 2**-20", value)
    return _exact.whole(number)


def whole(argument: str, value: Any, *, least: int, total: int | None = None) -> int:
    """A whole number of steps; the error for a share of a total that is known says how many steps it is."""
    number = plain_number(value)
    if number is None:
        refuse(TypeError, argument, "a whole number", value)
    if isinstance(number, float) and not number.is_integer():
        if 0.0 < number < 1.0 and total is not None:
            share = f"{NO_SHARE}: round({number!r} * total_steps) is {round(number * total)}"
            refuse(ValueError, argument, share, value, total_steps=total)
        refuse(ValueError, argument, NO_SHARE if 0.0 < number < 1.0 else "a whole number", value)
    return int(count(argument, value, least=least))


def flag(argument: str, value: Any) -> bool:
    if not isinstance(value, bool):
        refuse(TypeError, argument, "a bool", value)
    return value


def text(argument: str, value: Any) -> str:
    if not isinstance(value, str):
        refuse(TypeError, argument, "a string", value)
    plain = str.__str__(value)  # the text itself, whatever a subclass makes of it
    try:
        plain.encode()
    except UnicodeEncodeError:
        refuse(ValueError, argument, "free of lone surrogates", value)
    return plain


def items(argument: str, value: Any, rule: str) -> list[Any]:
    """The elements of a sequence, read once: it may be another's, who changes it meanwhile."""
    from collections.abc import Sequence

    if not isinstance(value, Sequence) or isinstance(value, (str, bytes, bytearray, memoryview)):
        refuse(TypeError, argument, rule, value)
    try:
        return list(value)
    except OverflowError:
        if not isinstance(value, range):  # which may have more elements than can be counted
            raise
        refuse(ValueError, argument, rule, value)
