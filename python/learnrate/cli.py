"""The command `learnrate`, also `python -m learnrate`."""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

import learnrate

from . import _terminal
from ._picture import differences, length
from ._plot import rendered
from ._report import printable, report, wrap
from ._schedule import Schedule

BLOCK = 10_000
"""Lines of a table that are made at a time: a table may be longer than memory."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit status."""
    if arguments is None:  # the process is ours: an interrupt ends it at once and quietly, even amid an import
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.stdout is None:
        print("learnrate: error: standard output is closed", file=sys.stderr)
        return 2
    try:
        options = _parser().parse_args(arguments)
        command: Callable[[argparse.Namespace], None] = options.command
        command(options)
        sys.stdout.flush()
    except _FileError as error:
        print(f"learnrate: error: {printable(str(error))}", file=sys.stderr)
        return 2
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still to be flushed
        if isinstance(error, BrokenPipeError):  # such as `learnrate show FILE | head`: nobody reads on
            return 1
        print(f"learnrate: error: cannot write: {error.strerror}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="learnrate",
        description="Learning-rate schedules as JSON in Keras's form.",
        epilog="`learnrate COMMAND --help` has examples.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="the version and the backend")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    raw = argparse.RawDescriptionHelpFormatter

    show = commands.add_parser(
        "show",
        formatter_class=raw,
        help="what a schedule does, before you train with it",
        description="Draws a schedule and prints its segments, its rate at important steps, and\n"
        "advice where it looks like a mistake. Several are drawn in one picture. Curves\n"
        "and --save need the extra: pip install 'learnrate[plot]'.",
        epilog="examples:\n"
        "  learnrate show schedule.json\n"
        "  learnrate show old.json new.json --log\n"
        "  learnrate show schedule.json --save curve.svg",
    )
    show.set_defaults(command=_show)
    show.add_argument("files", nargs="+", metavar="FILE", help="a schedule as JSON; - for standard input")
    show.add_argument("--log", action="store_true", help="draw the rates on a logarithmic axis")
    show.add_argument(
        "--save", type=Path, metavar="PICTURE", help="also draw to a file: .png, .svg, or what else matplotlib writes"
    )

    table = commands.add_parser(
        "table",
        formatter_class=raw,
        help="rates by step, as CSV",
        description="Prints the rate at each step as CSV, with a column for each schedule. Numbers\n"
        "read back to the last bit.",
        epilog="examples:\n"
        "  learnrate table schedule.json --stride 1000 > rates.csv\n"
        "  learnrate table old.json new.json --start 100 --stop 200",
    )
    table.set_defaults(command=_table)
    table.add_argument("files", nargs="+", metavar="FILE", help="a schedule as JSON; - for standard input")
    table.add_argument("--start", type=_step, default=0, metavar="STEP", help="the first step; default 0")
    table.add_argument(
        "--stop",
        type=_step,
        metavar="STEP",
        help="where to stop, before this step; default: after the hold begins or, without\n"
        "one, at a tenth of the way to the limit, a hundredfold, or five cycles",
    )
    table.add_argument(
        "--stride", type=_stride, default=1, metavar="STEPS", help="from one line to the next; default 1"
    )

    schema = commands.add_parser(
        "schema",
        formatter_class=raw,
        help="the JSON Schema of these files",
        description="Prints the JSON Schema of a schedule's file, for editors and other validators.",
        epilog="example:\n  learnrate schema > schedule.schema.json",
    )
    schema.set_defaults(command=_schema)
    return parser


def _show(options: argparse.Namespace) -> None:
    schedules = [_read(file) for file in options.files]
    if options.save:
        _save(options.save, schedules, options.files, log=options.log)
    columns = shutil.get_terminal_size().columns
    width = max(columns, 20) if sys.stdout.isatty() else None  # in a pipe or file, lines are as long as they are
    several = len(schedules) > 1
    picture = _terminal.draw(schedules, min(columns, 100), log=options.log)
    try:
        picture.encode(sys.stdout.encoding)
    except UnicodeEncodeError:  # its dots are not in every terminal's encoding
        picture = ""
    if picture and several:
        texts = zip(options.files, differences(schedules), strict=True)
        legend = [f"{_terminal.letter(i)}  {printable(f'{file}: {text}')}" for i, (file, text) in enumerate(texts)]
        print(picture, "", *wrap(legend, width), "", "", sep="\n")
    reports = []
    for file, schedule in zip(options.files, schedules, strict=True):
        title = schedule.name if file == "-" else f"{file}: {schedule.name}"
        reports.append(report(title, schedule, "" if several else picture, width))
    print("\n\n".join(reports))


def _table(options: argparse.Namespace) -> None:
    schedules = [_read(file) for file in options.files]
    stop = options.stop if options.stop is not None else 1 + max(map(length, schedules))
    steps = range(options.start, stop, options.stride)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    names = [printable(file) for file in options.files] if len(schedules) > 1 else ["learning_rate"]
    writer.writerow(["step", *names])
    while block := steps[:BLOCK]:
        steps = steps[BLOCK:]
        writer.writerows(zip(block, *(schedule(block).tolist() for schedule in schedules), strict=True))


def _schema(options: argparse.Namespace) -> None:
    print(resources.files(learnrate).joinpath("schedule.schema.json").read_text("utf-8"), end="")


class _Version(argparse.Action):
    """Unlike argparse's own, looks the version up only when asked: that takes longer than all else here."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"learnrate {learnrate.__version__} ({learnrate.BACKEND} backend)", flush=True)
        parser.exit()


def _step(text: str, least: int = 0) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < least:
        raise argparse.ArgumentTypeError(f"must be a whole number >= {least}. Received: {text}")
    return number


def _stride(text: str) -> int:
    return _step(text, least=1)


class _FileError(Exception):
    """A file that is no schedule, or cannot be written: the text says which and why."""


def _read(file: str) -> Schedule:
    try:
        if file == "-" and sys.stdin is None:
            raise _FileError("-: standard input is closed")
        text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the advice says it
            return learnrate.from_json(text)
    except OSError as error:
        raise _FileError(f"{file}: {error.strerror}") from None
    except ValueError as error:
        raise _FileError(f"{file}: {error}") from None


def _save(file: Path, schedules: Sequence[Schedule], labels: Sequence[str], *, log: bool) -> None:
    """Draws first, so that what cannot be drawn leaves the file as it was."""
    try:
        picture = rendered(schedules, [printable(label) for label in labels], file.suffix[1:].lower(), log=log)
        file.write_bytes(picture)
    except OSError as error:
        raise _FileError(f"{file}: {error.strerror}") from None
    except (ImportError, ValueError) as error:
        raise _FileError(f"{file}: {error}") from None
