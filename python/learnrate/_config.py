"""Keras's wire form: the envelope around a config, its text, and the errors when it is something else."""

from __future__ import annotations

import math

from ._arguments import show, to_float
from ._value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn, TypeGuard

KERAS = "keras.optimizers.schedules"
ENVELOPE = ("module", "class_name", "config", "registered_name")
MAX_DEPTH = 128


def wrap(module: str, class_name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Keras's envelope around a config; the classes that Keras lacks stand in it as registered by this package."""
    registered_name = None if module == KERAS else f"{module}>{class_name}"
    return {"module": module, "class_name": class_name, "config": config, "registered_name": registered_name}


def unwrap(data: Any, known: tuple[str, ...]) -> tuple[str, Any]:
    """The class name and the config in Keras's envelope, which must be that of one of these classes."""
    data = checked("data", data, known=ENVELOPE, required=("class_name", "config"))
    for key in ("module", "registered_name"):
        if not isinstance(data.get(key), (str, type(None))):
            raise ValueError(f"Key `{key}` must be a string or null. Received: {key}={show(data[key])}")
    class_name = data["class_name"]
    if not isinstance(class_name, str) or class_name not in known:
        classes = ", ".join(map(repr, known))
        raise ValueError(f"Unknown `class_name`. Known: {classes}. Received: {show(class_name)}")
    return class_name, data["config"]


def plain(field: Any) -> Any:
    """A field as JSON has it."""
    if isinstance(field, tuple):
        return [plain(value) for value in field]
    return dict(zip(field._fields, field._values(), strict=True)) if isinstance(field, Value) else field


def is_mapping(data: Any) -> TypeGuard[Mapping[str, Any]]:
    from collections.abc import Mapping

    return isinstance(data, Mapping)


def checked(name: str, data: Any, known: tuple[str, ...], required: tuple[str, ...]) -> dict[str, Any]:
    """A mapping as a dict; a ValueError unless it is one of known keys, the required ones among them."""
    if not is_mapping(data):
        raise ValueError(f"Argument `{name}` must be an object (a dict). Received: {name}={show(data)}")
    values: dict[str, Any] = dict(data)  # once: it may be another's, who changes it meanwhile
    for key in values:
        if not isinstance(key, str) or key not in known:
            raise ValueError(f"Unknown key in `{name}`. Known: {', '.join(known)}. Received: {show(key)}")
    for key in required:
        if key not in values:
            raise ValueError(f"Missing key in `{name}`: {key}. Received: {show(values)}")
    return values


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
            # No float64 has 400 digits, and Python refuses to read more than 4,300.
            parse_int=lambda digits: _finite(int(digits), digits) if len(digits) < 400 else _refuse_number(digits),
        )
        # An escape such as \ud800 makes a string that is not Unicode text.
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ValueError(f"Invalid schedule JSON: {error}") from None
    if duplicates:
        raise ValueError(f"Duplicate key: {show(duplicates[0])}")
    return data


def _check_depth(text: str) -> None:
    """Refuses what could exhaust the stack of a reader."""
    import re

    depth = 0
    for token in re.finditer(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[][{}]', text, re.DOTALL):  # strings whole, and brackets
        depth += (token[0] in "[{") - (token[0] in "]}")
        if depth > MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH}")


def _finite(number: float, text: str) -> float:
    return number if abs(to_float(number)) < math.inf else _refuse_number(text)


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"not a finite float64: {show(text)}")
