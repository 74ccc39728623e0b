"""The promise: on the Keras backend of KERAS_BACKEND the adapter's rates are within 6 float32 ULP of exact ones, also
inside the compiled train step.

`test_keras_backends.py` runs this on each backend; the name keeps it from being collected where no backend is chosen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from family import Example, Row
from float32 import FLOAT32, FLOAT64, IN_FLOAT32, INT32, LONG_FLOAT32, bound, float32_error, telling
from keras import ops
from keras_ways import BACKEND, COMPILED, WAYS, in_every_way, numpy, rates_of_fit

import learnrate
from learnrate import CosineDecay
from learnrate.keras import Schedule

# Keras copies its variables, and PyTorch's tensors, in a way for which NumPy 2 wants one more argument of theirs.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

EXAMPLES = Path(__file__).parent.parent.parent / "examples"

# Of one length, so that what JAX compiles for one serves all.
LONG: list[dict[str, Any]] = [
    {"initial_learning_rate": 0.37, "decay_steps": 100_000},
    {"initial_learning_rate": 0.01, "decay_steps": 90_000, "alpha": 0.1, "warmup_target": 1e-3, "warmup_steps": 10_000},
    {"initial_learning_rate": 0.3, "decay_steps": 99_993, "alpha": 1e-7, "warmup_target": 0.6, "warmup_steps": 7},
    {"initial_learning_rate": 0.5, "decay_steps": 100_000, "alpha": 1.7},
    {"initial_learning_rate": 0.7, "decay_steps": 5, "warmup_target": 1e-9, "warmup_steps": 99_995},
]
SHORT: list[dict[str, Any]] = [
    {"initial_learning_rate": 0.37, "decay_steps": 120},
    {"initial_learning_rate": 0.01, "decay_steps": 90, "alpha": 0.1, "warmup_target": 0.05, "warmup_steps": 30},
    {"initial_learning_rate": 0.0, "decay_steps": 117, "alpha": 1.7, "warmup_target": 0.6, "warmup_steps": 3},
    {"initial_learning_rate": 0.7, "decay_steps": 20, "warmup_target": 1e-9, "warmup_steps": 100},
]


@pytest.fixture
def warmed() -> CosineDecay:
    return CosineDecay(0.25, 900, alpha=0.1, warmup_target=0.5, warmup_steps=100)


@pytest.fixture
def floatx() -> Iterator[Callable[[str], None]]:
    """Sets Keras's default dtype for the length of a test; JAX has to be told that 64 bits are wanted."""
    with ExitStack() as stack:

        def set_to(dtype: str) -> None:
            if BACKEND == "jax":
                stack.enter_context(import_module("jax").enable_x64(dtype == "float64"))
            stack.callback(keras.config.set_floatx, keras.config.floatx())
            keras.config.set_floatx(dtype)

        yield set_to


def dtype_of(tensor: Any) -> str:
    return str(keras.backend.standardize_dtype(tensor.dtype))


def check(schedule: CosineDecay, rates: np.ndarray) -> None:
    """Those of steps 0, 1 and so on, beyond the end: within the bound, and exact at the joints."""
    exact = schedule(range(rates.size))
    assert float32_error(rates, exact) <= FLOAT32
    joints = [0, int(schedule.warmup_steps), schedule.total_steps, -1]
    assert (rates[joints] == exact[joints].astype(np.float32)).all()


@pytest.mark.parametrize("dtype", ["int32", "float32"])
@in_every_way
@pytest.mark.parametrize("config", LONG, ids=lambda config: f"{config['decay_steps']}")
def test_rates_over_whole_schedules(config: dict[str, Any], way: Any, dtype: str) -> None:
    schedule = CosineDecay(**config)
    steps = np.arange(schedule.total_steps + 10)
    rates = way(Schedule(schedule))(ops.convert_to_tensor(steps.astype(dtype)))
    assert dtype_of(rates) == "float32"
    check(schedule, numpy(rates))


@in_every_way
@pytest.mark.parametrize("fitting", IN_FLOAT32, ids=str)
def test_rates_of_each_class(fitting: Example, way: Any) -> None:
    schedule = fitting.make(learnrate)
    steps = np.resize(telling(fitting, INT32), 1024)  # of one length, so that what JAX compiles for one serves all
    rates = numpy(way(Schedule(schedule))(ops.convert_to_tensor(steps.astype(np.int32))))
    assert float32_error(rates, schedule(steps)) <= bound(fitting)


@pytest.mark.parametrize("jit_compile", COMPILED)
def test_every_update_of_fit_has_the_rate_of_each_class(row: Row, jit_compile: bool) -> None:
    schedule = row.first.make(learnrate)
    rates, model = rates_of_fit(Schedule(schedule), 110, jit_compile=jit_compile)
    assert float32_error(rates, schedule(range(110))) <= bound(row.first)
    assert float32_error(float(model.optimizer.learning_rate), schedule(110)) <= bound(row.first)


@pytest.mark.parametrize("jit_compile", COMPILED)
@pytest.mark.parametrize("config", SHORT, ids=lambda config: f"{config['decay_steps']}")
def test_every_update_of_fit_has_its_rate(config: dict[str, Any], jit_compile: bool) -> None:
    schedule = CosineDecay(**config)
    rates, model = rates_of_fit(Schedule(schedule), schedule.total_steps + 5, jit_compile=jit_compile)
    check(schedule, rates)
    assert float(model.optimizer.learning_rate) == np.float32(schedule.final_learning_rate)


BEYOND = CosineDecay(0.5, 2**24 + 1001, alpha=0.0, warmup_target=0.25, warmup_steps=2**24 + 5)
GPT3 = CosineDecay.from_json((EXAMPLES / "gpt3-175b.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("schedule", "around"),
    [
        *((BEYOND, step) for step in (2**24 - 5, 2**24 + 5, 2**25 - 9, BEYOND.total_steps)),
        *((GPT3, step) for step in (2**24, 375_000_000, 2**31 - 12)),  # the last that int32 counts
        (CosineDecay(0.1, 2**31), 2**31 - 12),
    ],
)
def test_long_runs_have_the_rate_of_every_step(schedule: CosineDecay, around: int) -> None:
    # float32 has not all of these steps, and near the end a step more or less is a large share of the rate.
    steps = np.arange(around - 10, around + 11)
    rates, model = rates_of_fit(Schedule(schedule), steps.size, first=int(steps[0]), jit_compile=COMPILED[-1])
    assert int(model.optimizer.iterations) == steps[-1] + 1
    assert float32_error(rates, schedule(steps)) <= LONG_FLOAT32
    for way in WAYS.values():
        rates = numpy(way(Schedule(schedule))(ops.convert_to_tensor(steps.astype(np.int32))))
        assert float32_error(rates, schedule(steps)) <= LONG_FLOAT32


def test_a_run_is_traced_once(warmed: CosineDecay, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    evaluate = Schedule.__call__

    def count(self: Schedule, step: Any) -> Any:
        nonlocal calls
        calls += 1
        return evaluate(self, step)

    monkeypatch.setattr(Schedule, "__call__", count)
    _, model = rates_of_fit(Schedule(warmed), 20)
    inputs = np.eye(20, dtype=np.float32)
    model.fit(inputs, inputs[:, :1], batch_size=1, epochs=2, verbose=0)
    assert calls == (60 if BACKEND == "torch" else 1)


@pytest.mark.parametrize("jit_compile", COMPILED)
def test_fit_leads_to_the_weights_of_the_formula(jit_compile: bool) -> None:
    schedule = CosineDecay(0.001, 60, alpha=0.1, warmup_target=0.02, warmup_steps=20)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(optimizer=keras.optimizers.SGD(Schedule(schedule)), loss="mse", jit_compile=jit_compile)
    one = np.ones((50, 1), np.float32)
    model.fit(one, 0 * one, batch_size=1, epochs=2, verbose=0)
    # The loss is the weight's square: an update multiplies the weight by 1 - 2 * rate.
    factors = 1 - 2 * schedule(range(100))
    # A factor is off by twice the rate's error and the product's rounding; the weight is rounded once more.
    relative = (1 - factors) * (FLOAT32 * 2.0**-23 + 2.0**-24) / factors + 2.0**-24
    weight = float(numpy(model.layers[0].kernel)[0, 0])
    assert abs(weight / np.prod(factors) - 1) <= np.sum(relative) * (1 + 1e-4)  # second order


@pytest.mark.parametrize("jit_compile", COMPILED)
def test_accumulated_gradients_count_as_updates(jit_compile: bool) -> None:
    schedule = CosineDecay(0.01, 20, alpha=0.1, warmup_target=0.05, warmup_steps=10)
    for batches in (2, 3):  # by both, and by a factor that is no power of two
        rates, model = rates_of_fit(Schedule(schedule, batches), 35, accumulate=batches, jit_compile=jit_compile)
        exact = schedule(np.arange(35).repeat(batches))
        # The mean over an update's batches is rounded once as a gradient, and once as a weight: 1/2 ULP each, or 1 ULP
        # where a power of two lies between.
        assert float32_error(rates, exact) <= FLOAT32 + 2
        assert int(model.optimizer.iterations) == 35
        assert float(model.optimizer.learning_rate) == np.float32(schedule.final_learning_rate)


def test_keras_counts_batches_where_it_accumulates() -> None:
    # Why the adapter has to be told. Should Keras mend it, what is said of it is to be taken back.
    schedule = CosineDecay(0.01, 20, alpha=0.1, warmup_target=0.05, warmup_steps=10)
    rates, model = rates_of_fit(Schedule(schedule), 4, accumulate=2)
    assert float32_error(rates[::2], schedule([1, 3, 5, 7])) <= FLOAT32 + 2
    assert (int(model.optimizer.iterations), int(model.optimizer._iterations)) == (4, 8)


def test_accumulation_of_odd_steps(warmed: CosineDecay) -> None:
    schedule, plain = Schedule(warmed, 3), Schedule(warmed)
    for steps in (np.arange(-4, 40, dtype=np.int32), np.arange(-4, 40, dtype=np.float32)):
        updates = np.floor_divide(steps, 3)
        assert (numpy(schedule(ops.convert_to_tensor(steps))) == numpy(plain(ops.convert_to_tensor(updates)))).all()
        assert (numpy(schedule(steps)) == numpy(plain(updates))).all()
    assert float(schedule(float("inf"))) == np.float32(0.05)
    assert np.isnan(float(schedule(float("nan"))))
    assert (numpy(Schedule(warmed, 1)(ops.arange(9))) == numpy(plain(ops.arange(9)))).all()


@in_every_way
def test_float64_where_that_is_floatx(floatx: Callable[[str], None], way: Any) -> None:
    floatx("float64")
    for config in LONG:
        schedule = CosineDecay(**config)
        steps = np.r_[0 : schedule.total_steps : 97, schedule.total_steps - np.arange(9)]
        exact = schedule(steps)
        for dtype in ("int32", "int64", "float64"):
            rates = way(Schedule(schedule))(ops.convert_to_tensor(steps.astype(dtype)))
            assert dtype_of(rates) == "float64"
            # Both are float64 rates of one formula; what XLA fuses leaves roundings out.
            assert (np.abs(numpy(rates) - exact) <= FLOAT64 * np.spacing(exact)).all(), dtype


def test_float32_where_floatx_is_less(floatx: Callable[[str], None], warmed: CosineDecay) -> None:
    for dtype in ("float16", "bfloat16"):
        floatx(dtype)
        assert dtype_of(Schedule(warmed)(50)) == "float32"


def test_float32_under_mixed_precision() -> None:
    schedule = CosineDecay(**SHORT[1])
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        rates, model = rates_of_fit(Schedule(schedule), 130)
    finally:
        keras.config.set_dtype_policy(before)
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert dtype_of(model.optimizer.learning_rate) == "float32"
    assert float32_error(rates, schedule(range(130))) <= FLOAT32


@in_every_way
def test_what_cannot_be_refused(warmed: CosineDecay, way: Any) -> None:
    evaluate = way(Schedule(warmed))
    odd = np.array([-1.0, -np.inf, np.inf, 1e30, np.nan], np.float32)
    rates = numpy(evaluate(ops.convert_to_tensor(odd)))
    assert rates[:4].tolist() == [0.25, 0.25, np.float32(0.05), np.float32(0.05)]
    assert np.isnan(rates[4])
    whole = np.array([-1, -(2**31), 2**31 - 1], np.int32)
    assert numpy(evaluate(ops.convert_to_tensor(whole))).tolist() == [0.25, 0.25, np.float32(0.05)]


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float16", "bfloat16"])
@in_every_way
def test_dtypes_of_steps(warmed: CosineDecay, dtype: str, way: Any) -> None:
    steps = np.arange(121).reshape(11, 11)
    rates = way(Schedule(warmed))(ops.cast(ops.convert_to_tensor(steps.astype(np.int32)), dtype))
    assert (dtype_of(rates), tuple(rates.shape), ops.is_tensor(rates)) == ("float32", (11, 11), True)
    assert float32_error(numpy(rates), warmed(steps)) <= FLOAT32


def test_int64_steps(floatx: Callable[[str], None]) -> None:
    steps: np.ndarray = np.r_[0, 375_000_000, 2**31 + 5, 2**37 + np.arange(9), GPT3.total_steps - np.arange(-2, 9)]
    ours = Schedule(GPT3)
    for rates in (ours(steps), ops.stack([ours(int(step)) for step in steps])):  # rounded once
        assert (numpy(rates) == GPT3(steps).astype(np.float32)).all()
    floatx("float64")  # for JAX's sake, which has such tensors only then
    keras.config.set_floatx("float32")
    for way in WAYS.values():
        rates = way(ours)(ops.convert_to_tensor(steps))
        assert dtype_of(rates) == "float32"
        assert float32_error(numpy(rates), GPT3(steps)) <= LONG_FLOAT32


def test_steps_of_no_number(warmed: CosineDecay) -> None:
    for bad in (True, np.array([True]), 1j):
        with pytest.raises(TypeError, match=r"Argument `step` must be a tensor of ints or floats\. Received: step="):
            Schedule(warmed)(bad)


def test_a_plain_schedule_takes_keras_variables(warmed: CosineDecay) -> None:
    for steps, accumulate in ((7, None), (15, 2)):
        optimizer = keras.optimizers.SGD(Schedule(warmed), gradient_accumulation_steps=accumulate)
        optimizer._iterations.assign(steps)
        assert float(optimizer.learning_rate) == np.float32(warmed(steps))
        # Where gradients are accumulated it is a tensor, and the rate a float32.
        assert np.float32(warmed(optimizer.iterations)) == np.float32(warmed(7))
    rates = warmed(keras.Variable(np.arange(5), dtype="int32", trainable=False))
    assert isinstance(rates, np.ndarray)
    assert (rates == warmed(range(5))).all()


@pytest.mark.parametrize("config", [*LONG, *SHORT], ids=lambda config: f"{config['decay_steps']}")
def test_the_road_to_kerass_own_object(config: dict[str, Any]) -> None:
    schedule = CosineDecay(**config, name="mine")
    stock = keras.optimizers.schedules.deserialize(json.loads(schedule.to_json()))
    assert type(stock) is keras.optimizers.schedules.CosineDecay
    assert stock.get_config() == schedule.get_config()
    assert learnrate.deserialize(keras.optimizers.schedules.serialize(stock)) == schedule
