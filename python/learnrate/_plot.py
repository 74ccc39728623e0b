"""`plot`: schedules drawn by matplotlib, which is imported when the first one is."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._arguments import refuse
from ._picture import curve, differences, extent, horizon, joint, shown, warmups
from ._schedule import Schedule

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIGURE: dict[str, Any] = {"figsize": (8.0, 4.5), "layout": "constrained"}
MAX_RATE = 1e300
"""Matplotlib's ticks overflow somewhat above it."""
CROWD = 8
"""More segments leave no room for labels at their joints."""
SHORT = 1 / 40
"""A warmup of a smaller share of the picture's width gets a picture of its own."""


def plot(*schedules: Schedule, ax: Axes | None = None, log: bool = False, labels: Sequence[str] | None = None) -> Axes:
    """Draws schedules: the rate over the steps, from the first update to somewhat after the last decay ends.

    What has no end is drawn until a tenth of the way to its limit is left, until it is a hundred times its first rate,
    or for five cycles.

    The curve is that of `schedule(step)`, by 256 straight lines to a segment or cycle, however long the schedule is,
    and by 16,384 in all. One schedule has its segments marked, and its joints labelled where they are few. Several
    schedules have a legend: the fields by which each differs from others of its class, or its name. Warmups too short
    to be seen have a small picture of their own, as wide as the longest of them needs. Axes less than 3.5 inches wide
    have room for the curves only. For several in one picture call this once: a second call draws over the first.

    Args:
        schedules: what to draw.
        ax: the matplotlib axes to draw on; None makes a figure with pyplot.
        log: whether the axis of rates is logarithmic. A rate of 0 is then out of sight, below it; where every rate is
            0, the axis stays linear.
        labels: the legend's texts, one for each schedule; None for what differs.

    Returns:
        The axes. `ax.figure.savefig("curve.svg")` writes a file.

    Raises:
        ImportError: matplotlib is missing: `pip install 'learnrate[plot]'`.
        TypeError: there is no schedule, or an argument has the wrong type.
        ValueError: there is not one label for each schedule, or a rate is above 1e300.

    >>> import learnrate
    >>> cosine = learnrate.CosineDecay(0.0, 90_000, warmup_target=1e-3, warmup_steps=10_000)
    >>> ax = learnrate.plot(cosine, cosine.replace(alpha=0.1))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['alpha=0.0', 'alpha=0.1']
    """
    for schedule in schedules:
        if not isinstance(schedule, Schedule):
            refuse(TypeError, "schedules", "learnrate schedules", schedule)
    if not schedules:
        raise TypeError("Argument `schedules` must be at least one schedule. Received: none")
    last = extent(schedules)
    for schedule in schedules:
        if (rate := _highest(schedule, last)) > MAX_RATE:
            raise ValueError(f"A rate of the schedule is too large to be drawn: > {MAX_RATE}. Received: {rate!r}")
    if labels is not None and not isinstance(labels, (list, tuple)):
        refuse(TypeError, "labels", "a list or tuple of texts", labels)
    if labels is not None and len(labels) != len(schedules):
        refuse(ValueError, "labels", f"one for each of {len(schedules)} schedules", labels)
    _need_matplotlib()
    from matplotlib.axes import Axes

    if ax is None:
        from matplotlib import pyplot

        ax = pyplot.figure(**FIGURE).add_subplot()
    elif not isinstance(ax, Axes) or ax.name != "rectilinear":
        refuse(TypeError, "ax", "matplotlib axes, neither polar nor 3D, or None", ax)
    _draw(ax, schedules, last, labels or (differences(schedules) if len(schedules) > 1 else []), log)
    return ax


def rendered(schedules: Sequence[Schedule], labels: Sequence[str], file_format: str, *, log: bool) -> bytes:
    """A file's content: "png", "svg" or what else matplotlib writes, without a window or pyplot's list of figures."""
    _need_matplotlib()
    from matplotlib.figure import Figure

    figure, content = Figure(**FIGURE), io.BytesIO()
    if file_format not in figure.canvas.get_supported_filetypes():
        raise ValueError("The file of a picture must end in .png, .svg or what else matplotlib writes")
    plot(*schedules, ax=figure.subplots(), log=log, labels=labels)
    figure.savefig(content, format=file_format, dpi=150)
    return content.getvalue()


def _need_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        raise ImportError("Drawing needs matplotlib: pip install 'learnrate[plot]'") from None


def _draw(ax: Any, schedules: Sequence[Schedule], last: float, labels: Sequence[str], log: bool) -> None:
    lines = [_line(ax, schedule, last) for schedule in schedules]
    _scale(ax, lines, log)
    ax.set_xlabel(ax.get_xlabel() or "step (optimizer updates done)")
    ax.set_ylabel(ax.get_ylabel() or "learning rate")
    if len(schedules) == 1:
        _mark(ax, schedules[0], last)
    if labels:
        texts = [textwrap.fill(label, 90) for label in labels]
        columns = 2 if max(map(len, texts)) <= 40 else 1
        above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.05), "frameon": False, "fontsize": "small"}
        for text in ax.legend(lines, texts, ncols=columns, **above).get_texts():
            text.set_parse_math(False)
    ends = [segment.end for schedule in schedules for segment in warmups(schedule)]
    short = [end for end in ends if end < last * SHORT]
    if short and _has_room(ax) and not ax.child_axes:
        inset = ax.inset_axes(_free_place(ax, lines))
        for schedule, line in zip(schedules, lines, strict=True):
            _line(inset, schedule, max(short) * 1.5, color=line.get_color())
        _scale(inset, inset.lines, log)
        inset.set_title("warmup", fontsize="small")
        inset.tick_params(labelsize="small")


def _highest(schedule: Schedule, last: float) -> float:
    rates = [rate for segment in schedule.segments for rate in (segment.first_rate, segment.last_rate)]
    return max(rate if rate < math.inf else schedule(horizon(schedule, last)) for rate in rates)


def _line(ax: Any, schedule: Schedule, last: float, **style: Any) -> Any:
    """The curve, with dots at its joints."""
    steps, rates, joints = curve(schedule, last)
    (line,) = ax.plot(steps, rates, marker="o", markersize=4, markevery=joints, **style)
    return line


def _scale(ax: Any, lines: Sequence[Any], log: bool) -> None:
    from matplotlib.ticker import EngFormatter, MaxNLocator, StrMethodFormatter

    compact = EngFormatter(sep="")
    compact.ENG_PREFIXES = {0: "", 3: "k", 6: "M", 9: "B", 12: "T", 15: "Q"}
    if ax.get_xscale() == "linear":
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        ax.xaxis.set_major_formatter(compact)
    ax.margins(x=0.01, y=0.12)
    if log and max(rate for line in lines for rate in line.get_ydata()) > 0.0:
        ax.set_yscale("log")
    else:
        ax.yaxis.set_major_formatter(StrMethodFormatter("{x:.10g}"))
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)


def _mark(ax: Any, schedule: Schedule, last: float) -> None:
    """Shades the segments that do not fall, names those with room for it, and labels the joints of a few."""
    segments = shown(schedule, last)
    before = None
    for segment in segments:
        start, stop, rate = segment.start, min(segment.end, last), segment.first_rate
        if segment.kind != "decay":
            ax.axvspan(start, stop, color="gray", alpha=0.1, linewidth=0)
        if stop - start > 0.05 * last:
            middle = (start + stop) / 2
            ax.text(middle, 1.01, segment.kind, transform=ax.get_xaxis_transform(), ha="center", color="gray")
        if _has_room(ax) and len(segments) <= CROWD and (segment.kind != "hold" or rate != before):
            # On the side of the joint where the curve is not.
            is_right = start > 0.8 * last
            above = rate > (before or 0.0) if is_right else segment.last_rate <= rate
            ax.annotate(
                f"{rate:.6g} at {joint(start)}",
                (start, rate),
                (4, 6 if above else -6),
                textcoords="offset points",
                ha="right" if is_right else "left",
                va="bottom" if above else "top",
            )
        before = rate


def _has_room(ax: Any) -> bool:
    """Whether texts and a small picture fit into the axes: one of many in a grid has none for them."""
    return bool(ax.get_window_extent().width >= 3.5 * ax.figure.dpi)


def _free_place(ax: Any, lines: Sequence[Any]) -> tuple[float, float, float, float]:
    """Where a small picture hides nothing of the curves, in shares of the axes: a corner, or to their right."""
    import numpy as np

    ax.autoscale_view()  # which is otherwise put off until the axes are drawn
    width, height, ticks = 0.32, 0.34, 0.1
    for left, bottom in ((0.66, 0.56), (0.66, 0.18), (0.13, 0.18), (0.13, 0.56)):
        shares = np.linspace(left - ticks, left + width, 100)
        steps = (ax.transAxes + ax.transData.inverted()).transform([(share, 0.0) for share in shares])[:, 0]
        for line in lines:
            points = np.column_stack([steps, np.interp(steps, *line.get_data())])
            heights = (ax.transData + ax.transAxes.inverted()).transform(points)[:, 1]
            if ((bottom - ticks < heights) & (heights < bottom + height + ticks)).any():
                break
        else:
            return left, bottom, width, height
    start, end = ax.get_xlim()
    ax.set_xlim(start, start + (end - start) / (1 - width - ticks))
    return 1 - width, 0.35, width, height
