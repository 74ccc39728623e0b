"""`learnrate show`: what a person wants to know before training, and one clear line where a file is no schedule."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CLI = Callable[..., tuple[int, str, str]]
Show = Callable[[dict[str, Any] | str | bytes | Path], tuple[int, str, str]]
EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.json"))
LLAMA = EXAMPLES[0].with_name("llama2-7b.json")


@pytest.fixture
def show(cli: CLI, tmp_path: Path) -> Show:
    """Shows a config or a file; returns the exit status and what went to stdout and stderr."""

    def show(config: dict[str, Any] | str | bytes | Path) -> tuple[int, str, str]:
        file = config if isinstance(config, Path) else tmp_path / "schedule.json"
        if isinstance(config, dict):
            config = json.dumps({"class_name": "Phases" if "phases" in config else "CosineDecay", "config": config})
        if not isinstance(config, Path):
            file.write_bytes(config if isinstance(config, bytes) else config.encode())
        return cli("show", file)

    return show


def advice(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith("advice: ")]


def cells(output: str) -> list[list[str]]:
    """The lines of the tables, and others as one cell."""
    return [[cell.strip() for cell in line.split("  ") if cell] for line in output.splitlines()]


def phases(initial: float, *phases: tuple[int, float, str, float | None]) -> dict[str, Any]:
    keys = ("steps", "learning_rate", "shape", "start")
    return {"initial_learning_rate": initial, "phases": [dict(zip(keys, phase, strict=True)) for phase in phases]}


def test_it_tells_segments_rates_and_telling_steps(show: Show) -> None:
    config = {"initial_learning_rate": 0.5, "decay_steps": 4000, "alpha": 0.25, "warmup_target": 2.0}
    status, out, err = show({**config, "warmup_steps": 1000})
    assert (status, err) == (0, "")
    table = cells(out)
    for row in (
        ["first 0.5, peak 2, final 0.5, 5,000 steps"],
        ["warmup", "0 to 1,000", "0.5 to 2, linear"],
        ["decay", "1,000 to 5,000", "2 to 0.5, half a cosine"],
        ["hold", "from 5,000", "0.5"],
        ["0", "0.5", "first update"],
        ["500", "1.25", "half of the warmup"],
        ["1,000", "2", "peak, where the decay starts"],
        ["3,000", "1.25", "1/2 of the decay"],
        ["5,000", "0.5", "held from here on"],
    ):
        assert row in table
    assert advice(out) == []


def test_it_tells_of_phases_holds_and_jumps(show: Show) -> None:
    stages = phases(0.5, (1000, 2.0, "linear", None), (2000, 2.0, "linear", None), (500, 1.0, "cosine", 1.5))
    status, out, err = show(stages)
    assert (status, err) == (0, "")
    table = cells(out)
    tables = [row for row in table if len(row) == 3]
    assert tables == [
        ["segment", "steps", "rate"],
        ["warmup", "0 to 1,000", "0.5 to 2, linear"],
        ["hold", "1,000 to 3,000", "2"],
        ["decay", "3,000 to 3,500", "1.5 to 1, half a cosine"],
        ["hold", "from 3,500", "1"],
        ["0", "0.5", "first update"],
        ["500", "1.25", "half of the warmup"],
        ["1,000", "2", "peak, where the hold starts"],
        ["3,000", "1.5", "jump from 2, where the decay starts"],
        ["3,125", "1.42678", "1/4 of the decay"],
        ["3,250", "1.25", "1/2 of the decay"],
        ["3,375", "1.07322", "3/4 of the decay"],
        ["3,499", "1", "last update before the hold"],
        ["3,500", "1", "held from here on"],
    ]
    assert ["first 0.5, peak 2, final 1, 3,500 steps"] in table
    assert advice(out) == []


def test_it_tells_of_a_constant(show: Show) -> None:
    status, out, err = show(phases(0.25))
    assert (status, err) == (0, "")
    table = cells(out)
    assert ["constant 0.25"] in table
    assert [row for row in table if len(row) > 1][-4:] == [
        ["segment", "steps", "rate"],
        ["hold", "from 0", "0.25"],
        ["step", "rate"],
        ["0", "0.25", "held from here on"],
    ]
    assert advice(out) == []


@pytest.mark.parametrize(
    ("name", "fields", "summary", "segment", "steps"),
    [
        (
            "ExponentialDecay",
            (0.5, 100, 0.5),
            "first 0.5, peak 0.5, limit 0, without end",
            ["decay", "from 0", "0.5 to 0, exponential"],
            [
                ["0", "0.5", "first update, at the peak"],
                ["100", "0.25", "1/2 of the way is left, or less"],
                ["333", "0.049721", "1/10 of the way is left, or less"],
                ["665", "0.00497875", "1/100 of the way is left, or less"],
            ],
        ),
        (
            "ExponentialDecay",
            (0.001, 100, 2.0),
            "first 0.001, grows without end",
            ["rise", "from 0", "0.001 and up, exponential"],
            [
                ["0", "0.001", "first update"],
                ["100", "0.002", "2 times the first rate, or more"],
                ["333", "0.0100561", "10 times the first rate, or more"],
                ["665", "0.100427", "100 times the first rate, or more"],
            ],
        ),
        (
            "PolynomialDecay",
            (0.5, 100.5, 0.0, 2.0, True),
            "first 0.5, peak 0.5, cycles of 100.5 steps to 0, without end",
            ["decay", "from 0", "0.5 to 0, polynomial of power 2, in cycles"],
            [
                ["0", "0.5", "first update, at the peak"],
                ["100", "1.23759e-05", "cycle 1 ends"],
                ["101", "0.123759", "cycle 2 starts"],
                ["201", "0", "cycle 2 ends"],
                ["202", "0.0544555", "cycle 3 starts"],
            ],
        ),
    ],
)
def test_it_tells_of_what_has_no_end(
    learnrate: ModuleType, show: Show, name: str, fields: Any, summary: str, segment: list[str], steps: list[list[str]]
) -> None:
    status, out, err = show(getattr(learnrate, name)(*fields).to_json())
    assert (status, err) == (0, "")
    table = cells(out)
    assert [summary] in table
    assert [row for row in table if len(row) == 3] == [["segment", "steps", "rate"], segment, *steps]
    assert advice(out) == []


def test_it_advises_where_a_polynomial_decay_rises(learnrate: ModuleType, show: Show) -> None:
    for end, default in ((0.0001, ", the default,"), (0.001, "")):
        text = f"advice: end_learning_rate = {end:.6g}{default} is above initial_learning_rate = 5e-05: the rate rises."
        assert advice(show(learnrate.PolynomialDecay(5e-5, 1000, end).to_json())[1]) == [text]
    assert advice(show(learnrate.PolynomialDecay(1e-4, 1000).to_json())[1]) == []


def test_growth_beyond_2_to_the_53_has_no_telling_steps(learnrate: ModuleType, show: Show) -> None:
    _, out, _ = show(learnrate.ExponentialDecay(0.5, 2**53, 1.5).to_json())
    assert [row for row in cells(out) if len(row) == 3][2:] == [["0", "0.5", "first update"]]


def test_it_tells_the_power_of_a_polynomial(learnrate: ModuleType, show: Show) -> None:
    _, out, _ = show(learnrate.Phases(0.5, [(100, 0.25, "polynomial", 2.5)]).to_json())
    assert ["decay", "0 to 100", "0.5 to 0.25, polynomial of power 2.5"] in cells(out)


def test_many_segments_are_counted_not_listed(show: Show) -> None:
    rates = [(10, 1.0 + i % 2, "linear", None) for i in range(1000)]
    status, out, err = show(phases(0.5, *rates))
    assert (status, err) == (0, "")
    table = cells(out)
    assert len([row for row in table if row and row[0] in ("warmup", "rise", "decay")]) == 40
    assert ["...", "960 more"] in table
    assert ["hold", "from 10,000", "2"] in table
    assert ["400", "2", "the 40th segment ends"] in table
    assert len(out.splitlines()) < 120


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (phases(0.0, (100, 0.1, "linear", None)), "at the rate of the second, 0.001."),
        (phases(0.0, (100, 0.0, "linear", None), (9, 1.0, "linear", None)), "the first 100 updates have rate 0"),
        (
            phases(0.1, (60, 0.2, "linear", None), (50, 0.0, "linear", None)),
            "(60 steps) is longer than the rest (50)",
        ),
        (phases(0.0), "nothing is trained"),
        (phases(0.0, (100, 0.0, "linear", None)), "nothing is trained"),
    ],
)
def test_it_advises_where_phases_look_like_a_mistake(show: Show, config: dict[str, Any], text: str) -> None:
    status, out, _ = show(config)
    assert status == 0
    assert len(advice(out)) == 1
    assert text in advice(out)[0]


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"warmup_target": 0.1, "warmup_steps": 100, "initial_learning_rate": 0.0}, "first update has rate 0"),
        (
            {"warmup_target": 0.1, "warmup_steps": 100, "initial_learning_rate": 0.0},
            "at the rate of the second, 0.001.",
        ),
        ({"warmup_steps": 100}, "warmup_steps = 100 has no effect"),
        ({"warmup_target": 0.2}, "initial_learning_rate has no effect"),
        ({"warmup_target": 0.2, "warmup_steps": 1001}, "the warmup (1,001 steps) is longer than the rest (1,000)"),
        ({"initial_learning_rate": 1e-3, "alpha": 1e-5}, "the final rate is 1e-08. For a final rate of 1e-05, set"),
        ({"alpha": 2.0}, "the rate rises"),
        ({"initial_learning_rate": 0}, "nothing is trained"),
        ({"warmup_target": 0.0}, "nothing is trained"),
        ({"warmup_target": 0.0, "warmup_steps": 10}, "nothing is trained"),
    ],
)
def test_it_advises_where_the_config_looks_like_a_mistake(show: Show, config: dict[str, Any], text: str) -> None:
    status, out, _ = show({"initial_learning_rate": 0.1, "decay_steps": 1000, **config})
    assert status == 0
    assert any(text in line for line in advice(out)), out


@pytest.mark.parametrize(("name", "shown"), [("näme", r"n\xe4me"), ("\x1b[31m", r"\x1b[31m"), ("a\nb", r"a\nb")])
def test_a_name_cannot_break_the_output(show: Show, name: str, shown: str) -> None:
    status, out, err = show({"initial_learning_rate": 0.1, "decay_steps": 1000, "name": name})
    assert (status, err) == (0, "")
    assert out.splitlines()[0].endswith(f": {shown}")


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_it_shows_the_examples(show: Show, file: Path) -> None:
    status, out, err = show(file)
    assert (status, err) == (0, "")
    assert str(file) in out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "Invalid schedule JSON: "),
        (b"\xff", "Invalid schedule JSON: "),
        ("[" * 100_000, "Invalid schedule JSON: nested deeper than 128"),
        ("[]", "must be an object"),
        ({"initial_learning_rate": 0.1}, "decay_steps"),
        (
            {"initial_learning_rate": 0.1, "decay_steps": 0},
            "Argument `decay_steps` must be > 0. Received: decay_steps=0",
        ),
        (Path("does/not/exist.json"), "No such file or directory"),
        (Path(), "Is a directory"),
    ],
)
def test_a_bad_file_is_one_line_and_status_2(show: Show, content: Any, message: str) -> None:
    status, out, err = show(content)
    assert (status, out) == (2, "")
    assert err.startswith("learnrate: error: ")
    assert message in err
    assert err.count("\n") == 1


def command(backend: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "LEARNRATE_BACKEND": backend}
    return subprocess.run(
        [sys.executable, "-m", "learnrate", *arguments], env=environment, capture_output=True, timeout=60, **options
    )


def test_it_reads_standard_input(learnrate: ModuleType) -> None:
    result = command(learnrate.BACKEND, "show", "-", input=EXAMPLES[0].read_bytes())
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"held from here on" in result.stdout


def test_standard_input_may_be_closed(learnrate: ModuleType) -> None:
    result = subprocess.run(
        ["sh", "-c", '"$0" -m learnrate show - <&-', sys.executable],
        env={**os.environ, "LEARNRATE_BACKEND": learnrate.BACKEND},
        capture_output=True,
        timeout=60,
    )
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr == b"learnrate: error: -: standard input is closed\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device to write to")
def test_output_that_cannot_be_written_is_one_line(learnrate: ModuleType) -> None:
    environment = {**os.environ, "LEARNRATE_BACKEND": learnrate.BACKEND}
    for arguments in (["show", str(EXAMPLES[0])], ["table", str(EXAMPLES[0])], ["schema"], ["--version"]):
        command = [sys.executable, "-m", "learnrate", *arguments]
        with open("/dev/full", "w") as full:
            result = subprocess.run(command, env=environment, stdout=full, stderr=subprocess.PIPE, timeout=60)
        assert result.returncode == 2
        assert result.stderr == b"learnrate: error: cannot write: No space left on device\n"


@pytest.mark.parametrize("arguments", [[], ["show"], ["table"], ["schema"]])
def test_help_fits_80_columns_and_its_examples_run(
    cli: CLI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    status, out, _ = cli(*arguments, "--help")
    assert status == 0
    assert all(len(line) <= 80 for line in out.splitlines())
    monkeypatch.chdir(tmp_path)
    for name in ("schedule.json", "old.json", "new.json"):
        Path(name).write_bytes(LLAMA.read_bytes())
    examples = re.findall(r"^  learnrate (.+)", out, re.MULTILINE)
    assert bool(examples) == bool(arguments)
    for example in examples:
        command = example.split(" > ")[0].split()
        assert command[0] == arguments[0]
        status, out, err = cli(*command)
        assert (status, err) == (0, "")
        assert len(out.splitlines()) > 20


def test_standard_output_may_be_closed(learnrate: ModuleType) -> None:
    for arguments in (["show", str(EXAMPLES[0])], ["table", str(EXAMPLES[0])], ["schema"]):
        result = subprocess.run(
            ["sh", "-c", '"$0" -m learnrate "$@" >&-', sys.executable, *arguments],
            env={**os.environ, "LEARNRATE_BACKEND": learnrate.BACKEND},
            capture_output=True,
            timeout=60,
        )
        assert (result.returncode, result.stderr) == (2, b"learnrate: error: standard output is closed\n")


def test_version_names_the_backend(learnrate: ModuleType) -> None:
    result = command(learnrate.BACKEND, "--version")
    assert result.stdout.decode().split() == ["learnrate", learnrate.__version__, f"({learnrate.BACKEND}", "backend)"]


def test_a_reader_that_leaves_early_sees_no_traceback(learnrate: ModuleType) -> None:
    read, write = os.pipe()
    os.close(read)
    result = subprocess.run(
        [sys.executable, "-m", "learnrate", "show", *map(str, EXAMPLES)],
        env={**os.environ, "LEARNRATE_BACKEND": learnrate.BACKEND},
        stdout=write,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(write)
    assert (result.returncode, result.stderr) == (1, b"")
