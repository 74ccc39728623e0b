"""What a type checker says of the package: `test_typing.py` lets mypy read this, strictly. It is not run.

Each `type: ignore` stands where mypy must find an error of that kind; where there is none, it says that too.
"""

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import learnrate
from learnrate import CosineDecay, Phase, Phases, Schedule


class Foreign:
    """Another library's array."""

    def __array__(self) -> Any: ...


schedule = CosineDecay(0.0, decay_steps=90_000, alpha=0.1, warmup_target=1e-3, warmup_steps=10_000)
steps = np.arange(3)
out64: NDArray[np.float64] = np.empty(3)
out32: NDArray[np.float32] = np.empty(3, np.float32)

# The call: scalars, sequences and arrays, `out`, anything else

assert_type(schedule(5), float)
assert_type(schedule(5.0), float)
assert_type(schedule(np.int64(5)), float)
assert_type(schedule(np.float32(5)), float)
assert_type(schedule(np.float64(5)), float)

assert_type(schedule([1, 2]), NDArray[np.float64])
assert_type(schedule([[1, 2.5], (3, 4)]), NDArray[np.float64])
assert_type(schedule(range(3)), NDArray[np.float64])
assert_type(schedule(memoryview(b"123")), NDArray[np.float64])
assert_type(schedule(steps), NDArray[np.float64])
assert_type(schedule(out32), NDArray[np.float64])

assert_type(schedule(steps, out=out64), NDArray[np.float64])
assert_type(schedule(steps, out=out32), NDArray[np.float32])
assert_type(schedule(range(3), out=out32), NDArray[np.float32])
assert_type(schedule(Foreign(), out=out32), NDArray[np.float32])

assert_type(schedule(Foreign()), Any)

schedule("5")  # type: ignore[call-overload]
schedule(b"5")  # type: ignore[call-overload]
schedule(None)  # type: ignore[call-overload]
schedule(5j)  # type: ignore[call-overload]
schedule()  # type: ignore[call-overload]
schedule(steps, out64)  # type: ignore[call-overload]
schedule("5", out=out64)  # type: ignore[call-overload]
schedule(steps, out=steps)  # type: ignore[type-var]

# The value

assert_type(schedule, CosineDecay)
assert_type(schedule.initial_learning_rate, float)
assert_type(schedule.decay_steps, float)
assert_type(schedule.alpha, float)
assert_type(schedule.name, str)
assert_type(schedule.warmup_target, float | None)
assert_type(schedule.warmup_steps, float)
assert_type(schedule.total_steps, int)
assert_type(schedule.peak_learning_rate, float)
assert_type(schedule.final_learning_rate, float)
assert_type(schedule.replace(alpha=0.0), CosineDecay)
assert_type(schedule == schedule.replace(), bool)
assert_type(hash(schedule), int)

assert_type(0.1 * schedule, CosineDecay)
assert_type(schedule * 2, CosineDecay)
assert_type(schedule * np.float64(0.1), CosineDecay)
assert_type(schedule.replace(total_steps=50_000), CosineDecay)

schedule * "2"  # type: ignore[operator]
schedule * schedule  # type: ignore[operator]
schedule.alpha = 0.5  # type: ignore[assignment]
schedule.segments = ()  # type: ignore[misc]
schedule.beta = 0.5  # type: ignore[attr-defined]
schedule.replace(0.5)  # type: ignore[call-arg]
CosineDecay(0.1)  # type: ignore[call-arg]
CosineDecay("0.1", 1000)  # type: ignore[arg-type]
CosineDecay(0.1, 1000, beta=0.5)  # type: ignore[call-arg]


class Subclass(CosineDecay):  # type: ignore[misc]
    pass


# Phases, and the functions that make them

phases = Phases(0.0, [Phase(1_000, 3e-4), (79_000, 3e-4), {"steps": 20_000, "learning_rate": 0.0}])
assert_type(phases, Phases)
assert_type(phases(5), float)
assert_type(phases(steps, out=out32), NDArray[np.float32])
assert_type(phases.phases, tuple[Phase, ...])
assert_type(phases.phases[0].steps, float)
assert_type(phases.phases[0].start, float | None)
assert_type(phases.replace(name="WSD"), Phases)
assert_type(0.1 * phases, Phases)
assert_type(Phases.from_json(phases.to_json()), Phases)
assert_type(learnrate.constant(0.1), Phases)
assert_type(learnrate.constant(0.1).with_warmup(100), Phases)
assert_type(schedule.with_warmup(100), CosineDecay)
assert_type(learnrate.linear_decay(3e-4, 100_000, warmup_steps=1_000), Phases)
assert_type(learnrate.warmup_stable_decay(3e-4, 100_000, warmup_steps=1_000, decay_steps=20_000), Phases)
assert_type(learnrate.one_cycle(0.1, 1_000, warmup_share=0.25, three_phase=True), Phases)
assert_type(learnrate.one_cycle_momentum(1_000, lowest=0.8), Phases)
assert_type(learnrate.multistep_decay(0.1, [30, 60], 0.1), learnrate.PiecewiseConstantDecay)
assert_type(learnrate.step_decay(0.1, 30, 0.1), learnrate.ExponentialDecay)
assert_type(learnrate.step_decay(0.1, 30, 0.1).peak_learning_rate, float | None)
assert_type(learnrate.PolynomialDecay(0.1, 1_000, power=2, cycle=True).peak_learning_rate, float)
assert_type(learnrate.PolynomialDecay(0.1, 1_000).total_steps, int | None)
assert_type(phases.phases[0].power, float | None)

Phases(0.0, 5)  # type: ignore[arg-type]
Phase(5)  # type: ignore[call-arg]
Phase(5, 0.1, "polynomial", power="2")  # type: ignore[arg-type]
learnrate.ExponentialDecay(0.1, 1_000)  # type: ignore[call-arg]
learnrate.ExponentialDecay(0.1, 1_000, 0.5, staircase="yes")  # type: ignore[arg-type]
Phase(5, "0.1")  # type: ignore[arg-type]
phases.phases[0].steps = 5  # type: ignore[assignment]
learnrate.linear_decay(3e-4, 100_000, 1_000)  # type: ignore[call-arg]
learnrate.warmup_stable_decay(3e-4, 100_000)  # type: ignore[call-arg]
learnrate.one_cycle(0.1, 1_000, 0.25)  # type: ignore[call-arg]
learnrate.multistep_decay(0.1, 30, 0.1)  # type: ignore[arg-type]


class OtherPhase(Phase):  # type: ignore[misc]
    pass


# Any schedule

every: list[Schedule] = [schedule, phases, learnrate.from_json(phases.to_json())]
assert_type(every[0](range(3)), NDArray[np.float64])
assert_type(every[0].total_steps, int | None)
assert_type(every[0].final_learning_rate, float | None)
assert_type(every[0].peak_learning_rate, float | None)
assert_type(every[0].segments[0].kind, str)
assert_type(every[0].segments[-1].end, float)
assert_type(every[0].to_json(), str)
assert_type(learnrate.serialize(every[0]), dict[str, Any])

# Config exchange, and the rest of the package

assert_type(schedule.get_config(), dict[str, Any])
assert_type(schedule.to_json(), str)
assert_type(CosineDecay.from_config(schedule.get_config()), CosineDecay)
assert_type(CosineDecay.from_json(schedule.to_json()), CosineDecay)
assert_type(CosineDecay.from_json(b"{}"), CosineDecay)
assert_type(learnrate.serialize(schedule), dict[str, Any])
assert_type(learnrate.deserialize(learnrate.serialize(schedule)), Schedule)
assert_type(learnrate.from_json(schedule.to_json()), Schedule)
assert_type(learnrate.from_json(b"{}")(5), float)
assert_type(learnrate.BACKEND, str)
assert_type(learnrate.__version__, str)

CosineDecay.from_config(schedule.to_json())  # type: ignore[arg-type]
CosineDecay.from_json(schedule.get_config())  # type: ignore[arg-type]
learnrate.serialize(0.1)  # type: ignore[arg-type]
learnrate.deserialize(schedule)  # type: ignore[arg-type]
learnrate.LinearDecay(0.1, 1000)  # type: ignore[attr-defined]
