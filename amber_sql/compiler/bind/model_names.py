"""Enums, tables, views and composite types → the names of their classes, no two alike.

A table's class is its name in the singular, any other's its own name; `@struct Name` in a comment
goes before both. Where two would have one name, it goes to the one whose own name it is, and the
other table stays plural. The names depend on the whole schema, not on what queries read of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.bind import python_names
from amber_sql.compiler.bind.plurals import singular
from amber_sql.compiler.bookkeeping import TABLES
from amber_sql.compiler.comments import tagged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.compiler.catalog import Catalog, Relation


def is_own(relation: Relation) -> bool:
    """Tell whether a relation is the project's, not PostgreSQL's or the engine's."""
    system = relation.schema in {"pg_catalog", "information_schema"}
    return not system and relation.name not in TABLES


def model_names(catalog: Catalog) -> dict[tuple[str, int], str]:
    """Return the class name of each `("enum", oid)` and `("relation", oid)`."""
    wishes: list[tuple[int, str, str, tuple[str, int], Iterator[str]]] = []
    for kind in catalog.types.values():
        if kind.kind == "e":
            names = _names(catalog, kind.schema, kind.name, kind.name)
            wishes.append((1, kind.schema, kind.name, ("enum", kind.oid), names))
    for relation in catalog.relations.values():
        if relation.partition or relation.kind not in "rpvmfc":
            continue
        key = ("relation", relation.oid)
        _, stated = tagged(relation.comment, "@struct")
        one = singular(relation.name)
        rank = 0 if stated else 3 if not is_own(relation) else 1 if one == relation.name else 2
        names = _names(catalog, relation.schema, one, relation.name, stated)
        wishes.append((rank, relation.schema, relation.name, key, names))
    found: dict[tuple[str, int], str] = {}
    taken: set[str] = set()
    for *_, key, names in sorted(wishes, key=lambda wish: wish[:4]):
        found[key] = next(name for name in names if name not in taken)
        taken.add(found[key])
    return found


def _names(catalog: Catalog, schema: str, name: str, own: str, stated: str = "") -> Iterator[str]:
    """Yield the names that a class could have, the best first."""
    if stated in python_names.RESERVED_MODELS:
        stated = ""  # checking the comments says so
    if stated := python_names.public(stated) or "":
        yield stated
    prefix = "" if schema in catalog.search_path else python_names.cap_words(schema).rstrip("_")
    for one in (name, own):
        yield python_names.cap_words(f"{prefix}_{one}") if prefix else python_names.cap_words(one)
    plain = python_names.cap_words(f"{schema}_{own}")
    yield plain
    number = 2
    while True:
        yield f"{plain}{number}"
        number += 1
