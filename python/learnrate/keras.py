"""A schedule for Keras 3, on each of its backends.

Importing this module imports Keras and registers `Schedule`, which `keras.saving.load_model` needs for models that hold
one. A model that must load without learnrate takes Keras's own object, which rounds as Keras does:
`keras.optimizers.schedules.deserialize(learnrate.serialize(schedule))`.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from . import _libraries
from ._arguments import refuse, whole
from ._config import checked
from ._schedule import Schedule as _Schedule
from ._schedules.every import deserialize, serialize

__all__ = ["Schedule"]


class _Namespace:
    """`keras.ops` by the names that the formula uses."""

    where, astype, sqrt, floor, log2, pow = ops.where, ops.cast, ops.sqrt, ops.floor, ops.log2, ops.power

    @staticmethod
    def full(shape: tuple[()], value: float, dtype: Any, device: None) -> Any:
        return ops.full(shape, value, keras.backend.standardize_dtype(dtype))

    @staticmethod
    def iinfo(dtype: Any) -> Any:
        return np.iinfo(keras.backend.standardize_dtype(dtype))


@keras.saving.register_keras_serializable("learnrate")
class Schedule(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # mypy does not follow Keras
    """A learnrate schedule as a Keras `LearningRateSchedule`: `keras.optimizers.Adam(Schedule(schedule))`.

    The formula is computed in `keras.ops`, inside the compiled train step too, in float32 (in float64 where that is
    `keras.config.floatx()`). Float32 rates are within 8 float32 ULP of exact ones at every step, the
    last included (lines and cosines of up to 2**24 whole steps within 6); a step that is a float is taken in the dtype
    of the rates.
    Nothing can be refused under a trace: a negative step has the rate of step 0, and NaN stays NaN.

    Where an optimizer accumulates gradients, Keras gives a schedule the number of batches, not of updates. Then both
    need to know: `keras.optimizers.Adam(Schedule(schedule, 4), gradient_accumulation_steps=4)`.

    Args:
        schedule: a learnrate schedule.
        gradient_accumulation_steps: batches to an update, as the optimizer has it.

    Raises:
        TypeError: if `schedule` is anything else, or `gradient_accumulation_steps` no number.
        ValueError: if `gradient_accumulation_steps` is not a whole number > 0, or a rate is too large for float32.

    >>> import keras, learnrate
    >>> from learnrate.keras import Schedule
    >>> schedule = learnrate.CosineDecay(0.0, 900, alpha=0.1, warmup_target=0.5, warmup_steps=100)
    >>> optimizer = keras.optimizers.SGD(Schedule(schedule))
    >>> float(optimizer.learning_rate), float(Schedule(schedule)(50)), schedule(50)
    (0.0, 0.25, 0.25)
    """

    def __init__(self, schedule: _Schedule, gradient_accumulation_steps: int | None = None) -> None:
        if not isinstance(schedule, _Schedule):
            refuse(TypeError, "schedule", "a learnrate schedule", schedule)
        if gradient_accumulation_steps is not None:
            name = "gradient_accumulation_steps"
            gradient_accumulation_steps = whole(name, gradient_accumulation_steps, least=1)
        self.schedule = schedule
        self.gradient_accumulation_steps = gradient_accumulation_steps
        segments = schedule.segments
        self._parts = {"float32": _libraries.in_float32(segments), "float64": _libraries.in_float64(segments)}

    def __call__(self, step: Any) -> Any:
        """The rate at a step, or the rates at a tensor of steps, as a tensor of the backend."""
        batches = self.gradient_accumulation_steps
        dtype = "float64" if keras.config.floatx() == "float64" else "float32"
        if isinstance(step, (int, np.integer, np.ndarray)) and np.asarray(step).dtype.kind in "iu":
            # Not through a tensor: JAX's are of int32, into which it would cut longer ones.
            return ops.convert_to_tensor(self.schedule(np.maximum(step, 0) // (batches or 1)), dtype)
        step = ops.convert_to_tensor(step)
        if keras.backend.is_int_dtype(step.dtype):
            updates = step // batches if batches else step
            return _libraries.rates_of_integers(_Namespace, self._parts[dtype], updates, dtype, None)
        if not keras.backend.is_float_dtype(step.dtype):
            refuse(TypeError, "step", "a tensor of ints or floats", step)
        updates = ops.floor(ops.cast(step, dtype) / batches) if batches else step
        return _libraries.rates_of_floats(_Namespace, self._parts[dtype], updates, dtype, None)

    def get_config(self) -> dict[str, Any]:
        return {
            "schedule": serialize(self.schedule),
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Schedule:
        """The schedule of `get_config()`. What is wrong with it is a ValueError."""
        known = ("schedule", "gradient_accumulation_steps")
        values = checked("config", config, known=known, required=known[:1])
        return cls(deserialize(values["schedule"]), values.get("gradient_accumulation_steps"))
