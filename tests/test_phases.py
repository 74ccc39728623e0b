"""`Phases` and `Phase`: the ways to write them, what is refused of them and how, and `with_warmup`."""

from __future__ import annotations

import json
import math
from collections import UserDict, UserList, deque
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np
import pytest
from checks import refused
from family import SHAPES, one_of

RATE, SHARE = "a finite number >= 0", "a number of steps, >= 1, not a share or a rate"
SHAPE = one_of(SHAPES)
NAMES = ("steps", "learning_rate", "shape", "power", "start")
FIELDS: dict[str, Any] = dict(zip(NAMES, (10, 0.1, "linear", None, None), strict=True))
EXACT: list[tuple[str, Any, type[Exception], str]] = [
    *(("steps", value, ValueError, "0 or >= 2**-20") for value in (9e-7, 5e-324, np.float32(1e-20))),
    *(("steps", value, ValueError, ">= 0") for value in (-1, -2.0, np.int8(-3), math.nan, -0.5)),
    *(("steps", value, ValueError, "<= 2**53") for value in (2**53 + 1, 1e300, 10**400, math.inf)),
    *(("steps", value, TypeError, "a number") for value in (True, None, "10", b"1", 1j, [1], np.array([1]))),
    *((rate, -value, ValueError, RATE) for rate in ("learning_rate", "start") for value in (0.1, 5e-324, math.inf)),
    *((rate, value, ValueError, RATE) for rate in ("learning_rate", "start") for value in (math.nan, 10**400)),
    *((rate, value, TypeError, "a number") for rate in ("learning_rate", "start") for value in (False, "0.1", [0.1])),
    ("learning_rate", None, TypeError, "a number"),
    *(("shape", value, ValueError, SHAPE) for value in ("", "Linear", "cosine ", "hold", "1-sqrt")),
    *(("shape", value, TypeError, "a string") for value in (None, 1, True, b"linear", ["linear"])),
    *(("shape", value, ValueError, SHAPE) for value in ("exponential ", "poly")),
    ("shape", "\ud800", ValueError, "free of lone surrogates"),
]


def ways(learnrate: ModuleType, fields: dict[str, Any]) -> list[tuple[str, Any, tuple[Any, ...]]]:
    """Every way to write a phase: the place that errors name, and the call."""
    phases = [(5, 0.2), tuple(fields.values())]
    return [
        ("", learnrate.Phase, tuple(fields.values())),
        ("phases[1].", learnrate.Phases, (0.1, phases)),
        ("phases[1].", learnrate.Phases, (0.1, [phases[0], fields])),
        ("phases[1].", learnrate.Phases, (0.1, [learnrate.Phase(5, 0.2), MappingProxyType(fields)])),
    ]


@pytest.mark.parametrize(("field", "value", "error", "rule"), EXACT, ids=str)
def test_fields(learnrate: ModuleType, field: str, value: Any, error: type[Exception], rule: str) -> None:
    text = ""
    for place, call, arguments in ways(learnrate, FIELDS | {field: value}):
        text = f"Argument `{place}{field}` must be {rule}. Received: {place}{field}={value!r}"
        text = text.replace(repr(10**400), repr(10**400)[:1000] + "..." * (len(repr(10**400)) > 1000))
        refused(error, text, call, *arguments)
    # A config is data, in which a wrong type is a wrong value.
    config = {"initial_learning_rate": 0.1, "phases": [FIELDS, FIELDS | {field: value}]}
    refused(ValueError, text, learnrate.Phases.from_config, config)


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "polynomial"])
@pytest.mark.parametrize("power", [1.0, 2, 0, -1, math.nan, True, "2"])
def test_no_other_shape_has_a_power(learnrate: ModuleType, shape: str, power: Any) -> None:
    for place, call, arguments in ways(learnrate, FIELDS | {"shape": shape, "power": power}):
        text = f"Argument `{place}power` must be None for this shape. Received: {place}power={power!r}, shape={shape!r}"
        refused(ValueError, text, call, *arguments)


@pytest.mark.parametrize(
    ("power", "error", "rule"),
    [
        *((value, ValueError, "a finite number > 0") for value in (0, -0.0, -1, -5e-324, math.nan, math.inf, 10**400)),
        *((value, ValueError, "<= 1000") for value in (1000.0000000000001, 1001, 1e300)),
        *((value, TypeError, "a number") for value in (True, "2", b"2", [2])),
        (None, ValueError, "a number for this shape"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_polynomial_has_a_power(learnrate: ModuleType, power: Any, error: type[Exception], rule: str) -> None:
    fields = FIELDS | {"shape": "polynomial", "power": power}
    for place, call, arguments in ways(learnrate, fields):
        shown = repr(power)[:1000] + "..." * (len(repr(power)) > 1000)
        text = f"Argument `{place}power` must be {rule}. Received: {place}power={shown}"
        refused(error, text + (", shape='polynomial'" if power is None else ""), call, *arguments)


def test_the_powers_that_a_polynomial_may_have(learnrate: ModuleType) -> None:
    for power in (5e-324, 0.5, 1, 2, 1000, np.float32(0.1), np.array(3)):
        held = learnrate.Phase(10, 0.1, "polynomial", power).power
        assert (held, type(held)) == (float(power), float)
    # A power of 1 is kept as a field, and evaluated as a line.
    first, _ = learnrate.Phases(0.3, [(1000, 0.1, "polynomial", 1)]).segments
    assert (first.shape, first.parameters) == ("linear", ())
    assert learnrate.Phases(0.3, [(1000, 0.1, "polynomial", 1)]) != learnrate.Phases(0.3, [(1000, 0.1)])


@pytest.mark.parametrize(
    ("shape", "why"),
    [("exponential", "no factor leads to 0 or from it"), ("inverse_time", "1 / rate has no end at 0")],
)
def test_shapes_that_lead_neither_to_0_nor_from_it(learnrate: ModuleType, shape: str, why: str) -> None:
    rule = f"> 0 where the shape is '{shape}', from and to: {why}; 'linear' leads there"
    for first, last in ((0.1, 0.0), (0.0, 0.1)):
        place = "phases[1].learning_rate"
        text = f"Argument `{place}` must be {rule}. Received: {place}={last}, from {first}"
        refused(ValueError, text, learnrate.Phases, 1.0, [(10, first), (10, last, shape)])
        refused(ValueError, text, learnrate.Phases, 1.0, [(10, 1.0), (10, last, shape, None, first)])
        learnrate.Phases(first, [(0, last, shape)])  # it is skipped
    assert learnrate.Phases(0.0, [(10, 0.0, shape)]).segments[0].shape == "hold"


def test_what_is_no_phase(learnrate: ModuleType) -> None:
    rule = "a Phase, or a tuple or dict of its fields"
    for value in (None, 5, "10", b"10", 0.5, {10, 0.1}, object(), np.array([10, 0.1]), learnrate.Phase, range(2)):
        text = f"Argument `phases[1]` must be {rule}. Received: phases[1]={value!r}"
        refused(TypeError, text, learnrate.Phases, 0.1, [(10, 0.1), value])
    for value in ((), (10,), (10, 0.1, "linear", None, None, 0)):
        text = f"Argument `phases[0]` must be the fields of a phase, {', '.join(NAMES)}. Received: phases[0]={value!r}"
        refused(ValueError, text, learnrate.Phases, 0.1, [value])
    for config, text in (
        ({"steps": 10}, "Missing key in `phases[0]`: learning_rate. Received: {'steps': 10}"),
        ({"learning_rate": 1}, "Missing key in `phases[0]`: steps. Received: {'learning_rate': 1}"),
        (FIELDS | {"rate": 1}, f"Unknown key in `phases[0]`. Known: {', '.join(NAMES)}. Received: 'rate'"),
        ({5: 1}, f"Unknown key in `phases[0]`. Known: {', '.join(NAMES)}. Received: 5"),
    ):
        refused(ValueError, text, learnrate.Phases, 0.1, [config])


def test_what_are_no_phases(learnrate: ModuleType) -> None:
    one = learnrate.Phase(10, 0.1)
    for value in (
        None,
        5,
        "phases",
        b"phases",
        {one},
        {"steps": 1},
        iter([one]),
        one,
        np.array([[10, 0.1]]),
        memoryview(b"1"),
        map,
    ):
        text = f"Argument `phases` must be a sequence of phases. Received: phases={value!r}"
        refused(TypeError, text, learnrate.Phases, 0.1, value)
        refused(ValueError, text, learnrate.Phases.from_config, {"initial_learning_rate": 0.1, "phases": value})


def test_how_many_and_how_long(learnrate: ModuleType) -> None:
    half = (2**52, 0.1)
    assert learnrate.Phases(0.1, [half, half]).total_steps == 2**53
    for last, total in (((1, 0.1), 2**53 + 1), (half, 3 * 2**52), ((0.75, 0.1), 2**53)):
        more = "more than " if total == 2**53 else ""
        text = f"Argument `phases` must be at most 2**53 steps long. Received: phases={more}{total} steps"
        refused(ValueError, text, learnrate.Phases, 0.1, [half, half, (0, 0.1), last])
    most = [(1, 0.1 * (i % 2)) for i in range(65_535)]
    schedule = learnrate.Phases(0.1, most)
    assert (len(schedule.segments), schedule.total_steps) == (65_536, 65_535)
    assert [schedule(step) for step in range(65_536)] == [0.1, *(rate for _, rate in most)]
    text = "Argument `phases` must be at most 65535 phases. Received: phases=65536 phases"
    refused(ValueError, text, learnrate.Phases, 0.1, [*most, most[0]])


def test_the_first_of_several_is_named(learnrate: ModuleType) -> None:
    text = "Argument `initial_learning_rate` must be a finite number >= 0. Received: initial_learning_rate=-1"
    refused(ValueError, text, learnrate.Phases, -1, None, 5)
    text = "Argument `phases[0].steps` must be >= 0. Received: phases[0].steps=-1"
    refused(ValueError, text, learnrate.Phases, 0.1, [(-1, -1), (-1, -1)], 5)
    refused(
        TypeError, "Argument `name` must be a string. Received: name=5", learnrate.Phases, 0.1, [(2**53, 0.1)] * 2, 5
    )


def test_all_ways_to_write_phases_are_one(learnrate: ModuleType) -> None:
    fields = ((10, 0.5, "linear", None, None), (90, 0.0, "cosine", None, 0.4))
    phases = tuple(learnrate.Phase(*phase) for phase in fields)
    dicts = [dict(zip(NAMES, phase, strict=True)) for phase in fields]
    short = [(10.0, np.float32(0.5)), {"steps": np.int64(90), "learning_rate": 0, "shape": "cosine", "start": 0.4}]
    expected = learnrate.Phases(1.0, phases)
    for given in (list(phases), fields, dicts, short, deque(dicts), UserList(phases), [UserDict(one) for one in dicts]):
        schedule = learnrate.Phases(1, given)
        assert schedule == expected
        assert type(schedule.phases) is tuple
        assert schedule.phases == phases
        assert schedule.get_config() == expected.get_config()
    assert expected.get_config() == {"initial_learning_rate": 1.0, "phases": dicts, "name": "Phases"}
    assert learnrate.from_json(expected.to_json()) == expected


def test_json_is_written_whole_and_read_with_absent_keys(learnrate: ModuleType) -> None:
    schedule = learnrate.Phases(1.0, [(10, 0.5)])
    assert schedule.to_json() == (
        '{"module": "learnrate", "class_name": "Phases", "config": {"initial_learning_rate": 1.0, "phases": '
        '[{"steps": 10, "learning_rate": 0.5, "shape": "linear", "power": null, "start": null}], "name": "Phases"}, '
        '"registered_name": "learnrate>Phases"}'
    )
    short = {"initial_learning_rate": 1, "phases": [{"learning_rate": 0.5, "steps": 10.0}]}
    text = json.dumps({"class_name": "Phases", "config": short})
    assert learnrate.from_json(text) == learnrate.Phases.from_json(text) == schedule
    text = json.dumps({"class_name": "Phases", "config": {**short, "name": None}})
    assert learnrate.from_json(text.encode()) == schedule


# with_warmup


@pytest.mark.parametrize(
    ("name", "fields", "warm"),
    [
        ("CosineDecay", (0.5, 900, 0.1, "n"), (0.25, 900, 0.1, "n", 0.5, 100)),
        ("CosineDecay", (0.3, 900, 0.1, "n", 0.5, 0), (0.25, 900, 0.1, "n", 0.5, 100)),  # its warmup has no steps
        ("Phases", (0.5, (), "n"), (0.25, ((100, 0.5),), "n")),
        ("Phases", (0.5, ((9, 0.1, "cosine"),), "n"), (0.25, ((100, 0.5), (9, 0.1, "cosine")), "n")),
        ("Phases", (0.7, ((9, 0.1, "cosine", None, 0.5),)), (0.25, ((100, 0.5), (9, 0.1, "cosine", None, 0.5)))),
        ("Phases", (0.7, ((0, 0.5), (9, 0.1))), (0.25, ((100, 0.5), (0, 0.5), (9, 0.1)))),
    ],
)
def test_with_warmup(learnrate: ModuleType, name: str, fields: Any, warm: Any) -> None:
    cls = getattr(learnrate, name)
    schedule = cls(*fields)
    warmed = schedule.with_warmup(100, 0.25)
    assert warmed == schedule.with_warmup(steps=100.0, initial=np.float32(0.25)) == cls(*warm)
    steps = np.r_[np.arange(1000), 0.5, 7.25]
    assert (warmed(steps + 100) == schedule(steps)).all()  # then the schedule in its own time
    assert [warmed(0), warmed(50), warmed(100)] == [0.25, 0.375, 0.5]
    assert warmed.total_steps == schedule.total_steps + 100
    assert schedule.with_warmup(100)(0) == 0.0
    for none in (0, 0.0, np.int8(0)):
        assert schedule.with_warmup(none, 0.25) is schedule


def test_what_with_warmup_refuses(learnrate: ModuleType) -> None:
    for schedule in (learnrate.CosineDecay(0.5, 900), learnrate.constant(0.5)):
        for steps, initial, error, text in (
            (-1, 0.0, ValueError, "Argument `steps` must be >= 0. Received: steps=-1"),
            (0.5, 0.0, ValueError, f"Argument `steps` must be {SHARE}. Received: steps=0.5"),
            (None, 0.0, TypeError, "Argument `steps` must be a number. Received: steps=None"),
            (0, -1, ValueError, "Argument `initial` must be a finite number >= 0. Received: initial=-1"),
            (10, True, TypeError, "Argument `initial` must be a number. Received: initial=True"),
        ):
            refused(error, text, schedule.with_warmup, steps, initial)
    with pytest.raises(ValueError, match=r"2\*\*53"):
        learnrate.CosineDecay(0.5, 900).with_warmup(2**53)
    with pytest.raises(ValueError, match=r"at most 2\*\*53 steps long\. Received: phases=9007199254740993 steps$"):
        learnrate.linear_decay(0.5, 1).with_warmup(2**53)
    text = "Argument `warmup_steps` must be absent from a schedule that is to get a warmup. Received: warmup_steps=100"
    warm = learnrate.CosineDecay(0.5, 900).with_warmup(100)
    for steps in (0, 10, -1):
        refused(ValueError, text, warm.with_warmup, steps)


def test_more_phases_than_fit_in_memory(learnrate: ModuleType) -> None:
    endless = range(2**70)
    text = f"Argument `phases` must be a sequence of phases. Received: phases={endless!r}"
    refused(ValueError, text, learnrate.Phases, 0.1, endless)
