"""The contenders: one recipe in learnrate, as users write it by hand, and in the libraries that have it or compile it.

The tolerances are in parts of the peak, which no rate exceeds. Let u = epsilon / 2 of the type that is computed in. The
cosine's argument x takes four roundings (step / T, pi, their product, a division turned into a multiplication), which
x*sin(x) <= 1.82 turns into 7.3u; the cosine itself is within 4 ULP, 4u, and 1 + cos adds u. Halved, these are 6.2u. The
products and sums that follow add at most 7u, a power of 1 among them. Ours is within 5 ULP, 10u in float64 and nothing
in float32. Together that is less than 24u, 12 epsilon. A warmup takes fewer roundings.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from timing import Contender

from learnrate import CosineDecay

THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
FLOAT64 = 12 * 2.0**-52
FLOAT32 = 12 * 2.0**-23

Floats = NDArray[np.float64]
Contenders = dict[str, Contender]


class Recipe(NamedTuple):
    """Warms up in the first hundredth of the steps and decays in the rest, so that none is beyond the end."""

    total: int
    initial: float = 3e-7
    peak: float = 3e-4
    alpha: float = 0.1

    @property
    def warmup(self) -> int:
        return self.total // 100

    @property
    def decay(self) -> int:
        return self.total - self.warmup

    def schedule(self) -> CosineDecay:
        return CosineDecay(self.initial, self.decay, self.alpha, warmup_target=self.peak, warmup_steps=self.warmup)

    def numpy(self, steps: Floats) -> Floats:
        """As users write it."""
        initial, peak, alpha, warmup, decay = self.initial, self.peak, self.alpha, self.warmup, self.decay
        progress = np.minimum((steps - warmup) / decay, 1.0)
        cosine = 0.5 * (1.0 + np.cos(np.pi * progress))
        line = initial + (peak - initial) * steps / warmup
        return np.where(steps < warmup, line, peak * ((1 - alpha) * cosine + alpha))


# One step, as users write it: a function of its module, with the module's names for what does not change.

SCALAR = Recipe(100_000)
INITIAL, PEAK, FLOOR = SCALAR.initial, SCALAR.peak, SCALAR.peak * SCALAR.alpha
WARMUP, TOTAL = SCALAR.warmup, SCALAR.total
STEP = 5_000


def hand_written(step: float) -> float:
    if step < WARMUP:
        return INITIAL + (PEAK - INITIAL) * step / WARMUP
    if step >= TOTAL:
        return FLOOR
    progress = (step - WARMUP) / (TOTAL - WARMUP)
    return FLOOR + 0.5 * (PEAK - FLOOR) * (1.0 + math.cos(math.pi * progress))


def one_step() -> Contenders:
    """What needs no framework."""
    return {
        "learnrate": Contender("schedule(5_000)", {"schedule": SCALAR.schedule()}),
        "math.cos(5000.0)": Contender("math.cos(5000.0)", {"math": math}, yardstick=True),
        "function by hand, math.cos": Contender("schedule(5_000)", {"schedule": hand_written}, FLOAT64),
    }


def one_step_in_frameworks() -> Contenders:
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import jax
    import keras
    import torch

    import learnrate.torch

    schedule, optax_schedule = SCALAR.schedule(), _optax(SCALAR)
    jitted = jax.jit(optax_schedule)
    keras_schedule: Any = keras.optimizers.schedules.CosineDecay(
        INITIAL, SCALAR.decay, SCALAR.alpha, warmup_target=PEAK, warmup_steps=WARMUP
    )
    lambda_lr = torch.optim.lr_scheduler.LambdaLR
    return {
        "torch, LambdaLR.step()": _torch(lambda optimizer: lambda_lr(optimizer, hand_written), FLOAT64),
        "learnrate.torch, ScheduleLR.step()": _torch(lambda optimizer: learnrate.torch.ScheduleLR(optimizer, schedule)),
        "optax, jitted": Contender("schedule(5_000)", {"schedule": jitted}, FLOAT32, lambda: jitted(STEP)),
        "optax, jitted, as a float": Contender("float(schedule(5_000))", {"schedule": jitted}, FLOAT32),
        "optax": Contender("schedule(5_000)", {"schedule": optax_schedule}, FLOAT32),
        "Keras, on JAX": Contender("schedule(5_000)", {"schedule": keras_schedule}, FLOAT32),
    }


def _torch(make_scheduler: Callable[[Any], Any], tolerance: float = 0.0) -> Contender:
    """A scheduler in an optimizer of its own. Each run is one step further, and none costs more than another."""
    import torch

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make_scheduler(optimizer)
    optimizer.step()  # PyTorch warns where it does not come first
    scheduler.last_epoch = STEP - 1
    return Contender("step()", {"step": scheduler.step}, tolerance, lambda: optimizer.param_groups[0]["lr"])


def _optax(recipe: Recipe) -> Any:
    import optax

    floor = recipe.peak * recipe.alpha
    return optax.warmup_cosine_decay_schedule(recipe.initial, recipe.peak, recipe.warmup, recipe.total, floor)


# Many steps.


def batch(recipe: Recipe, out: Floats) -> Contenders:
    """Everyone's way from an array of all steps to their rates. JAX and PyTorch get theirs as their own arrays."""
    steps = np.arange(recipe.total, dtype=np.float64)
    schedule = recipe.schedule()
    return {
        "learnrate": Contender(lambda: schedule(steps, out=out)),
        "np.copyto": Contender(lambda: np.copyto(out, steps), yardstick=True),
        "NumPy": Contender(lambda: recipe.numpy(steps), tolerance=FLOAT64),
        "numexpr": Contender(_numexpr(recipe, steps, out), tolerance=FLOAT64),
        "Numba": Contender(_numba(recipe, steps, out), tolerance=FLOAT64),
        "PyTorch": Contender(_torch_tensor(recipe, steps), tolerance=FLOAT64),
        "jax.jit, float32": Contender(_jax(recipe), tolerance=FLOAT32),
        "optax in jax.jit, float32": Contender(_optax_batch(recipe), tolerance=FLOAT32),
    }


def allocating(recipe: Recipe) -> Contenders:
    """Without `out`: each returns a new array."""
    steps, schedule = np.arange(recipe.total, dtype=np.float64), recipe.schedule()
    return {
        "learnrate": Contender(lambda: schedule(steps)),
        "steps.copy()": Contender(steps.copy, yardstick=True),
        "NumPy": Contender(lambda: recipe.numpy(steps), tolerance=FLOAT64),
    }


def kinds(recipe: Recipe, out: Floats) -> Contenders:
    """Steps and rates of other types, and every second step."""
    total, schedule = recipe.total, recipe.schedule()
    double, single = np.arange(total, dtype=np.float64), np.arange(total, dtype=np.float32)
    long, short = np.arange(total, dtype=np.int64), np.arange(total, dtype=np.int32)
    strided, narrow = np.repeat(double, 2)[::2], np.empty(total, dtype=np.float32)
    return {
        "learnrate": Contender(lambda: schedule(double, out=out)),
        "int64 steps": Contender(lambda: schedule(long, out=out)),
        "int32 steps": Contender(lambda: schedule(short, out=out)),
        "float32 steps": Contender(lambda: schedule(single, out=out)),
        "float32 rates": Contender(lambda: schedule(double, out=narrow), tolerance=2.0**-24),  # rounded once
        "range": Contender(lambda: schedule(range(total), out=out)),
        "every second of an array": Contender(lambda: schedule(strided, out=out)),
    }


def _numexpr(recipe: Recipe, steps: Floats, out: Floats) -> Callable[[], object]:
    import numexpr

    numexpr.set_num_threads(THREADS)  # by itself it takes fewer where there are many
    names = {**recipe._asdict(), "steps": steps, "warmup": recipe.warmup, "decay": recipe.decay, "pi": math.pi}
    formula = (
        "where(steps < warmup, initial + (peak - initial) * steps / warmup, where(steps < total, "
        "peak * ((1 - alpha) * 0.5 * (1 + cos(pi * (steps - warmup) / decay)) + alpha), peak * alpha))"
    )
    return lambda: numexpr.evaluate(formula, names, out=out)


def _numba(recipe: Recipe, steps: Floats, out: Floats) -> Callable[[], object]:
    import numba

    initial, peak, alpha, warmup, decay = recipe.initial, recipe.peak, recipe.alpha, recipe.warmup, recipe.decay

    def rates(steps: Any, out: Any) -> Any:
        for i in numba.prange(len(steps)):
            step = steps[i]
            if step < warmup:
                out[i] = initial + (peak - initial) * step / warmup
            else:
                progress = min((step - warmup) / decay, 1.0)
                out[i] = peak * ((1 - alpha) * 0.5 * (1 + math.cos(math.pi * progress)) + alpha)
        return out

    compiled = numba.njit(rates, parallel=True)
    return lambda: compiled(steps, out)


def _torch_tensor(recipe: Recipe, steps: Floats) -> Callable[[], object]:
    import torch

    initial, peak, alpha, warmup, decay = recipe.initial, recipe.peak, recipe.alpha, recipe.warmup, recipe.decay
    tensor = torch.from_numpy(steps)

    def rates() -> object:
        progress = ((tensor - warmup) / decay).clamp(max=1.0)
        cosine = 0.5 * (1.0 + torch.cos(math.pi * progress))
        line = initial + (peak - initial) * tensor / warmup
        return torch.where(tensor < warmup, line, peak * ((1 - alpha) * cosine + alpha))

    return rates


def _jax(recipe: Recipe) -> Callable[[], object]:
    import jax
    import jax.numpy as jnp

    initial, peak, alpha, warmup, decay = recipe.initial, recipe.peak, recipe.alpha, recipe.warmup, recipe.decay
    steps = jnp.arange(recipe.total, dtype=jnp.float32)  # exact up to 2**24

    def rates(steps: Any) -> Any:
        progress = jnp.minimum((steps - warmup) / decay, 1.0)
        cosine = 0.5 * (1.0 + jnp.cos(jnp.pi * progress))
        line = initial + (peak - initial) * steps / warmup
        return jnp.where(steps < warmup, line, peak * ((1 - alpha) * cosine + alpha))

    compiled = jax.jit(rates)
    return lambda: compiled(steps).block_until_ready()


def _optax_batch(recipe: Recipe) -> Callable[[], object]:
    import jax
    import jax.numpy as jnp

    compiled = jax.jit(_optax(recipe))
    steps = jnp.arange(recipe.total)  # optax counts in int32
    return lambda: compiled(steps).block_until_ready()


def check(contenders: Contenders, expected: Any) -> None:
    """Asserts that each returns the rates expected, of the recipe's peak."""
    for name, contender in contenders.items():
        if contender.yardstick:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            result = np.asarray(contender.result(), dtype=np.float64)
        assert result.shape == np.shape(expected), (name, result.shape)
        off = float(np.max(np.abs(result - expected))) / PEAK
        assert off <= contender.tolerance, (name, off, contender.tolerance)
