"""What needs a process of its own: other environment variables, its own memory, its own imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

FAST = {"PYTHONDONTWRITEBYTECODE": ""}  # an import is measured with its bytecode there, as users have it


def in_a_fresh_process(probe: str, *sizes: int, **environment: str) -> dict[str, float]:
    command = [sys.executable, __file__, probe, *map(str, sizes)]
    result = subprocess.run(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(result.stdout))


def threads(total: int, rounds: int) -> dict[str, float]:
    """The batch, and a copy in as many Python threads as RAYON_NUM_THREADS says."""
    import numpy as np
    from rivals import Recipe
    from timing import Contender, best

    count = int(os.environ["RAYON_NUM_THREADS"])
    steps, out, schedule = np.arange(total, dtype=np.float64), np.empty(total), Recipe(total).schedule()
    parts = list(zip(np.array_split(out, count), np.array_split(steps, count), strict=True))
    with ThreadPoolExecutor(count) as pool:
        copy = Contender(lambda: list(pool.map(lambda part: np.copyto(*part), parts)), yardstick=True)
        return best({"learnrate": Contender(lambda: schedule(steps, out=out)), "copy": copy}, rounds)


def scale(small: int, large: int, rounds: int) -> dict[str, float]:
    """Seconds per step in a smaller batch and a larger one."""
    import numpy as np
    from rivals import Recipe
    from timing import Contender, best

    contenders = {}
    for total in (small, large):
        steps, out, schedule = np.arange(total, dtype=np.float64), np.empty(total), Recipe(total).schedule()
        contenders[str(total)] = Contender(
            "schedule(steps, out=out)", {"schedule": schedule, "steps": steps, "out": out}
        )
    return {total: seconds / int(total) for total, seconds in best(contenders, rounds).items()}


def memory(total: int) -> dict[str, float]:
    """Bytes by which a batch raises the most that the process has had, beyond steps and rates."""
    import numpy as np
    from rivals import Recipe

    steps, out, schedule = np.arange(total, dtype=np.float64), np.ones(total), Recipe(total).schedule()
    before = _peak_memory()
    schedule(steps, out=out)
    return {"bytes": _peak_memory() - before}


def fallback(total: int, rounds: int) -> dict[str, float]:
    """Batch and single step, beside NumPy and the function by hand; all under LEARNRATE_BACKEND=python."""
    import rivals
    from timing import best

    import learnrate

    assert learnrate.BACKEND == "python"
    recipe = rivals.Recipe(total)
    batch, single = rivals.allocating(recipe), rivals.one_step()
    rivals.check(batch, [recipe.schedule()(step) for step in range(total)])
    rivals.check(single, rivals.SCALAR.schedule()(rivals.STEP))
    times = best(batch, rounds) | {f"one: {name}": time for name, time in best(single, rounds).items()}
    return {name: seconds / (1 if name.startswith("one") else total) for name, seconds in times.items()}


def import_seconds(pairs: int) -> float:
    """The median over pairs of processes, one that imports learnrate and one that does nothing."""

    def once(code: str) -> float:
        start = perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | FAST)
        return perf_counter() - start

    once("import learnrate")
    return median(once("import learnrate") - once("pass") for _ in range(pairs))


def imported_by_learnrate() -> set[str]:
    code = "import learnrate, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def _peak_memory() -> int:
    status = Path("/proc/self/status")
    if status.exists():  # on Linux getrusage begins with the peak of the process that started this one
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on macOS


if __name__ == "__main__":
    probe: Any = {"threads": threads, "scale": scale, "memory": memory, "fallback": fallback}[sys.argv[1]]
    print(json.dumps(probe(*map(int, sys.argv[2:]))))
