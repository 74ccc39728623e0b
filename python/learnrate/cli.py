"""The command `learnrate`, also `python -m learnrate`."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import learnrate

from ._cosine_decay import CosineDecay


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        print("\n\n".join(_report(file) for file in options.files), flush=True)
    except _BadFileError as error:
        print(f"learnrate: error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still to be flushed
        if isinstance(error, BrokenPipeError):  # such as `learnrate show FILE | head`: nobody reads on
            return 1
        print(f"learnrate: error: cannot write: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="learnrate", description="Learning-rate schedules as Keras-compatible JSON.")
    parser.add_argument("--version", action=_Version, nargs=0, help="the version and the backend")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    show = commands.add_parser(
        "show",
        help="what a schedule does, before you train with it",
        description="Prints a schedule's phases, its rate at telling steps, and advice where it looks like a mistake.",
        epilog="example: learnrate show examples/nanogpt-124m.json",
    )
    show.add_argument("files", nargs="+", metavar="FILE", help="a schedule as JSON; - for standard input")
    return parser


class _Version(argparse.Action):
    """Unlike argparse's own, looks the version up only when asked: that takes longer than all else here."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"learnrate {learnrate.__version__} ({learnrate.BACKEND} backend)")
        parser.exit()


class _BadFileError(Exception):
    """A file that is no schedule: the text says which and why."""


def _read(file: str) -> CosineDecay:
    try:
        if file == "-" and sys.stdin is None:
            raise _BadFileError("-: standard input is closed")
        text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the advice says it
            return CosineDecay.from_json(text)
    except OSError as error:
        raise _BadFileError(f"{file}: {error.strerror}") from None
    except ValueError as error:
        raise _BadFileError(f"{file}: {error}".replace("\n", " ")) from None


def _report(file: str) -> str:
    schedule = _read(file)
    blocks = [
        [_printable(schedule.name if file == "-" else f"{file}: {schedule.name}"), _summary(schedule)],
        _table([("phase", "steps", "rate"), *_phases(schedule)]),
        _table([("step", "rate", ""), *_telling_steps(schedule)]),
        [f"advice: {line}" for line in _advice(schedule)],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _printable(text: str) -> str:
    """Without what would break the layout, command a terminal, or have no place in a terminal's encoding."""
    return text if text.isascii() and text.isprintable() else ascii(text)[1:-1]


def _summary(schedule: CosineDecay) -> str:
    return (
        f"first {schedule(0):.6g}, peak {schedule.peak_learning_rate:.6g}, "
        f"final {schedule.final_learning_rate:.6g}, {schedule.total_steps:,} steps"
    )


def _table(rows: Sequence[tuple[str, str, str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}".rstrip() for a, b, c in rows]


def _phases(schedule: CosineDecay) -> Iterator[tuple[str, str, str]]:
    end, peak, floor = schedule.total_steps, schedule.peak_learning_rate, schedule.final_learning_rate
    warmup = end - schedule.decay_steps
    if warmup:
        yield "warmup", f"0 to {warmup:,}", f"{schedule.initial_learning_rate:.6g} to {peak:.6g}, linear"
    yield "decay", f"{warmup:,} to {end:,}", f"{peak:.6g} to {floor:.6g}, half a cosine"
    yield "hold", f"from {end:,}", f"{floor:.6g}"


def _telling_steps(schedule: CosineDecay) -> Iterator[tuple[str, str, str]]:
    end = schedule.total_steps
    warmup = end - schedule.decay_steps
    notes = {
        warmup // 2: "half of the warmup",
        warmup + schedule.decay_steps // 4: "1/4 of the decay",
        warmup + schedule.decay_steps // 2: "1/2 of the decay",
        warmup + schedule.decay_steps * 3 // 4: "3/4 of the decay",
        end - 1: "last update before the hold",
        0: "first update",
        warmup: "peak, where the decay starts" if warmup else "first update, at the peak",
        end: "held from here on",
    }
    for step in sorted(notes):
        yield f"{step:,}", f"{schedule(step):.6g}", notes[step]


def _advice(schedule: CosineDecay) -> Iterator[str]:
    target, steps = schedule.warmup_target, schedule.warmup_steps
    peak, alpha = schedule.peak_learning_rate, schedule.alpha
    if peak == 0.0:
        yield "the peak is 0: from there on nothing is trained."
    elif schedule(0) == 0.0:
        yield (
            "the first update has rate 0 and changes nothing. To avoid it, set initial_learning_rate = "
            f"warmup_target / warmup_steps = {peak / steps:.6g}."
        )
    if steps and target is None:
        yield f"warmup_steps = {steps:,} has no effect without a warmup_target."
    if target is not None and not steps and schedule.initial_learning_rate != target:
        yield "initial_learning_rate has no effect: the schedule starts at warmup_target, as warmup_steps = 0."
    if target is not None and steps > schedule.decay_steps:
        yield (
            f"the warmup ({steps:,} steps) is longer than the decay ({schedule.decay_steps:,}). "
            "decay_steps does not count the warmup."
        )
    if 0.0 < alpha < min(peak, 0.01):
        yield (
            f"alpha = {alpha:.6g} looks like a rate, but it is a share of the peak: the final rate is "
            f"{schedule.final_learning_rate:.6g}. For a final rate of {alpha:.6g}, set alpha = {alpha / peak:.6g}."
        )
    if alpha > 1.0:
        yield f"alpha > 1: the rate rises during the decay, to {alpha:.6g} times the peak."
