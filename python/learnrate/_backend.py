"""Chooses the backend, once, at import."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

__all__ = ["BACKEND", "CosineDecay"]

_wish = os.environ.get("LEARNRATE_BACKEND")
if _wish not in (None, "native", "python"):
    raise ValueError(f"LEARNRATE_BACKEND must be 'native' or 'python'. Received: {_wish!r}")

BACKEND = "python"
if _wish != "python":
    try:
        import_module(f"{__package__}._native")
        BACKEND = "native"
    except ModuleNotFoundError as error:
        # Only its absence selects the fallback: an extension that is there and fails to load is an error.
        if error.name != f"{__package__}._native":
            raise
        if _wish == "native":
            raise ImportError(
                "LEARNRATE_BACKEND=native, but this installation of learnrate has no native module"
            ) from None

if TYPE_CHECKING or BACKEND == "native":
    from ._native import CosineDecay
else:
    from ._fallback import CosineDecay
