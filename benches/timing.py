"""Times several ways to do one thing, taking turns."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from timeit import Timer
from typing import Any, NamedTuple

BLOCK = 0.005
"""Seconds that are timed together, at least: a thousand times what reading the clock takes, and its noise."""


class Contender(NamedTuple):
    """One way to do it."""

    run: str | Callable[[], object]
    """A statement where a function's call would be much of what is timed."""
    names: dict[str, Any] = {}  # noqa: RUF012  # never changed
    """What the statement knows."""
    tolerance: float = 0.0
    """How far from the schedule it may be, in parts of the peak."""
    value: Callable[[], object] | None = None
    """What it has computed, if `run` does not return it."""
    yardstick: bool = False
    """Computes no rate."""

    def result(self) -> object:
        result = eval(self.run, dict(self.names)) if isinstance(self.run, str) else self.run()
        return result if self.value is None else self.value()


def best(contenders: Mapping[str, Contender], rounds: int, block: float = BLOCK) -> dict[str, float]:
    """Seconds per run of each: the best of so many rounds, for whatever else the machine does only adds."""
    return {name: min(times) for name, times in turns(contenders, rounds, block).items()}


def turns(contenders: Mapping[str, Contender], rounds: int, block: float = BLOCK) -> dict[str, list[float]]:
    """Seconds per run of each in so many rounds, in each of which all have their turn.

    Each turn begins with a run that is not timed, which brings back what the others have driven out of the caches and
    wakes its threads.
    """
    timers = {name: Timer(contender.run, globals=dict(contender.names)) for name, contender in contenders.items()}
    numbers = {}
    for name, timer in timers.items():
        timer.timeit(1)  # compiles, imports, starts threads
        once = timer.timeit(1)
        if once < block:  # one short run is mostly the clock
            once = min(once, timer.timeit(20) / 20)
        numbers[name] = max(1, round(block / once))
    times: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(rounds):
        gc.collect()
        for name, timer in timers.items():
            timer.timeit(1)
            times[name].append(timer.timeit(numbers[name]) / numbers[name])
    return times
