"""What the README says of other libraries is what the real ones answer."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent.parent


@cache
def answers() -> dict[str, dict[str, str]]:
    """What `examples/differences.py` prints: by the first words of each question, each library's answer."""
    result = subprocess.run(
        [sys.executable, ROOT / "examples" / "differences.py"],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert result.returncode == 0, result.stderr
    blocks = [block.splitlines() for block in result.stdout.strip().split("\n\n")]
    return {title: dict(line.split(maxsplit=1) for line in lines) for title, *lines in blocks}


def test_the_table_in_the_readme_is_what_the_libraries_answer() -> None:
    printed = list(answers().values())
    readme = (ROOT / "README.md").read_text()
    [head] = re.findall(r"^\| \| (.*)$", readme, re.MULTILINE)
    _, *libraries = re.findall(r"[a-z]\w+", head.lower())
    libraries = ["learnrate", *libraries]
    rows = re.findall(r"^\| ([^|]+) \|(.+)\|$", readme, re.MULTILINE)
    checked = 0
    for _, row in rows:
        cells = dict(zip(libraries, (cell.strip() for cell in row.split("|")), strict=True))
        numbers = {library: cell for library, cell in cells.items() if re.fullmatch(r"-?[\d.e-]+", cell)}
        if numbers:
            matching = [block for block in printed if numbers.items() <= block.items()]
            assert matching, numbers
            checked += len(numbers)
    assert checked >= 18


def test_errors_in_the_readme(learnrate: ModuleType) -> None:
    printed = answers()
    assert printed["A negative step"]["learnrate"].startswith("ValueError: Argument `step` must be >= 0.")
    arrays = printed["An array of steps, with warmup"]
    assert (arrays["learnrate"], arrays["keras"].split(":")[0], arrays["optax"].split(":")[0]) == (
        "ndarray",
        "TypeError",
        "TypeError",
    )
