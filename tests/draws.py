"""Any fields of each class of schedules, for the tests of accuracy: what a row of `family.py` draws."""

from __future__ import annotations

import math
import random
from typing import Any

from oracle import FORMULAS

Fields = tuple[Any, ...]

SHAPES = tuple(FORMULAS)
"""Those of a `Phase`."""
TO_0 = tuple(shape for shape in SHAPES if shape not in ("inverse_time", "exponential"))
"""Those that lead to 0 and from 0, and over any distance."""
SHORT, FAR = 2**26, 10**14  # two bounds of lengths: that of the squares that are exact; and 40 of these are below 2**53


def phase(steps: float, rate: float, shape: str, start: float | None = None, power: float = 2.5) -> tuple[Any, ...]:
    """A phase of a shape, with a power if that needs one."""
    return steps, rate, shape, power if shape == "polynomial" else None, start


def any_power(rng: random.Random) -> float:
    """At every scale up to 64, with the common ones among them."""
    power: float = rng.choice([0.5, 1.0, 2.0, 3.0, math.pow(10.0, rng.uniform(-3, 1.8)), rng.uniform(1.0, 64.0)])
    return power


def any_rate(rng: random.Random) -> float:
    """Mostly one that somebody trains with; 0, tiny and huge ones too."""
    kind = rng.randrange(10)
    if kind == 0:
        return 0.0
    return math.pow(10.0, rng.uniform(-9, 3)) * (1e-300 if kind == 1 else 1e290 if kind == 2 else 1)


def any_steps(rng: random.Random, most: float) -> float:
    """At every scale; not always whole."""
    steps = math.pow(most, rng.random())
    return steps if rng.randrange(4) == 0 and not steps.is_integer() else max(1, round(steps))


def cosine_decay(rng: random.Random) -> Fields:
    peak = any_rate(rng)
    alpha = rng.choice([0.0, rng.random(), 10.0 ** rng.uniform(-20, -2), 1.0, 10.0 ** rng.uniform(0, 6)])
    decay = max(2, any_steps(rng, rng.choice([SHORT, FAR])))
    if rng.randrange(3) == 0:
        return peak, decay, alpha
    initial = rng.choice([0.0, peak * 10.0 ** rng.uniform(-6, 6)])
    return initial, decay, alpha, "", peak, any_steps(rng, FAR)


def phases(rng: random.Random) -> Fields:
    rate, several = any_rate(rng), []
    scale = 10.0 ** rng.uniform(-9, 3)
    for _ in range(rng.randrange(1, 7)):
        steps = rng.choice([0, any_steps(rng, 100), any_steps(rng, SHORT), any_steps(rng, FAR)])
        to = rng.choice([any_rate(rng), scale * rng.random(), scale * 10.0 ** rng.uniform(-20, 2)])
        start = rng.choice([None, None, None, any_rate(rng)])
        several.append(phase(steps, to, rng.choice(TO_0), start, any_power(rng)))
    if rng.randrange(2):
        near = scale * rng.uniform(0.5, 2.0)
        shape = rng.choice([shape for shape in SHAPES if shape not in TO_0])
        several.append((any_steps(rng, FAR), near * 10.0 ** rng.uniform(-9, 9), shape, None, near))
    return rate, tuple(several)


def exponential_decay(rng: random.Random) -> Fields:
    rate = rng.choice(
        [0.1, 0.5, 0.96, math.nextafter(1.0, 0.0), 10.0 ** rng.uniform(-20, 0), 10.0 ** rng.uniform(0, 20)]
    )
    return any_rate(rng), any_steps(rng, FAR), rate, rng.random() < 0.3


def polynomial_decay(rng: random.Random) -> Fields:
    rates = any_rate(rng), any_rate(rng)
    return rates[0], any_steps(rng, FAR), rates[1], any_power(rng), rng.random() < 0.3


def inverse_time_decay(rng: random.Random) -> Fields:
    return any_rate(rng), any_steps(rng, FAR), rng.choice([0.0, 1.0, 10.0 ** rng.uniform(-20, 20)]), rng.random() < 0.3


def inverse_square_root_decay(rng: random.Random) -> Fields:
    return any_rate(rng), any_steps(rng, FAR)


def piecewise_constant_decay(rng: random.Random) -> Fields:
    boundaries = sorted({any_steps(rng, FAR) for _ in range(rng.randrange(6))})
    return tuple(boundaries), tuple(any_rate(rng) for _ in range(len(boundaries) + 1))
