"""The promise: a step gives the same bits alone or in an array of any layout and type, into `out` or not, on one thread
or many, native or pure Python.

Every way to call each example of the family is compared with the pure-Python core's batch, in the order of the steps.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from checks import python
from family import EXAMPLES, Example

if TYPE_CHECKING:
    from learnrate import Schedule

COUNT = 20_000  # steps per schedule: more than one thread takes
HALF = COUNT // 2


class Case(NamedTuple):
    """Steps in no order, and their rates."""

    steps: np.ndarray
    rates: np.ndarray


def steps_of(example: Example) -> np.ndarray:
    """Whole and fractional steps, anywhere and at every distance from the joints, in no order."""
    rng = np.random.default_rng(example.extent)
    ends = np.array([piece.start for piece in example.pieces])
    joints = np.r_[ends, (ends[1:] + ends[:-1]) / 2]
    scale = max(example.extent, 10)
    close = rng.choice(joints, COUNT // 4) + rng.choice([-1, 1], COUNT // 4) * scale ** rng.random(COUNT // 4)
    anywhere = rng.random(HALF) * scale * 1.01
    whole = rng.integers(0, scale, COUNT // 4)
    steps: np.ndarray = np.abs(np.r_[whole, np.where(rng.random(COUNT // 4) < 0.5, close, close.round()), anywhere])
    # The first half is in no order; in the second neighbours are near each other, so that a chunk meets few segments.
    steps = rng.permutation(steps)
    near = np.sort(steps[HALF:]).reshape(-1, 500)
    steps[HALF:] = rng.permuted(near, axis=1).ravel()
    special = np.r_[0.0, -0.0, 5e-324, 0.1, 2.0**53, 1e30, 1.7e308, np.inf, joints]
    steps[rng.permutation(COUNT)[: special.size]] = special
    return steps


def reference(example: Example, steps: np.ndarray) -> np.ndarray:
    """The rates of the pure-Python core's batch; the import of a backend is there."""
    segments = example.make(import_module("learnrate")).segments
    out, order = np.full(steps.size, np.nan), np.argsort(steps)
    assert import_module("learnrate._curve").Curve(segments)._fill(steps[order], out) is None
    rates = np.empty_like(out)
    rates[order] = out
    return rates


@cache
def case_of(example: Example) -> Case:
    steps = steps_of(example)
    return Case(steps, reference(example, steps))


@pytest.fixture
def schedule(learnrate: ModuleType, example: Example) -> Schedule:
    schedule = example.make(learnrate)
    # The proof that this is the backend's own arithmetic.
    core = {"native": "learnrate._native", "python": "learnrate._curve"}[learnrate.BACKEND]
    [curve] = [cls for cls in type(schedule).__mro__ if cls.__module__ == core]
    for method in ("__call__", "_fill", "_fill_range"):
        assert next(cls for cls in type(schedule).__mro__ if method in vars(cls)) is curve
    return schedule


@pytest.fixture
def case(learnrate: ModuleType, example: Example) -> Case:
    return case_of(example)


def same_bits(rates: np.ndarray, expected: np.ndarray) -> bool:
    return (
        rates.dtype == expected.dtype
        and rates.shape == expected.shape
        and rates.tobytes() == np.ascontiguousarray(expected).tobytes()
    )


def test_scalar(schedule: Schedule, case: Case) -> None:
    steps = case.steps[::3]
    assert same_bits(np.array([schedule(step) for step in steps.tolist()]), case.rates[::3])


def test_whole_scalar(schedule: Schedule, example: Example, case: Case) -> None:
    steps = np.floor(np.minimum(case.steps[::3], 2**62)).astype(np.int64)
    one_by_one = np.array([schedule(step) for step in steps.tolist()])
    assert same_bits(one_by_one, reference(example, steps.astype(np.float64)))


def test_batch_of_any_length(schedule: Schedule, case: Case) -> None:
    for length in (0, 1, 2, 3, 7, 8, 9, 511, 512, 513, 4_096, 8_193, 16_383, 16_384, 16_385, COUNT):
        assert same_bits(schedule(case.steps[:length]), case.rates[:length])
        assert same_bits(schedule(case.steps[COUNT - length :]), case.rates[COUNT - length :])  # any alignment


def test_batch_in_any_order(schedule: Schedule, case: Case) -> None:
    ascending = np.argsort(case.steps)
    orders = (ascending, ascending[::-1], np.r_[ascending[::2], ascending[1::2]], np.roll(ascending, 77))
    for order in orders:
        for some in (order, order[:300], order[::40], order[-300:]):
            assert same_bits(schedule(case.steps[some]), case.rates[some])


def test_batch_in_any_layout(schedule: Schedule, case: Case) -> None:
    steps, rates = case
    table, rate_table = steps.reshape(50, 20, 20), rates.reshape(50, 20, 20)
    read_only = steps.copy()
    read_only.flags.writeable = False
    assert same_bits(schedule(steps[::-2]), rates[::-2])
    assert same_bits(schedule(np.repeat(steps, 3)[1::3]), rates)
    assert same_bits(schedule(read_only), rates)
    assert same_bits(schedule(steps.astype(">f8")), rates)
    assert same_bits(schedule(table), rate_table)
    assert same_bits(schedule(np.asfortranarray(table)), rate_table)
    assert same_bits(schedule(table.transpose(2, 0, 1)), rate_table.transpose(2, 0, 1))
    assert same_bits(schedule(np.frombuffer(b"?" + steps.tobytes(), offset=1)), rates)  # not aligned
    assert same_bits(schedule(np.broadcast_to(steps[7], 99)), np.full(99, rates[7]))
    assert same_bits(schedule(steps[:2000].tolist()), rates[:2000])


def test_batch_of_any_type(schedule: Schedule, example: Example, case: Case) -> None:
    for dtype in ("i8", ">i8", "i4", "u8", "u4", "i2", "u1", "f4", ">f4", "f2", "longdouble"):
        given = np.dtype(dtype)
        most = np.iinfo(given).max if given.kind in "iu" else min(float(np.finfo(given).max), 2.0**62)
        steps = case.steps[::2]
        steps = np.r_[steps[steps <= most / 2], np.arange(0, min(most, 9_000), 7)].astype(given)
        rates = reference(example, steps.astype(np.float64))
        assert same_bits(schedule(steps), rates), dtype
        assert same_bits(schedule(steps[::-3]), rates[::-3]), dtype


def test_range(schedule: Schedule, example: Example) -> None:
    total = example.extent
    for steps in (range(min(total + 9, 20_000)), range(total + 9, 0, -(total // 20_000) - 1)):
        assert same_bits(schedule(steps), reference(example, np.array(steps, np.float64)))


def test_out(schedule: Schedule, case: Case) -> None:
    rows = np.full((COUNT, 2), np.nan)
    for out in (np.full(COUNT, np.nan), rows[:, 0], rows[::-1, 1], np.full(COUNT + 1, np.nan)[1:]):
        assert schedule(case.steps, out=out) is out
        assert same_bits(out, case.rates)
    in_place = case.steps.copy()
    assert same_bits(schedule(in_place, out=in_place), case.rates)


def test_float32_out_is_the_rounded_float64(schedule: Schedule, example: Example, case: Case) -> None:
    steps, small = case.steps, np.minimum(case.steps, 2.0**62)
    for given in (steps, steps[::-1], np.sort(steps), small.astype(np.int64), small.astype(np.float32)):
        with np.errstate(over="ignore", under="ignore"):
            rounded = reference(example, given.astype(np.float64)).astype(np.float32)
        assert same_bits(schedule(given, out=np.full(COUNT, np.nan, np.float32)), rounded)


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
steps = np.frombuffer(sys.stdin.buffer.read()).reshape(-1, {count})
print(learnrate.BACKEND)
for (name, fields), row in zip({examples}, steps):
    print(getattr(learnrate, name)(*fields)(row).tobytes().hex())
"""


def test_any_number_of_threads(learnrate: ModuleType) -> None:
    cases = [case_of(example) for example in EXAMPLES]
    script = CHILD.format(count=COUNT, examples=[(example.row.name, example.fields) for example in EXAMPLES])
    stdin = np.array([case.steps for case in cases]).tobytes()
    expected = [learnrate.BACKEND, *(case.rates.tobytes().hex() for case in cases)]
    for threads in ("1", "2", "7") if learnrate.BACKEND == "native" else ("1",):
        shown = python(script, stdin=stdin, RAYON_NUM_THREADS=threads, LEARNRATE_BACKEND=learnrate.BACKEND)
        assert shown.split() == expected
