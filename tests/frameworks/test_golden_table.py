"""The table in the README is what `examples/golden_table.py` prints, and learnrate's columns are the exact ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from learnrate import CosineDecay

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "examples" / "golden_table.py"
OURS = ["learnrate, NumPy", "learnrate, PyTorch", "learnrate, JAX", "learnrate, Keras"]
THEIRS = ["torch", "transformers", "optax", "Keras"]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=240, check=False
    )


@cache
def printed() -> str:
    result = run(SCRIPT)
    assert result.returncode == 0, result.stderr
    return result.stdout


def rows() -> list[dict[str, str]]:
    """By column, what each row of the printed table says."""
    head, _, *body = ([cell.strip() for cell in line[1:-1].split("|")] for line in printed().splitlines())
    return [dict(zip(head, row, strict=True)) for row in body]


def test_the_readme_has_the_table() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    tables = re.findall(r"python examples/golden_table\.py\n```\n(?:\n+[^|#\n].*)*\n+((?:\|.*\|\n)+)", readme)
    assert tables == [printed()]


def test_ours_are_exact_in_every_digit_shown() -> None:
    assert len(rows()) == 5
    for row in rows():
        assert list(row) == ["step", "exact", *OURS[:2], *THEIRS[:2], OURS[2], THEIRS[2], OURS[3], THEIRS[3]]
        assert {row[column] for column in OURS} == {row["exact"]}, row


def test_no_machine_can_show_other_digits_of_ours() -> None:
    # Float32 rates are within 6 ULP, and an ULP is at most 2**-23 of the rate.
    recipe = CosineDecay.from_total_steps(100_000, 3e-4, warmup_steps=1_000, initial_learning_rate=3e-7)
    for row in rows():
        rate = recipe(int(row["step"].replace(",", "")))
        shown = {f"{rate * (1 + off * 2.0**-23):.5g}" for off in (-6, 0, 6)}
        assert shown == {row["exact"]}, row


def test_theirs_differ_where_the_readme_says_so() -> None:
    # optax and Keras lose the last digits; torch and transformers rise after the end; transformers starts from 0.
    different = {column: [row["step"] for row in rows() if row[column] != row["exact"]] for column in THEIRS}
    assert different["torch"] == ["150,000"]
    assert different["transformers"] == ["0", "150,000"]
    assert different["optax"] == different["Keras"] == ["99,900", "99,999"]


@pytest.mark.parametrize("framework", ["jax", "keras", "optax", "torch", "transformers"])
def test_it_fails_where_a_framework_is_missing(framework: str) -> None:
    hidden = f"import runpy, sys; sys.modules[{framework!r}] = None; runpy.run_path({str(SCRIPT)!r})"
    result = run("-c", hidden)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.rstrip().endswith(f"ModuleNotFoundError: import of {framework} halted; None in sys.modules")
