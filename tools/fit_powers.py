"""The constants of the exponential and the polynomial, and how far their polynomials are from what they stand for.

    2**r - 1 = r * (ln 2 + r * Q(r)),                        -1/2 <= r <= 1/2
    log2((1 + t) / (1 - t)) = SLOPE * t + t**3 * P(t**2),    t**2 <= (3 - sqrt(8))**2
    z / (2 + z) = z * TO_T(z) to 12 bits,                    sqrt(1/2) <= 1 + z <= sqrt(2)

`python tools/fit_powers.py` prints the constants as literals for Rust and Python, and fails where those in `_shapes`
are others, or further off than `tools/power_bounds.py` counts. Needs mpmath.
"""

from collections.abc import Callable, Iterable

from mpmath import cos, log, lu_solve, matrix, mp, mpf, nstr, pi, sqrt

from learnrate._shapes import exp2, polynomial

mp.prec = 200
HALF = mpf(1) / 2 + mpf(2) ** -12  # an r that was rounded may be beyond 1/2
W = mpf("0.17157287525") ** 2 * mpf("1.001")  # and a t beyond 3 - sqrt(8)
ROOTS = sqrt(mpf(1) / 2) - 1, sqrt(mpf(2)) - 1
NODES = 48

Function = Callable[[mpf], mpf]


def q(r: mpf) -> mpf:
    return ((mpf(2) ** r - 1) / r - log(2)) / r


def p(w: mpf) -> mpf:
    t = sqrt(w)
    return (log((1 + t) / (1 - t), 2) / t - 2 / log(2)) / w


def chebyshev(count: int, low: mpf, high: mpf) -> list[mpf]:
    return [(low + high) / 2 + (high - low) / 2 * cos(pi * (2 * i + 1) / (2 * count)) for i in range(count)]


def fit(function: Function, size: int, nodes: list[mpf], weight: Function) -> list[float]:
    """Least squares of the weighted errors. The lowest coefficient is rounded first and the others are fitted again, so
    that they absorb its rounding.
    """
    fixed: list[float] = []
    while len(fixed) < size:
        powers = range(len(fixed), size)
        system = matrix(len(nodes), len(powers))
        rest = matrix(len(nodes), 1)
        for row, x in enumerate(nodes):
            rest[row] = weight(x) * (function(x) - value(fixed, x))
            for column, power in enumerate(powers):
                system[row, column] = weight(x) * x**power
        fixed.append(float(lu_solve(system, rest)[0]))
    return fixed


def value(coefficients: Iterable[float], x: mpf) -> mpf:
    return sum((mpf(c) * x**k for k, c in enumerate(coefficients)), mpf(0))


def two_parts(number: mpf) -> tuple[float, float]:
    return float(number), float(number - mpf(float(number)))


def worst(error: Function, low: mpf, high: mpf, points: int = 1001) -> mpf:
    """An odd number of intervals: none of the points is 0, where both sides are."""
    return max(abs(error(low + (high - low) * i / points)) for i in range(points + 1))


def main() -> None:
    in_q = fit(q, 10, chebyshev(NODES, -HALF, HALF), lambda r: r)
    in_p = fit(p, 7, chebyshev(NODES, mpf(0), W), lambda w: w * sqrt(w))
    # As many nodes as coefficients: these are solved for at once, and not rounded one by one.
    nodes = chebyshev(3, *ROOTS)
    powers = matrix([[z**k for k in range(3)] for z in nodes])
    to_t = tuple(map(float, lu_solve(powers, matrix([1 / (2 + z) for z in nodes]))))
    constants = {
        "LN2": (two_parts(log(2)), (exp2.LN2, exp2.LN2_REST)),
        "Q": (tuple(in_q), exp2.Q),
        "SLOPE": (two_parts(2 / log(2)), polynomial.SLOPE),
        "P": (tuple(in_p), polynomial.P),
        "TO_T": (to_t, polynomial.TO_T),
    }
    for name, (fitted, used) in constants.items():
        print(f"{name} = {fitted!r}")
        assert fitted == used, f"{name} is {used!r}"

    of_q = worst(lambda r: (value(in_q, r) - q(r)) * r**2 / (mpf(2) ** r - 1), -HALF, HALF)
    of_p = worst(lambda t: (value(in_p, t**2) - p(t**2)) * t**3, sqrt(W) / 1000, sqrt(W))
    of_p_itself = worst(lambda w: value(in_p, w) - p(w), W / 10**9, W)
    of_t = worst(lambda z: z * value(to_t, z) - z / (2 + z), *ROOTS)
    print("Q, relative to 2**r - 1:", nstr(of_q, 3))
    print("P, in log2:", nstr(of_p, 3), "and of t**3:", nstr(of_p_itself, 3))
    print("TO_T, in t: 2 **", nstr(log(of_t, 2), 4))
    # As `tools/power_bounds.py` has them.
    assert of_q < 2.2e-17
    assert of_p < 3.8e-19
    assert of_p_itself < 2.5e-14
    assert of_t < mpf(2) ** mpf("-12.1")


if __name__ == "__main__":
    main()
