"""Half a cosine. `src/shapes/cosine.rs` says where the constants come from, and derives the bound of the error."""

from __future__ import annotations

from .shape import Shape, rounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# pi**2 / 4, in two parts.
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


class Cosine(Shape):
    """`first + (last - first) * (1 - cos(pi * done / steps)) / 2`, from the nearer end."""

    __slots__ = ("c0", "c0_lo", "span", "square")

    def __init__(self, first: float, last: float, steps: float) -> None:
        self.first, self.last, self.span, self.square = first, last, last - first, steps * steps
        self.c0, self.c0_lo = C0, C0_LO

    def rate(self, xp: Any, done: Any, left: Any) -> Any:
        near = xp.minimum(done, left)
        joint, span = xp.choose(done < left, (self.first, self.span), (self.last, -self.span))
        return joint + span * half_cosine(near * near / self.square, self.c0, self.c0_lo)

    def in_float32(self) -> Cosine:
        """The same with a first coefficient that takes back what rounding the other constants adds.

        In ULP, at their worst, the roundings are: the square of the distance from the nearer joint 1, its quotient 1,
        the coefficients 0.2, their sum 0.8, its product 1, that with the span 1, the last sum and the joint 0.5 each:
        6 in all. A distance beyond 2**24 steps, or from a joint between whole steps, is rounded itself, which its
        square doubles: 8.
        """
        exact = C0 * rounded(self.square) / self.square
        if span := rounded(self.span):
            exact *= self.span / span
        c0 = rounded(exact)
        return self._with(c0=c0, c0_lo=exact - c0)


def half_cosine(z: Any, c0: float, c0_lo: float) -> Any:
    """sin(pi/2 * sqrt(z))**2 for 0 <= z <= 1/4, with the first coefficient in two parts."""
    q0, q1, q2, q3, q4, q5, q6, q7 = Q
    q = ((((((q7 * z + q6) * z + q5) * z + q4) * z + q3) * z + q2) * z + q1) * z + q0
    return z * (c0 + (z * q + c0_lo))
