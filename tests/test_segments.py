"""`schedule.segments`: what is evaluated, as read-only values that lead from step 0 to infinity."""

from __future__ import annotations

import itertools
import math
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from family import Example


def test_they_are_what_the_documentation_says(learnrate: ModuleType, example: Example) -> None:
    segments = example.make(learnrate).segments
    assert type(segments) is tuple
    shown = [(one.start, one.end, one.first_rate, one.last_rate) for one in segments]
    assert shown == [(one.start, one.end, float(one.first), float(one.last)) for one in example.pieces]
    shapes = [
        "hold" if first == last else piece.shape for piece, (*_, first, last) in zip(example.pieces, shown, strict=True)
    ]
    assert [segment.shape for segment in segments] == shapes


def test_they_lead_from_0_to_infinity(learnrate: ModuleType, example: Example) -> None:
    segments = example.make(learnrate).segments
    last = example.pieces[-1]
    kind = "hold" if not last.endless else "decay" if last.last < last.first else "rise"
    assert (segments[0].start, segments[-1].end, segments[-1].kind) == (0, math.inf, kind)
    assert all(before.end == after.start for before, after in itertools.pairwise(segments))
    assert all(segment.start < segment.end for segment in segments)
    # Whole steps are ints, which are shown as they are written.
    assert all(type(segment.start) is (int if segment.start % 1 == 0 else float) for segment in segments)


def test_rates_at_their_starts(learnrate: ModuleType, example: Example) -> None:
    schedule = example.make(learnrate)
    starts = np.array([segment.start for segment in schedule.segments])
    assert schedule(starts).tolist() == [segment.first_rate for segment in schedule.segments]


COSINE, PHASES = "CosineDecay", "Phases"


@pytest.mark.parametrize(
    ("name", "fields", "kinds"),
    [
        (COSINE, (0.1, 1000), "decay hold"),
        (COSINE, (0.0, 900, 0.1, "", 1e-3, 100), "warmup decay hold"),
        (COSINE, (0.7, 900, 0.1, "", 1e-3, 100), "decay decay hold"),
        (COSINE, (0.1, 900, 0.1, "", 0.1, 100), "hold decay hold"),
        (COSINE, (0.0, 900, 2.0, "", 0.1, 100), "warmup warmup hold"),
        (COSINE, (0.0, 900), "hold hold"),
        (PHASES, (0.1, ()), "hold"),
        (
            PHASES,
            (0.0, ((9, 0.1), (9, 0.1), (9, 0.3, "cosine"), (9, 0.0), (9, 0.1))),
            "warmup hold warmup decay rise hold",
        ),
        (PHASES, (0.1, ((9, 0.1, "linear", None, 0.0),)), "warmup hold"),  # step 0 has the `start`
        (PHASES, (0.1, ((9, 0.1), (9, 0.1, "linear", None, 0.0))), "hold rise hold"),  # a jump down is a fall
        (PHASES, (0.0, ((9, 0.2, "linear", None, 0.1),)), "warmup hold"),  # and a jump up is none
        (PHASES, (0.0, ((9, 0.2), (0, 0.1), (9, 0.3))), "warmup rise hold"),
        (PHASES, (0.3, ((0, 0.1), (9, 0.2))), "warmup hold"),  # what is skipped at the start is never seen
    ],
)
def test_kinds(learnrate: ModuleType, name: str, fields: Any, kinds: str) -> None:
    assert " ".join(segment.kind for segment in getattr(learnrate, name)(*fields).segments) == kinds


def test_how_one_shows(learnrate: ModuleType) -> None:
    first, last = learnrate.CosineDecay(0.5, 1000).segments
    assert repr(first) == ("Segment(kind='decay', start=0, end=1000, first_rate=0.5, last_rate=0.0, shape='cosine')")
    assert repr(last) == "Segment(kind='hold', start=1000, end=inf, first_rate=0.0, last_rate=0.0, shape='hold')"
