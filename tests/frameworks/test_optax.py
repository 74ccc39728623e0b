"""A schedule is an optax schedule as it stands: it goes where optax takes a callable, with one trace for a run."""

from __future__ import annotations

import pickle
from types import ModuleType
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from family import Row
from float32 import FLOAT32, float32_error

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule

UPDATES = 120


@pytest.fixture
def schedule(CosineDecay: type[Schedule]) -> Schedule:
    return CosineDecay(0.25, 90, alpha=0.1, warmup_target=0.5, warmup_steps=20)


def rates_by_jax(schedule: Any) -> np.ndarray:
    """What the schedule gives under `jax.jit`; test_arrays.py compares that with exact rates."""
    return np.asarray(jax.jit(schedule)(jnp.arange(UPDATES)))


def test_sgd_under_jit_is_traced_once(schedule: Schedule) -> None:
    optimizer = optax.sgd(learning_rate=schedule)
    traces = 0

    def update(state: Any) -> Any:
        nonlocal traces
        traces += 1
        return optimizer.update(jnp.float32(1.0), state)

    jitted = jax.jit(update)
    state = optimizer.init(jnp.float32(0.0))
    moved = []
    for _ in range(UPDATES):
        updates, state = jitted(state)
        moved.append(-float(updates))  # the gradient is 1: what the weight moves by is the rate
    assert moved == rates_by_jax(schedule).tolist()
    assert traces == 1


def run_adamw(learning_rate: Any, gradients: Any) -> Any:
    optimizer = optax.adamw(learning_rate=learning_rate)
    weights = jnp.ones(3)

    def update(carry: Any, gradient: Any) -> Any:
        weights, state = carry
        updates, state = optimizer.update(gradient, state, weights)
        return (optax.apply_updates(weights, updates), state), weights

    return jax.lax.scan(update, (weights, optimizer.init(weights)), gradients)[1]


def test_adamw_under_scan_and_vmap(schedule: Schedule) -> None:
    gradients = jax.random.normal(jax.random.key(0), (4, UPDATES, 3))
    table = jnp.asarray(rates_by_jax(schedule))
    ours = jax.jit(jax.vmap(lambda g: run_adamw(schedule, g)))(gradients)
    by_table = jax.jit(jax.vmap(lambda g: run_adamw(lambda count: table[count], g)))(gradients)
    # Rates differ by 6 + 6 ULP at most, for XLA fuses them with what surrounds them. An update moves a weight by the
    # rate, at most 0.5, times Adam's step, at most 8 here; and a weight, below 64, is rounded at every update.
    bound = UPDATES * (12 * 2.0**-23 * 0.5 * 8 + 64 * 2.0**-24)
    assert float(jnp.abs(ours - by_table).max()) <= bound
    assert float(jnp.abs(ours[:, 0] - ours[:, -1]).min()) > 0.01  # they did move


def test_inject_hyperparams_shows_the_rate(schedule: Schedule) -> None:
    optimizer = optax.inject_hyperparams(optax.adamw)(learning_rate=schedule)
    weight = jnp.float32(0.0)
    state = optimizer.init(weight)
    update: Any = jax.jit(optimizer.update)
    shown = []
    for _ in range(UPDATES):
        _, state = update(jnp.float32(1.0), state, weight)
        shown.append(float(state.hyperparams["learning_rate"]))
    assert shown == rates_by_jax(schedule).tolist()
    assert update._cache_size() == 1


def test_it_joins_optax_schedules(schedule: Schedule) -> None:
    joined = jax.jit(optax.join_schedules([optax.constant_schedule(0.75), schedule], [10]))
    assert float(joined(jnp.int32(9))) == 0.75
    assert float(joined(jnp.int32(10))) == 0.25
    assert float(joined(jnp.int32(30))) == 0.5


def test_a_transformation_with_it_resumes_from_a_pickle(schedule: Schedule) -> None:
    # optax's own schedules are closures, which cannot be pickled.
    with pytest.raises((AttributeError, pickle.PicklingError)):
        pickle.dumps(optax.warmup_cosine_decay_schedule(0.25, 0.5, 20, 110, 0.05))
    optimizer = optax.sgd(learning_rate=schedule)
    state = optimizer.init(jnp.float32(0.0))
    for _ in range(60):
        _, state = optimizer.update(jnp.float32(1.0), state)
    saved, restored = pickle.loads(pickle.dumps((schedule, jax.device_get(state))))
    restored = jax.device_put(restored)  # in NumPy's hands the count would give a float64 rate
    expected, _ = optimizer.update(jnp.float32(1.0), state)
    resumed, _ = optax.sgd(learning_rate=saved).update(jnp.float32(1.0), restored)
    assert float(resumed) == float(expected)
    assert abs(-float(resumed) - schedule(60)) <= 6 * np.spacing(np.float32(schedule(60)))  # the promised bound


def test_each_class_trains_and_resumes_from_a_checkpoint(learnrate: ModuleType, row: Row) -> None:
    schedule = row.first.make(learnrate)
    gradients = jax.random.normal(jax.random.key(0), (UPDATES, 3))

    def run(schedule: Any, weights: Any, state: Any, first: int, last: int) -> tuple[Any, Any]:
        optimizer = optax.adamw(learning_rate=schedule)
        update: Any = jax.jit(optimizer.update)
        state = optimizer.init(weights) if state is None else state
        for gradient in gradients[first:last]:
            updates, state = update(gradient, state, weights)
            weights = optax.apply_updates(weights, updates)
        assert update._cache_size() == 1
        return weights, state

    whole, _ = run(schedule, jnp.ones(3), None, 0, UPDATES)
    for at in (5, 55, 99, 105):
        saved = pickle.dumps((schedule.to_json(), jax.device_get(run(schedule, jnp.ones(3), None, 0, at))))
        text, parts = pickle.loads(saved)
        weights, state = jax.device_put(parts)
        again, state = run(learnrate.from_json(text), weights, state, at, UPDATES)
        assert int(state[0].count) == UPDATES
        assert again.tolist() == whole.tolist()
    # The weights are those of the rates: the same run by a table of them, which are within the bound of both.
    table = jnp.asarray(rates_by_jax(schedule))
    assert float32_error(table, schedule(range(UPDATES))) <= FLOAT32
    by_table, _ = run(lambda count: table[count], jnp.ones(3), None, 0, UPDATES)
    # XLA may fuse a rate with what surrounds it: as in the test of scan and vmap above; the rates are up to 1.5 here.
    assert float(jnp.abs(whole - by_table).max()) <= UPDATES * (12 * 2.0**-23 * 1.5 * 8 + 64 * 2.0**-24)
    assert float(jnp.abs(whole - 1.0).min()) > 0.01  # they did move
