"""What the native core refuses by itself.

The class and `_steps` look first, so that hardly a public call comes so far; but the core must not trust them with
memory, and a pickle that somebody changed hands it any fields.
"""

from __future__ import annotations

import math
import threading
import time
from contextlib import suppress
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import pytest

FIELDS = (0.25, 90, 0.1, "name", 1.5, 10)


@pytest.fixture
def Core(learnrate: ModuleType) -> Any:
    if learnrate.BACKEND != "native":
        pytest.skip("the pure-Python core checks nothing, and NumPy sees to the memory")
    return import_module("learnrate._native").CosineDecay


@pytest.mark.parametrize(
    "fields",
    [
        (-1e-05, 90, 0.0, "", None, 0),
        (math.nan, 90, 0.0, "", None, 0),
        (math.inf, 90, 0.0, "", None, 0),
        (0.25, 0, 0.0, "", None, 0),
        (0.25, 2**53 + 1, 0.0, "", None, 0),
        (0.25, 90, -0.5, "", None, 0),
        (0.25, 90, 0.0, "", -1e16, 0),
        (0.25, 90, 0.0, "", 1.5, 2**53 + 1),
        (0.25, 90, 0.0, "", 1.5, 2**53 - 89),
        (0.25, 90, 1e200, "", 1e150, 10),
    ],
)
def test_fields_are_refused_in_the_words_of_the_class(learnrate: ModuleType, Core: Any, fields: Any) -> None:
    with pytest.raises(ValueError, match=r"^Argument `\w+` must be ") as expected:
        learnrate.CosineDecay(*fields)
    with pytest.raises(ValueError, match=r"^Argument `\w+` must be ") as info:
        Core(*fields)
    assert str(info.value) == str(expected.value)


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
def test_vectors_that_it_cannot_read_or_write(Core: Any, steps: Any, out: np.ndarray, error: Exception) -> None:
    before = out.copy()
    with pytest.raises(type(error)) as info:
        Core(*FIELDS)._fill(steps, out)
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
def test_ranges_that_it_cannot_write(Core: Any, start: int, out: np.ndarray, error: Exception) -> None:
    with pytest.raises(type(error)) as info:
        Core(*FIELDS)._fill_range(start, 1, out)
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
