"""The formula, once for Python floats and arrays: the same expressions as in `src/schedule.rs` and `src/cosine.rs`.

`xp` is where `where` and `minimum` come from: NumPy, or `SCALAR` for Python floats.
"""

from __future__ import annotations

from typing import Any

# pi**2 / 4, in two parts. `src/cosine.rs` says where these constants come from and how exact they are.
C0 = 2.4674011002723395
C0_LO = 1.5663238771849278e-16
Q = (
    -2.0293560632083842,
    0.6676313844273016,
    -0.11766531517955915,
    0.01290344569531724,
    -0.0009647871440112267,
    5.231891613690162e-05,
    -2.1508199274225875e-06,
    6.759392392878206e-08,
)


def half_cosine(z: Any) -> Any:
    """sin(pi/2 * sqrt(z))**2 for 0 <= z <= 1/4."""
    q = Q[7]
    for coefficient in Q[6::-1]:
        q = q * z + coefficient
    return z * (C0 + (z * q + C0_LO))


class Curve:
    """What the formula needs, in float64."""

    __slots__ = ("decay", "end", "floor", "initial", "peak", "warmup")

    def __init__(self, initial: float, peak: float, floor: float, warmup: int, decay: int) -> None:
        self.initial = initial
        self.peak = peak
        self.floor = floor
        self.warmup = float(warmup)
        self.decay = float(decay)
        self.end = float(warmup + decay)

    def value(self, xp: Any, step: Any) -> Any:
        step = xp.minimum(step, self.end)
        warming = step < self.warmup
        start = xp.where(warming, 0.0, self.warmup)
        finish = xp.where(warming, self.warmup, self.end)
        from_ = xp.where(warming, self.initial, self.peak)
        to = xp.where(warming, self.peak, self.floor)

        done = step - start
        left = finish - step
        near = xp.minimum(done, left)
        ratio = xp.where(warming, near, near * near) / xp.where(warming, self.warmup, self.decay * self.decay)
        share = xp.where(warming, ratio, half_cosine(ratio))
        change = (to - from_) * share
        return xp.where(done < left, from_ + change, to - change)


class SCALAR:
    """The two array functions that the formula needs, for Python floats."""

    @staticmethod
    def minimum(one: float, other: float) -> float:
        return other if other < one else one

    @staticmethod
    def where(condition: bool, yes: float, no: float) -> float:
        return yes if condition else no
