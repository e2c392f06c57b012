"""A query with optional lines → what each name means, and each variant as a query of its own."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.files.query import Option, OptionKind
from amber_sql.sqltext.optional_lines import (
    choices,
    has_line_tags,
    idle,
    lines,
    pieces,
    selected,
    text_of,
)
from amber_sql.sqltext.statement import numbered, parameters_of, used

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amber_sql.compiler.files.query import Query
    from amber_sql.compiler.files.source import Block
    from amber_sql.errors import Finding
    from amber_sql.sqltext.lexer import Token
    from amber_sql.sqltext.optional_lines import Piece

MOST = 256
"""Variants of one query: each is prepared, described and planned."""
_COUNTED = 16
"""Names of which each subset is looked at; of more each doubles the number."""


def tagged_names(block: Block) -> list[str]:
    """Return the names that the tags of a statement name, in their order."""
    if not has_line_tags(block.source.text, block.whole):
        return []
    names: list[str] = []
    for line in lines(block.source.text, block.whole):
        if line.tag and line.tag.name == "if":
            names += line.tag.names
        elif line.tag and (choice := line.tag.choice):
            names.append(choice.name)
    return list(dict.fromkeys(names))


def chosen_texts(block: Block) -> list[Token]:
    """Return the tokens of the texts that stand in comments, for lines that a choice leaves out."""
    if not has_line_tags(block.source.text, block.whole):
        return []
    tags = (line.tag for line in lines(block.source.text, block.whole))
    found = (tag.choice for tag in tags if tag and tag.name == "choose")
    return [token for choice in found if choice and choice.text for token in text_of(choice)]


def with_variants(query: Query) -> tuple[Query, list[Finding]]:
    """Return the query with its options and variants; its tags are right."""
    block = query.block
    if not has_line_tags(block.source.text, block.whole):
        return query, []
    found = pieces(block.source.text, block.whole)
    options = _options(query, found)
    if not options:
        return query, []
    labels = choices(found)
    names = [option.name for option in options if option.kind is not OptionKind.CHOICE]
    count = _count(found, names)
    for each in labels.values():
        count *= len(each)
    if count > MOST:
        hint = "let names share their lines (`-- @if a b`), use COALESCE, or make it two queries"
        how = f"{len(names)} optional names" + "".join(
            f", {len(each)} texts of {name}" for name, each in labels.items()
        )
        message = f"{query.name} has {count} variants, and {MOST} are the most: {how}"
        return query, [query.finding(message, hint)]
    plain = msgspec.structs.replace(query, options=options)
    variants: dict[tuple[str, tuple[str, ...]], Query] = {}
    for chosen in product(*labels.values()):
        for given in _given(found, names):
            one = _variant(plain, found, given, dict(zip(labels, chosen, strict=True)))
            variants.setdefault((one.sql, one.parameters), one)  # each text once
    every = tuple(variants.values())
    first = every[0]
    whole = msgspec.structs.replace(
        plain, sql=first.sql, anchors=first.anchors, block=first.block, variants=every
    )
    return whole, []


def variant_of(query: Query, given: frozenset[str], chosen: dict[str, str]) -> Query:
    """Return what a call sends that gives these names and chooses these labels."""
    found = pieces(query.block.source.text, query.block.whole)
    return _variant(query, found, given, chosen) if query.options else query


def _options(query: Query, found: Sequence[Piece]) -> tuple[Option, ...]:
    """Tell values from switches and choices, in the order of the header."""
    block, labels = query.block, choices(found)
    written = {name for piece in found for name in used(block.source.text, piece.tokens)}
    first: dict[str, int] = {}
    for line in lines(block.source.text, block.whole):
        if line.tag:
            chosen = line.tag.choice
            names = (chosen.name,) if chosen and line.tag.name == "choose" else line.tag.names
            for name in names:
                first.setdefault(name, block.source.place(line.tag.start)[0])
    known = {name for piece in found for name in piece.names} | labels.keys()
    kinds = {
        name: OptionKind.CHOICE
        if name in labels
        else OptionKind.VALUE
        if name in written
        else OptionKind.SWITCH
        for name in query.parameters
        if name in known
    }
    return tuple(
        Option(name=name, kind=kind, labels=labels.get(name, ()), line=first[name])
        for name, kind in kinds.items()
    )


def _given(found: Sequence[Piece], names: Sequence[str]) -> Iterator[frozenset[str]]:
    """Yield each set of names that may be given together, all of them first."""
    for each in product((True, False), repeat=len(names)):
        given = frozenset(name for name, is_given in zip(names, each, strict=True) if is_given)
        if not idle(found, given):
            yield given


def _count(found: Sequence[Piece], names: Sequence[str]) -> int:
    if len(names) > _COUNTED:
        return int(2 ** len(names))
    return sum(1 for _ in _given(found, names))


def _variant(
    query: Query, found: Sequence[Piece], given: frozenset[str], chosen: dict[str, str]
) -> Query:
    text = query.block.source.text
    body = tuple(selected(found, given, chosen))
    parameters = parameters_of(text, body, query.parameters)
    sql, anchors = numbered(text, body, parameters) if body else ("", ((0, query.block.start),))
    return msgspec.structs.replace(
        query,
        sql=sql,
        anchors=anchors,
        parameters=parameters,
        block=msgspec.structs.replace(query.block, body=body or query.block.body),
        variant=in_words(query, given, chosen),
        given=given,
        chosen=tuple(chosen.items()),
    )


def in_words(query: Query, given: frozenset[str], chosen: dict[str, str]) -> str:
    """Name a variant: `with since, without role, sort oldest`."""
    names = [o.name for o in query.options if o.kind is not OptionKind.CHOICE]
    there = ", ".join(name for name in names if name in given)
    gone = ", ".join(name for name in names if name not in given)
    parts = [f"with {there}" if there else "", f"without {gone}" if gone else ""]
    return ", ".join([*filter(None, parts), *(f"{name} {label}" for name, label in chosen.items())])
