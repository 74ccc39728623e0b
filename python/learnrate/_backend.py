"""Chooses the backend, once, at import."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

__all__ = ["BACKEND", "CosineDecay"]


def _choose() -> str:
    wish = os.environ.get("LEARNRATE_BACKEND")
    if wish not in (None, "native", "python"):
        raise ValueError(f"LEARNRATE_BACKEND must be 'native' or 'python'. Received: {wish!r}")
    if wish == "python":
        return "python"
    try:
        import_module(f"{__package__}._native")
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
    from ._native import CosineDecay
else:
    from ._fallback import CosineDecay
