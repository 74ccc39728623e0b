"""The promise of the structure: what shows, saves or trains with schedules knows their segments, and no class."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

SPEC = find_spec("learnrate")
assert SPEC is not None
assert SPEC.origin is not None
PACKAGE = Path(SPEC.origin).parent
CLASSES = {f"_schedules.{file.stem}" for file in PACKAGE.glob("_schedules/[!_]*.py")} - {"_schedules.every"}
# The package's front hands the classes on, functions make them, and `every` lists them.
MAKERS = {"__init__.py", "_functions.py", "_one_cycle.py", "_schedules/every.py"}
FILES = sorted(str(file.relative_to(PACKAGE)) for file in PACKAGE.rglob("*.py"))


def imports(file: str, *, at_run_time: bool = False) -> set[str]:
    """The package's modules that a file imports, at its top level or anywhere, by their names in the package."""
    tree = ast.parse((PACKAGE / file).read_text("utf-8"))
    nodes = tree.body if at_run_time else ast.walk(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.level:
            # Relative to the folder of the file, or to one above.
            folder = file.split("/")[: -node.level]
            module = ".".join([*folder, *([node.module] if node.module else [])])
            found |= {module} | {f"{module}.{name.name}".lstrip(".") for name in node.names}
    return found


def test_there_are_classes() -> None:
    assert CLASSES >= {"_schedules.cosine_decay", "_schedules.phases"}


@pytest.mark.parametrize("file", [file for file in FILES if file not in MAKERS])
def test_no_surface_knows_a_class(file: str) -> None:
    assert not imports(file) & CLASSES


def test_no_modules_import_each_other() -> None:
    """Not at their top level: methods such as `plot` import what they need when they are called."""
    modules = {file.removesuffix(".py").removesuffix("/__init__").replace("/", "."): file for file in FILES}
    graph = {name: imports(file, at_run_time=True) & modules.keys() for name, file in modules.items()}
    graph["__init__"] = set()
    while leaves := {name for name, needs in graph.items() if not needs - {name}}:
        graph = {name: needs - leaves for name, needs in graph.items() if name not in leaves}
    assert not graph
