"""Importing the package is cheap, and picks the backend that it says it picks."""

from __future__ import annotations

import importlib.machinery
import shutil
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from checks import python

SPEC = find_spec("learnrate")
assert SPEC is not None
assert SPEC.origin is not None
PACKAGE = Path(SPEC.origin).parent
BACKENDS = ["native", "python"] if find_spec("learnrate._native") else ["python"]

# What a bare interpreter has not, and what takes longer to import than this package.
HEAVY = ["typing", "re", "enum", "contextlib", "functools", "inspect", "json", "dataclasses", "importlib.metadata"]
HEAVY += ["numpy", "array_api_compat"]
SCRIPT = """
import sys
bare = set(sys.modules)
sys.path += {path}

def imported():
    print("imported:", *sorted(set({heavy}) & (set(sys.modules) - bare)))

import learnrate
schedule = {schedule}
schedule(5), schedule(5.5)
imported()
schedule(0), schedule(10**400), schedule(float("inf")), schedule.total_steps, schedule.segments, repr(schedule)
schedule.peak_learning_rate, schedule.replace(name="n"), hash(schedule), schedule.with_warmup(0)
learnrate.deserialize(learnrate.serialize(schedule))
print("refused:", end=" ")
for step in (-1, -0.5, "x", b"x", None, {{}}, object(), {{1}}, 1j, iter(""), True, int):
    try:
        schedule(step)
    except (ValueError, TypeError) as error:
        print(type(error).__name__, end=" ")
print()
imported()
"""


@pytest.mark.parametrize(
    "schedule",
    ["learnrate.CosineDecay(0.1, 9)", "learnrate.warmup_stable_decay(0.1, 9, warmup_steps=1, decay_steps=3)"],
    ids=["CosineDecay", "Phases"],
)
def test_nothing_is_imported_before_it_is_needed(learnrate: ModuleType, schedule: str) -> None:
    # Without `site`, which imports some of these for its own ends, and for editable installations.
    script = SCRIPT.format(path=[str(PACKAGE.parent)], heavy=HEAVY, schedule=schedule)
    shown = python(script, flags="-ISWerror", LEARNRATE_BACKEND=learnrate.BACKEND)
    assert "Error:" not in shown, shown
    light, refused, later = (line.split() for line in shown.splitlines())
    assert light == ["imported:"]
    assert refused == ["refused:", *["ValueError"] * 2, *["TypeError"] * 10]
    assert not {"numpy", "array_api_compat", "json", "inspect"} & set(later)


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
