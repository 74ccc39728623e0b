"""`CosineDecay.from_total_steps`: whole length, peak and last rate in, the same ones out; and what it refuses.

That these words mean what other libraries mean by them is shown beside the real ones, in tests/frameworks.
"""

from __future__ import annotations

import inspect
import math
import sys
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from checks import refused
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule

NAN, INF = math.nan, math.inf
TINY, NORMAL, HUGE = 5e-324, sys.float_info.min, sys.float_info.max
MANY = 2**53
UNSHRUNK = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def next_to(rate: float) -> tuple[float, float]:
    return math.nextafter(rate, 0.0), math.nextafter(rate, INF)


def shares_around(share: float, count: int = 4) -> list[float]:
    """A share and the float64s beside it."""
    down = accumulate([share] * count, lambda one, _: math.nextafter(one, 0.0))
    up = accumulate([share] * count, lambda one, _: math.nextafter(one, INF))
    return [*down, *up]


# What goes in comes out


@given(
    total=st.integers(1, MANY),
    warmup=st.integers(0, MANY - 1),
    rates=st.tuples(*[st.floats(0.0, HUGE) | st.floats(1e-9, 10.0)] * 3),
)
@example(total=100_000, warmup=1_000, rates=(3e-7, 3e-4, 3e-5))
@example(total=1, warmup=0, rates=(0.0, TINY, TINY))  # the smallest of all
@example(total=MANY, warmup=MANY - 1, rates=(HUGE, HUGE, HUGE))  # the largest of all
@example(total=9, warmup=2, rates=(0.0, 3 * TINY, 0.7))
@example(total=9, warmup=2, rates=(0.0, 1e-310, 1e-317))
@example(total=9, warmup=2, rates=(0.0, 1.0, NORMAL))
@example(total=9, warmup=2, rates=(0.0, 1e-9, 1.0))  # met by the share beside the quotient
@example(total=9, warmup=2, rates=(0.0, 2.0, NORMAL))  # the share would be subnormal
@example(total=9, warmup=2, rates=(0.0, 0.5, HUGE))  # and here infinite
@example(total=9, warmup=2, rates=(0.0, 0.0, 0.1))
@example(total=9, warmup=2, rates=(0.1, 0.0, 0.0))
@UNSHRUNK
def test_what_goes_in_comes_out(
    CosineDecay: type[Schedule], total: int, warmup: int, rates: tuple[float, float, float]
) -> None:
    warmup %= total
    initial, peak, final = rates
    given: dict[str, Any] = {"warmup_steps": warmup, "initial_learning_rate": initial, "final_learning_rate": final}
    if final and not (peak and NORMAL <= final / peak <= HUGE):
        event("refused")
        rule = "0, or such that its share of the peak is a normal float64"
        received = f"final_learning_rate={final!r}, peak_learning_rate={peak!r}"
        text = f"Argument `final_learning_rate` must be {rule}. Received: {received}"
        refused(ValueError, text, CosineDecay.from_total_steps, total, peak, **given)
        return
    schedule = CosineDecay.from_total_steps(total, peak, **given)
    assert (schedule.total_steps, schedule.peak_learning_rate) == (total, peak)
    assert (schedule(warmup), schedule(0)) == (peak, initial if warmup else peak)
    assert schedule(total) == schedule(MANY) == schedule.final_learning_rate
    reached = schedule.final_learning_rate == final
    event("exact" if reached else "1 ULP off")
    # The quotient is within half an ULP of itself, so the product, before it is rounded, is less than an ULP off.
    assert reached or schedule.final_learning_rate in next_to(final)
    assert reached or not any(peak * share == final for share in shares_around(schedule.alpha))


def test_most_final_rates_are_met_and_the_others_cannot_be(CosineDecay: type[Schedule]) -> None:
    rng = np.random.default_rng(0)
    peaks, finals = 10.0 ** rng.uniform(-6, 1, (2, 3000))
    off = 0
    for peak, final in zip(peaks.tolist(), finals.tolist(), strict=True):
        held = CosineDecay.from_total_steps(9, peak, final_learning_rate=final).final_learning_rate
        if held != final:
            assert held in next_to(final)
            assert not any(peak * share == final for share in shares_around(final / peak))
            off += 1
    # A rate lies between two products only where the significands of peak and share, 1 to 2, multiply to less than 2.
    assert 0.05 < off / 3000 < 0.15


@pytest.mark.parametrize(
    ("peak", "final", "alpha", "held"),
    [
        (1e-3, 1e-4, 0.1, 1e-4),
        (3e-4, 3e-5, 0.1, 2.9999999999999997e-05),
        (3e-4, 3e-6, 0.010000000000000002, 3.0000000000000005e-06),
        (0.1, 0.1, 1.0, 0.1),
        (0.1, 0.2, 2.0, 0.2),  # rising schedules exist
        (TINY, 0.7 * 2.0**-60, 0.7 * 2.0**1014, 0.7 * 2.0**-60),  # subnormal peaks have few digits, their shares all
        (7 * TINY, 4 * TINY, 4 / 7, 4 * TINY),
        (3 * TINY, 2 * TINY, 2 / 3, 2 * TINY),
        (1.0, NORMAL, NORMAL, NORMAL),
        (2.0, HUGE, HUGE / 2, HUGE),
        (HUGE, 8.0, 8.0 / HUGE, 8.0),
    ],
)
def test_final_rates(CosineDecay: type[Schedule], peak: float, final: float, alpha: float, held: float) -> None:
    schedule = CosineDecay.from_total_steps(9, peak, final_learning_rate=final)
    assert (schedule.alpha, schedule.final_learning_rate) == (alpha, held)


def test_the_largest_rate_is_not_rounded_to_infinity(CosineDecay: type[Schedule]) -> None:
    # Where peak * (final / peak) overflows, the share below does not.
    peaks = np.random.default_rng(0).uniform(1.0, 2.0, 200).tolist()
    overflowing = [peak for peak in peaks if peak * (HUGE / peak) == INF]
    assert len(overflowing) > 10
    for peak in overflowing:
        schedule = CosineDecay.from_total_steps(9, peak, final_learning_rate=HUGE)
        assert schedule.final_learning_rate == math.nextafter(HUGE, 0.0)


# The same schedules as the constructor's


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, (0.5, 1000)),
        ({"warmup_steps": 0, "initial_learning_rate": 0.25}, (0.5, 1000)),  # no warmup to start it
        ({"warmup_steps": 0.0, "alpha": 0.1, "name": "mine"}, (0.5, 1000, 0.1, "mine")),
        ({"final_learning_rate": 0.125}, (0.5, 1000, 0.25)),
        ({"final_learning_rate": 0}, (0.5, 1000)),
        ({"final_learning_rate": -0.0}, (0.5, 1000)),
        ({"warmup_steps": 100}, (0.0, 900, 0.0, "CosineDecay", 0.5, 100)),
        ({"warmup_steps": 999}, (0.0, 1, 0.0, "CosineDecay", 0.5, 999)),
        ({"warmup_steps": 100, "name": None}, (0.0, 900, 0.0, "CosineDecay", 0.5, 100)),
        (
            {"warmup_steps": np.int64(100), "initial_learning_rate": np.float32(0.25), "final_learning_rate": 1},
            (0.25, 900, 2.0, "CosineDecay", 0.5, 100),
        ),
        (
            {"warmup_steps": 100.0, "initial_learning_rate": 1, "alpha": 1 / 3, "name": "n"},
            (1.0, 900, 1 / 3, "n", 0.5, 100),
        ),
    ],
)
def test_it_equals_the_constructor(CosineDecay: type[Schedule], given: Any, fields: Any) -> None:
    expected = CosineDecay(*fields)
    totals: Any = (1000, 1000.0, np.int64(1000), np.array(1000))
    for total in totals:
        schedule = CosineDecay.from_total_steps(total, 0.5, **given)
        assert schedule == expected
        assert schedule.warmup_target == (0.5 if given.get("warmup_steps") else None)
        assert list(map(type, schedule.get_config().values())) == list(map(type, expected.get_config().values()))


@given(config=st.tuples(st.integers(1, 10**6), st.integers(1, 10**6), *[st.floats(0.0, 1e3)] * 3))
@UNSHRUNK
def test_the_constructor_s_words_and_these_tell_the_same(CosineDecay: type[Schedule], config: Any) -> None:
    decay, warmup, initial, alpha, peak = config
    said = CosineDecay(initial, decay, alpha, "n", peak, warmup)
    names = {"name": "n", "warmup_steps": warmup, "initial_learning_rate": initial, "alpha": alpha}
    assert CosineDecay.from_total_steps(said.total_steps, said.peak_learning_rate, **names) == said


def test_its_signature(CosineDecay: Any) -> None:
    parameters = inspect.signature(CosineDecay.from_total_steps).parameters.values()
    by_position = [p.name for p in parameters if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert by_position == ["total_steps", "peak_learning_rate"]
    by_name = {p.name: p.default for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}
    rates = {"initial_learning_rate": 0.0, "final_learning_rate": None, "alpha": None}
    assert by_name == {"warmup_steps": 0, **rates, "name": "CosineDecay"}
    for arguments in [(9, 0.1, 3), (9,), ()]:
        with pytest.raises(TypeError):
            CosineDecay.from_total_steps(*arguments)


# What is refused

RATE = "a finite number >= 0"
LESS = "Argument `warmup_steps` must be < total_steps. Received: "
SHARE = "Argument `final_learning_rate` must be 0, or such that its share of the peak is a normal float64. Received: "
ONE = "Argument `alpha` must be absent where `final_learning_rate` is given. Received: "
RATES = ("peak_learning_rate", "initial_learning_rate", "final_learning_rate", "alpha")


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        *((rate, value, RATE) for rate in RATES for value in (NAN, INF, -INF, -1, -TINY, 10**400, np.float16("inf"))),
        *((rate, value, "a number") for rate in RATES for value in (True, np.False_, "1", 1j, [1], np.array([1.0]))),
        ("peak_learning_rate", None, "a number"),
        ("initial_learning_rate", None, "a number"),
        *(("total_steps", value, "> 0") for value in (0, -1, -2.0, np.int8(-5))),
        *(("warmup_steps", value, ">= 0") for value in (-1, -1.0)),
        *((s, v, "a whole number") for s in ("total_steps", "warmup_steps") for v in (10.5, NAN, INF, True, None, "1")),
        *((steps, value, "<= 2**53") for steps in ("total_steps", "warmup_steps") for value in (MANY + 1, 1e300)),
        ("name", 5, "a string"),
        ("name", "a\ud800", "free of lone surrogates"),
    ],
)
def test_each_argument(CosineDecay: type[Schedule], argument: str, value: Any, rule: str) -> None:
    of_type = isinstance(value, (int, float, np.floating, np.integer)) and not isinstance(value, bool)
    error = ValueError if of_type or rule.startswith("free") else TypeError
    error = TypeError if rule == "a string" else error
    arguments = {"total_steps": 1000, "peak_learning_rate": 0.1, "warmup_steps": 10, argument: value}
    text = f"Argument `{argument}` must be {rule}. Received: {argument}={value!r}"
    refused(error, text, CosineDecay.from_total_steps, **arguments)
    if argument != "warmup_steps":  # without warmup they are checked too
        refused(error, text, CosineDecay.from_total_steps, **{**arguments, "warmup_steps": 0})


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((9, 0.1, {"warmup_steps": 9}), ValueError, LESS + "warmup_steps=9, total_steps=9"),
        ((9.0, 0.1, {"warmup_steps": np.int8(10)}), ValueError, LESS + "warmup_steps=10, total_steps=9"),
        ((1, 0.1, {"warmup_steps": 1}), ValueError, LESS + "warmup_steps=1, total_steps=1"),
        ((9, 1, {"alpha": 0.1, "final_learning_rate": 2}), TypeError, ONE + "alpha=0.1, final_learning_rate=2"),
        # Also where the two agree, and where they are the defaults' values
        ((9, 1, {"alpha": 0.5, "final_learning_rate": 0.5}), TypeError, ONE + "alpha=0.5, final_learning_rate=0.5"),
        ((9, 1, {"alpha": 0.0, "final_learning_rate": 0.0}), TypeError, ONE + "alpha=0.0, final_learning_rate=0.0"),
        # No share of nothing is something
        (
            (9, 0, {"final_learning_rate": 0.1}),
            ValueError,
            SHARE + "final_learning_rate=0.1, peak_learning_rate=0.0",
        ),
        # A share that overflows, and one of too few digits
        (
            (9, 1e-300, {"final_learning_rate": 1e10}),
            ValueError,
            SHARE + "final_learning_rate=10000000000.0, peak_learning_rate=1e-300",
        ),
        (
            (9, 1e10, {"final_learning_rate": 1e-300}),
            ValueError,
            SHARE + "final_learning_rate=1e-300, peak_learning_rate=10000000000.0",
        ),
        (
            (9, 1e300, {"final_learning_rate": TINY}),  # the share rounds to 0
            ValueError,
            SHARE + "final_learning_rate=5e-324, peak_learning_rate=1e+300",
        ),
        (
            (9, 1e300, {"alpha": 1e10}),
            ValueError,
            "Argument `alpha` must be so small that peak * alpha is finite. Received: alpha=10000000000.0, peak=1e+300",
        ),
        # The first of several, in the order of the arguments
        ((0, NAN, {"warmup_steps": -1}), ValueError, "Argument `total_steps` must be > 0. Received: total_steps=0"),
        (
            (9, NAN, {"warmup_steps": 10}),
            ValueError,
            f"Argument `peak_learning_rate` must be {RATE}. Received: peak_learning_rate=nan",
        ),
    ],
)
def test_arguments_together(CosineDecay: type[Schedule], arguments: Any, error: type[Exception], text: str) -> None:
    *positional, by_name = arguments
    refused(error, text, CosineDecay.from_total_steps, *positional, **by_name)
