"""The tests in `keras_schedule.py`, `keras_own.py` and `keras_saving.py` pass on each backend of Keras, in a process
each: Keras has one backend for a process, and TensorFlow and PyTorch abort in one process.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

TESTS = [Path(__file__).with_name(name) for name in ("keras_schedule.py", "keras_own.py", "keras_saving.py")]
SECONDS = 240
"""About ten times what a backend takes."""


@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_on_the_backend(backend: str, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *map(str, TESTS)]
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("PYTEST_ADDOPTS", None)  # a selection made for this process
    environment["KERAS_HOME"] = str(tmp_path)  # no configuration of the user's
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert result.returncode == 0, result.stdout + result.stderr

    cases = list(ElementTree.parse(report).iter("testcase"))
    assert [case.get("name") for case in cases if len(case.findall("skipped"))] == []
    ran = {str(case.get("name")).partition("[")[0] for case in cases}
    written = re.findall(r"^def (test_\w+)", "".join(file.read_text("utf-8") for file in TESTS), re.MULTILINE)
    assert ran == set(written)
    assert len(written) == len(ran) > 0  # no two of one name
