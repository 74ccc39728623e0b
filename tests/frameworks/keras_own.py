"""Keras's own ExponentialDecay and PolynomialDecay have the rates of ours at every whole step, within the roundings of
their float32, where they are sane. Where they are not, a test says so.

`test_keras_backends.py` runs this on each backend, as it does `keras_schedule.py`.
"""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import keras
import numpy as np
import pytest
from float32 import LONG_FLOAT32, float32_error
from keras import ops
from keras_ways import BACKEND, COMPILED, WAYS, in_every_way, numpy, rates_of_fit

from learnrate import ExponentialDecay, PolynomialDecay
from learnrate.keras import Schedule

# Keras copies its variables, and PyTorch's tensors, in a way for which NumPy 2 wants one more argument of theirs.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

U32, U64 = 2.0**-24, 2.0**-53
POW = 4.0
"""The roundings of a power: within 2 ULP, as `test_powers` sees."""

EXPONENTIALS = [
    ExponentialDecay(0.5, 40, 0.7),
    ExponentialDecay(3e-4, 1000, 0.9),
    ExponentialDecay(0.1, 1, 0.99),
    ExponentialDecay(1e-3, 500, 1.5),
    ExponentialDecay(0.3, 1000 / 3, 0.5),
    ExponentialDecay(0.3, 100, 1.0),
    ExponentialDecay(0.1, 300, 0.1, staircase=True),
    ExponentialDecay(0.1, 1, 0.99, staircase=True),
    ExponentialDecay(0.7, 12.5, 0.8, staircase=True),
    ExponentialDecay(1e-3, 100, 1.1, staircase=True),
]
POWERS = [
    PolynomialDecay(initial, steps, end, power, cycle)
    for initial, end, steps in ((0.5, 0.0, 1000), (0.3, 0.07, 64), (0.01, 0.3, 1000), (0.5, 0.0, 1))
    for power in (1.0, 2.0, 0.5, 3.7)
    for cycle in (False, True)
] + [PolynomialDecay(0.1, 97), PolynomialDecay(0.1, 12.5, power=3.0, cycle=True)]


def own(schedule: Any) -> Any:
    return keras.optimizers.schedules.deserialize(json.loads(schedule.to_json()))


def rates(way: Any, schedule: Any, count: int) -> np.ndarray:
    return numpy(way(schedule)(ops.convert_to_tensor(np.arange(count, dtype=np.int32))))


# A share of steps takes at most 3 roundings: of the steps, of their reciprocal, which compilers multiply by, and of the
# product. A factor that is rounded is so as often as it counts, and a share in its logarithm; then come the first rate
# and the product. Ours is 2.75 ULP off, each worth 2 roundings at most.
@pytest.mark.parametrize("ours", EXPONENTIALS, ids=repr)
@in_every_way
def test_an_exponential(ours: ExponentialDecay, way: Any) -> None:
    exact, count = ours(range(1500)), 1500
    times = np.arange(count) / ours.decay_steps
    times = np.floor(times) if ours.staircase else times
    of_share = 0.0 if ours.staircase else 3 * times * abs(math.log(ours.decay_rate))
    bound = np.expm1((of_share + times + POW + 2) * U32 + 2.75 * 2 * U64)
    assert (np.abs(rates(way, own(ours), count) - exact) <= exact * bound).all()


# The share, 3, each of what is done; 1 - that, of what is left; a power that is rounded is in the logarithm. Then the
# difference of the rates and its product, 1 each of them; the first rate, the last one, twice, and the sum, of the
# higher one. Ours is 7.5 or 3.5 + 0.04 * power ULP off.
@pytest.mark.parametrize("ours", POWERS, ids=repr)
@in_every_way
def test_a_power(ours: PolynomialDecay, way: Any) -> None:
    steps, power = ours.decay_steps, ours.power
    count = 2_100
    step = np.arange(count)
    done = step / (steps * np.maximum(np.ceil(step / steps), 1.0)) if ours.cycle else np.minimum(step / steps, 1.0)
    rest = 1.0 - done
    error = (3 * done + rest) * U32
    share = np.abs([(rest + error) ** power, np.maximum(rest - error, 0.0) ** power] - rest**power).max(axis=0)
    in_logarithm = power * np.abs(np.log(rest, where=rest > 0, out=np.zeros(count)))
    highest = max(ours.initial_learning_rate, ours.end_learning_rate)
    span = abs(ours.initial_learning_rate - ours.end_learning_rate)
    bound = span * (share + rest**power * (in_logarithm + POW + 2) * U32) + 4 * highest * U32
    bound += highest * max(7.5, 3.5 + 0.04 * power) * 2 * U64
    theirs = rates(way, own(ours), count)
    asked = (rest > 0) | power.is_integer()  # a root of what rounding leaves: see below
    assert (np.abs(theirs - ours(step)) <= bound)[asked].all()


@in_every_way
def test_powers(way: Any) -> None:
    draw, count = np.random.default_rng(0), 200_000
    for bases, powers in (
        (draw.uniform(0, 1, count), 10.0 ** draw.uniform(-1, 1, count)),
        (draw.uniform(0.9, 1.1, count), draw.uniform(0, 500, count)),
    ):
        base, power = bases.astype(np.float32), powers.astype(np.float32)
        exact = base.astype(float) ** power.astype(float)
        off = np.abs(numpy(way(ops.power)(ops.convert_to_tensor(base), ops.convert_to_tensor(power))) - exact)
        assert (off <= exact * POW * U32)[(exact > 1e-30) & (exact < 1e30)].all()


# What Keras gets wrong. Should it mend any of it, docs/moving-powers.md is to say so.

NAMES = keras.optimizers.schedules


def test_rates_that_are_ints() -> None:
    # An int makes them ints, down to the decay rate and the last rate.
    assert float(NAMES.ExponentialDecay(1, 40, 0.7)(20)) == 0.0
    assert float(NAMES.PolynomialDecay(1, 100, 0.1)(100)) == 0.0
    assert ExponentialDecay(1, 40, 0.7)(20) == pytest.approx(0.7**0.5, rel=1e-15)
    assert PolynomialDecay(1, 100, 0.1)(100) == 0.1
    assert float(Schedule(PolynomialDecay(1, 100, 0.1))(100)) == np.float32(0.1)


def test_a_step_before_the_first() -> None:
    assert float(NAMES.PolynomialDecay(0.5, 50, 0.01, cycle=True)(-10)) == -math.inf
    assert float(NAMES.PolynomialDecay(0.5, 50, 0.01)(-10)) > 0.5
    assert float(NAMES.ExponentialDecay(0.5, 40, 0.7)(-10)) > 0.5
    for ours in (PolynomialDecay(0.5, 50, 0.01, cycle=True), ExponentialDecay(0.5, 40, 0.7)):
        with pytest.raises(ValueError, match=r"^Argument `step` must be"):
            ours(-10)
        assert float(Schedule(ours)(ops.convert_to_tensor(-10))) == 0.5


def test_a_factor_near_1_is_rounded() -> None:
    theirs, ours = NAMES.ExponentialDecay(0.1, 1, 0.99999), ExponentialDecay(0.1, 1, 0.99999)
    exact = 0.1 * math.exp(1e6 * math.log1p(-1e-5))
    assert ours(10**6) == pytest.approx(exact, rel=1e-10)  # 0.99999 and 1 - 1e-5 differ by 2**-54, a million times
    assert abs(float(theirs(10**6)) / exact - 1) > 1e-2
    assert abs(float(Schedule(ours)(10**6)) / exact - 1) < 1e-6


def test_growth_has_an_end_here() -> None:
    assert float(NAMES.ExponentialDecay(0.1, 1, 2.0)(200)) == math.inf
    assert ExponentialDecay(0.1, 1, 2.0)(2_000) == sys.float_info.max


@in_every_way
def test_stairs_and_cycles_come_at_their_steps(way: Any) -> None:
    # Compilers, and JAX anyway, multiply by the reciprocal of the steps, which is rounded: that of 41 and 47 down, of 7
    # and 13 up.
    for high, low in ((41, 7), (47, 13)):
        stairs, cycle = ExponentialDecay(1.0, high, 0.5, staircase=True), PolynomialDecay(1.0, low, 0.0, cycle=True)
        late = np.flatnonzero(rates(way, own(stairs), 820) != stairs(range(820)))
        early = np.flatnonzero(np.abs(rates(way, own(cycle), 820) - cycle(range(820))) > 1e-3)
        if BACKEND == "torch" or (BACKEND == "tensorflow" and way is WAYS["eager"]):
            assert late.size == early.size == 0
        else:
            assert late.size > 3
            assert (late % high == 0).all()  # an update late
            assert early.size > 3
            assert (early % low == 0).all()  # the last update of a cycle has a rate of the next one, not the last rate
        assert (rates(way, Schedule(stairs), 820) == stairs(range(820))).all()
        assert float32_error(rates(way, Schedule(cycle), 820), cycle(range(820))) <= LONG_FLOAT32


@pytest.mark.parametrize("jit_compile", COMPILED)
def test_the_end_of_a_root(jit_compile: bool) -> None:
    # XLA multiplies by the reciprocal of 40, which is rounded up, and fuses the product with the difference: what is
    # left at the end is less than 0, and its root is NaN. So is every weight then.
    ours = PolynomialDecay(1.0, 40, 0.0, power=0.5)
    theirs, _ = rates_of_fit(own(ours), 50, jit_compile=jit_compile)
    assert np.isnan(theirs).all() if jit_compile else not theirs[40:].any()
    assert rates_of_fit(own(ours), 40, jit_compile=jit_compile)[0][39] > 0.15
    assert not rates_of_fit(Schedule(ours), 50, jit_compile=jit_compile)[0][40:].any()
