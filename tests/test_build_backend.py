"""Which package `pip install` builds, and that the build log says so where it is not the native one."""

from __future__ import annotations

import shutil
import sysconfig
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def build() -> ModuleType:
    path = Path(__file__).parents[1] / "build_backend" / "learnrate_build.py"
    spec = spec_from_file_location("learnrate_build", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("variable", "cargo", "free_threaded", "reason"),
    [
        ("", "/somewhere/cargo", 0, None),
        ("0", "/somewhere/cargo", None, None),
        ("", "/somewhere/cargo", 1, "the native core is not tested on free-threaded CPython"),
        ("", None, 0, "no Rust toolchain (cargo) found"),
        ("", None, 1, "no Rust toolchain (cargo) found"),
        ("1", "/somewhere/cargo", 0, "LEARNRATE_PURE=1"),
        ("1", None, 1, "LEARNRATE_PURE=1"),
    ],
)
def test_what_is_built(
    build: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    cargo: str | None,
    free_threaded: int | None,
    reason: str | None,
) -> None:
    monkeypatch.setenv("LEARNRATE_PURE", variable)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(shutil, "which", lambda name, path=None: cargo)
    monkeypatch.setattr(sysconfig, "get_config_var", {"Py_GIL_DISABLED": free_threaded}.get)
    monkeypatch.setattr(build, "import_module", lambda name: name)
    backend, log = build._backend(), capsys.readouterr().err
    if reason is None:
        assert (backend, log) == ("maturin", "")
    else:
        assert (backend, log) == ("hatchling.build", f"learnrate: building the pure-Python package: {reason}\n")
    for requires in ("wheel", "sdist", "editable"):
        assert getattr(build, f"get_requires_for_build_{requires}")() == [
            build.MATURIN if reason is None else build.HATCHLING
        ]
