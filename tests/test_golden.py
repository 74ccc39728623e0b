"""The promise: the rates of every version in `tests/data/` stay as they were, to the bit, and its JSON and its pickles
are read for ever. What is written, and the error texts, are those of the newest. So on every backend.

`tests/golden.rs` reads the same cases. `tools/make_cases.py` makes the files.
"""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from learnrate import Schedule

VERSIONS = sorted(
    (file.parent for file in Path(__file__).with_name("data").glob("*/cases.json")),
    key=lambda folder: [*map(int, folder.name.split("."))],
)
CASES = json.loads((VERSIONS[-1] / "cases.json").read_text("utf-8"))


def of_every_version(file: str) -> list[Any]:
    """The parameters of a test: the valid schedules in the files of that name."""
    read = {version.name: json.loads((version / file).read_text("utf-8"))["valid"] for version in VERSIONS}
    return [pytest.param(row, id=f"{name} {json.dumps(envelope(row))}") for name, rows in read.items() for row in rows]


def numbers(value: Any) -> Any:
    """JSON has no NaN and no infinity: they are written as text."""
    if isinstance(value, list):
        return [numbers(element) for element in value]
    return float(value) if value in ("nan", "inf", "-inf") else value


def all_numbers(value: Any) -> Any:
    """The same within objects."""
    if isinstance(value, dict):
        return {key: all_numbers(field) for key, field in value.items()}
    return [all_numbers(element) for element in value] if isinstance(value, list) else numbers(value)


def envelope(case: dict[str, Any]) -> dict[str, Any]:
    """A case of 0.1.0, which had one class, does not name it."""
    return {"class_name": case.get("class_name", "CosineDecay"), "config": case["config"]}


def build(learnrate: ModuleType, case: dict[str, Any]) -> Schedule:
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # one has a warmup without a target
        schedule: Schedule = learnrate.deserialize(envelope(case))
    return schedule


@pytest.mark.parametrize("case", of_every_version("cases.json"))
def test_rates(learnrate: ModuleType, case: dict[str, Any]) -> None:
    schedule = build(learnrate, case)
    steps = [numbers(step) for step, _, _ in case["points"]]
    expected = np.array([int(bits, 16) for _, bits, _ in case["points"]], np.uint64)
    assert expected.view(np.float64).tolist() == [rate for _, _, rate in case["points"]]
    for rates in (np.array([schedule(step) for step in steps]), schedule(steps), schedule(np.array(steps, np.float64))):
        assert [f"{bits:#018x}" for bits in rates.view(np.uint64)] == [f"{bits:#018x}" for bits in expected]


@pytest.mark.parametrize("case", CASES["valid"], ids=lambda case: json.dumps(envelope(case)))
def test_json_is_written(learnrate: ModuleType, case: dict[str, Any]) -> None:
    schedule = build(learnrate, case)
    assert schedule.to_json() == case["json"]
    # As text, for the order of keys, the types and the sign of zeros.
    assert json.dumps(learnrate.serialize(schedule)) == case["json"]
    assert json.dumps(schedule.get_config()) == json.dumps(json.loads(case["json"])["config"])


@pytest.mark.parametrize("case", of_every_version("cases.json"))
@pytest.mark.filterwarnings("ignore:warmup_steps=100 has no effect")
def test_json_is_read_for_ever(learnrate: ModuleType, case: dict[str, Any]) -> None:
    schedule = build(learnrate, case)
    assert learnrate.from_json(case["json"]) == type(schedule).from_json(case["json"]) == schedule
    assert schedule.get_config() == json.loads(case["json"])["config"]


@pytest.mark.parametrize("case", of_every_version("pickles.json"))
def test_pickles_are_read_for_ever(learnrate: ModuleType, case: dict[str, Any]) -> None:
    schedule = build(learnrate, case)
    assert len(case["pickles"]) >= 6  # protocols
    for text in case["pickles"]:
        assert pickle.loads(bytes.fromhex(text)) == schedule


def test_this_version_has_its_files(learnrate: ModuleType) -> None:
    assert VERSIONS[-1].name == learnrate.__version__, "tools/make_cases.py makes them"


@pytest.mark.parametrize("case", CASES["bad_fields"], ids=lambda case: json.dumps(envelope(case)))
def test_refused_fields(learnrate: ModuleType, case: dict[str, Any]) -> None:
    data = all_numbers(envelope(case))
    cls = getattr(learnrate, data["class_name"])
    makers: list[Callable[[], object]] = [
        lambda: cls(**data["config"]),
        lambda: cls.from_config(data["config"]),
        lambda: learnrate.deserialize(data),
    ]
    for make in makers:
        with pytest.raises(ValueError, match=r"^Argument") as refusal:
            make()
        assert str(refusal.value) == case["error"]


@pytest.mark.parametrize("case", CASES["bad_steps"], ids=lambda case: json.dumps(case["steps"]))
def test_refused_steps(CosineDecay: Any, case: dict[str, Any]) -> None:
    schedule = CosineDecay(0.0, 1000, 0.1, warmup_target=0.3, warmup_steps=100)
    steps = numbers(case["steps"])
    for given in (steps, np.array(steps)) if isinstance(steps, list) else (steps,):
        with pytest.raises(ValueError, match=r"^Argument") as refusal:
            schedule(given)
        assert str(refusal.value) == case["error"]
