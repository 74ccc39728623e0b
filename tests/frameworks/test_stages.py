"""`warmup_stable_decay` and `linear_decay` say what transformers, PyTorch and optax say, at every whole step.

Each is asked through what trains, up to 50 steps beyond the end. Where a library cannot say a recipe, or is wrong, a
test of its own says so.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import torch
import transformers
from peers import ANGLE, OUR_COSINE, OUR_LINE, U32, U64, optax_rates, optax_rates_in_float64, torch_rates

if TYPE_CHECKING:
    from learnrate import Phases

pytestmark = pytest.mark.filterwarnings("ignore:The epoch parameter")  # PyTorch's SequentialLR uses it itself

PAST = 50


class Recipe(NamedTuple):
    """What a user knows of a run, in no library's words. Without `decay` it is `linear_decay`."""

    total: int
    warmup: int
    decay: int | None = None
    shape: str = "linear"
    initial: float = 0.0
    peak: float = 3e-4
    final: float = 0.0

    def ours(self, learnrate: ModuleType) -> Phases:
        total, warmup, decay, shape, initial, peak, final = self
        ends = {"warmup_steps": warmup, "initial": initial, "final": final}
        schedule: Phases
        if decay is None:
            schedule = learnrate.linear_decay(peak, total, **ends)
        else:
            schedule = learnrate.warmup_stable_decay(peak, total, decay_steps=decay, shape=shape, **ends)
        return schedule

    @property
    def decays(self) -> int:
        return self.total - self.warmup if self.decay is None else self.decay

    @property
    def highest(self) -> float:
        return max(self.initial, self.peak, self.final)


def differences(learnrate: ModuleType, recipe: Recipe, theirs: np.ndarray) -> np.ndarray:
    """How far theirs are from ours at steps 0, 1, 2, ..., as a share of the highest rate."""
    ours = recipe.ours(learnrate)(range(len(theirs)))
    joints = [0, recipe.warmup, recipe.total - recipe.decays, recipe.total]
    first = recipe.initial if recipe.warmup else recipe.peak
    top = [recipe.peak if step < recipe.total else recipe.final for step in joints[1:3]]
    assert ours[joints].tolist() == [first, *top, recipe.final]
    off: np.ndarray = np.abs(ours - theirs) / recipe.highest
    return off


# From 0 to 0; with rates above 0, the same at both ends, and others.
STAGES = [(1000, 100, 200), (997, 1, 1), (10, 4, 6), (10, 4, 5), (500, 100, 399), (20_000, 2_000, 4_000)]
SHAPES = ["linear", "cosine"]
TO_ZERO = [Recipe(*stages, shape) for stages in STAGES for shape in SHAPES]
TO_ZERO += [Recipe(1000, 0, 300), Recipe(1000, 0, 1000, "cosine"), Recipe(7, 0, 3)]
LINES = [Recipe(1000, 100), Recipe(997, 1), Recipe(10, 9), Recipe(1000, 0), Recipe(20_000, 2_000)]
SAME_ENDS = [recipe._replace(initial=0.03, peak=0.3, final=0.03) for recipe in TO_ZERO]
OTHER_ENDS = [recipe._replace(initial=0.01, peak=0.3, final=0.07) for recipe in [*TO_ZERO, *LINES]]
RISING = [Recipe(1000, 100, 200, shape, 0.01, 0.1, 0.3) for shape in SHAPES]
FALLING = [Recipe(1000, 100, 200, shape, 0.4, 0.1, 0.05) for shape in SHAPES]
NO_DECAY = [Recipe(1000, 100, 0), Recipe(10, 10, 0)]
# Whose decay nobody else has.
COOLDOWNS = [Recipe(*stages, "sqrt") for stages in [*STAGES, (1000, 0, 1000), (1000, 100, 0)]]

# transformers

# In float64. The share of steps that are done takes 1 rounding. A line takes 1 - that; a cosine 3 for the angle, the
# cosine, and 1 + cosine; a root half of the share's (sqrt(u) moves by half of what u does, as a part of itself), its
# own, and 1 - that. Then 1 each for min_lr / lr, 1 - that, their product, the sum, and the product with lr.
TRANSFORMERS = {
    "linear": 7 * U64 + OUR_LINE,
    "cosine": (3 * ANGLE + 7) * U64 + OUR_COSINE,
    "sqrt": 7.5 * U64 + 4 * 2 * U64,  # ours: 4 ULP at whole steps of up to 2**26
}
DECAY_TYPES = {"linear": "linear", "cosine": "cosine", "sqrt": "1-sqrt"}


def transformers_stages(optimizer: Any, recipe: Recipe) -> Any:
    total, warmup, decay, shape, _, peak, final = recipe
    if decay is None:
        return transformers.get_linear_schedule_with_warmup(optimizer, warmup, total)
    ends = {"min_lr_ratio": final / peak}  # both
    return transformers.get_wsd_schedule(optimizer, warmup, decay, total, decay_type=DECAY_TYPES[shape], **ends)


@pytest.mark.parametrize(
    "recipe",
    [
        *[*TO_ZERO, *LINES, *SAME_ENDS, *NO_DECAY, *COOLDOWNS],
        # Ends of a tenth of the peak, of a third, near it, and above it.
        *(recipe._replace(initial=0.03, peak=0.3, final=0.03) for recipe in COOLDOWNS),
        *(Recipe(1000, 100, 200, shape, end, 0.3, end) for shape in DECAY_TYPES for end in (0.1, 0.29, 0.7)),
    ],
    ids=str,
)
def test_transformers(learnrate: ModuleType, recipe: Recipe) -> None:
    theirs = torch_rates(transformers_stages, recipe, recipe.total + PAST)
    assert differences(learnrate, recipe, theirs).max() <= TRANSFORMERS[recipe.shape]


def test_transformers_warms_up_from_the_final_rate() -> None:
    # Which nobody has asked for, and its other warmups start from 0. So no other initial rate can be said.
    recipe = Recipe(1000, 100, 200, peak=0.3, final=0.03)
    assert torch_rates(transformers_stages, recipe, 1)[0] == pytest.approx(0.03, rel=1e-15)


def test_a_cosine_warmup_of_transformers_is_a_phase(learnrate: ModuleType) -> None:
    # The cosine of a decay, backwards: as many roundings.
    theirs = torch_rates(
        lambda optimizer, _: transformers.get_wsd_schedule(
            optimizer, 100, 200, 1000, warmup_type="cosine", decay_type="1-sqrt", min_lr_ratio=0.1
        ),
        Recipe(1000, 100, peak=0.3),
        1000 + PAST,
    )
    ours = learnrate.Phases(0.03, [(100, 0.3, "cosine"), (700, 0.3), (200, 0.03, "sqrt")])(range(len(theirs)))
    assert np.abs(ours - theirs).max() / 0.3 <= max(TRANSFORMERS["cosine"], TRANSFORMERS["sqrt"])


def test_transformers_jumps_where_warmup_and_decay_overlap(learnrate: ModuleType) -> None:
    recipe = Recipe(100, 60, 60, "cosine", peak=1.0, final=0.1)
    before, after = torch_rates(transformers_stages, recipe, 62)[59:61]
    assert (before, after) == (pytest.approx(0.985, rel=1e-12), pytest.approx(0.775, rel=1e-12))
    with pytest.raises(ValueError, match=r"warmup_steps=60 \+ decay_steps=60 = 120, total_steps=100$"):
        recipe.ours(learnrate)


# PyTorch

# In float64, and each rate from the one before. A step of a line takes at most 8 roundings of the peak: 6 within its
# quotient, that sum, the product. (Near the end of a fall the quotient's divisor is small, and so is the rate that it
# scales.) Each part starts from the peak; the start factor and its product take 2, once. Its cosine takes 4 a step, and
# once 3 of the angle, the cosine and the sum.
LINE, COSINE, ONCE = 8 * U64, 4 * U64, (3 * ANGLE + 2 + 2) * U64 + OUR_COSINE


def torch_stages(optimizer: Any, recipe: Recipe) -> Any:
    kinds, (total, warmup, _, shape, initial, peak, final) = torch.optim.lr_scheduler, recipe
    parts, milestones = [], []
    if warmup:
        parts.append(kinds.LinearLR(optimizer, start_factor=initial / peak, total_iters=warmup))
        milestones.append(warmup)
    if total - recipe.decays > warmup:
        parts.append(kinds.ConstantLR(optimizer, factor=1.0))
        milestones.append(total - recipe.decays)
    if shape == "linear":
        decay: Any = kinds.LinearLR(optimizer, 1.0, final / peak, total_iters=recipe.decays)
    else:
        decay = kinds.CosineAnnealingLR(optimizer, T_max=recipe.decays, eta_min=final)
    return kinds.SequentialLR(optimizer, [*parts, decay], milestones)


@pytest.mark.parametrize(
    "recipe",
    [*OTHER_ENDS, *(recipe._replace(initial=recipe.peak / 8, final=0.0) for recipe in [*TO_ZERO, *LINES])],
    ids=str,
)
def test_torch(learnrate: ModuleType, recipe: Recipe) -> None:
    past = PAST if recipe.shape == "linear" else 1  # its cosine rises after the end
    steps = np.arange(recipe.total + past)
    start = recipe.total - recipe.decays
    decayed = np.clip(steps - start, 0, recipe.decays)
    each = LINE if recipe.shape == "linear" else COSINE
    bound = ONCE + np.where(steps < recipe.warmup, LINE * steps, each * decayed)
    assert (differences(learnrate, recipe, torch_rates(torch_stages, recipe, steps.size)) <= bound).all()


def test_torch_has_no_line_from_0_nor_above_its_lr() -> None:
    for recipe in (Recipe(1000, 100, 200), FALLING[0]):
        with pytest.raises(ValueError, match="multiplicative factor expected to be"):
            torch_rates(torch_stages, recipe, 1)
    with pytest.raises(ValueError, match="multiplicative factor expected to be"):
        torch_rates(torch_stages, RISING[0], 1)


# optax

# The share of steps takes 1 rounding, 1 - that, its first power, the difference of the rates 2, its product, the end
# and the last sum 1 each. A cosine takes 4 of the angle and 9 more: see test_conventions.py.
OPTAX = {"linear": 8.0, "cosine": 4 * ANGLE + 9}


def optax_stages(recipe: Recipe) -> Any:
    total, warmup, _, shape, initial, peak, final = recipe
    if shape == "linear":
        decay = optax.linear_schedule(peak, final, recipe.decays)
    else:
        decay = optax.cosine_decay_schedule(peak, recipe.decays, final / peak)
    parts = [optax.linear_schedule(initial, peak, warmup), optax.constant_schedule(peak), decay]
    return optax.join_schedules(parts, [warmup, total - recipe.decays])


@pytest.mark.parametrize("recipe", [*TO_ZERO, *LINES, *SAME_ENDS, *OTHER_ENDS, *RISING, *FALLING], ids=str)
@pytest.mark.parametrize(("rates", "unit"), [(optax_rates, U32), (optax_rates_in_float64, U64)])
def test_optax(learnrate: ModuleType, recipe: Recipe, rates: Any, unit: float) -> None:
    theirs = rates(optax_stages, recipe, recipe.total + PAST)
    ours = OUR_LINE if recipe.shape == "linear" else OUR_COSINE
    assert differences(learnrate, recipe, theirs).max() <= OPTAX[recipe.shape] * unit + ours


def test_a_line_of_optax_is_a_line_of_ours(learnrate: ModuleType) -> None:
    recipe = Recipe(500, 40, initial=0.2, peak=0.2, final=0.03)
    theirs = optax_rates_in_float64(lambda _: optax.linear_schedule(0.2, 0.03, 460, transition_begin=40), recipe, 600)
    ours = learnrate.Phases(0.2, [(40, 0.2), (460, 0.03)])(range(600))
    assert np.abs(ours - theirs).max() / 0.2 <= OPTAX["linear"] * U64 + OUR_LINE


def test_an_optimizer_of_optax_in_float64_has_float32_rates_of_its_own_and_float64_ones_of_ours(
    learnrate: ModuleType,
) -> None:
    # Should optax mend it, its optimizers can be asked above in float64 too.
    recipe = Recipe(1000, 100, 200, initial=0.01, peak=0.3)
    ours = recipe.ours(learnrate)
    with jax.enable_x64(True):
        for schedule, error in ((optax_stages(recipe), U32), (ours, 0.0)):
            optimizer = optax.sgd(schedule)
            update, _ = optimizer.update(jnp.float64(1.0), optimizer.init(jnp.float64(0.0)))
            assert update.dtype == jnp.float64
            assert 0.01 * error / 4 <= abs(float(-update) - 0.01) <= 0.3 * error * OPTAX["linear"]


def test_a_line_of_no_steps_stays_at_its_start_in_optax_and_is_done_here(learnrate: ModuleType) -> None:
    assert optax.linear_schedule(0.0, 0.5, 0)(5) == 0.0
    assert learnrate.Phases(0.0, [(0, 0.5)])(5) == learnrate.Phases(0.0, [(0, 0.5)])(0) == 0.5


# The bounds are worth something: the mistakes that they are there for are far outside


@pytest.mark.parametrize(
    "change",
    [{"total": 999}, {"warmup": 101}, {"decay": 201}, {"initial": 0.0101}, {"final": 0.0301}, {"shape": "cosine"}],
    ids=str,
)
def test_a_mistake_of_words_is_seen(learnrate: ModuleType, change: dict[str, Any]) -> None:
    recipe = Recipe(1000, 100, 200, "linear", 0.01, 0.3, 0.03)
    off = differences(learnrate, recipe, optax_rates(optax_stages, recipe._replace(**change), recipe.total + PAST))
    assert off.max() > 10 * OPTAX["linear"] * U32


@pytest.mark.parametrize("shape", DECAY_TYPES)
@pytest.mark.parametrize(
    "change",
    [{"total": 999}, {"warmup": 101}, {"decay": 201}, {"initial": 0.0301, "final": 0.0301}, {"shape": "square"}],
    ids=str,
)
def test_a_mistake_of_words_is_seen_in_transformers(learnrate: ModuleType, shape: str, change: dict[str, Any]) -> None:
    recipe = Recipe(1000, 100, 200, shape, 0.03, 0.3, 0.03)
    theirs = torch_rates(transformers_stages, recipe, recipe.total + PAST)
    off = np.abs(recipe._replace(**change).ours(learnrate)(range(len(theirs))) - theirs) / recipe.highest
    assert off.max() > 10 * TRANSFORMERS[shape]
