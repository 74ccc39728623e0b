"""A schedule is one immutable value: compared, copied, pickled and printed by its fields, on either backend."""

from __future__ import annotations

import copy
import enum
import inspect
import math
import pickle
import pickletools
import weakref
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from checks import python, refused
from family import EXAMPLES, PHASES_ROW, SEQUENCES, Example, Row

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule

DERIVED = ("total_steps", "peak_learning_rate", "final_learning_rate", "segments")
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


# The fields


def test_the_arguments_are_the_fields(learnrate: ModuleType, row: Row) -> None:
    cls = row.cls(learnrate)
    assert cls(**row.arguments) == row.first.make(learnrate)
    parameters = inspect.signature(cls).parameters.values()
    defaults = [*(inspect.Parameter.empty for _ in row.required), *row.defaults]
    assert [(p.name, p.default) for p in parameters] == list(zip(row.fields, defaults, strict=True))
    assert {p.kind for p in parameters} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}
    required = row.first.fields[: len(row.required)]
    assert cls(*required) == cls(*required, *row.defaults) == cls(*required, name=None)


def test_a_call_takes_a_step_and_out(learnrate: ModuleType, row: Row) -> None:
    schedule: Any = row.first.make(learnrate)
    step, out = inspect.signature(schedule).parameters.values()
    assert (step.name, step.default) == ("step", inspect.Parameter.empty)
    assert step.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert (out.name, out.default, out.kind) == ("out", None, inspect.Parameter.KEYWORD_ONLY)
    assert schedule(step=5, out=None) == schedule(5)


def test_attributes(learnrate: ModuleType, example: Example) -> None:
    schedule: Any = example.make(learnrate)
    for field, value in example.config.items():
        held = getattr(schedule, field)
        if example.row.fields[field] == "phases":
            assert type(held) is tuple
            assert held == tuple(learnrate.Phase(**phase) for phase in value)
        elif example.row.fields[field] in SEQUENCES:
            assert type(held) is tuple
            assert held == tuple(value)
            assert list(map(type, held)) == list(map(type, value))
        else:
            assert held == value
            assert type(held) is type(value)
    rates = [float(rate) for piece in example.pieces for rate in (piece.first, piece.last)]
    last = example.pieces[-1].last
    if example.row.name == "CosineDecay":  # its peak is where the decay starts
        rates = [float(example.pieces[-2].first)]
    derived = (example.total_steps, *(None if rate == math.inf else rate for rate in (max(rates), float(last))))
    assert (schedule.total_steps, schedule.peak_learning_rate, schedule.final_learning_rate) == derived


class Text(str):
    __slots__ = ()


class Steps(enum.IntEnum):
    MANY = 9


@pytest.mark.filterwarnings("ignore:warmup_steps=.* has no effect")
@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        *(("steps", given, 1000) for given in (1000, 1000.0, np.int64(1000), np.float32(1000), np.array(1000))),
        *(("steps", given, 1000) for given in (np.uint16(1000), np.array(1000.0, ">f8"), np.longdouble(1000))),
        ("steps", Steps.MANY, 9),
        ("rate", 0, 0.0),
        ("rate", -0.0, 0.0),
        ("rate", np.float32(-0.0), 0.0),
        ("rate", 10**300, 1e300),
        ("rate", np.float64(0.1), 0.1),
        ("rate", np.longdouble(1) / 3, 1 / 3),
        ("rate", 2, 2.0),
        ("rate", np.float32(0.1), 0.10000000149011612),
        ("rate", np.array(1), 1.0),
        ("rate", np.float16(0.5), 0.5),
        ("text", "", ""),
        ("text", Text("name"), "name"),
        ("text", np.str_("name"), "name"),
    ],
    ids=lambda value: f"{type(value).__name__} {value!r}",
)
def test_fields_become_plain(learnrate: ModuleType, kind: str, given: Any, kept: Any) -> None:
    made = [
        (row.cls(learnrate), {name: row.arguments[name] for name in row.required}, field)
        for row in {example.row for example in EXAMPLES}
        for field in row.fields
        if row.fields[field].endswith(kind) and not (field == "alpha" and kept > 1e299)  # no floor is infinite
    ]
    phases = {"steps": ["steps"], "rate": ["learning_rate", "start"], "text": []}[kind]
    made += [(learnrate.Phase, {"steps": 10, "learning_rate": 0.1}, field) for field in phases]
    for cls, arguments, field in made:
        value = getattr(cls(**arguments | {field: given}), field)
        assert value == kept
        assert type(value) is type(kept)
        if isinstance(kept, float):
            assert math.copysign(1.0, value) == 1.0


@pytest.mark.parametrize(("field", "given", "kept"), [("decay_steps", 2.0**53, 2**53), ("warmup_steps", -0.0, 0)])
def test_steps_at_the_limits(CosineDecay: Any, field: str, given: float, kept: int) -> None:
    value = getattr(CosineDecay(**{"initial_learning_rate": 0.1, "decay_steps": 1000, field: given}), field)
    assert value == kept
    assert type(value) is int


@pytest.mark.parametrize(
    ("changes", "derived"),
    [
        ({}, (100, 1.5, 1.5 * 0.1)),
        ({"warmup_target": None, "warmup_steps": 0}, (90, 0.25, 0.25 * 0.1)),
        ({"warmup_target": None}, (90, 0.25, 0.25 * 0.1)),  # an unused warmup does not count
        ({"warmup_target": 0.0}, (100, 0.0, 0.0)),  # but a target of 0 is one
        ({"warmup_steps": 0}, (90, 1.5, 1.5 * 0.1)),
        ({"alpha": 2.0}, (100, 1.5, 3.0)),
        ({"decay_steps": 2**53 - 10}, (2**53, 1.5, 1.5 * 0.1)),
    ],
)
@pytest.mark.filterwarnings("ignore:warmup_steps=10 has no effect")
def test_derived_attributes(
    CosineDecay: type[Schedule], changes: dict[str, Any], derived: tuple[int, float, float]
) -> None:
    schedule = CosineDecay(0.25, 90, 0.1, "", 1.5, 10).replace(**changes)
    assert (schedule.total_steps, schedule.peak_learning_rate, schedule.final_learning_rate) == derived


# The value


def test_equality_is_that_of_the_fields(learnrate: ModuleType, example: Example) -> None:
    schedule, twin = example.make(learnrate), example.make(learnrate)
    assert twin is not schedule
    assert twin == schedule
    assert (twin != schedule) is False
    assert hash(twin) == hash(schedule)
    for other in (None, 0, example.fields, example.config, object(), type(schedule)):
        assert schedule != other
        assert (schedule == other) is False
        assert schedule.__eq__(other) is NotImplemented


def test_no_two_examples_are_equal(learnrate: ModuleType) -> None:
    assert len({example.make(learnrate) for example in EXAMPLES}) == len(EXAMPLES)


@pytest.mark.filterwarnings("ignore:warmup_steps=10 has no effect")
def test_each_field_counts(learnrate: ModuleType, row: Row) -> None:
    schedule: Any = row.first.make(learnrate)
    for i, (field, value) in enumerate(zip(row.fields, row.changes, strict=True)):
        changed = schedule.replace(**{field: value})
        assert changed != schedule
        assert hash(changed) != hash(schedule)
        fields = (*row.first.fields[:i], value, *row.first.fields[i + 1 :])
        assert changed.get_config() == row.config(fields)
        assert schedule.get_config() == row.first.config  # not changed in place
        assert schedule.__replace__(**{field: value}) == changed


def test_replace_refuses_as_the_constructor_does(learnrate: ModuleType, row: Row) -> None:
    schedule: Any = row.first.make(learnrate)
    for replace in (schedule.replace, schedule.__replace__):
        assert replace() == schedule
        with pytest.raises(TypeError):
            replace(beta=1)
        with pytest.raises(TypeError):
            replace(0.5)
        refused(TypeError, "Argument `name` must be a string. Received: name=5", replace, name=5)


def test_repr(learnrate: ModuleType, example: Example) -> None:
    schedule = example.make(learnrate)
    names = {name: getattr(learnrate, name) for name in (example.row.name, "Phase")}
    assert repr(schedule) == str(schedule)
    assert eval(repr(schedule), names) == schedule
    assert repr(schedule).startswith(f"{example.row}({next(iter(example.config))}=")


def test_repr_leaves_defaults_out(learnrate: ModuleType) -> None:
    cosine, phases = (example.make(learnrate) for example in (EXAMPLES[0], PHASES_ROW.first))
    fields = EXAMPLES[0].config.items()
    assert repr(learnrate.CosineDecay(0.1, 1000)) == "CosineDecay(initial_learning_rate=0.1, decay_steps=1000)"
    assert repr(cosine) == f"CosineDecay({', '.join(f'{name}={value!r}' for name, value in fields)})"
    assert repr(learnrate.Phases(0.1, [])) == "Phases(initial_learning_rate=0.1, phases=())"
    assert repr(phases).startswith(
        "Phases(initial_learning_rate=0.25, phases=(Phase(steps=10, learning_rate=1.5), "
        "Phase(steps=0, learning_rate=0.75, shape='cosine'), "
        "Phase(steps=90, learning_rate=0.15, shape='cosine', start=1.4)), name="
    )


def test_it_cannot_be_changed(learnrate: ModuleType, row: Row) -> None:
    schedule: Any = row.first.make(learnrate)
    values = [schedule, schedule.segments[0], learnrate.Phase(1, 0.1)]
    for value in values:
        for name in [*row.fields, *DERIVED, *type(value)._fields, "new", "_new", "__dict__"]:
            with pytest.raises(AttributeError):
                setattr(value, name, 1)
            with pytest.raises(AttributeError):
                delattr(value, name)
        assert not hasattr(value, "__dict__")
    for config in (schedule.get_config(), *schedule.get_config().get("phases", [])):
        config.clear()
    assert schedule.get_config() == row.first.config
    assert schedule == row.first.make(learnrate)


def test_what_was_given_may_change(learnrate: ModuleType) -> None:
    phases: list[Any] = [{"steps": 10, "learning_rate": 0.5}, (10, 0.1)]
    schedule = learnrate.Phases(1.0, phases)
    phases[0]["steps"] = 7
    phases.clear()
    assert schedule == learnrate.Phases(1.0, [(10, 0.5), (10, 0.1)])


def test_the_classes(learnrate: ModuleType, row: Row) -> None:
    cls = row.cls(learnrate)
    assert (cls.__module__, cls.__qualname__) == ("learnrate", row.name)
    assert issubclass(cls, learnrate.Schedule)
    for final in (cls, learnrate.Phase):
        for bases in [(final,), (final, dict), (str, final)]:
            with pytest.raises(TypeError):
                type("Sub", bases, {})
        refused(TypeError, f"type 'learnrate.{final.__name__}' is not an acceptable base type", type, "A", (final,), {})


def test_the_base_is_no_class_to_make(learnrate: ModuleType) -> None:
    base = learnrate.Schedule
    assert (base.__module__, base.__qualname__) == ("learnrate", "Schedule")
    text = "learnrate.Schedule cannot be made: make one of the classes of schedules"
    for arguments in ((), (0.1,), ((),)):
        refused(TypeError, text, base, *arguments)
    refused(TypeError, text, type("Mine", (base,), {}))


def test_the_base_reads_nothing(learnrate: ModuleType) -> None:
    text = "learnrate.Schedule reads nothing: learnrate.from_json and learnrate.deserialize do, any class"
    refused(TypeError, text, learnrate.Schedule.from_json, learnrate.constant(0.1).to_json())
    refused(TypeError, text, learnrate.Schedule.from_config, {})


def test_copies(learnrate: ModuleType, example: Example) -> None:
    schedule = example.make(learnrate)
    pair = [schedule, {"key": schedule}]
    assert copy.copy(schedule) == copy.deepcopy(schedule) == schedule
    assert copy.copy(pair) == copy.deepcopy(pair) == pair
    assert copy.deepcopy(schedule).get_config() == example.config


def test_weak_references(learnrate: ModuleType, row: Row) -> None:
    schedule = row.first.make(learnrate)
    assert weakref.ref(schedule)() is schedule
    names = weakref.WeakKeyDictionary({schedule: "one"})
    assert names[row.first.make(learnrate)] == "one"


def test_pickles(learnrate: ModuleType, example: Example) -> None:
    schedule = example.make(learnrate)
    for protocol in PROTOCOLS:
        pickled = pickle.dumps(schedule, protocol)
        loaded = pickle.loads(pickled)
        assert loaded == schedule
        assert loaded.get_config() == example.config
        assert loaded.segments == schedule.segments
        assert loaded(50.5) == schedule(50.5)
        if 2 <= protocol < 4:  # whose class is one opcode: an allowlist of one class is enough
            named = {arg for code, arg, _ in pickletools.genops(pickled) if code.name == "GLOBAL"}
            assert named == {f"learnrate {example.row}"}


@pytest.mark.filterwarnings("ignore:warmup_steps=10 has no effect")
def test_pickles_of_an_unused_warmup(CosineDecay: Any) -> None:
    schedule = CosineDecay(0.25, 90, warmup_steps=10)
    assert [pickle.loads(pickle.dumps(schedule, protocol)) for protocol in PROTOCOLS] == [schedule] * len(PROTOCOLS)


def test_phases_and_segments_are_values_too(learnrate: ModuleType) -> None:
    phase, twin = (learnrate.Phase(9, 0.1, "cosine", None, 0.2) for _ in range(2))
    [*_, segment], [*_, same] = (learnrate.Phases(0.3, [one]).segments for one in (phase, twin))
    for one, other in ((phase, twin), (segment, same)):
        assert one == other
        assert hash(one) == hash(other)
        assert one is not other
        assert {copy.copy(one), copy.deepcopy(one)} == {one}
        assert all(pickle.loads(pickle.dumps(one, protocol)) == one for protocol in PROTOCOLS)
    assert eval(repr(phase), {"Phase": learnrate.Phase}) == phase
    changes = {"steps": 8, "learning_rate": 0.3, "shape": "linear", "start": None}
    fields = dict(zip(learnrate.Phase._fields, (9, 0.1, "cosine", None, 0.2), strict=True))
    assert all(learnrate.Phase(**fields | {name: value}) != phase for name, value in changes.items())


LOAD = """
import pickle, sys
loaded = [{pickle.loads(text) for text in texts} for texts in pickle.load(sys.stdin.buffer)]
import learnrate
print(learnrate.BACKEND)
for schedules in loaded:
    print(*map(ascii, schedules))
"""


def test_pickles_load_on_the_other_backend(packages: list[ModuleType], learnrate: ModuleType) -> None:
    schedules = [example.make(learnrate) for example in EXAMPLES]
    pickles = pickle.dumps([[pickle.dumps(schedule, protocol) for protocol in PROTOCOLS] for schedule in schedules])
    for package in packages:
        shown = python(LOAD, stdin=pickles, LEARNRATE_BACKEND=package.BACKEND)
        assert shown.splitlines() == [package.BACKEND, *map(ascii, schedules)]
