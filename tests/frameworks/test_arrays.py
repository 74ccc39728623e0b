"""The promise: another library's array of steps gives an array of that library, from the one formula, on its device,
lazy or traced where it is, and float32 rates are within 6 ULP of exact ones at every step. `test_array_families.py` has
what is promised for every class.

array-api-strict has nothing but what the standard has, and devices: it stands for libraries that are not here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

import array_api_strict
import dask.array
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from float32 import FLOAT32, FLOAT64, LONG_FLOAT32, float32_error

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule

MAKE: dict[str, Callable[[Any], Any]] = {
    "jax": jnp.asarray,
    "torch": torch.asarray,
    "dask": lambda steps: dask.array.from_array(np.asarray(steps), chunks=7),
    "strict": array_api_strict.asarray,
}
SCHEDULES: list[dict[str, Any]] = [
    {"initial_learning_rate": 0.37, "decay_steps": 100_000},
    {"initial_learning_rate": 0.01, "decay_steps": 90_000, "alpha": 0.1, "warmup_target": 1e-3, "warmup_steps": 10_000},
    {"initial_learning_rate": 0.3, "decay_steps": 99_999, "alpha": 1e-7, "warmup_target": 0.6, "warmup_steps": 7},
    {"initial_learning_rate": 0.5, "decay_steps": 1_000_003, "alpha": 1.7},
    {"initial_learning_rate": 0.7, "decay_steps": 5, "warmup_target": 1e-9, "warmup_steps": 200_000},
]


def numpy(array: Any) -> np.ndarray:
    return np.asarray(array, np.float64)


@pytest.fixture(params=SCHEDULES, ids=lambda config: f"{config['decay_steps']}")
def schedule(request: pytest.FixtureRequest, CosineDecay: type[Schedule]) -> Schedule:
    return CosineDecay(**request.param)


@pytest.fixture
def warmed(CosineDecay: type[Schedule]) -> Schedule:
    return CosineDecay(0.25, 900, alpha=0.1, warmup_target=0.5, warmup_steps=100)


@pytest.mark.parametrize("dtype", ["int32", "float32"])
@pytest.mark.parametrize("library", ["jax.jit", "jax", "torch", "strict"])
def test_float32_rates_over_whole_schedules(schedule: Schedule, library: str, dtype: str) -> None:
    steps = np.arange(schedule.total_steps + 10)
    exact = schedule(steps)
    make = MAKE[library.removesuffix(".jit")]
    evaluate: Any = jax.jit(schedule) if library == "jax.jit" else schedule
    rates = evaluate(make(steps.astype(dtype)))
    if library == "strict" and dtype == "int32":  # whose default is float64
        assert (numpy(rates) == exact).all()
        return
    assert "float32" in str(rates.dtype)
    assert float32_error(rates, exact) <= FLOAT32
    joints = [0, int(schedule.warmup_steps), schedule.total_steps]
    assert (numpy(rates)[joints] == exact[joints].astype(np.float32)).all()


def test_float64_steps_keep_their_dtype(schedule: Schedule) -> None:
    parts = np.arange(0, 5, 0.25)
    steps = np.r_[parts, np.arange(7, schedule.total_steps + 10, 7), schedule.total_steps - parts]
    exact = schedule(steps)
    assert (schedule(torch.asarray(steps)).numpy() == exact).all()
    assert (numpy(schedule(array_api_strict.asarray(steps))) == exact).all()
    with jax.enable_x64(True):
        rates = jax.jit(schedule)(jnp.asarray(steps))
        assert rates.dtype == jnp.float64
        assert (np.abs(numpy(rates) - exact) <= FLOAT64 * np.spacing(exact)).all()
        integers = jax.jit(schedule)(jnp.arange(7, dtype=jnp.int32))
        assert integers.dtype == jnp.float64  # the default there


INT32, UINT32 = 2**31 - 1, 2**32 - 1


@pytest.mark.parametrize("decay", [2**24 + 1, 10**9, INT32 - 5, INT32, INT32 + 1, 2**32 - 5, UINT32, 2**33, 10**12])
@pytest.mark.parametrize("warmup", [0, 5, 2**24, INT32 - 1, INT32, INT32 + 1, UINT32 - 1, UINT32 + 9])
def test_long_schedules_step_by_step(CosineDecay: type[Schedule], decay: int, warmup: int) -> None:
    schedule = CosineDecay(0.5, decay, alpha=1e-3, warmup_target=0.25, warmup_steps=warmup)
    around = [0, warmup, warmup + decay // 2, warmup + decay, INT32, UINT32, 2**24]
    anywhere = np.random.default_rng(decay + warmup).integers(0, UINT32, 500)
    steps = np.unique(np.r_[anywhere, np.add.outer(around, np.arange(-9, 10)).ravel()])
    for dtype in (np.int32, np.uint32):
        fitting = steps[(steps >= 0) & (steps <= np.iinfo(dtype).max)]
        rates = jax.jit(schedule)(jnp.asarray(fitting.astype(dtype)))
        assert float32_error(rates, schedule(fitting)) <= LONG_FLOAT32
    whole = steps[steps >= 0]
    assert float32_error(schedule(torch.asarray(whole)), schedule(whole)) <= LONG_FLOAT32


@pytest.mark.parametrize(
    "length", [INT32 - 1, INT32, INT32 + 1, INT32 + 3, 2 * INT32, 2 * INT32 + 1, 3 * INT32, 10**12]
)
def test_the_largest_of_the_integers(CosineDecay: type[Schedule], length: int) -> None:
    steps = np.arange(INT32 - 3, INT32 + 1)
    falls = [CosineDecay(0.5, length), CosineDecay(0.5, 9, warmup_target=0.0, warmup_steps=length)]
    for schedule in (*falls, CosineDecay(0.5, length, warmup_target=0.25, warmup_steps=INT32)):
        rates = jax.jit(schedule)(jnp.asarray(steps, jnp.int32))
        assert float32_error(rates, schedule(steps)) <= LONG_FLOAT32


def test_gpt3_by_tokens_under_default_jax(CosineDecay: type[Schedule]) -> None:
    schedule = CosineDecay(6e-7, 259_625_000_000, alpha=0.1, warmup_target=6e-5, warmup_steps=375_000_000)
    tokens: np.ndarray = np.r_[2**24 : 2**24 + 100, 374_999_950:375_000_050, 2**31 - 100 : 2**31]
    rates = jax.jit(schedule)(jnp.asarray(tokens, jnp.int32))
    assert float32_error(rates, schedule(tokens)) <= LONG_FLOAT32


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        # Searched for: 6.31 and 6.19 ULP in PyTorch.
        ((12.338321889502524 / 2**14, 2185955358271, 8.578423441784649e-08), 2177354524735),
        ((6.382822535411643 / 2**20, 135204442, 1008871.9504139775), 16971635),
    ],
)
def test_the_worst_steps_that_were_found(
    CosineDecay: type[Schedule], fields: tuple[float, int, float], step: int
) -> None:
    schedule = CosineDecay(*fields)
    exact = schedule(np.array([step]))
    assert 5.0 < float32_error(schedule(torch.tensor([step])), exact) <= LONG_FLOAT32


def test_a_level_decay(CosineDecay: type[Schedule]) -> None:
    for make in (MAKE["jax"], MAKE["torch"]):
        assert set(numpy(CosineDecay(0.1, 10, alpha=1.0)(make(range(12))))) == {np.float32(0.1)}


def test_rates_beyond_float32(CosineDecay: type[Schedule]) -> None:
    cases: Any = ((1e39, 10), (1e39, 10, 0.0, "name", 0.1, 5), (0.1, 10, 0.0, "name", 1e39, 5), (1e38, 10, 10.0))
    for fields in cases:
        for make in (MAKE["jax"], MAKE["torch"]):
            with pytest.raises(ValueError, match=r"too large for float32\. Received: 1e\+39$"):
                CosineDecay(*fields)(make([5]))
    schedule = CosineDecay(1e39, 10)
    assert schedule(torch.tensor([5], dtype=torch.float64)).tolist() == [schedule(5)]


@pytest.mark.parametrize(
    ("library", "dtypes"),
    [
        ("jax", "uint8 int8 int16 uint16 uint32 int4 bfloat16 float16"),
        ("torch", "uint8 int8 int16 int32 int64 bfloat16 float16"),
    ],
)
def test_narrow_steps_give_the_default_float(warmed: Schedule, library: str, dtypes: str) -> None:
    module: Any = {"jax": jnp, "torch": torch}[library]
    for dtype in dtypes.split():
        most = 7 if dtype == "int4" else 120
        rates = warmed(module.arange(most + 1, dtype=getattr(module, dtype)))
        assert rates.dtype == module.float32, dtype
        assert float32_error(rates, warmed(np.arange(most + 1))) <= FLOAT32


def test_steps_of_no_number(warmed: Schedule) -> None:
    for dtype in (torch.uint16, torch.uint32, torch.uint64):
        text = f"Argument `step` must be of a dtype that PyTorch computes with. Received: step.dtype={dtype}"
        with pytest.raises(TypeError) as caught:
            warmed(torch.ones(3, dtype=dtype))
        assert str(caught.value) == text
    for make in MAKE.values():
        for bad in ([True], [1j]):
            with pytest.raises(TypeError, match=r"Argument `step` must be an array of ints or floats. Received: step="):
                warmed(make(bad))


@pytest.mark.parametrize("library", MAKE)
def test_what_cannot_be_refused(warmed: Schedule, library: str) -> None:
    make = MAKE[library]
    odd = make(np.array([-1.0, -np.inf, np.nan, np.inf, 1e30], np.float32))
    assert numpy(warmed(odd)).tolist()[:2] == [0.25, 0.25]
    assert np.isnan(numpy(warmed(odd))[2])
    assert (numpy(warmed(odd))[3:] == np.float32(0.05)).all()
    assert numpy(warmed(make(np.array([-1, -(2**31), 2**31 - 1], np.int32)))).tolist()[:2] == [0.25, 0.25]


@pytest.mark.parametrize("library", MAKE)
@pytest.mark.parametrize("shape", [(), (0,), (2, 3), (3, 0, 2)])
def test_shapes(warmed: Schedule, library: str, shape: tuple[int, ...]) -> None:
    steps: Any = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    given = MAKE[library](steps)
    rates = warmed(given)
    assert isinstance(rates, jax.Array if library == "jax" else type(given))
    assert rates.shape == shape
    assert float32_error(rates, np.asarray(warmed(steps))) <= FLOAT32


def test_pytorch_is_not_waited_for(warmed: Schedule) -> None:
    # A meta tensor has no elements: whatever looks at one fails.
    rates = warmed(torch.arange(5, device="meta"))
    assert (rates.device.type, rates.dtype, rates.shape) == ("meta", torch.float32, (5,))


def test_pytorch_differentiates_and_maps(warmed: Schedule) -> None:
    step = torch.tensor(50.0, requires_grad=True)
    warmed(step).backward()
    assert step.grad == np.float32(0.25 / 100)  # the slope of the warmup, at its midpoint where two expressions meet
    steps = torch.arange(6).reshape(2, 3)
    assert torch.equal(torch.func.vmap(warmed)(steps), warmed(steps))


@pytest.mark.parametrize(
    ("default", "bound"), [(torch.float64, 0.0), (torch.bfloat16, 0.5 * 2**16), (torch.float16, 0.5 * 2**13)]
)
def test_pytorch_default_dtype(warmed: Schedule, default: torch.dtype, bound: float) -> None:
    # Computed in float32 at least, then rounded once: half an ULP of the default dtype, in float32 ULP.
    torch.set_default_dtype(default)
    try:
        rates = warmed(torch.arange(1100))
    finally:
        torch.set_default_dtype(torch.float32)
    assert rates.dtype == default
    assert float32_error(rates.double(), warmed(np.arange(1100))) <= bound + (FLOAT32 if bound else 0)


def test_devices_are_kept(warmed: Schedule) -> None:
    other = array_api_strict.Device("device1")
    for dtype in (array_api_strict.int64, array_api_strict.int8, array_api_strict.float32):
        rates = warmed(array_api_strict.arange(5, dtype=dtype, device=other))
        assert rates.device == other


def test_jax_traces(warmed: Schedule) -> None:
    steps = jnp.arange(1100)
    expected = jax.jit(warmed)(steps)
    exact = warmed(np.arange(1100))
    assert float32_error(jax.vmap(warmed)(steps), exact) <= FLOAT32
    _, scanned = jax.lax.scan(lambda count, _: (count + 1, warmed(count)), jnp.int32(0), length=1100)
    assert float32_error(scanned, exact) <= FLOAT32
    assert jax.jit(warmed).lower(steps).compile()(steps).tolist() == expected.tolist()
    assert float(jax.grad(warmed)(50.0)) == np.float32(0.25 / 100)


def test_dask_stays_lazy_and_chunked(warmed: Schedule) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise AssertionError("computed")

    for dtype, result in {"int64": "float64", "int8": "float64", "float16": "float64", "float32": "float32"}.items():
        steps = np.arange(-5, 100).astype(dtype)
        with dask.config.set(scheduler=fail):
            rates = warmed(dask.array.from_array(steps, chunks=20))
        assert rates.chunks == ((20, 20, 20, 20, 20, 5),)
        assert rates.dtype == result
        computed = rates.compute()
        assert computed.dtype == result
        assert (computed == warmed(steps.clip(0), out=np.empty(105, result))).all()  # NumPy's bits
    assert warmed(dask.array.from_array([-0.5, 0.5])).compute().tolist() == [warmed(0), warmed(0.5)]
    swapped = warmed(dask.array.from_array(np.arange(5, dtype=">f4")))
    assert swapped.dtype == np.float32
    assert (swapped.compute() == warmed(np.arange(5), out=np.empty(5, np.float32))).all()


def test_dask_on_blocks_of_another_library(warmed: Schedule) -> None:
    steps = dask.array.arange(9, chunks=9).map_blocks(array_api_strict.asarray, meta=np.arange(0))
    rates = warmed(steps).compute()
    assert isinstance(rates, type(array_api_strict.asarray(0)))
    assert (numpy(rates) == warmed(np.arange(9))).all()


def test_dask_refuses_masks(warmed: Schedule) -> None:
    masked: Any = dask.array.from_array(np.ma.masked_array([1, 2], [True, False]))
    with pytest.raises(TypeError, match="Argument `step` must be an array without a mask"):
        warmed(masked).compute()


CLUSTER = """
import dask.array, numpy
from distributed import Client, LocalCluster
from learnrate import CosineDecay

if __name__ == "__main__":
    schedule = CosineDecay(0.25, 900_000, alpha=0.1, warmup_target=0.5, warmup_steps=100_000)
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            rates = schedule(dask.array.arange(1_100_000, chunks=50_000))
            workers = client.compute(rates.map_blocks(lambda block: numpy.array([__import__("os").getpid()])))
            assert (rates.compute() == schedule(numpy.arange(1_100_000))).all()
            print(len(set(workers.result())), "processes")
"""


def test_dask_on_a_cluster(tmp_path: Any) -> None:
    script = tmp_path / "cluster.py"  # a file: the workers are spawned
    script.write_text(CLUSTER)
    result = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "2 processes\n"


DEVICES = """
import jax
import jax.numpy as jnp
from learnrate import CosineDecay

jax.config.update("jax_num_cpu_devices", 2)
schedule = CosineDecay(0.25, 900, alpha=0.1, warmup_target=0.5, warmup_steps=100)
other = jax.devices()[1]
steps = jax.device_put(jnp.arange(1100), other)
assert schedule(steps).devices() == jax.jit(schedule)(steps).devices() == {other}
assert not schedule(jnp.int32(3)).committed  # a committed rate in an optimizer's state would be traced once more
print("kept")
"""


def test_jax_devices_are_kept() -> None:
    result = subprocess.run([sys.executable, "-c", DEVICES], capture_output=True, text=True, timeout=120)
    assert result.stdout == "kept\n", result.stderr


COMPILED = """
import warnings

import torch
from learnrate import CosineDecay

warnings.filterwarnings("ignore", "Dynamo", UserWarning)  # of the caches of array-api-compat
schedule = CosineDecay(0.25, 900, alpha=0.1, warmup_target=0.5, warmup_steps=100)
steps = torch.arange(1100)
compiled = torch.compile(lambda steps: 2.0 * schedule(steps + 1), backend="eager")
assert torch.equal(compiled(steps), 2.0 * schedule(steps + 1))
print("equal")
"""


def test_pytorch_compiles(learnrate: ModuleType) -> None:
    environment = {**os.environ, "LEARNRATE_BACKEND": learnrate.BACKEND}
    result = subprocess.run(
        [sys.executable, "-c", COMPILED], env=environment, capture_output=True, text=True, timeout=120
    )
    assert result.stdout == "equal\n", result.stderr
