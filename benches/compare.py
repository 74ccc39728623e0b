"""learnrate beside its peers, measured in one run: python benches/compare.py (extras `frameworks`, `bench`).

Prints Markdown tables: best of the rounds, contenders taking turns (`timing.py`), each after its rates are found right
(`rivals.py` derives the tolerances). "wanted" is what we hold ourselves to. `--picture` draws what the README shows.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import tracemalloc
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import ClassVar, NamedTuple

# OpenMP's threads would go on spinning after a contender's turn, and take a core from the next.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("KMP_BLOCKTIME", "0")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
import numpy as np
import probes
import rivals
from rivals import Contenders, Recipe
from timing import Contender, best

import learnrate

Times = dict[str, float]


class Effort(NamedTuple):
    """How large, and how often."""

    batch: int = 10**7
    cached: int = 10**6
    large: int = 10**8
    rounds: int = 15
    short_rounds: int = 40
    pairs: int = 100


QUICK = Effort(batch=20_000, cached=10_000, large=40_000, rounds=2, short_rounds=2, pairs=2)


# Printing.


UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def duration(seconds: float) -> str:
    size, unit = next((pair for pair in UNITS if abs(seconds) >= pair[0]), UNITS[-1])
    return f"{seconds / size:.3g} {unit}"


class Report:
    """Prints rows, and keeps account of what was wanted and not reached."""

    judges = True
    title = ""
    asked = 0
    missed: ClassVar[list[str]] = []


def head(title: str, figure: str) -> None:
    Report.title = title
    print(f"\n### {title}\n\n| | {figure} | ratio | wanted | reached |\n|---|--:|---|---|---|")


def row(name: str, figure: str, says: str = "", value: float = 0.0, wanted: str = "") -> None:
    """One line of a table; `wanted` is a comparison such as ">= 25" that `value` should pass."""
    reached = ""
    if wanted and Report.judges:
        limit = float(wanted.split()[1])
        good = value >= limit if wanted.startswith(">=") else value <= limit
        reached = "yes" if good else "**no**"
        Report.asked += 1
        if not good:
            Report.missed.append(f"{Report.title}: {name}: {says or figure}, wanted {wanted}")
    print(f"| {name} | {figure} | {says} | {wanted} | {reached} |", flush=True)


def table(
    title: str, figure: str, times: Mapping[str, float], contenders: Contenders, wanted: dict[str, str], per: int = 1
) -> None:
    """A row for each contender: a yardstick's ratio is that of learnrate to it, any other's of it to learnrate."""
    head(title, figure)
    for name, time in times.items():
        ours = times["learnrate"]
        ratio = ours / time if contenders[name].yardstick else time / ours
        says = f"learnrate / it = {ratio:.3g}" if contenders[name].yardstick else f"it / learnrate = {ratio:.3g}"
        row(name, duration(time / per), "" if name == "learnrate" else says, ratio, wanted.get(name, ""))


def processor() -> str:
    model = platform.processor() or platform.machine()
    if (cpus := Path("/proc/cpuinfo")).exists():
        names = [line.partition(":")[2].strip() for line in cpus.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return model


def machine() -> None:
    model = processor()
    packages = ("numpy", "jax", "optax", "torch", "keras", "numexpr", "numba")
    versions = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in packages)
    print(f"{date.today()}, {model}, {rivals.THREADS} cores, {platform.system()}, Python {platform.python_version()}")
    print(f"learnrate {learnrate.__version__} ({learnrate.BACKEND}), {versions}")
    print(f"RAYON_NUM_THREADS={os.environ.get('RAYON_NUM_THREADS', 'not set')}")


# Measuring.


def measure_batch(effort: Effort) -> Times:
    recipe, out = Recipe(effort.batch), np.empty(effort.batch)
    contenders = rivals.batch(recipe, out)
    expected = recipe.schedule()(np.arange(effort.batch))
    rivals.check(contenders, expected)
    times = best(contenders, effort.rounds)
    wanted = {"np.copyto": "<= 1.2", "NumPy": ">= 25", "jax.jit, float32": ">= 8"}
    title = f"{effort.batch:,} float64 steps; learnrate, np.copyto, numexpr and Numba write into an array that is there"
    table(title, "per step", times, contenders, wanted, effort.batch)

    names = ("learnrate", "np.copyto", "NumPy")
    recipe, out = Recipe(effort.cached), np.empty(effort.cached)
    cached = {name: contender for name, contender in rivals.batch(recipe, out).items() if name in names}
    rivals.check(cached, recipe.schedule()(np.arange(effort.cached)))
    title = f"{effort.cached:,} steps: smaller than many a last-level cache"
    table(title, "per step", best(cached, effort.rounds), cached, {"np.copyto": "<= 3"}, effort.cached)

    allocating = rivals.allocating(Recipe(effort.batch))
    rivals.check(allocating, expected)
    title = f"{effort.batch:,} steps, each call into a new array"
    table(title, "per step", best(allocating, effort.rounds), allocating, {"NumPy": ">= 12"}, effort.batch)
    return {name: time / effort.batch for name, time in times.items()}


def measure_kinds(effort: Effort) -> None:
    recipe, out = Recipe(effort.batch), np.empty(effort.batch)
    contenders = rivals.kinds(recipe, out)
    expected = recipe.schedule()(np.arange(effort.batch, dtype=np.float64))
    rivals.check(contenders, expected)
    wanted = dict.fromkeys(("int64 steps", "int32 steps", "float32 steps", "float32 rates"), "<= 1.3")
    title = f"{effort.batch:,} steps of other kinds, beside float64; with `out`"
    times = best(contenders, effort.rounds)
    table(title, "per step", times, contenders, wanted | {"range": "<= 1.05"}, effort.batch)

    schedule, steps = recipe.schedule(), np.arange(effort.batch, dtype=np.float64)
    allocating = {
        "learnrate": Contender(lambda: schedule(steps)),
        "range": Contender(lambda: schedule(range(effort.batch))),
    }
    rivals.check(allocating, expected)
    times = best(allocating, effort.rounds)
    table("The same, each call into a new array", "per step", times, allocating, {"range": "<= 1.05"}, effort.batch)

    tracemalloc.start()
    schedule(steps[::2], out=out[::2])
    extra = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    share = extra / (steps.nbytes / 2)
    head("Memory beyond steps and rates", "at most")
    row("every second of an array", f"{extra / 2**20:.3g} MiB", f"it / steps = {share:.3g}", share, "<= 0.1")
    bytes_ = probes.in_a_fresh_process("memory", effort.large)["bytes"]
    share = bytes_ / (8 * effort.large)
    row(f"{effort.large:,} steps", f"{bytes_ / 2**20:.3g} MiB", f"it / steps = {share:.3g}", share, "<= 0.1")


def measure_small(effort: Effort) -> None:
    for count in (100, 1_000, 4_096):
        recipe = Recipe(count)
        contenders = rivals.allocating(recipe)
        rivals.check(contenders, [recipe.schedule()(step) for step in range(count)])
        times = best(contenders, effort.short_rounds)
        table(f"{count:,} steps, into a new array", "per call", times, contenders, {"NumPy": ">= 10"})


def measure_single(effort: Effort) -> Times:
    contenders = rivals.one_step() | rivals.one_step_in_frameworks()
    rivals.check(contenders, rivals.SCALAR.schedule()(rivals.STEP))
    times = best(contenders, effort.short_rounds)
    wanted = {"math.cos(5000.0)": "<= 2", "function by hand, math.cos": ">= 3"}
    table("One step, in a loop", "per call", times, contenders, wanted)
    return times


def measure_import(effort: Effort) -> None:
    head("Import", "median")
    seconds = probes.import_seconds(effort.pairs)
    row("`import learnrate`, beyond Python's own start", duration(seconds), "", 1e3 * seconds, "<= 10 ms")
    loaded = sorted({"numpy", "array_api_compat"} & probes.imported_by_learnrate())
    row("numpy or array_api_compat with it", ", ".join(loaded) or "neither", "", len(loaded), "<= 0 of them")


def measure_scale(effort: Effort) -> None:
    small, large = effort.cached, effort.large
    head(f"Larger batches, with `out`; {small:,} steps may fit in a cache", "per step")
    per_step = probes.in_a_fresh_process("scale", small, large, max(2, effort.rounds // 3))
    ratio = per_step[str(large)] / per_step[str(small)]
    row(f"{small:,} steps", duration(per_step[str(small)]))
    row(f"{large:,} steps", duration(per_step[str(large)]), f"it / smaller = {ratio:.3g}", ratio, "<= 1.1")

    head(f"Two threads instead of one; {effort.batch:,} steps, with `out`", "per step")
    runs: dict[str, list[dict[str, float]]] = {"1": [], "2": []}
    for _ in range(2):  # taking turns here as well
        for count, results in runs.items():
            arguments = (effort.batch, effort.rounds)
            results.append(probes.in_a_fresh_process("threads", *arguments, RAYON_NUM_THREADS=count))
    times = {count: {name: min(r[name] for r in results) for name in results[0]} for count, results in runs.items()}
    one, two = times["1"], times["2"]
    faster = {name: one[name] / two[name] for name in one}
    for name, label in (("copy", "np.copyto"), ("learnrate", "learnrate")):
        row(f"{label}, one thread", duration(one[name] / effort.batch))
        # Where memory delivers no more, more threads do not help: within 1.2 of the copy is as far as it goes.
        at_the_limit = name == "learnrate" and two["learnrate"] <= 1.2 * two["copy"]
        wanted = ">= 1.7" if name == "learnrate" and not at_the_limit else ""
        says = f"one / two = {faster[name]:.3g}" + (", at the memory's limit" if at_the_limit else "")
        row(f"{label}, two threads", duration(two[name] / effort.batch), says, faster[name], wanted)


def measure_fallback(effort: Effort) -> None:
    times = probes.in_a_fresh_process("fallback", effort.cached, effort.rounds, LEARNRATE_BACKEND="python")
    head(f"The pure-Python backend; {effort.cached:,} steps into a new array, and one step", "per step")
    ratio = times["NumPy"] / times["learnrate"]
    row("learnrate", duration(times["learnrate"]))
    row("NumPy", duration(times["NumPy"]), f"it / learnrate = {ratio:.3g}", ratio, ">= 1")
    ours, theirs = times["one: learnrate"], times["one: function by hand, math.cos"]
    row("learnrate, one step", duration(ours))
    row("function by hand, one step", duration(theirs), f"learnrate / it = {ours / theirs:.3g}", ours / theirs, "<= 4")


def main() -> None:
    parser = argparse.ArgumentParser(description="learnrate beside its peers, measured in one run")
    parser.add_argument("--quick", action="store_true", help="try that everything runs; the figures say nothing")
    parser.add_argument("--picture", type=Path, help="where to draw the bars of the README, an SVG")
    arguments = parser.parse_args()
    effort = QUICK if arguments.quick else Effort()
    machine()
    print(f"Best of {effort.rounds} rounds, {effort.short_rounds} where a call is short.")
    if arguments.quick:
        Report.judges = False
        print("Tiny batches: the figures say nothing.")
    per_step, per_call = measure_batch(effort), measure_single(effort)
    for measure in (measure_kinds, measure_small, measure_import, measure_scale, measure_fallback):
        measure(effort)
    if Report.judges:
        print(f"\nReached: {Report.asked - len(Report.missed)} of {Report.asked}.", *Report.missed, sep="\n- ")
    if arguments.picture:
        import picture

        yardsticks = {"np.copyto", "math.cos(5000.0)"}
        picture.draw(arguments.picture, per_step, per_call, effort.batch, yardsticks, duration)


if __name__ == "__main__":
    main()
