"""Objects whose methods do what they like, for the tests of what comes of them."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

FIELDS: dict[str, Any] = {
    "initial_learning_rate": 0.25,
    "decay_steps": 90,
    "alpha": 0.1,
    "name": "name",
    "warmup_target": 1.5,
    "warmup_steps": 10,
}
ATTRIBUTES = ("__class__", "dtype", "shape", "ndim", "size", "flags", "__array_interface__")


class BoomError(Exception):
    """One that nobody else raises."""


def hostile(base: type, value: tuple[Any, ...], methods: dict[str, Callable[..., Any]]) -> Any:
    """`base(*value)`, but with methods of its own, some of which are those of attributes."""
    members = {name: property(method) if name in ATTRIBUTES else method for name, method in methods.items()}
    if "__eq__" in members:
        members["__hash__"] = base.__hash__  # which Python takes away from a class with such a method
    cls: Any = type("Hostile", (base,), members)
    return np.array(*value).view(cls) if issubclass(base, np.ndarray) else cls(*value)


class OnceList(list[Any]):
    """A sequence whose elements are gone when they are read again."""

    def __iter__(self) -> Iterator[Any]:
        while self:
            yield self.pop(0)


class OnceDict(UserDict[Any, Any]):
    """A mapping whose values are gone when they are read again."""

    def __getitem__(self, key: Any) -> Any:
        value = self.data[key]
        self.data = {other: self.data[other] for other in self.data if other != key}  # the old one may be iterated over
        return value
