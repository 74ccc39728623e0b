"""What the rate does within a segment: a shape a file, with the same expressions as in `src/shapes/`.

A new shape is a file, and a line here.
"""

from __future__ import annotations

from .cosine import Cosine
from .exponential import Exponential
from .hold import Hold
from .inverse_square_root import InverseSquareRoot
from .inverse_time import InverseTime
from .linear import Linear
from .polynomial import Polynomial
from .rex import Rex
from .shape import Shape
from .sqrt import Sqrt
from .square import Square

SHAPES: dict[str, type[Shape]] = {
    "hold": Hold,
    "linear": Linear,
    "cosine": Cosine,
    "rex": Rex,
    "sqrt": Sqrt,
    "square": Square,
    "inverse_time": InverseTime,
    "inverse_square_root": InverseSquareRoot,
    "exponential": Exponential,
    "polynomial": Polynomial,
}
