"""What is claimed of the elements and fields in a result, held against random data of the corpus."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import psycopg
from corpus.cases import queries
from corpus.fill import fill
from corpus.run import Draws, parameter_types
from record_wire import contradictions

from amber_sql.compiler.catalog import read_catalog

if TYPE_CHECKING:
    from amber_sql.compiler.described import DescribedQuery

_REFUSED = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.RaiseException, psycopg.errors.CardinalityViolation, psycopg.errors.FeatureNotSupported)  # fmt: skip


def test_no_value_contradicts_what_is_said_of_it(
    corpus: psycopg.Connection[Any], claims: dict[str, DescribedQuery]
) -> None:
    """No element or field that is NULL against its claim, or of another type than its own."""
    catalog, seen = read_catalog(corpus), 0
    wrong: dict[str, str] = {}
    fill(corpus, 2)
    draws, rng = Draws(corpus), Random(1)  # noqa: S311  # repeatable, not secret
    for key, query in queries(corpus.info.server_version // 10000).items():
        described = claims.get(key)
        held = [
            (number, column)
            for number, column in enumerate(described.columns if described else ())
            if (column.shape or catalog.is_array(column.type) or catalog.is_row(column.type))
            and not (column.shape and column.shape.problem)
        ]
        if not held or described is None:
            continue
        types = parameter_types(corpus, query.sql)
        values = [
            draws.draw(rng, oid, item.name, nullable=item.nullable)
            for oid, item in zip(types, described.parameters, strict=True)
        ]
        if any("NULL" in (one or "") for one in values):
            continue  # as an element of an array, which is refused before it is sent
        cursor = psycopg.RawCursor(corpus)
        try:
            with corpus.transaction(force_rollback=True):
                result = cursor.execute(
                    query.sql.encode(), values, prepare=False, binary=True
                ).pgresult
        except _REFUSED:
            continue
        for number, column in held:
            data = (
                [result.get_value(row, number) for row in range(result.ntuples)] if result else []
            )
            seen += sum(one is not None for one in data)
            for found in (one for value in data for one in contradictions(catalog, column, value)):
                wrong.setdefault(key, found)
    assert wrong == {}
    assert seen > 500
