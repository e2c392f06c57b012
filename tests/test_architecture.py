"""The house as ARCHITECTURE.md draws it: which room may import which, without a circle, types included."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from itertools import groupby
from pathlib import Path

import pytest

import amber_sql

PACKAGE = Path(amber_sql.__file__).parent

TOOL = {
    "errors": set(),
    "locate": {"errors"},
    "sqltext": {"errors"},
    "server": {"errors", "locate"},
    "runtime": {"errors", "locate", "sqltext"},
    "compiler": {"errors", "locate", "sqltext"},
    "deploy": {"errors", "locate", "sqltext", "runtime", "compiler", "server"},
    "studio": {"errors", "locate", "sqltext", "runtime", "compiler", "deploy", "server"},
    "_interrupts": set(),
    "cli": {
        "_interrupts",
        "errors",
        "locate",
        "sqltext",
        "runtime",
        "compiler",
        "deploy",
        "server",
        "studio",
    },
    "__init__": {"_interrupts", "errors", "runtime"},
    "__main__": {"cli"},
}
"""Room of the tool → the rooms that it may import. Run time imports nothing of build time."""
CONTENT = {
    "models": {"runtime"},
    "queries": {"runtime", "models"},
    "domain": {"errors", "runtime", "models", "queries"},
    "aio": {"errors", "runtime", "models", "domain"},
    "amber": {*TOOL, "models", "queries", "domain", "aio"},
}
"""What is made with the tool: Amber's data layer, one package among others."""
ROOMS = TOOL | CONTENT
GENERATED = ("queries", "aio/queries", "models.py")
LONGEST = 300
LONGER = {"errors.py": "every exception stands in it", "_codegen.py": "one generator of source"}


def _modules() -> dict[str, Path]:
    """Return every module of the package by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()


def _imports(name: str) -> set[str]:
    """Return the modules of ours that a module imports, anywhere in it, for type checking too."""
    path, found = MODULES[name], set()
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: len(package.split(".")) - max(node.level - 1, 0)]
            base = ".".join(
                [*(parts if node.level else []), *([node.module] if node.module else [])]
            )
            found |= {
                inner if (inner := f"{base}.{alias.name}") in MODULES else base
                for alias in node.names
            }
    return (found & MODULES.keys()) - {name}


IMPORTS = {name: _imports(name) for name in MODULES}


def _room(name: str) -> str:
    """Return the room that a module is in: the first name below the package."""
    return name.split(".")[1] if "." in name else "__init__"


def test_every_room_is_in_the_table() -> None:
    """A new room is a decision, and stands in ARCHITECTURE.md as well."""
    assert {_room(name) for name in MODULES} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    """Build time stays out of run time, and Amber's out of the tool."""
    allowed = {*ROOMS[room], room}
    assert [
        (name, other)
        for name in MODULES
        if _room(name) == room
        for other in sorted(IMPORTS[name])
        if _room(other) not in allowed
    ] == []


def test_no_circle() -> None:
    """Modules can be read in an order in which nothing is unknown yet."""
    try:
        tuple(TopologicalSorter(IMPORTS).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]), pytrace=False)


def test_generated_modules_import_the_runtime_alone() -> None:
    """What the generator writes into anybody's package needs nothing else of ours."""
    theirs = {
        name for name in MODULES if _room(name) in {"queries", "models"} or ".aio.queries" in name
    }
    used = {other for name in theirs for other in IMPORTS[name]} - theirs
    assert used <= {"amber_sql", "amber_sql.runtime", "amber_sql.runtime.aio"}


def test_one_name_is_one_module() -> None:
    """But for a command, called as the room that does its work, and the async half of a pair."""
    names = sorted(
        (path.stem.strip("_").removesuffix("_async"), name)
        for name, path in MODULES.items()
        if path.name != "__init__.py" and _room(name) in TOOL and _room(name) != "cli"
    )
    twice = [[name for _, name in same] for _, same in groupby(names, key=lambda pair: pair[0])]
    assert [same for same in twice if len({name.removesuffix("_async") for name in same}) > 1] == []


def test_no_module_is_two_rooms() -> None:
    """What is longer than 300 lines has a second purpose; generated ones are as long as they are."""
    written = [
        path
        for path in MODULES.values()
        if not path.relative_to(PACKAGE).as_posix().startswith(GENERATED)
        and path.name not in LONGER
    ]
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in written}
    assert {path.name: length for path, length in lengths.items() if length > LONGEST} == {}
