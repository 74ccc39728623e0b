"""What pages show, to be run: the fenced blocks of the README and of the site."""

from __future__ import annotations

import doctest
import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
SITE = sorted(page for page in (ROOT / "docs").rglob("*.md") if "_build" not in page.parts)
FRAMEWORKS = re.compile(
    r"^ *>>> (import|from) .*\b(accelerate|jax|keras|lightning|optax|torch|transformers)\b", re.MULTILINE
)
PYTHON = ("pycon", "{eval-rst}")  # reStructuredText has the pictures, each below the code that draws it


class Block(NamedTuple):
    language: str
    line: int
    text: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks: their language, the number of their first line, and what is in them."""
    text = page.read_text("utf-8")
    fences = re.finditer(r"^( *(?:```+|~~~+))(\S*).*\n((?:.*\n)*?)\1$", text, re.MULTILINE)
    return [Block(fence[2], text.count("\n", 0, fence.start(3)) + 1, fence[3]) for fence in fences]


def needs_frameworks(page: Path) -> bool:
    return bool(FRAMEWORKS.search(page.read_text("utf-8")))


def run_python(page: Path) -> None:
    """Runs what stands behind `>>>`, in one namespace from the top of the page, and compares what it prints."""
    text = ""
    for block in blocks(page):
        if block.language in PYTHON:
            text += "\n" * (block.line - 1 - text.count("\n")) + block.text
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    told: list[str] = []
    results = doctest.DocTestRunner(verbose=False).run(test, out=told.append)
    assert not results.failed, "".join(told)
    assert results.attempted == len(re.findall(r"^ *>>> ", page.read_text("utf-8"), re.MULTILINE))


if __name__ == "__main__":
    run_python(Path(sys.argv[1]))
