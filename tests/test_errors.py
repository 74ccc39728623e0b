"""What is refused, and how: the same type and text from both backends, with the argument, its rule and the value.

The texts are part of the promise. A value is shown as its `repr`, an element of an array as `step[3]=-7`.
"""

from __future__ import annotations

import _thread
import array
import copy
import datetime
import math
import pickle
import time
import warnings
from collections import deque
from decimal import Decimal
from fractions import Fraction
from types import ModuleType
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from checks import python, refused
from family import RULES, SEQUENCES, Row

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule

NAN, INF = math.nan, math.inf
HUGE = 10**5000  # Python refuses to print it


@pytest.fixture
def schedule(CosineDecay: type[Schedule]) -> Schedule:
    return CosineDecay(0.25, decay_steps=90, alpha=0.1, warmup_target=1.5, warmup_steps=10)


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class Convertible:
    """Not a number, though `int` and `float` make it one."""

    def __index__(self) -> int:
        return 1


class HasArray:
    def __init__(self, steps: Any) -> None:
        self.steps = steps

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if isinstance(self.steps, Exception):
            raise self.steps
        return self.steps


def kind(value: Any) -> str:
    """A short name of a parameter for the test's name."""
    return value if isinstance(value, str) else f"{type(value).__name__} {getattr(value, 'dtype', '')}".strip()


RATE = "a finite number >= 0"
RATES = ("initial_learning_rate", "alpha", "warmup_target")
SHARE = "a number of steps, >= 1, not a share or a rate"


@pytest.mark.parametrize(
    ("argument", "value", "rule", "shown"),
    [
        *((rate, value, RATE, repr(value)) for rate in RATES for value in (NAN, INF, -INF, -1, -0.1, -1e-5, -5e-324)),
        *((rate, value, RATE, repr(value)) for rate in RATES for value in (10**400, -(10**400), np.float16("inf"))),
        *((rate, value, RATE, repr(value)) for rate in RATES for value in (np.longdouble("1e4000"), np.array(-2.0))),
        *(("decay_steps", value, "> 0", repr(value)) for value in (0, -1, 0.0, -2.0, np.int8(-5), np.array(0))),
        *(("decay_steps", value, "> 0", repr(value)) for value in (-0.5, NAN, -INF)),
        *(("decay_steps", value, SHARE, repr(value)) for value in (0.5, 5e-324, 1 - 2**-53, np.float32(0.1))),
        *(("decay_steps", value, "<= 2**53", repr(value)) for value in (2**53 + 1, 1e300, np.uint64(2**64 - 1), INF)),
        *(("warmup_steps", value, ">= 0", repr(value)) for value in (-1, -1.0, np.int64(-5), -0.5, NAN, -INF)),
        *(("warmup_steps", value, SHARE, repr(value)) for value in (0.03, 0.999)),
        *(("warmup_steps", value, "<= 2**53", repr(value)) for value in (2**53 + 1, 1e300, INF)),
        *(("name", value, "a string", repr(value)) for value in (5, True, b"x", ["x"], object)),
        *((rate, value, RATE, "<int>") for rate in RATES for value in (HUGE, -HUGE)),
        ("decay_steps", -HUGE, "> 0", "<int>"),
        *((steps, HUGE, "<= 2**53", "<int>") for steps in ("decay_steps", "warmup_steps")),
        ("alpha", Hostile(), "a number", "<Hostile>"),
        ("name", Hostile(), "a string", "<Hostile>"),
        ("name", "a\ud800", "free of lone surrogates", "'a\\ud800'"),
        ("name", "x" * 5000 + "\ud800", "free of lone surrogates", "'" + "x" * 999 + "..."),
        ("alpha", "x" * 999, "a number", "'" + "x" * 999 + "..."),
        ("alpha", "x" * 998, "a number", "'" + "x" * 998 + "'"),
    ],
    ids=kind,
)
def test_fields(CosineDecay: type[Schedule], argument: str, value: Any, rule: str, shown: str) -> None:
    error = TypeError if rule in ("a string", "a number") else ValueError
    fields = {"initial_learning_rate": 0.1, "decay_steps": 1000, argument: value}
    refused(error, f"Argument `{argument}` must be {rule}. Received: {argument}={shown}", CosineDecay, **fields)


FLOOR = "Argument `alpha` must be so small that peak * alpha is finite. Received: "
SUM = "Argument `warmup_steps` must be <= 2**53 - decay_steps. Received: "


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ((1e300, 1, 1e10), FLOOR + "alpha=10000000000.0, peak=1e+300"),
        ((0.1, 1, 1e300, "n", 1e300), FLOOR + "alpha=1e+300, peak=1e+300"),
        ((0.1, 1000, 0.0, "n", 0.1, 2**53 - 999), SUM + "warmup_steps=9007199254739993, decay_steps=1000"),
        ((0.1, 2**53 - 1, 0.0, "n", 0.1, 1.25), SUM + "warmup_steps=1.25, decay_steps=9007199254740991"),
        ((0.1, 2**53, 0.0, "n", None, 1), SUM + "warmup_steps=1, decay_steps=9007199254740992"),
        # The first of several, in Keras's order
        ((0.1, 0, -1.0, "n", NAN, -1), "Argument `decay_steps` must be > 0. Received: decay_steps=0"),
        ((0.1, 1, 0.0, 5, -1.0, -1), "Argument `name` must be a string. Received: name=5"),
    ],
)
def test_fields_together(CosineDecay: type[Schedule], fields: tuple[Any, ...], text: str) -> None:
    refused(TypeError if "a string" in text else ValueError, text, CosineDecay, *fields)


SCALARS_OF_OTHER_TYPES = [
    *(True, np.True_, "1", b"1", None, 1j, np.complex64(1), Decimal(1), Fraction(1), object(), Convertible()),
    *(datetime.date(2020, 1, 1), np.datetime64("2020"), np.timedelta64(1, "ns"), np.ma.masked, np.str_("1")),
    *(ml_dtypes.bfloat16(1), ml_dtypes.float8_e5m2(1), ml_dtypes.int4(1), np.zeros(1, "i4,f8")[0]),
    *({1}, {1: 1}, {1: 1}.values(), (one for one in [1]), map(int, "1"), int),
]
ARRAYS_OF_OTHER_TYPES = [
    *(np.array([1, 1], dtype) for dtype in ("?", "c16", "O", "U1", "S1", "m8[ns]", "M8[ns]")),
    *(np.array([1, 1], dtype) for dtype in (ml_dtypes.bfloat16, ml_dtypes.float8_e5m2, ml_dtypes.int4)),
    *(np.zeros(2, "i4,f8"), np.ma.array([1, 1]), np.ma.array([1, 1], mask=[False, True]), np.array([], "O")),
]


def test_fields_of_other_types(learnrate: ModuleType, row: Row) -> None:
    arrays = [one[0, ...] for one in ARRAYS_OF_OTHER_TYPES if one.size] + [np.array([1]), np.array([1.0])]
    sequences = [[1], (1,), [], range(1), memoryview(b"1"), array.array("i", [1])]
    for field, kind in row.fields.items():
        values = SCALARS_OF_OTHER_TYPES + ARRAYS_OF_OTHER_TYPES + arrays
        values += sequences if kind not in SEQUENCES else []
        for value in values:
            if (value is None and kind in ("optional rate", "text")) or (isinstance(value, str) and kind == "text"):
                continue
            if kind == "flag" and isinstance(value, bool):
                continue
            text = f"Argument `{field}` must be {RULES[kind]}. Received: {field}={value!r}"
            refused(TypeError, text, row.cls(learnrate), **row.arguments | {field: value})


def test_what_the_interpreter_refuses(CosineDecay: Any, schedule: Any) -> None:
    # The texts are the interpreter's own and may differ between backends.
    calls = [CosineDecay, schedule, lambda: CosineDecay(0.1), lambda: schedule(1, None), lambda: schedule(1, to=2)]
    for call in [*calls, lambda: CosineDecay(0.1, 1000, beta=1)]:
        with pytest.raises(TypeError):
            call()


@pytest.fixture
def orphan(CosineDecay: type[Schedule]) -> Schedule:
    with pytest.warns(UserWarning, match="has no effect"):
        return CosineDecay(0.1, 1000, warmup_steps=1)


@pytest.mark.parametrize(
    "construct",
    [
        lambda learnrate, orphan: learnrate.CosineDecay(0.1, 1000, warmup_steps=1),
        lambda learnrate, orphan: learnrate.CosineDecay.from_config(orphan.get_config()),
        lambda learnrate, orphan: learnrate.CosineDecay.from_json(orphan.to_json()),
        lambda learnrate, orphan: learnrate.deserialize(learnrate.serialize(orphan)),
        lambda learnrate, orphan: orphan.replace(alpha=0.5),
        lambda learnrate, orphan: orphan.__replace__(alpha=0.5),
    ],
    ids=["constructor", "from_config", "from_json", "deserialize", "replace", "__replace__"],
)
def test_an_unused_warmup_warns_once_where_it_was_written(
    learnrate: ModuleType, orphan: Schedule, construct: Any
) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert construct(learnrate, orphan).warmup_steps == 1
    [warning] = caught
    assert warning.category is UserWarning
    assert str(warning.message) == "warmup_steps=1 has no effect without a warmup_target"
    assert (warning.filename, warning.lineno) == (__file__, construct.__code__.co_firstlineno)


def test_an_unused_warmup_warns_where_no_python_code_calls(CosineDecay: type[Schedule]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _thread.start_new_thread(CosineDecay, (0.1, 1000, 0.0, "name", None, 1))
        deadline = time.monotonic() + 60
        while not caught and time.monotonic() < deadline:
            time.sleep(0.001)
    assert [str(warning.message) for warning in caught] == ["warmup_steps=1 has no effect without a warmup_target"]


def test_copies_do_not_warn_again(orphan: Schedule) -> None:
    # A warning would be an error here.
    assert copy.copy(orphan) == copy.deepcopy(orphan) == pickle.loads(pickle.dumps(orphan)) == orphan
    assert orphan.replace(warmup_target=0.5).warmup_steps == 1


STEP = "a number, or an array, range or nested sequence of numbers"


@pytest.mark.parametrize("with_out", [False, True])
@pytest.mark.parametrize(
    "step",
    [
        *(-1, -0.5, -5e-324, NAN, -INF, -(10**30), -(10**400), np.int8(-7), np.float32(-0.1), np.float16("nan")),
        *(np.array(-7), np.array(NAN, ">f4"), np.longdouble("-1e4000")),
    ],
    ids=lambda step: repr(step)[:30],
)
def test_scalar_steps(schedule: Schedule, step: Any, with_out: bool) -> None:
    out = {"out": np.empty(())} if with_out else {}
    refused(ValueError, f"Argument `step` must be >= 0. Received: step={step!r}", schedule, step, **out)


NEGATIVE = np.array([0, 1, 2, -7, -8, 5])


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        *((steps, "[3]=-7") for steps in (NEGATIVE, NEGATIVE.astype("i1"), NEGATIVE.tolist(), HasArray(NEGATIVE))),
        *((steps, "[3]=-7.0") for steps in (NEGATIVE.astype(">f2"), NEGATIVE.astype("g"), [*map(float, NEGATIVE)])),
        *((steps, "[1]=-8") for steps in (NEGATIVE[::-1], NEGATIVE[5:2:-1].astype("i4"), NEGATIVE.data[::-1])),
        (np.array([(0, 1), (0, -2)], "u1,i4")["f1"], "[1]=-2"),
        (NEGATIVE.reshape(3, 2).T, "[0, 2]=-8"),  # the first in C order, not in memory
        (np.asfortranarray(NEGATIVE.reshape(3, 2)), "[1, 1]=-7"),
        (np.broadcast_to(NEGATIVE, (3, 6)), "[0, 3]=-7"),
        (np.array([[[0.0, NAN]], [[-1.0, 2.0]]]), "[0, 0, 1]=nan"),
        (np.array([1, -0.1], np.float32), "[1]=-0.10000000149011612"),
        (np.array([0, -(2**63)]), "[1]=-9223372036854775808"),
        ([[1, 2], (NAN, -1)], "[1, 0]=nan"),
        *((steps, "[1]=-3") for steps in ([1, np.int8(-3)], [0.5, -3], [1, np.array(-3)])),
        ([1, -(10**400)], f"[1]=-{10**400}"),
        ([1, -HUGE], "[1]=<int>"),
        ([range(3), range(0, -3, -1)], "[1, 1]=-1"),
        (np.array([[1.0], [-2.0]]).data, "[1, 0]=-2.0"),
        *((steps, "[1]=-2") for steps in (deque([1, -2]), array.array("i", [1, -2]), range(1, -4, -3))),
        *((steps, "[3]=-4") for steps in (range(8, -7, -4), range(11, -7, -5))),  # after a 0, or without
        *((steps, "[1]=-3") for steps in (range(0, -4, -3), range(0, -9, -3))),
        *((range(first, 3), f"[0]={first}") for first in (-1, -2)),
        (range(10**30, -(10**30) - 1, -(10**30)), f"[2]=-{10**30}"),
        (range(-HUGE, 0, HUGE), "[0]=<int>"),
    ],
    ids=kind,
)
def test_steps_in_arrays(schedule: Schedule, steps: Any, shown: str) -> None:
    text = f"Argument `step` must be >= 0. Received: step{shown}"
    shape = len(steps) if isinstance(steps, range) else np.shape(steps)
    refused(ValueError, text, schedule, steps)
    refused(ValueError, text, schedule, steps, out=np.empty(shape, np.float32, order="F"))


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i4", ">i2"])
def test_the_first_of_many_bad_steps_is_named(schedule: Schedule, dtype: str) -> None:
    # Threads and blocks may meet them in another order.
    steps = np.ones(300_007, dtype)
    steps[[299_999, 70_001, 200_000, 150_000]] = [-1, -2, -3, -4]
    text = "Argument `step` must be >= 0. Received: step"
    refused(ValueError, f"{text}[70001]={steps[70_001].item()}", schedule, steps)
    refused(ValueError, f"{text}[7]={steps[299_999].item()}", schedule, steps[::-1])


def test_steps_of_other_types(schedule: Schedule) -> None:
    for step in [*SCALARS_OF_OTHER_TYPES, *ARRAYS_OF_OTHER_TYPES, bytearray(b"1"), "", b"", schedule]:
        text = f"Argument `step` must be {STEP}. Received: step={step!r}"
        refused(TypeError, text, schedule, step)
        refused(TypeError, text, schedule, step, out=np.empty(np.shape(step)))
    refused(TypeError, f"Argument `step` must be {STEP}. Received: step=<Hostile>", schedule, Hostile())


def test_elements_of_other_types(schedule: Schedule) -> None:
    text = "Argument `step` must be a number. Received: step"
    for element in SCALARS_OF_OTHER_TYPES:
        refused(TypeError, f"{text}[1]={element!r}", schedule, [2, element])
        refused(TypeError, f"{text}[1, 0]={element!r}", schedule, [[2], (element,)])
    refused(TypeError, f"{text}[0]=True", schedule, [True, 2])
    refused(TypeError, f"{text}[1]=<Hostile>", schedule, [1, Hostile()])
    for ragged in ([[1, 2], [3]], [1, [2]], [np.ones(2), np.ones((2, 3))], [np.ones((2, 2)), np.ones((2, 3))]):
        rows = f"Argument `step` must be a sequence of rows of one shape. Received: step={ragged!r}"
        refused(TypeError, rows, schedule, ragged)


@pytest.mark.parametrize("vector", [vector for vector in ARRAYS_OF_OTHER_TYPES if vector.dtype != object], ids=kind)
def test_rows_of_other_types(schedule: Schedule, vector: np.ndarray) -> None:
    # NumPy would take the bare numbers out of dates, masked arrays and the like.
    for steps in ([vector], [[1, 1], vector], (vector[:1], vector[:1]), [[vector]], deque([HasArray(vector)])):
        with pytest.raises(TypeError, match=r"^Argument `step` must be .* Received: step"):
            schedule(steps)


@pytest.mark.parametrize(
    "code",
    [
        "steps = []; steps.append(steps)",
        "steps = [1]; steps.append(steps)",
        "steps = []; steps += [steps, steps]",
        "steps, other = [], []; steps += [other, other]; other += [steps, steps]",
        "steps = []\nfor _ in range(100_000): steps = [steps]",
        "steps = 1\nfor _ in range(100_000): steps = [steps]",
    ],
)
def test_lists_without_end(learnrate: ModuleType, code: str) -> None:
    # In a process of their own, as they may crash it or fill its memory.
    code += "\nfrom learnrate import *\ntry: CosineDecay(0.1, 9)(steps)\nexcept TypeError as error: print(error)"
    assert python(code, LEARNRATE_BACKEND=learnrate.BACKEND).startswith("Argument `step` must be ")


def test_sizes(schedule: Schedule) -> None:
    refused(
        ValueError,
        f"Argument `step` must be a range of fewer than 2**63 steps. Received: step=range(0, {2**63})",
        schedule,
        range(2**63),
    )
    refused(
        ValueError, SHAPE + f"({2**63 - 1},). Received: out.shape=(3,)", schedule, range(2**63 - 1), out=np.empty(3)
    )
    deep: Any = 1
    for _ in range(32):
        deep = [deep]
    assert schedule(deep).shape == (1,) * 32
    place = ", ".join("0" * 32)
    refused(TypeError, f"Argument `step` must be a number. Received: step[{place}]=[1]", schedule, [deep])


def test_what_an_array_method_raises_is_raised(schedule: Schedule) -> None:
    for steps in (HasArray(ZeroDivisionError("mine")), [HasArray(ZeroDivisionError("mine"))]):
        refused(ZeroDivisionError, "mine", schedule, steps)
        refused(ZeroDivisionError, "mine", schedule, steps, out=np.empty(1))


SHAPE = "Argument `out` must have the shape of the steps, "
READ_ONLY = "Argument `out` must be writeable. Received: out.flags.writeable=False"


@pytest.mark.parametrize(
    ("steps", "out", "text"),
    [
        *((np.ones(3), np.full(n, 9.0), SHAPE + f"(3,). Received: out.shape={n}") for n in ((4,), (), (2, 3))),
        *((7, np.full(1, 9.0, dtype), SHAPE + "(). Received: out.shape=(1,)") for dtype in ("f8", "f4")),
        (np.ones((1, 3)), np.full(3, 9.0), SHAPE + "(1, 3). Received: out.shape=(3,)"),
        (np.ones((3, 0)), np.empty((0, 3)), SHAPE + "(3, 0). Received: out.shape=(0, 3)"),
        ([1, 2, 3], np.full(2, 9.0), SHAPE + "(3,). Received: out.shape=(2,)"),
        (range(10**15), np.full(3, 9.0), SHAPE + "(1000000000000000,). Received: out.shape=(3,)"),
        *((steps, np.broadcast_to(9.0, 3), READ_ONLY) for steps in (np.arange(3), [1, 2, 3], range(3))),
    ],
    ids=str,
)
def test_out_of_wrong_shape_or_read_only(schedule: Schedule, steps: Any, out: Any, text: str) -> None:
    before = out.tobytes()
    refused(ValueError, text, schedule, steps, out=out)
    assert out.tobytes() == before


@pytest.mark.parametrize(
    "out",
    [
        *(np.ones(3, dtype) for dtype in ("i8", "i4", "f2", "c16", "?", "O", "i4,f8", ml_dtypes.bfloat16)),
        *(np.ma.ones(3), jnp.ones(3), [0.0] * 3, np.ones(3).data, array.array("d", [0] * 3), 5.0, np.float64(1)),
    ],
    ids=kind,
)
def test_out_of_other_types(schedule: Schedule, out: Any) -> None:
    before = copy.deepcopy(out) if not isinstance(out, memoryview) else out.tolist()
    shown = f"out={out!r}"
    if isinstance(out, np.ndarray) and not isinstance(out, np.ma.MaskedArray):
        shown = f"out.dtype={out.dtype}"
    for steps in (np.arange(3), [1, 2, 3], range(3), 7):
        text = f"Argument `out` must be a float64 or float32 ndarray. Received: {shown}"
        refused(TypeError, text, schedule, steps, out=out)
    assert np.array_equal(out, before)


def test_out_with_the_steps_of_another_library(schedule: Schedule) -> None:
    out = np.full(3, 9.0)
    text = f"Argument `out` must be absent where the steps are another library's array. Received: out={out!r}"
    refused(TypeError, text, schedule, jnp.arange(3), out=out)
    assert out.tolist() == [9.0] * 3
