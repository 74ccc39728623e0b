"""Every shape of a phase and the endless classes, beside a copy: python benches/shapes.py (no extra is needed).

Prints a Markdown table: the time per ascending float64 step, from an array into `out=`, and its ratio to `np.copyto` of
the same arrays. Medians of rounds in which all have their turn (`timing.py`), so that what else the machine does is in
both. The copy takes one thread, learnrate as many as RAYON_NUM_THREADS says.
"""

from __future__ import annotations

import argparse
import os
import platform
from datetime import date
from statistics import median

import numpy as np
import rivals
from compare import processor
from timing import Contender, turns

import learnrate
from learnrate import (
    ExponentialDecay,
    InverseSquareRootDecay,
    InverseTimeDecay,
    Phase,
    Phases,
    PolynomialDecay,
    Schedule,
)

SHAPES = ("linear", "cosine", "sqrt", "square", "rex", "inverse_time", "exponential")
COPY = "np.copyto"


def family(total: int) -> dict[str, Schedule]:
    """One segment each, that is not over before the last of so many steps. The rates fall to a tenth."""
    shapes: dict[str, Schedule] = {shape: Phases(3e-4, [Phase(total, 3e-5, shape)]) for shape in SHAPES}
    return shapes | {
        "polynomial": Phases(3e-4, [Phase(total, 3e-5, "polynomial", 0.9)]),
        "ExponentialDecay": ExponentialDecay(3e-4, total, 0.1),
        "PolynomialDecay, cycle": PolynomialDecay(3e-4, total // 10, power=0.9, cycle=True),
        "InverseTimeDecay": InverseTimeDecay(3e-4, total, 9.0),
        "InverseSquareRootDecay": InverseSquareRootDecay(3e-4, max(1, total // 99)),
    }


def contenders(total: int) -> dict[str, Contender]:
    steps, out = np.arange(total, dtype=np.float64), np.empty(total)
    every = {COPY: Contender(lambda: np.copyto(out, steps), yardstick=True)}
    for name, schedule in family(total).items():
        some = [0, 1, total // 3, total // 2, total - 1]
        assert schedule(steps, out=out)[some].tolist() == [schedule(step) for step in some], name
        every[name] = Contender("schedule(steps, out=out)", {"schedule": schedule, "steps": steps, "out": out})
    return every


def main() -> None:
    parser = argparse.ArgumentParser(description="every shape of a phase and the endless classes, beside a copy")
    parser.add_argument("--quick", action="store_true", help="try that everything runs; the figures say nothing")
    quick = parser.parse_args().quick
    sizes, rounds = ((1_000, 2_000), 2) if quick else ((10**5, 10**7), 41)
    print(f"{date.today()}, {processor()}, {rivals.THREADS} cores, {platform.system()}")
    versions = f"Python {platform.python_version()}, numpy {np.__version__}"
    print(f"learnrate {learnrate.__version__} ({learnrate.BACKEND}), {versions}")
    print(f"RAYON_NUM_THREADS={os.environ.get('RAYON_NUM_THREADS', 'not set')}")
    print(f"Medians of {rounds} rounds.")
    columns = "".join(f" {size:,} steps | / {COPY} |" for size in sizes)
    print(f"\n| |{columns}\n|---|{'--:|--:|' * len(sizes)}")
    rows: dict[str, str] = {}
    for size in sizes:
        times = {name: median(each) / size for name, each in turns(contenders(size), rounds).items()}
        for name, time in times.items():
            rows[name] = rows.get(name, "") + f" {1e9 * time:.3f} ns | {time / times[COPY]:.2f} |"
    print(*(f"| {name} |{row}" for name, row in rows.items()), sep="\n")


if __name__ == "__main__":
    main()
