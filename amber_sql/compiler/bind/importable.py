"""A module's name → whether it exists and defines a class, without running any of it.

Importing would run a project's code, which may import the very modules that are to be generated.
"""

from __future__ import annotations

import ast
import sys
from difflib import get_close_matches
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from pathlib import Path


def problem(
    module: str, name: str, folders: Sequence[Path], *, functions: bool = False
) -> tuple[str, str] | None:
    """Return what is wrong with `from module import name`, and what to do; None where it works.

    `folders` are where modules may be beside those that Python finds here.
    """
    spec, found = _find(module, [str(folder) for folder in folders])
    if spec is None:
        missing = module if not found else f"{module} (there is {found})"
        return f"there is no module {missing}", "name one that can be imported where the rows are"
    names = _names(spec)
    if not functions and names is not None and names.get(name) is ast.FunctionDef:
        return f"{module}.{name} is a function", "name a class, or what stands for one"
    if names is None or name in names:
        return None
    close = get_close_matches(name, names, n=1)
    return f"{module} has no {name}", f"did you mean {close[0]}?" if close else "define it there"


def _find(module: str, folders: list[str]) -> tuple[ModuleSpec | None, str]:
    """Return a module's spec, or None and the last package of its path that exists."""
    path: Sequence[str] | None = None
    spec: ModuleSpec | None = None
    parts = module.split(".")
    for number in range(1, len(parts) + 1):
        spec = _spec(".".join(parts[:number]), path, folders if path is None else [])
        if spec is None:
            return None, ".".join(parts[: number - 1])
        path = spec.submodule_search_locations or []
        if number < len(parts) and not path:
            return None, ".".join(parts[:number])
    return spec, module


def _spec(name: str, path: Sequence[str] | None, folders: list[str]) -> ModuleSpec | None:
    if folders and (spec := PathFinder.find_spec(name, folders)):
        return spec
    for finder in sys.meta_path:
        if spec := finder.find_spec(name, path, None):
            return spec
    return None


def _names(spec: ModuleSpec) -> dict[str, type[ast.stmt]] | None:
    """Return the names that a module's source defines, and how; None where that cannot be told."""
    loader: Any = spec.loader
    if loader is None or not hasattr(loader, "get_source"):
        return None
    try:
        source = loader.get_source(spec.name)
        tree = ast.parse(source) if source is not None else None
    except (ImportError, OSError, SyntaxError, ValueError):
        return None
    if tree is None:
        return None
    found = dict(_defined(tree.body))
    return None if "*" in found or "__getattr__" in found else found


def _defined(body: Sequence[ast.stmt]) -> Iterator[tuple[str, type[ast.stmt]]]:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name, type(node)
        elif type(node).__name__ == "TypeAlias":  # `type X = …`, since Python 3.12
            yield vars(node)["name"].id, type(node)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            yield from ((alias.asname or alias.name, type(node)) for alias in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((t.id, type(node)) for t in targets if isinstance(t, ast.Name))
        else:  # defined under a condition
            for inner in ast.walk(node):
                if isinstance(inner, ast.stmt) and inner is not node:
                    yield from _defined([inner])
