"""Keras's own `CosineDecay` (float32) beside ours, where Keras goes wrong: python examples/keras_side_by_side.py."""

import os
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras
import mpmath

from learnrate import CosineDecay

CASES: list[tuple[str, dict[str, Any], list[int]]] = [
    (
        "Keras's documented example: initial_learning_rate = 0, an int",
        {"initial_learning_rate": 0, "decay_steps": 1000, "warmup_target": 0.1, "warmup_steps": 1000},
        [0, 500, 1000, 1500],
    ),
    (
        "The last steps",
        {"initial_learning_rate": 1.0, "decay_steps": 100_000},
        [50_000, 99_900, 99_990, 99_999],
    ),
    (
        "Beyond 2**24 steps: neighbours run together",
        {"initial_learning_rate": 1.0, "decay_steps": 40_000_000},
        [2**24, 2**24 + 1, 39_999_000, 39_999_999],
    ),
]


def exact(schedule: CosineDecay, step: int) -> float:
    """The documented formula in 60 digits."""
    with mpmath.workdps(60):
        peak, warmup = mpmath.mpf(schedule.peak_learning_rate), schedule.total_steps - schedule.decay_steps
        if step < warmup:
            start = mpmath.mpf(schedule.initial_learning_rate)
            return float(start + (peak - start) * step / warmup)
        alpha, done = mpmath.mpf(schedule.alpha), mpmath.mpf(step - warmup) / schedule.decay_steps
        return float(peak * ((1 - alpha) * (1 + mpmath.cos(mpmath.pi * done)) / 2 + alpha))


def off(rate: float, truth: float) -> str:
    return "" if rate == truth else "all of it" if truth == 0 else f"{abs(rate - truth) / truth:.0e}"


for title, config, steps in CASES:
    theirs, ours = keras.optimizers.schedules.CosineDecay(**config), CosineDecay(**config)
    print(f"{title}\n{'step':>12} {'keras':>14} {'off by':>8} {'learnrate':>24} {'off by':>8}")
    for step in steps:
        their_rate, our_rate, truth = float(theirs(step)), ours(step), exact(ours, step)
        print(f"{step:>12,} {their_rate:>14.8g} {off(their_rate, truth):>8} {our_rate:>24} {off(our_rate, truth):>8}")
    print()
