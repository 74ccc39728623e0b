"""What the README says of other libraries is what the real ones answer."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

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
    # The rows stand in the order in which the questions are printed.
    section = (ROOT / "README.md").read_text("utf-8").partition("\n## How it differs\n")[2].partition("\n## ")[0]
    table = re.findall(r"^\|(.+)\|$", section, re.MULTILINE)
    (_, *heads), _, *rows = ([cell.strip() for cell in row.split("|")] for row in table)
    libraries = [head.split()[0].lower() for head in heads]
    for head in heads[1:]:
        name, stated = head.lower().split()
        assert version(name).startswith(stated)
    printed = list(answers().values())
    assert len(rows) == len(printed) >= 8
    for (question, *cells), told in zip(rows, printed, strict=True):
        stated = {library: cell for library, cell in zip(libraries, cells, strict=True) if cell}
        assert stated == {library: answer.split(":")[0] for library, answer in told.items()}, question
