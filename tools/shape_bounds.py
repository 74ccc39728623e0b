"""The bounds that `src/shapes/` states of the kernels without a polynomial, added up.

A rate is `joint + span * q`, from the joint of the nearer rate. The roundings of the span, of `q`, of their product and
of the sum come to 2.5 ULP, as `fit_half_cosine.py` shows for a line. `extra` is what else is rounded, relative to `q`,
in units of 2**-53; one of them costs at most one ULP of the rate. Each is taken at its worst over the shares `u` of the
steps that a half covers. Run it: `python tools/shape_bounds.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

LINE = 2.5
POINTS = 100_000


def worst(extra: Callable[[float], float], low: float, high: float) -> float:
    return max(extra(low + (high - low) * i / POINTS) for i in range(POINTS + 1))


def sqrt_early(product: float, joint: float) -> float:
    """For `root / T`: the root's own rounding, and half of those of `done * T`."""
    return LINE + worst(lambda u: 1 + (product + joint) / 2, 0.0, 0.25)


def sqrt_late(product: float, part: float, joint: float) -> float:
    """For `left / (T + root)`: the sum, its part `root`, `left`, and by how much `done + left` misses `T`."""

    def extra(u: float) -> float:
        root = math.sqrt(u)
        missed = joint / u if joint else 0.0
        left = max(joint, part if u < 0.5 else 0.0)
        return 1 + root / (1 + root) * (1 + (product + joint + missed) / 2) + left

    return LINE + worst(extra, 0.25, 1.0)


def square_early(square: float, joint: float) -> float:
    """Two products and two sums at half an ULP, but for what is beside the greater part; `done` counts twice."""
    return 1.5 + square + 2 * joint


def square_late(square: float, total: float, joint: float) -> float:
    """The product, `T + done`, `left`, `done` as a part of `T + done`, and by how much `done + left` misses `T`."""

    def extra(u: float) -> float:
        return square + total + joint + joint * u / (1 + u) + joint / (1 + u)

    return 1.5 + worst(extra, math.sqrt(0.5), 1.0)


def rex(total: float, part: float, joint: float) -> float:
    """`T + left`; the numerator, `left` as a part of `T + left`, and by how much `done + left` misses `T`."""

    def extra(u: float) -> float:
        left = max(joint, part if u < 0.5 else 0.0)
        return total + joint + left * (1 - u) / (2 - u) + joint / (2 - u)

    return LINE + worst(extra, 0.0, 1.0)


def inverse_time(part: float) -> float:
    """The product and the sum with 1 together cost one unit, their sum another, the quotient half an ULP; the steps."""
    return 0.5 + 2 + part


# What is computed and what is stated: of whole steps where all products and sums are exact, of others, of fractional
# steps, where `left` is rounded in the first half, and of joints between whole steps.
CASES = ((0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1))
STATED = {
    "sqrt": ([max(sqrt_early(p, j), sqrt_late(p, part, j)) for p, part, j in CASES], (4.0, 4.25, 5.25, 6.0)),
    "square": ([max(square_early(s, j), square_late(s, part, j)) for s, part, j in CASES], (1.5, 2.5, 3.5, 5.5)),
    "rex": ([rex(*case) for case in CASES], (2.5, 3.5, 4.0, 6.0)),
    "inverse time": ([inverse_time(part) for _, part, _ in CASES], (2.5, 2.5, 3.5, 3.5)),
    # The sum and the quotient, half of each; the root; the product.
    "inverse square root": ([(1 + 1) / 2 + 1 + 0.5], (2.5,)),
}


def main() -> None:
    for shape, (computed, stated) in STATED.items():
        print(f"{shape}: {', '.join(f'{bound:.2f}' for bound in computed)} ULP")
        assert all(bound <= most < bound + 0.6 for bound, most in zip(computed, stated, strict=True)), shape


if __name__ == "__main__":
    main()
