"""How far other libraries' rates are from the schedule's own float64 ones, how far they may be, and where to look.

The schedule's own are within 7 float64 ULP of exact: 1e-8 of a float32 ULP.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from family import EXAMPLES, Example

# What `_shapes/cosine.py` derives, for segments of up to 2**24 steps, and for longer ones and such as start or end
# between whole steps. A line takes less: in ULP, at their worst, its number of steps, the quotient, the span and their
# product 1 each, the joint 1, the last sum 0.5; a distance that is rounded 1 more. REX has one more sum. What a
# power adds, `_shapes/polynomial.py` derives.
FLOAT32, LONG_FLOAT32 = 6.0, 8.0
# XLA fuses some multiply-adds, which leaves roundings out: the bound at any step stays. In ULP of float64.
FLOAT64 = 7.0


def in_float32(exact: np.ndarray) -> np.ndarray:
    """Rounded; what is too large is infinite."""
    with np.errstate(over="ignore"):
        return np.asarray(exact).astype(np.float32)


def float32_error(rates: Any, exact: Any) -> float:
    """The largest error, in the spacing of float32 at the exact rate."""
    rates = np.asarray(rates, np.float64)
    too_large = np.isinf(in_float32(exact))
    assert (rates[too_large] == np.inf).all()
    flushed = (rates == 0.0) & (exact < 2.0**-126)  # XLA takes what is subnormal for 0
    off = np.where(too_large | flushed, 0.0, np.abs(np.where(too_large, 0.0, rates) - exact))
    exact = np.minimum(exact, 2.0**127)  # beyond, the spacing overflows
    return float(np.max(off / np.spacing(np.maximum(exact, 2.0**-126).astype(np.float32)), initial=0.0))


INT32, UINT32 = 2**31 - 1, 2**32 - 1


def joints(example: Example) -> list[int]:
    """Those at whole steps."""
    return [int(piece.start) for piece in example.pieces if float(piece.start).is_integer()]


def longest(example: Example) -> float:
    return max((piece.length for piece in example.pieces[:-1]), default=0)


def bound(example: Example) -> float:
    is_whole = len(joints(example)) == len(example.pieces)
    is_plain = all(piece.shape in ("hold", "linear", "cosine") for piece in example.pieces)
    if is_plain and is_whole and longest(example) <= 2**24:
        return FLOAT32
    powers = (piece.power for piece in example.pieces if piece.shape == "polynomial")
    return LONG_FLOAT32 + max(powers, default=0.0) / 8


def telling(example: Example, most: int = 2**53) -> np.ndarray:
    """Whole steps of a segment's start, its middle and its end, and any others, up to the last one that is asked.

    Fractional stairs and cycles are right in float32 up to step 2**20.
    """
    most = min(most, 2**20) if "fractional stairs" in example.label or "fractional cycles" in example.label else most
    starts = np.array([math.ceil(piece.start) for piece in example.pieces])
    middles = starts[:-1] + np.diff(starts) // 2
    around = np.add.outer(np.r_[starts, middles, INT32, UINT32, 2**24], np.arange(-4, 5)).ravel()
    rng = np.random.default_rng(len(starts))
    anywhere = rng.integers(0, min(starts[-1] + 10, most) + 1, 200)
    steps = np.unique(np.r_[around, anywhere, most])
    return steps[(steps >= 0) & (steps <= most)]


def fits(example: Example) -> bool:
    """Whether all rates round to finite float32 numbers."""
    return all(
        rate < 2.0**128 - 2.0**103 or rate == math.inf for piece in example.pieces for rate in (piece.first, piece.last)
    )


IN_FLOAT32 = [example for example in EXAMPLES if fits(example)]
BEYOND_FLOAT32 = [example for example in EXAMPLES if not fits(example)]
