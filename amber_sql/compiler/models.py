"""Enums, tables, views and composite types → the names of their classes, no two alike.

A table's class is its name in the singular, any other's its own name; `@struct Name` in a comment
goes before both. Where two would have one name, it goes to the one whose own name it is, and the
other table stays plural. The names depend on the whole schema, not on what queries read of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler import naming
from amber_sql.compiler.bookkeeping import TABLES

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
        singular = naming.singular(relation.name)
        rank = 0 if stated else 3 if not is_own(relation) else 1 if singular == relation.name else 2
        names = _names(
            catalog, relation.schema, singular, relation.name, stated.split()[0] if stated else ""
        )
        wishes.append((rank, relation.schema, relation.name, key, names))
    found: dict[tuple[str, int], str] = {}
    taken: set[str] = set()
    for *_, key, names in sorted(wishes, key=lambda wish: wish[:4]):
        found[key] = next(name for name in names if name not in taken)
        taken.add(found[key])
    return found


def _names(catalog: Catalog, schema: str, name: str, own: str, stated: str = "") -> Iterator[str]:
    """Yield the names that a class could have, the best first."""
    if stated:
        yield stated
    prefix = "" if schema in catalog.search_path else naming.cap_words(schema).rstrip("_")
    for one in (name, own):
        yield naming.cap_words(f"{prefix}_{one}") if prefix else naming.cap_words(one)
    plain = naming.cap_words(f"{schema}_{own}")
    yield plain
    number = 2
    while True:
        yield f"{plain}{number}"
        number += 1


TAGS = ("@struct ", "@tenant ", "@type ")
"""What a COMMENT may say to the compiler; none of it belongs into a docstring."""


def tagged(comment: str, tag: str) -> tuple[str, str]:
    """Split a comment into its text and what a tag in it says."""
    lines = comment.splitlines() or [""]
    stated = [
        line.strip()[len(tag) :].strip() for line in lines if line.strip().startswith(f"{tag} ")
    ]
    text = "\n".join(line for line in lines if not line.strip().startswith(TAGS)).strip()
    return text, stated[0] if stated else ""
