"""PyTorch's one-cycle policy: `one_cycle` for the rate, and `one_cycle_momentum` for what goes against it."""

from __future__ import annotations

import math

from . import _arguments, _words
from ._exact import SHORTEST
from ._schedules.phases import Phase, Phases, without_power

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@_words.known
def one_cycle(
    peak: float,
    total_steps: int,
    *,
    warmup_share: float = 0.3,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    shape: str = "cosine",
    three_phase: bool = False,
) -> Phases:
    """Up to the peak, and down to far below the first rate; then hold: PyTorch's `OneCycleLR`.

    With `N = total_steps`, `initial = peak / div_factor`, `final = initial / final_div_factor` and
    `a = warmup_share * N - 1` the rate goes, by the shape::

        two phases     from initial at step 0 to peak at a, to final at N - 1
        three phases   from initial at step 0 to peak at a, to initial at 2 * a, to final at N - 1

    The joints are those of PyTorch, to the last bit: `a` need not be a whole step, and the last of the N updates has
    the final rate. So `.total_steps`, the step from which the rate is held, is N - 1. (From 2**52 steps on it may be
    the step beside that.)

    The policy is that of Smith & Topin, Super-Convergence (arXiv 1708.07120); its curve is PyTorch's.

    Args:
        peak: the rate at step `a`.
        total_steps: how many updates there are, a whole number >= 2.
        warmup_share: the share of the updates up to the peak, the peak among them: > 1 / N and < 1, or with three
            phases < (N + 1) / (2 * N).
        div_factor: the peak over the rate at step 0, a finite number > 0.
        final_div_factor: the rate at step 0 over the final rate, a finite number > 0.
        shape: how the rate goes from one to the next: one of those of `Phase` but "polynomial".
        three_phase: whether the rate goes down as it came up, and to the final rate after that.

    Raises:
        ValueError: an argument breaks its rule.
        TypeError: an argument has the wrong type; bool is not a number here.

    >>> import learnrate
    >>> schedule = learnrate.one_cycle(0.1, 1_000, warmup_share=0.25)
    >>> schedule(0), schedule(249), round(schedule(999), 9), schedule.total_steps
    (0.004, 0.1, 4e-07, 999)
    """
    total_steps = _total(total_steps)
    peak = _arguments.rate("peak", peak)
    up, down, rest = _lengths(total_steps, warmup_share, three_phase)
    initial = _over("div_factor", div_factor, "peak", peak)
    final = _over("final_div_factor", final_div_factor, "peak / div_factor", initial)
    shape = without_power(shape)
    if rest is None:
        return Phases(initial, (Phase(up, peak, shape), Phase(down, final, shape)))
    return Phases(initial, (Phase(up, peak, shape), Phase(down, initial, shape), Phase(rest, final, shape)))


@_words.known
def one_cycle_momentum(
    total_steps: int,
    *,
    highest: float = 0.95,
    lowest: float = 0.85,
    warmup_share: float = 0.3,
    shape: str = "cosine",
    three_phase: bool = False,
) -> Phases:
    """The momentum that goes down as the rate of `one_cycle` goes up, and back: that of PyTorch's `OneCycleLR`.

    With `N = total_steps` and `a = warmup_share * N - 1` it goes, by the shape::

        two phases     from highest at step 0 to lowest at a, to highest at N - 1
        three phases   from highest at step 0 to lowest at a, to highest at 2 * a, where it is held

    It is the `momentum` of SGD, or the first of Adam's `betas`, which the caller sets before each update. It is a
    schedule as any other, whatever its values stand for. `.total_steps` is N - 1.

    Args:
        total_steps: how many updates there are, a whole number >= 2.
        highest: the momentum at step 0 and at the end, a finite number >= 0.
        lowest: the momentum at step `a`, where the rate is highest; a finite number >= 0.
        warmup_share: as in `one_cycle`.
        shape: how the momentum goes from one to the next: one of those of `Phase` but "polynomial".
        three_phase: as in `one_cycle`.

    Raises:
        ValueError: an argument breaks its rule.
        TypeError: an argument has the wrong type; bool is not a number here.

    >>> import learnrate
    >>> momentum = learnrate.one_cycle_momentum(1_000, warmup_share=0.25)
    >>> momentum(0), momentum(249), momentum(999)
    (0.95, 0.85, 0.95)
    """
    total_steps = _total(total_steps)
    highest = _arguments.rate("highest", highest)
    lowest = _arguments.rate("lowest", lowest)
    up, down, rest = _lengths(total_steps, warmup_share, three_phase)
    shape = without_power(shape)
    phases = (Phase(up, lowest, shape), Phase(down, highest, shape))
    return Phases(highest, phases if rest is None else (*phases, Phase(rest, highest)))


def _total(total_steps: Any) -> int:
    """How many updates there are: with one there is no way up, nor down."""
    total = _arguments.whole("total_steps", total_steps, least=1)
    if total < 2:
        _arguments.refuse(ValueError, "total_steps", ">= 2", total_steps)
    return total


def _lengths(total_steps: int, warmup_share: Any, three_phase: Any) -> tuple[float, float, float | None]:
    """The steps of the phases: PyTorch's joints are the sums of them."""
    three_phase = _arguments.flag("three_phase", three_phase)
    share = _arguments.rate("warmup_share", warmup_share)
    up = share * total_steps - 1  # rounded twice, as in PyTorch, whose second joint is then this one doubled
    # What is left up to the last update is rounded once, and by less than the sum of all can tell: it is N - 1 again.
    rest = total_steps - 1 - (2 * up if three_phase else up)
    if not up >= SHORTEST:
        rule = "> 1 / total_steps, for the warmup takes warmup_share * total_steps - 1 steps"
        _arguments.refuse(ValueError, "warmup_share", rule, warmup_share, total_steps=total_steps)
    if not rest >= SHORTEST:
        rule = "< (1 + 1 / total_steps) / 2 with three phases" if three_phase else "a share of total_steps, < 1"
        _arguments.refuse(ValueError, "warmup_share", rule, warmup_share, total_steps=total_steps)
    return (up, up, rest) if three_phase else (up, rest, None)


def _over(argument: str, factor: Any, quotient: str, rate: float) -> float:
    """The rate over the factor, which is a finite number > 0."""
    result = rate / _arguments.positive(argument, factor)
    if result == math.inf:
        rule = f"so large that {quotient} / {argument} is finite"
        _arguments.refuse(ValueError, argument, rule, factor, **{quotient: rate})
    return result
