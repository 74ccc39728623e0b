"""The promise: a rate is within a few ULP of the formula in exact arithmetic, at every step, the last ones included;
exact at the joints; and never turning within a segment.

`pytest -rP tests/test_accuracy.py` shows the worst errors seen.
"""

from __future__ import annotations

import itertools
import math
import random
import sys
from collections.abc import Iterable
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from family import FAR, SHAPES, TO_0, Example, Row
from oracle import SHORT, Fields, Piece, Pieces, check, errors, phases

if TYPE_CHECKING:
    from learnrate import Schedule


ENDLESS = 2**49
"""Steps of what has no end that are looked at: up to where no piece turns."""


def end_of(piece: Piece) -> int:
    return math.floor(piece.end) if piece.end < math.inf else math.ceil(piece.start) + ENDLESS


def whole_steps(rng: np.random.Generator, piece: Piece, count: int) -> np.ndarray:
    """Anywhere in the piece; at every distance from its joints; around its middle; its last twenty steps."""
    first, last = math.ceil(piece.start), end_of(piece)
    if last < first:
        return np.array([], np.int64)
    length = last - first
    close = (length ** rng.random(count)).astype(np.int64)
    middle = first + length // 2 + np.arange(-2, 3)
    anywhere = rng.integers(first, last, count, endpoint=True)
    steps: np.ndarray = np.r_[anywhere, middle, first + np.arange(4), first + close, last - close, last - np.arange(21)]
    return steps.clip(first, last)


def steps_of(pieces: Pieces, count: int = 10) -> list[float]:
    """Those of each piece, some of them fractional; beside each joint; and far beyond the end."""
    rng = np.random.default_rng(20170813)
    # The bounds take the square of the share that is done for a normal float64: no step is nearer to 0 than 1e-130.
    steps: list[float] = [0.0, 1e-130, pieces[-1].start + 0.5, 2.0**53, 1e30]
    for piece in pieces if pieces[-1].endless else pieces[:-1]:
        start, length = piece.start, end_of(piece) - piece.start
        steps += whole_steps(rng, piece, count).tolist()
        steps += (start + length * rng.random(4)).tolist() + (start + length - min(length, 20) * rng.random(4)).tolist()
        steps += [
            math.nextafter(end_of(piece) if piece.endless else piece.end, 0.0),
            max(math.nextafter(start, math.inf), 1e-130),
        ]
    return sorted(set(map(float, steps)))


def test_examples_are_accurate(learnrate: ModuleType, example: Example) -> None:
    count = 5 if len(example.pieces) > 9 else 20
    print("worst ULP by bound:", errors(example.make(learnrate), example.pieces, steps_of(example.pieces, count)))


@cache
def drawn(row: Row, count: int) -> list[tuple[tuple[object, ...], Pieces, list[float]]]:
    rng = random.Random(20170813)
    fields = [row.draw(rng) for _ in range(count)]
    return [(one, row.exact(*one), steps_of(row.exact(*one))) for one in fields]


def test_any_schedules_are_accurate(learnrate: ModuleType, row: Row) -> None:
    worst: dict[float, float] = {}
    for fields, pieces, steps in drawn(row, 120):
        for bound, off in errors(row.cls(learnrate)(*fields), pieces, steps).items():
            worst[bound] = max(worst.get(bound, 0.0), off)
    shapes = {piece.shape for _, pieces, _ in drawn(row, 120) for piece in pieces}
    assert len(worst) >= len(shapes)  # each has a bound, and most several
    print("worst ULP by bound:", {bound: round(worst[bound], 2) for bound in sorted(worst)})


RATES = [(0.0, 0.1, 1e-3), (0.7, 1e-9, 3e-6), (3.7e-5, 1.5, 0.3), (1.0, 1.0, 1.1), (0.5, 0.3, 0.0)]


@pytest.mark.parametrize(
    ("initial", "alpha", "target", "warmup"),
    [(0.1, 0.0, None, 0), *((*rates, warmup) for rates in RATES for warmup in (1, 6))],
)
def test_every_step_of_short_schedules_is_accurate(
    CosineDecay: Any, initial: float, alpha: float, target: float | None, warmup: int
) -> None:
    for decay in range(1, 65):
        check(CosineDecay, Fields(initial, decay, alpha, target, warmup), range(warmup + decay + 2))


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        # Found by searches directed at large errors. The first two: 4.23 and 5.56 ULP with earlier coefficients.
        (Fields(0.036438318650889215, 2642597, 1.5078103629551286e-06), 1443408),
        (Fields(0.1744860352224063, 140265959956, 4.337591025236024e-06), 136959761816),
        # The warmup's; the second is rounded up across a power of two.
        (Fields(1.1605003053448383e-05, 1, 0.0, 8.256326045747073, 1288), 156),
        (Fields(2.3282018873287327e-15, 1, 0.0, 1.000011092794855, 23799496), 743726),
        # Rounded up across a power of two: 5.02 and 5.00 ULP of the exact rate.
        (Fields(0.4477677857438553, 17798274, 3.145429489187911e-17), 11490842),
        (Fields(7.155556664117582, 49252513, 3.2187836439743007e-17), 31786289),
        (Fields(1.5837198251214384, 10574099, 2.604992051656645e-09), 10408102),
        (Fields(0.8461366236577523, 33535997, 2.511294347279663e-14), 21268021.943891626),
        (Fields(1.4514960520916995, 203903233389, 8.564895153233472e-11), 203798585740),
        # The decay's: whole steps, fractional, long, and each with a large alpha.
        (Fields(1.1793421104864135, 9803750, 1.012530269965471e-15), 5380284),
        (Fields(1.5794892845369588, 11621, 1.6968700812222709e-12), 11100.368158409941),
        (Fields(1.6167991399466368, 17303003788, 3.4228270397291949e-16), 15767661608),
        (Fields(6.9006368957339468e-08, 10957, 17910768479609.262), 4945),
        (Fields(0.00012416657557349199, 285, 9942955906.2051926), 128.76626545366119),
        (Fields(0.0001941983310262873, 277162056462, 8638473185.2854061), 17404439886),
    ],
)
def test_hard_points_are_accurate(CosineDecay: Any, fields: Fields, step: float) -> None:
    print(f"off by {check(CosineDecay, fields, [step]):.2f} ULP")


@pytest.mark.parametrize(
    "fields",
    [
        Fields(5e-324, 1000),
        Fields(1e-310, 1000, 0.25, 3e-320, 100),
        Fields(0.0, 1000, 1e-12, 2.3e-308, 100),
        Fields(1e308, 1000, 1.7),
        Fields(1.7e308, 1000, 0.0, 1e302, 100),
    ],
)
def test_extreme_rates_are_accurate(CosineDecay: Any, fields: Fields) -> None:
    check(CosineDecay, fields, np.arange(0, 1200, 1.5))


def test_the_nearer_joint_is_told_by_exact_distances(learnrate: ModuleType) -> None:
    # At this step both distances round to one float64. From either joint the formula is 42 ULP from that of the other.
    first = 0.0032001911949336498
    fields = first, ((1.9956750339321114, first), (204508424226080.75, 9.931180829902173e151, "exponential"))
    pieces, step = phases(*fields), 102254212113042.38
    assert step - pieces[1].start == pieces[1].end - step
    errors(learnrate.Phases(*fields), pieces, [step])


def check_joints(schedule: Schedule, pieces: Pieces) -> None:
    """Each piece has its first rate at its start; the last one has it for ever."""
    joints = {float(piece.start): float(piece.first) for piece in pieces}
    end = pieces[-1].start
    after = dict.fromkeys([end + 0.5, end + 1, end + 2.0**53, 1e30, math.inf], float(pieces[-1].first))
    if pieces[-1].endless:
        after = {math.inf: min(float(pieces[-1].last), sys.float_info.max)}
    for step, rate in (joints | after).items():
        assert schedule(step) == rate, step
        assert schedule([step]) == [rate], step
    steps = [*joints, *after]
    assert schedule(steps[::-1]).tolist() == [(joints | after)[step] for step in steps[::-1]]


def test_joints_are_exact(learnrate: ModuleType, example: Example) -> None:
    check_joints(example.make(learnrate), example.pieces)


def test_joints_of_any_schedules_are_exact(learnrate: ModuleType, row: Row) -> None:
    for fields, pieces, _ in drawn(row, 120):
        check_joints(row.cls(learnrate)(*fields), pieces)


def test_a_joint_belongs_to_what_follows(learnrate: ModuleType, example: Example) -> None:
    # Though it be a jump: just before it the rate is still that of the piece that leads to it.
    schedule = example.make(learnrate)
    for piece, after in itertools.pairwise(example.pieces):
        errors(schedule, example.pieces, [math.nextafter(piece.end, 0.0)])
        assert schedule(piece.end) == schedule([piece.end, piece.start])[0] == float(after.first)


# Near 2**53 one step changes z = (n / T)**2 by an ULP or two: there the order of the rates hangs by a bit.
LONGEST = 2**49  # steps, up to which a piece never turns


def windows(piece: Piece, width: int) -> Iterable[np.ndarray]:
    """Runs of whole steps: all of a short piece; at its joints, around its middle, and anywhere."""
    start, length = math.ceil(piece.start), end_of(piece) - math.ceil(piece.start)
    if length <= 20_000:
        return [start + np.arange(length + 1)] if length >= 0 else []
    rng = np.random.default_rng(length)
    around = np.r_[0, 1, rng.random(6), 0.5] * length
    runs: np.ndarray = start + (around.astype(np.int64)[:, None] + np.arange(-width // 2, width // 2)).clip(0, length)
    return [*runs]


def cycles(piece: Piece) -> Iterable[Piece]:
    """Of a piece that has cycles two: after a joint comes the start of the next one."""
    if not piece.cycle:
        return [piece]
    return [
        piece._replace(start=number and math.nextafter(number * piece.cycle, math.inf), end=(number + 1) * piece.cycle)
        for number in (0, 5)
    ]


def check_monotone(schedule: Schedule, pieces: Pieces, width: int) -> None:
    for piece in itertools.chain(*map(cycles, pieces if pieces[-1].endless else pieces[:-1])):
        # Keras's decay, down, never turns at any length.
        if (
            not piece.endless
            and piece.end - piece.start > LONGEST
            and not (piece.shape == "cosine" and piece.last <= piece.first)
        ):
            continue
        first, last = float(piece.first), float(piece.last)
        for steps in windows(piece, width):
            rates = schedule(steps)
            if steps[-1] == piece.end:  # where the next one starts, perhaps with a jump
                rates[steps == piece.end] = last
            differences = np.diff(rates)
            assert (differences <= 0).all() if last <= first else (differences >= 0).all(), piece
            assert min(first, last) <= rates.min() <= rates.max() <= max(first, last), piece


def test_no_piece_turns(learnrate: ModuleType, example: Example) -> None:
    check_monotone(example.make(learnrate), example.pieces, 4_000 if len(example.pieces) < 9 else 400)


def test_no_piece_of_any_schedules_turns(learnrate: ModuleType, row: Row) -> None:
    for fields, pieces, _ in drawn(row, 120):
        check_monotone(row.cls(learnrate)(*fields), pieces, 400)


@pytest.mark.parametrize("alpha", [0.0, 1e-12, 0.1, 0.5, 0.75, 0.999999, 1.0])
@pytest.mark.parametrize(
    "decay",
    [1, 2, 3, 100, 99_999, SHORT, 2**27 + 1, 10**12, 2**52 + 1, *(2**53 - less for less in (401, 400, 2, 1, 0))],
)
def test_decay_never_rises(CosineDecay: Any, decay: int, alpha: float) -> None:
    warmup = min(7, 2**53 - decay)
    for peak in (1.0, 1e-3, *np.exp2(np.random.default_rng(decay).random(3)).tolist()):
        fields = Fields(0.0, decay, alpha, peak, warmup)
        check_monotone(CosineDecay(**fields._asdict()), fields.pieces, 4_000)


@pytest.mark.parametrize("length", [2**26 + 1, 10**12 + 39, FAR, LONGEST - 1, LONGEST])
@pytest.mark.parametrize("shape", SHAPES)
def test_no_long_phase_turns(learnrate: ModuleType, shape: str, length: int) -> None:
    rng = random.Random(length)
    for _ in range(20):
        lowest = 0.0 if shape in TO_0 else 1e-9
        power = rng.choice([0.5, 2.0, 10 ** rng.uniform(-3, 3)]) if shape == "polynomial" else None
        fields = (rng.random(), ((length, rng.choice([lowest, rng.random(), 10 * rng.random()]), shape, power),))
        check_monotone(learnrate.Phases(*fields), phases(*fields), 2_000)


def test_no_step_of_a_hundred_thousand_rises(CosineDecay: Any) -> None:
    for fields in (Fields(0.1, 100_000), Fields(0.0, 99_999, 0.1, 3e-4, 2_000)):
        rates = CosineDecay(**fields._asdict())(range(int(fields.warmup_steps), int(fields.pieces[-1].start) + 10))
        assert (np.diff(rates) <= 0).all()
        assert (np.diff(rates[: fields.decay_steps + 1]) < 0).all()  # steps are far apart at this length
