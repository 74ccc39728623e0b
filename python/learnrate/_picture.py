"""What every picture of a schedule shows, be it matplotlib's, the notebook's or the terminal's: phases and curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ._cosine_decay import CosineDecay

PIECES = 256
"""Straight lines to a phase: a half cosine of n is off by up to pi**2 / 16 / n**2 of its height, here 1/100,000."""

BEYOND = 1.1
"""How far a picture reaches, in lengths of the schedule, so that it shows the hold."""


class Phase(NamedTuple):
    """A stretch of steps of one shape. The hold has no last step."""

    name: str
    first: int
    last: int | None


def warmup_of(schedule: CosineDecay) -> int:
    """The steps of the warmup, if it is used."""
    return schedule.total_steps - schedule.decay_steps


def phases(schedule: CosineDecay) -> list[Phase]:
    """The phases that have a length; where one starts, they are joined."""
    warmup, end = warmup_of(schedule), schedule.total_steps
    rising = [Phase("warmup", 0, warmup)] if warmup else []
    return [*rising, Phase("decay", warmup, end), Phase("hold", end, None)]


def curve(schedule: CosineDecay, last: float, pieces: int = PIECES) -> tuple[list[float], list[float]]:
    """Steps from 0 to the last one to draw, and their rates: phase by phase, so that short ones keep their shape."""
    steps = [0.0]
    for _, start, end in phases(schedule):
        stop, count = (last, 1) if end is None else (min(end, last), pieces)
        if start < stop:
            steps += [start + (stop - start) * i / count for i in range(1, count + 1)]
    return steps, [schedule(step) for step in steps]  # one by one, for NumPy takes longer to import than this


def differences(schedules: Sequence[CosineDecay]) -> list[str]:
    """For each schedule the fields by which it differs from another, as text; its name if it differs from none."""
    configs = [schedule.get_config() for schedule in schedules]
    fields = [field for field in configs[0] if len({config[field] for config in configs}) > 1]
    return [", ".join(f"{field}={config[field]!r}" for field in fields) or config["name"] for config in configs]
