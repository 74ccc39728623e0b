"""What a notebook shows of a schedule: a small picture, joints and fields, in the colours of the page around them."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ._arguments import show
from ._picture import curve, extent, joint
from ._schedule import Schedule

WIDTH, HEIGHT, MARGIN = 480, 150, 8
PIECES = 32
"""Straight lines to a segment: off by less than a tenth of a pixel."""
MOST = 50
"""Segments that are marked and listed."""
BLUE = "#3b82f6"
"""Stands out from white and from black."""


def html(schedule: Schedule) -> str:
    """The schedule as HTML that needs neither scripts nor style sheets."""
    joints = [(segment.kind, joint(segment.start), f"{segment.first_rate!r}") for segment in schedule.segments[:MOST]]
    fields = [(field, show(value)) for field, value in zip(schedule._fields, schedule._values(), strict=True)]
    return (
        f"<div>{_svg(schedule)}"
        '<div style="display: flex; flex-wrap: wrap; gap: 0 2em; align-items: flex-start">'
        f"{_table(('segment', 'from step', 'rate there'), joints)}{_table(('field', 'value'), fields)}</div></div>"
    )


def _svg(schedule: Schedule) -> str:
    last = extent([schedule])
    steps, rates, _ = curve(schedule, last, PIECES)
    low, height = min(rates), max(rates) - min(rates)

    def place(step: float, rate: float) -> tuple[str, str]:
        share = (rate - low) / height if height else 0.5
        x, y = step / last * (WIDTH - 2 * MARGIN), share * (HEIGHT - 2 * MARGIN)
        return f"{MARGIN + x:.1f}", f"{HEIGHT - MARGIN - y:.1f}"

    line = " ".join(",".join(place(step, rate)) for step, rate in zip(steps, rates, strict=True))
    marks = ""
    for segment in schedule.segments[:MOST]:
        start, rate = segment.start, segment.first_rate
        x, y = place(start, rate)
        marks += f'<path d="M{x} 0V{HEIGHT}" stroke="currentColor" stroke-opacity="0.3" stroke-dasharray="2 3"/>'
        marks += f'<circle cx="{x}" cy="{y}" r="3.5" fill="{BLUE}"><title>{rate!r} at {joint(start)}</title></circle>'
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" aria-label="learning rate over steps" '
        f'style="max-width: 100%">{marks}'
        f'<polyline points="{line}" fill="none" stroke="{BLUE}" stroke-width="2"/></svg>'
    )


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [_row("th", header), *(_row("td", row) for row in rows)]
    return f'<table style="max-width: 100%; overflow-wrap: anywhere">{"".join(lines)}</table>'


def _row(tag: str, cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"
