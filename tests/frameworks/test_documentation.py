"""The adapters' examples, the README's and the site's run, and the stubs of the whole package are what runs.

Each in a process of its own, as a user's script is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import README, ROOT, SITE, blocks, needs_frameworks


def python(*arguments: str | Path, **variables: str) -> str:
    """What an interpreter prints, which must succeed."""
    environment = {**os.environ, "KERAS_BACKEND": "jax", "LEARNRATE_BACKEND": "native", **variables}
    result = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize("backend", ["native", "python"])
@pytest.mark.parametrize("adapter", ["keras", "torch"])
def test_the_adapters_docstrings_run(adapter: str, backend: str) -> None:
    code = f"import doctest, learnrate.{adapter} as adapter; print(doctest.testmod(adapter))"
    shown = python("-c", code, LEARNRATE_BACKEND=backend)
    failed, attempted = re.findall(r"\d+", shown.splitlines()[-1])[:2]
    assert (failed, int(attempted) >= 5) == ("0", True), shown


def test_the_readme_runs_with_the_frameworks(tmp_path: Path) -> None:
    shown = [block.text for block in blocks(README) if block.language == "python"]
    assert sum("learnrate.torch" in text for text in shown) == 1
    script = tmp_path / "readme.py"
    script.write_text("\n".join(shown), "utf-8")
    python(script)


@pytest.mark.parametrize("page", [page for page in SITE if needs_frameworks(page)], ids=lambda page: page.stem)
def test_the_site_runs(page: Path) -> None:
    python(ROOT / "tests" / "pages.py", page)


def test_a_framework_is_imported_by_its_adapter_alone() -> None:
    code = """
import sys
import learnrate
learnrate.CosineDecay(0.1, 1000)(range(3))
assert not {"torch", "keras", "jax", "tensorflow", "dask"} & set(sys.modules), sys.modules
import learnrate.torch
assert not {"keras", "jax", "tensorflow", "dask"} & set(sys.modules), sys.modules
"""
    python("-c", code)


def test_the_stub_is_what_runs() -> None:
    python("-m", "mypy.stubtest", "--mypy-config-file", "pyproject.toml", "learnrate")
