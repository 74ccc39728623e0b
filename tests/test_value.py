"""A schedule is one immutable value: compared, copied, pickled and printed by its six fields, on either backend.

And importing the package is cheap, and picks the backend that it says it picks.
"""

from __future__ import annotations

import copy
import enum
import importlib.machinery
import inspect
import math
import os
import pickle
import shutil
import subprocess
import sys
import weakref
from importlib.util import find_spec
from pathlib import Path
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
    "name": 'it\'s "mine" \N{SNOWMAN}',
    "warmup_target": 1.5,
    "warmup_steps": 10,
}
DERIVED: dict[str, Any] = {"total_steps": 100, "peak_learning_rate": 1.5, "final_learning_rate": 1.5 * 0.1}
OTHER: dict[str, Any] = {
    "initial_learning_rate": math.nextafter(0.25, 1),
    "decay_steps": 91,
    "alpha": math.nextafter(0.1, 1),
    "name": 'it\'s "mine" \N{SNOWMAN} ',
    "warmup_target": None,
    "warmup_steps": 11,
}
SPEC = find_spec("learnrate")
assert SPEC is not None
assert SPEC.origin is not None
PACKAGE = Path(SPEC.origin).parent
BACKENDS = ["native", "python"] if find_spec("learnrate._native") else ["python"]


@pytest.fixture
def schedule(CosineDecay: type[Schedule]) -> Schedule:
    return CosineDecay(**FIELDS)


def python(code: str, stdin: bytes = b"", path: Path | None = None, **variables: str) -> str:
    """What a fresh interpreter prints and, if it fails, the last line of its traceback."""
    environment = {name: value for name, value in os.environ.items() if name != "LEARNRATE_BACKEND"} | variables
    if path:
        environment["PYTHONPATH"] = str(path)
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, input=stdin, env=environment, capture_output=True, timeout=60)
    return (done.stdout + done.stderr.strip().rpartition(b"\n")[2]).decode().strip()


# The fields


def test_arguments_are_keras_s(CosineDecay: type[Schedule], schedule: Schedule) -> None:
    assert CosineDecay(*FIELDS.values()) == schedule
    parameters = inspect.signature(CosineDecay).parameters.values()
    defaults = [inspect.Parameter.empty] * 2 + [0.0, "CosineDecay", None, 0]
    assert [(p.name, p.default) for p in parameters] == list(zip(FIELDS, defaults, strict=True))
    assert {p.kind for p in parameters} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}
    bare = CosineDecay(0.1, 1000)
    assert bare == CosineDecay(0.1, 1000, 0.0, "CosineDecay", None, 0) == CosineDecay(0.1, 1000, name=None)


def test_a_call_takes_a_step_and_out(schedule: Schedule) -> None:
    step, out = inspect.signature(schedule).parameters.values()
    assert (step.name, step.default) == ("step", inspect.Parameter.empty)
    assert step.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert (out.name, out.default, out.kind) == ("out", None, inspect.Parameter.KEYWORD_ONLY)
    assert schedule(step=5, out=None) == schedule(5)


def test_attributes(schedule: Schedule) -> None:
    for name, value in {**FIELDS, **DERIVED}.items():
        assert getattr(schedule, name) == value
        assert type(getattr(schedule, name)) is type(value)


class Text(str):
    __slots__ = ()


class Steps(enum.IntEnum):
    MANY = 9


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        *(("decay_steps", given, 1000) for given in (1000, 1000.0, np.int64(1000), np.float32(1000), np.array(1000))),
        *(("decay_steps", given, 1000) for given in (np.uint16(1000), np.array(1000.0, ">f8"), np.longdouble(1000))),
        ("decay_steps", Steps.MANY, 9),
        ("decay_steps", 2.0**53, 2**53),
        ("warmup_steps", np.array(0.0), 0),
        ("warmup_steps", -0.0, 0),
        ("initial_learning_rate", 0, 0.0),
        ("initial_learning_rate", -0.0, 0.0),
        ("initial_learning_rate", np.float32(-0.0), 0.0),
        ("initial_learning_rate", 10**300, 1e300),
        ("initial_learning_rate", np.float64(0.1), 0.1),
        ("initial_learning_rate", np.longdouble(1) / 3, 1 / 3),
        ("alpha", -0.0, 0.0),
        ("alpha", 2, 2.0),
        ("alpha", np.float32(0.1), 0.10000000149011612),
        ("alpha", np.array(1), 1.0),
        ("warmup_target", -0.0, 0.0),
        ("warmup_target", 0, 0.0),
        ("warmup_target", np.float16(0.5), 0.5),
        ("name", None, "CosineDecay"),
        ("name", "", ""),
        ("name", Text("name"), "name"),
        ("name", np.str_("name"), "name"),
    ],
    ids=lambda value: f"{type(value).__name__} {value!r}",
)
def test_fields_become_plain(CosineDecay: type[Schedule], field: str, given: Any, kept: Any) -> None:
    value = getattr(CosineDecay(**{"initial_learning_rate": 0.1, "decay_steps": 1000, field: given}), field)
    assert value == kept
    assert type(value) is type(kept)
    if isinstance(kept, float):
        assert math.copysign(1.0, value) == 1.0


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
    schedule = CosineDecay(**{**FIELDS, **changes})
    assert (schedule.total_steps, schedule.peak_learning_rate, schedule.final_learning_rate) == derived


# The value


def test_equality_is_that_of_the_fields(CosineDecay: Any, schedule: Schedule) -> None:
    twin = CosineDecay(**FIELDS)
    assert twin is not schedule
    assert twin == schedule
    assert (twin != schedule) is False
    assert hash(twin) == hash(schedule)
    assert len({twin, schedule, CosineDecay(-0.0, 9), CosineDecay(0, 9.0, name=None)}) == 2
    for other in (None, 0, FIELDS, tuple(FIELDS.values()), object(), CosineDecay):
        assert schedule != other
        assert (schedule == other) is False
        assert schedule.__eq__(other) is NotImplemented


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.filterwarnings("ignore:warmup_steps=10 has no effect")
def test_each_field_counts(schedule: Schedule, field: str) -> None:
    changed = schedule.replace(**{field: OTHER[field]})
    assert changed != schedule
    assert hash(changed) != hash(schedule)
    assert changed.get_config() == {**FIELDS, field: OTHER[field]}
    assert schedule.get_config() == FIELDS  # not changed in place
    assert schedule.__replace__(**{field: OTHER[field]}) == changed


def test_replace_refuses_as_the_constructor_does(schedule: Any) -> None:
    for replace in (schedule.replace, schedule.__replace__):
        assert replace() == schedule
        with pytest.raises(TypeError):
            replace(beta=1)
        with pytest.raises(TypeError):
            replace(0.5)
        with pytest.raises(ValueError, match=r"^Argument `decay_steps` must be > 0\. Received: decay_steps=0$"):
            replace(decay_steps=0)


def test_repr(CosineDecay: type[Schedule], schedule: Schedule) -> None:
    assert repr(CosineDecay(0.1, 1000)) == "CosineDecay(initial_learning_rate=0.1, decay_steps=1000)"
    assert repr(schedule) == str(schedule) == f"CosineDecay({', '.join(f'{k}={v!r}' for k, v in FIELDS.items())})"
    assert eval(repr(schedule), {"CosineDecay": CosineDecay}) == schedule


def test_it_cannot_be_changed(schedule: Schedule) -> None:
    for name in [*FIELDS, *DERIVED, "new", "_new", "__dict__"]:
        with pytest.raises(AttributeError):
            setattr(schedule, name, 1)
        with pytest.raises(AttributeError):
            delattr(schedule, name)
    assert not hasattr(schedule, "__dict__")
    schedule.get_config().clear()
    assert schedule.get_config() == FIELDS
    assert {name: getattr(schedule, name) for name in DERIVED} == DERIVED


def test_the_class(learnrate: ModuleType, CosineDecay: type[Schedule]) -> None:
    assert (CosineDecay.__module__, CosineDecay.__qualname__) == ("learnrate", "CosineDecay")
    for bases in [(CosineDecay,), (CosineDecay, dict), (str, CosineDecay)]:
        with pytest.raises(TypeError):
            type("Sub", bases, {})


def test_copies(schedule: Schedule) -> None:
    pair = [schedule, {"key": schedule}]
    assert copy.copy(schedule) == copy.deepcopy(schedule) == schedule
    assert copy.copy(pair) == copy.deepcopy(pair) == pair
    assert copy.deepcopy(schedule).get_config() == FIELDS


def test_weak_references(CosineDecay: type[Schedule], schedule: Schedule) -> None:
    assert weakref.ref(schedule)() is schedule
    names = weakref.WeakKeyDictionary({schedule: "one"})
    assert names[CosineDecay(**FIELDS)] == "one"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.filterwarnings("ignore:warmup_steps=10 has no effect")
def test_pickles(schedule: Schedule, protocol: int) -> None:
    for one in (schedule, schedule.replace(warmup_target=None)):
        loaded = pickle.loads(pickle.dumps(one, protocol))
        assert loaded == one
        assert loaded.get_config() == one.get_config()
        assert loaded(50.5) == one(50.5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_pickles_load_on_the_other_backend(schedule: Schedule, backend: str) -> None:
    pickles = [pickle.dumps(schedule, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    code = "import pickle, sys; print({pickle.loads(text) for text in pickle.load(sys.stdin.buffer)}); import learnrate"
    code += "; print(learnrate.BACKEND)"
    shown = python(code, pickle.dumps(pickles), LEARNRATE_BACKEND=backend, PYTHONIOENCODING="utf-8")
    assert shown.splitlines() == [f"{{{schedule!r}}}", backend]


# The import


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_is_imported_before_it_is_needed(backend: str) -> None:
    code = """
import sys
from learnrate import CosineDecay, deserialize, serialize
heavy = {"numpy", "json", "inspect", "array_api_compat"}
print(heavy & set(sys.modules))
schedule = deserialize(serialize(CosineDecay(0.1, 9))).replace(alpha=0.5)
schedule(5), schedule(5.5), schedule(10**400), schedule(float("inf")), schedule.total_steps, repr(schedule)
try:
    schedule(-1)
except ValueError:
    print(heavy & set(sys.modules))
"""
    assert python(code, LEARNRATE_BACKEND=backend).split() == ["set()", "set()"]


SHOW = "import learnrate; print(learnrate.BACKEND, learnrate.CosineDecay(0.1, 9)(0))"
NO_NATIVE = "ImportError: LEARNRATE_BACKEND=native, but this installation of learnrate has no native module"
NO_CHOICE = "ValueError: LEARNRATE_BACKEND must be 'native' or 'python'. Received: "


@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        ({}, f"{BACKENDS[0]} 0.1"),
        *(({"LEARNRATE_BACKEND": backend}, f"{backend} 0.1") for backend in BACKENDS),
        *(({"LEARNRATE_BACKEND": wish}, NO_CHOICE + repr(wish)) for wish in ("bogus", "", "Python", "native ")),
    ],
    ids=str,
)
def test_the_backend_can_be_chosen(variables: dict[str, Any], shown: str) -> None:
    assert python(SHOW, **variables) == shown


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A copy of the package without native module."""
    shutil.copytree(PACKAGE, tmp_path / "learnrate", ignore=shutil.ignore_patterns("_native*", "__pycache__"))
    return tmp_path


def test_only_the_absence_of_the_native_module_selects_python(installed: Path) -> None:
    assert python("import learnrate; print(learnrate.__file__)", path=installed).startswith(str(installed))
    assert python(SHOW, path=installed) == "python 0.1"
    assert python(SHOW, path=installed, LEARNRATE_BACKEND="python") == "python 0.1"
    assert python(SHOW, path=installed, LEARNRATE_BACKEND="native") == NO_NATIVE
    assert python("import sys; sys.modules['learnrate._native'] = None; " + SHOW) == "python 0.1"


@pytest.mark.parametrize(
    ("file", "content", "error"),
    [
        ("_native" + importlib.machinery.EXTENSION_SUFFIXES[0], "not a library", "ImportError: "),
        ("_native.py", "import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("_native.py", "raise ImportError('no such symbol', name=__name__)", "ImportError: no such symbol"),
        ("_native.py", "raise OSError('disk')", "OSError: disk"),
    ],
    ids=["garbage", "what it needs is missing", "what it needs is old", "it fails"],
)
def test_a_native_module_that_does_not_load_is_an_error(installed: Path, file: Path, content: str, error: str) -> None:
    (installed / "learnrate" / file).write_text(content)
    assert python(SHOW, path=installed).startswith(error)
    assert python(SHOW, path=installed, LEARNRATE_BACKEND="native").startswith(error)
    assert python(SHOW, path=installed, LEARNRATE_BACKEND="python") == "python 0.1"
