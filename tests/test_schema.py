"""The promise: the JSON Schema that the package ships takes what the readers take, and refuses what they refuse as far
as a schema can say it.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from family import SHAPES
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parent.parent
# What any version wrote; what the newest refuses
CASES = [json.loads(file.read_text("utf-8")) for file in sorted((ROOT / "tests" / "data").glob("*/cases.json"))]
FILES = sorted((ROOT / "examples").glob("*.json"))
CONFIG = {"initial_learning_rate": 0.1, "decay_steps": 1000}
PHASE = {"steps": 10, "learning_rate": 0.1}
POLYNOMIAL = {**PHASE, "shape": "polynomial"}
# Rules between fields, and one within a string, for which a schema has no words.
INEXPRESSIBLE = (
    "so small that peak * alpha is finite",
    "<= 2**53 - decay_steps",
    "at most 2**53 steps long",
    "surrogates",
    "> 0 where the shape is",
    "within a factor of 1e100",
    "1 less than the length",
    "> boundaries",
)


@cache
def schema(learnrate: ModuleType) -> Draft202012Validator:
    data = json.loads(resources.files(learnrate).joinpath("schedule.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(data)
    return Draft202012Validator(data)


def error(learnrate: ModuleType, text: str) -> str | None:
    """Why the reader refuses the text, or None."""
    try:
        learnrate.from_json(text)
    except ValueError as refused:
        return str(refused)
    return None


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_examples_are_valid(learnrate: ModuleType, file: Path) -> None:
    schema(learnrate).validate(json.loads(file.read_bytes()))


@pytest.mark.parametrize(
    "case", [case for cases in CASES for case in cases["valid"]], ids=lambda case: json.dumps(case["config"])[:60]
)
def test_what_is_accepted_is_valid(learnrate: ModuleType, case: Any) -> None:
    written = json.loads(case["json"])
    schema(learnrate).validate(written)
    schema(learnrate).validate({"class_name": written["class_name"], "config": case["config"]})


@pytest.mark.parametrize("case", CASES[-1]["bad_fields"], ids=lambda case: case["error"][:60])
def test_what_is_refused_is_not_valid(learnrate: ModuleType, case: Any) -> None:
    valid = schema(learnrate).is_valid({key: case[key] for key in ("class_name", "config")})
    assert not valid or any(rule in case["error"] for rule in INEXPRESSIBLE)


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
others = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.text(), scalars, max_size=2)
# Mostly numbers that may do, so that other fields are looked at too.
numbers = st.floats(0.0, 2.0) | st.integers(0, 10) | st.integers(2**53 - 5, 2**53 + 5) | others


def some(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Objects that have mostly the keys that they need."""
    return st.fixed_dictionaries(required, optional={**optional, "other": others}) | st.fixed_dictionaries(
        {}, optional={**required, **optional}
    )


names = {"name": st.text() | others}
cosines = some(
    {"initial_learning_rate": numbers, "decay_steps": numbers},
    {**dict.fromkeys(("alpha", "warmup_target", "warmup_steps"), numbers), **names},
)
phase = some(
    {"steps": numbers, "learning_rate": numbers},
    {"shape": st.sampled_from([*SHAPES, "Linear"]) | others, "power": numbers, "start": numbers},
)
several = some({"initial_learning_rate": numbers, "phases": st.lists(phase, max_size=3) | others}, names)
lists = st.lists(numbers, max_size=3) | others
stairs = some({"boundaries": lists, "values": lists}, names)
times = some(
    {"initial_learning_rate": numbers, "decay_steps": numbers, "decay_rate": numbers},
    {"staircase": st.booleans() | others, **names},
)
powers = some(
    {"initial_learning_rate": numbers, "decay_steps": numbers},
    {"end_learning_rate": numbers, "power": numbers, "cycle": st.booleans() | others, **names},
)
roots = some({"initial_learning_rate": numbers, "timescale": numbers}, names)
configs = {
    "CosineDecay": cosines,
    "Phases": several,
    "PiecewiseConstantDecay": stairs,
    "ExponentialDecay": times,
    "PolynomialDecay": powers,
    "InverseTimeDecay": times,
    "InverseSquareRootDecay": roots,
}
known = st.one_of(*(st.fixed_dictionaries({"class_name": st.just(k), "config": v}) for k, v in configs.items()))
envelopes = st.fixed_dictionaries(
    {"class_name": st.sampled_from([*configs, "Phase"]) | others, "config": st.one_of(*configs.values()) | others},
    optional={"module": others, "registered_name": others, "other": others},
)


@pytest.mark.filterwarnings("ignore:.*has no effect")
@given(known | envelopes | others)
@example({"class_name": "CosineDecay", "config": {**CONFIG, "initial_learning_rate": 10**400}})
@example({"class_name": "CosineDecay", "config": {**CONFIG, "initial_learning_rate": sys.float_info.max}})
@example({"class_name": "CosineDecay", "config": {**CONFIG, "decay_steps": 2**53, "alpha": True}})
@example({"class_name": "CosineDecay", "config": {**CONFIG, "decay_steps": 2**53 + 1}})
@example({"class_name": "CosineDecay", "config": {**CONFIG, "decay_steps": 1000.5}})
@example({"class_name": "CosineDecay", "config": {**CONFIG, "decay_steps": 0.5}})
@example({"class_name": "CosineDecay", "config": {**CONFIG, "warmup_steps": 0.5}})
@example({"class_name": "Phases", "config": {"initial_learning_rate": 0.1, "phases": [{**PHASE, "steps": 0.5}]}})
@example({"class_name": "Phases", "config": {"initial_learning_rate": 0.1, "phases": [{**PHASE, "steps": 9e-7}]}})
@example({"class_name": "CosineDecay", "config": {**CONFIG, "warmup_steps": 2.0, "name": None}})
@example({"class_name": "CosineDecay", "config": {**CONFIG, "warmup_steps": 2**53}})
@example({"class_name": "Phases", "config": CONFIG})
@example({"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.1, "phases": []}})
@example({"class_name": "Phases", "config": {"initial_learning_rate": 0.1, "phases": []}})
@example({"class_name": "Phases", "config": {"initial_learning_rate": 0.1, "phases": [PHASE, {**PHASE, "start": 1}]}})
@example({"class_name": "Phases", "config": {"initial_learning_rate": 0.1, "phases": [{**PHASE, "steps": 0}]}})
@example({"class_name": "Phases", "config": {"initial_learning_rate": 0.1, "phases": [{**PHASE, "steps": 2**53}]}})
@example({"class_name": "Phases", "config": {"initial_learning_rate": 0.1, "phases": [{**PHASE, "steps": 2**53 + 1}]}})
@example({"class_name": "Phases", "config": {"initial_learning_rate": 0.1, "phases": [{**PHASE, "power": 2}]}})
@example({"class_name": "Phases", "config": {"initial_learning_rate": 0.1, "phases": [{**PHASE, "shape": "hold"}]}})
@example({"class_name": "Phases", "config": {"initial_learning_rate": 0.1, "phases": [[10, 0.1]]}})
@example({"class_name": "Phases", "config": {"initial_learning_rate": 0.1, "phases": {}}})
@example({"class_name": "Phases", "config": {"initial_learning_rate": 0.1, "phases": [{**PHASE, "end": 5}]}})
@example({"class_name": "Phases", "config": {"initial_learning_rate": 0.1, "phases": [POLYNOMIAL]}})
@example({"class_name": "Phases", "config": {"initial_learning_rate": 0.1, "phases": [{**POLYNOMIAL, "power": 2}]}})
@example({"class_name": "Phases", "config": {"initial_learning_rate": 0.1, "phases": [{**POLYNOMIAL, "power": None}]}})
@example({"class_name": "Phases", "config": {"initial_learning_rate": 0.1, "phases": [{**POLYNOMIAL, "power": 1001}]}})
@example({"class_name": "PolynomialDecay", "config": {**CONFIG, "power": 1000, "cycle": True}})
@example({"class_name": "PolynomialDecay", "config": {**CONFIG, "power": 1000.5}})
@example({"class_name": "PolynomialDecay", "config": {**CONFIG, "power": 0}})
@example({"class_name": "PolynomialDecay", "config": {**CONFIG, "power": None}})
@example({"class_name": "ExponentialDecay", "config": {**CONFIG, "decay_rate": 0}})
@example({"class_name": "ExponentialDecay", "config": {**CONFIG, "decay_rate": 5e-324}})
@example({"class_name": "ExponentialDecay", "config": {**CONFIG, "decay_rate": 10**400}})
@settings(max_examples=500)
def test_schema_and_reader_agree(learnrate: ModuleType, data: Any) -> None:
    text = json.dumps(data)
    refused = error(learnrate, text)
    assume(refused is None or not any(rule in refused for rule in INEXPRESSIBLE))
    assert schema(learnrate).is_valid(json.loads(text)) == (refused is None), refused


def test_the_largest_numbers(learnrate: ModuleType) -> None:
    def valid(**changes: Any) -> bool:
        return bool(schema(learnrate).is_valid({"class_name": "CosineDecay", "config": {**CONFIG, **changes}}))

    assert valid(decay_steps=1, warmup_steps=2**53 - 1)
    assert not valid(decay_steps=1, warmup_steps=2**53)
    assert valid(decay_steps=2**53)
    assert not valid(decay_steps=2**53 + 1)


def test_the_longest_list_of_phases(learnrate: ModuleType) -> None:
    phases: Any = schema(learnrate).schema
    for key in ("$defs", "Phases", "properties", "phases"):
        phases = phases[key]
    no_items = Draft202012Validator({**phases, "items": True})  # to look at each takes seconds
    for count in (65_535, 65_536):
        config = {"initial_learning_rate": 0.1, "phases": [PHASE] * count}
        refused = error(learnrate, json.dumps({"class_name": "Phases", "config": config}))
        assert no_items.is_valid(config["phases"]) == (refused is None) == (count == 65_535)


def test_defaults_and_keys_are_those_of_the_classes(learnrate: ModuleType) -> None:
    data: Any = schema(learnrate).schema
    phase = learnrate.Phase(10, 0.1)
    schedules = [
        learnrate.CosineDecay(0.1, 1000),
        learnrate.ExponentialDecay(0.1, 1000, 0.5),
        learnrate.InverseTimeDecay(0.1, 1000, 0.5),
        learnrate.PiecewiseConstantDecay([10], [0.1, 0.2]),
        learnrate.PolynomialDecay(0.1, 1000),
        learnrate.InverseSquareRootDecay(0.1, 1000),
        learnrate.Phases(0.1, [phase]),
    ]
    assert data["properties"]["class_name"] == {"enum": [type(schedule).__name__ for schedule in schedules]}
    assert list(data["properties"]) == list(learnrate.serialize(schedules[0]))
    configs = {type(schedule).__name__: schedule.get_config() for schedule in schedules}
    for name, config in {**configs, "Phase": configs["Phases"]["phases"][0]}.items():
        definition = data["$defs"][name]
        fields = definition["properties"]
        assert list(fields) == list(config)
        defaults = {field: rule["default"] for field, rule in fields.items() if "default" in rule}
        assert defaults == {field: config[field] for field in config if field not in definition["required"]}
