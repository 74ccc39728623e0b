"""One recipe in five libraries, where they differ: python examples/differences.py (with the extra `frameworks`).

Peak 1.0, 100 steps of warmup from 0, 900 of decay, 1,000 in all. Each library is asked in its own words.
"""

import math
import os
import warnings
from collections.abc import Callable
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
import jax
import keras
import numpy as np
import optax
import torch
import transformers

from learnrate import CosineDecay, ExponentialDecay, PolynomialDecay

warnings.filterwarnings("ignore", module="torch")
warnings.filterwarnings("ignore", "The epoch parameter")  # the way to PyTorch's closed form


def torch_rates(make_scheduler: Callable[[Any], Any], count: int) -> list[float]:
    """The rates that a PyTorch scheduler gives to updates 0 to count - 1."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, rates = make_scheduler(optimizer), []
    for _ in range(count):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def torch_cosine(optimizer: Any, warmup: int = 100, decay: int = 900) -> Any:
    lr_scheduler = torch.optim.lr_scheduler
    line = lr_scheduler.LinearLR(optimizer, 1e-9, total_iters=warmup)
    cosine = lr_scheduler.CosineAnnealingLR(optimizer, T_max=decay)
    return lr_scheduler.SequentialLR(optimizer, [line, cosine], milestones=[warmup])


def torch_cosine_at(step: int, decay: int) -> float:
    """The rate of PyTorch's cosine from 1.0 at a step, from its closed form."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, decay)
    optimizer.step()
    scheduler.step(step)
    return float(optimizer.param_groups[0]["lr"])


def ask(function: Callable[..., object], *arguments: object) -> str:
    """What comes of a call: its value, or its error."""
    try:
        value = function(*arguments)
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0][:90]}"
    return f"{value:.6g}" if isinstance(value, float) else type(value).__name__


def show(title: str, **answers: object) -> None:
    print(title)
    for library, answer in answers.items():
        print(f"  {library:<13} {f'{answer:.6g}' if isinstance(answer, float) else answer}")
    print()


schedules = keras.optimizers.schedules
KerasCosine = schedules.CosineDecay
ours = CosineDecay(0.0, 900, warmup_target=1.0, warmup_steps=100)
keras_schedule = KerasCosine(0.0, 900, warmup_target=1.0, warmup_steps=100)
optax_schedule = optax.warmup_cosine_decay_schedule(0.0, 1.0, warmup_steps=100, decay_steps=1000)
torch_sequence = torch_rates(torch_cosine, 1951)
transformers_sequence = torch_rates(
    lambda optimizer: transformers.get_cosine_schedule_with_warmup(optimizer, 100, 1000), 1951
)

show(
    "Halfway down, at step 550, said in each library's words: decay_steps=900 (learnrate, Keras), decay_steps=1000 "
    "(optax), num_training_steps=1000 (transformers), T_max=900 (torch)",
    learnrate=ours(550),
    keras=float(keras_schedule(550)),
    optax=float(optax_schedule(550)),
    torch=torch_sequence[550],
    transformers=transformers_sequence[550],
)
show(
    "decay_steps=900, warmup_steps=100 copied as it stands, at step 950",
    learnrate=ours(950),
    keras=float(keras_schedule(950)),
    optax=float(optax.warmup_cosine_decay_schedule(0.0, 1.0, warmup_steps=100, decay_steps=900)(950)),
)
show(
    "An initial rate of int 0, half of the warmup to 0.1 (exact: 0.05)",
    learnrate=CosineDecay(0, 900, warmup_target=0.1, warmup_steps=100)(50),
    keras=float(KerasCosine(0, 900, warmup_target=0.1, warmup_steps=100)(50)),
    optax=float(optax.warmup_cosine_decay_schedule(0, 0.1, warmup_steps=100, decay_steps=1000)(50)),
)
exact = math.sin(math.pi / 2 * 1e-6) ** 2
show(
    f"The last of 1,000,000 steps of decay from 1.0 (exact: {exact:.6g})",
    learnrate=CosineDecay(1.0, 10**6)(10**6 - 1),
    keras=float(KerasCosine(1.0, 10**6)(10**6 - 1)),
    optax=float(optax.cosine_decay_schedule(1.0, 10**6)(10**6 - 1)),
    torch=torch_cosine_at(10**6 - 1, decay=10**6),
)
show(
    "The end of 40 steps of a square root down from 1.0, in a compiled step (exact: 0)",
    learnrate=float(jax.jit(PolynomialDecay(1.0, 40, 0.0, power=0.5))(40)),
    keras=float(jax.jit(schedules.PolynomialDecay(1.0, 40, 0.0, power=0.5))(40)),
    optax=float(jax.jit(optax.polynomial_schedule(1.0, 0.0, 0.5, 40))(40)),
    torch=torch_rates(lambda optimizer: torch.optim.lr_scheduler.PolynomialLR(optimizer, 40, 0.5), 41)[40],
    transformers=torch_rates(
        lambda optimizer: transformers.get_polynomial_decay_schedule_with_warmup(optimizer, 0, 40, 0.0, 0.5), 41
    )[40],
)
show(
    "The first step of the second stair of 41, each half as high as the last, in a compiled step (exact: 0.5)",
    learnrate=float(jax.jit(ExponentialDecay(1.0, 41, 0.5, staircase=True))(41)),
    keras=float(jax.jit(schedules.ExponentialDecay(1.0, 41, 0.5, staircase=True))(41)),
    optax=float(jax.jit(optax.exponential_decay(1.0, 41, 0.5, staircase=True))(41)),
    torch=torch_rates(lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 41, 0.5), 42)[41],
)
show(
    "Past the end, at step 1,950",
    learnrate=ours(1950),
    keras=float(keras_schedule(1950)),
    optax=float(optax_schedule(1950)),
    transformers=transformers_sequence[1950],
    torch=torch_sequence[1950],
)
show(
    "A negative step",
    learnrate=ask(ours, -50),
    keras=ask(lambda: float(keras_schedule(-50))),
    optax=ask(lambda: float(optax_schedule(-50))),
)
show(
    "An array of steps, with warmup",
    learnrate=ask(ours, range(10)),
    keras=ask(keras_schedule, keras.ops.arange(10)),
    optax=ask(optax_schedule, np.arange(10)),
)


def torch_resumed() -> float:
    """The rate at step 450 after a resume that builds the scheduler anew from the step number."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    optimizer.param_groups[0]["initial_lr"] = 1.0
    torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=900, last_epoch=449)
    return float(optimizer.param_groups[0]["lr"])


show(
    "Half of a decay from 1.0, after a resume from the step number alone (exact: 0.5)",
    learnrate=CosineDecay(1.0, 900)(450),
    keras=float(KerasCosine(1.0, 900)(450)),
    optax=float(optax.cosine_decay_schedule(1.0, 900)(450)),
    torch=torch_resumed(),
)
