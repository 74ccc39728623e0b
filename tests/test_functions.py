"""`constant`, `linear_decay`, `warmup_stable_decay`: the phases that they make, and what they refuse.

That they are what other libraries mean by these words is shown beside the real ones, in tests/frameworks.
"""

from __future__ import annotations

import inspect
import math
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from checks import refused
from family import SHAPES, one_of


def same_phases(schedule: Any, learnrate: ModuleType, initial: Any, *phases: tuple[Any, ...]) -> None:
    expected = learnrate.Phases(initial, phases)
    assert schedule == expected
    assert type(schedule) is learnrate.Phases


def test_constant(learnrate: ModuleType) -> None:
    for rate in (0, 0.25, np.float32(0.25), 1e308):
        schedule = learnrate.constant(rate)
        same_phases(schedule, learnrate, rate)
        assert {schedule(step) for step in (0, 0.5, 10**6, 10**400, math.inf)} == {float(rate)}
        assert (schedule.total_steps, schedule.peak_learning_rate, schedule.final_learning_rate) == (0, rate, rate)


@pytest.mark.parametrize(
    ("arguments", "initial", "phases"),
    [
        ({}, 0.5, [(100, 0.0)]),
        ({"final": 0.125}, 0.5, [(100, 0.125)]),
        ({"final": 0.75}, 0.5, [(100, 0.75)]),
        ({"initial": 0.25}, 0.5, [(100, 0.0)]),  # no warmup to start it
        ({"warmup_steps": 0.0}, 0.5, [(100, 0.0)]),
        ({"warmup_steps": 10}, 0.0, [(10, 0.5), (90, 0.0)]),
        ({"warmup_steps": 99, "initial": 1, "final": 0.125}, 1.0, [(99, 0.5), (1, 0.125)]),
    ],
)
def test_linear_decay(learnrate: ModuleType, arguments: Any, initial: float, phases: Any) -> None:
    for total in (100, 100.0, np.int64(100)):
        same_phases(learnrate.linear_decay(0.5, total, **arguments), learnrate, initial, *phases)


@pytest.mark.parametrize(
    ("warmup", "decay", "arguments", "initial", "phases"),
    [
        (10, 20, {}, 0.0, [(10, 0.5), (70, 0.5), (20, 0.0)]),
        (10, 20, {"initial": 0.25, "final": 0.125}, 0.25, [(10, 0.5), (70, 0.5), (20, 0.125)]),
        (10, 20, {"shape": "cosine"}, 0.0, [(10, 0.5), (70, 0.5), (20, 0.0, "cosine")]),
        (0, 20, {"initial": 0.25}, 0.5, [(80, 0.5), (20, 0.0)]),
        (10, 90, {}, 0.0, [(10, 0.5), (90, 0.0)]),
        (0, 100, {}, 0.5, [(100, 0.0)]),
        (10, 0, {}, 0.0, [(10, 0.5), (90, 0.5), (0, 0.0)]),  # the rate drops at the end
        (100, 0, {}, 0.0, [(100, 0.5), (0, 0.0)]),
        (0, 0, {}, 0.5, [(100, 0.5), (0, 0.0)]),
    ],
)
def test_warmup_stable_decay(
    learnrate: ModuleType, warmup: int, decay: int, arguments: Any, initial: float, phases: Any
) -> None:
    schedule = learnrate.warmup_stable_decay(0.5, 100, warmup_steps=warmup, decay_steps=decay, **arguments)
    same_phases(schedule, learnrate, initial, *phases)
    assert schedule.total_steps == 100
    if warmup + decay < 100:
        assert schedule(warmup) == schedule(math.nextafter(100 - decay, 0)) == 0.5
    assert schedule(100) == schedule(10**6) == arguments.get("final", 0.0)


WSD = {"warmup_steps": 10, "decay_steps": 20}
RATE = "a finite number >= 0"
CALLS: dict[str, dict[str, Any]] = {
    "constant": {"learning_rate": 0.5},
    "linear_decay": {"peak": 0.5, "total_steps": 100, "warmup_steps": 10, "initial": 0.0, "final": 0.0},
    "warmup_stable_decay": {"peak": 0.5, "total_steps": 100, **WSD, "shape": "linear", "initial": 0.0, "final": 0.0},
}
ARGUMENTS = [(name, argument) for name, arguments in CALLS.items() for argument in arguments]


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS)
def test_each_argument(learnrate: ModuleType, name: str, argument: str) -> None:
    cases: list[tuple[type[Exception], str, Any]] = []
    if argument == "shape":
        cases += [(ValueError, one_of(SHAPES), value) for value in ("", "hold", "Cosine")]
        cases += [(TypeError, "a string", value) for value in (None, 5, b"linear")]
        cases += [(ValueError, "a shape without a power: Phases takes 'polynomial'", "polynomial")]
    elif "steps" in argument:
        cases += [(ValueError, "a whole number", value) for value in (10.5, math.nan, math.inf)]
        cases += [(TypeError, "a whole number", value) for value in (None, True, "10", [10])]
        cases += [(ValueError, "<= 2**53", value) for value in (2**53 + 1, 1e300)]
        least = "> 0" if argument == "total_steps" else ">= 0"
        cases += [(ValueError, least, value) for value in ((-1, 0) if argument == "total_steps" else (-1, -2.0))]
    else:
        cases += [(ValueError, RATE, value) for value in (-1, -0.1, math.nan, math.inf)]
        cases += [(TypeError, "a number", value) for value in (None, True, "0.1", [0.1])]
    for error, rule, value in cases:
        text = f"Argument `{argument}` must be {rule}. Received: {argument}={value!r}"
        refused(error, text, getattr(learnrate, name), **CALLS[name] | {argument: value})
        if argument in ("initial", "final"):  # it is checked also where it has no effect
            refused(error, text, getattr(learnrate, name), **CALLS[name] | {argument: value, "warmup_steps": 0})


def test_arguments_together(learnrate: ModuleType) -> None:
    for warmup in (100, 101, 2**53):
        text = f"Argument `warmup_steps` must be < total_steps. Received: warmup_steps={warmup}, total_steps=100"
        refused(ValueError, text, learnrate.linear_decay, 0.5, 100, warmup_steps=warmup)
    for warmup, decay in ((81, 20), (101, 0), (0, 101), (2**53, 2**53)):
        text = (
            "Argument `warmup_steps` plus `decay_steps` must be <= total_steps. Received: "
            f"warmup_steps={warmup} + decay_steps={decay} = {warmup + decay}, total_steps=100"
        )
        refused(ValueError, text, learnrate.warmup_stable_decay, 0.5, 100, warmup_steps=warmup, decay_steps=decay)


def test_shapes_that_lead_neither_to_0_nor_from_it(learnrate: ModuleType) -> None:
    arguments = {"warmup_steps": 10, "decay_steps": 20, "shape": "exponential"}
    schedule = learnrate.warmup_stable_decay(0.5, 100, **arguments, final=0.125)
    same_phases(schedule, learnrate, 0.0, (10, 0.5), (70, 0.5), (20, 0.125, "exponential"))
    text = (
        "Argument `final` must be > 0 where the shape is 'exponential', from and to: no factor leads "
        "to 0 or from it; 'linear' leads there. Received: final=0.0, from 0.5"
    )
    refused(ValueError, text, learnrate.warmup_stable_decay, 0.5, 100, **arguments)


def test_shares_and_swapped_arguments(learnrate: ModuleType) -> None:
    rule = "must be a number of steps, >= 1, not a share or a rate"
    text = f"Argument `total_steps` {rule}. Received: total_steps=0.0003"
    refused(ValueError, text, learnrate.linear_decay, 100_000, 3e-4)
    for argument in ("warmup_steps", "decay_steps"):
        text = (
            f"Argument `{argument}` {rule}: round(0.03 * total_steps) is 3000. Received: {argument}=0.03, "
            "total_steps=100000"
        )
        arguments = {"warmup_steps": 10, "decay_steps": 10, argument: 0.03}
        refused(ValueError, text, learnrate.warmup_stable_decay, 0.5, 100_000, **arguments)
        if argument == "warmup_steps":
            refused(ValueError, text, learnrate.linear_decay, 0.5, 100_000, warmup_steps=0.03)
            refused(ValueError, text, learnrate.CosineDecay.from_total_steps, 100_000, 0.5, warmup_steps=0.03)


def test_signatures(learnrate: ModuleType) -> None:
    for name, arguments in CALLS.items():
        parameters = inspect.signature(getattr(learnrate, name)).parameters.values()
        assert [parameter.name for parameter in parameters] == list(arguments)
        by_position = [p.name for p in parameters if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
        assert by_position == [one for one in ("learning_rate", "peak", "total_steps") if one in arguments]
        required = [p.name for p in parameters if p.default is inspect.Parameter.empty]
        assert required == by_position + (list(WSD) if name == "warmup_stable_decay" else [])
        defaults = {p.name: p.default for p in parameters if p.name not in required}
        assert defaults == {key: 0 if key == "warmup_steps" else arguments[key] for key in defaults}
