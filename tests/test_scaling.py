"""A schedule times a number is the schedule whose rates are that many times as high, each rounded once."""

from __future__ import annotations

import math
import operator
from fractions import Fraction
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from checks import refused
from family import EXAMPLES, Example

RATES_OF_A_PHASE = ("learning_rate", "start")
FACTORS = [0.1, 1 / 3, 2, 0, -0.0, np.float64(0.1), np.float32(0.1), np.int64(3), np.array(0.1)]


@pytest.mark.filterwarnings("ignore:warmup_steps=.* has no effect")
def test_the_rates_are_products(learnrate: ModuleType, example: Example) -> None:
    for factor in FACTORS:
        check_product(learnrate, example, factor)


def check_product(learnrate: ModuleType, example: Example, factor: Any) -> None:
    schedule: Any = example.make(learnrate)
    k = float(factor)
    config = schedule.get_config()
    places = (config, *config.get("phases", []))
    for held in places:
        for field in held.keys() & {
            *("initial_learning_rate", "warmup_target", "end_learning_rate"),
            *RATES_OF_A_PHASE,
        }:
            held[field] = held[field] if held[field] is None else held[field] * k
    config |= {"values": [rate * k for rate in config["values"]]} if "values" in config else {}
    if any(math.inf in (*held.values(), *config.get("values", [])) for held in places):
        with pytest.raises(ValueError, match=r"^Argument `.*` must be a finite number >= 0. Received: .*=inf$"):
            operator.mul(schedule, factor)
        return
    expected = type(schedule).from_config(config)
    for scaled in (factor * schedule, schedule * factor):
        assert type(scaled) is type(schedule)
        assert scaled == expected
        assert scaled.total_steps == schedule.total_steps or not k
    assert schedule == example.make(learnrate)  # as it was
    assert 1 * schedule == schedule
    for before, after in zip(schedule.segments, (schedule * factor).segments, strict=False):
        if example.row.name != "CosineDecay" and k:
            assert (after.first_rate, after.last_rate) == (before.first_rate * k, before.last_rate * k)
            assert (schedule * factor)(before.start) == schedule(before.start) * k


def test_the_joints_of_a_cosine(CosineDecay: Any) -> None:
    schedule = 0.1 * CosineDecay(0.003, 900, 0.3, "mine", 0.07, 100)
    assert (schedule(0), schedule(100)) == (0.1 * 0.003, 0.1 * 0.07)
    assert schedule(1000) == 0.1 * 0.07 * 0.3  # the share of the new peak
    assert schedule.get_config()["name"] == "mine"
    assert (0.1 * CosineDecay(0.07, 900)).warmup_target is None


@pytest.mark.parametrize(
    ("error", "rule", "factor"),
    [
        *((ValueError, "a finite number >= 0", factor) for factor in (-1, -0.5, math.nan, math.inf, 10**400)),
        (ValueError, "a finite number >= 0", np.float32(-1)),
        (TypeError, "a number", True),
    ],
    ids=str,
)
def test_a_bad_factor(learnrate: ModuleType, error: type[Exception], rule: str, factor: Any) -> None:
    text = f"Argument `factor` must be {rule}. Received: factor={factor!r}"
    for schedule in (learnrate.CosineDecay(0.1, 1000), learnrate.constant(0.1)):
        refused(error, text, operator.mul, factor, schedule)
        refused(error, text, operator.mul, schedule, factor)


@pytest.mark.parametrize(
    "other", [None, "2", [2], 2j, Fraction(1, 2), np.True_, np.arange(3), np.array([1, "a"], object)], ids=repr
)
def test_no_number(learnrate: ModuleType, other: Any) -> None:
    schedule: Any = learnrate.CosineDecay(0.1, 1000)
    for pair in ((other, schedule), (schedule, other)):
        with pytest.raises(TypeError, match=r"\*|multiply|ufunc"):
            operator.mul(*pair)
    assert schedule.__mul__(other) is schedule.__rmul__(other) is NotImplemented
    with pytest.raises(TypeError):
        operator.mul(schedule, schedule)


def test_a_rate_that_overflows(learnrate: ModuleType) -> None:
    for field, schedule in (
        ("initial_learning_rate", learnrate.CosineDecay(100, 10)),
        ("warmup_target", learnrate.CosineDecay(0, 10, warmup_target=100, warmup_steps=5)),
        ("phases[0].learning_rate", learnrate.Phases(0, [(10, 100)])),
        ("phases[0].start", learnrate.Phases(0, [(10, 0, "linear", None, 100)])),
    ):
        text = f"Argument `{field}` must be a finite number >= 0. Received: {field}=inf"
        refused(ValueError, text, operator.mul, 1e308, schedule)


def test_each_rate_among_the_fields_is_named(learnrate: ModuleType) -> None:
    """A field of a rate that a class forgets to name would stay as it is."""
    for cls in {type(example.make(learnrate)) for example in EXAMPLES} | {learnrate.Phase}:
        assert (
            {field for field in cls._fields if "rate" in field or "target" in field} - {"decay_rate"}
            <= {*cls._rates}
            <= {*cls._fields}
        )
