"""A query and the values that the server read → the call in Python, with what it imports."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

if TYPE_CHECKING:
    from collections.abc import Callable

    from amber_sql.studio.catalogue.model import Query

_STANDARD = {
    "datetime": "datetime", "date": "datetime", "time": "datetime", "timedelta": "datetime",
    "timezone": "datetime", "Decimal": "decimal", "UUID": "uuid",
}  # fmt: skip


def python_call(query: Query, values: dict[str, Any], package: str) -> str:
    """Return the code of a call; a value that is not there yet is `...`, to be filled in.

    `values` are by the parameters' names; what is left out is not in it.
    """
    needed: set[str] = set()
    arguments = [
        f"{one.name}={_source(values[one.name], one.py_type, needed) if one.name in values else '...'}"
        for one in query.parameters
        if one.name in values or not one.optional
    ]
    parent, _, module = f"{package}.queries.{query.module}".rpartition(".")
    called = f"{module}.{query.name}"
    if query.operation == "many_affected":
        needed.add(_params(query))
        body = f"{called}(pool, [{_params(query)}({', '.join(arguments)})])"
    else:
        body = f"{called}({', '.join(['pool', *arguments])})"
        if len(body) > _WIDTH:
            body = f"{called}(\n        pool,{''.join(f'{chr(10)}        {one},' for one in arguments)}\n    )"
    if "AbstractContextManager" in query.signature:
        body = f"with {body} as rows:\n        for row in rows:\n            print(row)"
    else:
        body = f"result = {body}"
    return "\n".join(
        [
            *_imports(needed, package),
            f"from {parent} import {module}",
            "",
            "with open_pool() as pool:",
            f"    {body}",
        ]
    )


_WIDTH = 84


def _imports(needed: set[str], package: str) -> list[str]:
    """Return the lines that import what a call's values are made with."""
    standard: dict[str, list[str]] = {}
    for name in sorted(needed & _STANDARD.keys()):
        standard.setdefault(_STANDARD[name], []).append(name)
    lines = [
        f"from {module} import {', '.join(names)}" for module, names in sorted(standard.items())
    ]
    lines += [""] if lines else []
    ranges = {"Range", "Multirange"} & needed
    lines += ["from amber_sql import open_pool"]
    lines += [f"from psycopg.types.{name.lower()} import {name}" for name in sorted(ranges)]
    models = sorted(needed - _STANDARD.keys() - ranges)
    return [*lines, f"from {package}.models import {', '.join(models)}"] if models else lines


def _params(query: Query) -> str:
    found = re.search(r"rows: Iterable\[(?:\w+\.)*(\w+)\]", query.signature)
    return found[1] if found else "Params"


def _source(value: Any, annotation: str, needed: set[str]) -> str:
    """Return a value as Python writes it, and note what it needs."""
    enum = re.fullmatch(r"([A-Z]\w*)( \| .*)?", annotation)
    known = {*_STANDARD, "UUID", "Decimal", "Json", "Range", "Literal"}
    if isinstance(value, str) and enum and enum[1] not in known and annotation != "Json":
        needed.add(enum[1])
        return f"{enum[1]}({value!r})"
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value, annotation, needed)
    return repr(value)


def _list(value: list[Any], annotation: str, needed: set[str]) -> str:
    inner = re.match(r"list\[(.*)\]", annotation)
    items = (_source(one, inner[1] if inner else "", needed) for one in value)
    return f"[{', '.join(items)}]"


def _dict(value: dict[str, Any], _: str, needed: set[str]) -> str:
    return (
        "{" + ", ".join(f"{key!r}: {_source(one, '', needed)}" for key, one in value.items()) + "}"
    )


def _datetime(value: dt.datetime, _: str, needed: set[str]) -> str:
    needed.add("datetime")
    return f"datetime.fromisoformat({value.isoformat()!r})"


def _named(name: str) -> Callable[[Any, str, set[str]], str]:
    def write(value: Any, _: str, needed: set[str]) -> str:
        needed.add(name)
        return f"{name}.fromisoformat({value.isoformat()!r})"

    return write


def _text(name: str) -> Callable[[Any, str, set[str]], str]:
    def write(value: Any, _: str, needed: set[str]) -> str:
        needed.add(name)
        return f"{name}({str(value)!r})"

    return write


def _timedelta(value: dt.timedelta, _: str, needed: set[str]) -> str:
    needed.add("timedelta")
    return (
        f"timedelta(days={value.days}, seconds={value.seconds}, microseconds={value.microseconds})"
    )


def _float(value: float, _: str, __: set[str]) -> str:
    return repr(value) if value - value == 0 else f"float({str(value)!r})"


def _range(value: Range[Any], _: str, needed: set[str]) -> str:
    needed.add("Range")
    if value.isempty:
        return "Range(empty=True)"
    low, high = _source(value.lower, "", needed), _source(value.upper, "", needed)
    return f"Range({low}, {high}, {value.bounds!r})"


def _multirange(value: Multirange[Any], _: str, needed: set[str]) -> str:
    needed.add("Multirange")
    return "Multirange([" + ", ".join(_range(one, "", needed) for one in value) + "])"


_WRITERS: tuple[tuple[type, Callable[[Any, str, set[str]], str]], ...] = (
    (bool, lambda value, _, __: repr(value)),
    (list, _list),
    (dict, _dict),
    (float, _float),
    (dt.datetime, _datetime),
    (dt.date, _named("date")),
    (dt.time, _named("time")),
    (dt.timedelta, _timedelta),
    (Decimal, _text("Decimal")),
    (UUID, _text("UUID")),
    (Range, _range),
    (Multirange, _multirange),
)
