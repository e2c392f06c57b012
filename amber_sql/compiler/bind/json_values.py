"""What was a value of SQL before it became a part of JSON → its annotation: itself, or `Json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.bind.built_in_types import BUILT_IN, EXTENSIONS, JSON

if TYPE_CHECKING:
    from collections.abc import Callable

    from amber_sql.compiler.bind.codegen_model import Annotation
    from amber_sql.compiler.bind.stated_types import StatedTypes
    from amber_sql.compiler.catalog import Catalog, Type
    from amber_sql.compiler.described import JsonShape

_AS_ITSELF = frozenset(
    """
    bool int2 int4 int8 float4 float8 numeric text varchar bpchar name char unknown uuid
    date timestamp timestamptz time inet cidr macaddr macaddr8 xml bit varbit
    """.split()
)
"""Types that PostgreSQL writes into JSON as msgspec reads them again."""


def in_json(
    catalog: Catalog, stated: StatedTypes, enum: Callable[[Type], Annotation], shape: JsonShape
) -> Annotation:
    """Return the annotation of a value that is not null."""
    kind = catalog.types.get(shape.type)
    if kind is None:
        return JSON
    if catalog.is_json(kind.oid):
        return stated.of_column(*shape.origin) or JSON
    if kind.kind == "e":
        # A text "null" is null to msgspec where it looks for numbers in texts.
        return JSON if "null" in map(str.lower, kind.labels) else enum(kind)
    if kind.schema == "pg_catalog" and kind.name in _AS_ITSELF:
        return BUILT_IN.get(kind.name, BUILT_IN["text"])
    return EXTENSIONS["citext"] if kind.name == "citext" else JSON
