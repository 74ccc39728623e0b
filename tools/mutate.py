"""Mutation testing of the Python package: `python tools/mutate.py [MODULE ...]`, with the extra `mutation`.

cosmic-ray changes one operator, number, condition, loop or decorator at a time in a copy, and the module's tests must
fail. What survives must stand in `tests/survivors.txt` under the reason why it may, once for each place; what stands
there must survive. Imports for type checkers do not count: run, they take time alone, which tests/test_import.py sees.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from learnrate import _native

ROOT = Path(__file__).parents[1]
CONFIG = (ROOT / "tests/mutation.toml").read_text("utf-8")
TESTS = tomllib.loads(CONFIG)["tests"]
LISTED = (ROOT / "tests/survivors.txt").read_text("utf-8").splitlines()
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def run(command: str, copy: str) -> str:
    environment = {**os.environ, "PATH": PATH, "PYTHONPATH": f"{copy}/python"}
    done = subprocess.run(command.split(), cwd=copy, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{command}: {done.stdout}")
    return done.stdout


def as_listed(module: str) -> bool:
    with tempfile.TemporaryDirectory() as copy:
        unwanted = shutil.ignore_patterns("_native.*", "__pycache__")
        for folder in ("python", "tests", "examples"):
            shutil.copytree(ROOT / folder, Path(copy, folder), ignore=unwanted)
        shutil.copy(ROOT / "pyproject.toml", copy)
        shutil.copy(_native.__file__, Path(copy, "python/learnrate"))
        Path(copy, "config").write_text(CONFIG.replace("MODULE", module).replace("TESTS", TESTS[module]))
        run("cosmic-ray baseline config", copy)
        run("cosmic-ray init config db", copy)
        run("cr-filter-operators db config", copy)
        run("cosmic-ray exec config db", copy)
        rows = map(json.loads, run("cosmic-ray dump db", copy).splitlines())
    results = [result for _, result in rows if result["test_outcome"]]
    alive = [result["diff"].splitlines()[3:] for result in results if result["test_outcome"] != "killed"]
    print(f"{module}: {len(results)} mutants, {len(alive)} survive", flush=True)
    changes = [[line[1:].strip() for line in diff if line[0] in "-+" and line[1:].strip()] for diff in alive]
    found = Counter(f"{module}: {' => '.join(change)}" for change in changes if "TYPE_CHECKING" not in change[0])
    listed = Counter(line for line in LISTED if line.startswith(f"{module}: "))
    for change in sorted((found - listed).elements()):
        print("survives:", change, flush=True)
    for change in sorted((listed - found).elements()):
        print("is listed, but does not survive:", change, flush=True)
    return found == listed


with ThreadPoolExecutor(os.cpu_count()) as pool:
    sys.exit(not all([*pool.map(as_listed, sys.argv[1:] or TESTS)]))
