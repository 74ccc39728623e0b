"""Curves drawn with characters, by plotille, which need not be there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ._cosine_decay import CosineDecay
from ._picture import BEYOND, curve, phases

COLORS = ("bright_blue", "bright_yellow", "bright_magenta", "bright_green", "bright_cyan", "bright_red")
HEIGHT = 12
LEAST = 20
"""Fewer columns show no curve."""
BLANK = "\u2800"
"""The character without dots."""


def draw(schedules: Sequence[CosineDecay], width: int, *, log: bool) -> str:
    """The rates over the steps in so many columns, a letter at each joint where there are several schedules.

    Nothing at all if plotille is missing or the window too narrow. Colours are left out where the output is no
    terminal or `NO_COLOR` is set.
    """
    try:
        import plotille
    except ModuleNotFoundError as error:
        if error.name != "plotille":
            raise
        return ""
    last = max(schedule.total_steps for schedule in schedules) * BEYOND
    curves = [curve(schedule, last) for schedule in schedules]
    drawn = [rate for _, rates in curves for rate in rates if rate > 0.0 or not log] or [1.0]
    low, high = min(drawn), max(drawn)
    gutter = max(len(f"{low:.3g}"), len(f"{high:.3g}"))
    columns = width - gutter - 2
    if columns < LEAST:
        return ""

    def height(rate: float) -> float:
        if log:
            return math.log(max(rate, low) / low) / (math.log(high / low) or 1.0)
        return (rate - low) / ((high - low) or 1.0)

    # A character has 2 times 4 dots, and the last dot must be inside.
    canvas = plotille.Canvas(columns, HEIGHT, xmax=last * (1 + 0.5 / columns), ymax=1 + 0.25 / HEIGHT)
    for i, (schedule, (steps, rates)) in enumerate(zip(schedules, curves, strict=True)):
        points = [(step, height(rate)) for step, rate in zip(steps, rates, strict=True)]
        for start, end in pairwise(points):
            canvas.line(*start, *end, color=COLORS[i % len(COLORS)])
        if len(schedules) > 1:
            for phase in phases(schedule)[-2:]:
                canvas.text(phase.first, height(schedule(phase.first)), letter(i), color=COLORS[i % len(COLORS)])
    marks = {0: f"{high:.3g}", HEIGHT - 1: f"{low:.3g}"}
    lines = [
        f"{marks.get(i, ''):>{gutter}} |{line.rstrip(BLANK)}" for i, line in enumerate(canvas.plot("\n").split("\n"))
    ]
    return "\n".join([*lines, " " * (gutter + 2) + _steps(schedules, columns, last)])


def letter(i: int) -> str:
    """The name of the `i`-th curve in the picture."""
    return chr(ord("a") + i % 26)


def _steps(schedules: Sequence[CosineDecay], columns: int, last: float) -> str:
    """The joints' steps, each below its own, as far as there is room: the ends first."""
    line = [" "] * columns
    joints: list[Any] = sorted({phase.first for schedule in schedules for phase in phases(schedule)})
    for step in (0, *joints[::-1]):
        text = f"{step:,}"
        at = min(round(step / last * (columns - 1)), columns - len(text))
        if at >= 0 and not "".join(line[max(at - 1, 0) : at + len(text) + 1]).strip():
            line[at : at + len(text)] = text
    return "".join(line).rstrip()
