"""Every test that takes `learnrate` runs on both backends. `pytest --backend python` asks for one alone.

Those that take `row` or `example` run for each class of schedules, or for each example of each: see `family.py`.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest
from family import EXAMPLES, ROWS
from hypothesis import HealthCheck, settings

# The same examples in every run, and with `--hypothesis-profile long` 25 times as many, and others each time.
# None is judged by its time.
settings.register_profile(
    "short",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("long", settings.get_profile("short"), derandomize=False, max_examples=2_500)
settings.load_profile("short")

os.environ["MPLBACKEND"] = "agg"  # no windows

# The package's modules, by backend: each backend has an import of its own.
MODULES: dict[str, dict[str, ModuleType]] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--backend", action="append", choices=["native", "python"])


def pytest_report_header(config: pytest.Config) -> str:
    return f"backends: {', '.join(backends(config))}"


def backends(config: pytest.Config) -> list[str]:
    chosen: list[str] | None = config.getoption("backend")
    if chosen:
        return chosen
    # Where the native module could have been built, its absence is a failure.
    expected = "CI" in os.environ or shutil.which("cargo") or find_spec("learnrate._native")
    return ["native", "python"] if expected else ["python"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "learnrate" in metafunc.fixturenames:
        metafunc.parametrize("learnrate", backends(metafunc.config), indirect=True)
    if "row" in metafunc.fixturenames:
        metafunc.parametrize("row", ROWS, ids=str)
    if "example" in metafunc.fixturenames:
        metafunc.parametrize("example", EXAMPLES, ids=str)


@contextmanager
def _imported(backend: str) -> Iterator[ModuleType]:
    _forget_package()
    sys.modules.update(MODULES.get(backend, {}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEARNRATE_BACKEND", backend)
        package = import_module("learnrate")
        assert package.BACKEND == backend
        yield package
    MODULES[backend] = _forget_package()


@pytest.fixture
def learnrate(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """The package on one backend, in `sys.modules` for the length of the test."""
    with _imported(request.param) as package:
        yield package


@pytest.fixture
def packages(request: pytest.FixtureRequest) -> list[ModuleType]:
    """The package on each backend, to compare them; none is in `sys.modules`."""
    packages = []
    for backend in backends(request.config):
        with _imported(backend) as package:
            packages.append(package)
    return packages


def _forget_package() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == "learnrate"]
    return {name: sys.modules.pop(name) for name in names}


@pytest.fixture
def cli(learnrate: ModuleType, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command with its arguments; returns the exit status and what went to stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        from learnrate.cli import main

        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as stop:  # argparse's
            status = int(stop.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def CosineDecay(learnrate: ModuleType) -> Any:
    return learnrate.CosineDecay
