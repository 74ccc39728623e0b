"""What the native core refuses by itself.

The classes and `_steps` look first, so that no public call comes so far; but the core must not trust them with memory.
"""

from __future__ import annotations

import math
import threading
import time
from contextlib import suppress
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from checks import refused
from family import EXAMPLES

FIELDS = (0.25, 90, 0.1, "name", 1.5, 10)


@pytest.fixture
def Core(learnrate: ModuleType) -> Any:
    if learnrate.BACKEND != "native":
        pytest.skip("the pure-Python core checks nothing, and NumPy sees to the memory")
    return import_module("learnrate._native").Curve


@pytest.fixture
def core(learnrate: ModuleType, Core: Any) -> Any:
    return Core(learnrate.CosineDecay(*FIELDS).segments)


def segment(start: float, end: float, shape: str = "linear", first: float = 0.25, last: float = 0.5) -> Any:
    return SimpleNamespace(start=start, end=end, first_rate=first, last_rate=last, shape=shape, parameters=())


INF = math.inf


def test_segments_are_all_that_it_needs(learnrate: ModuleType, Core: Any) -> None:
    for example in EXAMPLES:
        schedule = example.make(learnrate)
        core, steps = Core(list(schedule.segments)), np.linspace(0, example.extent * 1.01 + 9, 999)
        assert (core(steps) == schedule(steps)).all()
        assert core(0) == schedule(0)
    assert Core([segment(0, 8), segment(8.0, INF, "hold", 2)])(4) == 0.375


@pytest.mark.parametrize(
    "segments",
    [
        [],
        [segment(0, 8)],
        [segment(1, INF, "hold")],
        [segment(-1, INF, "hold")],
        [segment(math.nan, INF, "hold")],
        [segment(0, math.nan, "hold")],
        [segment(0, 8), segment(9, INF, "hold")],
        [segment(0, 8), segment(7, INF, "hold")],
        [segment(0, 8), segment(8, 8), segment(8, INF, "hold")],
        [segment(0, 8), segment(8, 4), segment(4, INF, "hold")],
        [segment(0, 8), segment(8, math.nan), segment(math.nan, INF, "hold")],
        [segment(0, INF, "hold"), segment(INF, INF, "hold")],
        [segment(0, INF, "root")],
        [segment(0, INF, "inverse_square_root")],
        [segment(0, INF, "")],
    ],
    ids=lambda segments: " ".join(f"{one.start}-{one.end}{one.shape}" for one in segments) or "none",
)
def test_segments_that_lead_nowhere(Core: Any, segments: Any) -> None:
    refused(ValueError, "segments must lead from 0 to infinity", Core, segments)


@pytest.mark.parametrize(
    "segments",
    [None, 5, "segments", [None], [SimpleNamespace(start=0)], [segment(None, INF)], [segment(0, INF, 5)], {1, 2}],  # type: ignore[arg-type]
    ids=str,
)
def test_what_are_no_segments(Core: Any, segments: Any) -> None:
    with pytest.raises((TypeError, AttributeError)):
        Core(segments)


def frozen() -> np.ndarray:
    out = np.zeros(3)
    out.flags.writeable = False
    return out


@pytest.mark.parametrize(
    ("steps", "out", "error"),
    [
        (np.zeros(3, "i2"), np.zeros(3), TypeError("steps must be float64, float32, int64 or int32")),
        (np.zeros(3, ">f8"), np.zeros(3), TypeError("steps must be float64, float32, int64 or int32")),
        ([0, 1, 2], np.zeros(3), TypeError("steps must be float64, float32, int64 or int32")),
        (np.zeros(3), np.zeros(2), ValueError("Argument `out` must have the length of the steps, 3. Received: 2")),
        (np.zeros(3), np.zeros(3, "i8"), TypeError()),
        (np.zeros(3), np.zeros(6)[::2], TypeError()),
        (np.zeros(6)[::2], np.zeros(3), TypeError()),
        (np.zeros(3), frozen(), ValueError("Argument `out` must not be in use by another call")),
    ],
)
def test_vectors_that_it_cannot_read_or_write(core: Any, steps: Any, out: np.ndarray, error: Exception) -> None:
    before = out.copy()
    with pytest.raises(type(error)) as info:
        core._fill(steps, out)
    assert str(error) in str(info.value)  # rust-numpy's own texts are not ours to say
    assert out.tolist() == before.tolist()


@pytest.mark.parametrize(
    ("start", "out", "error"),
    [
        (0, np.zeros(3, "i8"), TypeError()),
        (0, np.zeros(6)[::2], TypeError()),
        (0, frozen(), ValueError("Argument `out` must not be in use by another call")),
        (-1, np.zeros(3), ValueError("Argument `step` must be >= 0. Received: step[0]=-1.0")),
    ],
)
def test_ranges_that_it_cannot_write(core: Any, start: int, out: np.ndarray, error: Exception) -> None:
    with pytest.raises(type(error)) as info:
        core._fill_range(start, 1, out)
    assert str(error) in str(info.value)


def test_neighbours_in_memory_are_not_refused(learnrate: ModuleType) -> None:
    schedule = learnrate.CosineDecay(*FIELDS)
    first, second = np.split(np.arange(20.0), 2)
    for steps, out in ((first, second), (second, first)):
        expected = schedule(steps.copy())
        assert schedule(steps, out=out).tolist() == expected.tolist()


def test_one_common_element_is_found_whatever_the_arrays_are_views_of(learnrate: ModuleType) -> None:
    schedule = learnrate.CosineDecay(*FIELDS)
    buffer = bytearray(np.arange(1999.0))
    steps, out = np.frombuffer(buffer, count=1000), np.frombuffer(buffer, offset=999 * 8)
    expected = schedule(steps.copy())
    assert schedule(steps, out=out).tolist() == expected.tolist()


def test_an_array_that_another_thread_writes_is_not_read(learnrate: ModuleType, Core: Any) -> None:
    schedule = learnrate.CosineDecay(*FIELDS)
    steps, array = np.arange(1_000_000), np.zeros(1_000_000)
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            with suppress(ValueError):  # while it is read
                schedule(steps, out=array)

    def read() -> None:
        while True:  # until both meet
            time.sleep(0.001)  # or the other has no turn
            schedule(array)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        with pytest.raises(ValueError, match=r"^Argument `step` must not be in use by another call$"):
            read()
    finally:
        done.set()
        thread.join()
