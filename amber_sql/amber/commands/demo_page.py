"""An example and its result → a page of the demo: where the SQL is, the call, the typed rows."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import msgspec
from rich.pretty import pretty_repr
from rich.syntax import Syntax
from rich.text import Text

from amber_sql import locate
from amber_sql.cli.report import out
from amber_sql.compiler.files.load import load_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from amber_sql.compiler.files.query import Query

MARGIN = 2
INDENT = "    "
WIDEST = 104
"""Columns that rows fill; SQL and Python are as wide as they were written."""
LONGEST = 40
"""Characters of a text that are shown."""
_QUERIES = re.compile(r"amber_sql\.(aio\.)?queries\.(?P<module>\w+)")


class Example(msgspec.Struct, frozen=True):
    """A function of `amber_sql.amber.examples` or its async twin."""

    function: Callable[..., Any]

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__

    @property
    def title(self) -> str:
        """What it does, in a line."""
        return inspect.getdoc(self.function) or self.name

    @property
    def is_async(self) -> bool:
        """Tell whether calling it gives something to await."""
        return inspect.iscoroutinefunction(self.function)

    def call(self, given: dict[str, Any]) -> Any:
        """Call it with what it asks for by name: `pool`, `user`, `session`."""
        names = inspect.signature(self.function).parameters
        return self.function(**{name: given[name] for name in names})

    def queries(self) -> list[str]:
        """Return the queries that it calls, as module.name, in their order."""
        tree = ast.parse(textwrap.dedent(inspect.getsource(self.function)))
        found = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                value = self.function.__globals__.get(node.value.id)
                if isinstance(value, ModuleType) and (m := _QUERIES.fullmatch(value.__name__)):
                    found.append((node.lineno, f"{m['module']}.{node.attr}"))
        return [name for _, name in sorted(found)]

    def source(self) -> str:
        """Return its text, without the docstring."""
        text = textwrap.dedent(inspect.getsource(self.function))
        return re.sub(r'\n +""".*?"""', "", text, count=1, flags=re.DOTALL)


def examples(module: ModuleType) -> list[Example]:
    """Return the examples in a module, in their order."""
    return [
        Example(value)
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    ]


def show(number: int, example: Example, result: Any, known: set[str]) -> None:
    """Print an example; a query in `known` was shown before, and is only named."""
    title = example.title.rstrip(".") + (", async" if example.is_async else "")
    out.print(Text(f"\n{number}. {title}", "bold"))
    for name in example.queries():
        query = _files()[name]
        if name in known:
            _place(f"{query.file}:{query.line}", f"  {name}, as above")
            continue
        known.add(name)
        _place(f"{query.file}:{query.line}")
        block = query.block
        _code("sql", block.source.text[block.start : block.body[-1].end] + ";")
    file = Path(inspect.getfile(example.function)).relative_to(locate.PACKAGE.parent)
    _place(f"{file.as_posix()}:{example.function.__code__.co_firstlineno}")
    _code("python", example.source())
    _place("what came back")
    _code("python", _rows(result, min(out.width, WIDEST) - MARGIN))


def _rows(result: Any, width: int) -> str:
    """Show typed rows as Python would construct them; of a list the first two."""
    text = pretty_repr(result, max_width=width, indent_size=4, max_length=2, max_string=LONGEST)
    return text.replace("datetime.", "").replace("timezone.utc", "UTC")


def _place(where: str, note: str = "") -> None:
    out.print(Text.assemble("\n", (where, "bold cyan"), (note, "dim")))


@cache
def _files() -> dict[str, Query]:
    return {
        f"{file.module}.{query.name}": query
        for file in load_folder(locate.queries_dir())
        for query in file.queries
    }


def _code(language: str, text: str) -> None:
    """Print code with a margin, highlighted where a person watches."""
    more = INDENT if language == "python" else ""
    lines = [part for line in _paragraphs(text.strip()) for part in _wrap(line, more)]
    code = textwrap.indent("\n".join(lines), " " * MARGIN)
    if out.is_terminal:
        shown = Syntax("", language, theme="ansi_dark").highlight(code)
        shown.rstrip()
        out.print(shown)
    else:
        out.print(code, markup=False)


def _paragraphs(text: str) -> list[str]:
    """Return the lines, those of a comment that is too wide joined, to be cut again evenly."""
    if max(map(len, text.splitlines())) <= out.width - MARGIN:
        return text.splitlines()
    prose = r"(?m)^( *-- (?!@|name:)[^\n]*)\n *-- (?![@ ])"
    while text != (text := re.sub(prose, r"\1 ", text)):
        pass
    return text.splitlines()


def _wrap(line: str, more: str) -> list[str]:
    """Cut a line that is wider than the terminal at a blank, and indent the rest by `more`."""
    indent = line[: len(line) - len(line.lstrip())]
    again = indent + ("-- " if line.lstrip().startswith("--") else more)
    parts, width = [], out.width - MARGIN
    while len(line) > width:
        cut = line.rfind(" ", len(again), width + 1)
        cut = cut if cut > 0 else line.find(" ", width)
        if cut < 0:
            break
        parts.append(line[:cut])
        line = again + line[cut + 1 :]
    return [*parts, line]
