"""The rates by which other libraries train, each asked through an optimizer's updates."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch

U32, U64 = 2.0**-24, 2.0**-53  # one rounding of a number below 1
# Half a cosine is off by a rounding of its angle times max(a * sin(a)) / 2, which is less than this.
ANGLE = 0.91
# Ours, in roundings, of which an ULP is worth 2 at most: of a cosine 5 ULP at whole steps, of a line 2.5.
OUR_COSINE, OUR_LINE = 5 * 2 * U64, 2.5 * 2 * U64


@cache
def torch_rates(make_scheduler: Callable[[Any, Any], Any], recipe: Any, count: int) -> np.ndarray:
    """The rates of an optimizer's first updates, with a scheduler stepped after each; `recipe.peak` is its `lr`."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=recipe.peak)
    scheduler = make_scheduler(optimizer, recipe)
    rates: list[float] = []
    optimizer.register_step_pre_hook(lambda *_: rates.append(optimizer.param_groups[0]["lr"]))
    for _ in range(count):
        optimizer.step()
        scheduler.step()
    return np.array(rates)


@cache
def optax_rates(make_schedule: Callable[[Any], Any], recipe: Any, count: int, x64: bool = False) -> np.ndarray:
    """The rates of an optimizer's first updates, in float32 or in float64."""
    with jax.enable_x64(x64):
        optimizer = optax.sgd(make_schedule(recipe))
        one = jnp.float64(1.0) if x64 else jnp.float32(1.0)

        def step(state: Any, _: None) -> Any:
            update, state = optimizer.update(one, state)
            return state, -update  # of a gradient of 1: the rate

        rates = jax.lax.scan(step, optimizer.init(0 * one), length=count)[1]
        assert rates.dtype == one.dtype
        return np.asarray(rates, np.float64)
