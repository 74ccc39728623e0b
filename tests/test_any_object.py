"""Any object at all as a step, an `out`, a field, a config or a text: both backends give the same value or error.

What is an error is one of ours, which names its argument, or what the object's own methods raised. In the long run,
`pytest --hypothesis-profile long`, other objects are tried each time.
"""

from __future__ import annotations

import array
import json
import re
from collections import UserDict, UserList, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from family import ROWS, Row
from hostile import ATTRIBUTES, BoomError, OnceDict, OnceList, hostile
from hypothesis import event, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

FIELDS = ROWS[0].arguments
LOWEST, HIGHEST = 1.5 * 0.1, 1.5  # the rates of FIELDS


@dataclass(frozen=True, eq=False)
class Maker:
    """Makes one object for each backend, since some can be read but once."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    honest: bool = True  # what the object says of itself is so, and its methods raise nothing of their own

    def __call__(self) -> Any:
        return self.function(*self.arguments)


def itself(value: Any) -> Any:
    return value


def lying(base: type, value: tuple[Any, ...], answers: dict[str, Any]) -> Any:
    """What it says of itself, method by method; what it does not say, its base class does."""

    def method(answer: Any) -> Callable[..., Any]:
        def said(*args: object, **kwargs: object) -> Any:
            if answer is BoomError:
                raise BoomError
            return answer

        return said

    told = {"__repr__": f"{base.__name__} with {answers}"} | answers
    return hostile(base, value, {name: method(answer) for name, answer in told.items()})


def liar(base: type, value: tuple[Any, ...], answers: dict[str, Any]) -> Maker:
    return Maker(lying, (base, value, answers), honest=not answers)


METHODS = ["__index__", "__int__", "__float__", "__bool__", "__len__", "__iter__", "__getitem__", "__contains__"]
METHODS += ["__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__add__", "__neg__", "__str__", "__repr__", "__trunc__"]
METHODS += ["__array__", "__array_finalize__", "is_integer", "tolist", "astype", "copy", "reshape"]
METHODS += ["encode", "keys", "get", "items", *ATTRIBUTES]
ANSWERS: list[Any] = [BoomError, None, NotImplemented, True, 0, -1, 7, 2**60, 10**400, 0.5, float("nan")]
ANSWERS += ["", "\ud800", "7", (), [1], [-1], {}, int, float, str]
VALUES: dict[type, list[Any]] = {
    int: [7, -7, 10**400],
    float: [7.0, -0.5, float("inf")],
    str: ["name", "\ud800"],
    bytes: [b"7"],
    list: [[1, 2]],
    tuple: [[1, -2]],
    dict: [FIELDS],
    np.ndarray: [[1, 2], [True], [1j], [None], 7, -7.5],
    np.float64: [7],
    np.int64: [7],
    UserList: [[1, 2]],
    UserDict: [FIELDS],
    deque: [[1, 2]],
}
BASES: list[tuple[type, tuple[Any, ...]]] = [(base, (value,)) for base, values in VALUES.items() for value in values]
LIARS = st.builds(
    lambda base, answers: liar(base[0], base[1], answers),
    st.sampled_from([*BASES, (object, ())]),
    st.dictionaries(st.sampled_from(METHODS), st.sampled_from(ANSWERS), max_size=3),
)

EXTREMES = st.sampled_from([n + k for n in (0, 2**31, 2**53, 2**63, 2**64, 10**400) for k in (-1, 0, 1)])
INTS = st.integers(-(2**70), 2**70) | EXTREMES | EXTREMES.map(lambda n: -n)


def is_quick(steps: range) -> bool:
    """Not so long that it takes memory and time: short, or longer than any memory."""
    return not 100_000 <= (steps.stop - steps.start) // steps.step <= 2**50


RANGES = st.builds(range, INTS, INTS, INTS.filter(bool)).filter(is_quick)
DTYPES = hnp.scalar_dtypes() | hnp.array_dtypes(max_size=2) | st.sampled_from([np.dtype("O"), np.dtype("g")])
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


def forms(numbers: np.ndarray) -> list[Any]:
    """The numbers in arrays of other kinds and types, those of other libraries among them."""
    of_others = [getattr(ml_dtypes, name) for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2", "int4", "uint2")]
    masked = [np.ma.array(numbers), np.ma.array(numbers, mask=numbers < 0)]
    typed = [numbers.astype(dtype) for dtype in [*of_others, "O", "g", ">f4", ">i2", "f8", "i4"]]
    return [*masked, *typed, numbers.T, numbers[()]]


def view(values: Any) -> Any:
    try:
        return memoryview(values)
    except (TypeError, ValueError, BufferError):
        return values


def endless() -> list[Any]:
    steps: list[Any] = [1]
    steps.append(steps)
    return steps


NUMBERS = hnp.arrays("i1", SHAPES) | hnp.arrays("u1", SHAPES)  # the latter none of them negative, which is refused
ARRAYS = hnp.arrays(DTYPES, SHAPES) | NUMBERS.flatmap(lambda numbers: st.sampled_from(forms(numbers)))
PLAIN: list[st.SearchStrategy[Any]] = [INTS, st.floats(), st.booleans(), st.none(), st.complex_numbers(), RANGES]
PLAIN += [st.text(), st.binary(), st.decimals(), st.fractions(), st.datetimes(), st.timedeltas(), st.from_type(type)]
PLAIN += [st.binary().map(bytearray), st.lists(st.floats()).map(lambda values: array.array("d", values))]
PLAIN += [ARRAYS, ARRAYS.map(view), hnp.arrays(DTYPES, ()).map(lambda values: values[()])]
MAKERS: list[st.SearchStrategy[Maker]] = [plain.map(lambda value: Maker(itself, (value,))) for plain in PLAIN]
MAKERS += [LIARS, st.sampled_from([Maker(endless), Maker(pow, (10, 5000))])]
MAKERS += [st.lists(INTS, max_size=3).map(lambda numbers: Maker(iter, (numbers,)))]
MAKERS += [st.lists(INTS, max_size=3).map(lambda numbers: Maker(map, (abs, numbers)))]
LEAVES = st.one_of(MAKERS)


def contained(container: Callable[[list[Any]], Any], makers: list[Maker]) -> Any:
    return container([maker() for maker in makers])


def contain(container: Callable[[list[Any]], Any], makers: list[Maker]) -> Maker:
    return Maker(contained, (container, makers), honest=all(maker.honest for maker in makers))


OBJECTS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        contain,
        st.sampled_from([list, tuple, deque, UserList, OnceList]),
        st.lists(inner, max_size=4) | inner.map(lambda maker: [maker] * 3),
    ),
    max_leaves=6,
)


def outcome(call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, ...]:
    """What comes of a call, such that equal ones are equal to the last bit."""
    try:
        value = call(*args, **kwargs)
    except Exception as error:
        return type(error), re.sub("0x[0-9a-f]+", "0x", str(error))  # addresses
    if isinstance(value, np.ndarray):
        return np.ndarray, value.dtype, value.shape, value.tobytes()
    return type(value).__name__, value.hex() if isinstance(value, float) else repr(value)


def same(outcomes: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    first = outcomes[0]
    assert outcomes == [first] * len(outcomes)
    event(first[0] if isinstance(first[0], str) else first[0].__name__)
    return first


OWN = ("Argument `", "warmup_steps=", "The length of boundaries")
OF_CONFIGS = ("Invalid schedule JSON: ", "Unknown key", "Missing key", "Duplicate key", "Key `", "Unknown `class_name`")
OF_NUMPY = ("array is too big", "Maximum allowed dimension")  # for as many rates as a range has steps


def check_error(kind: type, text: str, *makers: Maker) -> None:
    """Of honest objects the errors are ours; of others, what they raise or make NumPy or Python say."""
    if all(maker.honest for maker in makers):
        if issubclass(kind, MemoryError):
            return
        assert kind in (ValueError, TypeError, UserWarning)
        assert text.startswith(OWN + OF_CONFIGS + OF_NUMPY)


def out_of(choice: Any, maker: Maker) -> Any:
    """An array to write into, or a view or a subclass of one, or whatever the maker makes."""
    if choice == "any":
        return maker()
    out = np.full(choice[1], 9.0, choice[0])
    if choice[2] == "lying":
        return out.view(Array)
    return np.asarray(out, order=choice[2])


class Array(np.ndarray):
    """Of another shape and type than it says."""

    dtype: Any = np.dtype("f8")
    shape: Any = (2,)


OUTS = st.just("any") | st.tuples(
    st.sampled_from(["f8", "f4", "f8", ">f8", "i8", "O"]),
    SHAPES | st.just((2,)),
    st.sampled_from(["C", "F", "lying"]),
)
ENDLESS = Maker(endless)


@given(maker=OBJECTS, out=st.none() | OUTS, other=OBJECTS)
@example(maker=liar(np.ndarray, ([1, 2],), {"dtype": np.dtype("f8"), "shape": ()}), out=None, other=ENDLESS)
@example(maker=Maker(view, (np.zeros(1, [("\0", "?")]),)), out=None, other=ENDLESS)
@example(maker=Maker(range, (2**51,)), out=None, other=ENDLESS)
@example(maker=Maker(range, (2**63 - 1,)), out=None, other=ENDLESS)
@example(maker=Maker(list, ([range(2**64)],)), out=None, other=ENDLESS)
@example(maker=Maker(list, ((0, 10, 200),)), out=None, other=ENDLESS)
@example(maker=Maker(list, ((0, 10, 200),)), out=("f4", (3,), "C"), other=ENDLESS)
@example(maker=Maker(list, ((1, 2),)), out=("i8", (2,), "lying"), other=ENDLESS)
@example(maker=Maker(list, ((1, 2),)), out=("f8", (3,), "lying"), other=ENDLESS)
def test_step(packages: list[ModuleType], maker: Maker, out: Any, other: Maker) -> None:
    def call(schedule: Any) -> Any:
        step = maker()
        return schedule(step) if out is None else np.asarray(schedule(step, out=out_of(out, other)))

    kind, *rest = same([outcome(call, package.CosineDecay(**FIELDS)) for package in packages])
    if kind is np.ndarray:
        dtype, _, data = rest
        rates = np.frombuffer(data, dtype)
        assert dtype == np.float64 or out is not None
        assert ((dtype.type(LOWEST) <= rates) & (rates <= HIGHEST)).all()  # a float32 `out` rounds the lowest
    elif kind == "float":
        assert LOWEST <= float.fromhex(rest[0]) <= HIGHEST
    else:
        check_error(kind, rest[0], maker, *[other] * (out == "any"))


@pytest.mark.parametrize(("made", "field"), [(row, field) for row in ROWS for field in row.fields], ids=str)
@given(maker=OBJECTS)
@example(maker=liar(str, ("name",), {"__str__": "\ud800"}))
@example(maker=liar(str, ("name",), {"encode": b""}))
def test_field(packages: list[ModuleType], made: Row, field: str, maker: Maker) -> None:
    def call(package: ModuleType) -> Any:
        return made.cls(package)(**made.arguments | {field: maker()})

    kind, text = same([outcome(call, package) for package in packages])
    if kind != made.name:
        check_error(kind, text, maker)


PHASES = st.dictionaries(st.sampled_from(["steps", "learning_rate", "shape", "power", "start", "rate"]), OBJECTS)


@given(fields=st.lists(OBJECTS, max_size=5), named=PHASES)
def test_phase(packages: list[ModuleType], fields: list[Maker], named: dict[str, Maker]) -> None:
    def by_place(package: ModuleType) -> Any:
        return package.Phases(0.1, [tuple(maker() for maker in fields)])

    def by_name(package: ModuleType) -> Any:
        return package.Phases(0.1, [{"steps": 10, "learning_rate": 0.1} | {k: maker() for k, maker in named.items()}])

    for call, makers in ((by_place, fields), (by_name, list(named.values()))):
        kind, text = same([outcome(call, package) for package in packages])
        if kind != "Phases":
            check_error(kind, text, *makers)


@given(
    config=st.dictionaries(st.sampled_from(list(FIELDS)), OBJECTS, max_size=3),
    wrapper=st.sampled_from([dict, UserDict, OnceDict]),
    keys=st.dictionaries(OBJECTS, LEAVES, max_size=1),
)
def test_config(packages: list[ModuleType], config: dict[str, Maker], wrapper: Any, keys: dict[Maker, Maker]) -> None:
    def made() -> Any:
        fields = FIELDS | {field: maker() for field, maker in config.items()}
        for key, value in keys.items():
            with suppress(Exception):  # it may have no hash, or no equal
                fields[key()] = value()
        return wrapper(fields)

    for read in ("from_config", "deserialize"):

        def call(package: ModuleType, read: str = read) -> Any:
            if read == "from_config":
                return package.CosineDecay.from_config(made())
            return package.deserialize({"class_name": "CosineDecay", "config": made()})

        kind, text = same([outcome(call, package) for package in packages])
        if kind != "CosineDecay":
            check_error(kind, text, *config.values(), *keys, *keys.values())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([*FIELDS, "CosineDecay"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FIELDS, "class_name"]), inner),
    max_leaves=5,
)
WHOLE = {"class_name": "CosineDecay", "config": FIELDS}


@given(
    field=st.sampled_from([*FIELDS, "beta"]),
    value=JSON,
    cut=st.integers(0, 200),
    insert=st.sampled_from(["", " ", ",", '"', "{", "[", "]", "}", "\\", "\ud800", "NaN", "1e999", "0", "null", "\0"]),
    encoding=st.sampled_from([None, "utf-8", "utf-16", "latin-1"]),
)
def test_text(packages: list[ModuleType], field: str, value: Any, cut: int, insert: str, encoding: str | None) -> None:
    text = json.dumps({**WHOLE, "config": FIELDS | {field: value}})
    text = text[:cut] + insert + text[cut + len(insert) :]
    if encoding is None:
        passed: str | bytes = text
    else:
        passed = text.encode(encoding, "replace" if encoding == "latin-1" else "surrogatepass")
    kind, shown = same([outcome(package.CosineDecay.from_json, passed) for package in packages])
    if kind != "CosineDecay":
        assert kind is not TypeError
        check_error(kind, shown)


@given(maker=OBJECTS)
def test_whatever_else_is_given(packages: list[ModuleType], maker: Maker) -> None:
    def calls(package: ModuleType) -> list[Callable[[Any], Any]]:
        cosine = package.CosineDecay
        return [
            cosine.from_json,
            cosine.from_config,
            package.from_json,
            package.constant,
            package.constant(0.1).with_warmup,
            package.Phases.from_config,
            lambda value: package.linear_decay(0.1, value),
            lambda value: package.warmup_stable_decay(0.1, 100, warmup_steps=value, decay_steps=10),
            package.deserialize,
            package.serialize,
            lambda value: package.deserialize({"class_name": value, "config": FIELDS}),
            lambda value: package.deserialize({**WHOLE, "module": value}),
            lambda value: cosine.from_total_steps(value, 1e-3),
            lambda value: cosine.from_total_steps(100, value),
            lambda value: cosine.from_total_steps(100, 1e-3, final_learning_rate=value),
        ]

    for others in zip(*map(calls, packages), strict=True):
        kind, text = same([outcome(lambda other=other: other(maker())) for other in others])
        if kind not in ("CosineDecay", "Phases"):
            check_error(kind, text, maker)
    honest, text = same([outcome(lambda p=package: p.CosineDecay(**FIELDS).__eq__(maker())) for package in packages])
    assert (honest, text) == ("NotImplementedType", "NotImplemented")
