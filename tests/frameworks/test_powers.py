"""`ExponentialDecay`, `step_decay`, `PolynomialDecay` and a phase of a power say what optax, PyTorch and transformers
say, at every whole step.

Each is asked through what trains. Where a library cannot say a recipe, or is wrong, a test of its own says so.
`keras_own.py` does this for Keras.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import optax
import pytest
import torch
import transformers
from peers import U32, U64, optax_rates, optax_rates_in_float64, torch_rates

POW = 4.0
"""The roundings of a power: XLA's and the C library's are within 2 ULP. `test_powers_of_xla` sees it."""
PAST = 50  # steps beyond the end


class Exponential(NamedTuple):
    """In no library's words."""

    peak: float
    steps: float
    factor: float
    stairs: bool = False

    def ours(self, learnrate: ModuleType) -> Any:
        return learnrate.ExponentialDecay(self.peak, self.steps, self.factor, staircase=self.stairs)


class Power(NamedTuple):
    peak: float
    steps: int
    power: float
    final: float = 0.0

    def ours(self, learnrate: ModuleType) -> Any:
        return learnrate.PolynomialDecay(self.peak, self.steps, self.final, self.power)


def exponent(recipe: Exponential, step: np.ndarray) -> np.ndarray:
    shares: np.ndarray = step / recipe.steps
    return np.floor(shares) if recipe.stairs else shares


def near(ours: np.ndarray, theirs: np.ndarray, roundings: Any) -> bool:
    """Whether they differ by factors that are so many units of roundings, all to one side."""
    return bool((np.abs(ours - theirs) <= ours * np.expm1(roundings)).all())


def spread(rest: np.ndarray, error: Any, power: float) -> np.ndarray:
    """By how much a power is off of a base from 0 to 1 that is off by at most `error`."""
    ends = [(rest + error) ** power, np.maximum(rest - error, 0.0) ** power]
    off: np.ndarray = np.abs(ends - rest**power).max(axis=0)
    return off


# Ours: 2.75 ULP of an exponential, 7.5 or 3.5 + 0.04 * power of a power, an ULP worth 2 roundings at most.
OUR_EXPONENTIAL = 2.75 * 2 * U64


def our_power(power: float) -> float:
    return max(7.5, 3.5 + 0.04 * power) * 2 * U64


SMOOTH = [
    Exponential(0.5, 40, 0.7),
    Exponential(3e-4, 1000, 0.9),
    Exponential(0.1, 1, 0.99),
    Exponential(0.1, 97, 0.1),
    Exponential(1e-3, 1, 0.9995),
    Exponential(1e-3, 500, 1.5),
    Exponential(0.3, 1000 / 3, 0.5),
    Exponential(0.3, 100, 1.0),
]
STAIRS = [
    Exponential(0.1, 300, 0.1, True),
    Exponential(0.3, 100, 0.96, True),
    Exponential(1e-3, 7, 1.1, True),
    Exponential(0.1, 1, 0.99, True),
    Exponential(0.7, 12, 0.5, True),
]
POWERS = [
    Power(peak, steps, power, final)
    for peak, final in ((0.5, 0.0), (3e-4, 1e-5), (0.3, 0.07))
    for steps in (1000, 997, 64, 1)
    for power in (1.0, 2.0, 3.0, 0.5, 0.9, 3.7)
]
RISING = [Power(0.01, 500, power, 0.3) for power in (1.0, 2.0, 0.5, 3.7)]

# optax

# A share of steps takes 2 roundings, the reciprocal of the steps and their product, and 1 of steps that are not whole.
# A factor that is rounded is so as often as it counts, and a share in its logarithm; then come the first rate and the
# product.


def optax_exponential(recipe: Exponential) -> Any:
    return optax.exponential_decay(recipe.peak, recipe.steps, recipe.factor, staircase=recipe.stairs)


@pytest.mark.parametrize("recipe", SMOOTH + STAIRS, ids=str)
@pytest.mark.parametrize(("rates", "unit"), [(optax_rates, U32), (optax_rates_in_float64, U64)])
def test_an_exponential_of_optax(learnrate: ModuleType, recipe: Exponential, rates: Any, unit: float) -> None:
    theirs = rates(optax_exponential, recipe, 1500)
    ours = recipe.ours(learnrate)(range(1500))
    times = exponent(recipe, np.arange(1500))
    of_share = 0.0 if recipe.stairs else 3 * times * abs(math.log(recipe.factor))
    assert near(ours, theirs, (of_share + times + POW + 2) * unit + OUR_EXPONENTIAL)


# The share, 2, each of what is done; 1 - that, of what is left; a whole power is products, one less than it counts; a
# power that float32 does not have is in the logarithm. Then the difference of the rates and its product, 1 each of
# them; the last rate and the sum, of the higher one.


def optax_power(recipe: Power) -> Any:
    return optax.polynomial_schedule(recipe.peak, recipe.final, recipe.power, recipe.steps)


@pytest.mark.parametrize("recipe", POWERS + RISING, ids=str)
@pytest.mark.parametrize(("rates", "unit"), [(optax_rates, U32), (optax_rates_in_float64, U64)])
def test_a_power_of_optax(learnrate: ModuleType, recipe: Power, rates: Any, unit: float) -> None:
    theirs = rates(optax_power, recipe, recipe.steps + PAST)
    ours = recipe.ours(learnrate)(range(theirs.size))
    done = np.minimum(np.arange(theirs.size) / recipe.steps, 1.0)
    rest = 1.0 - done
    share = spread(rest, (2 * done + rest) * unit, recipe.power)
    in_logarithm = recipe.power * np.abs(np.log(rest, where=rest > 0, out=np.zeros_like(rest)))
    power = share + rest**recipe.power * (in_logarithm + max(POW, recipe.power) + 2) * unit
    highest = max(recipe.peak, recipe.final)
    bound = abs(recipe.peak - recipe.final) * power + 2 * highest * unit + our_power(recipe.power) * highest
    last = theirs.size if recipe.power.is_integer() else recipe.steps  # a root of what rounding leaves: see below
    assert (np.abs(ours - theirs) <= bound)[:last].all()
    assert ours[recipe.steps :].tolist() == [recipe.final] * PAST


def test_powers_of_xla() -> None:
    draw = np.random.default_rng(0)
    count = 200_000
    for bases, powers in (
        (draw.uniform(0, 1, count), 10.0 ** draw.uniform(-1, 1, count)),
        (draw.uniform(0.9, 1.1, count), draw.uniform(0, 500, count)),
    ):
        base, power = bases.astype(np.float32), powers.astype(np.float32)
        exact = base.astype(float) ** power.astype(float)
        off = np.abs(np.asarray(jax.jit(jnp.power)(base, power), float) - exact)
        normal = (exact > 1e-30) & (exact < 1e30)
        assert (off <= exact * POW * U32)[normal].all()


def test_what_rounding_leaves_at_the_end_in_optax_and_in_ours_is_nothing(learnrate: ModuleType) -> None:
    # XLA multiplies by the reciprocal of the steps. One that was rounded down leaves the end before it is reached, and
    # a root makes much of that; one that was rounded up leaves less than nothing where the product is fused with the
    # difference. Neither mends itself: the rate is held. Should they mend it,
    # docs/moving-powers.md is to say so.
    short, beyond = Power(1.0, 41, 0.1), Power(1.0, 40, 0.5)
    assert optax_rates(optax_power, short, 60)[41:].min() > 0.15
    assert np.isnan(optax_rates(optax_power, beyond, 60)[40:]).all()
    assert optax_rates(optax_power, beyond._replace(power=1.0), 60)[-1] == -(2.0**-26)
    for recipe in (short, beyond):
        ours = recipe.ours(learnrate)
        assert np.asarray(jax.jit(ours)(jnp.arange(recipe.steps, 100))).tolist() == [0.0] * (100 - recipe.steps)


def test_a_stair_comes_late_in_optax(learnrate: ModuleType) -> None:
    for steps in (41, 47):
        recipe, stairs = Exponential(1.0, steps, 0.5, True), 0.5 ** (np.arange(820) // steps)
        late = np.flatnonzero(optax_rates(optax_exponential, recipe, 820) != stairs)
        assert (late % steps == 0).all()
        assert late[0] == steps
        assert np.asarray(jax.jit(recipe.ours(learnrate))(jnp.arange(820))).tolist() == stairs.tolist()


def test_what_does_not_decay_in_optax_is_refused_here(learnrate: ModuleType) -> None:
    assert [optax.exponential_decay(0.5, 0, 0.1)(step) for step in (0, 50)] == [0.5, 0.5]
    assert [optax.exponential_decay(0.5, 10, 0.0)(step) for step in (0, 50)] == [0.5, 0.5]
    assert [optax.polynomial_schedule(0.5, 0.0, 1.0, 0)(step) for step in (0, 50)] == [0.5, 0.5]
    with pytest.raises(ValueError, match=r"^Argument `decay_steps` must be > 0"):
        learnrate.ExponentialDecay(0.5, 0, 0.1)
    with pytest.raises(ValueError, match=r"^Argument `decay_rate` must be"):
        learnrate.ExponentialDecay(0.5, 10, 0.0)
    with pytest.raises(ValueError, match=r"^Argument `decay_steps` must be > 0"):
        learnrate.PolynomialDecay(0.5, 0, 0.0)


@pytest.mark.parametrize(("factor", "end"), [(0.7, 0.013), (1.3, 3.0)])
def test_an_end_value_of_optax_is_the_rate_of_a_phase(learnrate: ModuleType, factor: float, end: float) -> None:
    # Where it is reached takes 4 roundings, of which each counts as its logarithm, at most 4, says; then as above.
    theirs = optax_rates(lambda _: optax.exponential_decay(0.5, 40, factor, 10, end_value=end), (factor, end), 1000)
    steps = 40 * math.log(end / 0.5) / math.log(factor)
    ours = learnrate.Phases(0.5, [(10, 0.5), (steps, end, "exponential")])(range(1000))
    times = np.minimum(np.arange(1000), 10 + steps) / 40
    assert near(ours, theirs, (3 * times * abs(math.log(factor)) + times + POW + 2) * U32 + 25 * U64)
    assert ours[-1] == end
    assert 270 < steps < 500  # both parts are seen


def test_a_power_of_optax_that_begins_later_is_a_phase(learnrate: ModuleType) -> None:
    theirs = optax_rates(lambda _: optax.polynomial_schedule(0.5, 0.02, 2, 64, 10), None, 100)
    ours = learnrate.Phases(0.5, [(10, 0.5), (64, 0.02, "polynomial", 2)])(range(100))
    assert (np.abs(ours - theirs) <= 0.5 * (2 * 3 + POW + 4) * U32).all()  # as above, where nothing is left out


# PyTorch

# In float64, and each rate from the one before: a product a step, or one a stair.


def torch_exponential(optimizer: Any, recipe: Exponential) -> Any:
    assert (recipe.steps, recipe.stairs) == (1, False)
    return torch.optim.lr_scheduler.ExponentialLR(optimizer, recipe.factor)


def torch_stairs(optimizer: Any, recipe: Exponential) -> Any:
    return torch.optim.lr_scheduler.StepLR(optimizer, int(recipe.steps), recipe.factor)


@pytest.mark.parametrize("factor", [0.99, 0.9, 0.9995, 1.002, 1.0])
def test_an_exponential_of_torch(learnrate: ModuleType, factor: float) -> None:
    recipe = Exponential(0.1, 1, factor)
    theirs = torch_rates(torch_exponential, recipe, 2000)
    assert near(recipe.ours(learnrate)(range(2000)), theirs, np.arange(2000) * U64 + OUR_EXPONENTIAL)


@pytest.mark.parametrize("recipe", [*STAIRS, STAIRS[0]._replace(steps=41), STAIRS[0]._replace(steps=5000)], ids=str)
def test_stairs_of_torch(learnrate: ModuleType, recipe: Exponential) -> None:
    theirs = torch_rates(torch_stairs, recipe, 2000)
    schedule = learnrate.step_decay(recipe.peak, recipe.steps, recipe.factor)
    assert schedule == recipe.ours(learnrate)
    normal = theirs > 2.0**-1000  # a product below is rounded as much as there is of it
    bound = np.floor(np.arange(2000) / recipe.steps) * U64 + OUR_EXPONENTIAL
    assert near(schedule(range(2000))[normal], theirs[normal], bound[normal])


@pytest.mark.parametrize(("make", "steps"), [(torch_exponential, 1), (torch_stairs, 3)])
def test_stepped_once_an_epoch_torch_counts_epochs(learnrate: ModuleType, make: Any, steps: int) -> None:
    theirs = torch_rates(make, Exponential(0.1, steps, 0.9), 50).repeat(20)
    ours = learnrate.step_decay(0.1, 20 * steps, 0.9)(range(1000))
    assert near(ours, theirs, 50 * U64 + OUR_EXPONENTIAL)


def test_the_roundings_of_torch_add_up_and_ours_do_not(learnrate: ModuleType) -> None:
    recipe = Exponential(0.1, 1, 0.99999)
    theirs, ours = torch_rates(torch_exponential, recipe, 50_001)[-1], recipe.ours(learnrate)(50_000)
    with mpmath.workprec(100):
        exact = float(0.1 * mpmath.mpf(0.99999) ** 50_000)
    assert abs(ours / exact - 1) <= OUR_EXPONENTIAL
    assert abs(theirs / exact - 1) > 20 * OUR_EXPONENTIAL


# The errors of 1 - step / steps cancel from one step to the next, but for that of the last: 1 of the share and 1 of
# the difference, within the power. A step takes the quotient, which counts as often as the power says, the power, and
# the product.


def torch_power(optimizer: Any, recipe: Power) -> Any:
    return torch.optim.lr_scheduler.PolynomialLR(optimizer, recipe.steps, recipe.power)


@pytest.mark.parametrize("recipe", [recipe for recipe in POWERS if not recipe.final], ids=str)
def test_a_power_of_torch(learnrate: ModuleType, recipe: Power) -> None:
    theirs = torch_rates(torch_power, recipe, recipe.steps + PAST)
    ours = recipe.ours(learnrate)(range(theirs.size))
    step = np.arange(recipe.steps)
    rest = 1.0 - step / recipe.steps
    once = recipe.power / rest + our_power(recipe.power) / U64
    assert near(ours[step], theirs[step], ((recipe.power + POW + 1) * step + once) * U64)
    assert ours[recipe.steps :].tolist() == theirs[recipe.steps :].tolist() == [0.0] * PAST


def test_no_steps_are_no_decay_or_fail_in_torch_and_are_refused_here(learnrate: ModuleType) -> None:
    assert torch_rates(torch_power, Power(0.5, 0, 1.0), 5).tolist() == [0.5] * 5
    with pytest.raises(ZeroDivisionError):
        torch_rates(torch_stairs, Exponential(0.5, 0, 0.1, True), 5)
    with pytest.raises(ValueError, match=r"^Argument `decay_steps` must be > 0"):
        learnrate.PolynomialDecay(0.5, 0)
    with pytest.raises(ValueError, match=r"^Argument `\w*steps` must be > 0"):
        learnrate.step_decay(0.5, 0, 0.1)


# transformers

# In float64. The share takes 1 rounding of what is done, 1 - that 1 of what is left, the power POW, the difference of
# the rates and its product 1 each, the sum, the quotient by the peak and the product with it 1 each of the rate. A
# warmup takes 2, and our line 2.5 ULP.


class Warmed(NamedTuple):
    peak: float
    total: int
    warmup: int
    power: float = 1.0
    final: float = 1e-7

    def ours(self, learnrate: ModuleType) -> Any:
        decay = learnrate.Phase(self.total - self.warmup, self.final, "polynomial", self.power)
        return learnrate.Phases(0.0, [learnrate.Phase(self.warmup, self.peak), decay])


def transformers_power(optimizer: Any, recipe: Warmed) -> Any:
    return transformers.get_polynomial_decay_schedule_with_warmup(
        optimizer, recipe.warmup, recipe.total, lr_end=recipe.final, power=recipe.power
    )


WARMED = [
    Warmed(peak, total, warmup, power, final)
    for peak, final in ((3e-4, 1e-7), (0.5, 0.0), (0.3, 0.07))
    for total, warmup in ((1000, 100), (997, 0), (10, 9))
    for power in (1.0, 2.0, 0.5, 3.7)
]


@pytest.mark.parametrize("recipe", WARMED, ids=str)
def test_transformers(learnrate: ModuleType, recipe: Warmed) -> None:
    theirs = torch_rates(transformers_power, recipe, recipe.total + PAST)
    ours = recipe.ours(learnrate)(range(theirs.size))
    done = np.clip((np.arange(theirs.size) - recipe.warmup) / (recipe.total - recipe.warmup), 0.0, 1.0)
    power = spread(1.0 - done, U64, recipe.power) + (1.0 - done) ** recipe.power * (POW + 2) * U64
    bound = (recipe.peak - recipe.final) * power + theirs * (3 * U64 + our_power(recipe.power))
    assert (np.abs(ours - theirs) <= bound).all()
    assert ours[recipe.total :].tolist() == [recipe.final] * PAST


def test_a_warmup_to_the_end_fails_in_transformers_and_ends_here(learnrate: ModuleType) -> None:
    recipe = Warmed(0.5, 10, 10)
    with pytest.raises(ZeroDivisionError):
        torch_rates(transformers_power, recipe, 11)
    assert [recipe.ours(learnrate)(step) for step in (9, 10)] == [0.45, 1e-7]


def test_transformers_does_not_rise(learnrate: ModuleType) -> None:
    recipe = Warmed(0.1, 100, 0, 2.0, 0.5)
    with pytest.raises(ValueError, match=r"lr_end \(0.5\) must be smaller than initial lr \(0.1\)"):
        torch_rates(transformers_power, recipe, 1)
    assert recipe.ours(learnrate)(100) == 0.5


def test_the_end_of_transformers_is_a_share_for_a_group_of_another_rate() -> None:
    # As docs/moving-powers.md says.
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in (0.1, 0.01)]
    optimizer = torch.optim.SGD(groups, lr=0.1)
    scheduler = transformers.get_polynomial_decay_schedule_with_warmup(optimizer, 0, 3, lr_end=0.05)
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    assert scheduler.get_last_lr() == pytest.approx([0.05, 0.005])


# The bounds are worth something: the mistakes that they are there for are far outside


@pytest.mark.parametrize("change", [{"steps": 41}, {"factor": 0.701}, {"stairs": True}, {"peak": 0.5001}], ids=str)
def test_a_mistake_of_words_is_seen(learnrate: ModuleType, change: dict[str, Any]) -> None:
    recipe = SMOOTH[0]
    theirs = optax_rates(optax_exponential, recipe._replace(**change), 200)
    assert not near(recipe.ours(learnrate)(range(200)), theirs, 500 * U32)


@pytest.mark.parametrize("change", [{"total": 999}, {"warmup": 101}, {"power": 2.001}, {"final": 2e-7}], ids=str)
def test_a_mistake_of_words_is_seen_in_transformers(learnrate: ModuleType, change: dict[str, Any]) -> None:
    recipe = Warmed(3e-4, 1000, 100, 2.0)
    theirs = torch_rates(transformers_power, recipe._replace(**change), 1000 + PAST)
    assert np.abs(recipe.ours(learnrate)(range(theirs.size)) - theirs).max() > 1e6 * U64 * recipe.peak
