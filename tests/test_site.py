"""The site's pages, whichever there are: what they show runs. tests/frameworks has those that need frameworks."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest
from pages import PYTHON, ROOT, SITE, blocks, needs_frameworks, run_python

# Blocks of any other language, such as `python` or `sh`, nobody would run. The first two of these show what is run
# where it stands: the README's blocks by test_docs.py, cargo and .ci/run, the scripts in examples/ by tests of their
# own. The last is run by the build, which shows what comes of it.
RUN_ELSEWHERE = {"{include}", "{literalinclude}", "{run}"}


def name(page: Path) -> str:
    return page.stem


def test_there_are_pages() -> None:
    assert {"index", "api", "moving", "schedule"} <= {page.stem for page in SITE}


@pytest.mark.parametrize("page", SITE, ids=name)
def test_every_block_is_run_by_somebody(page: Path) -> None:
    for block in blocks(page):
        place = f"{page.name}:{block.line}"
        assert block.language in {*PYTHON, "json", *RUN_ELSEWHERE, "{toctree}"}, place
        if block.language == "pycon":
            assert ">>> " in block.text, place
        if block.language == "{eval-rst}":
            assert not re.search(r"^ *\.\. (?!auto|module|plot|py:)", block.text, re.MULTILINE), place


def test_the_api_page_has_every_public_name(learnrate: ModuleType) -> None:
    described = re.findall(
        r"^\.\. (?:auto|py:)\w+:: (\w+)$", (ROOT / "docs" / "api.md").read_text("utf-8"), re.MULTILINE
    )
    assert sorted(described) == sorted(set(learnrate.__all__) - {"__version__"})


def test_each_picture_has_a_name_of_its_own() -> None:
    # Sphinx would show the first one twice.
    texts = [block.text for page in SITE for block in blocks(page) if ".. plot::" in block.text]
    names = re.findall(r"^ *\.\. plot::\n +:filename-prefix: (\S+)$", "\n".join(texts), re.MULTILINE)
    assert len(names) == len(set(names)) == "\n".join(texts).count(".. plot::") > 0


@pytest.mark.parametrize("page", [page for page in SITE if not needs_frameworks(page)], ids=name)
def test_python(learnrate: ModuleType, page: Path) -> None:
    run_python(page)


@pytest.mark.parametrize("page", SITE, ids=name)
def test_json(learnrate: ModuleType, page: Path) -> None:
    for block in blocks(page):
        if block.language == "json":
            learnrate.from_json(block.text)
