"""Enums, tables, views and composite types → the names of their classes, no two alike.

A table's class is its name in the singular, any other's its own name; `@struct Name` in a comment
goes before both. Where two come to one name, the older one has it, as the migrations made them: what
is added renames nothing that was there. So a name depends on what came before it, and neither on
what queries read nor on what `@struct` calls another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.bind import python_names
from amber_sql.compiler.bind.plurals import singular
from amber_sql.compiler.bookkeeping import TABLES
from amber_sql.compiler.comments import tagged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.compiler.catalog import Catalog, Relation

Key = tuple[str, int]
"""`("enum", oid)` or `("relation", oid)`."""


class ModelNames(msgspec.Struct, frozen=True):
    """The names of all classes that the schema's objects may have."""

    names: dict[Key, str]
    stored: dict[int, str]
    """Those of a relation's rows that are stored as values."""
    stated_twice: dict[int, Key]
    """The relations whose `@struct` is the name of another class, and whose that is."""


def is_own(relation: Relation) -> bool:
    """Tell whether a relation is the project's, not PostgreSQL's or the engine's."""
    return not _is_system(relation) and relation.name not in TABLES


def model_names(catalog: Catalog) -> ModelNames:
    """Return the name of the class of each enum and of each relation."""
    wishes: list[tuple[tuple[bool, int], Key, Iterator[str]]] = []
    for kind in catalog.types.values():
        if kind.kind == "e":
            names = _names(catalog, kind.schema, kind.name, kind.name)
            wishes.append(((False, kind.oid), ("enum", kind.oid), names))
    stated: dict[Key, str] = {}
    for relation in catalog.relations.values():
        if relation.partition or relation.kind not in "rpvmfc":
            continue
        key = ("relation", relation.oid)
        names = _names(catalog, relation.schema, singular(relation.name), relation.name)
        late = relation.name in TABLES and not _is_system(relation)
        wishes.append(((late, relation.oid), key, names))
        _, name = tagged(relation.comment, "@struct")
        if (public := python_names.public(name)) and name not in python_names.RESERVED_MODELS:
            stated[key] = public  # checking the comments says what is wrong with another one
    found: dict[Key, str] = {}
    stored: dict[int, str] = {}
    taken: set[str] = set()
    for _, key, names in sorted(wishes, key=lambda wish: wish[0]):
        found[key] = next(name for name in names if name not in taken)
        taken.add(found[key])
        if key[0] == "relation":
            stored[key[1]] = _stored(stated.get(key, found[key]), taken)
            taken.add(stored[key[1]])
    final, twice = _with_stated(found, stated, stored)
    return ModelNames(final, stored, twice)


def _with_stated(
    found: dict[Key, str], stated: dict[Key, str], stored: dict[int, str]
) -> tuple[dict[Key, str], dict[int, Key]]:
    """Return the names with those that comments state, and which of these are another's."""
    names = {key: name for key, name in found.items() if key not in stated}
    first: dict[str, Key] = {name: ("relation", oid) for oid, name in stored.items()}
    first |= {name: key for key, name in names.items()}
    twice: dict[int, Key] = {}
    for key, name in sorted(stated.items()):
        if name in first:
            twice[key[1]] = first[name]
            names[key] = found[key]
        else:
            first[name] = key
            names[key] = name
    return names, twice


def _stored(name: str, taken: set[str]) -> str:
    name = f"Stored{name}"
    while name in taken:
        name += "_"
    return name


def _is_system(relation: Relation) -> bool:
    return relation.schema in {"pg_catalog", "information_schema"}


def _names(catalog: Catalog, schema: str, name: str, own: str) -> Iterator[str]:
    """Yield the names that a class could have, the best first."""
    prefix = "" if schema in catalog.search_path else python_names.cap_words(schema).rstrip("_")
    for one in (name, own):
        yield python_names.cap_words(f"{prefix}_{one}") if prefix else python_names.cap_words(one)
    plain = python_names.cap_words(f"{schema}_{own}")
    yield plain
    number = 2
    while True:
        yield f"{plain}{number}"
        number += 1
