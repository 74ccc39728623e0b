"""`CosineDecay`: its fields, their rules, its value semantics and its config. Evaluation is the backend's."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Mapping
from types import MethodType
from typing import TYPE_CHECKING, Any, final

from . import _arguments, _backend, _config

if TYPE_CHECKING:
    import inspect

    from matplotlib.axes import Axes

FIELDS = ("initial_learning_rate", "decay_steps", "alpha", "name", "warmup_target", "warmup_steps")
DEFAULTS = {"alpha": 0.0, "name": "CosineDecay", "warmup_target": None, "warmup_steps": 0}


class _CallSignature:
    """`inspect.signature(schedule)`, which a native `__call__` lacks; the class has that of its constructor."""

    def __get__(self, schedule: CosineDecay | None, owner: type) -> inspect.Signature | None:
        import inspect

        from ._fallback import CosineDecay

        return None if schedule is None else inspect.signature(MethodType(CosineDecay.__call__, schedule))


@final
class CosineDecay(_backend.CosineDecay):
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
    exact one, whichever is larger.) With `alpha <= 1` the decay never rises from one whole step to the next. The same
    step gives the same bits alone or in an array, on every machine.

    Calling a schedule: a number, or 0-d array, gives a Python float (Keras gives a tensor); an array of any int or
    float dtype, a `range` or a nested sequence gives a float64 array of its shape. `out=` takes a float64 or float32
    array of that shape to write into, which is returned; it may be the array of the steps. A negative or NaN step is a
    ValueError that names it, and leaves `out` with unspecified content.

    An array of PyTorch, JAX, Dask or another library that speaks the array API (CuPy: untested) gives an array of that
    library, on its device, lazy or traced where the steps are; `torch.compile` breaks its graph there. float32 and
    float64 steps keep their dtype, other numbers give the library's default float dtype. float32 rates are within 6
    float32 ULP (8 where `decay_steps > 2**24`), at every whole step that comes as an int, or as a float32 in a schedule
    of up to 2**24 steps. Nothing can be refused there without waiting for the device: a negative step has the rate of
    step 0, and NaN stays NaN.

    Args:
        initial_learning_rate: the rate at step 0, a finite number >= 0.
        decay_steps: optimizer updates that the decay takes, a whole number > 0. The warmup is not part of it.
        alpha: the final rate as a share of the peak, a finite number >= 0.
        name: a name, kept for Keras.
        warmup_target: the rate that the warmup leads to; None for no warmup.
        warmup_steps: optimizer updates that the warmup takes, a whole number >= 0.

    Attributes:
        total_steps: the step from which the rate is held: `decay_steps`, plus `warmup_steps` if there is a target.
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

    __slots__ = ("__weakref__",)
    __module__ = "learnrate"
    __signature__: Any = _CallSignature()

    def __new__(
        cls,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str | None = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> CosineDecay:
        initial_learning_rate = _arguments.rate("initial_learning_rate", initial_learning_rate)
        decay_steps = _arguments.steps("decay_steps", decay_steps, least=1)
        alpha = _arguments.rate("alpha", alpha)
        name = "CosineDecay" if name is None else _arguments.text("name", name)
        if warmup_target is not None:
            warmup_target = _arguments.rate("warmup_target", warmup_target)
        warmup_steps = _arguments.steps("warmup_steps", warmup_steps, least=0)
        if warmup_steps > _arguments.MAX_STEPS - decay_steps:
            _arguments.refuse(
                ValueError, "warmup_steps", "<= 2**53 - decay_steps", warmup_steps, decay_steps=decay_steps
            )
        peak = initial_learning_rate if warmup_target is None else warmup_target
        if peak * alpha == math.inf:
            _arguments.refuse(ValueError, "alpha", "so small that peak * alpha is finite", alpha, peak=peak)
        if warmup_steps > 0 and warmup_target is None:
            level, frame = 2, sys._getframe().f_back
            while frame is not None and frame.f_globals.get("__package__") == __package__:
                level, frame = level + 1, frame.f_back
            warnings.warn(f"warmup_steps={warmup_steps} has no effect without a warmup_target", stacklevel=level)
        return cls._restore(initial_learning_rate, decay_steps, alpha, name, warmup_target, warmup_steps)

    @classmethod
    def _restore(cls, *fields: Any) -> CosineDecay:
        """From checked fields, without a warning: what is unpickled has warned when it was made."""
        return super().__new__(cls, *fields)

    @classmethod
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
            final_learning_rate: the rate that is held, instead of `alpha`. Some rates are no product of the peak and a
                float64: then `schedule.final_learning_rate` is one next to it, 1 ULP off.
            alpha: the rate that is held, as a share of the peak; 0 if neither is given.
            name: a name, kept for Keras.

        Raises:
            ValueError, TypeError: as the constructor does; a TypeError also where both of `final_learning_rate` and
                `alpha` are given; a ValueError where the former over the peak is no float64 of full precision.

        >>> from learnrate import CosineDecay
        >>> CosineDecay.from_total_steps(100_000, 1e-3, warmup_steps=10_000, final_learning_rate=1e-4)
        CosineDecay(initial_learning_rate=0.0, decay_steps=90000, alpha=0.1, warmup_target=0.001, warmup_steps=10000)
        """
        total_steps = _arguments.steps("total_steps", total_steps, least=1)
        peak = _arguments.rate("peak_learning_rate", peak_learning_rate)
        initial = _arguments.rate("initial_learning_rate", initial_learning_rate)
        warmup_steps = _arguments.steps("warmup_steps", warmup_steps, least=0)
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

    def __init_subclass__(cls) -> None:
        raise TypeError("type 'learnrate.CosineDecay' is not an acceptable base type")

    def get_config(self) -> dict[str, Any]:
        """Keras's config: the six fields by name, in Keras's order; steps are ints, rates floats.

        >>> from learnrate import CosineDecay
        >>> list(CosineDecay(0.1, 1000).get_config())[:3]
        ['initial_learning_rate', 'decay_steps', 'alpha']
        """
        return {field: getattr(self, field) for field in FIELDS}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> CosineDecay:
        """The schedule of a Keras config; keys with defaults may be missing, and `name` may be None.

        Raises:
            ValueError: a key is unknown or missing, or its value has the wrong type or breaks its rule.

        >>> from learnrate import CosineDecay
        >>> CosineDecay.from_config({"decay_steps": 1000, "initial_learning_rate": 0.1})
        CosineDecay(initial_learning_rate=0.1, decay_steps=1000)
        """
        values = _config.checked("config", config, known=FIELDS, required=FIELDS[:2])
        try:
            return cls(**values)
        except TypeError as error:
            raise ValueError(str(error)) from None

    def to_json(self) -> str:
        """The schedule as JSON text, in Keras's form: `json.dumps(learnrate.serialize(schedule))`.

        >>> from learnrate import CosineDecay
        >>> CosineDecay(0.1, 1000).to_json()[:64]
        '{"module": "keras.optimizers.schedules", "class_name": "CosineDec'
        """
        import json

        return json.dumps(_config.wrap("CosineDecay", self.get_config()))

    @classmethod
    def from_json(cls, text: str | bytes) -> CosineDecay:
        """The schedule of JSON text in Keras's form. `from_json(schedule.to_json()) == schedule`, to the last bit.

        Raises:
            ValueError: the text is not JSON, or not that of a schedule: see `learnrate.deserialize`.
            TypeError: it is neither str nor bytes.

        >>> from learnrate import CosineDecay
        >>> schedule = CosineDecay(0.1, 1000, alpha=1 / 3)
        >>> CosineDecay.from_json(schedule.to_json()) == schedule
        True
        """
        return cls.from_config(_config.unwrap(_config.parse(text), "CosineDecay"))

    def replace(self, **changes: Any) -> CosineDecay:
        """A copy with some fields changed, which is checked as a new schedule is.

        Raises:
            ValueError, TypeError: as the constructor does.

        >>> from learnrate import CosineDecay
        >>> CosineDecay(0.1, 1000).replace(alpha=0.5)
        CosineDecay(initial_learning_rate=0.1, decay_steps=1000, alpha=0.5)
        """
        return type(self)(**{**self.get_config(), **changes})

    __replace__ = replace

    def plot(self, ax: Axes | None = None, *, log: bool = False) -> Axes:
        """Draws the schedule with matplotlib: see `learnrate.plot`, which draws several.

        >>> from learnrate import CosineDecay
        >>> ax = CosineDecay(0.1, 1000).plot()
        >>> ax.get_ylabel()
        'learning rate'
        """
        from ._plot import plot

        return plot(self, ax=ax, log=log)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from ._notebook import html

        return html(self)

    def __repr__(self) -> str:
        shown = {k: v for k, v in self.get_config().items() if k not in DEFAULTS or v != DEFAULTS[k]}
        return f"CosineDecay({', '.join(f'{field}={value!r}' for field, value in shown.items())})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CosineDecay):
            return NotImplemented
        return self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def __reduce__(self) -> tuple[Any, ...]:
        return CosineDecay._restore, self._fields()

    def __copy__(self) -> CosineDecay:
        return self

    def __deepcopy__(self, memo: object) -> CosineDecay:
        return self

    def _fields(self) -> tuple[Any, ...]:
        return tuple(self.get_config().values())


def _share(peak: float, final: float) -> float:
    """The alpha for which `peak * alpha` comes closest to the final rate."""
    alpha = final / peak if peak else final
    if final and not (peak and sys.float_info.min <= alpha < math.inf):
        rule = "0, or such that its share of the peak is a normal float64"
        _arguments.refuse(ValueError, "final_learning_rate", rule, final, peak_learning_rate=peak)
    # The quotient itself may miss a rate that the share beside it meets: 1e-9 times 1e9, or the largest float64.
    shares = (alpha, math.nextafter(alpha, 0.0), math.nextafter(alpha, math.inf))
    return min(shares, key=lambda share: abs(peak * share - final))
