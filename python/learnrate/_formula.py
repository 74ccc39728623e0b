"""The formula, once for Python floats and arrays: the same expressions as in `src/schedule.rs` and `src/cosine.rs`.

`xp` is where `minimum`, `where` and `choose` come from, which is `where` for each of several pairs: `SCALAR` for Python
floats, `_fallback.Blocks` for NumPy, `_libraries.Namespace` for the rest.
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


def half_cosine(z: Any, c0: float, c0_lo: float) -> Any:
    """sin(pi/2 * sqrt(z))**2 for 0 <= z <= 1/4, with the first coefficient in two parts."""
    q0, q1, q2, q3, q4, q5, q6, q7 = Q
    q = ((((((q7 * z + q6) * z + q5) * z + q4) * z + q3) * z + q2) * z + q1) * z + q0
    return z * (c0 + (z * q + c0_lo))


class Curve:
    """The formula of a schedule, with what it needs in float64."""

    __slots__ = ("end", "fall", "rise", "warmup")
    c0, c0_lo = C0, C0_LO

    def __init__(self, schedule: Any) -> None:
        initial, peak = schedule.initial_learning_rate, schedule.peak_learning_rate
        floor: float = schedule.final_learning_rate
        decay = float(schedule.decay_steps)
        self.end = float(schedule.total_steps)
        self.warmup = self.end - decay
        # The rates that each phase leads from and to, how far that is, and what its steps are divided by.
        self.rise = (initial, peak, peak - initial, self.warmup)
        self.fall = (peak, floor, floor - peak, decay * decay)

    def value(self, xp: Any, step: Any) -> Any:
        """The rate at steps >= 0."""
        step = xp.minimum(step, self.end)
        warming = step < self.warmup
        start, finish = xp.choose(warming, (0.0, self.warmup), (self.warmup, self.end))
        done, left = step - start, finish - step
        from_start = done < left
        return self.rate(xp, warming, from_start, xp.where(from_start, done, left))

    def rate(self, xp: Any, warming: Any, from_start: Any, near: Any) -> Any:
        """The rate in a phase, so `near` to one of its joints, which may be the one that it starts from."""
        from_, to, span, divisor = xp.choose(warming, self.rise, self.fall)
        joint, span = xp.choose(from_start, (from_, span), (to, -span))
        ratio = xp.where(warming, near, near * near) / divisor
        share = xp.where(warming, ratio, half_cosine(ratio, self.c0, self.c0_lo))
        return joint + span * share


class SCALAR:
    """What the formula needs of a namespace, for Python floats."""

    @staticmethod
    def minimum(one: float, other: float) -> float:
        return other if other < one else one

    @staticmethod
    def where(condition: bool, yes: Any, no: Any) -> Any:
        return yes if condition else no

    choose = where
