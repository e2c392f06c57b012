"""An equality and a column or index key → whether it leaves at most one value of it.

That holds for the key's own equality, and for few between two types: on a timestamp key
`at = :m::timestamptz` may hold twice, since in a gap of the time zone two timestamps are one moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.catalog import FIRST_OF_USERS

if TYPE_CHECKING:
    from amber_sql.compiler.catalog import Catalog, Relation
    from amber_sql.compiler.catalog_keys import Index, IndexKey
    from amber_sql.compiler.infer.level import Equality

_NAME, _TEXT, _DATE, _TIMESTAMP, _TIMESTAMPTZ = 19, 25, 1082, 1114, 1184
_EXACT = (frozenset({20, 21, 23}), frozenset({700, 701}), frozenset({_NAME, _TEXT}))
"""bigint, smallint, integer; real, double precision; name, text: each value is one of the widest."""
_ONE_MOMENT = {
    (_DATE, _TIMESTAMP),
    (_TIMESTAMP, _DATE),
    (_TIMESTAMPTZ, _DATE),
    (_TIMESTAMPTZ, _TIMESTAMP),
}
"""(key, value): not a date or timestamp by a timestamptz, which more than one of them may be."""
_SAME_AS = {1043: 25, 650: 869}
"""varchar is compared as text, cidr as inet."""
_ANY_ARRAY = 2277
_ANY_OF = {"e": 3500, "c": 2249, "r": 3831, "m": 4537}
"""The pseudo-type by which a kind of type is compared."""


def binds_key(catalog: Catalog, equality: Equality, key: IndexKey) -> bool:
    """Tell whether what an equality holds for are duplicates for an index."""
    if key.collation and equality.collation != key.collation:
        return False
    if equality.operator not in catalog.families.get(key.family, ()):
        return False
    bound, by = _types(catalog, equality)
    return bound == key.type and (bound == by or _is_exact(equality, bound, by))


def binds_column(catalog: Catalog, equality: Equality, column: int) -> bool:
    """Tell whether what an equality holds for are equal to each other for GROUP BY.

    `email::citext = …` holds for more than one text, `code::bpchar = …` whatever blanks follow.
    """
    if (
        equality.operator not in catalog.equalities
        or equality.collation in catalog.nondeterministic
    ):
        return False
    compared = _compared_as(catalog, column)
    if any(equality.operator == catalog.own_equalities.get(one) for one in compared):
        return True
    bound, by = _types(catalog, equality)
    return bound in compared and _is_exact(equality, bound, by)


def is_by_default(catalog: Catalog, index: Index, relation: Relation) -> bool:
    """Tell whether an index's keys are columns that are unique as GROUP BY compares them."""
    return all(
        key.is_default
        and key.column in relation.columns
        and key.type in _compared_as(catalog, relation.columns[key.column].type)
        for key in index.keys
    )


def _compared_as(catalog: Catalog, oid: int) -> set[int]:
    """Return the types, itself or a pseudo-type, whose operators compare a type."""
    kind = catalog.types.get(catalog.base(oid))
    if kind is None:
        return set()
    array = _ANY_ARRAY if kind.category == "A" else 0
    return {kind.oid, _SAME_AS.get(kind.oid, 0), _ANY_OF.get(kind.kind, 0), array} - {0}


def _types(catalog: Catalog, equality: Equality) -> tuple[int, int]:
    """Return the type of the bound side and that of the other."""
    left, right = catalog.equalities[equality.operator]
    return (right, left) if equality.commuted else (left, right)


def _is_exact(equality: Equality, bound: int, by: int) -> bool:
    """Tell whether PostgreSQL's own operator compares two types without losing a difference."""
    return equality.operator < FIRST_OF_USERS and (
        (bound, by) in _ONE_MOMENT or any({bound, by} <= same for same in _EXACT)
    )
