"""Build backend (PEP 517, PEP 660): maturin where the native core can be built, hatchling where it cannot.

That takes a Rust toolchain, and a CPython with a GIL. A toolchain that is there and fails is an error.
`LEARNRATE_PURE=1` asks for the pure-Python package on purpose.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

MATURIN = "maturin>=1.16,<2"
HATCHLING = "hatchling>=1.33"


def _cargo() -> str | None:
    """Where cargo is: on PATH, or in the usual homes, which are not always on PATH."""
    homes = [os.environ.get("CARGO_HOME"), Path.home() / ".cargo"]
    return shutil.which("cargo") or shutil.which(
        "cargo", path=os.pathsep.join(str(Path(home) / "bin") for home in homes if home)
    )


def _why_pure() -> str | None:
    """Why the package is the pure-Python one; None if it is not."""
    if os.environ.get("LEARNRATE_PURE") == "1":
        return "LEARNRATE_PURE=1"
    if _cargo() is None:
        return "no Rust toolchain (cargo) found"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "the native core is not tested on free-threaded CPython"
    return None


def _backend() -> ModuleType:
    if reason := _why_pure():
        print(f"learnrate: building the pure-Python package: {reason}", file=sys.stderr)
        return import_module("hatchling.build")
    os.environ["PATH"] = os.pathsep.join([str(Path(str(_cargo())).parent), os.environ.get("PATH", "")])
    return import_module("maturin")


def _requires(config_settings: Any = None) -> list[str]:
    return [HATCHLING if _why_pure() else MATURIN]


get_requires_for_build_wheel = get_requires_for_build_sdist = get_requires_for_build_editable = _requires


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    """See PEP 517."""
    name: str = _backend().build_wheel(wheel_directory, config_settings, metadata_directory)
    return name


def build_editable(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    """See PEP 660."""
    name: str = _backend().build_editable(wheel_directory, config_settings, metadata_directory)
    return name


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    """See PEP 517."""
    name: str = _backend().build_sdist(sdist_directory, config_settings)
    return name
