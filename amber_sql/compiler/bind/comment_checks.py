"""The schema's COMMENTs → tags in them that say nothing: misspelt, misplaced, or of what is not there.

The finding's file is the comment itself, as SQL names it, and its line and column count in there.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from amber_sql.compiler.bind import importable, python_names
from amber_sql.compiler.bind.mapped_types import wrong_class
from amber_sql.compiler.bind.model_names import is_own, model_names
from amber_sql.compiler.comments import TAGS, json_struct
from amber_sql.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from amber_sql.compiler.catalog import Catalog, Column, Relation

_KINDS = {"v": "VIEW", "m": "MATERIALIZED VIEW", "f": "FOREIGN TABLE", "c": "TYPE"}
_OF_TABLE, _OF_COLUMN = frozenset({"struct", "tenant"}), frozenset({"secret", "type"})
_HIDEABLE = frozenset({"bytea", "bpchar", "citext", "name", "text", "varchar"})
_WORD = re.compile(r"(?<!\S)@(?P<name>\w+)[^\S\n]*(?P<argument>[^\n]*?)[^\S\n]*$", re.MULTILINE)
_ANYWHERE = re.compile(rf"(?<!\S)@(?P<name>secret(?!\S)|(?:{'|'.join(TAGS)})(?=[^\S\n]+\S))")


def check_comments(catalog: Catalog, folders: Sequence[Path]) -> Iterator[Finding]:
    """Yield the tags in comments that are none; `folders` are where modules of `@type` may be."""
    models = model_names(catalog)
    for relation in sorted(catalog.relations.values(), key=lambda r: (r.schema, r.name)):
        if not is_own(relation) or relation.partition:
            continue
        name = catalog.relation_name(relation.oid)
        table = _Comment(f"{_KINDS.get(relation.kind, 'TABLE')} {name}", relation.comment)
        for tag, argument, at in table.tags():
            why = _of_table(relation, tag, argument)
            if tag == "struct" and (other := models.stated_twice.get(relation.oid)):
                why = _twice(catalog, argument, other)
            if why:
                yield table.finding(at, *why)
        yield from table.astray()
        for column in relation.columns.values():
            comment = _Comment(f"COLUMN {name}.{column.name}", column.comment)
            for tag, argument, at in comment.tags():
                if why := _of_column(catalog, column, tag, argument, folders):
                    yield comment.finding(at, *why)
            yield from comment.astray()
    yield from _of_types(catalog)


def _of_types(catalog: Catalog) -> Iterator[Finding]:
    """Yield the tags in comments of enums and domains, where none says anything."""
    for kind in sorted(catalog.types.values(), key=lambda t: (t.schema, t.name)):
        if kind.kind not in "ed" or not kind.comment:
            continue
        what = "DOMAIN" if kind.kind == "d" else "TYPE"
        comment = _Comment(f"{what} {catalog.display(kind.oid)}", kind.comment)
        for tag, _, at in comment.tags():
            hint = "it belongs into the comment of a table or of a column"
            yield comment.finding(at, f"@{tag} says nothing of an enum or a domain", hint)
        yield from comment.astray()


class _Comment:
    """One COMMENT of the schema."""

    def __init__(self, where: str, text: str) -> None:
        self.where = "".join(c if c.isprintable() else repr(c)[1:-1] for c in where)
        self.text = text

    def finding(self, at: int, message: str, hint: str) -> Finding:
        before = self.text[:at]
        line = before.count("\n") + 1
        return Finding(
            file=f"COMMENT ON {self.where}",
            line=line,
            column=at - (before.rfind("\n") + 1) + 1,
            message=message,
            hint=hint,
            text=self.text.split("\n")[line - 1],
        )

    def tags(self) -> Iterator[tuple[str, str, int]]:
        """Yield name, argument and place of each tag that stands first in its line."""
        for match in _WORD.finditer(self.text):
            if self._begins_line(match.start()) and match["name"] in TAGS:
                yield match["name"], match["argument"], match.start()

    def astray(self) -> Iterator[Finding]:
        """Yield what looks like a tag and is none."""
        for match in _ANYWHERE.finditer(self.text):
            if not self._begins_line(match.start()):
                message = f"@{match['name']} stands within a line, where it is only text"
                yield self.finding(match.start(), message, "begin a line of the comment with it")
        for match in _WORD.finditer(self.text):
            name = match["name"]
            if name in TAGS or not self._begins_line(match.start()):
                continue
            if close := get_close_matches(name.lower(), TAGS, n=1, cutoff=0.7):
                hint = f"did you mean {TAGS[close[0]]}?"
                yield self.finding(match.start(), f"unknown tag @{name}", hint)

    def _begins_line(self, at: int) -> bool:
        return not self.text[self.text.rfind("\n", 0, at) + 1 : at].strip()


def _of_table(relation: Relation, tag: str, argument: str) -> tuple[str, str] | None:
    """Return what is wrong with a tag in a table's comment, and what to do."""
    if tag not in _OF_TABLE:
        return f"@{tag} stands in a table's comment", "it belongs into that of a column"
    if tag == "tenant":
        columns = {column.name for column in relation.columns.values()}
        for name in (word.strip() for word in argument.split(",")):
            if name not in columns:
                close = get_close_matches(name, columns, n=1)
                hint = f"did you mean {close[0]}?" if close else f"write {TAGS[tag]}"
                return f"@tenant {argument}: no such column", hint
        return None
    stated = python_names.public(argument)
    if stated is None or stated in python_names.RESERVED_MODELS:
        return f"@struct {argument}: this cannot be the name of a class", f"write {TAGS[tag]}"
    return None


def _twice(catalog: Catalog, name: str, other: tuple[str, int]) -> tuple[str, str]:
    """Say whose name a `@struct` states, which would have to give way."""
    kind, oid = other
    whose = catalog.display(oid) if kind == "enum" else catalog.relation_name(oid)
    hint = "choose another one"
    if kind == "relation":
        hint += f", or give {whose} one of its own by a @struct in its comment"
    return f"@struct {name}: that is the name of {whose}", hint


def _of_column(
    catalog: Catalog, column: Column, tag: str, argument: str, folders: Sequence[Path]
) -> tuple[str, str] | None:
    """Return what is wrong with a tag in a column's comment, and what to do."""
    if tag not in _OF_COLUMN:
        return f"@{tag} stands in a column's comment", "it belongs into that of the table"
    if tag == "secret":
        kind = catalog.display(column.type)
        hidden = _is_hideable(catalog, column.type)
        hint = "keep it as text or bytea, whose values can be hidden from JSON"
        return None if hidden else (f"@secret cannot hide {column.name}, which is {kind}", hint)
    stated = json_struct(f"@type {argument}")
    if stated is None or not python_names.is_path(stated):
        return f"@type {argument}: this names no class of a module", f"write {TAGS[tag]}"
    if why := wrong_class(catalog, stated, column.type):
        return why
    return importable.problem(*stated, folders)


def _is_hideable(catalog: Catalog, oid: int) -> bool:
    """Tell whether values of a type are texts or bytes, or arrays of these."""
    kind = catalog.types.get(oid)
    while kind is not None and (kind.kind == "d" or (kind.category == "A" and kind.element)):
        kind = catalog.types.get(kind.base if kind.kind == "d" else kind.element)
    return kind is not None and kind.name in _HIDEABLE
