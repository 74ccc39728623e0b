"""What every picture of a schedule shows, whoever draws it: extent, curve and joints."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from ._arguments import MAX_STEPS
from ._exact import whole
from ._value import Value

if TYPE_CHECKING:
    from ._schedule import Schedule
    from ._segments import Segment

PIECES = 256
"""Straight lines to a segment: a half cosine of n is off by up to pi**2 / 16 / n**2 of its height, here 1/100,000."""
MOST = 16_384
"""Straight lines to a curve of many segments."""
BEYOND = 1.1
"""How far a picture reaches, in lengths of the schedule, so that it shows the hold."""
TOLD = 8
"""Fields by which a schedule is told from others, the most telling ones: more are no label."""
ALONE = 100
"""Steps that are shown where there is nothing but a hold."""
CYCLES = 5
"""Those that are shown where they have no end."""
GROWTH = 100.0
"""What grows without end is shown until it is so many times its first rate."""
AFTER = 2.0**-20
"""The share of a cycle after which its first rate is taken: where it starts, the one before still ends."""


def joint(step: float) -> str:
    """A joint as text: a whole step as it is, others to a hundredth. Just after a whole step is the next one."""
    if math.nextafter(step, 0.0).is_integer():
        step = math.ceil(step)
    return f"{whole(round(step, 2)):,}"


class Curve(NamedTuple):
    """A line of steps and rates, two of the rates at a jump; `joints` are the places where segments start."""

    steps: list[float]
    rates: list[float]
    joints: list[int]


def extent(schedules: Sequence[Schedule]) -> float:
    """The last step that a picture of the schedules shows."""
    return max(map(length, schedules)) * BEYOND or ALONE


def length(schedule: Schedule) -> int:
    """The steps until the rate is held; without end, until a tenth of the way to the limit is left, the rate has grown
    a hundredfold, or five cycles are over.
    """
    if schedule.total_steps is not None:
        return schedule.total_steps
    steps: float = schedule.segments[-1].formula.cycle
    if steps:
        return min(math.ceil(CYCLES * steps), MAX_STEPS)
    return (grows(schedule, GROWTH) if schedule.peak_learning_rate is None else reaches(schedule, 0.1)) or MAX_STEPS


def horizon(schedule: Schedule, last: float) -> float:
    """Where the curve ends in a picture up to that step: what grows without end would dwarf the others."""
    return last if schedule.peak_learning_rate is not None else min(last, length(schedule) * BEYOND)


def reaches(schedule: Schedule, share: float) -> int | None:
    """The first whole step at which a schedule without end has so much of the way to its limit left, or less; None if
    that is beyond 2**53.
    """
    last = schedule.segments[-1]
    rate = last.last_rate + share * (last.first_rate - last.last_rate)
    return _first_step(schedule, lambda step: schedule(step) <= rate)


def grows(schedule: Schedule, times: float) -> int | None:
    """The first whole step at which a schedule that grows without end has so many times its first rate; None if that
    is beyond 2**53, or no float64.
    """
    rate = times * schedule.segments[-1].first_rate
    return _first_step(schedule, lambda step: schedule(step) >= rate)


def _first_step(schedule: Schedule, is_there: Callable[[int], bool]) -> int | None:
    """The first whole step of the last segment from which on something is so."""
    if not is_there(MAX_STEPS):
        return None
    return bisect_left(range(MAX_STEPS), True, lo=math.ceil(schedule.segments[-1].start), key=is_there)


def shown(schedule: Schedule, last: float) -> list[Segment]:
    """The segments that start within the picture."""
    return [segment for segment in schedule.segments if segment.start <= last]


def warmups(schedule: Schedule) -> list[Segment]:
    """The segments of the warmup, which is the first rise from step 0; none without."""
    return list(takewhile(lambda segment: segment.kind == "warmup", schedule.segments))


def curve(schedule: Schedule, last: float, pieces: int = PIECES) -> Curve:
    """The curve from step 0 to the last one to draw: segment by segment, so that short ones keep their shape."""
    steps: list[float] = []
    rates: list[float] = []
    joints = []
    last = horizon(schedule, last)
    segments = shown(schedule, last)
    pieces = max(1, min(pieces, MOST // len(segments)))
    for segment in segments:
        start, end = segment.start, segment.end
        stop, count = min(end, last), 1 if segment.kind == "hold" else pieces
        if not steps or rates[-1] != segment.first_rate:
            steps.append(float(start))
            rates.append(segment.first_rate)
        joints.append(len(steps) - 1)
        period = segment.formula.period
        stairs = int((stop - start) / period) if period else 0
        if 0 < stairs <= pieces:
            for i in range(1, stairs + 1):
                steps += [start + i * period] * 2
                rates += [rates[-1], schedule(start + i * period)]
            count = 1
        again = segment.formula.cycle
        cycles = math.ceil((stop - start) / again) if again else 1
        if cycles > pieces:
            cycles = 1
        count = min(count, MOST // cycles)
        for begin, finish in pairwise([*(start + i * again for i in range(cycles)), stop]):
            if begin > start:
                steps.append(begin)
                rates.append(schedule(begin + AFTER * again))
            for i in range(1, count + 1):
                step = begin + (finish - begin) * i / count
                steps.append(step)
                # One by one, for NumPy takes longer to import than this. At the end the next segment may start with a
                # jump.
                rates.append(segment.last_rate if step == end else schedule(step))
    return Curve(steps, rates, joints)


def differences(schedules: Sequence[Schedule]) -> list[str]:
    """For each schedule its fields that differ from those of another of its class, as text; without any, its name."""
    every = [_fields(schedule) for schedule in schedules]
    texts = []
    for schedule, own in zip(schedules, every, strict=True):
        alike = [fields for other, fields in zip(schedules, every, strict=True) if type(other) is type(schedule)]
        # What another one has no place for, such as the last of more phases, counts as None there.
        values = {name: len({fields.get(name) for fields in alike}) for name in own}
        differing = [name for name in own if values[name] > 1]
        telling = sorted(differing, key=values.__getitem__, reverse=True)[:TOLD]
        told = [f"{name}={own[name]!r}" for name in differing if name in telling]
        texts.append(", ".join([*told, *(["..."] if differing[TOLD:] else [])]) or schedule.name)
    return texts


def _fields(schedule: Schedule) -> dict[str, Any]:
    """The fields by name, those of an item in a field among them, such as `phases[0].steps`."""
    fields: dict[str, Any] = {}
    for field, value in zip(schedule._fields, schedule._values(), strict=True):
        if isinstance(value, tuple):
            for i, item in enumerate(value):
                if isinstance(item, Value):
                    names = (f"{field}[{i}].{name}" for name in item._fields)
                    fields |= zip(names, item._values(), strict=True)
                else:
                    fields[f"{field}[{i}]"] = item
        else:
            fields[field] = value
    return fields
