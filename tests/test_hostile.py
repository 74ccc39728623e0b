"""What an object's own methods raise passes through, and what they do meanwhile to the arrays at hand harms nobody."""

from __future__ import annotations

import gc
import signal
import sys
from collections import UserDict
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule

FIELDS: dict[str, Any] = {
    "initial_learning_rate": 0.25,
    "decay_steps": 90,
    "alpha": 0.1,
    "name": "name",
    "warmup_target": 1.5,
    "warmup_steps": 10,
}


@pytest.fixture
def schedule(CosineDecay: type[Schedule]) -> Schedule:
    return CosineDecay(**FIELDS)


class BoomError(Exception):
    pass


RAISED = [BoomError, KeyboardInterrupt, MemoryError, SystemExit, RecursionError, GeneratorExit]
RAISED += [OverflowError, ValueError, TypeError, RuntimeError]  # some of these are caught elsewhere


def raising(base: type, method: str, error: type[BaseException], *value: Any) -> Any:
    """An instance of the base whose method raises."""

    def boom(self: object, *args: object, **kwargs: object) -> Any:
        raise error("mine")

    member = property(boom) if method in ("__class__", "__array_interface__", "dtype", "shape") else boom
    members: dict[str, Any] = {"__slots__": (), method: member}
    if method == "__eq__":
        members["__hash__"] = base.__hash__
    cls = type("Raising", (base,), members)
    return np.array(*value).view(cls) if issubclass(base, np.ndarray) else cls(*value)


class Steps(Sequence[int]):
    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: Any) -> Any:
        if index < 2:
            return index
        raise IndexError


def passes(error: type[BaseException], call: Callable[..., object], *args: Any, **kwargs: Any) -> None:
    with pytest.raises(error) as info:
        call(*args, **kwargs)
    assert type(info.value) is error
    assert str(info.value) == "mine"


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


def test_an_overflow_in_a_sequence_of_another_s_is_its_own(schedule: Schedule) -> None:
    class Long(list[int]):
        def __iter__(self) -> Any:
            raise OverflowError("mine")

    passes(OverflowError, schedule, Long([1]))


@pytest.mark.parametrize("error", RAISED)
@pytest.mark.parametrize("field", FIELDS)
def test_what_a_field_s_methods_raise(CosineDecay: Any, field: str, error: type[BaseException]) -> None:
    for base, method in ((int, "__int__"), (float, "__float__")):
        if field != "name":
            passes(error, CosineDecay, **FIELDS | {field: raising(base, method, error, 5)})
    passes(error, CosineDecay, **FIELDS | {field: raising(object, "__class__", error)})
    # What is only a number for those who ask it is not asked.
    for method in (
        "__index__",
        "__float__",
        "__int__",
        "__len__",
        "__iter__",
        "__eq__",
        "__hash__",
        "__str__",
        "__bool__",
    ):
        with pytest.raises(TypeError, match=f"^Argument `{field}` must be a "):
            CosineDecay(**FIELDS | {field: raising(object, method, error)})


@pytest.mark.parametrize("error", RAISED)
def test_what_repr_raises(CosineDecay: Any, schedule: Schedule, error: type[BaseException]) -> None:
    value = raising(object, "__repr__", error)
    for call in (schedule, lambda value: schedule([1, value]), lambda value: CosineDecay(value, 1000)):
        if issubclass(error, Exception):  # then the error about the value is the one to see
            with pytest.raises(TypeError, match=r"Received: .*=<Raising>$"):
                call(value)
        else:
            passes(error, call, value)


@pytest.mark.parametrize("error", RAISED)
@pytest.mark.parametrize("method", ["__iter__", "__getitem__", "__class__"])
def test_what_a_mapping_s_methods_raise(learnrate: ModuleType, method: str, error: type[BaseException]) -> None:
    config = raising(UserDict, method, error, FIELDS)
    envelope = raising(UserDict, method, error, {"class_name": "CosineDecay", "config": FIELDS})
    for call, value in ((learnrate.CosineDecay.from_config, config), (learnrate.deserialize, envelope)):
        passes(error, call, value)


@pytest.mark.parametrize("error", RAISED)
@pytest.mark.parametrize("method", ["__array_namespace__", "dtype"])
def test_what_another_library_s_array_raises(schedule: Schedule, method: str, error: type[BaseException]) -> None:
    class Array:
        dtype = np.dtype("f8")

        def __array_namespace__(self, api_version: str | None = None) -> Any:
            return np

    passes(error, schedule, raising(Array, method, error))


STEPS = [0, 5, 10, 50, 100]


class Meddling:
    """Does something while it is made an array."""

    def __init__(self, steps: Any, meddle: Callable[[], object]) -> None:
        self.steps, self.meddle = steps, meddle

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        self.meddle()
        return self.steps


@pytest.fixture
def expected(schedule: Schedule) -> list[float]:
    return [schedule(step) for step in STEPS]


@pytest.mark.parametrize("dtype", ["i8", "f8", "i2"])
def test_a_step_that_calls_the_schedule(schedule: Schedule, expected: list[float], dtype: str) -> None:
    steps, inner, out = np.array(STEPS, dtype), np.empty(len(STEPS)), np.empty(len(STEPS))
    deep = Meddling(steps, lambda: schedule(Meddling(steps, lambda: schedule(steps, out=out)), out=inner))
    assert schedule(deep, out=out) is out
    assert out.tolist() == inner.tolist() == expected


def test_a_step_that_changes_out(schedule: Schedule, expected: list[float]) -> None:
    out = np.empty(len(STEPS))
    assert schedule(Meddling(np.array(STEPS), lambda: out.fill(7)), out=out).tolist() == expected
    with pytest.raises(ValueError, match=r"^Argument `out` must be writeable"):
        schedule(Meddling(np.array(STEPS), lambda: out.setflags(write=False)), out=out)
    out = np.full(len(STEPS), 9.0)
    with pytest.raises(ValueError, match=r"^Argument `out` must have the shape of the steps, \(5,\)"):
        schedule(Meddling(np.array(STEPS), lambda: out.resize(2, refcheck=False)), out=out)
    assert out.tolist() == [9.0] * 2


def test_a_step_that_gives_out_away(schedule: Schedule, expected: list[float]) -> None:
    out = np.array(STEPS, "f8")
    assert schedule(Meddling(out, lambda: None), out=out).tolist() == expected
    big = np.array([*STEPS, 0], "f8")
    assert schedule(Meddling(big[:-1], lambda: None), out=big[1:]).tolist() == expected


def test_steps_that_go_away(schedule: Schedule, expected: list[float]) -> None:
    kept = [np.array(STEPS)]
    steps = Meddling(None, lambda: setattr(steps, "steps", kept.pop()))
    assert schedule(steps).tolist() == expected

    rows: list[Any] = [[0], Meddling(np.array([5]), lambda: rows.clear()), [10]]
    assert schedule(rows).tolist() == [[rate] for rate in expected[:3]]
    assert rows == []


class Once(list[Any]):
    """A sequence whose elements are gone when they are read again."""

    def __iter__(self) -> Any:
        while self:
            yield self.pop(0)


def test_the_refused_step_is_the_one_that_was_read(schedule: Schedule) -> None:
    class Replacing(float):
        def __float__(self) -> float:
            steps[:] = [5] * len(steps)
            return -1.0

    class Clearing(float):
        def __float__(self) -> float:
            steps.clear()
            return -1.0

    sequences: list[list[Any]] = [[1, Replacing()], [1, Clearing()], Once([1, -1]), [Once([1]), [-1]]]
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
