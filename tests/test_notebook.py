"""The promise: at the end of a notebook's cell a schedule shows itself: curve, joints, fields, whatever its name is."""

from __future__ import annotations

import itertools
import re
from types import ModuleType
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule

HOSTILE = "</td><script>alert(1)</script>&amp;\"' <svg onload=x>\n\x1b\u202e"


def parsed(schedule: Schedule) -> ElementTree.Element:
    """Well-formed, which HTML need not be: then nothing can be read in two ways."""
    return ElementTree.fromstring(schedule._repr_html_())


def cells(root: ElementTree.Element) -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row] for row in root.iter("tr")]


def test_it_shows_joints_and_fields(CosineDecay: type[Schedule]) -> None:
    schedule = CosineDecay(0.5, 90_000, alpha=0.25, warmup_target=2.0, warmup_steps=10_000)
    assert cells(parsed(schedule)) == [
        ["segment", "from step", "rate there"],
        ["warmup", "0", "0.5"],
        ["decay", "10,000", "2.0"],
        ["hold", "100,000", "0.5"],
        ["field", "value"],
        ["initial_learning_rate", "0.5"],
        ["decay_steps", "90000"],
        ["alpha", "0.25"],
        ["name", "'CosineDecay'"],
        ["warmup_target", "2.0"],
        ["warmup_steps", "10000"],
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"decay_steps": 90_000, "alpha": 0.25, "warmup_target": 2.0, "warmup_steps": 10_000},
        {"decay_steps": 2**53 - 5, "warmup_target": 2.0, "warmup_steps": 5},
        {"decay_steps": 1, "alpha": 1.0},
        {"decay_steps": 5, "alpha": 4.0},
    ],
)
def test_the_curve_is_the_schedule_s(CosineDecay: type[Schedule], fields: Any) -> None:
    schedule = CosineDecay(0.5, **fields)
    (line,) = parsed(schedule).iter("polyline")
    points = [tuple(map(float, point.split(","))) for point in line.get("points", "").split()]
    xs, ys = zip(*points, strict=True)
    assert list(xs) == sorted(xs)
    # What a pixel stands for, from the ends: coordinates are rounded to a tenth, so positions are off by 0.05 of one,
    # and what is computed from them by a bit more.
    low, high = min(schedule(0), schedule.final_learning_rate), max(schedule(0), schedule.peak_learning_rate)
    high = max(high, schedule.final_learning_rate)
    left, right, bottom, top = xs[0], xs[-1], max(ys), min(ys)
    end = schedule.total_steps * 1.1
    for x, y in points:
        around = [max((x + off - left) / (right - left), 0.0) * end for off in (-0.11, 0.0, 0.11)]
        rates = [schedule(step) for step in around]
        rates += [schedule.peak_learning_rate] if around[0] <= schedule.warmup_steps <= around[2] else []
        rates += [schedule(0)] if around[0] <= 0.0 else []
        if bottom == top:
            assert low == high
        else:
            slack = 0.11 * (high - low) / (bottom - top)
            assert min(rates) - slack <= low + (bottom - y) / (bottom - top) * (high - low) <= max(rates) + slack
    # Half-way between two points the chord is as near to the curve. A warmup may have no more than a pixel.
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if x0 > left + (right - left) * schedule.warmup_steps / end + 1:
            rate = schedule(((x0 + x1) / 2 - left) / (right - left) * end)
            y = bottom - (rate - low) / ((high - low) or 1.0) * (bottom - top)
            assert abs((y0 + y1) / 2 - y) < 0.5
    marks = [(float(mark.get("cx", "")), float(mark.get("cy", ""))) for mark in parsed(schedule).iter("circle")]
    assert set(marks) <= set(points)
    assert len(marks) == (3 if "warmup_target" in fields else 2)
    titles = [title.text for title in parsed(schedule).iter("title")]
    assert titles[-1] == f"{schedule.final_learning_rate!r} at {schedule.total_steps:,}"


def test_it_shows_phases_holds_and_jumps(learnrate: ModuleType) -> None:
    schedule = learnrate.Phases(0.0, [(10, 2.0), (60, 2.0), (30, 0.25, "cosine", None, 1.0)])
    assert cells(parsed(schedule))[:5] == [
        ["segment", "from step", "rate there"],
        ["warmup", "0", "0.0"],
        ["hold", "10", "2.0"],
        ["decay", "70", "1.0"],
        ["hold", "100", "0.25"],
    ]
    (line,) = parsed(schedule).iter("polyline")
    points = [tuple(map(float, point.split(","))) for point in line.get("points", "").split()]
    (left, bottom), (right, _) = points[0], points[-1]
    top = min(y for _, y in points)
    # At the jump, from 2 to 1 of 2, the curve goes straight down to half its height. The picture is 110 steps wide.
    assert [y for x, y in points if abs(x - (left + (right - left) * 70 / 110)) < 0.1] == [top, (top + bottom) / 2]
    titles = [title.text for title in parsed(schedule).iter("title")]
    assert titles == ["0.0 at 0", "2.0 at 10", "1.0 at 70", "0.25 at 100"]


def test_it_shows_a_constant_and_many_segments(learnrate: ModuleType) -> None:
    root = parsed(learnrate.constant(0.5))
    assert cells(root)[1] == ["hold", "0", "0.5"]
    assert [title.text for title in root.iter("title")] == ["0.5 at 0"]
    (line,) = root.iter("polyline")
    (left, height), (right, same) = (map(float, point.split(",")) for point in line.get("points", "").split())
    assert left < right
    assert height == same == 75.0  # in the middle
    html = learnrate.Phases(1.0, [(10, 1.0 + i % 2) for i in range(65_535)])._repr_html_()
    root = ElementTree.fromstring(html)
    assert len([row for row in cells(root) if row[0] in ("rise", "decay", "warmup", "hold")]) == 50
    assert len(list(root.iter("circle"))) == 50
    assert len(html) < 10**6 * 2


def test_a_hostile_name_is_shown_and_does_nothing(CosineDecay: type[Schedule]) -> None:
    schedule = CosineDecay(0.5, 1000, name=HOSTILE)
    root = parsed(schedule)
    assert {element.tag for element in root.iter()} == {
        *("div", "svg", "path", "circle", "title", "polyline", "table", "tr", "th", "td")
    }
    assert ["name", repr(HOSTILE)] in cells(root)
    html = CosineDecay(0.5, 1000, name="x" * 10**6)._repr_html_()
    assert len(html) < 10_000
    assert html.count("overflow-wrap: anywhere") == 2  # or the table would be as wide as the name


def test_it_is_readable_on_any_background_and_needs_nothing(learnrate: ModuleType) -> None:
    html = learnrate.CosineDecay(0.5, 1000)._repr_html_()
    assert set(re.findall(r'(?:fill|stroke)="(.+?)"', html)) == {"none", "currentColor", "#3b82f6"}
    assert not re.search(r"<style|<script|class=|href|url\(|background|(?<!-)color:|https?:", html)
    assert len(html) < 5000

    def luminance(color: str) -> float:  # WCAG 2.2
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    for background in ("#ffffff", "#111111"):
        dark, light = sorted([luminance(background), luminance("#3b82f6")])
        assert (light + 0.05) / (dark + 0.05) >= 3  # what WCAG asks of graphics
