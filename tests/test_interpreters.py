"""Sub-interpreters: the pure backend works in each; the native one in the first that imports it, and says so else."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from checks import python

# `m` is the main interpreter, `s` a new one, which is gone before the next letter.
SCRIPT = """
import importlib, sys

try:
    interpreters = importlib.import_module("_interpreters")
except ImportError:
    interpreters = importlib.import_module("_xxsubinterpreters")

CODE = '''
try:
    import learnrate
    schedule = learnrate.CosineDecay(0.1, 1000)
    print(learnrate.BACKEND, schedule(500), schedule(1000.0))
    schedule(-1)
except Exception as error:
    print(type(error).__name__, error)
sys = __import__("sys")
sys.stdout.flush()
'''
for where in sys.argv[1]:
    if where == "m":
        exec(CODE, {})
    else:
        one = interpreters.create()
        interpreters.run_string(one, CODE)
        interpreters.destroy(one)
"""


@pytest.mark.parametrize("order", ["m", "ms", "sm", "sms", "msms", "ss"])
def test_interpreters_one_after_the_other(learnrate: ModuleType, order: str) -> None:
    shown = python(SCRIPT, order, LEARNRATE_BACKEND=learnrate.BACKEND)
    works = [f"{learnrate.BACKEND} 0.05 0.0", "ValueError Argument `step` must be >= 0. Received: step=-1"]
    refused = [
        "ImportError learnrate's native core is in use by another interpreter of this process; "
        "LEARNRATE_BACKEND=python works in each"
    ]
    if learnrate.BACKEND == "python":
        expected = [works] * len(order)
    elif sys.version_info < (3, 12):
        expected = [
            works if where == order[0] and (where == "m" or i == 0) else refused for i, where in enumerate(order)
        ]
    else:  # new interpreters have a lock of their own, and CPython itself refuses
        refused = ["ImportError module learnrate._native does not support loading in subinterpreters"]
        expected = [works if where == "m" else refused for where in order]
    assert shown.splitlines() == [line for lines in expected for line in lines]
