"""`[tool.amber-sql.types]` and `@type` → database types that are read and written as a class of somebody's.

Such a type is named on the wire with the two functions that turn its text into a value and back:
`inet=ipaddress.ip_interface,str`. So the runtime knows what to do in every place where a type's name
stands, and nothing is registered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.bind import importable, python_names
from amber_sql.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from amber_sql.compiler.catalog import Catalog, Type
    from amber_sql.locate import TypeSetting

INTERVAL = ("amber_sql", "Interval")
"""The class that the runtime reads and writes by itself."""

_ALIASES = {
    "bigint": "int8", "boolean": "bool", "char": "bpchar", "character": "bpchar",
    "character varying": "varchar", "decimal": "numeric", "double precision": "float8", "int": "int4",
    "integer": "int4", "real": "float4", "smallint": "int2", "time with time zone": "timetz",
    "time without time zone": "time", "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp", "bit varying": "varbit",
}  # fmt: skip
"""How SQL calls types that the catalog calls otherwise."""


class Mapped(msgspec.Struct, frozen=True):
    """A database type that is a class of somebody's."""

    path: tuple[str, str]
    decode: str
    encode: str

    def wire(self, base: str) -> str:
        """Return what the runtime is told of a type; `base` is what PostgreSQL calls it."""
        return base if self.path == INTERVAL else f"{base}={self.decode},{self.encode}"


def by_class(path: tuple[str, str]) -> Mapped:
    """Return a type that is made by calling the class with its text, and written by str."""
    return Mapped(path, ".".join(path), "str")


def mapped_types(catalog: Catalog, settings: Mapping[str, TypeSetting]) -> dict[int, Mapped]:
    """Return the types that the project's settings map, by OID; checking says what is wrong."""
    found = {}
    for name, setting in settings.items():
        kind = _type(catalog, name)
        if kind is None or _refused(catalog, kind) or (path := _path(setting.type)) is None:
            continue
        found[kind.oid] = Mapped(path, setting.decode or setting.type, setting.encode or "str")
    return found


def is_leaf(catalog: Catalog, kind: Type) -> bool:
    """Tell whether values of a type are read as a whole: no array, no row, no range, no JSON."""
    is_array = kind.category == "A" and kind.element > 0
    return kind.kind in "be" and not is_array and not catalog.is_json(kind.oid)


def leaf(catalog: Catalog, oid: int) -> Type | None:
    """Return what is in the arrays, domains and ranges of a type, if that is read as a whole."""
    kind = catalog.types.get(oid)
    while kind is not None and not is_leaf(catalog, kind):
        kind = catalog.types.get(kind.base or kind.element or kind.subtype)
    return kind


def may_be_stated(catalog: Catalog, oid: int) -> bool:
    """Tell whether `@type` can say what a column of a type is."""
    return catalog.holds_json(oid) or leaf(catalog, oid) is not None


def wrong_class(catalog: Catalog, path: tuple[str, str], oid: int) -> tuple[str, str] | None:
    """Return why a class cannot be what a column holds, and what to do."""
    if catalog.holds_json(oid):
        return None
    kind = leaf(catalog, oid)
    if kind is None:
        shown = catalog.display(oid) if oid in catalog.types else "unknown"
        return f"@type changes nothing of {shown}", "it belongs to a value that is no row"
    if not kind.is_sent:
        return _unsent(catalog, kind)
    if path == INTERVAL and kind.name != "interval":
        return f"{'.'.join(path)} is an interval's", f"this is {catalog.display(oid)}"
    return None


def _unsent(catalog: Catalog, kind: Type) -> tuple[str, str]:
    """Return why a type cannot be mapped that PostgreSQL sends as text alone."""
    return (
        f"PostgreSQL sends no binary form of {catalog.display(kind.oid)}",
        "cast it to text in the query; `-- @type column module.Class` gives that a class",
    )


def check_settings(
    catalog: Catalog, settings: Mapping[str, TypeSetting], file: str, folders: Sequence[Path]
) -> Iterator[Finding]:
    """Yield what is wrong with the types of the project's settings."""
    for name, setting in settings.items():
        for message, hint in _problems(catalog, name, setting, folders):
            yield Finding(
                file=file, line=1, column=1, message=f"types.{name}: {message}", hint=hint, text=""
            )


def _problems(
    catalog: Catalog, name: str, setting: TypeSetting, folders: Sequence[Path]
) -> Iterator[tuple[str, str]]:
    kind = _type(catalog, name)
    if kind is None:
        yield "the database has no such type", "write its name as SQL does"
    elif why := _refused(catalog, kind):
        yield why
    if kind and _path(setting.type) == INTERVAL and kind.name != "interval":
        yield f"{setting.type} is an interval's", "name a class that the type's text makes"
    for what in (setting.type, setting.decode, setting.encode):
        if what and what != "str" and (why := _missing(what, folders, what == setting.type)):
            yield why


def _missing(what: str, folders: Sequence[Path], is_class: bool) -> tuple[str, str] | None:
    """Return why a class or function cannot be imported, and what to do."""
    path = _path(what)
    if path is None:
        return f"{what} names nothing of a module", "write module.name"
    why = importable.problem(*path, folders, functions=True)
    outer = _path(path[0])
    if why and outer and importable.problem(*outer, folders) is None:
        if not is_class:
            return None  # a method of a class
        return f"{what} is in a class", f"give it a name in {outer[0]} itself"
    return why


def _path(what: str) -> tuple[str, str] | None:
    module, _, name = what.rpartition(".")
    return (module, name) if module and python_names.is_path((module, name)) else None


def _type(catalog: Catalog, name: str) -> Type | None:
    """Return the type that a name in the settings means; a schema's in the search path first."""
    name = _ALIASES.get(name, name)
    named = [t for t in catalog.types.values() if name in (t.name, f"{t.schema}.{t.name}")]
    visible = ["pg_catalog", *catalog.search_path]
    named.sort(key=lambda t: visible.index(t.schema) if t.schema in visible else len(visible))
    return next((kind for kind in named if kind.kind in "bdecrm"), None)


def _refused(catalog: Catalog, kind: Type) -> tuple[str, str] | None:
    """Return why values of a type have no single class."""
    if catalog.is_json(kind.oid):
        return "JSON is read as what @type says of a column", "say it in the column's comment"
    inner = leaf(catalog, kind.oid)
    if inner is not None and not inner.is_sent:
        return _unsent(catalog, inner)
    if kind.kind == "d" or is_leaf(catalog, kind):
        return None
    if kind.category == "A":
        return "this is an array", "name the type of its elements"
    return "this is made of others", "name the types of its fields or bounds"
