"""`one_cycle`, `one_cycle_momentum` and `multistep_decay` say what PyTorch's schedulers say, at every update.

Each is asked through an optimizer's updates. Where PyTorch goes on otherwise, a test of its own says so.
"""

from __future__ import annotations

import itertools
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
import torch
from peers import ANGLE, U64, torch_rates

if TYPE_CHECKING:
    from learnrate import Phases


class OneCycle(NamedTuple):
    """In our words."""

    peak: float
    total: int
    share: float = 0.3
    div: float = 25.0
    final_div: float = 1e4
    shape: str = "cosine"
    three_phase: bool = False
    highest: float = 0.95
    lowest: float = 0.85

    def theirs(self, optimizer: Any) -> Any:
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            self.peak,
            self.total,
            pct_start=self.share,
            anneal_strategy="cos" if self.shape == "cosine" else "linear",
            base_momentum=self.lowest,
            max_momentum=self.highest,
            div_factor=self.div,
            final_div_factor=self.final_div,
            three_phase=self.three_phase,
        )

    def ours(self, learnrate: ModuleType) -> tuple[Phases, Phases]:
        """The rate, and the momentum."""
        same = {"warmup_share": self.share, "shape": self.shape, "three_phase": self.three_phase}
        divisors = {"div_factor": self.div, "final_div_factor": self.final_div}
        return (
            learnrate.one_cycle(self.peak, self.total, **divisors, **same),
            learnrate.one_cycle_momentum(self.total, highest=self.highest, lowest=self.lowest, **same),
        )


def pytorch(recipe: OneCycle, kind: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The rate and the momentum of each of an optimizer's first updates."""
    parameters = [torch.nn.Parameter(torch.zeros(1))]
    optimizer: Any
    if kind == "SGD":
        optimizer = torch.optim.SGD(parameters, lr=1.0, momentum=0.5)
    else:
        optimizer = torch.optim.AdamW(parameters, lr=1.0)
    scheduler = recipe.theirs(optimizer)
    seen: list[tuple[float, float]] = []

    def look(*_: Any) -> None:
        group = optimizer.param_groups[0]
        seen.append((group["lr"], group["momentum"] if kind == "SGD" else group["betas"][0]))

    optimizer.register_step_pre_hook(look)
    optimizer.step()
    for _ in range(count - 1):
        scheduler.step()
        optimizer.step()
    rates, momenta = zip(*seen, strict=True)
    return np.array(rates), np.array(momenta)


# Theirs, in float64. The share of steps takes 3 roundings: two distances and their quotient. A line takes 3 more: the
# difference of the rates, the product, the sum. A cosine takes 2 more for the angle, pi and the product, each of the 5
# worth ANGLE; then the cosine, 1 + cosine, the difference of the rates, the product, the sum. Ours: 9 ULP of a cosine
# whose joints lie between whole steps, 3.5 of a line, an ULP worth 2 roundings at most.
BOUND = {"cosine": (5 * ANGLE + 5 + 2 * 9) * U64, "linear": (6 + 2 * 3.5) * U64}

SHAPES, PHASES = ["cosine", "linear"], [False, True]
# Whole joints and others; warmups of less than one update, of one, and as long as they may be; both odd and even N.
CYCLES = [(1000, 0.3), (997, 0.3), (1001, 0.25), (100, 0.015), (100, 0.02), (10, 0.37), (3, 0.5), (5_000, 0.1)]
RATES: list[dict[str, float]] = [
    {"peak": 3e-4},
    {"peak": 0.3, "div": 3.0, "final_div": 7.0, "highest": 0.9, "lowest": 0.7},  # no rate is near 0
    {"peak": 0.1, "div": 0.25, "final_div": 0.5, "highest": 0.2, "lowest": 0.9},  # down first
    {"peak": 1.0, "div": 1.0, "final_div": 1.0, "highest": 0.9, "lowest": 0.9},
]
RECIPES = [
    OneCycle(total=total, share=share, shape=shape, three_phase=three_phase, **rates)
    for (total, share), shape, three_phase, rates in itertools.product(CYCLES, SHAPES, PHASES, RATES)
]
LONG_WARMUP = [OneCycle(0.1, 100, 0.99), OneCycle(0.1, 100, 0.5, three_phase=True), OneCycle(0.1, 101, 0.504)]


@pytest.mark.parametrize("recipe", [*RECIPES, *LONG_WARMUP], ids=str)
def test_one_cycle(learnrate: ModuleType, recipe: OneCycle) -> None:
    kind = "SGD" if recipe.total % 2 else "AdamW"
    steps = range(recipe.total)
    for schedule, theirs in zip(recipe.ours(learnrate), pytorch(recipe, kind, recipe.total), strict=True):
        ours = schedule(steps)
        assert np.abs(ours - theirs).max() / schedule.peak_learning_rate <= BOUND[recipe.shape]
        assert schedule.total_steps == recipe.total - 1


@pytest.mark.parametrize("kind", ["SGD", "AdamW"])
def test_momentum_and_beta1_are_the_same(learnrate: ModuleType, kind: str) -> None:
    recipe = OneCycle(0.1, 50)
    momentum = recipe.ours(learnrate)[1](range(50))
    assert momentum.min() < 0.8501
    assert np.abs(momentum - pytorch(recipe, kind, 50)[1]).max() / 0.95 <= BOUND["cosine"]


def test_after_the_last_update_pytorch_goes_on_once(learnrate: ModuleType) -> None:
    recipe = OneCycle(1.0, 100, final_div=2.0, shape="linear")
    theirs = pytorch(recipe, "SGD", 101)[0]
    ours = recipe.ours(learnrate)[0](range(101))
    assert ours[100] == ours[99] == pytest.approx(theirs[99], rel=1e-12) == 0.02
    assert theirs[100] == pytest.approx(0.02 - 0.98 / 70)  # further down the line
    with pytest.raises(ValueError, match="Tried to step 101 times"):
        pytorch(recipe, "SGD", 102)


def test_a_warmup_of_no_updates_fails_or_jumps_in_pytorch_and_is_refused_here(learnrate: ModuleType) -> None:
    with pytest.raises(ZeroDivisionError):
        pytorch(OneCycle(1.0, 100, 0.01), "SGD", 1)
    recipe = OneCycle(1.0, 100, 0.005, shape="linear")  # its peak would be before the first update
    assert pytorch(recipe, "SGD", 1)[0][0] == pytest.approx(1 - 0.5 / 99.5, rel=1e-4)
    for share in (0.01, 0.005):
        with pytest.raises(ValueError, match=r"^Argument `warmup_share` must be > 1 / total_steps"):
            OneCycle(1.0, 100, share).ours(learnrate)


@pytest.mark.parametrize(
    "change",
    [
        {"total": 999},
        {"share": 0.301},
        {"div": 25.001},
        {"shape": "linear"},
        {"three_phase": True},
        {"highest": 0.9501, "final_div": 2.1},
        {"lowest": 0.8499, "peak": 1.0001},
    ],
    ids=str,
)
def test_a_mistake_of_words_is_seen(learnrate: ModuleType, change: dict[str, Any]) -> None:
    recipe = OneCycle(1.0, 1000, final_div=2.0)
    theirs = pytorch(recipe._replace(**change), "SGD", 990)
    off = [np.abs(one(range(990)) - two).max() for one, two in zip(recipe.ours(learnrate), theirs, strict=True)]
    assert off[0] > 1e6 * BOUND["cosine"]
    assert (off[1] > 1e6 * BOUND["cosine"]) == (not change.keys() <= {"div"})


# MultiStepLR


class Steps(NamedTuple):
    peak: float
    milestones: tuple[int, ...]
    gamma: float = 0.1


def multistep(optimizer: Any, recipe: Steps) -> Any:
    return torch.optim.lr_scheduler.MultiStepLR(optimizer, list(recipe.milestones), recipe.gamma)


ONCE = [(30, 80), (80, 30), (1,), (0,), (0, 1, 2, 3), (97, 13, 40, 0), ()]


@pytest.mark.parametrize("milestones", ONCE, ids=str)
@pytest.mark.parametrize(("initial", "gamma"), [(0.1, 0.1), (3e-4, 0.3), (0.7, 1.1), (0.5, 0.0), (0.0, 0.1)])
def test_multistep(learnrate: ModuleType, milestones: tuple[int, ...], initial: float, gamma: float) -> None:
    theirs = torch_rates(multistep, Steps(initial, milestones, gamma), 101)
    assert learnrate.multistep_decay(initial, milestones, gamma)(range(101)).tolist() == theirs.tolist()


# A factor that comes n times at one milestone is a power in PyTorch, which takes 2 roundings at most (an ULP), and its
# product 1; here it takes n products: 4 roundings for each that is listed, at most.
@pytest.mark.parametrize("milestones", [(30, 30), (80, 30, 80, 80), (0, 0), (0, 50, 0, 0, 0, 50)], ids=str)
@pytest.mark.parametrize("gamma", [0.1, 0.3, 0.9, 1.1])
def test_multistep_with_a_milestone_that_comes_again(
    learnrate: ModuleType, milestones: tuple[int, ...], gamma: float
) -> None:
    theirs = torch_rates(multistep, Steps(0.1, milestones, gamma), 101)
    ours = learnrate.multistep_decay(0.1, milestones, gamma)(range(101))
    assert (np.abs(ours - theirs) <= 4 * len(milestones) * U64 * theirs).all()
    assert len(set(ours.tolist())) == len({*milestones, 0})


def test_a_milestone_on_the_other_side_is_seen(learnrate: ModuleType) -> None:
    theirs = torch_rates(multistep, Steps(0.1, (30,)), 101)
    late = learnrate.PiecewiseConstantDecay([30], [0.1, 0.1 * 0.1])(range(101))
    assert np.flatnonzero(late != theirs).tolist() == [30]
