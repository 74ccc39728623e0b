"""What many tests do: see an error, to the letter, and ask a fresh interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def refused(error: type[Exception], text: str, function: Callable[..., object], *args: Any, **kwargs: Any) -> None:
    """The call raises this very error."""
    with pytest.raises(error) as info:
        function(*args, **kwargs)
    assert type(info.value) is error
    assert str(info.value) == text


def python(
    code: str, *arguments: str, stdin: bytes = b"", path: Path | None = None, flags: str = "-Werror", **variables: str
) -> str:
    """What a fresh interpreter prints and, if it fails, the last line of its traceback.

    `path` is where it looks for modules first; it runs on the backend of `LEARNRATE_BACKEND`, if that is given.
    """
    environment = {name: value for name, value in os.environ.items() if name != "LEARNRATE_BACKEND"} | variables
    if path:
        environment["PYTHONPATH"] = str(path)
    command = [sys.executable, flags, "-c", textwrap.dedent(code), *arguments]
    done = subprocess.run(command, input=stdin, env=environment, capture_output=True, timeout=120)
    if not done.returncode:
        return done.stdout.decode().strip()
    last = done.stderr.strip().rpartition(b"\n")[2] or b"exit status %d" % done.returncode
    return (done.stdout + last).decode().strip()
