"""Objects whose methods do what they like, for the tests of what comes of them."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

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


class Steps(Sequence[int]):
    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: Any) -> Any:
        if index < 2:
            return index
        raise IndexError


def then(value: Any, meddle: Callable[[], object] = lambda: None) -> Callable[..., Any]:
    """A method that does something before it returns the value."""

    def method(*args: object, **kwargs: object) -> Any:
        meddle()
        return value

    return method


# What is raised

RAISED = [BoomError, KeyboardInterrupt, MemoryError, SystemExit, RecursionError, GeneratorExit]
RAISED += [OverflowError, ValueError, TypeError, RuntimeError]  # some of these are caught elsewhere


# What is only a number, text or a sequence for those who ask it is not asked.
NOT_ASKED = ["__index__", "__float__", "__int__", "__len__", "__iter__", "__eq__", "__hash__", "__str__", "__bool__"]


def raising(base: type, method: str, error: type[BaseException], *value: Any) -> Any:
    def boom(*args: object, **kwargs: object) -> Any:
        raise error("mine")

    return hostile(base, value, {method: boom})


def passes(error: type[BaseException], call: Callable[..., object], *args: Any, **kwargs: Any) -> None:
    with pytest.raises(error) as info:
        call(*args, **kwargs)
    assert type(info.value) is error
    assert str(info.value) == "mine"
