"""The promise: pictures are of the very function that trains, at any length, with joints and differences marked."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

LONG = {"decay_steps": 99_900_000_000, "alpha": 0.1, "warmup_target": 6e-5, "warmup_steps": 100_000_000}


@pytest.fixture(autouse=True)
def close() -> Iterator[None]:
    yield
    plt.close("all")


def labels(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize(
    "fields",
    [
        {"decay_steps": 1000},
        {"decay_steps": 900, "alpha": 0.1, "warmup_target": 0.3, "warmup_steps": 100},
        {"decay_steps": 1000, "alpha": 5.0},
        {"decay_steps": 1, "warmup_target": 0.0, "warmup_steps": 1},
        {"decay_steps": 2**53 - 2**40, "warmup_target": 1e300, "warmup_steps": 2**40},
        LONG,
    ],
)
def test_the_curve_is_the_schedule_s(CosineDecay: Any, fields: Any) -> None:
    schedule = CosineDecay(0.02, **fields)
    (line,) = schedule.plot().lines
    steps, rates = line.get_data()
    assert [schedule(step) for step in steps] == list(rates)
    warmup = schedule.total_steps - schedule.decay_steps
    joints = sorted({0, warmup, schedule.total_steps})
    assert [steps[i] for i in line.get_markevery()] == joints
    assert steps[-1] > 1.05 * schedule.total_steps
    assert list(steps) == sorted(set(steps))
    # Between the points there are straight lines: a chord of a half cosine of height 1 in n pieces is off by up to
    # (pi / n)**2 / 2 / 8. The warmup is straight; 1e-9 is for rounding, far above it and far below the other.
    between = (steps[1:] + steps[:-1]) / 2
    height = max(rates) - min(rates)
    assert abs(schedule(between) - (rates[1:] + rates[:-1]) / 2).max() <= height * ((math.pi / 256) ** 2 / 16 + 1e-9)


def test_a_warmup_too_short_to_be_seen_has_a_picture_of_its_own(learnrate: Any) -> None:
    schedule = learnrate.CosineDecay(0.0, **LONG)
    for log in (False, True):
        ax = schedule.plot(log=log)
        (inset,) = ax.child_axes
        steps, rates = inset.lines[0].get_data()
        assert steps[-1] == 1.5 * schedule.warmup_steps
        assert (steps < schedule.warmup_steps).sum() >= 100
        assert [schedule(step) for step in steps] == list(rates)
        assert inset.get_yscale() == ax.get_yscale()
        # It hides nothing of the curve.
        box = inset.get_window_extent()
        points = ax.transData.transform(ax.lines[0].get_xydata())
        assert not any(box.contains(x, y) for x, y in points)
    # One for all: as long as the longest needs, in the colours of the curves.
    ax = learnrate.plot(schedule, schedule.replace(warmup_steps=10**7))
    assert [line.get_xdata()[-1] for line in ax.child_axes[0].lines] == [1.5 * schedule.warmup_steps] * 2
    assert [line.get_color() for line in ax.child_axes[0].lines] == [line.get_color() for line in ax.lines]
    # A rising schedule leaves other corners free.
    ax = schedule.replace(alpha=3.0).plot()
    box = ax.child_axes[0].get_window_extent()
    assert not any(box.contains(x, y) for x, y in ax.transData.transform(ax.lines[0].get_xydata()))
    # Where there is no free corner it stands to the right of the curves.
    ax = learnrate.plot(*(schedule.replace(alpha=alpha) for alpha in (0.0, 0.5, 1.0, 1.5)))
    (inset,) = ax.child_axes
    ax.figure.draw_without_rendering()
    end, _ = ax.transData.transform((ax.lines[0].get_xdata()[-1], 0.0))
    assert inset.get_tightbbox().x0 > end
    assert not schedule.replace(decay_steps=10**9).plot().child_axes
    assert not schedule.replace(warmup_target=None, warmup_steps=0).plot().child_axes


def test_segments_and_joints_are_marked(CosineDecay: Any) -> None:
    ax = CosineDecay(0.5, 900, alpha=0.25, warmup_target=2.0, warmup_steps=100).plot()
    texts = {text.get_text() for text in ax.texts}
    assert texts == {"warmup", "decay", "hold", "0.5 at 0", "2 at 100", "0.5 at 1,000"}
    shaded = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in ax.patches]
    assert shaded == [(0, 100), (1000, pytest.approx(1100))]
    assert ax.get_legend() is None
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step (optimizer updates done)", "learning rate")


def test_a_jump_is_drawn_as_two_points(learnrate: Any) -> None:
    schedule = learnrate.Phases(0.0, [(10, 2.0), (60, 2.0), (30, 0.25, "cosine", None, 1.0)])
    ax = schedule.plot()
    (line,) = ax.lines
    steps, rates = line.get_data()
    assert list(steps) == sorted(steps)
    assert [rate for step, rate in zip(steps, rates, strict=True) if step == 70] == [2.0, 1.0]
    # But for the jump's upper end the points are the schedule's.
    assert [step for step, rate in zip(steps, rates, strict=True) if schedule(step) != rate] == [70]
    joints = [(steps[i], rates[i]) for i in line.get_markevery()]
    assert joints == [(0, 0.0), (10, 2.0), (70, 1.0), (100, 0.25)]
    texts = {text.get_text() for text in ax.texts}
    assert texts == {"warmup", "hold", "decay", "0 at 0", "2 at 10", "1 at 70", "0.25 at 100"}
    shaded = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in ax.patches]
    assert shaded == [(0, 10), (10, 70), (100, pytest.approx(110))]


@pytest.mark.parametrize("period", [100, 12.5])
def test_stairs_are_drawn_as_stairs(learnrate: Any, period: float) -> None:
    for schedule in (
        learnrate.ExponentialDecay(0.5, period, 0.5, staircase=True),
        learnrate.ExponentialDecay(0.5, period, 4, staircase=True),
        learnrate.InverseTimeDecay(0.5, period, 1.0, staircase=True),
    ):
        steps, rates = schedule.plot().lines[0].get_data()
        stairs = [i * period for i in range(int(steps[-1] / period) + 1)]
        assert list(steps) == [0, *(step for step in stairs[1:] for _ in range(2)), steps[-1]]
        assert list(rates) == [rate for step in stairs for rate in [schedule(step)] * 2]


@pytest.mark.parametrize(("first", "last", "period"), [(0.5, 0.0, 100), (0.5, 0.125, 12.5), (0.0, 0.5, 100)])
def test_five_cycles_are_drawn_with_a_jump_after_each(learnrate: Any, first: float, last: float, period: float) -> None:
    schedule = learnrate.PolynomialDecay(first, period, last, power=1.0, cycle=True)
    ax = schedule.plot()
    steps, rates = ax.lines[0].get_data()
    assert steps[-1] == pytest.approx(5.5 * period, abs=1.1)  # whole steps to the end of the fifth, and a tenth more
    jumps = [step for step, after in itertools.pairwise(steps) if step == after]
    assert jumps == [i * period for i in range(1, 6)]
    for i, step in enumerate(jumps, 1):
        end, start = rates[steps == step]
        assert end == last
        # The line to the next multiple, from as far back as step 0.
        assert start == pytest.approx(last + (first - last) / (i + 1), rel=1e-5)
    others = [(step, rate) for step, rate in zip(steps, rates, strict=True) if step not in jumps]
    assert [schedule(step) for step, _ in others] == [rate for _, rate in others]
    assert len(others) > 5 * 200
    assert [text.get_text() for text in ax.texts] == ["decay" if last < first else "rise", f"{first:g} at 0"]


def test_cycles_beyond_number_are_drawn_as_the_curve(learnrate: Any) -> None:
    cycles = learnrate.PolynomialDecay(0.5, 1, 0.25, power=1.0, cycle=True)
    for last in (150, 300, 100_000):
        steps, rates, _ = learnrate._picture.curve(cycles, last)
        assert len(steps) == len(rates) <= learnrate._picture.MOST + 2 * 256
        assert (min(rates), max(rates)) == (0.25, 0.5)
        assert steps[-1] == last
        assert steps == sorted(steps)
    schedule = learnrate.PolynomialDecay(0.5, 2**53, 0.25, power=2.0, cycle=True)
    assert schedule.plot().lines[0].get_xdata()[-1] == pytest.approx(1.1 * 2**53)


def test_growth_is_drawn_until_it_is_a_hundredfold(learnrate: Any) -> None:
    growth = learnrate.ExponentialDecay(2.0**-20, 100, 2.0)
    (line,) = growth.plot().lines
    steps, rates = line.get_data()
    assert growth(665 - 1) < 100 * 2.0**-20 <= growth(665)  # 100 * log2(100) = 664.4
    assert steps[-1] == pytest.approx(1.1 * 665)
    assert [growth(step) for step in steps] == list(rates)
    # Beside what is longer it ends there as well, or it would dwarf the other.
    ax = learnrate.plot(learnrate.linear_decay(1.0, 10**6), growth)
    assert [line.get_xdata()[-1] for line in ax.lines] == [pytest.approx(1.1e6), pytest.approx(1.1 * 665)]
    # What takes more than 2**53 steps is shown up to there; a hundredfold may be more than there is.
    assert learnrate.ExponentialDecay(0.5, 2**53, 2.0).plot().lines[0].get_xdata()[-1] == pytest.approx(1.1 * 2**53)
    for rate in (1e299, 1.7e308):
        with pytest.raises(ValueError, match=r"^A rate of the schedule is too large to be drawn: > 1e\+300"):
            learnrate.ExponentialDecay(rate, 10, 2.0).plot()


def test_a_constant_is_drawn_over_100_steps(learnrate: Any) -> None:
    for log in (False, True):
        ax = learnrate.constant(0.5).plot(log=log)
        steps, rates = ax.lines[0].get_data()
        assert (list(steps), list(rates)) == ([0, 100], [0.5, 0.5])
        assert {text.get_text() for text in ax.texts} == {"hold", "0.5 at 0"}
        ax.figure.draw_without_rendering()
    # Beside another it reaches as far as that.
    ax = learnrate.plot(learnrate.constant(0.5), learnrate.linear_decay(1.0, 5000))
    assert [line.get_xdata()[-1] for line in ax.lines] == [pytest.approx(5500)] * 2


def test_many_segments_are_drawn_without_labels(learnrate: Any) -> None:
    ax = learnrate.Phases(1.0, [(10, 0.5 + i % 2, "cosine") for i in range(9)]).plot()
    assert not any(" at " in text.get_text() for text in ax.texts)
    schedule = learnrate.Phases(1.0, [(10, 0.5 + i % 2, "cosine") for i in range(65_535)])
    steps, rates = learnrate._picture.curve(schedule, 720_000)[:2]
    assert len(steps) == len(rates) <= 2**16 + 1
    assert steps[-1] == 720_000


def test_classes_are_told_apart_by_name_and_alike_ones_by_fields(learnrate: Any) -> None:
    wsd = learnrate.warmup_stable_decay(1.0, 100, warmup_steps=10, decay_steps=20)
    cosine = learnrate.CosineDecay(1.0, 100)
    assert labels(learnrate.plot(wsd, cosine)) == ["Phases", "CosineDecay"]
    assert labels(learnrate.plot(wsd, cosine, cosine.replace(alpha=0.5))) == ["Phases", "alpha=0.0", "alpha=0.5"]
    other = learnrate.warmup_stable_decay(1.0, 100, warmup_steps=10, decay_steps=20, shape="cosine")
    assert labels(learnrate.plot(wsd, other)) == ["phases[2].shape='linear'", "phases[2].shape='cosine'"]
    # One more phase than the other has is told by what is given of it.
    longer = learnrate.Phases(0.0, (*wsd.phases, learnrate.Phase(50, 0.25)))
    assert labels(learnrate.plot(wsd, longer)) == [
        "Phases",
        "phases[3].steps=50, phases[3].learning_rate=0.25, phases[3].shape='linear'",
    ]
    # Where there are too many fields, those stay that tell most apart.
    first, second, third = labels(learnrate.plot(wsd, other, learnrate.linear_decay(1.0, 100)))
    assert "phases[2].shape='linear'" in first.replace("\n", " ")
    assert "phases[2].shape='cosine'" in second.replace("\n", " ")
    assert first.count("=") == second.count("=") == 8
    assert first.endswith(", ...")
    assert third == "initial_learning_rate=1.0, phases[0].steps=100, phases[0].learning_rate=0.0"


def test_labels_keep_off_the_curve(CosineDecay: Any) -> None:
    for fields in ({"alpha": 0.1}, {"alpha": 3.0}, {"warmup_target": 2.0}, {"warmup_target": 0.1, "alpha": 0.5}):
        schedule = CosineDecay(1.0, 900, warmup_steps=100, **fields) if "warmup_target" in fields else None
        ax = (schedule or CosineDecay(1.0, 900, **fields)).plot()
        ax.figure.draw_without_rendering()
        points = ax.transData.transform(ax.lines[0].get_xydata())
        boxes = [text.get_window_extent() for text in ax.texts if " at " in text.get_text()]
        assert len(boxes) >= 2
        assert not any(box.contains(x, y) for box in boxes for x, y in points)


def test_several_are_labelled_by_what_differs(learnrate: Any) -> None:
    one = learnrate.CosineDecay(0.1, 1000)
    plot = learnrate.plot
    assert labels(plot(one, one.replace(alpha=0.5))) == ["alpha=0.0", "alpha=0.5"]
    assert labels(plot(one, one.replace(alpha=0.5, decay_steps=2000))) == [
        "decay_steps=1000, alpha=0.0",
        "decay_steps=2000, alpha=0.5",
    ]
    assert labels(plot(one, one)) == ["CosineDecay", "CosineDecay"]
    assert labels(plot(one, one.replace(name="b"), labels=["x", "y"])) == ["x", "y"]
    ax = plot(one, one.replace(decay_steps=5000), one.replace(alpha=0.5))
    assert len({line.get_color() for line in ax.lines}) == 3
    assert all(line.get_xdata()[-1] == pytest.approx(5500) for line in ax.lines)


def test_the_rates_axis_may_be_logarithmic(CosineDecay: Any) -> None:
    schedule = CosineDecay(0.1, 1000)
    assert schedule.plot().get_yscale() == "linear"
    ax = schedule.plot(log=True)
    assert ax.get_yscale() == "log"
    bottom, top = ax.get_ylim()
    assert 0.0 < bottom < schedule(990) < 0.1 < top
    assert CosineDecay(0.0, 1000).plot(log=True).get_yscale() == "linear"  # nothing to take a logarithm of
    with pytest.raises(TypeError, match="positional"):
        schedule.plot(None, True)


def test_it_draws_on_axes_that_are_there(learnrate: Any) -> None:
    schedule = learnrate.CosineDecay(0.1, 1000)
    ax = Figure().subplots()
    assert schedule.plot(ax) is ax
    assert learnrate.plot(schedule, ax=ax) is ax
    assert len(ax.lines) == 2
    assert plt.get_fignums() == []


def test_small_axes_have_no_room_for_more_than_the_curve(CosineDecay: Any) -> None:
    _, axes = plt.subplots(2, 3, figsize=(8, 4.5))
    ax = CosineDecay(0.0, **LONG).plot(axes[0, 0])
    assert not ax.child_axes
    assert [text.get_text() for text in ax.texts] == ["decay", "hold"]


def test_a_second_one_on_the_same_axes_adds_no_second_picture_of_the_warmup(CosineDecay: Any) -> None:
    ax = CosineDecay(0.0, **LONG).plot()
    assert len(CosineDecay(0.1, **LONG).plot(ax).child_axes) == 1


def test_what_cannot_be_drawn_is_refused(learnrate: Any) -> None:
    schedule = learnrate.CosineDecay(0.1, 1000)
    polar = Figure().add_subplot(projection="polar")
    for arguments, options, error, text in (
        ([], {}, TypeError, "Argument `schedules` must be at least one schedule. Received: none"),
        ([5], {}, TypeError, "Argument `schedules` must be learnrate schedules. Received: schedules=5"),
        ([schedule], {"ax": 5}, TypeError, "Argument `ax` must be matplotlib axes, neither polar nor 3D, or None."),
        ([schedule], {"ax": polar}, TypeError, "Argument `ax` must be matplotlib axes, neither polar nor 3D, or None."),
        ([schedule], {"labels": "x"}, TypeError, "Argument `labels` must be a list or tuple of texts."),
        ([schedule], {"labels": []}, ValueError, "Argument `labels` must be one for each of 1 schedules."),
        ([schedule.replace(alpha=1e302)], {}, ValueError, "A rate of the schedule is too large to be drawn: > 1e+300."),
    ):
        with pytest.raises(error) as info:
            learnrate.plot(*arguments, **options)
        assert str(info.value).startswith(text)
        assert "Received: " in str(info.value)
    assert plt.get_fignums() == []
    assert not polar.lines


@pytest.mark.parametrize("peak", [1e300, 5e-324])
def test_the_largest_and_smallest_rates_can_be_drawn(CosineDecay: Any, peak: float) -> None:
    for log in (False, True):
        CosineDecay(0.0, 1000, warmup_target=peak, warmup_steps=10).plot(log=log).figure.draw_without_rendering()


def test_the_legend_is_whole_and_takes_no_text_for_a_formula(learnrate: Any) -> None:
    one = learnrate.CosineDecay(0.0, 90_000, 0.1, r"$\no$", 1e-3, 10_000)
    for other in (one.replace(alpha=0.5), learnrate.CosineDecay(1e-3, 100_000), one.replace(name="x" * 1000)):
        figure = learnrate.plot(one, other).figure
        figure.canvas.draw()
        legend = figure.axes[0].get_legend().get_window_extent()
        assert figure.bbox.x0 <= legend.x0 < legend.x1 <= figure.bbox.x1
    ax = one.plot()
    assert ax.get_legend() is None
    assert labels(learnrate.plot(one, labels=["$x"])) == ["$x"]


def test_ticks_tell_rates_apart(CosineDecay: Any) -> None:
    for start in (0.996, 0.9999, 1e-7):
        ax = CosineDecay(start, 1000, alpha=1 / start).plot()
        ax.figure.draw_without_rendering()
        ticks = [text.get_text() for text in ax.get_yticklabels()]
        assert len(ticks) == len(set(ticks)) >= 4
    ax = CosineDecay(0.1, 10**11).plot()
    ax.figure.draw_without_rendering()
    assert {"0", "25B", "100B"} <= {text.get_text() for text in ax.get_xticklabels()}


def test_the_words_of_axes_that_are_there_stay(CosineDecay: Any) -> None:
    ax = Figure().subplots()
    ax.set(xlabel="tokens", ylabel="momentum", xscale="log")
    formatter = ax.xaxis.get_major_formatter()
    CosineDecay(0.996, 1000, alpha=1 / 0.996).plot(ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("tokens", "momentum")
    assert ax.xaxis.get_major_formatter() is formatter


def test_without_matplotlib_the_error_says_what_to_install(CosineDecay: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError) as info:
        CosineDecay(0.1, 1000).plot()
    assert str(info.value) == "Drawing needs matplotlib: pip install 'learnrate[plot]'"


def test_a_broken_matplotlib_is_not_called_missing(CosineDecay: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "matplotlib")

    class Finder:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "matplotlib":
                raise ModuleNotFoundError("No module named 'kiwisolver'", name="kiwisolver")

    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    with pytest.raises(ModuleNotFoundError, match="kiwisolver"):
        CosineDecay(0.1, 1000).plot()


def test_fields_of_numpy_types_are_drawn(CosineDecay: Any) -> None:
    ax = CosineDecay(np.float32(0.5), np.int64(4)).plot()
    assert ax.lines[0].get_ydata()[0] == 0.5
