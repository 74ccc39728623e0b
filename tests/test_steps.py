"""Steps in, rates out: whatever holds the steps and wherever the rates go, each step has the rate that it has alone.

A scalar gives a Python float; an array, `range` or nested sequence gives a float64 array of its shape, or fills `out`.
"""

from __future__ import annotations

import array
import enum
import math
import tracemalloc
from collections import UserList, deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import DTypeLike

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule

WHOLE = [0, 1, 5, 7, 9, 10, 11, 55, 99, 100, 101, 127]  # every phase and joint of `schedule`; they fit into an int8
DTYPES = sorted(set(np.typecodes["AllInteger"] + np.typecodes["Float"]))
MAX_DIMS = 64 if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else 32


@pytest.fixture
def schedule(CosineDecay: type[Schedule]) -> Schedule:
    return CosineDecay(0.25, decay_steps=90, alpha=0.1, warmup_target=1.5, warmup_steps=10)


@pytest.fixture
def long(CosineDecay: type[Schedule]) -> Schedule:
    """Still moving at the last steps that float64 tells apart."""
    return CosineDecay(0.25, decay_steps=2**52, alpha=0.1, warmup_target=1.5, warmup_steps=2**51)


class Matrix(np.ndarray):
    """Two-dimensional whatever is done to it, like `np.matrix`."""

    def __array_finalize__(self, parent: object) -> None:
        if self.ndim == 1:
            self.shape = (1, self.size)


class HasArray:
    def __init__(self, steps: Any) -> None:
        self.steps = steps

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.steps


class HasOldArray(HasArray):
    def __array__(self) -> Any:  # type: ignore[override]  # as NumPy 1 asked for it
        return self.steps


class Epoch(enum.IntEnum):
    SEVENTH = 7


def packed(shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
    """A field of packed structs: strided, and not aligned."""
    return np.zeros(shape, np.dtype([("pad", "u1"), ("field", dtype)]))["field"]


def shifted(shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
    """Contiguous, and not aligned."""
    return np.ndarray(shape, dtype, bytearray(math.prod(shape) * np.dtype(dtype).itemsize + 1), offset=1)


def filled(out: np.ndarray, steps: Any) -> np.ndarray:
    np.copyto(out, steps)
    return out


def frozen(steps: np.ndarray) -> np.ndarray:
    steps.setflags(write=False)
    return steps


def rates_of(schedule: Schedule, steps: Any) -> np.ndarray:
    """A float64 array of what the scalar call says for each of the steps."""
    steps = np.asarray(steps)
    return np.array([schedule(float(step)) for step in steps.ravel()]).reshape(steps.shape)


def same(rates: np.ndarray, expected: np.ndarray) -> bool:
    return (rates.dtype, rates.shape, rates.tolist()) == (expected.dtype, expected.shape, expected.tolist())


def test_the_scalar_call_is_right(schedule: Schedule) -> None:
    # What everything below is compared with.
    assert [schedule(step) for step in (0.0, 5.0, 10.0, 100.0)] == [0.25, 0.875, 1.5, 1.5 * 0.1]
    assert schedule(55.0) == pytest.approx((1.5 + 1.5 * 0.1) / 2, rel=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
def test_numpy_scalars_give_python_floats(schedule: Schedule, dtype: DTypeLike) -> None:
    swapped = np.dtype(dtype).newbyteorder("S")
    steps = [np.dtype(dtype).type(7), np.array(7, dtype), np.array(7, swapped), frozen(np.array([7, 8], dtype))[:1][0]]
    for step in steps:
        assert type(schedule(step)) is float
        assert schedule(step) == schedule(7.0)


@pytest.mark.parametrize(
    ("step", "same_as"),
    [
        (7, 7.0),
        (Epoch.SEVENTH, 7.0),
        (-0.0, 0.0),
        (np.int8(0), 0.0),
        (np.float64(-0.0), 0.0),
        (5e-324, 5e-324),
        (7.25, 7.25),
        (np.float16(7.25), 7.25),
        (np.float32(0.1), 0.10000000149011612),
        (np.longdouble(55) + np.longdouble(2) ** -50, 55.0),  # rounded to float64 first
        (np.array([[7.0]])[0, 0], 7.0),
        (np.array(7.0).view(Matrix), 7.0),
        (HasArray(np.array(7)), 7.0),
        (2**53 + 1, math.inf),
        (10**30, math.inf),
        (10**400, math.inf),
        (math.inf, math.inf),
        (np.float16("inf"), math.inf),
        (np.uint64(2**64 - 1), math.inf),
        (np.longdouble("1e4000"), math.inf),
    ],
    ids=repr,
)
def test_scalars_give_python_floats(schedule: Schedule, step: Any, same_as: float) -> None:
    expected = schedule(same_as)
    assert type(schedule(step)) is float
    assert schedule(step) == expected
    if same_as == math.inf:
        assert expected == schedule.final_learning_rate == 1.5 * 0.1
        assert schedule([[step, 0], [5, step]]).tolist() == [[expected, 0.25], [0.875, expected]]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("step", [7, 7.25, -0.0, 10**400, math.inf, np.int8(7), np.float32(0.1), np.array(7), [[7]]])
def test_out_of_a_scalar_is_0d(schedule: Schedule, step: Any, dtype: DTypeLike) -> None:
    expected = np.asarray(schedule(step), dtype)
    for out in (np.full(expected.shape, 9, dtype), shifted(expected.shape, dtype)):
        assert schedule(step, out=out) is out
        assert same(out, expected)


# Arrays

LAYOUTS: dict[str, Callable[[np.ndarray], Any]] = {
    "contiguous": lambda steps: steps,
    "swapped": lambda steps: steps.astype(steps.dtype.newbyteorder("S")),
    "strided": lambda steps: np.repeat(steps, 3)[::3],
    "reversed": lambda steps: steps[::-1],
    "packed": lambda steps: filled(packed(steps.shape, steps.dtype), steps),
    "shifted": lambda steps: filled(shifted(steps.shape, steps.dtype), steps),
    "swapped, packed, reversed": lambda steps: LAYOUTS["packed"](LAYOUTS["swapped"](steps))[::-1],
    "read-only": lambda steps: frozen(steps.copy()),
    "2-d": lambda steps: steps.reshape(3, 4),
    "transposed": lambda steps: steps.reshape(3, 4).T,
    "Fortran 3-d": lambda steps: np.asfortranarray(steps.reshape(2, 3, 2)),
    "strided 3-d": lambda steps: steps.reshape(2, 3, 2)[:, ::2, ::-1],
    "broadcast": lambda steps: np.broadcast_to(steps, (3, 12)),
    "broadcast column": lambda steps: np.broadcast_to(steps[:, None], (12, 3)),
    "subclass": lambda steps: steps.view(Matrix),
    "one": lambda steps: steps[3:4],
    "empty": lambda steps: steps[:0],
    "empty 2-d": lambda steps: steps[:0].reshape(3, 0),
    "object with __array__": HasArray,
    "object with an __array__ of old": HasOldArray,
}

OUTS: dict[str, Callable[[tuple[int, ...]], np.ndarray]] = {
    "float64": np.empty,
    "float32": lambda shape: np.empty(shape, np.float32),
    "strided": lambda shape: np.empty((*shape, 2))[..., 0],
    "strided float32": lambda shape: np.empty((*shape, 2), np.float32)[..., 1],
    "reversed": lambda shape: np.flip(np.empty(shape)),
    "Fortran": lambda shape: np.empty(shape, order="F"),
    "packed": lambda shape: packed(shape, np.float64),
    "shifted float32": lambda shape: shifted(shape, np.float32),
    "subclass": lambda shape: np.empty(shape).view(Matrix if len(shape) == 2 else np.recarray),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays(schedule: Schedule, dtype: DTypeLike, layout: str) -> None:
    fraction = 0.5 if np.dtype(dtype).kind == "f" else 0
    steps = LAYOUTS[layout](np.array([step + fraction for step in WHOLE], dtype))
    check(schedule, steps)


def test_arrays_of_many_dimensions(schedule: Schedule) -> None:
    check(schedule, np.array(WHOLE, np.int8).reshape((3,) + (1,) * (MAX_DIMS - 3) + (4,)))


def check(schedule: Schedule, steps: Any, expected: np.ndarray | None = None) -> None:
    """Without `out`, and with every kind of it."""
    rates = schedule(steps)
    expected = rates_of(schedule, steps) if expected is None else expected
    assert type(rates) is np.ndarray
    assert same(rates, expected)
    assert rates.flags.owndata
    assert rates.flags.writeable
    for kind, make in OUTS.items():
        out = make(expected.shape)
        out.fill(9)  # what was in the memory before could be right by chance
        assert schedule(steps, out=out) is out, kind
        assert same(out, expected.astype(out.dtype)), kind


SEQUENCES = {
    "list": WHOLE,
    "tuple": tuple(WHOLE),
    "floats": [0.5, 7.25, 120.0],
    "ints and floats": [7, 7.25, -0.0],
    "ints and NumPy scalars": [1, np.int8(2), 3.5, np.float32(0.1), np.uint64(5), np.longdouble(6), np.float16(7)],
    "enum members": [Epoch.SEVENTH, 1],
    "0-d arrays": [np.array(1), np.array(2.5, ">f4")],
    "nested": [[1, 2, 3], (4, 5.5, np.int16(6))],
    "deeply nested": [[[[[7]], [[8]]]]],
    "rows that are arrays": [np.arange(3), np.arange(3, dtype=np.float32)],
    "rows of several kinds": [np.arange(3), [4, 5, 6], range(3), deque([7, 8, 9]), array.array("d", [10, 11, 12])],
    "rows with __array__": [HasArray(np.arange(3)), HasOldArray(np.arange(4.0, 7.0))],
    "deque": deque(WHOLE),
    "UserList": UserList(WHOLE),
    "array.array": array.array("i", WHOLE),
    "array.array of floats": array.array("f", [0.1, 7.25]),
    "memoryview": np.arange(12.0).reshape(3, 4).data,
    "strided memoryview": memoryview(array.array("q", WHOLE))[::-3],
    "memoryview of bytes": memoryview(b"\x00\x07\x64"),
    "no steps": [],
    "rows without steps": [[], ()],
}


@pytest.mark.parametrize("steps", SEQUENCES.values(), ids=SEQUENCES)
def test_sequences(schedule: Schedule, steps: Any) -> None:
    check(schedule, steps)


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_memory_maps(schedule: Schedule, tmp_path: Path, mode: Any) -> None:
    np.array(WHOLE, np.int32).tofile(tmp_path / "steps")
    check(schedule, np.memmap(tmp_path / "steps", np.int32, mode))
    out = np.memmap(tmp_path / "rates", np.float64, "w+", shape=12)
    assert schedule(WHOLE, out=out) is out
    out.flush()
    assert same(np.fromfile(tmp_path / "rates"), rates_of(schedule, WHOLE))


@pytest.mark.parametrize("size", [16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 300_007])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i4", "u1", "f2", "g", ">u2"])
def test_large_arrays(schedule: Schedule, dtype: DTypeLike, size: int) -> None:
    # Sizes around those at which backends take blocks and threads.
    steps = np.resize(np.array(WHOLE, dtype), size)
    expected = np.resize(rates_of(schedule, WHOLE), size)
    assert same(schedule(steps), expected)
    assert same(schedule(steps[::-1]), expected[::-1])
    out = np.empty(size, np.float32)
    assert same(schedule(steps, out=out), expected.astype(np.float32))


# Ranges


@pytest.mark.parametrize(
    "steps",
    [
        range(0),
        range(5, 5, -1),
        range(12),
        range(3, 130, 7),
        range(127, -1, -1),
        range(101, 0, -9),
        range(70_000),
        range(140_000, -1, -2),
        range(2**53 - 3, 2**53 + 4),
        range(2**52 + 7, 2**51, -(2**45) - 1),
        range(2**63 - 3, 2**63),
        range(2**63 - 3, 2**63 + 3),
        range(2**63 + 3, 2**63 - 3, -1),
        range(2**64, -1, -(2**61)),
        range(0, 2**62 + 1, 2**61),
        range(2**64, -1, -(2**53)),
        range(0, 2**65, 2**53),
        range(10**30, 10**30 + 3),
        range(0, 10**30, 10**28 + 1),
        range(10**400, -1, -(10**399)),
    ],
    ids=lambda steps: f"{len(steps)} steps from {steps.start:.0e}" if steps.start < 10**300 else "beyond float64",
)
def test_ranges(schedule: Schedule, long: Schedule, steps: Any) -> None:
    for one in (schedule, long):
        check(one, steps, np.array([one(step) for step in steps]))


@pytest.mark.parametrize("steps", [range(0, 10**9, 10**3), range(10**30, 10**30 + 5 * 10**5)], ids=["int64", "beyond"])
def test_the_steps_of_a_range_are_never_built(long: Schedule, steps: Any) -> None:
    out = np.empty(len(steps))
    long(steps[:9], out=out[:9])  # what is imported on the way does not count
    tracemalloc.start()
    try:
        long(steps, out=out)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < out.nbytes  # as many bytes as an array of the steps
    for index in (0, 1, 65_535, 65_536, len(steps) - 1):
        assert out[index] == long(steps[index])


# `out` in the memory of the steps

OVERLAPS: dict[str, Callable[[np.ndarray], tuple[Any, np.ndarray]]] = {
    "the steps": lambda buffer: (buffer, buffer),
    "the steps in float32": lambda buffer: (steps := buffer.astype(np.float32), steps),
    "a view of the steps": lambda buffer: (buffer, buffer[:]),
    "one further": lambda buffer: (buffer[:-1], buffer[1:]),
    "one back": lambda buffer: (buffer[1:], buffer[:-1]),
    "reversed": lambda buffer: (buffer, buffer[::-1]),
    "interleaved": lambda buffer: (buffer[::2], buffer[1::2]),
    "transposed": lambda buffer: (buffer.reshape(4, -1).T, buffer.reshape(-1, 4)),
    "float32 in float64": lambda buffer: (buffer, buffer.view(np.float32)[: buffer.size]),
    "float64 over integers": lambda buffer: (filled(buffer.view(np.int64), 7), buffer),
    "through __array__": lambda buffer: (HasArray(buffer[:-1]), buffer[1:]),
    "through another base": lambda buffer: (np.frombuffer(buffer.data)[:-1], np.frombuffer(buffer.data)[1:]),
    "through memoryview": lambda buffer: (buffer.data[:-1], buffer[1:]),
    "broadcast": lambda buffer: (np.broadcast_to(buffer[:4], (buffer.size // 4, 4)), buffer.reshape(-1, 4)),
}


@pytest.mark.parametrize("size", [12, 200_000])
@pytest.mark.parametrize("overlap", OVERLAPS)
def test_out_may_overlap_the_steps(schedule: Schedule, overlap: str, size: int) -> None:
    steps, out = OVERLAPS[overlap](np.resize(np.array(WHOLE, np.float64), size))
    expected = schedule(np.array(steps)).astype(out.dtype)  # from a copy
    assert schedule(steps, out=out) is out
    assert same(out, expected)


def test_an_empty_out_may_be_the_steps(schedule: Schedule) -> None:
    for shape in (0, (0, 6)):
        empty = np.zeros(shape)
        assert schedule(empty, out=empty) is empty


def test_a_bad_step_is_named_as_it_was_where_out_overlaps_it(schedule: Schedule) -> None:
    steps = np.array([5.0, 4.0, -3.0])
    with pytest.raises(ValueError, match=r"step\[2\]=-3\.0$"):
        schedule(steps, out=steps[::-1])


# NumPy's floating-point flags


def test_rates_beyond_float32_are_infinite_in_a_float32_out(CosineDecay: type[Schedule]) -> None:
    rates = CosineDecay(1e300, 100, alpha=0.5)(range(101), out=np.empty(101, np.float32))
    assert rates.tolist() == [math.inf] * 101  # and no warning, which would be an error here


def test_rates_do_not_depend_on_numpy_error_state(schedule: Schedule, CosineDecay: type[Schedule]) -> None:
    tiny = CosineDecay(0.0, 10**6, warmup_target=1e-310, warmup_steps=10)
    steps = np.array([5e-324, 1e-300, 7.25, 10 + 1e-14, 55, math.inf])
    for one in (schedule, tiny):
        expected = rates_of(one, steps)
        with np.errstate(all="raise"):
            rates, rates32 = one(steps), one(steps, out=np.empty(6, np.float32))
        assert same(rates, expected)
        assert same(rates32, expected.astype(np.float32))
