"""What `learnrate show` tells of a schedule in words and numbers."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ._picture import grows, joint, reaches, warmups
from ._schedule import Schedule
from ._segments import Segment

MOST = 40
"""Segments that are listed, and whose starts are among the steps."""
LEFT = {"1/2": 0.5, "1/10": 0.1, "1/100": 0.01}
"""Of what has no end, how much of the way to its limit is left at telling steps."""
GROWN = {"2": 2.0, "10": 10.0, "100": 100.0}
"""Of what grows without end, how many times the first rate it is at telling steps."""
SHAPES = {"cosine": "half a cosine", "rex": "REX"}


def report(title: str, schedule: Schedule, curve: str, width: int | None) -> str:
    """Title, curve, segments, rates at important steps, and advice; in lines of the terminal's width, if it is one."""
    advice = [f"advice: {line}" for line in _advice(schedule)]
    blocks = [
        wrap([printable(title), _summary(schedule)], width),
        [curve] if curve else [],
        _table([("segment", "steps", "rate"), *_segments(schedule)], width),
        _table([("step", "rate", ""), *_telling_steps(schedule)], width),
        wrap(advice, width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def wrap(lines: Sequence[str], width: int | None) -> list[str]:
    if width is None:
        return list(lines)
    return [textwrap.fill(line, width, subsequent_indent="    ", break_on_hyphens=False) for line in lines]


def printable(text: str) -> str:
    """Without what would break the layout, command a terminal, or have no place in a terminal's encoding."""
    return text if text.isascii() and text.isprintable() else ascii(text)[1:-1]


def _summary(schedule: Schedule) -> str:
    first, peak, final, total = (
        schedule(0),
        schedule.peak_learning_rate,
        schedule.final_learning_rate,
        schedule.total_steps,
    )
    if total == 0:
        return f"constant {first:.6g}"
    if peak is None or final is None:
        return f"first {first:.6g}, grows without end"
    if total is not None:
        end = f"final {final:.6g}, {total:,} steps"
    elif steps := schedule.segments[-1].formula.cycle:
        end = f"cycles of {joint(steps)} steps to {final:.6g}, without end"
    else:
        end = f"limit {final:.6g}, without end"
    return f"first {first:.6g}, peak {peak:.6g}, {end}"


def _table(rows: Sequence[tuple[str, str, str]], width: int | None) -> list[str]:
    """Columns side by side; the last one on lines of its own where the terminal is too narrow."""
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = []
    for first, second, third in rows:
        line = f"{first:<{widths[0]}}  {second:<{widths[1]}}"
        if width is None or sum(widths) + 4 <= width:
            lines.append(f"{line}  {third}".rstrip())
        else:
            lines += [line.rstrip(), *([f"    {third}"] if third else [])]
    return lines


def _segments(schedule: Schedule) -> Iterator[tuple[str, str, str]]:
    *before, last = schedule.segments
    for segment in before[:MOST]:
        yield segment.kind, f"{joint(segment.start)} to {joint(segment.end)}", _rates(segment)
    if before[MOST:]:
        yield "...", f"{len(before) - MOST:,} more", ""
    yield last.kind, f"from {joint(last.start)}", _rates(last)


def _rates(segment: Segment) -> str:
    if segment.kind == "hold":
        return f"{segment.first_rate:.6g}"
    shape = SHAPES.get(segment.shape, segment.shape.replace("_", " "))
    if segment.shape == "polynomial":
        shape += f" of power {segment.parameters[0]:.6g}"
    if segment.last_rate == math.inf:
        return f"{segment.first_rate:.6g} and up, {shape}"
    again = ", in cycles" if segment.formula.cycle else ""
    return f"{segment.first_rate:.6g} to {segment.last_rate:.6g}, {shape}{again}"


def _telling_steps(schedule: Schedule) -> Iterator[tuple[str, str, str]]:
    *before, hold = schedule.segments[: MOST + 1]
    moving = [segment for segment in before if segment.kind != "hold"]
    notes = {}
    for segment in moving if len(moving) <= 3 else ():
        start, steps = segment.start, segment.end - segment.start
        if segment.kind == "warmup":
            notes[int(start + steps // 2)] = "half of the warmup"
        else:
            quarters = enumerate(("1/4", "1/2", "3/4"), 1)
            notes |= {int(start + steps * i // 4): f"{share} of the {segment.kind}" for i, share in quarters}
    is_whole = len(schedule.segments) <= MOST + 1
    if moving and moving[-1] is before[-1] and is_whole:
        notes[math.ceil(hold.start) - 1] = "last update before the hold"
    peak, name = schedule.peak_learning_rate, "peak, "
    notes[0] = "first update, at the peak" if schedule(0) == peak else "first update"
    for last, segment in pairwise(before):
        is_peak = segment.first_rate == peak and schedule(0) != peak
        notes[math.ceil(segment.start)] = (
            f"{_jump(last, segment)}{name if is_peak else ''}where the {segment.kind} starts"
        )
        name = "" if is_peak else name
    if is_whole and hold.kind != "hold":
        notes |= _without_end(schedule)
    else:
        notes[math.ceil(hold.start)] = "held from here on" if is_whole else f"the {MOST}th segment ends"
    for step in sorted(notes):
        yield f"{step:,}", f"{schedule(step):.6g}", notes[step]


def _without_end(schedule: Schedule) -> dict[int, str]:
    """Notes of telling steps where the rate is never held."""
    if steps := schedule.segments[-1].formula.cycle:
        starts = {math.floor(i * steps) + 1: f"cycle {i + 1} starts" for i in (1, 2)}
        return starts | {math.floor(i * steps): f"cycle {i} ends" for i in (1, 2)}
    if schedule.peak_learning_rate is None:
        return {
            step: f"{text} times the first rate, or more"
            for text, times in GROWN.items()
            if (step := grows(schedule, times))
        }
    return {
        step: f"{text} of the way is left, or less"
        for text, share in LEFT.items()
        if (step := reaches(schedule, share))
    }


def _jump(last: Segment, segment: Segment) -> str:
    return "" if segment.first_rate == last.last_rate else f"jump from {last.last_rate:.6g}, "


def _advice(schedule: Schedule) -> Iterator[str]:
    first = schedule.segments[0]
    warmup = max((segment.end for segment in warmups(schedule)), default=0)
    if schedule.peak_learning_rate == 0.0:
        yield "the peak is 0: from there on nothing is trained."
    elif first.kind == "hold" and first.first_rate == 0.0:
        yield f"the first {math.ceil(first.end):,} updates have rate 0 and change nothing."
    elif first.first_rate == 0.0:
        yield (
            "the first update has rate 0 and changes nothing. To avoid it, start at the rate of the second, "
            f"{schedule(1):.6g}."
        )
    if warmup > (rest := schedule.segments[-1].start - warmup) > 0:
        yield f"the warmup ({joint(warmup)} steps) is longer than the rest ({joint(rest)})."
    yield from schedule._advice()
