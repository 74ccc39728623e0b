"""The pure-Python backend: what `learnrate._native` has, for machines without it."""

from __future__ import annotations

from typing import Any

from . import _steps
from ._arguments import MAX_STEPS
from ._formula import SCALAR, Curve

BLOCK = 32_768
"""Steps that NumPy evaluates at a time, so that its temporaries do not grow with the batch."""


class CosineDecay:
    """Core of `learnrate.CosineDecay`, which adds everything that is not evaluation."""

    __slots__ = (
        "_curve",
        "alpha",
        "decay_steps",
        "final_learning_rate",
        "initial_learning_rate",
        "name",
        "peak_learning_rate",
        "total_steps",
        "warmup_steps",
        "warmup_target",
    )

    initial_learning_rate: float
    decay_steps: int
    alpha: float
    name: str
    warmup_target: float | None
    warmup_steps: int
    total_steps: int
    peak_learning_rate: float
    final_learning_rate: float
    _curve: Curve

    def __new__(
        cls,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float,
        name: str,
        warmup_target: float | None,
        warmup_steps: int,
    ) -> CosineDecay:
        peak = initial_learning_rate if warmup_target is None else warmup_target
        floor = peak * alpha
        warmup = 0 if warmup_target is None else warmup_steps
        fields = {
            "initial_learning_rate": initial_learning_rate,
            "decay_steps": decay_steps,
            "alpha": alpha,
            "name": name,
            "warmup_target": warmup_target,
            "warmup_steps": warmup_steps,
            "total_steps": warmup + decay_steps,
            "peak_learning_rate": peak,
            "final_learning_rate": floor,
        }
        self = object.__new__(cls)
        for field, value in fields.items():
            object.__setattr__(self, field, value)
        object.__setattr__(self, "_curve", Curve(self))
        return self

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"attribute {name!r} of {type(self).__name__!r} objects is not writable")

    def __delattr__(self, name: str) -> None:
        self.__setattr__(name, None)

    def __call__(self, step: Any, *, out: Any = None) -> Any:
        kind = type(step)
        if out is None and (kind is float or (kind is int and step <= MAX_STEPS)) and step >= 0:
            return self._curve.value(SCALAR, float(step))
        return _steps.evaluate(self, step, out)

    def _fill(self, steps: Any, out: Any) -> int | None:
        import numpy as np

        blocks = Blocks()
        with np.errstate(all="ignore"):  # rates may underflow, and overflow a float32, as silently as in Rust
            for first in range(0, steps.size, BLOCK):
                block = steps[first : first + BLOCK].astype(np.float64)
                good = block >= 0.0
                if not good.all():
                    return first + int(good.argmin())
                out[first : first + BLOCK] = self._curve.value(blocks, block)
        return None

    def _fill_range(self, start: int, stride: int, out: Any) -> None:
        import numpy as np

        for first in range(0, out.size, BLOCK):
            block = out[first : first + BLOCK]
            at = start + first * stride
            self._fill(np.arange(at, at + block.size * stride, stride), block)


class Blocks:
    """What the formula needs of a namespace, for NumPy blocks, most of which lie in one half of one phase."""

    def __init__(self) -> None:
        import numpy as np

        self.minimum, self._where = np.minimum, np.where

    def where(self, condition: Any, yes: Any, no: Any) -> Any:
        (chosen,) = self.choose(condition, (yes,), (no,))
        return chosen

    def choose(self, condition: Any, yes: Any, no: Any) -> Any:
        if condition.all():
            return yes
        if not condition.any():
            return no
        return [self._where(condition, *pair) for pair in zip(yes, no, strict=True)]
