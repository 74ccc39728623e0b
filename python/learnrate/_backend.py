"""Chooses the backend, once, at import."""

from __future__ import annotations

import os

TYPE_CHECKING = False

__all__ = ["BACKEND", "Curve"]


def _choose() -> str:
    wish = os.environ.get("LEARNRATE_BACKEND")
    if wish not in (None, "native", "python"):
        raise ValueError(f"LEARNRATE_BACKEND must be 'native' or 'python'. Received: {wish!r}")
    if wish == "python":
        return "python"
    try:
        __import__(f"{__package__}._native")
    except ModuleNotFoundError as error:
        # Only its absence selects the fallback: an extension that is there and fails to load is an error.
        if error.name != f"{__package__}._native":
            raise
        if wish == "native":
            raise ImportError(
                "LEARNRATE_BACKEND=native, but this installation of learnrate has no native module"
            ) from None
        return "python"
    return "native"


BACKEND = _choose()

if TYPE_CHECKING or BACKEND == "native":
    from ._native import Curve
else:
    from ._curve import Curve
