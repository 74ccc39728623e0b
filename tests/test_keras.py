"""Real Keras agrees within the rounding of its float32, where it is sane."""

from __future__ import annotations

import json
import math
import os
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras
import numpy as np
import pytest
from family import EXAMPLES, Example

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule

# Keras rounds the step, the fraction, pi, their product, the cosine, and each product and sum around it to float32: at
# most 12 roundings of 2**-24, of values that the peak, or the higher end of the warmup, bounds.
ROUNDINGS = 12 * 2.0**-24
# The base of a power has four of these roundings: of the steps, of these times the number of the cycle, of the quotient
# and of what it leaves of 1. The slope of x**power is at most the power, for x up to 1. That of its exponent, as far as
# `pow` rounds it, is less: x**power * log(x**power) is at most 1/e.
OF_A_BASE = 4 * 2.0**-24


@cache  # for both backends: one call of Keras's takes up to a tenth of a second
def keras_rates(steps: range, **config: Any) -> np.ndarray:
    theirs = keras.optimizers.schedules.CosineDecay(**config)
    return np.array([float(theirs(step)) for step in steps])


@pytest.mark.parametrize(
    "config",
    [
        {"initial_learning_rate": 0.3, "decay_steps": 1000},
        {"initial_learning_rate": 0.3, "decay_steps": 1000, "alpha": 0.2},
        {"initial_learning_rate": 0.3, "decay_steps": 1000, "alpha": 1.5},
        {"initial_learning_rate": 0.05, "decay_steps": 900, "alpha": 0.1, "warmup_target": 0.4, "warmup_steps": 100},
        {"initial_learning_rate": 0.4, "decay_steps": 900, "alpha": 0.1, "warmup_target": 0.05, "warmup_steps": 100},
        {"initial_learning_rate": 0.4, "decay_steps": 900, "warmup_target": 0.05},
        {"initial_learning_rate": 0.4, "decay_steps": 90, "warmup_target": 0.0, "warmup_steps": 20},
        {"initial_learning_rate": 3e-4, "decay_steps": 10**6, "warmup_target": 6e-4, "warmup_steps": 10**5},
    ],
)
def test_keras_agrees(CosineDecay: type[Schedule], config: dict[str, Any]) -> None:
    ours = CosineDecay(**config)
    highest = max(config["initial_learning_rate"], ours.peak_learning_rate, ours.final_learning_rate)
    steps = range(0, ours.total_steps + 10, max(1, ours.total_steps // 20))
    assert np.abs(keras_rates(steps, **config) - ours(steps)).max() <= ROUNDINGS * highest


OF_KERAS = [example for example in EXAMPLES if example.row.module.startswith("keras")]


@cache
def theirs_at(text: str, steps: tuple[int, ...]) -> list[float]:
    theirs = keras.optimizers.schedules.deserialize(json.loads(text))
    return [float(theirs(step)) for step in steps]


@pytest.mark.parametrize("one", OF_KERAS, ids=repr)
@pytest.mark.filterwarnings("ignore:warmup_steps=.* has no effect")
def test_keras_reads_and_writes_the_same_dict(learnrate: ModuleType, one: Example) -> None:
    ours = one.make(learnrate)
    theirs = keras.optimizers.schedules.deserialize(json.loads(ours.to_json()))
    assert type(theirs) is getattr(keras.optimizers.schedules, one.row.name)
    written = keras.optimizers.schedules.serialize(theirs)
    assert written == learnrate.serialize(ours)
    assert learnrate.deserialize(written) == ours


def is_sane(one: Example) -> bool:
    """Keras computes in float32, fails without a boundary, and stretches cycles in int32."""
    if any(piece.cycle >= 2**31 for piece in one.pieces):
        return False
    return 1e-30 < max(max(piece.first, piece.last) for piece in one.pieces) < 1e30 and 0 < one.extent < 2**24


@pytest.mark.parametrize("one", [one for one in OF_KERAS if is_sane(one)], ids=repr)
def test_keras_agrees_at_whole_steps(learnrate: ModuleType, one: Example) -> None:
    ours = one.make(learnrate)
    joints = [math.floor(piece.start) for piece in one.pieces[:8]]
    steps = {89, 90, 91, 500, 2001} if one.pieces[-1].endless else set()  # none beside a fractional stair
    steps |= {step for joint in joints for step in (joint - 1, joint, joint + 1, joint * 2 // 3) if step >= 0}
    rates = theirs_at(ours.to_json(), tuple(steps))
    highest = max(float(max(piece.first, piece.last)) for piece in one.pieces)
    bounds = (ROUNDINGS + OF_A_BASE * max(piece.power for piece in one.pieces)) * highest
    if one.row.name == "ExponentialDecay":  # whose base is rounded, and then raised to so many periods
        bounds = bounds + 2.0**-24 * np.array([*steps]) / one.config["decay_steps"] * ours([*steps])
    assert (np.abs(np.array(rates) - ours([*steps])) <= bounds).all()


def test_keras_ignores_a_warmup_without_target_as_we_do(CosineDecay: type[Schedule]) -> None:
    config: dict[str, Any] = {"initial_learning_rate": 0.3, "decay_steps": 1000, "warmup_steps": 100}
    theirs = keras.optimizers.schedules.CosineDecay(**config)
    with pytest.warns(UserWarning, match="has no effect"):
        ours = CosineDecay(**config)
    assert abs(float(theirs(50)) - ours(50)) <= ROUNDINGS * 0.3


def test_keras_trains_at_rate_zero_where_we_do_not(CosineDecay: type[Schedule]) -> None:
    # The reason why an int 0 is the float 0.0 here. Should Keras mend it, the README must say so.
    config: dict[str, Any] = {
        "initial_learning_rate": 0,
        "decay_steps": 1000,
        "warmup_target": 0.1,
        "warmup_steps": 1000,
    }
    theirs = keras.optimizers.schedules.CosineDecay(**config)
    assert [float(theirs(step)) for step in (500, 1000, 1500)] == [0.0, 0.0, 0.0]
    assert [CosineDecay(**config)(step) for step in (500, 1000)] == [0.05, 0.1]
