"""The promise: type checkers see the types that come back and accept what the README shows; both backends have the same
signatures.

mypy runs as a process of its own: in this one it would raise the recursion limit.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from pages import README, ROOT, blocks

CONFIG = ROOT / "pyproject.toml"


def python(*arguments: str | Path, **variables: str) -> str:
    """What an interpreter prints, which must succeed."""
    result = subprocess.run(
        [sys.executable, *arguments], env={**os.environ, **variables}, capture_output=True, text=True, timeout=240
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_mypy_sees_the_types(tmp_path: Path) -> None:
    # Beside the README's blocks in one file, for each goes on from the one before.
    shown = [block.text for block in blocks(README) if block.language == "python"]
    assert len(shown) >= 2
    readme = tmp_path / "readme.py"
    readme.write_text("\n".join(shown), "utf-8")
    typed = Path(__file__).with_name("typed.py")
    python("-m", "mypy", "--strict", "--config-file", CONFIG, typed, readme)


SIGNATURES = """
import inspect
import learnrate

schedule = learnrate.CosineDecay(0.1, 1000)
print("schedule", inspect.signature(schedule))
for name in learnrate.__all__:
    value = getattr(learnrate, name)
    print(name, inspect.signature(value) if callable(value) and name != "Schedule" else type(value))
for one in (schedule, learnrate.constant(0.1), learnrate.Phase(1, 0.1)):
    for name in dir(one):
        if not name.startswith("_") or name == "__replace__":
            value = getattr(one, name)
            print(name, inspect.signature(value) if callable(value) else value)
"""


def test_both_backends_have_the_same_signatures(learnrate: ModuleType) -> None:
    shown = python("-c", SIGNATURES, LEARNRATE_BACKEND=learnrate.BACKEND)
    assert shown == python("-c", SIGNATURES, LEARNRATE_BACKEND="python")
    assert "schedule (step: 'Any', *, out: 'Any' = None) -> 'Any'" in shown.splitlines()
