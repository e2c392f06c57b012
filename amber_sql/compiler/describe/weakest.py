"""The variants of a query, described → one DescribedQuery that holds for each of them.

Names and types have to agree; NULL and cardinality are the weakest answer. What PostgreSQL refuses, or
what differs, is said of the first variant that it is true of, at its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.comments import is_secret
from amber_sql.compiler.described import Cardinality, Described, DescribedQuery, Facts
from amber_sql.compiler.files.query import OptionKind
from amber_sql.compiler.infer.json_parts import ANY, any_of
from amber_sql.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from amber_sql.compiler.catalog import Catalog
    from amber_sql.compiler.files.query import Option, Query

_WEAKEST = (Cardinality.MANY, Cardinality.ZERO_OR_ONE, Cardinality.ONE, Cardinality.NONE)
_BOOL, _TEXT = 16, 25
_MERGED = {"nullable", "why", "inferred", "filled", "whole", "origin", "offset", "expression", "alias", "option", "shape", "json", "places"}  # fmt: skip
"""What variants may differ in, of a column or a parameter."""


def merged(
    catalog: Catalog, query: Query, answers: Sequence[DescribedQuery | Finding]
) -> tuple[DescribedQuery | None, list[Finding]]:
    """Return what holds for all variants, or what is wrong with some."""
    if not query.variants:
        (answer,) = answers
        return (None, [answer]) if isinstance(answer, Finding) else (answer, [])
    if any(isinstance(one, Finding) for one in answers):
        return None, list(once(query, answers))
    variants = [one for one in answers if isinstance(one, DescribedQuery)]
    findings: list[Finding] = []
    parameters = [_parameter(catalog, query, name, variants, findings) for name in query.parameters]
    columns = _columns(catalog, variants, findings)
    if findings:
        return None, findings
    facts = [one.facts for one in variants]
    whole = DescribedQuery(
        query=query,
        parameters=tuple(parameters),
        columns=tuple(columns),
        cardinality=min((one.cardinality for one in variants), key=_WEAKEST.index),
        reads=tuple(sorted({name for one in variants for name in one.reads})),
        writes=tuple(sorted({name for one in variants for name in one.writes})),
        facts=Facts(
            bounded=all(one.bounded for one in facts),
            no_where=any(one.no_where for one in facts),
            misses_updated_at=any(one.misses_updated_at for one in facts),
            unfilled=tuple(dict.fromkeys(name for one in facts for name in one.unfilled)),
            unscoped=tuple(dict.fromkeys(name for one in facts for name in one.unscoped)),
            candidates=tuple(dict.fromkeys(name for one in facts for name in one.candidates)),
            selects=tuple(sorted({place for one in facts for place in one.selects})),
        ),
        variants=tuple(variants),
    )
    return whole, []


def once(query: Query, answers: Iterable[object]) -> Iterator[Finding]:
    """Yield each finding of the variants' once; what is said of all of them names none."""
    said: dict[Finding, list[Finding]] = {}
    for variant, answer in zip(query.variants, answers, strict=True):
        if isinstance(answer, Finding):
            message = answer.message.removesuffix(f" ({variant.variant})")
            said.setdefault(msgspec.structs.replace(answer, message=message), []).append(answer)
    for bare, found in said.items():
        yield bare if len(found) == len(query.variants) else found[0]


def _parameter(
    catalog: Catalog,
    query: Query,
    name: str,
    variants: Sequence[DescribedQuery],
    findings: list[Finding],
) -> Described:
    """Return what holds for a parameter wherever it is sent, or what makes it a switch or a choice."""
    option = query.option(name)
    found = [(one, p) for one in variants for p in one.parameters if p.name == name]
    if option is not None and option.kind is not OptionKind.VALUE:
        findings += _unfit_labels(catalog, option, found)
        return _chosen(option)
    given = [(one, p) for one, p in found if option is None or name in one.query.given]
    beside = [(one, p) for one, p in found if option is not None and name not in one.query.given]
    first, base = (given or found)[0]
    for one, p in found:
        if p.type != base.type:
            ours, theirs = (catalog.display(each) for each in (p.type, base.type))
            other = "the file as it stands" if first is variants[0] else first.query.variant
            message = f"the parameter :{name} is {ours} here, and {theirs} in {other}"
            hint = f"cast it at each place: :{name}::{theirs}"
            findings.append(one.query.finding(message, hint, offset=p.offset))
            break
    for one, p in beside:
        if not p.nullable:
            message = f"the parameter :{name} is also used outside of its `@if {name}` lines"
            hint = f"add `-- @if {name}` to this line, or write COALESCE(:{name}, …) in it"
            findings.append(one.query.finding(message, hint, offset=p.offset))
            break
    strict = next((p for _, p in given if not p.nullable), None)
    places = [p.offset for one, p in found if one is variants[0]]
    held = strict or base
    absent = "UNSET" if strict is None else "None"
    return msgspec.structs.replace(
        held,
        why=held.why + (f"; {absent} leaves its lines out" if option else ""),
        nullable=strict is None,
        filled=all(p.filled for _, p in found),
        origin=_origin(catalog, [p for _, p in found if p.origin != (0, 0)] or [base]),
        places=tuple(dict.fromkeys(place for _, p in found for place in p.places)),
        offset=places[0] if places else None,
        option=option,
    )


def _unfit_labels(
    catalog: Catalog, option: Option, found: Sequence[tuple[DescribedQuery, Described]]
) -> list[Finding]:
    """Say where a choice's label, sent as `:sort`, is no value of the type there."""
    for one, p in found:
        kind = catalog.types[p.type]
        unfit = () if kind.category == "S" else set(option.labels) - set(kind.labels)
        if unfit:
            label = next(label for label in option.labels if label in unfit)
            message = f"the label {label} is no {catalog.display(p.type)}"
            hint = f":{option.name} is the label itself: write the value into each text"
            return [one.query.finding(message, hint, offset=p.offset)]
    return []


def _chosen(option: Option) -> Described:
    """Return a parameter that is never sent."""
    is_choice = option.kind is OptionKind.CHOICE
    which = f"`@choose {option.name}`" if is_choice else f"`@if {option.name}`"
    why = f"it chooses lines: {which} in line {option.line}"
    return Described(
        name=option.name,
        type=_TEXT if is_choice else _BOOL,
        nullable=False,
        why=why,
        inferred=why,
        option=option,
    )


def _columns(
    catalog: Catalog, variants: Sequence[DescribedQuery], findings: list[Finding]
) -> list[Described]:
    """Return the columns, NULL where it may be in one of the variants."""
    first = variants[0]
    for one in variants[1:]:
        if found := _difference(catalog, first, one):
            findings.append(found)
            return []
    columns = []
    for same in zip(*(one.columns for one in variants), strict=True):
        loose = next((n for n, column in enumerate(same) if column.nullable), None)
        own = same[-1] if loose is None else same[loose]  # the last has the fewest conditions
        why = own.why
        if loose and not all(column.nullable for column in same):
            why += f" ({variants[loose].query.variant})"
        columns.append(
            msgspec.structs.replace(
                weakest(catalog, same),
                nullable=loose is not None,
                why=why,
            )
        )
    return columns


def weakest(catalog: Catalog, same: Sequence[Described]) -> Described:
    """Return what holds for each of some columns, or fields, of one name and type."""
    shapes_of_json = [one.json or ANY for one in same]
    shape, shapes = same[0].shape, [one.shape for one in same if one.shape is not None]
    if shape is not None and not shape.problem:
        fields = zip(*(one.fields for one in shapes), strict=True)
        every = tuple(weakest(catalog, each) for each in fields)
        shape = msgspec.structs.replace(shape, fields=every)
    return msgspec.structs.replace(
        same[0],
        nullable=any(one.nullable for one in same),
        why=next((one.why for one in same if one.nullable), same[-1].why),
        filled=all(one.filled for one in same),
        whole=all(one.whole for one in same),
        origin=_origin(catalog, same),
        shape=shape,
        json=any_of(shapes_of_json) if same[0].json else None,
    )


def _difference(catalog: Catalog, first: DescribedQuery, one: DescribedQuery) -> Finding | None:
    """Say where the columns of a variant differ from those of the file as it stands."""
    hint = "every variant returns the same columns: cast, or name it by AS"
    as_stands = "in the file as it stands"
    for number, (ours, theirs) in enumerate(zip(one.columns, first.columns, strict=False), 1):
        message = ""
        if ours.name != theirs.name:
            message = f"column {number} is {ours.name}, and {theirs.name} {as_stands}"
        elif ours.type != theirs.type:
            kinds = [catalog.display(each.type) for each in (ours, theirs)]
            message = f"column {ours.name} is {kinds[0]}, and {kinds[1]} {as_stands}"
        elif not _alike(ours, theirs):
            message = f"column {ours.name} holds other rows than {as_stands}"
        if message:
            return one.query.finding(message, hint, offset=ours.offset)
    if len(one.columns) != len(first.columns):
        message = f"{len(one.columns)} columns, and {len(first.columns)} {as_stands}"
        more = one.columns[len(first.columns) :]
        return one.query.finding(message, hint, offset=more[0].offset if more else None)
    return None


def _alike(ours: Described, theirs: Described) -> bool:
    """Tell whether two columns, or fields, differ in nothing but NULL and where they are from."""
    one, other = ours.shape, theirs.shape
    if (one is None) is not (other is None):
        return False
    if (
        one is not None
        and other is not None
        and (one.problem, one.hint) != (other.problem, other.hint)
    ):
        return False
    inner = zip(one.fields, other.fields, strict=False) if one and other else ()
    return (
        all(
            getattr(ours, name) == getattr(theirs, name)
            for name in Described.__struct_fields__
            if name not in _MERGED
        )
        and len(one.fields if one else ()) == len(other.fields if other else ())
        and all(_alike(*pair) for pair in inner)
    )


def _origin(catalog: Catalog, same: Sequence[Described]) -> tuple[int, int]:
    """Return the column that all are taken from; one that is never shown stands for all of them."""
    for item in same:
        relation = catalog.relations.get(item.origin[0])
        column = relation.columns.get(item.origin[1]) if relation else None
        if column is not None and is_secret(column.comment):
            return item.origin
    return same[0].origin if len({item.origin for item in same}) == 1 else (0, 0)
