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
def optax_rates(make_schedule: Callable[[Any], Any], recipe: Any, count: int) -> np.ndarray:
    """The rates of an optimizer's first updates, in float32."""
    optimizer = optax.sgd(make_schedule(recipe))

    def step(state: Any, _: None) -> Any:
        update, state = optimizer.update(jnp.float32(1.0), state)
        return state, -update  # of a gradient of 1: the rate

    return np.asarray(jax.lax.scan(step, optimizer.init(jnp.float32(0.0)), length=count)[1], np.float64)


@cache
def optax_rates_in_float64(make_schedule: Callable[[Any], Any], recipe: Any, count: int) -> np.ndarray:
    """What a schedule says of the first updates. Its optimizers count them in int32, which makes the rates float32."""
    with jax.enable_x64(True):
        rates = jax.jit(jax.vmap(make_schedule(recipe)))(jnp.arange(count))
        assert rates.dtype == jnp.float64
        return np.asarray(rates)
