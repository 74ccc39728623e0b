"""The promise: `learnrate table` gives a program every rate to the last bit, however many there are."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CLI = Callable[..., tuple[int, str, str]]
VIT = Path(__file__).parent.parent / "examples" / "vit-b16-imagenet.json"
LLAMA = VIT.with_name("llama2-7b.json")


def test_a_table_reads_back_to_the_last_bit(CosineDecay: Any, cli: CLI) -> None:
    schedule = CosineDecay.from_json(VIT.read_bytes())
    status, out, err = cli("table", VIT)
    assert (status, err) == (0, "")
    header, *rows = csv.reader(out.splitlines())
    assert header == ["step", "learning_rate"]
    assert [int(step) for step, _ in rows] == list(range(schedule.total_steps + 1))
    assert [float(rate) for _, rate in rows] == schedule(range(schedule.total_steps + 1)).tolist()


def test_a_table_has_the_steps_asked_for_and_a_column_for_each_schedule(CosineDecay: Any, cli: CLI) -> None:
    status, out, _ = cli("table", VIT, LLAMA, "--start", 10, "--stop", 10**6, "--stride", 333_333)
    assert status == 0
    one, other = (CosineDecay.from_json(file.read_bytes()) for file in (VIT, LLAMA))
    steps = [10, 333_343, 666_676]
    assert list(csv.reader(out.splitlines())) == [
        ["step", str(VIT), str(LLAMA)],
        *([str(step), repr(one(step)), repr(other(step))] for step in steps),
    ]
    assert cli("table", VIT, LLAMA, "--stride", 100_000)[1].splitlines()[-1].startswith("500000,")
    assert cli("table", VIT, "--start", 10, "--stop", 10)[1] == "step,learning_rate\n"
    for start in (2**60, 10**30, 10**400):
        assert cli("table", VIT, "--start", start, "--stop", start + 1)[1].splitlines()[1] == f"{start},0.0"
    out = cli("table", VIT, "--start", 0, "--stop", 10**30, "--stride", 10**29)[1]
    assert len(out.splitlines()) == 11


def test_a_table_of_phases_has_both_sides_of_a_jump(learnrate: ModuleType, cli: CLI, tmp_path: Path) -> None:
    schedule = learnrate.Phases(0.25, [(2, 1.0), (2, 0.25, "cosine", None, 0.5)])
    file = tmp_path / "schedule.json"
    file.write_text(schedule.to_json())
    status, out, err = cli("table", file)
    assert (status, err) == (0, "")
    assert out.splitlines() == ["step,learning_rate", "0,0.25", "1,0.625", "2,0.5", "3,0.375", "4,0.25"]
    assert cli("table", file, VIT, "--stop", 1)[1].splitlines()[1] == "0,0.25,0.0"
    # A constant has one line, unless more are asked for.
    file.write_text(learnrate.constant(0.5).to_json())
    assert cli("table", file)[1].splitlines()[1:] == ["0,0.5"]
    assert cli("table", file, "--stop", 3)[1].splitlines()[1:] == ["0,0.5", "1,0.5", "2,0.5"]


@pytest.mark.parametrize(
    ("name", "fields", "last"),
    [
        ("ExponentialDecay", (0.5, 1, 0.5), 4),  # a tenth is left
        ("ExponentialDecay", (0.5, 1, 2.0), 7),  # a hundredfold
        ("PolynomialDecay", (0.5, 2.5, 0.25, 1.0, True), 13),  # five cycles
    ],
)
def test_a_table_of_what_has_no_end(
    learnrate: ModuleType, cli: CLI, tmp_path: Path, name: str, fields: Any, last: int
) -> None:
    file = tmp_path / "schedule.json"
    schedule = getattr(learnrate, name)(*fields)
    file.write_text(schedule.to_json())
    assert cli("table", file)[1].splitlines()[1:] == [f"{step},{schedule(step)!r}" for step in range(last + 1)]


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        ("--start", "-1", ">= 0"),
        ("--stop", "1.5", ">= 0"),
        ("--stride", "0", ">= 1"),
        ("--stride", "x", ">= 1"),
    ],
)
def test_a_bad_range_is_refused(cli: CLI, option: str, value: str, rule: str) -> None:
    status, out, err = cli("table", VIT, f"{option}={value}")
    assert (status, out) == (2, "")
    assert err.splitlines()[-1] == (
        f"learnrate table: error: argument {option}: must be a whole number {rule}. Received: {value}"
    )


def test_an_endless_table_ends_with_its_reader_or_an_interrupt(learnrate: ModuleType) -> None:
    """10**11 lines: neither memory nor time are there for them."""
    environment = {**os.environ, "LEARNRATE_BACKEND": learnrate.BACKEND}
    arguments = [sys.executable, "-m", "learnrate", "table", str(VIT.with_name("gpt3-175b.json"))]
    for end, status in (("close", 1), ("interrupt", -signal.SIGINT)):
        process = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"step,learning_rate\n"
        if end == "interrupt":
            process.send_signal(signal.SIGINT)
            while process.stdout.read(65536):  # or it would wait for somebody to read
                pass
        process.stdout.close()
        assert process.wait(60) == status
        assert process.stderr.read() == b""
        process.stderr.close()


def test_the_schema_is_printed(learnrate: ModuleType, cli: CLI) -> None:
    status, out, _ = cli("schema")
    assert status == 0
    assert out == resources.files(learnrate).joinpath("schedule.schema.json").read_text("utf-8")
