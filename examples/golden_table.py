"""One schedule in every ecosystem, beside what each has of its own: python examples/golden_table.py.

Prints a Markdown table. It needs the extra `frameworks`; PyTorch brings mpmath along.
"""

import os
import warnings
from collections.abc import Callable
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
import jax
import jax.numpy as jnp
import keras
import mpmath
import numpy as np
import optax
import torch
import transformers

import learnrate.keras
import learnrate.torch
from learnrate import CosineDecay

warnings.filterwarnings("ignore", "The epoch parameter")  # SequentialLR's own calls

TOTAL, WARMUP, INITIAL, PEAK = 100_000, 1_000, 3e-7, 3e-4
STEPS = [0, 99_900, 99_999, 100_000, 150_000]
SCHEDULE = CosineDecay.from_total_steps(TOTAL, PEAK, warmup_steps=WARMUP, initial_learning_rate=INITIAL)


def exact(step: int) -> float:
    """The formula in 60 digits."""
    with mpmath.workdps(60):
        initial, peak = mpmath.mpf(INITIAL), mpmath.mpf(PEAK)
        if step < WARMUP:
            return float(initial + (peak - initial) * step / WARMUP)
        done = mpmath.mpf(min(step, TOTAL) - WARMUP) / (TOTAL - WARMUP)
        return float(peak * (1 + mpmath.cos(mpmath.pi * done)) / 2)


def trained(make_scheduler: Callable[[Any], Any]) -> list[float]:
    """The rates that an optimizer's updates use, with a PyTorch scheduler stepped after every update."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=PEAK)
    scheduler, rates = make_scheduler(optimizer), []
    for _ in range(STEPS[-1] + 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return [rates[step] for step in STEPS]


def torch_s_own(optimizer: Any) -> Any:
    line = torch.optim.lr_scheduler.LinearLR(optimizer, INITIAL / PEAK, total_iters=WARMUP)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=TOTAL - WARMUP)
    return torch.optim.lr_scheduler.SequentialLR(optimizer, [line, cosine], milestones=[WARMUP])


def transformers_s_own(optimizer: Any) -> Any:
    return transformers.get_cosine_schedule_with_warmup(optimizer, WARMUP, TOTAL)  # it always starts from 0


optax_s_own = optax.warmup_cosine_decay_schedule(INITIAL, PEAK, WARMUP, TOTAL)
keras_s_own = keras.optimizers.schedules.CosineDecay(INITIAL, TOTAL - WARMUP, warmup_target=PEAK, warmup_steps=WARMUP)
ours_in_keras = learnrate.keras.Schedule(SCHEDULE)

columns: dict[str, Any] = {
    "exact": map(exact, STEPS),
    "learnrate, NumPy": SCHEDULE(np.array(STEPS)),
    "learnrate, PyTorch": trained(lambda optimizer: learnrate.torch.ScheduleLR(optimizer, SCHEDULE)),
    "torch": trained(torch_s_own),
    "transformers": trained(transformers_s_own),
    "learnrate, JAX": jax.jit(SCHEDULE)(jnp.array(STEPS)),
    "optax": jax.jit(optax_s_own)(jnp.array(STEPS)),
    "learnrate, Keras": [ours_in_keras(step) for step in STEPS],
    "Keras": [keras_s_own(step) for step in STEPS],
}

print("| step |", " | ".join(columns), "|")
print("|--:|" + "--:|" * len(columns))
for step, *rates in zip(STEPS, *columns.values(), strict=True):
    print(f"| {step:,} |", " | ".join(f"{float(rate):.5g}" for rate in rates), "|")
