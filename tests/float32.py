"""How far other libraries' rates are from the schedule's own float64 ones, and how far they may be.

These are within 7 float64 ULP of exact: 1e-8 of a float32 ULP.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# What `_shapes/cosine.py` derives, for segments of up to 2**24 steps and for longer ones. A line takes less: in ULP, at
# their worst, its number of steps, the quotient, the span and their product 1 each, the joint 1, the last sum 0.5; a
# distance beyond 2**24 steps 1 more.
FLOAT32, LONG_FLOAT32 = 6.0, 8.0
# XLA fuses some multiply-adds, which leaves roundings out: the bound at any step stays. In ULP of float64.
FLOAT64 = 7.0


def float32_error(rates: Any, exact: Any) -> float:
    """The largest error, in the spacing of float32 at the exact rate."""
    off = np.abs(np.asarray(rates, np.float64) - exact)
    return float(np.max(off / np.spacing(np.maximum(exact, 2.0**-126).astype(np.float32)), initial=0.0))
