"""What the documentation shows is run: the README's Python, the docstrings' examples, the example scripts."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

from pages import README, ROOT, blocks


def test_the_readme_runs(learnrate: ModuleType) -> None:
    shown = [block.text for block in blocks(README) if block.language == "python"]
    shown = [text for text in shown if "learnrate.torch" not in text]  # tests/frameworks runs that one
    assert len(shown) >= 2
    names: dict[str, Any] = {}
    for text in shown:
        exec(compile(text, "README.md", "exec"), names)
        # A comment behind an expression says its value, where it starts with a number.
        for expression, value in re.findall(r"^(\S.*?) +# ([\d._e+-]+)[,:]", text, re.MULTILINE):
            assert eval(expression, names) == eval(value), expression
    assert names["schedule"](5_000) == 0.0005


def test_the_readmes_commands_run(learnrate: ModuleType, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    lines = [line for block in blocks(README) if block.language == "sh" for line in block.text.splitlines()]
    commands = [line for line in lines if line.startswith("learnrate ")]
    assert len(commands) >= 4
    for command in commands:
        result = subprocess.run(
            [sys.executable, "-m", *shlex.split(command, comments=True)],
            cwd=tmp_path,
            env={**os.environ, "LEARNRATE_BACKEND": learnrate.BACKEND, "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=120,
        )
        assert result.returncode == 0, (command, result.stderr)


def test_the_docstrings_run(learnrate: ModuleType) -> None:
    modules = [learnrate]
    elsewhere = {"__main__", "_native", "keras", "torch"}  # tests/frameworks has the last two
    for info in walk_packages(learnrate.__path__, "learnrate."):
        if info.name.rpartition(".")[2] not in elsewhere:
            modules.append(import_module(info.name))
    results = [doctest.testmod(module) for module in modules]
    assert sum(result.attempted for result in results) >= 30
    assert sum(result.failed for result in results) == 0


def test_the_comparison_with_keras_runs(learnrate: ModuleType) -> None:
    result = subprocess.run(
        [sys.executable, ROOT / "examples" / "keras_side_by_side.py"],
        env={**os.environ, "LEARNRATE_BACKEND": learnrate.BACKEND},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert re.search(r"^ +500 +0 +1e\+00 +0\.05 *$", result.stdout, re.MULTILINE), result.stdout
