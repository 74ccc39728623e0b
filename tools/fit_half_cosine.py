"""Coefficients of the half cosine, and the bounds on the error of a rate, on a half cosine and on a line.

    h(q) = sin(pi * sqrt(q) / 2)**2,  0 <= q <= 1/4,  evaluated as  q * (C0 + (q*Q(q) + C0_LO))

C0 + C0_LO is pi**2/4 in two parts, Q a polynomial of degree 7. Run it with mpmath installed; it prints the
constants as literals for Rust and Python, checks the point q = 1/4, and bounds the error in ULP. Unit of the
bounds: half an ULP of a number with significand m in [1, 2) is u/m of it, u = 2**-53; m_x is the significand of x.
"""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

from mpmath import cos, lu_solve, matrix, mp, mpf, nstr, pi, sin, sqrt

mp.prec = 200
DEGREE = 7
U = 2.0**-53
C0 = float(pi**2 / 4)
C0_LO = float(pi**2 / 4 - mpf(C0))

Extra = Callable[[float], float]


# The fit.


def exact(q: mpf) -> mpf:
    return sin(pi * sqrt(q) / 2) ** 2


def fit() -> list[float]:
    """Interpolate at the zeros of T_9, stretched so that the lowest is q = 0, where C0 + C0_LO already fits.

    The lowest coefficient is rounded first and the others fitted again, so that they absorb its rounding; each
    coefficient fixed gives up the lowest node, where it matters least.
    """
    zeros = [cos(pi * (2 * i + 1) / (2 * DEGREE + 4)) for i in range(DEGREE + 2)]
    nodes = [(zero - zeros[-1]) / (1 - zeros[-1]) / 4 for zero in zeros[:-1]]
    fixed: list[float] = []
    while nodes:
        powers, size = len(fixed), len(nodes)
        rest = [(exact(q) / q - pi**2 / 4) / q - sum(c * q**k for k, c in enumerate(fixed)) for q in nodes]
        system = matrix(size, size)
        for row, q in enumerate(nodes):
            for column in range(size):
                system[row, column] = q ** (powers + column)
        fixed.append(float(lu_solve(system, matrix(rest))[0]))
        nodes.pop()
    return fixed


def approximation_error(coefficients: list[float], points: int = 5000) -> mpf:
    """The largest relative error of the polynomial itself, in exact arithmetic, with the rounded coefficients."""
    worst = mpf(0)
    for i in range(1, points + 1):
        q = mpf(i) / (4 * points)
        polynomial = q * (mpf(C0) + mpf(C0_LO)) + sum(c * q ** (k + 2) for k, c in enumerate(coefficients))
        worst = max(worst, abs(polynomial / exact(q) - 1))
    return worst


# The expression tree, in float64.


def half_cosine(q: float, coefficients: list[float]) -> float:
    value = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        value = coefficient + q * value
    return q * (C0 + (q * value + C0_LO))


# The bounds, each over a cell low <= q <= high that no binade boundary of q or h splits, at its worse end.


def binade(x: float) -> float:
    """The power of two at or below x; rounding to float64 moves x by at most U times that."""
    return math.ldexp(1.0, math.frexp(x)[1] - 1)


def correction_noise(low: float, high: float, coefficients: list[float]) -> float:
    """Rounding errors of C0 + (q*Q(q) + C0_LO), in units of U; the sum lies between 2 and C0."""
    noise, at_low, at_high = 0.0, coefficients[-1], coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        noise = high * noise + binade(max(abs(low * at_low), abs(high * at_high)))
        at_low, at_high = coefficient + low * at_low, coefficient + high * at_high
        noise += binade(max(abs(at_low), abs(at_high)))
    product = high * max(abs(at_low), abs(at_high))
    return high * noise + 2 * binade(product) + 2  # q*Q, + C0_LO, + C0


def cells(binades: int = 24, parts: int = 1000) -> Iterator[tuple[float, float]]:
    """From 1/4 down; below 2**-24 all is proportional to q, and every binade is like the last."""
    edges = {0.25}
    for k in range(2, binades + 1):
        edges |= {2.0**-k, float((2 / pi * mp.asin(sqrt(mpf(2) ** (1 - k)))) ** 2)}
    for start, stop in pairwise(sorted(edge for edge in edges if edge <= 0.25)):
        for i in range(parts):
            yield start + (stop - start) * i / parts, start + (stop - start) * (i + 1) / parts


def kernel_bounds(coefficients: list[float], extra: Extra) -> Iterator[tuple[float, float, float, float]]:
    """Per cell: h at both ends, m_h at the upper end, and g, the relative error of the computed h in units of U.

    `extra(m_q)` bounds what the roundings of n*n and T*T add to 1/m_q, the rounding of their quotient.
    """
    for low, high in cells():
        middle = (low + high) / 2
        x = math.pi * math.sqrt(low) / 2
        h_low, h_high = math.sin(x) ** 2, math.sin(math.pi * math.sqrt(high) / 2) ** 2
        h_binade = binade((h_low + h_high) / 2)
        m_low, m_high = low / binade(middle), high / binade(middle)
        quotient = x / math.tan(x) * (1 / m_low + max(extra(m_low), extra(m_high)))  # q h'(q) / h(q) = x cot x
        g = quotient + (h_binade + high * correction_noise(low, high, coefficients)) / h_low
        yield h_low, h_high, h_high / h_binade, g + 0.003  # the polynomial's own 3.3e-19


def rising(h: float, m_h: float, g: float, alpha: float) -> float:
    """Upper half, alpha > 1: value = peak + (F - peak)*h, F = peak*alpha: F and F - peak both round at F's scale."""
    share = 2 / (1 + (1 - h) / (alpha * h))  # F*h is below this, in units of the result's binade
    noise = (1 - 1 / alpha) * share * g / 2
    worst = max(0.75 + (m_h + g) / 2, 1 + m_h / 2 + noise)  # F*h in a lower binade; m_F * m_h >= 2
    if m_h <= share + 0.01:  # m_F * m_h < 2: the same binade for F and F - peak needs m_F > alpha / (alpha - 1)
        same_binade = m_h <= (1 - 1 / alpha) * share + 0.01
        worst = max(worst, 1 + m_h * (1 if same_binade else 0.75) + noise)
    return worst


def bounds(coefficients: list[float], extra: Extra) -> dict[str, float]:
    cell = list(kernel_bounds(coefficients, extra))
    return {
        "falling to the floor (alpha <= 1)": max(1 + m_h / 2 + g for _, _, m_h, g in cell),
        "falling from the peak, rising to the floor": max(2 + g * h / (1 - h) for _, h, _, g in cell),
        "rising from the peak, alpha <= 10": max(rising(h, m_h, g, 10) for _, h, m_h, g in cell),
        "rising from the peak, any alpha": max(1 + m_h + g for _, _, m_h, g in cell),
    }


def line_bound() -> float:
    """The product and the sum cost 1/2 each. In ULP of their product the roundings of S and q cost (m_S + m_q)/2 where
    m_S*m_q < 2, and half as much beyond. On either side that is largest at a corner, or on the curve m_S*m_q = 2.
    """
    curve = [1 + i / 1000 for i in range(1001)]
    below = max((m + 2 / m) / 2 for m in curve)
    above = max((2 + 2) / 4, max((m + 2 / m) / 4 for m in curve))
    return 1 + max(below, above)


def main() -> None:
    coefficients = fit()
    print(f"C0 = {C0!r}\nC0_LO = {C0_LO!r}")
    for k, coefficient in enumerate(coefficients):
        print(f"Q{k} = {coefficient!r}")
    print("polynomial, relative error:", nstr(approximation_error(coefficients), 3))

    # The middle: exactly 1/2 there, and below it everywhere before (monotone schedules rest on this). Further
    # down, the slope of h, pi/2, outweighs every rounding.
    assert half_cosine(0.25, coefficients) == 0.5
    assert all(half_cosine(0.25 - k * 2.0**-55, coefficients) < 0.5 for k in range(1, 1000))

    # As `src/shapes/cosine.rs` and the tests state them: falling to the floor, from the peak, rising up to alpha = 10,
    # beyond.
    cases: dict[str, tuple[Extra, tuple[float, ...]]] = {
        "whole steps, T <= 2**26": (lambda m: 0.0, (4.52, 4.31, 4.52, 5.31)),
        "fractional steps, T <= 2**26": (lambda m: 1.0, (5.41, 5.09, 5.17, 6.09)),
        "T > 2**26": (lambda m: max(1 + 1 / m, 1 + m / 2), (6.28, 5.88, 5.66, 6.88)),
        # The distance from the joint is rounded too, which its square doubles.
        "joints between whole steps": (lambda m: 2 + max(1 + 1 / m, 1 + m / 2), (8.25, 7.45, 6.97, 8.86)),
    }
    for case, (extra, stated) in cases.items():
        computed = bounds(coefficients, extra)
        for half, bound in computed.items():
            print(f"{case}, {half}: {bound:.2f} ULP")
        assert all(math.ceil(100 * bound) == round(100 * s) for bound, s in zip(computed.values(), stated, strict=True))
    line = line_bound()
    print(f"a line: {line:.2f} ULP; between whole steps, where the distance from the joint is rounded too, 1 more")
    assert line == 2.5  # as `src/shapes/linear.rs` and the tests state it


if __name__ == "__main__":
    main()
