"""Sums of counts, exact: as whole numbers of 2**-72 steps, for counts may be fractional. `src/exact.rs` is its twin."""

from __future__ import annotations

import math

PLACES = 72
ONE = 1 << PLACES
SHORTEST = 2.0**-20
"""The least fractional count: every float64 from here on is a multiple of 2**-72."""


def units(count: float) -> int:
    """A count in 2**-72 steps."""
    return count << PLACES if isinstance(count, int) else int(math.ldexp(count, PLACES))


def steps_of(units: int) -> float:
    """So many 2**-72 steps as steps, rounded once; an int where that is whole."""
    if units % ONE == 0:
        return units >> PLACES
    return whole(units / ONE)


def whole(number: float) -> float:
    """The number, as an int where it is whole."""
    return int(number) if number == int(number) else number
