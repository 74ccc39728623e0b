"""The bars of the README: what a step costs, in a batch and alone, on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

OURS, PEER, YARDSTICK, INK, FAINT = "#d9480f", "#4c6a92", "#adb5bd", "#212529", "#6c757d"
STYLE: Any = {
    "font.family": "DejaVu Sans",  # comes with Matplotlib: the same everywhere
    "font.size": 9.5,
    "svg.hashsalt": "learnrate",  # the same names of parts in every file
    "text.color": INK,
}


def draw(
    path: Path,
    per_step: Mapping[str, float],
    per_call: Mapping[str, float],
    steps: int,
    yardsticks: set[str],
    duration: Callable[[float], str],
) -> None:
    """Writes an SVG with its own white ground, which light and dark pages show alike, and without a date."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10.4, 3.9), facecolor="white")
        left, right = figure.subplots(1, 2, width_ratios=(5, 6))
        _panel(left, f"A batch of {steps:,} steps: time per step", per_step, yardsticks, duration)
        _panel(right, "One step: time per call", per_call, yardsticks, duration)
        note = "Logarithmic. The factor is that of the time to learnrate's; gray computes no rate, and is a yardstick."
        figure.text(0.012, 0.03, note, color=FAINT, fontsize=8.5)
        figure.tight_layout(w_pad=3, rect=(0, 0.06, 1, 1))
        figure.savefig(path, format="svg", metadata={"Date": None})


def _panel(
    axes: Any, title: str, times: Mapping[str, float], yardsticks: set[str], duration: Callable[[float], str]
) -> None:
    ordered = sorted(times, key=lambda name: times[name])
    low, high = times[ordered[0]], times[ordered[-1]]
    span = (high / low) ** 0.06  # so that the shortest bar is one
    start, end = low / span / 1.3, high * (high / low) ** 0.8  # room for the longest bar's text
    for position, name in enumerate(ordered):
        ours = name.startswith("learnrate")
        color = YARDSTICK if name in yardsticks else OURS if ours else PEER
        axes.barh(position, times[name] - start, left=start, height=0.62, color=color)
        axes.text(
            times[name],
            position,
            "  " + duration(times[name]) + ("" if name == "learnrate" else _ratio(times[name] / times["learnrate"])),
            va="center",
            color=INK if ours else FAINT,
            fontweight="bold" if name == "learnrate" else "normal",
        )
    axes.set(xscale="log", xlim=(start, end))
    axes.set_yticks(range(len(ordered)), ordered)
    for label, name in zip(axes.get_yticklabels(), ordered, strict=True):
        label.set(color=INK, fontweight="bold" if name == "learnrate" else "normal")
    axes.invert_yaxis()
    axes.set_title(title, loc="left", fontweight="bold", fontsize=10.5, pad=10)
    axes.set_xticks([tick for tick in axes.get_xticks() if start < tick <= high])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: duration(value)))
    axes.tick_params(length=0, which="both", labelcolor=FAINT)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.grid(axis="x", color="#e9ecef", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)


def _ratio(ratio: float) -> str:
    return f"   {ratio:,.0f}×" if ratio >= 10 else f"   {ratio:.1f}×"  # noqa: RUF001
