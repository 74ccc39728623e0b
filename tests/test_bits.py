"""The promise: a step gives the same bits alone or in an array of any layout and type, into `out` or not, on one thread
or many, native or pure Python.

Every way to call the public class is compared with the pure-Python core's batch, and that with its one-by-one formula.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule

Fields = tuple[float, int, float, str, float | None, int]
Batch = Callable[[np.ndarray], np.ndarray]

# Positional fields on both sides of 2**27 steps, of powers of two, and of the size at which threads are used.
SCHEDULES: list[Fields] = [
    (0.1, 1, 0.0, "", None, 0),
    (0.3, 1000, 0.07, "", None, 0),
    (0.0, 90_000, 0.1, "", 1e-3, 10_000),
    (0.7, 2**26 - 1, 1e-6, "", 3e-5, 12_345_678),
    (1e-4, 2**27 - 1, 1.5, "", 0.9, 1),
    (0.0, 2**27, 0.0, "", 1.1, 2**27),
    (5.0, 2**27 + 1, 0.999, "", 0.2, 3**19),
    (1e-5, 10**12 + 39, 1e-12, "", 7e-7, 10**11),
    (2e-310, 10**15, 0.5, "", 3e-308, 10**15 + 1),
    (0.1, 2**53 - 77_777, 0.01, "", 0.6, 77_777),
]
COUNT = 40_000  # steps per schedule: more than one thread takes


def steps_of(fields: Fields, count: int = COUNT) -> np.ndarray:
    """Whole and fractional steps, anywhere and at every distance from the joints, in no order."""
    decay, warmup = fields[1], fields[5]
    rng = np.random.default_rng(decay)
    joints = np.array([0.0, warmup, warmup + decay / 2, warmup + decay])
    close = rng.choice(joints, count // 4) + rng.choice([-1, 1], count // 4) * decay ** rng.random(count // 4)
    anywhere = rng.random(count // 2) * (warmup + decay) * 1.01
    whole = rng.integers(0, warmup + decay, count - 3 * (count // 4))
    steps: np.ndarray = np.abs(np.r_[whole, np.where(rng.random(count // 4) < 0.5, close, close.round()), anywhere])
    special = [0.0, -0.0, 5e-324, 0.1, warmup, warmup + decay, 2.0**53, 1e30, 1.7e308, np.inf]
    steps[rng.permutation(count)[: len(special)]] = special
    return steps


@pytest.fixture(params=SCHEDULES, ids=lambda fields: f"{fields[1]}")
def fields(request: pytest.FixtureRequest) -> Fields:
    fields: Fields = request.param
    return fields


@pytest.fixture
def schedule(learnrate: ModuleType, fields: Fields) -> Schedule:
    schedule: Schedule = learnrate.CosineDecay(*fields)
    # The proof that this is the backend's own arithmetic.
    core = {"native": "learnrate._native", "python": "learnrate._fallback"}[learnrate.BACKEND]
    assert type(schedule).__bases__[0].__module__ == core
    assert not vars(type(schedule)).keys() & {"__call__", "_fill"}
    return schedule


@pytest.fixture
def expected(learnrate: ModuleType, fields: Fields) -> Batch:
    """Makes float64 steps into the rates of the pure-Python core's batch, the reference for all others."""
    core = import_module("learnrate._fallback").CosineDecay(*fields)

    def batch(steps: np.ndarray) -> np.ndarray:
        out = np.full(steps.size, np.nan)
        assert core._fill(steps, out) is None
        return out

    return batch


def same_bits(rates: np.ndarray, expected: np.ndarray) -> bool:
    return rates.dtype == expected.dtype == np.float64 and np.array_equal(
        rates.view(np.uint64), expected.view(np.uint64)
    )


def test_scalar(schedule: Schedule, fields: Fields, expected: Batch) -> None:
    steps = steps_of(fields)
    one_by_one = np.array([schedule(step) for step in steps.tolist()])
    assert same_bits(one_by_one, expected(steps))


def test_whole_scalar(schedule: Schedule, fields: Fields, expected: Batch) -> None:
    steps = np.floor(np.minimum(steps_of(fields), 2**62)).astype(np.int64)
    one_by_one = np.array([schedule(step) for step in steps.tolist()])
    assert same_bits(one_by_one, expected(steps.astype(np.float64)))


def test_batch_of_any_length(schedule: Schedule, fields: Fields, expected: Batch) -> None:
    steps = steps_of(fields)
    rates = expected(steps)
    for length in (0, 1, 2, 3, 7, 8, 9, 4_095, 4_096, 4_097, 8_193, 16_383, 16_384, 16_385, 24_577, steps.size):
        assert same_bits(schedule(steps[:length]), rates[:length])
        assert same_bits(schedule(steps[steps.size - length :]), rates[steps.size - length :])  # any alignment


def test_batch_in_any_layout(schedule: Schedule, fields: Fields, expected: Batch) -> None:
    steps = steps_of(fields)
    rates = expected(steps)
    table, rate_table = steps.reshape(100, 20, 20), rates.reshape(100, 20, 20)
    wide = np.repeat(steps, 3)
    read_only = steps.copy()
    read_only.flags.writeable = False
    assert same_bits(schedule(steps[::-2]), rates[::-2].copy())
    assert same_bits(schedule(wide[1::3]), rates)
    assert same_bits(schedule(read_only), rates)
    assert same_bits(schedule(steps.astype(">f8")), rates)
    assert same_bits(schedule(steps.astype("<f8")), rates)
    assert same_bits(schedule(table), rate_table)
    assert same_bits(schedule(np.asfortranarray(table)), rate_table)
    assert same_bits(schedule(table.transpose(2, 0, 1)), rate_table.transpose(2, 0, 1).copy())
    assert same_bits(schedule(np.frombuffer(b"?" + steps.tobytes(), offset=1)), rates)  # not aligned
    assert same_bits(schedule(np.broadcast_to(steps[7], 99)), np.full(99, rates[7]))
    assert same_bits(schedule(steps[:2000].tolist()), rates[:2000])


@pytest.mark.parametrize("dtype", ["i8", ">i8", "i4", "u8", "u4", "i2", "u1", "f4", ">f4", "f2", "longdouble"])
def test_batch_of_any_type(schedule: Schedule, fields: Fields, expected: Batch, dtype: str) -> None:
    given = np.dtype(dtype)
    most = np.iinfo(given).max if given.kind in "iu" else min(float(np.finfo(given).max), 2.0**62)
    steps = steps_of(fields)
    steps = np.r_[steps[steps <= most / 2], np.arange(0, min(most, 20_000), 7)].astype(given)
    rates = expected(steps.astype(np.float64))
    assert same_bits(schedule(steps), rates)
    assert same_bits(schedule(steps[::-3]), rates[::-3].copy())


def test_range(schedule: Schedule, fields: Fields, expected: Batch) -> None:
    total = fields[1] + fields[5]
    for steps in (range(min(total, 70_000)), range(total + 9, 0, -(total // 70_000) - 1)):
        assert same_bits(schedule(steps), expected(np.array([float(step) for step in steps])))


def test_out(schedule: Schedule, fields: Fields, expected: Batch) -> None:
    steps = steps_of(fields)
    rates = expected(steps)
    rows = np.full((steps.size, 2), np.nan)
    for out in (np.full(steps.size, np.nan), rows[:, 0], rows[::-1, 1], np.full(steps.size + 1, np.nan)[1:]):
        assert schedule(steps, out=out) is out
        assert same_bits(out.copy(), rates)
    in_place = steps.copy()
    assert same_bits(schedule(in_place, out=in_place), rates)


def test_float32_out_is_the_rounded_float64(schedule: Schedule, fields: Fields, expected: Batch) -> None:
    steps = steps_of(fields)
    small = np.minimum(steps, 2.0**62)
    for given in (steps, steps[::-1], small.astype(np.int64), small.astype(np.float32)):
        rounded = expected(given.astype(np.float64)).astype(np.float32)
        out = schedule(given, out=np.full(steps.size, np.nan, np.float32))
        assert np.array_equal(out.view(np.uint32), rounded.view(np.uint32))


def test_numpy_error_state_is_no_part_of_it(learnrate: ModuleType) -> None:
    # Squares of tiny steps underflow, and a rate may be too large for float32: neither is worth a warning.
    schedule = learnrate.CosineDecay(1e39, 10)
    with np.errstate(all="raise"):
        assert schedule(np.array([1e-200]))[0] == 1e39
        assert schedule(np.array([0.0]), out=np.zeros(1, np.float32))[0] == np.inf


CHILD = """
import sys
import numpy as np
import learnrate
fields, count = {fields!r}, {count}
schedule = learnrate.CosineDecay(*fields)
steps = np.linspace(0, schedule.total_steps * 1.01, count)
sys.stdout.buffer.write(learnrate.BACKEND.encode() + b":" + schedule(steps).tobytes())
"""


@pytest.mark.parametrize("threads", ["1", "2", "7"])
def test_any_number_of_threads(learnrate: ModuleType, threads: str) -> None:
    fields, count = SCHEDULES[6], 300_001
    steps = np.linspace(0, (fields[1] + fields[5]) * 1.01, count)
    environment = os.environ | {"RAYON_NUM_THREADS": threads, "LEARNRATE_BACKEND": learnrate.BACKEND}
    command = [sys.executable, "-c", CHILD.format(fields=fields, count=count)]
    answer = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=60).stdout
    out = np.empty(count)
    import_module("learnrate._fallback").CosineDecay(*fields)._fill(steps, out)
    assert answer == learnrate.BACKEND.encode() + b":" + out.tobytes()
