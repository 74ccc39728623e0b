"""Keras's wire form: the envelope as a dict or as text, and the errors when it is something else."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from ._arguments import show, to_float

if TYPE_CHECKING:
    from ._cosine_decay import CosineDecay

MODULE = "keras.optimizers.schedules"
ENVELOPE = ("module", "class_name", "config", "registered_name")
MAX_DEPTH = 128


def serialize(schedule: CosineDecay) -> dict[str, Any]:
    """Keras's dict for a schedule, as `keras.optimizers.schedules.serialize` makes it.

    Args:
        schedule: a `CosineDecay`.

    Returns:
        `{"module", "class_name", "config", "registered_name"}`, ready for `json.dumps` and for
        `keras.optimizers.schedules.deserialize`.

    Raises:
        TypeError: if it is not one of this library's schedules.

    >>> import learnrate
    >>> learnrate.serialize(learnrate.CosineDecay(0.1, 1000))["class_name"]
    'CosineDecay'
    """
    from ._cosine_decay import CosineDecay

    if not isinstance(schedule, CosineDecay):
        raise TypeError(f"Argument `schedule` must be a learnrate schedule. Received: schedule={show(schedule)}")
    return {
        "module": MODULE,
        "class_name": "CosineDecay",
        "config": schedule.get_config(),
        "registered_name": None,
    }


def deserialize(data: Mapping[str, Any]) -> CosineDecay:
    """The schedule that a dict of Keras's describes, such as `keras.optimizers.schedules.serialize` makes.

    `{"class_name", "config"}` alone will do. `module` and `registered_name` are ignored, as in Keras.

    Args:
        data: the dict.

    Raises:
        ValueError: if it describes no schedule of this library: an unknown class or key, a missing key, a value of
            the wrong type or against its rule.

    >>> import learnrate
    >>> config = {"initial_learning_rate": 0.1, "decay_steps": 1000}
    >>> learnrate.deserialize({"class_name": "CosineDecay", "config": config})(500)
    0.05
    """
    from ._cosine_decay import CosineDecay

    check_keys("data", data, known=ENVELOPE, required=("class_name", "config"))
    for key in ("module", "registered_name"):
        if not isinstance(data.get(key), (str, type(None))):
            raise ValueError(f"Key `{key}` must be a string or null. Received: {key}={show(data[key])}")
    if data["class_name"] != "CosineDecay":
        raise ValueError(f"Unknown `class_name`. Known: 'CosineDecay'. Received: {show(data['class_name'])}")
    return CosineDecay.from_config(data["config"])


def check_keys(name: str, data: Any, known: tuple[str, ...], required: tuple[str, ...]) -> None:
    """Raises a ValueError unless `data` is a mapping of known keys, the required ones among them."""
    if not isinstance(data, Mapping):
        raise ValueError(f"Argument `{name}` must be an object (a dict). Received: {name}={show(data)}")
    for key in data:
        if key not in known:
            raise ValueError(f"Unknown key in `{name}`. Known: {', '.join(known)}. Received: {show(key)}")
    for key in required:
        if key not in data:
            raise ValueError(f"Missing key in `{name}`: {key}. Received: {show(dict(data))}")


def parse(text: str | bytes) -> Any:
    """What the JSON text says, if it is such that every reader of JSON would agree."""
    import json

    if not isinstance(text, (str, bytes)):
        raise TypeError(f"Argument `text` must be str or bytes. Received: text={show(text)}")
    duplicates: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in pairs:
            if key in data:
                duplicates.append(key)
            data[key] = value
        return data

    try:
        text = text.decode() if isinstance(text, bytes) else text
        _check_depth(text)
        data = json.loads(
            text,
            object_pairs_hook=unique,
            parse_constant=_refuse_number,
            parse_float=lambda number: _finite(float(number), number),
            parse_int=lambda number: _finite(int(number), number),
        )
        # An escape such as \\ud800 makes a string that is not Unicode text.
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ValueError(f"Invalid schedule JSON: {error}") from None
    if duplicates:
        raise ValueError(f"Duplicate key: {show(duplicates[0])}")
    return data


def _check_depth(text: str) -> None:
    """Refuses what could exhaust the stack of a reader."""
    depth = 0
    for token in re.findall(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[][{}]', text, re.DOTALL):  # strings whole, and brackets
        depth += (token in "[{") - (token in "]}")
        if depth > MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH}")


def _finite(number: float, text: str) -> float:
    return number if abs(to_float(number)) < math.inf else _refuse_number(text)


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"not a finite float64: {show(text)}")
