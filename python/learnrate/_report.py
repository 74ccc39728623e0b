"""What `learnrate show` tells of a schedule in words and numbers."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from ._cosine_decay import CosineDecay
from ._picture import phases, warmup_of


def report(title: str, schedule: CosineDecay, curve: str, width: int | None) -> str:
    """Title, curve, phases, rates at important steps, and advice; in lines of the terminal's width, if it is one."""
    advice = [f"advice: {line}" for line in _advice(schedule)]
    blocks = [
        wrap([printable(title), _summary(schedule)], width),
        [curve] if curve else [],
        _table([("phase", "steps", "rate"), *_phases(schedule)], width),
        _table([("step", "rate", ""), *_telling_steps(schedule)], width),
        wrap(advice, width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def wrap(lines: Sequence[str], width: int | None) -> list[str]:
    if width is None:
        return list(lines)
    return [textwrap.fill(line, width, subsequent_indent="    ", break_on_hyphens=False) for line in lines]


def printable(text: str) -> str:
    """Without what would break the layout, command a terminal, or have no place in a terminal's encoding."""
    return text if text.isascii() and text.isprintable() else ascii(text)[1:-1]


def _summary(schedule: CosineDecay) -> str:
    return (
        f"first {schedule(0):.6g}, peak {schedule.peak_learning_rate:.6g}, "
        f"final {schedule.final_learning_rate:.6g}, {schedule.total_steps:,} steps"
    )


def _table(rows: Sequence[tuple[str, str, str]], width: int | None) -> list[str]:
    """Columns side by side; the last one on lines of its own where the terminal is too narrow."""
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = []
    for first, second, third in rows:
        line = f"{first:<{widths[0]}}  {second:<{widths[1]}}"
        if width is None or sum(widths) + 4 <= width:
            lines.append(f"{line}  {third}".rstrip())
        else:
            lines += [line.rstrip(), *([f"    {third}"] if third else [])]
    return lines


def _phases(schedule: CosineDecay) -> Iterator[tuple[str, str, str]]:
    for name, first, last in phases(schedule):
        rate = f"{schedule(first):.6g}"
        if last is None:
            yield name, f"from {first:,}", rate
        else:
            shape = "linear" if name == "warmup" else "half a cosine"
            yield name, f"{first:,} to {last:,}", f"{rate} to {schedule(last):.6g}, {shape}"


def _telling_steps(schedule: CosineDecay) -> Iterator[tuple[str, str, str]]:
    warmup, end = warmup_of(schedule), schedule.total_steps
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
