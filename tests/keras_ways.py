"""How Keras trains on the backend of KERAS_BACKEND: the ways to evaluate a schedule, and the rates of `fit`."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

BACKEND: str = keras.backend.backend()

WAYS: dict[str, Any] = {"eager": lambda function: function}
"""How a train step may evaluate a schedule."""
COMPILED = [False]
"""`jit_compile` of `model.compile`. On PyTorch it takes longer than all else here."""
if BACKEND == "jax":
    WAYS["jit"], COMPILED = import_module("jax").jit, [True]
elif BACKEND == "tensorflow":
    WAYS["graph"], COMPILED = import_module("tensorflow").function, [False, True]
    WAYS["xla"] = partial(WAYS["graph"], jit_compile=True)
else:
    WAYS["compiled"] = partial(import_module("torch").compile, backend="eager")
in_every_way = pytest.mark.parametrize("way", list(WAYS.values()), ids=list(WAYS))


def numpy(tensor: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(tensor), np.float64)


def rates_of_fit(schedule: Any, updates: int, first: int = 0, accumulate: int | None = None, **options: Any) -> Any:
    """The rates by which `fit` updates, read off the weights, and the model.

    Each batch has a weight of its own. Its gradient is 1 for that weight and 0 for the others, so SGD moves that one
    from 0 to minus the rate, without rounding; or to a share of it, where the mean of several batches is an update.
    """
    optimizer = keras.optimizers.SGD(schedule, gradient_accumulation_steps=accumulate)
    batches = updates * (accumulate or 1)
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((batches,)), layer])
    model.compile(optimizer=optimizer, loss=lambda _, predicted: ops.mean(predicted), **options)
    optimizer = model.optimizer
    optimizer.build(model.trainable_variables)
    inner = getattr(optimizer, "inner_optimizer", optimizer)  # of one that scales the loss
    inner._iterations.assign(first)
    inputs = np.eye(batches, dtype=np.float32)
    model.fit(inputs, inputs[:, :1], batch_size=1, shuffle=False, verbose=0)
    return -numpy(layer.kernel)[:, 0] * (accumulate or 1), model
