"""What the methods of a step raise passes through, and what they do meanwhile to the arrays at hand harms nobody."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

import array_api_compat.numpy
import numpy as np
import pytest
from family import ROWS
from hostile import NOT_ASKED, RAISED, OnceDict, OnceList, Steps, hostile, passes, raising, then

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule


FIELDS = ROWS[0].arguments


@pytest.fixture
def schedule(CosineDecay: type[Schedule]) -> Schedule:
    return CosineDecay(**FIELDS)


STEPS = [0, 5, 10, 50, 100]


class Array:
    """Another library's, with no more than steps need."""

    dtype, device = np.dtype("f8"), "cpu"

    def __array_namespace__(self, api_version: str | None = None) -> ModuleType:
        return array_api_compat.numpy

    def astype(self, dtype: Any, copy: bool) -> np.ndarray:
        return np.array(STEPS, dtype)


@pytest.mark.parametrize("error", RAISED)
@pytest.mark.parametrize(
    ("base", "method", "value"),
    [
        *((int, method, 5) for method in ("__int__", "__class__")),
        *((float, method, 5.0) for method in ("__float__", "__class__")),
        *((object, method, None) for method in ("__array__", "__class__")),
        *((Steps, method, None) for method in ("__iter__", "__getitem__", "__class__")),
        *((list, method, [1, 2]) for method in ("__iter__",)),
    ],
)
def test_what_a_step_s_methods_raise(
    schedule: Schedule, base: type, method: str, value: Any, error: type[BaseException]
) -> None:
    step = raising(base, method, error, *([] if value is None else [value]))
    calls: list[Callable[[Any], object]] = [
        schedule,
        lambda step: schedule([1, step]),
        lambda step: schedule([[1], [step]]),
    ]
    calls += [lambda step: schedule(step, out=np.empty(())), lambda step: schedule([step], out=np.empty(1))]
    for call in calls:
        passes(error, call, step)


@pytest.mark.parametrize("error", RAISED)
@pytest.mark.parametrize("method", NOT_ASKED)
def test_what_a_step_is_not_asked(schedule: Schedule, method: str, error: type[BaseException]) -> None:
    step = raising(object, method, error)
    for given in (step, [1, step], [[1], [step]]):
        for out in (None, np.empty(())):
            with pytest.raises(TypeError, match=r"^Argument `step` must be a number"):
                schedule(given, out=out)


@pytest.mark.parametrize("error", RAISED)
def test_what_repr_raises(CosineDecay: Any, schedule: Schedule, error: type[BaseException]) -> None:
    value = raising(object, "__repr__", error)
    for call in (schedule, lambda value: schedule([1, value]), lambda value: CosineDecay(value, 1000)):
        if issubclass(error, Exception):  # then the error about the value is the one to see
            with pytest.raises(TypeError, match=r"Received: .*=<Hostile>$"):
                call(value)
        else:
            passes(error, call, value)


@pytest.mark.parametrize("error", RAISED)
@pytest.mark.parametrize("method", ["__array_namespace__", "dtype"])
def test_what_another_library_s_array_raises(schedule: Schedule, method: str, error: type[BaseException]) -> None:
    passes(error, schedule, raising(Array, method, error))


READ = ["__array__", "__float__", "__int__", "__iter__", "__getitem__"]
OF_ANOTHER_LIBRARY = ["__array_namespace__", "dtype"]


def meddling(method: str, meddle: Callable[[], object], dtype: str = "i8") -> Any:
    """The steps, as objects that do something when they are read by the method."""
    steps = np.array(STEPS, dtype)
    first, *others = numbers = steps.tolist()
    if method == "__array__":
        return hostile(object, (), {method: then(steps, meddle)})
    if method in ("__float__", "__int__"):
        number = float if method == "__float__" else int
        return [hostile(number, (first,), {method: then(number(first), meddle)}), *others]
    if method == "__iter__":
        return hostile(list, (numbers,), {method: lambda self: iter(then(numbers, meddle)())})
    if method == "__getitem__":
        return hostile(Steps, (), {method: lambda self, index: then(numbers, meddle)()[index]})
    answer = np.dtype("f8") if method == "dtype" else array_api_compat.numpy
    return hostile(Array, (), {method: then(answer, meddle)})


@pytest.fixture
def expected(schedule: Schedule) -> list[float]:
    return [schedule(step) for step in STEPS]


@pytest.mark.parametrize("dtype", ["i8", "f8", "i2"])
@pytest.mark.parametrize("method", READ + OF_ANOTHER_LIBRARY)
def test_steps_that_call_the_schedule(schedule: Schedule, expected: list[float], method: str, dtype: str) -> None:
    out, rates = np.empty(len(STEPS)), []
    given = {} if method in OF_ANOTHER_LIBRARY else {"out": out}

    def call(meddle: Callable[[], object]) -> None:
        rates.append(schedule(meddling(method, meddle, dtype), **given).tolist())

    call(lambda: call(lambda: rates.append(schedule(np.array(STEPS, dtype), out=out).tolist())))
    assert rates[-1] == out.tolist() == expected
    assert len(rates) >= 3
    assert rates == [expected] * len(rates)


@pytest.mark.parametrize("method", READ)
def test_steps_that_change_out(schedule: Schedule, expected: list[float], method: str) -> None:
    out = np.empty(len(STEPS))
    assert schedule(meddling(method, lambda: out.fill(7)), out=out).tolist() == expected
    with pytest.raises(ValueError, match=r"^Argument `out` must be writeable"):
        schedule(meddling(method, lambda: out.setflags(write=False)), out=out)
    out = np.full(len(STEPS), 9.0)
    with pytest.raises(ValueError, match=r"^Argument `out` must have the shape of the steps, \(5,\)"):
        schedule(meddling(method, lambda: out.resize(2, refcheck=False)), out=out)
    assert out.tolist() == [9.0] * 2


def test_a_step_that_gives_out_away(schedule: Schedule, expected: list[float]) -> None:
    for first in (0, 1):
        both = np.array([*STEPS, 0], "f8")
        step = hostile(object, (), {"__array__": then(both[:-1])})
        assert schedule(step, out=both[first : first + len(STEPS)]).tolist() == expected


@pytest.mark.parametrize("method", ["__float__", "__int__", "__iter__"])
def test_steps_that_go_away(schedule: Schedule, expected: list[float], method: str) -> None:
    steps = meddling(method, lambda: steps.clear())
    assert schedule(steps).tolist() == expected
    assert len(steps) == 0


def test_arrays_that_go_away(schedule: Schedule, expected: list[float]) -> None:
    kept = [np.array(STEPS)]
    assert schedule(hostile(object, (), {"__array__": lambda *args, **kwargs: kept.pop()})).tolist() == expected

    row = hostile(object, (), {"__array__": then(np.array([5]), lambda: rows.clear())})
    rows: list[Any] = [[0], row, [10]]
    assert schedule(rows).tolist() == [[rate] for rate in expected[:3]]
    assert rows == []


def test_a_refused_value_that_meddles_when_it_is_shown(
    CosineDecay: Any, schedule: Schedule, expected: list[float]
) -> None:
    def call(steps: list[Any], out: np.ndarray) -> None:
        assert schedule(np.array(STEPS), out=out).tolist() == expected

    meddles: list[Callable[[list[Any], np.ndarray], object]] = [
        call,
        lambda steps, out: steps.clear(),
        lambda steps, out: out.setflags(write=False),
        lambda steps, out: out.resize(2, refcheck=False),
    ]
    refused: list[tuple[type, tuple[Any, ...], Callable[[Any, list[Any], np.ndarray], object]]] = [
        (object, (), lambda value, steps, out: schedule(value, out=out)),
        (object, (), lambda value, steps, out: schedule(steps)),
        (object, (), lambda value, steps, out: schedule(steps[:-1], out=value)),
        (object, (), lambda value, steps, out: CosineDecay(value, 1000)),
        (object, (), lambda value, steps, out: CosineDecay.from_config(FIELDS | {"alpha": value})),
        (float, (-1,), lambda value, steps, out: schedule(value)),
    ]
    for meddle in meddles:
        for base, number, call_with in refused:
            steps, out = [0], np.empty(len(STEPS))
            value = hostile(base, number, {"__repr__": then("mine", partial(meddle, steps, out))})
            steps.append(value)
            # An error of the meddling, that of the assertion too, would hide what is "mine".
            with pytest.raises((TypeError, ValueError), match=r"^Argument `.* Received: \w+(\[1\])?=mine$"):
                call_with(value, steps, out)


def test_a_mapping_that_meddles(learnrate: ModuleType, schedule: Schedule, expected: list[float]) -> None:
    out = np.empty(len(STEPS))

    def read(self: Any, key: str) -> Any:
        out.fill(7)
        assert schedule(np.array(STEPS), out=out).tolist() == expected
        return OnceDict.__getitem__(self, key)

    config = hostile(OnceDict, (FIELDS,), {"__getitem__": read})
    assert learnrate.CosineDecay.from_config(config) == schedule
    config = hostile(OnceDict, (FIELDS,), {"__getitem__": read})
    envelope = hostile(OnceDict, ({"class_name": "CosineDecay", "config": config},), {"__getitem__": read})
    assert learnrate.deserialize(envelope) == schedule
    assert (len(config), len(envelope), out.tolist()) == (0, 0, expected)


def test_the_refused_step_is_the_one_that_was_read(schedule: Schedule) -> None:
    class Replacing(float):
        def __float__(self) -> float:
            steps[:] = [5] * len(steps)
            return -1.0

    class Clearing(float):
        def __float__(self) -> float:
            steps.clear()
            return -1.0

    sequences: list[list[Any]] = [[1, Replacing()], [1, Clearing()], OnceList([1, -1]), [OnceList([1]), [-1]]]
    for given in sequences:
        steps = given
        with pytest.raises(ValueError, match=r"^Argument `step` must be >= 0\. Received: step\[1(, 0)?\]=-1(\.0)?$"):
            schedule(steps)


class Finalizer:
    """In a cycle, so that the collector finds it whenever it runs."""

    def __init__(self, meddle: Callable[[], object]) -> None:
        self.cycle, self.meddle = self, meddle

    def __del__(self) -> None:
        self.meddle()


def test_a_finalizer_that_uses_the_same_arrays(schedule: Schedule, expected: list[float]) -> None:
    # The collector may run in the middle of a call, wherever something is allocated.
    threshold = gc.get_threshold()
    steps, out = np.array(STEPS), np.empty(len(STEPS))

    runs = 0

    def meddle() -> None:
        nonlocal runs
        runs += 1
        schedule(steps)
        schedule(steps, out=out)

    gc.set_threshold(1, 1, 1)
    try:
        for _ in range(500):
            Finalizer(meddle)
            assert schedule(steps).tolist() == expected
            Finalizer(meddle)
            assert schedule(steps, out=out).tolist() == expected
            Finalizer(meddle)
            assert schedule(STEPS).tolist() == expected
    finally:
        gc.set_threshold(*threshold)
    assert runs > 500


def calls_that_fail(schedule: Schedule, steps: np.ndarray, out: np.ndarray) -> list[Callable[[], object]]:
    bad = np.where(np.arange(steps.size) == 5, -1, steps)
    return [
        lambda: schedule(bad, out=out),
        lambda: schedule(bad[::-1], out=out),
        lambda: schedule(steps, out=out[:-1]),
        lambda: schedule(steps.astype(object), out=out),
        lambda: schedule(range(-1, steps.size - 1), out=out),
        lambda: schedule(out, out=out.astype("i8")),
    ]


@pytest.mark.parametrize("size", [1000, 100_000])  # without and with threads
def test_arrays_are_free_after_an_error(schedule: Schedule, size: int) -> None:
    # rust-numpy remembers which arrays are in use.
    steps, out = np.arange(float(size)), np.zeros(size)
    expected = schedule(steps)
    before = sys.getrefcount(steps), sys.getrefcount(out)
    calls = calls_that_fail(schedule, steps, out)
    while calls:
        for _ in range(100):
            with pytest.raises((ValueError, TypeError)):
                calls[-1]()
        calls.pop()
        assert (schedule(steps, out=out) == expected).all()
        assert (schedule(expected.copy(), out=steps.copy()) == schedule(expected)).all()
    gc.collect()
    assert (sys.getrefcount(steps), sys.getrefcount(out)) == before


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="interrupts by a timer")
@pytest.mark.timeout(method="thread")  # the other method has the same timer
def test_arrays_are_free_after_an_interrupt(schedule: Schedule) -> None:
    steps, out = np.arange(100_000), np.zeros(100_000)
    expected = schedule(steps)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    interrupted, before = 0, signal.signal(signal.SIGALRM, interrupt)
    try:
        for i in range(200):
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-5 + i * 1e-5)
                while True:
                    schedule(steps, out=out)
            except KeyboardInterrupt:
                interrupted += 1
            assert (schedule(steps, out=out) == expected).all()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert interrupted == 200
