"""A release's manifest as it was recorded, and as it is now → what breaks, and what may. Pure.

Each effect says what to do instead: expand in one release, contract in the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from amber_sql.deploy.compat import documents, nested_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from amber_sql.deploy.compat.manifest import Manifest, ReleaseQuery, ResultColumn

_NO_UNIQUE_KEY = "42P10"

_GONE = "release code that does without it, retire this release, and only then drop it"
_RETYPED = "add a new column of the new type, write both, read the new one in the next release, then drop the old one"
_NULLED = "release code that accepts None, retire this release, and only then drop NOT NULL"
_REQUIRED = (
    "add it nullable or with a DEFAULT, release code that writes it, and SET NOT NULL after that"
)
_KEY = "add the new key first, release code whose ON CONFLICT names it, and then drop the old key"
_LABEL = "release code that does not use the label, retire this release, and then remove it"
_COMPOSITE = "append columns at the end only; drop or retype one when no release reads it any more"


class Effect(msgspec.Struct, frozen=True, order=True):
    """One way in which a migration touches running code; `query` is empty where it is all of them."""

    breaks: bool
    query: str
    what: str
    way: str = ""

    def __str__(self) -> str:
        """One line, and the way to do it in two releases."""
        line = f"{self.query or 'every query that uses it'}: {self.what}"
        return f"{line}\n    instead: {self.way}" if self.way else line


def compare(then: Manifest, now: Manifest) -> list[Effect]:
    """Return every effect, those that break first."""
    current = {statement.name: statement for statement in now.queries}
    effects = [
        effect
        for before in then.queries
        if not before.failure and before.name in current
        for effect in _statement(before, current[before.name])
    ]
    effects += [*_composites(then, now), *_enums(then, now), *_rules(then, now)]
    return sorted(effects, key=lambda effect: (not effect.breaks, effect))


def made_anew(then: Manifest, now: Manifest, made: Collection[str]) -> Iterator[Effect]:
    """Warn of parameters whose type has a name as before, and was `made` by this migration."""
    current = {statement.name: statement for statement in now.queries}
    for before in then.queries:
        if before.failure or before.name not in current:
            continue
        after = current[before.name]
        for old, new in zip(before.parameters, after.parameters, strict=False):
            bare = new.type.removesuffix("[]").rpartition(".")[2].strip('"')
            if old.type == new.type and bare in made:
                what = (
                    f"the type of its parameter {old.name}, {new.type}, is made anew: its calls prepare again "
                    "by themselves, but a transaction that is open meanwhile may fail once in each connection"
                )
                yield Effect(False, before.name, what)


def _statement(before: ReleaseQuery, after: ReleaseQuery) -> Iterator[Effect]:
    name = before.name
    if after.failure:
        way = _KEY if after.sqlstate == _NO_UNIQUE_KEY else _GONE
        yield Effect(True, name, f"PostgreSQL refuses it: {after.failure} ({after.sqlstate})", way)
        return
    for old, new in zip(before.parameters, after.parameters, strict=False):
        if old.type != new.type:
            what = f"its parameter {old.name} becomes {new.type}, and was {old.type}"
            yield Effect(True, name, what, _RETYPED)
        elif old.nullable and new.nullable is False:
            yield Effect(False, name, f"its parameter {old.name} no longer accepts None", _REQUIRED)
    for place, old_column in enumerate(before.results):
        new_column = after.results[place] if place < len(after.results) else None
        yield from _column(name, old_column, new_column)
    for what, nulled in [*nested_rows.changes(before, after), *documents.changes(before, after)]:
        yield Effect(True, name, what, _NULLED if nulled else _RETYPED)
    if len(after.results) > len(before.results):
        yield Effect(True, name, "it returns more columns than its rows have fields", _GONE)
    gaps = {insert.table: set(insert.missing) for insert in before.inserts}
    for insert in after.inserts:
        for column in sorted(set(insert.missing) - gaps.get(insert.table, set())):
            what = (
                f"it does not write {insert.table}.{column}, which is NOT NULL and has no DEFAULT"
            )
            yield Effect(True, name, what, _REQUIRED)


def _column(query: str, old: ResultColumn, new: ResultColumn | None) -> Iterator[Effect]:
    if new is None or new.name != old.name:
        yield Effect(True, query, f"its column {old.name} is gone", _GONE)
    elif new.type != old.type:
        what = f"its column {old.name} becomes {new.type}, and was {old.type}"
        yield Effect(True, query, what, _RETYPED)
    elif _became_nullable(old, new):
        yield Effect(True, query, f"its column {old.name} may now be NULL", _NULLED)


def _became_nullable(old: ResultColumn, new: ResultColumn) -> bool:
    """Compare the query tree's answers; where one side has none, what the catalog says of the source."""
    if old.nullable is not None and new.nullable is not None:
        return new.nullable and not old.nullable
    return not old.nullable and old.not_null_source and not new.not_null_source


def _composites(then: Manifest, now: Manifest) -> Iterator[Effect]:
    for name, fields in sorted(then.composites.items()):
        found = now.composites.get(name)
        if found is not None and found[: len(fields)] != fields:
            old, new = (", ".join(" ".join(field) for field in some) for some in (fields, found))
            what = f"the composite {name} changes other than by columns at its end: ({old}) becomes ({new})"
            yield Effect(True, "", what, _COMPOSITE)


def _enums(then: Manifest, now: Manifest) -> Iterator[Effect]:
    for name, labels in sorted(then.enums.items()):
        found = now.enums.get(name)
        if found is None:
            continue  # a statement that used it says so
        for label in labels:
            if label not in found:
                yield Effect(True, "", f"the enum {name} loses the label {label}", _LABEL)
        for label in found:
            if label not in labels:
                yield Effect(
                    False,
                    "",
                    f"the enum {name} gains the label {label}; running code keeps its text",
                )


def _rules(then: Manifest, now: Manifest) -> Iterator[Effect]:
    """Warn of constraints that rows of the running release were never measured by."""
    for table, found in sorted(now.rules.items()):
        known = then.rules.get(table)
        if known is None:
            continue
        for rule in found:
            if rule not in known:
                writers = ", ".join(s.name for s in then.queries if table in s.writes)
                kind, _, definition = rule.partition(": ")
                what = f"{table} has a new {kind}, {definition}, that its writes may fail"
                yield Effect(False, writers, what)
