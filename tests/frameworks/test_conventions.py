"""`CosineDecay.from_total_steps` says what optax, transformers and PyTorch say in the same words, at every step.

Each is asked through what trains: the rate is that of an optimizer's update. Where a library cannot say a recipe, or is
wrong, a test of its own says so; the comparisons stop there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import optax
import pytest
import torch
import transformers
from peers import ANGLE, OUR_COSINE, U32, U64, optax_rates, torch_rates

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule

pytestmark = pytest.mark.filterwarnings("ignore:The epoch parameter")  # PyTorch's SequentialLR uses it itself


class Recipe(NamedTuple):
    """What a user knows of a run, in no library's words."""

    total: int
    warmup: int
    initial: float
    peak: float
    final: float

    def ours(self, CosineDecay: type[Schedule]) -> Schedule:
        return CosineDecay.from_total_steps(
            self.total,
            self.peak,
            warmup_steps=self.warmup,
            initial_learning_rate=self.initial,
            final_learning_rate=self.final,
        )

    @property
    def highest(self) -> float:
        return max(self.initial, self.peak, self.final)


FROM_ZERO = [
    Recipe(1000, 100, 0.0, 3e-4, 0.0),
    Recipe(1000, 100, 0.0, 3e-4, 3e-5),  # the final rate is one of those that no share of the peak gives
    Recipe(997, 1, 0.0, 0.3, 0.07),
    Recipe(1000, 0, 0.0, 0.5, 0.0),
    Recipe(10, 9, 0.0, 1.0, 0.1),
    Recipe(20_000, 2_000, 0.0, 6e-4, 6e-5),
]
FROM_ABOVE_ZERO = [
    Recipe(1000, 100, 3e-7, 3e-4, 0.0),
    Recipe(1000, 100, 3e-6, 3e-4, 3e-5),
    Recipe(997, 331, 0.1, 0.3, 0.07),
    Recipe(10, 9, 0.2, 1.0, 0.1),
    Recipe(20_000, 2_000, 6e-6, 6e-4, 6e-5),
]
FALLING_WARMUP = [Recipe(1000, 100, 0.4, 0.1, 0.05)]
RISING = [Recipe(1000, 100, 0.01, 0.1, 0.3)]

PAST = 50  # steps beyond the end, where a library holds its rate


def differences(CosineDecay: type[Schedule], recipe: Recipe, theirs: np.ndarray) -> np.ndarray:
    """How far theirs are from ours at steps 0, 1, 2, ..., as a share of the highest rate."""
    off: np.ndarray = np.abs(recipe.ours(CosineDecay)(range(len(theirs))) - theirs) / recipe.highest
    return off


# optax

# In float32. The angle takes 4 roundings: pi, its product with the count, the reciprocal of the length, their product.
# Each of them moves half a cosine by at most max(a * sin(a)) / 2 < ANGLE roundings. Then comes at most one each for the
# cosine, 1 + cosine, its power, 1 - alpha, their product, alpha, the sum, the peak, their product. A warmup takes 7.
OPTAX = (4 * ANGLE + 9) * U32


def optax_cosine(recipe: Recipe) -> Any:
    total, warmup, initial, peak, final = recipe
    return optax.warmup_cosine_decay_schedule(initial, peak, warmup, total, final)


@pytest.mark.parametrize("recipe", FROM_ZERO + FROM_ABOVE_ZERO + FALLING_WARMUP + RISING, ids=str)
def test_optax(CosineDecay: type[Schedule], recipe: Recipe) -> None:
    theirs = optax_rates(optax_cosine, recipe, recipe.total + PAST)
    assert differences(CosineDecay, recipe, theirs).max() <= OPTAX


def test_the_last_digits_of_optax_are_rounding(CosineDecay: type[Schedule]) -> None:
    # What the bound above, a share of the peak, hides: of the last rates before 0 nothing is left.
    recipe = Recipe(20_000, 2_000, 0.0, 6e-4, 0.0)
    ours, theirs = recipe.ours(CosineDecay)(recipe.total - 1), optax_rates(optax_cosine, recipe, recipe.total)[-1]
    assert ours == pytest.approx(6e-4 * (np.pi / 18_000 / 2) ** 2, rel=1e-8)  # sin(x)**2 = x**2 * (1 - x**2 / 3 ...)
    assert abs(theirs - ours) / ours > 0.5


def test_optax_drops_a_final_rate_above_a_peak_of_0(CosineDecay: type[Schedule]) -> None:
    recipe = Recipe(1000, 100, 0.1, 0.0, 0.05)
    assert optax_rates(optax_cosine, recipe, 1001)[-1] == 0.0
    with pytest.raises(ValueError, match=r"^Argument `final_learning_rate` must be 0, or such"):
        recipe.ours(CosineDecay)


# transformers

# In float64. The angle takes 3 roundings, progress, pi and their product, each worth ANGLE as above. Then comes at most
# one each for the cosine, 1 + cosine, min_lr / lr, 1 - that, their product, the sum, the product with lr. A warmup
# takes 2. Ours: 5 ULP, each worth at most 2 roundings.
TRANSFORMERS = (3 * ANGLE + 7) * U64 + OUR_COSINE


def transformers_cosine(optimizer: Any, recipe: Recipe) -> Any:
    return transformers.get_cosine_schedule_with_warmup(optimizer, recipe.warmup, recipe.total)


def transformers_min_lr(optimizer: Any, recipe: Recipe) -> Any:
    warmup, total, final = recipe.warmup, recipe.total, recipe.final
    return transformers.get_cosine_with_min_lr_schedule_with_warmup(optimizer, warmup, total, min_lr=final)


# It has no other initial rate than 0.
@pytest.mark.parametrize(
    ("make", "recipe"),
    [
        *((transformers_cosine, recipe) for recipe in FROM_ZERO if recipe.final == 0.0),
        *((transformers_min_lr, recipe) for recipe in FROM_ZERO),
        (transformers_min_lr, RISING[0]._replace(initial=0.0)),
    ],
    ids=str,
)
def test_transformers(CosineDecay: type[Schedule], make: Any, recipe: Recipe) -> None:
    theirs = torch_rates(make, recipe, recipe.total + 1)
    assert differences(CosineDecay, recipe, theirs).max() <= TRANSFORMERS


# PyTorch

# In float64, and each rate from the one before. A step of the line takes at most 8 roundings: 6 within its quotient,
# which are less of 1 + quotient; that sum; the product. A step of the cosine takes 4: the quotient of 1 + cosine and
# its predecessor, the difference from eta_min, the product, the sum. The roundings within 1 + cosine cancel from one
# step to the next, but for those of the last: 3 of the angle, the cosine, the sum. The start factor takes 2, once.
LINE, COSINE, ONCE = 8 * U64, 4 * U64, (3 * ANGLE + 2 + 2) * U64 + OUR_COSINE


def torch_sequence(optimizer: Any, recipe: Recipe) -> Any:
    schedulers, decay = torch.optim.lr_scheduler, recipe.total - recipe.warmup
    line = schedulers.LinearLR(optimizer, start_factor=recipe.initial / recipe.peak, total_iters=recipe.warmup)
    cosine = schedulers.CosineAnnealingLR(optimizer, T_max=decay, eta_min=recipe.final)
    return schedulers.SequentialLR(optimizer, [line, cosine], milestones=[recipe.warmup])


def torch_cosine(optimizer: Any, recipe: Recipe) -> Any:
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.total, eta_min=recipe.final)


@pytest.mark.parametrize(
    ("make", "recipe"),
    [
        *((torch_sequence, recipe) for recipe in FROM_ABOVE_ZERO),
        (torch_sequence, RISING[0]),
        (torch_cosine, Recipe(1000, 0, 0.0, 0.5, 0.0)),
        (torch_cosine, Recipe(1000, 0, 0.0, 0.5, 0.05)),
    ],
    ids=str,
)
def test_torch(CosineDecay: type[Schedule], make: Any, recipe: Recipe) -> None:
    step = np.arange(recipe.total + 1)
    bound = ONCE + np.where(step < recipe.warmup, LINE * step, COSINE * (step - recipe.warmup))
    theirs = torch_rates(make, recipe, recipe.total + 1)
    assert (differences(CosineDecay, recipe, theirs) <= bound).all()


@pytest.mark.parametrize("recipe", [*FROM_ZERO[:1], *FALLING_WARMUP], ids=str)
def test_torch_has_no_warmup_from_0_nor_from_above_the_peak(recipe: Recipe) -> None:
    with pytest.raises(ValueError, match="multiplicative factor expected to be"):
        torch_rates(torch_sequence, recipe, 1)


# The end


@pytest.mark.parametrize(
    ("make", "recipe"),
    [
        (transformers_cosine, FROM_ZERO[0]),
        (transformers_min_lr, FROM_ZERO[1]),
        (torch_sequence, FROM_ABOVE_ZERO[0]),
        (torch_sequence, FROM_ABOVE_ZERO[1]),
    ],
    ids=str,
)
def test_transformers_and_torch_rise_after_the_end_where_we_hold(
    CosineDecay: type[Schedule], make: Any, recipe: Recipe
) -> None:
    ours, mirrored = recipe.ours(CosineDecay), 2 * recipe.total - recipe.warmup
    theirs = torch_rates(make, recipe, mirrored + 1)
    assert theirs[recipe.total + 1] > theirs[recipe.total]
    assert theirs[mirrored] == pytest.approx(recipe.peak, rel=1e-3)
    assert ours(recipe.total) == ours(mirrored) == ours.final_learning_rate


# The bounds are worth something: the mistakes that they are there for are far outside


@pytest.mark.parametrize(
    "mistake",
    [
        lambda recipe: recipe._replace(total=recipe.total + recipe.warmup),  # Keras's and torch's decay steps for all
        lambda recipe: recipe._replace(total=recipe.total - 1),
        lambda recipe: recipe._replace(warmup=recipe.warmup + 1),
        lambda recipe: recipe._replace(initial=0.0),
        lambda recipe: recipe._replace(final=recipe.final * recipe.peak),  # a rate taken for a share, or the reverse
        lambda recipe: recipe._replace(final=recipe.final * 1.0001),
    ],
)
def test_a_mistake_of_words_is_seen(CosineDecay: type[Schedule], mistake: Callable[[Recipe], Recipe]) -> None:
    recipe = FROM_ABOVE_ZERO[1]
    off = differences(CosineDecay, mistake(recipe), optax_rates(optax_cosine, recipe, recipe.total + PAST))
    assert off.max() > 10 * OPTAX
