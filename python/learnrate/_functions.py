"""Functions that make the common schedules. Totals count the warmup; rates are rates, not shares."""

from __future__ import annotations

import math

from . import _arguments, _words
from ._schedules.exponential_decay import ExponentialDecay
from ._schedules.phases import Phase, Phases, check_rates, without_power
from ._schedules.piecewise_constant_decay import MAX_BOUNDARIES, PiecewiseConstantDecay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


@_words.known
def constant(learning_rate: float) -> Phases:
    """One rate at every step.

    Args:
        learning_rate: the rate, a finite number >= 0.

    Raises:
        ValueError, TypeError: as `Phases` does.

    >>> import learnrate
    >>> learnrate.constant(1e-3)(12_345)
    0.001
    >>> learnrate.constant(1e-3).with_warmup(1_000)(500)
    0.0005
    """
    return Phases(_arguments.rate("learning_rate", learning_rate), ())


@_words.known
def linear_decay(
    peak: float, total_steps: int, *, warmup_steps: int = 0, initial: float = 0.0, final: float = 0.0
) -> Phases:
    """A line up to the peak, and a line down from it; then hold.

    With `W = warmup_steps` and `N = total_steps` the rate is::

        step < W        initial + (peak - initial) * step / W
        W <= step < N   peak + (final - peak) * (step - W) / (N - W)
        step >= N       final

    It is transformers' `get_linear_schedule_with_warmup`, and Bergsma et al.'s "linear to zero" (arXiv 2502.15938).

    Args:
        peak: the rate at step `W`.
        total_steps: the step from which the rate is held, a whole number > 0. The warmup is part of it.
        warmup_steps: how many of the steps are warmup, a whole number < `total_steps`.
        initial: the rate at step 0; without warmup it is checked, but has no effect.
        final: the rate that is held.

    Raises:
        ValueError: an argument breaks its rule.
        TypeError: an argument has the wrong type; bool is not a number here.

    >>> import learnrate
    >>> schedule = learnrate.linear_decay(3e-4, 100_000, warmup_steps=10_000)
    >>> schedule(5_000), schedule(10_000), schedule(55_000), schedule(100_000)
    (0.00015, 0.0003, 0.00015, 0.0)
    """
    total_steps = _arguments.whole("total_steps", total_steps, least=1)
    warmup_steps = _arguments.whole("warmup_steps", warmup_steps, least=0, total=total_steps)
    if warmup_steps >= total_steps:
        _arguments.refuse(ValueError, "warmup_steps", "< total_steps", warmup_steps, total_steps=total_steps)
    peak, initial, final = _rates(peak=peak, initial=initial, final=final)
    return _warmed_up(warmup_steps, peak, initial, Phase(total_steps - warmup_steps, final))


@_words.known
def warmup_stable_decay(
    peak: float,
    total_steps: int,
    *,
    warmup_steps: int,
    decay_steps: int,
    shape: str = "linear",
    initial: float = 0.0,
    final: float = 0.0,
) -> Phases:
    """A line up to the peak, the peak, and a decay in the last steps; then hold. Also known as WSD, or trapezoidal.

    With `W = warmup_steps`, `N = total_steps` and `D = decay_steps` the rate is::

        step < W            initial + (peak - initial) * step / W
        W <= step < N - D   peak
        N - D <= step < N   from peak to final, by the shape
        step >= N           final

    It is transformers' `get_wsd_schedule`; the name is that of Hu et al., MiniCPM (arXiv 2404.06395).

    Args:
        peak: the rate between warmup and decay.
        total_steps: the step from which the rate is held, a whole number > 0. Warmup and decay are part of it.
        warmup_steps: how many of the steps are warmup, a whole number >= 0.
        decay_steps: how many of the steps are decay, a whole number >= 0.
        shape: how the rate decays: one of those of `Phase` but "polynomial". "exponential" and "inverse_time" need a
            `final` > 0.
        initial: the rate at step 0; without warmup it is checked, but has no effect.
        final: the rate that is held.

    Raises:
        ValueError: an argument breaks its rule.
        TypeError: an argument has the wrong type; bool is not a number here.

    >>> import learnrate
    >>> schedule = learnrate.warmup_stable_decay(3e-4, 100_000, warmup_steps=1_000, decay_steps=20_000)
    >>> schedule(500), schedule(50_000), schedule(90_000), schedule(100_000)
    (0.00015, 0.0003, 0.00015, 0.0)
    """
    total_steps = _arguments.whole("total_steps", total_steps, least=1)
    warmup_steps = _arguments.whole("warmup_steps", warmup_steps, least=0, total=total_steps)
    decay_steps = _arguments.whole("decay_steps", decay_steps, least=0, total=total_steps)
    if warmup_steps + decay_steps > total_steps:
        raise ValueError(
            "Argument `warmup_steps` plus `decay_steps` must be <= total_steps. Received: "
            f"warmup_steps={warmup_steps} + decay_steps={decay_steps} = {warmup_steps + decay_steps}, "
            f"total_steps={total_steps}"
        )
    peak, initial, final = _rates(peak=peak, initial=initial, final=final)
    shape = without_power(shape)
    decay = Phase(decay_steps, final, shape)
    check_rates("final", decay, peak)
    return _warmed_up(warmup_steps, peak, initial, Phase(total_steps - warmup_steps - decay_steps, peak), decay)


@_words.known
def step_decay(initial: float, steps: float, factor: float) -> ExponentialDecay:
    """The rate drops every so many steps, to so many times what it was: PyTorch's `StepLR`.

    The rate is::

        initial * factor**floor(step / steps)

    It is `ExponentialDecay` with a staircase, which says more of it.

    Args:
        initial: the rate of the first `steps`, a finite number >= 0.
        steps: optimizer updates from one drop to the next, a number >= 1.
        factor: what the rate is multiplied by at a drop, a finite number > 0.

    Raises:
        ValueError: an argument breaks its rule.
        TypeError: an argument has the wrong type; bool is not a number here.

    >>> import learnrate
    >>> schedule = learnrate.step_decay(0.5, 30_000, 0.25)
    >>> schedule(29_999), schedule(30_000), schedule(60_000)
    (0.5, 0.125, 0.03125)
    """
    initial = _arguments.rate("initial", initial)
    steps = _arguments.count("steps", steps, least=1)
    return ExponentialDecay(initial, steps, _arguments.positive("factor", factor), staircase=True)


@_words.known
def multistep_decay(initial: float, milestones: Sequence[int], factor: float) -> PiecewiseConstantDecay:
    """The rate drops at each milestone, to so many times what it was: PyTorch's `MultiStepLR`.

    At whole steps the rate is `initial` times the factor, once for each milestone <= step. A milestone is the first
    step with the new rate, so that the `boundaries` of what is returned are the steps before. Each rate is the one
    before times the factor, rounded; PyTorch, too, computes each from the one before.

    Args:
        initial: the rate before the first milestone, a finite number >= 0.
        milestones: a sequence of whole numbers >= 0, in any order. One that is there twice counts twice; one of 0
            holds from the start.
        factor: what the rate is multiplied by at a milestone, a finite number >= 0.

    Raises:
        ValueError: an argument breaks its rule; there are more than 65,535 milestones, or a rate overflows.
        TypeError: an argument has the wrong type; bool is not a number here.

    >>> import learnrate
    >>> schedule = learnrate.multistep_decay(0.5, [30_000, 60_000], 0.25)
    >>> schedule(29_999), schedule(30_000), schedule(60_000)
    (0.5, 0.125, 0.03125)
    """
    initial, factor = _rates(initial=initial, factor=factor)
    given = _arguments.items("milestones", milestones, "a sequence of whole numbers")
    if len(given) > MAX_BOUNDARIES:
        count = f"milestones={len(given)} milestones"
        raise ValueError(f"Argument `milestones` must be at most {MAX_BOUNDARIES} milestones. Received: {count}")
    places = [_arguments.whole(f"milestones[{i}]", place, least=0) for i, place in enumerate(given)]
    boundaries: list[int] = []
    values = [initial]
    for place in sorted(places):
        rate = values[-1] * factor
        if rate == math.inf:
            _arguments.refuse(ValueError, "factor", "so small that each rate is finite", factor, initial=initial)
        if not place or (boundaries and boundaries[-1] == place - 1):
            values[-1] = rate
        else:
            boundaries.append(place - 1)
            values.append(rate)
    return PiecewiseConstantDecay(boundaries, values)


def _rates(**rates: float) -> list[float]:
    return [_arguments.rate(argument, rate) for argument, rate in rates.items()]


def _warmed_up(warmup_steps: int, peak: float, initial: float, *phases: Phase) -> Phases:
    """Without the phases of no steps, but for a last one, which says where the rate is held."""
    *before, last = phases
    phases = (*[phase for phase in before if phase.steps], last)
    if not warmup_steps:
        return Phases(peak, phases)
    return Phases(initial, (Phase(warmup_steps, peak), *phases))
