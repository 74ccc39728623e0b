"""Logarithms to base 2, as constants of a schedule: from integers alone, so that Rust has the same bits."""

from __future__ import annotations

import math

from .ratio import scaled

PLACES = 124
"""Binary places of a logarithm; the last two or three are off."""
FEWER = 112
"""Those of a large one: as many as fit Rust's integers."""


def log2_parts(a: float, b: float, steps: float) -> tuple[float, float]:
    """`log2(b / a) / steps` of positive numbers, `a` and `b` of which differ, rounded, and what that leaves.

    `src/shapes/log2.rs` is its twin.
    """
    (whole_a, log_a), (whole_b, log_b) = log2_fixed(a), log2_fixed(b)
    whole, log, places = whole_b - whole_a, log_b - log_a, PLACES
    if abs(whole) > 1:
        log, places = log >> PLACES - FEWER, FEWER
    log += whole << places
    sign, log = (-1.0, -log) if log < 0 else (1.0, log)
    # 127 bits by 53: a quotient of 74 or 75.
    free = 127 - log.bit_length()
    significand, exponent = math.frexp(steps)
    quotient = (log << free) // int(significand * 2.0**53)
    rounded, exponent = float(quotient), 53 - exponent - places - free
    return sign * scaled(rounded, exponent), sign * scaled(float(quotient - int(rounded)), exponent)


def log2_fixed(number: float) -> tuple[int, int]:
    """A positive number's `log2`, rounded down, and the rest in 2**-124."""
    significand, exponent = math.frexp(number)
    square, log = int(significand * 2.0**53) << 74, 0  # from 2**126 to 2**127: of [1, 2)
    for _ in range(PLACES):
        square = square * square >> 126
        log <<= 1
        if square >> 127:
            square >>= 1
            log += 1
    return exponent - 1, log
