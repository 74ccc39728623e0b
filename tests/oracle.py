"""The oracle of rates: the formulas of the documentation in 200 bits, with none of the library's own arithmetic; and
the bounds of the errors, which the files in src/shapes derive.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import mpmath
import numpy as np

if TYPE_CHECKING:
    from learnrate import CosineDecay, Schedule

# In ULP of the exact rate or of the given one, whichever is larger. (They differ only where a power of two lies between
# the two rates.) Those of a cosine: where it rises to at most 10 times its first rate, and where it rises further.
SHORT = 2**26  # steps, up to which the squares of whole ones are exact in float64
WHOLE = 4.52, 5.31  # whole steps of a cosine of at most SHORT
SHORT_POWER = 2**51  # steps, up to which the logarithm of a share of whole ones is rounded least
FRACTIONAL = 5.41, 6.09  # other steps: one square is rounded
LONG = 6.28, 6.88  # a cosine of more than SHORT: both squares are rounded
BETWEEN = 8.25, 8.86  # a cosine that starts or ends between whole steps: so is the distance from the joint
LINE = 2.5, 3.5  # a line takes fewer roundings than the cosine; the second where it starts or ends between whole steps
ENDLESS = 2.5  # what has no end, but for exponentials and cycles
EXPONENTIAL = 2.75
HELD = 0.5  # a rate that is held is the nearest float64


class Piece(NamedTuple):
    """A stretch of steps of one formula, between exact rates."""

    start: float
    end: float
    shape: str
    first: Fraction
    last: Any
    """A fraction, or infinity where the rate grows without end."""
    endless: Callable[[mpmath.mpf], mpmath.mpf] | None = None
    """The rate after so many steps, of what has no end."""
    power: float = 1.0
    """That of a polynomial."""
    cycle: float = 0.0
    """The steps of each of its cycles, where it has some."""

    @property
    def length(self) -> float:
        """Rounded to float64 where a joint lies between whole steps, which is part of its definition."""
        return self.end - self.start

    @property
    def is_whole(self) -> bool:
        return float(self.start).is_integer() and float(self.cycle or self.end).is_integer()

    def exact(self, step: float) -> mpmath.mpf:
        """The rate, of parts that are not negative, so that no digit is lost; call it in `mpmath.workprec(200)`."""
        if self.endless:
            return self.endless(mpmath.mpf(step))
        first, last = _mpf(self.first), _mpf(self.last)
        if self.shape == "hold":
            return first
        # From the joint of the nearer rate (exponential and polynomial: from the nearer joint; inverse time: of the
        # greater rate): a length that was rounded is not the sum of what is done and what is left.
        shares, length = FORMULAS[self.shape].shares, mpmath.mpf(self.length)
        done, left = (mpmath.mpf(step) - self.start) / length, (self.end - mpmath.mpf(step)) / length
        share, rest = shares(done, 1 - done, self)
        near_end = left < done if self.shape in ("exponential", "polynomial") else not share < rest
        if last >= first if self.shape == "inverse_time" else near_end:
            share, rest = shares(1 - left, left, self)
        return first * rest + last * share

    def bounds(self, steps: np.ndarray) -> np.ndarray:
        if self.shape == "hold":
            return np.full(steps.shape, HELD)
        if self.endless and not self.cycle:
            return np.full(steps.shape, EXPONENTIAL if self.shape == "exponential" else ENDLESS)
        fractional = steps != np.trunc(steps)
        if self.cycle:
            fractional |= steps > SHORT_POWER - self.cycle  # a cycle is less than a period longer than its steps
        return np.where(fractional, *(FORMULAS[self.shape].bound(self, each) for each in (True, False)))


Pieces = tuple[Piece, ...]
LARGEST = mpmath.mpf(sys.float_info.max)
"""What is greater counts as it."""


class Formula(NamedTuple):
    """A shape: how much of the way a rate has gone, and its rest, where `u` of the steps is done and `v` is left."""

    shares: Callable[[mpmath.mpf, mpmath.mpf, Piece], tuple[mpmath.mpf, mpmath.mpf]]
    bound: Callable[[Piece, bool], float]
    """In ULP, of a piece, where the steps are fractional and where they are whole."""


@cache
def _sine_squared(part: mpmath.mpf) -> mpmath.mpf:
    return mpmath.sin(mpmath.pi / 2 * part) ** 2


def _cosine_bound(piece: Piece, fractional: bool) -> float:
    column = 0 if piece.last <= 10 * piece.first else 1
    if not piece.is_whole:
        return BETWEEN[column]
    return (LONG if piece.length > SHORT else FRACTIONAL if fractional else WHOLE)[column]


def _inverse_time(u: mpmath.mpf, v: mpmath.mpf, piece: Piece) -> tuple[mpmath.mpf, mpmath.mpf]:
    """`1 / rate` is `v / first + u / last`."""
    first, last = _mpf(piece.first), _mpf(piece.last)
    whole = last * v + first * u
    return first * u / whole, last * v / whole


def _exponential(u: mpmath.mpf, v: mpmath.mpf, piece: Piece) -> tuple[mpmath.mpf, mpmath.mpf]:
    return mpmath.mpf(0), (_mpf(piece.last) / _mpf(piece.first)) ** u


def _polynomial(u: mpmath.mpf, v: mpmath.mpf, piece: Piece) -> tuple[mpmath.mpf, mpmath.mpf]:
    """`v**power` of the way are left. Where that is near 1, the share that is done keeps its digits."""
    power = mpmath.mpf(piece.power)
    return -mpmath.expm1(power * mpmath.log1p(-u)) if u < 0.5 else 1 - v**power, v**power


def _polynomial_bound(piece: Piece, fractional: bool) -> float:
    """What grows with the power is the error at the end of a fall."""
    is_short = piece.is_whole and not fractional and (piece.cycle or piece.length) <= SHORT_POWER
    return max(5.5 if is_short else 7.5, 3.5 + 0.04 * piece.power)


def _by_length(*bounds: float, longest: int) -> Callable[[Piece, bool], float]:
    """Bounds of whole steps in pieces of up to so many steps and in longer ones; of fractional steps; and of pieces
    that start or end between whole steps.
    """
    whole, longer, fractional, between = bounds

    def bound(piece: Piece, is_fractional: bool) -> float:
        if not piece.is_whole:
            return between
        return fractional if is_fractional else longer if piece.length > longest else whole

    return bound


FORMULAS = {
    "linear": Formula(lambda u, v, _: (u, v), lambda piece, _: LINE[0 if piece.is_whole else 1]),
    # 1 - cos(pi * u) is 2 * sin(pi/2 * u)**2, and 1 + cos(pi * u) is 2 * sin(pi/2 * (1 - u))**2.
    "cosine": Formula(lambda u, v, _: (_sine_squared(u), _sine_squared(v)), _cosine_bound),
    # (1 - u) / (1 - u/2) of the way are left.
    "rex": Formula(lambda u, v, _: (u / (1 + v), 2 * v / (1 + v)), _by_length(2.5, 3.5, 4.0, 6.0, longest=2**52)),
    "sqrt": Formula(
        lambda u, v, _: (mpmath.sqrt(u), v / (1 + mpmath.sqrt(u))), _by_length(4.0, 4.25, 5.25, 6.0, longest=2**26)
    ),
    "square": Formula(lambda u, v, _: (u**2, v * (1 + u)), _by_length(1.5, 3.5, 3.5, 5.5, longest=2**26)),
    "inverse_time": Formula(_inverse_time, _by_length(2.5, 2.5, 3.5, 3.5, longest=2**53)),
    "exponential": Formula(_exponential, _by_length(*3 * (EXPONENTIAL,), 3.0, longest=2**53)),
    "polynomial": Formula(_polynomial, _polynomial_bound),
}
"""What the documentation says of each shape of a `Phase`."""


def laid(*stretches: tuple[float, str, Fraction, Fraction, *tuple[float, ...]]) -> Pieces:
    """Stretches of so many steps, with their shapes and the rates that they lead from and to, polynomials with a power,
    which makes a line of them where it is 1; the last rate is held.

    A joint is the exact sum of the steps before it, rounded once.
    """
    pieces, total, held = [], Fraction(0), stretches[-1][3]
    start: float = 0
    for steps, shape, first, last, *power in stretches:
        total += Fraction(steps)
        end = int(total) if total.denominator == 1 else float(total)
        if end > start:
            shape = "linear" if power == [1.0] else shape
            pieces.append(Piece(start, end, shape, first, last, None, *power))
            start = end
    return (*pieces, Piece(start, math.inf, "hold", held, held))


def _mpf(exact: Fraction) -> mpmath.mpf:
    return mpmath.mpf(exact.numerator) / exact.denominator  # which is a power of two


@cache
def _exact_rates(pieces: Pieces, steps: tuple[float, ...]) -> tuple[np.ndarray, ...]:
    """Per step: a float64 near the exact rate, the ULP of the exact rate, how many of these it is from the float64; and
    the bound of the error.
    """
    starts = [piece.start for piece in pieces]
    rows: list[tuple[float, float, float]] = []
    at = np.searchsorted(starts, steps, side="right") - 1
    bounds = np.empty(len(steps))
    for i in range(len(pieces)):
        bounds[at == i] = pieces[i].bounds(np.array(steps)[at == i])
    with mpmath.workprec(200):
        for step, i in zip(steps, at.tolist(), strict=True):
            exact = pieces[i].exact(step)
            near = float(exact)
            # Subnormals share one ULP, 2**-1074, and so does an exact 0.
            ulp = math.ldexp(1.0, max(mpmath.frexp(exact)[1] - 53, -1074) if exact else -1074)
            rows.append((near, ulp, float((exact - near) / ulp)))
    return (*np.array(rows).T, bounds)


def spacing(rates: np.ndarray) -> np.ndarray:
    """The ULP of float64s >= 0; NumPy's own overflows at the largest."""
    ulp: np.ndarray = np.ldexp(1.0, np.maximum(np.frexp(rates)[1] - 53, -1074))
    return ulp


def errors(schedule: Schedule, pieces: Pieces, steps: Iterable[float]) -> dict[float, float]:
    """The worst errors in ULP of the exact rates, by their bounds, none of them above its bound."""
    steps = np.array(list(steps), np.float64)
    rates = schedule(steps)
    near, ulp, rest, bounds = _exact_rates(pieces, tuple(steps.tolist()))
    off = np.abs((rates - near) / ulp - rest)
    larger = np.maximum(ulp, spacing(rates))
    bad = np.flatnonzero(~(off * (ulp / larger) <= bounds))
    assert not bad.size, f"{schedule} at {steps[bad].tolist()}: off by {off[bad].tolist()} ULP"
    return {bound: off[bounds == bound].max().item() for bound in np.unique(bounds).tolist()}


# What each class says in its documentation


def cosine_decay(
    initial: float, decay: float, alpha: float = 0.0, name: str = "", target: float | None = None, warmup: float = 0
) -> Pieces:
    peak = Fraction(initial if target is None else target)
    warmup = 0 if target is None else warmup
    return laid((warmup, "linear", Fraction(initial), peak), (decay, "cosine", peak, peak * Fraction(alpha)))


def phases(initial: float, phases: Iterable[tuple[Any, ...]], name: str = "") -> Pieces:
    rate = Fraction(initial)
    stretches: list[Any] = [(0, "hold", rate, rate)]
    for steps, to, *others in phases:
        given: list[Any] = [*others, *("linear", None, None)[len(others) :]]
        shape, power, start = given
        first = rate if start is None else Fraction(start)
        stretches.append((steps, shape, first, Fraction(to), *([] if power is None else [power])))
        rate = Fraction(to)
    return laid(*stretches)


def piecewise_constant_decay(boundaries: Iterable[float], values: Iterable[float], name: str = "") -> Pieces:
    *held, last = map(Fraction, values)
    # What lies beyond a boundary begins with the next float64.
    ends = [math.nextafter(boundary, math.inf) for boundary in boundaries]
    pieces = [Piece(start, end, "hold", rate, rate) for start, end, rate in zip([0, *ends], ends, held, strict=False)]
    return (*pieces, Piece(ends[-1] if ends else 0, math.inf, "hold", last, last))


def exponential_decay(
    initial: float, period: float, decay_rate: float, staircase: bool = False, name: str = ""
) -> Pieces:
    limit = Fraction(0) if decay_rate < 1 or not initial else Fraction(initial) if decay_rate == 1 else math.inf

    def rate(step: mpmath.mpf) -> mpmath.mpf:
        if step == math.inf:
            return min(mpmath.mpf(float(limit)), LARGEST)
        # As Keras: the quotient is one of float64. Later steps count as 2**53.
        n = math.floor(min(float(step), 2.0**53) / period) if staircase else step / mpmath.mpf(period)
        return min(mpmath.mpf(initial) * mpmath.mpf(decay_rate) ** n, LARGEST)

    first = Fraction(initial)
    if first == limit:
        return (Piece(0, math.inf, "hold", first, first),)
    return (Piece(0, math.inf, "exponential", first, limit, rate),)


def polynomial_decay(
    initial: float, decay: float, end: float = 1e-4, power: float = 1.0, cycle: bool = False, name: str = ""
) -> Pieces:
    first, last = Fraction(initial), Fraction(end)
    if not cycle:
        return laid((decay, "polynomial", first, last, power))

    def rate(step: mpmath.mpf) -> mpmath.mpf:
        # As Keras: the quotient is one of float64, and the end of the first cycle is that of step 0. Later steps than
        # 2**53 count as that many.
        cycles = max(1, math.ceil(min(float(step), 2.0**53) / decay))
        stretched = mpmath.mpf(float(cycles * Fraction(decay)))
        left = max(stretched - step, mpmath.mpf(0)) / stretched
        share, rest = _polynomial(1 - left if left < 0.5 else step / stretched, left, piece)
        return _mpf(first) * rest + _mpf(last) * share

    piece = Piece(0, math.inf, "polynomial", first, last, rate, power, decay)
    return (Piece(0, math.inf, "hold", first, first) if first == last else piece,)


def inverse_time_decay(
    initial: float, period: float, decay_rate: float, staircase: bool = False, name: str = ""
) -> Pieces:
    def rate(step: mpmath.mpf) -> mpmath.mpf:
        if step == math.inf:
            return mpmath.mpf(0)
        if not staircase:
            return mpmath.mpf(initial) / (1 + mpmath.mpf(decay_rate) * step / period)
        # As Keras: the quotient is one of float64. Later steps count as 2**53.
        return mpmath.mpf(initial) / (1 + mpmath.mpf(decay_rate) * math.floor(min(float(step), 2.0**53) / period))

    first = Fraction(initial)
    if not decay_rate or not initial:
        return (Piece(0, math.inf, "hold", first, first),)
    return (Piece(0, math.inf, "inverse_time", first, Fraction(0), rate),)


def inverse_square_root_decay(initial: float, timescale: float, name: str = "") -> Pieces:
    def rate(step: mpmath.mpf) -> mpmath.mpf:
        return mpmath.mpf(initial) * mpmath.sqrt(1 / (1 + step / timescale))

    first = Fraction(initial)
    if not initial:
        return (Piece(0, math.inf, "hold", first, first),)
    return (Piece(0, math.inf, "inverse_square_root", first, Fraction(0), rate),)


class Fields(NamedTuple):
    """A `CosineDecay` without its name. `warmup_steps` is 0 where there is no target."""

    initial_learning_rate: float
    decay_steps: float
    alpha: float = 0.0
    warmup_target: float | None = None
    warmup_steps: float = 0

    @property
    def pieces(self) -> Pieces:
        return cosine_decay(*self[:3], "", *self[3:])


def check(CosineDecay: type[CosineDecay], fields: Fields, steps: Iterable[float]) -> float:
    """The worst error of the schedule, in ULP of the exact rates, which are all within their bounds."""
    return max(errors(CosineDecay(**fields._asdict()), fields.pieces, steps).values())
