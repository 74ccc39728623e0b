"""Curves drawn with characters, by plotille, which need not be there."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ._picture import curve, extent, joint, length, shown
from ._schedule import Schedule

COLORS = ("bright_blue", "bright_yellow", "bright_magenta", "bright_green", "bright_cyan", "bright_red")
HEIGHT = 12
LEAST = 20
"""Fewer columns show no curve."""
BLANK = "\u2800"
"""The character without dots."""


def draw(schedules: Sequence[Schedule], width: int, *, log: bool) -> str:
    """The rates over the steps in so many columns; each of several schedules has its letter where its hold begins.

    Without end, the letter stands where the view ends.
    Nothing at all if plotille is missing or the window too narrow. A rate of 0 has no place on a logarithmic axis.
    """
    try:
        import plotille
    except ModuleNotFoundError as error:
        if error.name != "plotille":
            raise
        return ""
    last = extent(schedules)
    drawn = [curve(schedule, last) for schedule in schedules]
    curves = [list(zip(line.steps, line.rates, strict=True)) for line in drawn]
    log = log and any(rate for points in curves for _, rate in points)
    visible = [rate for points in curves for _, rate in points if rate or not log]
    low, high = min(visible), max(visible)
    gutter = max(len(f"{low:.3g}"), len(f"{high:.3g}"))
    columns = width - gutter - 2
    if columns < LEAST:
        return ""
    scale = math.log if log else float

    def height(rate: float) -> float:
        return (scale(rate) - scale(low)) / ((scale(high) - scale(low)) or 1.0)

    # A character has 2 times 4 dots, and the last dot must be inside.
    canvas = plotille.Canvas(columns, HEIGHT, xmax=last * (1 + 0.5 / columns), ymax=1 + 0.25 / HEIGHT)
    for i, (schedule, points) in enumerate(zip(schedules, curves, strict=True)):
        for (start, rate), (end, next_rate) in pairwise(points):
            if not log or (rate and next_rate):
                canvas.line(start, height(rate), end, height(next_rate), color=_color(i))
        end = length(schedule)
        if len(schedules) > 1 and (schedule(end) or not log):
            canvas.text(end, height(schedule(end)), _letter(i), color=_color(i))
    marks = {0: f"{high:.3g}" if high > low else "", HEIGHT - 1: f"{low:.3g}"}
    rows = [line.rstrip(BLANK) for line in canvas.plot("\n").split("\n")]
    lines = [f"{marks.get(i, ''):>{gutter}} |{row}" for i, row in enumerate(rows)]
    return "\n".join([*lines, " " * (gutter + 2) + _steps(schedules, columns, last)])


def letter(i: int) -> str:
    """What the `i`-th schedule is called in the picture, in its colour."""
    import plotille

    return str(plotille.color(_letter(i), fg=_color(i)))


def _letter(i: int) -> str:
    return chr(ord("a") + i % 26)


def _color(i: int) -> str | None:
    return None if os.environ.get("TERM") == "dumb" else COLORS[i % len(COLORS)]


def _steps(schedules: Sequence[Schedule], columns: int, last: float) -> str:
    """The joints' steps, each below its own, as far as there is room: the ends first."""
    line = [" "] * columns
    joints: list[Any] = sorted({segment.start for schedule in schedules for segment in shown(schedule, last)})
    for step in (0, *(joints[::-1] if any(joints) else [last])):
        text = joint(step)
        at = min(round(step / last * (columns - 1)), columns - len(text))
        if at >= 0 and not "".join(line[max(at - 1, 0) : at + len(text) + 1]).strip():
            line[at : at + len(text)] = text
    return "".join(line).rstrip()
