"""No call keeps anything: no object, no reference, no byte. In the long run each is made a million times."""

from __future__ import annotations

import ctypes
import gc
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import ModuleType
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from family import ROWS, Row
from hypothesis import settings

STEPS, BAD, OUT = np.arange(100), np.arange(99, -1, -1) - 1, np.empty(100)
LARGE, LARGE_OUT = np.arange(40_000), np.empty(40_000)  # several threads
STEPS_OF_OTHERS, NESTED = jnp.arange(3), [[1, 2.5], [np.int8(3), 4]]

COUNT = 1_000_000 if settings.get_current_profile_name() == "long" else 2000
SLOW = ("large array", "large out", "another library's array")  # a tenth of the calls
CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "scalar": lambda learnrate, schedule: schedule(5),
    "numpy scalar": lambda learnrate, schedule: schedule(STEPS[5]),
    "scalar error": lambda learnrate, schedule: schedule(-1),
    "array": lambda learnrate, schedule: schedule(STEPS),
    "array error": lambda learnrate, schedule: schedule(BAD),
    "array of another type": lambda learnrate, schedule: schedule(STEPS.astype("i2")),
    "large array": lambda learnrate, schedule: schedule(LARGE),
    "out": lambda learnrate, schedule: schedule(STEPS, out=OUT),
    "large out": lambda learnrate, schedule: schedule(LARGE, out=LARGE_OUT),
    "out error": lambda learnrate, schedule: schedule(STEPS, out=OUT[1:]),
    "range": lambda learnrate, schedule: schedule(range(100)),
    "range error": lambda learnrate, schedule: schedule(range(5, -5, -1)),
    "nested": lambda learnrate, schedule: schedule(NESTED),
    "nested error": lambda learnrate, schedule: schedule([NESTED, [None]]),
    "type error": lambda learnrate, schedule: schedule(None),
    "another library's array": lambda learnrate, schedule: schedule(STEPS_OF_OTHERS),
    "config": lambda learnrate, schedule: learnrate.deserialize(learnrate.serialize(schedule)),
    "config error": lambda learnrate, schedule: type(schedule).from_config({"name": 1}),
    "json": lambda learnrate, schedule: learnrate.from_json(schedule.to_json()),
    "json error": lambda learnrate, schedule: type(schedule).from_json('{"a": [1, 2'),
    "pickle": lambda learnrate, schedule: pickle.loads(pickle.dumps(schedule)),
    "replace": lambda learnrate, schedule: schedule.replace(name="another"),
    "replace error": lambda learnrate, schedule: schedule.replace(initial_learning_rate=-1),
    "value": lambda learnrate, schedule: (repr(schedule), hash(schedule), schedule == schedule.replace(name="other")),
    "attributes": lambda learnrate, schedule: (schedule.name, schedule.total_steps, schedule.peak_learning_rate),
    "segments": lambda learnrate, schedule: (schedule.segments, *map(repr, schedule.segments)),
    "from_total_steps": lambda learnrate, schedule: learnrate.CosineDecay.from_total_steps(10, 0.1),
    "functions": lambda learnrate, schedule: learnrate.linear_decay(0.1, 10, warmup_steps=3).with_warmup(7),
    "phase error": lambda learnrate, schedule: learnrate.Phases(0.1, [(1, 0.1), (1, -0.1)]),
}


class Mallinfo(ctypes.Structure):
    """glibc's `struct mallinfo2`."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        )
    ]


def bytes_in_use() -> int:
    """Those that malloc gave, to Rust and NumPy too; 0 where the C library cannot tell."""
    with suppress(AttributeError, OSError, TypeError):
        mallinfo = ctypes.CDLL(None).mallinfo2
        mallinfo.restype = Mallinfo
        info = mallinfo()
        return int(info.uordblks + info.hblkhd)
    return 0


def in_use(*objects: object) -> tuple[int, int, int, list[int]]:
    gc.collect()
    references = [sys.getrefcount(one) for one in (None, True, -1, *objects)]
    return sys.getallocatedblocks(), bytes_in_use(), len(gc.get_objects()), references


@pytest.fixture(scope="module", autouse=True)
def _only_what_is_new() -> Iterator[None]:
    """The collector leaves alone what was there before: it would take longer than the calls."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("name", CALLS)
def test_a_call_keeps_nothing(learnrate: ModuleType, row: Row, name: str) -> None:
    call, count = CALLS[name], COUNT // 10 if name in SLOW else COUNT if row is ROWS[0] else COUNT // 2
    schedule = row.first.make(learnrate)
    objects = (schedule, STEPS, BAD, OUT, LARGE, LARGE_OUT, STEPS_OF_OTHERS, NESTED, row.first.fields, type(schedule))

    def repeat(times: int) -> None:
        for _ in range(times):
            with suppress(ValueError, TypeError):
                call(learnrate, schedule)

    repeat(50)  # what is imported, interned and cached, is so now
    blocks, size, tracked, references = in_use(*objects)
    repeat(count)
    blocks_after, size_after, tracked_after, references_after = in_use(*objects)
    # What is kept, or released once too often, is so at each call: half of it is far above what comes and goes in
    # caches, which does not grow with the number of calls.
    assert abs(blocks_after - blocks) < count / 2
    assert abs(tracked_after - tracked) < count / 2
    assert abs(size_after - size) < count * 16 + 2**13  # half of malloc's smallest piece; twice what its caches came to
    drifts = [after - before for before, after in zip(references, references_after, strict=True)]
    assert max(map(abs, drifts)) < count / 2
