"""The promise: `learnrate show` draws into whatever there is to draw into, and to files, never half-written."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

CLI = Callable[..., tuple[int, str, str]]
DOTS = {chr(code) for code in range(0x2801, 0x2900)}
VIT = Path(__file__).parent.parent / "examples" / "vit-b16-imagenet.json"
LLAMA = VIT.with_name("llama2-7b.json")
DEEPSEEK = VIT.with_name("deepseek-v3.json")


def drawn(output: str) -> list[str]:
    return [line for line in output.splitlines() if DOTS & set(line)]


@pytest.mark.parametrize("columns", [80, 40])
def test_the_curve_fits_the_window(cli: CLI, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    status, out, err = cli("show", VIT)
    assert (status, err) == (0, "")
    curve = drawn(out)
    assert len(curve) == 12
    assert all(len(line) <= columns for line in curve)
    gutter = curve[0].index("|") + 1
    assert [line.split("|")[0].strip() for line in curve] == ["0.003", *[""] * 10, "0"]
    # It starts at the bottom, is at the top where the warmup ends, and is at the bottom again at the end.
    peak = gutter + round((columns - gutter) * 10_000 / 93_835 / 1.1)
    assert curve[-1][gutter] in DOTS
    assert DOTS & set(curve[0][peak - 1 : peak + 2])
    assert max(len(line) for line in curve) == len(curve[-1]) == columns
    steps = out.splitlines()[out.splitlines().index(curve[-1]) + 1]
    assert steps.split() == ["0", "10,000", "93,835"]
    assert abs(steps.index("10,000") - peak) <= 1


def test_lines_of_a_terminal_are_no_longer_than_it(learnrate: ModuleType) -> None:
    import pty

    for columns in (80, 40, 30, 20):
        terminal, end = pty.openpty()
        environment = {**os.environ, "LEARNRATE_BACKEND": learnrate.BACKEND, "COLUMNS": str(columns), "NO_COLOR": "1"}
        command = [sys.executable, "-m", "learnrate", "show", "gpt3-175b.json"]
        process = subprocess.Popen(command, env=environment, stdout=end, cwd=VIT.parent)
        os.close(end)
        output = b""
        try:
            while block := os.read(terminal, 65536):
                output += block
        except OSError:  # Linux's way to say that the other end is closed
            pass
        os.close(terminal)
        assert process.wait(60) == 0
        lines = output.decode().splitlines()
        # A table's first two columns stay together, whatever the width is: 39 characters here.
        assert all(len(line) <= max(columns, 39) for line in lines), columns
        assert bool(drawn(output.decode())) == (columns >= 30)


def test_colors_are_for_terminals_that_want_them(cli: CLI, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    assert "\x1b" not in cli("show", VIT)[1]  # a pipe
    monkeypatch.setenv("FORCE_COLOR", "1")
    _, out, _ = cli("show", VIT, LLAMA)
    assert {"\x1b[94m", "\x1b[93m"} <= set(re.findall("\x1b\\[9.m", out))
    assert {"\x1b[94ma", "\x1b[93mb"} <= set(re.findall("^\x1b\\[9.m[ab]", out, re.MULTILINE))  # the legend
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in cli("show", VIT)[1]
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("FORCE_COLOR")
    assert "\x1b" not in cli("show", VIT)[1]


def test_a_broken_plotille_is_not_called_missing(cli: CLI, monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "plotille":
                raise ModuleNotFoundError("No module named 'other'", name="other")

    monkeypatch.delitem(sys.modules, "plotille", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    with pytest.raises(ModuleNotFoundError, match="other"):
        cli("show", VIT)


def test_several_are_drawn_in_one_picture(cli: CLI) -> None:
    status, out, err = cli("show", LLAMA, VIT)
    assert (status, err) == (0, "")
    assert len(drawn(out)) == 12
    gutter = drawn(out)[0].index("|") + 1
    places = {
        (mark, row, round((column - gutter) / (80 - gutter) * 1.1 * 500_000, -4))
        for row, line in enumerate(drawn(out))
        for column, mark in enumerate(line)
        if mark in "ab"
    }
    # Each where its hold begins: llama's at 1/100 of the height, the other's at the bottom.
    assert places == {("a", 11, 500_000), ("b", 11, 90_000)}
    legend = [line for line in out.splitlines() if line.startswith(("a  ", "b  "))]
    assert legend == [
        f"a  {LLAMA}: decay_steps=498000, alpha=0.1, warmup_target=0.0003, warmup_steps=2000",
        f"b  {VIT}: decay_steps=83835, alpha=0.0, warmup_target=0.003, warmup_steps=10000",
    ]
    assert out.count("held from here on") == 2


def test_classes_are_drawn_in_one_picture(cli: CLI) -> None:
    status, out, err = cli("show", DEEPSEEK, LLAMA)
    assert (status, err) == (0, "")
    assert len(drawn(out)) == 12
    assert [line for line in out.splitlines() if line.startswith(("a  ", "b  "))] == [
        f"a  {DEEPSEEK}: Phases",
        f"b  {LLAMA}: CosineDecay",
    ]


@pytest.mark.parametrize("columns", [80, 50])
def test_a_jump_is_drawn_straight_down(cli: CLI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    file = tmp_path / "schedule.json"
    phases = [{"steps": 50, "learning_rate": 1.0}, {"steps": 50, "learning_rate": 0.0, "start": 0.0}]
    config = {"initial_learning_rate": 1.0, "phases": phases}
    file.write_text(json.dumps({"class_name": "Phases", "config": config}))
    status, out, err = cli("show", file)
    assert (status, err) == (0, "")
    curve = drawn(out)
    assert len(curve) == 12
    gutter = curve[0].index("|") + 1
    ends = {len(line) for line in curve[:-1]}  # every line but the lowest ends at the jump
    assert len(ends) == 1
    assert abs(ends.pop() - gutter - (columns - gutter) * 50 / 110) <= 1
    assert len(curve[-1]) == columns
    assert out.splitlines()[out.splitlines().index(curve[-1]) + 1].split() == ["0", "50", "100"]


def test_a_constant_is_drawn_over_100_steps(cli: CLI, learnrate: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "schedule.json"
    file.write_text(learnrate.constant(0.5).to_json())
    status, out, err = cli("show", file)
    assert (status, err) == (0, "")
    (line,) = [line for line in drawn(out) if len(line) > 40]
    assert line.startswith("0.5 |")
    assert len(line) == 80
    assert out.splitlines()[out.splitlines().index(line) + 1].split() == ["0", "100"]


def test_the_rates_may_be_drawn_logarithmic(cli: CLI, tmp_path: Path) -> None:
    file = tmp_path / "schedule.json"
    config = {"initial_learning_rate": 1.0, "decay_steps": 1000, "alpha": 1e-4}
    file.write_text(json.dumps({"class_name": "CosineDecay", "config": config}))
    _, out, _ = cli("show", file, "--log")
    curve = drawn(out)
    assert [line.split("|")[0].strip() for line in curve] == ["1", *[""] * 10, "0.0001"]
    # Half-way down is a rate of 1/100: cos(pi x) = 2 * 0.0099 - 1 at x = 0.9366 of 1,000 steps. A column is 1,100 / 72
    # = 15 steps. One row covers a factor of 2: 1/70 and 1/140 are at 0.922 and 0.946, 2 columns apart.
    row = curve[6][len("0.0001 |") :]
    first = min(i for i, mark in enumerate(row) if mark in DOTS)
    assert abs(first * 1100 / 72 - 936.6) < 2 * 1100 / 72
    file.write_text(json.dumps({"class_name": "CosineDecay", "config": {**config, "initial_learning_rate": 0.0}}))
    # A rate of 0 has no place: the curve ends before the hold.
    file.write_text(json.dumps({"class_name": "CosineDecay", "config": {**config, "alpha": 0.0}}))
    _, out, _ = cli("show", file, "--log")
    assert max(map(len, drawn(out))) < 80 * (1 - 0.05)
    # Rates that are farther apart than the largest float64
    extreme = {"initial_learning_rate": 5e-324, "warmup_target": 1e308, "warmup_steps": 1000}
    file.write_text(json.dumps({"class_name": "CosineDecay", "config": {**config, **extreme}}))
    status, out, _ = cli("show", file, "--log")
    assert status == 0
    assert len(drawn(out)) == 12
    file.write_text(json.dumps({"class_name": "CosineDecay", "config": {**config, "initial_learning_rate": 0.0}}))
    status, out, _ = cli("show", file, "--log")  # nothing to take a logarithm of
    assert status == 0
    assert len([line for line in drawn(out) if len(line) > 40]) == 1


def test_without_the_extra_show_has_words_and_numbers(cli: CLI, monkeypatch: pytest.MonkeyPatch) -> None:
    _, with_curve, _ = cli("show", VIT)
    monkeypatch.setitem(sys.modules, "plotille", None)
    status, out, err = cli("show", VIT)
    assert (status, err) == (0, "")
    assert not drawn(out)
    without = [line for line in with_curve.splitlines() if line in out.splitlines()]
    assert "\n".join(without).replace("\n\n\n", "\n\n") == out.rstrip("\n")


def test_a_terminal_without_the_dots_has_words_and_numbers(learnrate: ModuleType) -> None:
    environment = {**os.environ, "LEARNRATE_BACKEND": learnrate.BACKEND, "PYTHONIOENCODING": "latin-1"}
    command = [sys.executable, "-m", "learnrate", "show", str(VIT)]
    result = subprocess.run(command, env=environment, capture_output=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"held from here on" in result.stdout
    assert result.stdout.isascii()


@pytest.mark.parametrize(
    ("name", "start"), [("curve.png", b"\x89PNG"), ("curve.svg", b"<?xml"), ("curve.PDF", b"%PDF")]
)
def test_it_saves_a_picture(cli: CLI, tmp_path: Path, name: str, start: bytes) -> None:
    status, _, err = cli("show", LLAMA, VIT, "--save", tmp_path / name, "--log")
    assert (status, err) == (0, "")
    assert (tmp_path / name).read_bytes().startswith(start)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    if name == "curve.svg":  # the legend's outlines have their text as a comment
        assert str(LLAMA) in (tmp_path / name).read_text("utf-8")


def test_it_saves_into_a_pipe(cli: CLI, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        read = pool.submit(pipe.read_bytes)
        assert cli("show", VIT, "--save", pipe)[0] == 0
        assert read.result(60).startswith(b"\x89PNG")
    assert pipe.is_fifo()


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("curve.txt", "curve.txt: The file of a picture must end in .png, .svg or what else matplotlib writes"),
        ("curve", "curve: The file of a picture must end in .png, .svg or what else matplotlib writes"),
        ("no/such/folder/curve.png", "no/such/folder/curve.png: No such file or directory"),
    ],
)
def test_a_picture_that_cannot_be_saved_is_one_line_and_status_2(cli: CLI, file: str, message: str) -> None:
    assert cli("show", VIT, "--save", file) == (2, "", f"learnrate: error: {message}\n")


def test_a_picture_that_is_there_is_kept_where_the_new_one_cannot_be_drawn(cli: CLI, tmp_path: Path) -> None:
    (tmp_path / "curve.png").write_bytes(b"old")
    huge = tmp_path / "huge.json"
    config = {"initial_learning_rate": 1e308, "decay_steps": 1000}
    huge.write_text(json.dumps({"class_name": "CosineDecay", "config": config}))
    status, out, err = cli("show", huge, "--save", tmp_path / "curve.png")
    assert (status, out) == (2, "")
    assert err.startswith(
        f"learnrate: error: {tmp_path / 'curve.png'}: A rate of the schedule is too large to be drawn"
    )
    assert (tmp_path / "curve.png").read_bytes() == b"old"


def test_file_names_cannot_break_the_output(cli: CLI, tmp_path: Path) -> None:
    file = tmp_path / "\x1b[31m$\\no$.json"
    file.write_bytes(VIT.read_bytes())
    saving = ["show", VIT, file, "--save", tmp_path / "curve.svg"]
    for arguments in (["show", file, VIT], saving, ["table", VIT, file, "--stop", 1]):
        status, out, err = cli(*arguments)
        assert (status, err) == (0, "")
        assert r"\x1b[31m$\\no$.json" in out
        assert "\x1b" not in out
    assert "\x1b" not in (tmp_path / "curve.svg").read_text("utf-8")
    status, _, err = cli("show", f"{file}\n")
    assert (status, err.count("\n")) == (2, 1)
    assert "\x1b" not in err


def test_saving_without_matplotlib_says_what_to_install(cli: CLI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    message = "curve.png: Drawing needs matplotlib: pip install 'learnrate[plot]'"
    assert cli("show", VIT, "--save", "curve.png") == (2, "", f"learnrate: error: {message}\n")
