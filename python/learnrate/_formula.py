"""The formula, once for Python floats and arrays: the same expressions as in `src/schedule.rs` and `src/cosine.rs`.

`xp` is where `where` and `minimum` come from: NumPy, `SCALAR` for Python floats, `_libraries.Namespace` for the rest.
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


def half_cosine(z: Any, c0: float = C0, c0_lo: float = C0_LO) -> Any:
    """sin(pi/2 * sqrt(z))**2 for 0 <= z <= 1/4."""
    q = Q[7]
    for coefficient in Q[6::-1]:
        q = q * z + coefficient
    return z * (c0 + (z * q + c0_lo))


class Curve:
    """The formula of a schedule, with what it needs in float64."""

    __slots__ = ("decay", "end", "floor", "initial", "peak", "warmup")
    c0, c0_lo = C0, C0_LO

    def __init__(self, schedule: Any) -> None:
        self.initial: float = schedule.initial_learning_rate
        self.peak: float = schedule.peak_learning_rate
        self.floor: float = schedule.final_learning_rate
        self.decay = float(schedule.decay_steps)
        self.end = float(schedule.total_steps)
        self.warmup = self.end - self.decay

    def value(self, xp: Any, step: Any) -> Any:
        """The rate at steps >= 0."""
        step = xp.minimum(step, self.end)
        warming = step < self.warmup
        done = step - xp.where(warming, 0.0, self.warmup)
        left = xp.where(warming, self.warmup, self.end) - step
        from_start = done < left
        return self.rate(xp, warming, from_start, xp.where(from_start, done, left))

    def rate(self, xp: Any, warming: Any, from_start: Any, near: Any) -> Any:
        """The rate in a phase, `near` steps from its nearer joint, which may be the one that it starts from."""
        from_ = xp.where(warming, self.initial, self.peak)
        to = xp.where(warming, self.peak, self.floor)
        span = xp.where(warming, self.peak - self.initial, self.floor - self.peak)

        ratio = xp.where(warming, near, near * near) / xp.where(warming, self.warmup, self.decay * self.decay)
        share = xp.where(warming, ratio, half_cosine(ratio, self.c0, self.c0_lo))
        change = span * share
        return xp.where(from_start, from_ + change, to - change)


class SCALAR:
    """The two array functions that the formula needs, for Python floats."""

    @staticmethod
    def minimum(one: float, other: float) -> float:
        return other if other < one else one

    @staticmethod
    def where(condition: bool, yes: float, no: float) -> float:
        return yes if condition else no
