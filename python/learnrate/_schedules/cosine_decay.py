"""`CosineDecay`: Keras's linear warmup, cosine decay, hold."""

from __future__ import annotations

import math
import sys

from .. import _arguments, _words
from .._config import KERAS
from .._exact import units
from .._schedule import Schedule
from .._segments import lay
from .._value import final

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._value import Field


@final
@_words.of_class
class CosineDecay(Schedule):
    """Linear warmup, cosine decay, hold: Keras's `CosineDecay`, exact to the last bits.

    With `peak = warmup_target` and `W = warmup_steps` (without a target: `peak = initial_learning_rate` and `W = 0`),
    `T = decay_steps` and `floor = peak * alpha`, the learning rate is::

        step < W            initial_learning_rate + (peak - initial_learning_rate) * step / W
        W <= step < W + T   peak * ((1 - alpha) * (1 + cos(pi * (step - W) / T)) / 2 + alpha)
        step >= W + T       floor

    `step` is the number of optimizer updates already done: `schedule(0)` is the rate of the first update. With a warmup
    from 0 the first update does nothing, as in Keras; `initial_learning_rate = warmup_target / warmup_steps` avoids it.

    The rate is exactly `initial_learning_rate` at 0 (with a warmup), `peak` at `W`, and `floor` from `W + T` on.
    In between it is within 5 ULP of the formula in exact arithmetic at whole steps with `decay_steps <= 2**26` and
    `alpha <= 10`, and within 7 at any step, up to the last. (An ULP is the spacing of float64 at the rate or at the
    exact one, whichever is larger.) With `alpha <= 1` the decay never rises from one whole step to the next. Counts may
    be fractional: `W` and `W + T` are then rounded to the nearest float64, and the rate is within 9 ULP.

    Args:
        initial_learning_rate: the rate at step 0, a finite number >= 0.
        decay_steps: optimizer updates that the decay takes, a number >= 1. The warmup is not part of it.
        alpha: the final rate as a share of the peak, a finite number >= 0.
        name: a name, kept for Keras.
        warmup_target: the rate that the warmup leads to; None for no warmup.
        warmup_steps: optimizer updates that the warmup takes, 0 or a number >= 1.

    Attributes:
        total_steps: the first whole step at which the rate is held: `decay_steps`, plus `warmup_steps` if there is a
            target, rounded up.
        peak_learning_rate: the rate where the decay starts.
        final_learning_rate: the rate after the decay, `peak_learning_rate * alpha`.

    Raises:
        ValueError: an argument breaks its rule.
        TypeError: an argument has the wrong type; bool is not a number here.

    Warns:
        UserWarning: `warmup_steps` has no effect because there is no `warmup_target`.

    >>> from learnrate import CosineDecay
    >>> schedule = CosineDecay(0.0, decay_steps=90_000, alpha=0.1, warmup_target=1e-3, warmup_steps=10_000)
    >>> schedule(5_000), schedule(10_000), schedule(100_000)
    (0.0005, 0.001, 0.0001)
    >>> schedule(range(0, 20_000, 5_000))
    array([0.        , 0.0005    , 0.001     , 0.00099316])

    Sources: Keras's code (its documentation, and R's, leave the initial rate out of the warmup and the warmup out of
    the decay); Goyal et al. 2017, arXiv 1706.02677; Loshchilov & Hutter, SGDR, ICLR 2017, arXiv 1608.03983.
    """

    _fields = ("initial_learning_rate", "decay_steps", "alpha", "name", "warmup_target", "warmup_steps")
    _rates = ("initial_learning_rate", "warmup_target")
    _settable = ("total_steps", "peak_learning_rate", "final_learning_rate")
    __slots__ = _fields
    __module__ = "learnrate"
    _module = KERAS
    initial_learning_rate: Field[float]
    decay_steps: Field[float]
    alpha: Field[float]
    name: Field[str]

    if TYPE_CHECKING:

        @property
        def total_steps(self) -> int: ...
        @property
        def final_learning_rate(self) -> float: ...

    warmup_target: Field[float | None]
    warmup_steps: Field[float]

    def __new__(
        cls,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str | None = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> CosineDecay:
        initial_learning_rate = _arguments.rate("initial_learning_rate", initial_learning_rate)
        decay_steps = _arguments.count("decay_steps", decay_steps, least=1)
        alpha = _arguments.rate("alpha", alpha)
        name = "CosineDecay" if name is None else _arguments.text("name", name)
        if warmup_target is not None:
            warmup_target = _arguments.rate("warmup_target", warmup_target)
        warmup_steps = _arguments.count("warmup_steps", warmup_steps, least=0)
        if units(warmup_steps) + units(decay_steps) > units(_arguments.MAX_STEPS):
            _arguments.refuse(
                ValueError, "warmup_steps", "<= 2**53 - decay_steps", warmup_steps, decay_steps=decay_steps
            )
        peak = initial_learning_rate if warmup_target is None else warmup_target
        floor = peak * alpha
        if floor == math.inf:
            _arguments.refuse(ValueError, "alpha", "so small that peak * alpha is finite", alpha, peak=peak)
        segments = lay(
            (0 if warmup_target is None else warmup_steps, "linear", initial_learning_rate, peak),
            (decay_steps, "cosine", peak, floor),
        )
        return cls._made(segments, initial_learning_rate, decay_steps, alpha, name, warmup_target, warmup_steps)

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str | None = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        """Warns of a warmup without a target. What is unpickled has warned when made, and does not come here."""
        if self.warmup_steps > 0 and self.warmup_target is None:
            import warnings

            level, frame = 2, sys._getframe().f_back
            while frame is not None and (frame.f_globals.get("__package__") or "").split(".")[0] == "learnrate":
                level, frame = level + 1, frame.f_back
            warnings.warn(f"warmup_steps={self.warmup_steps} has no effect without a warmup_target", stacklevel=level)

    @classmethod
    @_words.known
    def from_total_steps(
        cls,
        total_steps: int,
        peak_learning_rate: float,
        *,
        warmup_steps: int = 0,
        initial_learning_rate: float = 0.0,
        final_learning_rate: float | None = None,
        alpha: float | None = None,
        name: str | None = "CosineDecay",
    ) -> CosineDecay:
        """The schedule in the words of optax, transformers and PyTorch: whole length, peak and last rate.

        Those are optax's `warmup_cosine_decay_schedule`, transformers' cosine schedules, and PyTorch's `LinearLR` with
        `CosineAnnealingLR` after it:

        =======================  ======================================  ====================  =====================
        here                     optax                                   transformers          PyTorch
        =======================  ======================================  ====================  =====================
        `total_steps`            `decay_steps`, which counts the warmup  `num_training_steps`  `total_iters + T_max`
        `peak_learning_rate`     `peak_value`                            the optimizer's `lr`  the optimizer's `lr`
        `warmup_steps`           `warmup_steps`                          `num_warmup_steps`    `total_iters`
        `initial_learning_rate`  `init_value`                            0                     `lr * start_factor`
        `final_learning_rate`    `end_value`                             `min_lr`              `eta_min`
        =======================  ======================================  ====================  =====================

        Args:
            total_steps: the step from which the rate is held, a whole number > 0. The warmup is part of it.
            peak_learning_rate: the rate where the decay starts.
            warmup_steps: how many of the steps are warmup, a whole number < `total_steps`.
            initial_learning_rate: where the warmup starts; without warmup it is checked, but has no effect.
            final_learning_rate: the rate that is held, instead of `alpha`. Not every rate is `peak * alpha` for some
                float64 `alpha`: the schedule then ends on the neighbouring float64, 1 ULP away.
            alpha: the rate that is held, as a share of the peak; 0 if neither is given.
            name: a name, kept for Keras.

        Raises:
            ValueError, TypeError: as the constructor does; a TypeError also where both of `final_learning_rate` and
                `alpha` are given; a ValueError where the former over the peak is no float64 of full precision.

        >>> from learnrate import CosineDecay
        >>> CosineDecay.from_total_steps(100_000, 1e-3, warmup_steps=10_000, final_learning_rate=1e-4)
        CosineDecay(initial_learning_rate=0.0, decay_steps=90000, alpha=0.1, warmup_target=0.001, warmup_steps=10000)
        """
        total_steps = _arguments.whole("total_steps", total_steps, least=1)
        peak = _arguments.rate("peak_learning_rate", peak_learning_rate)
        initial = _arguments.rate("initial_learning_rate", initial_learning_rate)
        warmup_steps = _arguments.whole("warmup_steps", warmup_steps, least=0, total=total_steps)
        if warmup_steps >= total_steps:
            _arguments.refuse(ValueError, "warmup_steps", "< total_steps", warmup_steps, total_steps=total_steps)
        if final_learning_rate is not None:
            if alpha is not None:
                rule = "absent where `final_learning_rate` is given"
                _arguments.refuse(TypeError, "alpha", rule, alpha, final_learning_rate=final_learning_rate)
            alpha = _share(peak, _arguments.rate("final_learning_rate", final_learning_rate))
        alpha = 0.0 if alpha is None else alpha
        if not warmup_steps:
            return cls(peak, total_steps, alpha, name)
        return cls(initial, total_steps - warmup_steps, alpha, name, peak, warmup_steps)

    @property
    def peak_learning_rate(self) -> float:
        """The rate where the decay starts."""
        return self.initial_learning_rate if self.warmup_target is None else self.warmup_target

    @_words.known
    def with_warmup(self, steps: float, initial: float = 0.0) -> CosineDecay:
        """The schedule after a linear warmup from `initial` to its first rate, as its own fields say it.

        Args:
            steps: optimizer updates that the warmup takes, 0 or a number >= 1.
            initial: the rate at step 0.

        Raises:
            ValueError, TypeError: as the constructor does; a ValueError also where the schedule has a warmup.

        >>> from learnrate import CosineDecay
        >>> CosineDecay(0.5, 900).with_warmup(100)
        CosineDecay(initial_learning_rate=0.0, decay_steps=900, warmup_target=0.5, warmup_steps=100)
        """
        if self.warmup_target is not None and self.warmup_steps:
            rule = "absent from a schedule that is to get a warmup"
            _arguments.refuse(ValueError, "warmup_steps", rule, self.warmup_steps)
        steps = _arguments.count("steps", steps, least=0)
        initial = _arguments.rate("initial", initial)
        if not steps:
            return self
        return CosineDecay(initial, self.decay_steps, self.alpha, self.name, self.peak_learning_rate, steps)

    def _changed(self, changes: dict[str, Any]) -> dict[str, Any]:
        fields = super()._changed({name: value for name, value in changes.items() if name in self._fields})
        has_target = fields["warmup_target"] is not None
        top = "warmup_target" if has_target else "initial_learning_rate"
        for name, field in zip(self._settable, ("decay_steps", top, "alpha"), strict=True):
            if name in changes and field in changes:
                rule = f"absent where `{field}` is given"
                _arguments.refuse(TypeError, name, rule, changes[name], **{field: changes[field]})
        if "total_steps" in changes:
            total = _arguments.whole("total_steps", changes["total_steps"], least=1)
            warmup = _arguments.count("warmup_steps", fields["warmup_steps"], least=0) if has_target else 0
            if warmup >= total:
                _arguments.refuse(ValueError, "total_steps", "> warmup_steps", total, warmup_steps=warmup)
            fields["decay_steps"] = total - warmup
        if "peak_learning_rate" in changes:
            fields[top] = _arguments.rate("peak_learning_rate", changes["peak_learning_rate"])
        if "final_learning_rate" in changes:
            final = _arguments.rate("final_learning_rate", changes["final_learning_rate"])
            fields["alpha"] = _share(_arguments.rate(top, fields[top]), final)
        return fields

    def _advice(self) -> list[str]:
        advice = []
        target, steps = self.warmup_target, self.warmup_steps
        peak, alpha = self.peak_learning_rate, self.alpha
        if steps and target is None:
            advice.append(f"warmup_steps = {steps:,} has no effect without a warmup_target.")
        if target is not None and not steps and self.initial_learning_rate != target:
            advice.append(
                "initial_learning_rate has no effect: the schedule starts at warmup_target, as warmup_steps = 0."
            )
        if 0.0 < alpha < min(peak, 0.01):
            advice.append(
                f"alpha = {alpha:.6g} looks like a rate, but it is a share of the peak: the final rate is "
                f"{self.final_learning_rate:.6g}. For a final rate of {alpha:.6g}, set alpha = {alpha / peak:.6g}."
            )
        if alpha > 1.0:
            advice.append(f"alpha > 1: the rate rises during the decay, to {alpha:.6g} times the peak.")
        return advice


def _share(peak: float, final: float) -> float:
    """The alpha for which `peak * alpha` comes closest to the final rate."""
    alpha = final / peak if peak else final
    if final and not (peak and sys.float_info.min <= alpha < math.inf):
        rule = "0, or such that its share of the peak is a normal float64"
        _arguments.refuse(ValueError, "final_learning_rate", rule, final, peak_learning_rate=peak)
    # The quotient itself may miss a rate that the share beside it meets: 0.0625 of 0.09, or the largest float64.
    shares = (alpha, math.nextafter(alpha, 0.0), math.nextafter(alpha, math.inf))
    return min(shares, key=lambda share: abs(peak * share - final))
