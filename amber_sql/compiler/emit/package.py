"""A PackageDef → the text of every generated file. Pure and sorted: same input, same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.emit.function_code import function_lines, statement_lines
from amber_sql.compiler.emit.layout import START, docstring, import_lines, quoted
from amber_sql.compiler.emit.models import models_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amber_sql.compiler.bind.codegen_model import ModuleDef, PackageDef

_BUILT_IN = ("dict", "list", "object", "set", "tuple", "type")
"""What a function may be called although annotations use it."""


def emit(package: PackageDef, source: str) -> dict[str, str]:
    """Return path → text for the package that is generated.

    `source` is the folder of queries as seen from the package: `../queries`.
    """
    files = {"models.py": models_text(package)}
    for half in ("queries", "aio/queries"):
        files[f"{half}/__init__.py"] = _init(package, half, source)
        for folder in sorted({parent for m in package.modules for parent in _parents(m.name)}):
            files[f"{half}/{folder}/__init__.py"] = (
                f"{START}\n{docstring(f'Queries of {folder}/.')}\n"
            )
        for module in package.modules:
            path = module.name.replace(".", "/")
            files[f"{half}/{path}.py"] = _module(module, is_async=half.startswith("aio"))
    return files


def _parents(module: str) -> Iterable[str]:
    parts = module.split(".")[:-1]
    return ("/".join(parts[: n + 1]) for n in range(len(parts)))


def _init(package: PackageDef, half: str, source: str) -> str:
    what = "coroutine functions" if half.startswith("aio") else "functions"
    names = "\n".join(
        f"* `{m.name}`{': ' + m.doc.splitlines()[0] if m.doc else ''}" for m in package.modules
    )
    up = "parents[2]" if half.startswith("aio") else "parents[1]"
    lines = [
        START,
        docstring(f"The query {what}, one module for each file of SQL.\n\n{names}"),
        "",
        "from pathlib import Path",
        "",
        "from amber_sql.runtime import queries_folder",
        "",
        f"SOURCE = queries_folder(Path(__file__).{up}, {quoted(source)})",
        '"""The folder of the .sql files, in a checkout or in an installed wheel."""',
        "",
    ]
    return "\n".join(lines)


def _module(module: ModuleDef, *, is_async: bool) -> str:
    """Return a module of query functions."""
    depth = "." * (module.name.count(".") + 1)  # to the package `queries`
    root = depth + ("." if not is_async else "..")
    runtime = {"Statement", "statements"} | (
        {"CopyTarget"} if any(f.copy for f in module.functions) else set()
    )
    runtime.add("AsyncConn" if is_async else "Conn")
    if any(function.options for function in module.functions):
        runtime.add("Variants")
    if any(option.alias for function in module.functions for _, option in function.options):
        runtime.add("Choices")
    imports = {
        ("amber_sql.runtime.aio" if is_async else "amber_sql.runtime", name) for name in runtime
    }
    imports |= {
        ("amber_sql.runtime", "aio as runtime") if is_async else ("amber_sql", "runtime"),
    }
    models: set[str] = set()
    for function in module.functions:
        for annotation in (
            function.returns,
            function.row,
            *(p.annotation for p in function.parameters),
        ):
            if annotation is not None and not (
                function.params_struct and annotation not in {function.returns, function.row}
            ):
                imports |= annotation.imports
                models |= annotation.models
        for parameter in function.parameters:
            if parameter.json is not None:
                imports |= parameter.json.imports
        if function.params_struct:
            models.add(function.params_struct)
            imports.add(("collections.abc", "Iterable"))
        if function.verb == "stream":
            imports.add(
                (
                    "contextlib",
                    "AbstractAsyncContextManager" if is_async else "AbstractContextManager",
                )
            )
    if is_async and any(f.verb == "stream" for f in module.functions):
        imports.discard(("collections.abc", "Iterator"))
        imports.add(("collections.abc", "AsyncIterator"))
    lines = [
        START,
        docstring(module.doc or f"The queries of {module.file}."),
        "",
        "from __future__ import annotations",
        "",
    ]
    if any(function.deprecated for function in module.functions):
        lines += ["import sys"]
    names = sorted(function.name for function in module.functions)
    choices = [o for f in module.functions for _, o in f.options if o.alias]
    public = sorted([*names, *(n for o in choices for n in (o.alias, o.constant))])
    aliases = _aliases(public, models, imports)
    hidden = {name: f"builtins.{name}" for name in _BUILT_IN if name in names} | aliases
    code: list[str] = []
    for function in module.functions:
        code += statement_lines(function, hidden)
    for function in module.functions:
        code += ["", "", *function_lines(function, is_async=is_async, hidden=hidden)]
    if any("builtins." in line for line in code):
        lines += ["import builtins"]
    lines += import_lines((place, _imported(name, aliases)) for place, name in imports)
    if any(function.deprecated for function in module.functions):
        lines += [
            "",
            "if sys.version_info >= (3, 13):",
            "    from warnings import deprecated",
            "else:",
            "    from typing_extensions import deprecated",
        ]
    lines += [
        "",
        *import_lines((f"{root}models", _imported(name, aliases)) for name in models),
        f"from {depth} import SOURCE",
    ]
    lines += ["", "__all__ = [", *(f'    "{name}",' for name in public), "]", ""]
    lines += [
        f'_SQL = statements(SOURCE, {quoted(module.file)}, digest="{module.digest}")',
        "",
        *code,
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _aliases(names: list[str], models: set[str], imports: set[tuple[str, str]]) -> dict[str, str]:
    """Return what a class is imported as where a function of the module has its name.

    The function keeps it: a table that is added renames no function.
    """
    used = models | {name.split(" as ")[-1] for _, name in imports}
    found: dict[str, str] = {}
    for name in sorted(used & set(names)):
        alias = f"{name}_"
        while alias in used or alias in names:
            alias += "_"
        found[name] = alias
    return found


def _imported(name: str, aliases: dict[str, str]) -> str:
    own, _, shown = name.partition(" as ")
    alias = aliases.get(shown or own)
    return f"{own} as {alias}" if alias else name
