"""`one_cycle`, `one_cycle_momentum`, `step_decay`, `multistep_decay`: what they make, and what they refuse.

That they are what PyTorch means by these words is shown beside the real ones, in tests/frameworks.
"""

from __future__ import annotations

import inspect
import math
import random
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from checks import refused
from family import SHAPES, one_of

INITIAL, FINAL = 0.5 / 25, 0.5 / 25 / 1e4


@pytest.mark.parametrize(
    ("arguments", "initial", "phases"),
    [
        ({}, INITIAL, [(29, 0.5, "cosine"), (70, FINAL, "cosine")]),
        ({"warmup_share": 0.125}, INITIAL, [(11.5, 0.5, "cosine"), (87.5, FINAL, "cosine")]),
        ({"shape": "linear"}, INITIAL, [(29, 0.5), (70, FINAL)]),
        ({"three_phase": True}, INITIAL, [(29, 0.5, "cosine"), (29, INITIAL, "cosine"), (41, FINAL, "cosine")]),
        (
            {"warmup_share": 0.125, "shape": "rex", "three_phase": True},
            INITIAL,
            [(11.5, 0.5, "rex"), (11.5, INITIAL, "rex"), (76, FINAL, "rex")],
        ),
        ({"div_factor": 1, "final_div_factor": np.float32(8)}, 0.5, [(29, 0.5, "cosine"), (70, 0.0625, "cosine")]),
        ({"div_factor": 0.5, "final_div_factor": 4}, 1.0, [(29, 0.5, "cosine"), (70, 0.25, "cosine")]),
    ],
    ids=str,
)
def test_one_cycle(learnrate: ModuleType, arguments: Any, initial: float, phases: Any) -> None:
    for total in (100, 100.0, np.int64(100)):
        schedule = learnrate.one_cycle(0.5, total, **arguments)
        assert schedule == learnrate.Phases(initial, phases)
        assert type(schedule) is learnrate.Phases
        assert schedule.total_steps == 99  # the last of 100 updates has the final rate
        assert schedule(99) == schedule.final_learning_rate == phases[-1][1] < schedule(98)


@pytest.mark.parametrize(
    ("arguments", "initial", "phases"),
    [
        ({}, 0.95, [(29, 0.85, "cosine"), (70, 0.95, "cosine")]),
        ({"highest": 1, "lowest": 0.5, "shape": "linear"}, 1.0, [(29, 0.5), (70, 1.0)]),
        ({"three_phase": True}, 0.95, [(29, 0.85, "cosine"), (29, 0.95, "cosine"), (41, 0.95)]),
        ({"warmup_share": 0.125, "highest": 0}, 0.0, [(11.5, 0.85, "cosine"), (87.5, 0.0, "cosine")]),
    ],
    ids=str,
)
def test_one_cycle_momentum(learnrate: ModuleType, arguments: Any, initial: float, phases: Any) -> None:
    schedule = learnrate.one_cycle_momentum(100, **arguments)
    assert schedule == learnrate.Phases(initial, phases)
    assert type(schedule) is learnrate.Phases
    assert schedule.total_steps == 99


@pytest.mark.parametrize("three_phase", [False, True])
def test_the_joints_are_those_of_pytorch(learnrate: ModuleType, three_phase: bool) -> None:
    draw, seen = random.Random(5), 0
    for _ in range(2_000):
        total = draw.randrange(2, 2 ** draw.randrange(2, 53))
        share = draw.choice([draw.randrange(1, 100) / 100, draw.random(), draw.uniform(1, 3) / total])
        joints = [share * total - 1, *([2 * share * total - 2] if three_phase else [])]  # PyTorch's expressions
        if not (joints[0] >= 2**-20 and total - 1 - joints[-1] >= 2**-20):
            continue
        seen += 1
        options = {"warmup_share": share, "three_phase": three_phase}
        for schedule in (learnrate.one_cycle(0.5, total, **options), learnrate.one_cycle_momentum(total, **options)):
            assert [segment.end for segment in schedule.segments[:-1]] == [*joints, total - 1]
            assert schedule.total_steps == total - 1
    assert seen > 500


@pytest.mark.parametrize("steps", [1, 30, 30.0, np.int64(30), 30.5, 2**51])
@pytest.mark.parametrize("factor", [0.25, 1, 2, np.float32(0.5)])
def test_step_decay(learnrate: ModuleType, steps: Any, factor: Any) -> None:
    schedule = learnrate.step_decay(0.5, steps, factor)
    assert schedule == learnrate.ExponentialDecay(0.5, steps, factor, staircase=True)
    assert type(schedule) is learnrate.ExponentialDecay
    for i in range(3):  # powers of two, which are exact
        first = math.ceil(i * float(steps))
        assert schedule(first) == 0.5 * float(factor) ** i
        assert schedule(math.ceil((i + 1) * float(steps)) - 1) == schedule(first)


@pytest.mark.parametrize(
    ("milestones", "boundaries", "values"),
    [
        ([30, 80], [29, 79], [0.5, 0.125, 0.03125]),
        ((80, 30.0), [29, 79], [0.5, 0.125, 0.03125]),
        ([30, np.int64(80), 30], [29, 79], [0.5, 0.03125, 0.0078125]),
        ([0, 1, 2], [0, 1], [0.125, 0.03125, 0.0078125]),
        ([0, 0], [], [0.03125]),
        (range(2, 5), [1, 2, 3], [0.5, 0.125, 0.03125, 0.0078125]),
        ([2**53], [2**53 - 1], [0.5, 0.125]),
        ([], [], [0.5]),
    ],
    ids=str,
)
def test_multistep_decay(learnrate: ModuleType, milestones: Any, boundaries: Any, values: Any) -> None:
    schedule = learnrate.multistep_decay(0.5, milestones, 0.25)
    assert schedule == learnrate.PiecewiseConstantDecay(boundaries, values)
    assert type(schedule) is learnrate.PiecewiseConstantDecay
    for step in (0, *boundaries, *(boundary + 1 for boundary in boundaries)):
        assert schedule(step) == 0.5 * 0.25 ** sum(milestone <= step for milestone in milestones)


def test_each_rate_of_multistep_decay_is_a_product_of_the_one_before(learnrate: ModuleType) -> None:
    schedule = learnrate.multistep_decay(0.1, [10, 20, 30, 30], 0.1)
    assert schedule.values == (0.1, 0.1 * 0.1, 0.1 * 0.1 * 0.1, 0.1 * 0.1 * 0.1 * 0.1 * 0.1)
    assert learnrate.multistep_decay(0.1, [10], 0).values == (0.1, 0.0)
    assert learnrate.multistep_decay(0.1, [10], 3).values == (0.1, 0.1 * 3)
    assert learnrate.multistep_decay(1, [1] * 65_535, 1).boundaries == (0,)


CALLS: dict[str, dict[str, Any]] = {
    "one_cycle": {
        "peak": 0.5,
        "total_steps": 100,
        "warmup_share": 0.3,
        "div_factor": 25.0,
        "final_div_factor": 1e4,
        "shape": "cosine",
        "three_phase": False,
    },
    "one_cycle_momentum": {
        "total_steps": 100,
        "highest": 0.95,
        "lowest": 0.85,
        "warmup_share": 0.3,
        "shape": "cosine",
        "three_phase": False,
    },
    "step_decay": {"initial": 0.5, "steps": 30, "factor": 0.1},
    "multistep_decay": {"initial": 0.5, "milestones": [30, 80], "factor": 0.1},
}
REQUIRED = {"one_cycle": 2, "one_cycle_momentum": 1, "step_decay": 3, "multistep_decay": 3}
ARGUMENTS = [(name, argument) for name, arguments in CALLS.items() for argument in arguments]


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS)
def test_each_argument(learnrate: ModuleType, name: str, argument: str) -> None:
    cases: list[tuple[type[Exception], str, Any]] = []
    if argument == "shape":
        cases += [(ValueError, one_of(SHAPES), value) for value in ("", "hold", "cos")]
        cases += [(TypeError, "a string", value) for value in (None, 5, b"linear")]
        cases += [(ValueError, "a shape without a power: Phases takes 'polynomial'", "polynomial")]
    elif argument == "three_phase":
        cases += [(TypeError, "a bool", value) for value in (None, 0, 1, "yes", np.True_)]
    elif argument == "total_steps":
        cases += [(ValueError, "a whole number", value) for value in (10.5, math.nan, math.inf)]
        cases += [(TypeError, "a whole number", value) for value in (None, True, "10", [10])]
        cases += [(ValueError, "<= 2**53", value) for value in (2**53 + 1, 1e300)]
        cases += [(ValueError, "> 0", value) for value in (-1, 0)]
        cases += [(ValueError, ">= 2", value) for value in (1, 1.0)]
    elif argument == "steps":
        cases += [(ValueError, "> 0", value) for value in (-1, 0, math.nan)]
        cases += [(ValueError, "a number of steps, >= 1, not a share or a rate", 0.5), (ValueError, "<= 2**53", 1e300)]
        cases += [(TypeError, "a number", value) for value in (None, True, "10", [10])]
    elif argument == "milestones":
        cases += [(TypeError, "a sequence of whole numbers", value) for value in (None, 30, "30", {30}, iter([30]))]
    else:
        is_positive = "div" in argument or (name, argument) == ("step_decay", "factor")
        rule = "a finite number > 0" if is_positive else "a finite number >= 0"
        cases += [(ValueError, rule, value) for value in (-1, -0.1, math.nan, math.inf)]
        cases += [(ValueError, rule, value) for value in ((0, -0.0, 10**400) if is_positive else ())]
        cases += [(TypeError, "a number", value) for value in (None, True, "0.1", [0.1])]
    for error, rule, value in cases:
        text = f"Argument `{argument}` must be {rule}. Received: {argument}={value!r}"
        refused(error, text, getattr(learnrate, name), **CALLS[name] | {argument: value})


def test_each_milestone(learnrate: ModuleType) -> None:
    share = "a number of steps, >= 1, not a share or a rate"
    for error, rule, value in (
        (ValueError, ">= 0", -1),
        (ValueError, "<= 2**53", 2**53 + 1),
        (ValueError, "a whole number", 30.5),
        (ValueError, share, 0.5),
        (TypeError, "a whole number", None),
        (TypeError, "a whole number", False),
    ):
        text = f"Argument `milestones[1]` must be {rule}. Received: milestones[1]={value!r}"
        refused(error, text, learnrate.multistep_decay, 0.5, [10, value], 0.1)
    text = "Argument `milestones` must be at most 65535 milestones. Received: milestones=65536 milestones"
    refused(ValueError, text, learnrate.multistep_decay, 0.5, range(65_536), 0.1)
    text = "Argument `factor` must be so small that each rate is finite. Received: factor=1e+200, initial=0.5"
    refused(ValueError, text, learnrate.multistep_decay, 0.5, [10, 20], 1e200)
    assert learnrate.multistep_decay(0.5, [10], 1e200).final_learning_rate == 0.5e200


@pytest.mark.parametrize("name", ["one_cycle", "one_cycle_momentum"])
def test_each_phase_has_a_length(learnrate: ModuleType, name: str) -> None:
    def call(share: Any, total: int, three_phase: bool) -> Any:
        options = {"total_steps": total, "warmup_share": share, "three_phase": three_phase}
        return getattr(learnrate, name)(**CALLS[name] | options)

    least = "> 1 / total_steps, for the warmup takes warmup_share * total_steps - 1 steps"
    most = {False: "a share of total_steps, < 1", True: "< (1 + 1 / total_steps) / 2 with three phases"}
    for three_phase, rule, share, total in (
        *((three_phase, least, share, 100) for three_phase in (False, True) for share in (0, 0.001, 0.01)),
        (False, least, 0.5, 2),
        (False, least, math.nextafter(0.5, 1), 2),  # a warmup of 2**-52 steps
        *((False, most[False], share, 100) for share in (1, 1.5, 30, 1e308)),
        (False, most[False], math.nextafter(1, 0), 2),
        *((True, most[True], share, 100) for share in (0.505, 0.6, 1.0, 1e308)),
        (True, most[True], 0.75, 2),
    ):
        text = f"Argument `warmup_share` must be {rule}. Received: warmup_share={share!r}, total_steps={total}"
        refused(ValueError, text, call, share, total, three_phase)
    for three_phase, share, total in (
        (False, 0.011, 100),
        (False, 0.999, 100),
        (True, 0.504, 100),
        (False, 0.5 + 2**-21, 2),  # 2**-20 steps, the shortest phase that there may be
        (True, 0.75 - 2**-22, 2),
    ):
        assert call(share, total, three_phase).total_steps == total - 1


def test_what_overflows(learnrate: ModuleType) -> None:
    rule = "so large that peak / div_factor is finite"
    text = f"Argument `div_factor` must be {rule}. Received: div_factor=1e-310, peak=0.5"
    refused(ValueError, text, learnrate.one_cycle, 0.5, 100, div_factor=1e-310)
    rule = "so large that peak / div_factor / final_div_factor is finite"
    text = f"Argument `final_div_factor` must be {rule}. Received: final_div_factor=1e-310, peak / div_factor=0.02"
    refused(ValueError, text, learnrate.one_cycle, 0.5, 100, final_div_factor=1e-310)
    assert learnrate.one_cycle(0, 100, div_factor=1e-310).peak_learning_rate == 0.0


def test_signatures(learnrate: ModuleType) -> None:
    for name, arguments in CALLS.items():
        parameters = list(inspect.signature(getattr(learnrate, name)).parameters.values())
        assert [parameter.name for parameter in parameters] == list(arguments)
        first, others = parameters[: REQUIRED[name]], parameters[REQUIRED[name] :]
        assert {p.kind for p in first} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}
        assert {p.default for p in first} == {inspect.Parameter.empty}
        assert {p.kind for p in others} <= {inspect.Parameter.KEYWORD_ONLY}
        assert {p.name: p.default for p in others} == {p.name: arguments[p.name] for p in others}
