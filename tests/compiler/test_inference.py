"""The inference against real rows and against the hand-written labels of tests/compiler/corpus."""

from __future__ import annotations

import tomllib
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from corpus.cases import FOLDER, Label, broken, labels, named
from corpus.fill import fill
from corpus.run import Draws, execute

from amber_sql.compiler.catalog import read_catalog
from amber_sql.compiler.describe import describe
from amber_sql.compiler.infer.parameters import Parameters
from amber_sql.compiler.infer.scope import Scope, Statement
from amber_sql.compiler.tree import read
from amber_sql.errors import UnknownServerVersion

if TYPE_CHECKING:
    import psycopg

    from amber_sql.compiler.described import DescribedQuery
    from amber_sql.server import Server

SEEDS = [100, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (101, 102))]
STRICTER = {"exactly_one": 0, "zero_or_one": 1, "many": 2, "none": 3}


def as_label(one: DescribedQuery) -> Label:
    """Say a claim in the words of a label."""
    names = named([column.name for column in one.columns])
    return Label(
        columns={
            name: "nullable" if column.nullable else "not_null"
            for name, column in zip(names, one.columns, strict=True)
        },
        cardinality=one.cardinality.value,
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_no_claim_is_contradicted_by_a_row(
    corpus: psycopg.Connection[Any], claims: dict[str, DescribedQuery], seed: int
) -> None:
    """A column said not null is never NULL, a statement said to give one row never gives another number."""
    wrong: dict[str, str] = {}
    checked = 0
    fill(corpus, seed)
    corpus.execute("REFRESH MATERIALIZED VIEW product_stats")
    corpus.execute("ANALYZE")
    draws, rng = Draws(corpus), Random(seed)  # noqa: S311
    for key, one in claims.items():
        claim = as_label(one)
        for _ in range(4 if one.parameters else 1):
            values = [draws.draw(rng, p.type, p.name, nullable=p.nullable) for p in one.parameters]
            rows = execute(corpus, one.query.sql, values)
            checked += len(rows or ())
            if rows is not None and (problem := broken(claim, rows)):
                wrong[key] = f"{problem}, with {values}"
    assert wrong == {}
    assert checked > 2_000  # the rows were really there


def test_no_claim_is_stronger_than_its_label(claims: dict[str, DescribedQuery]) -> None:
    """Where a label says that a state with NULL or another number of rows exists, nothing is claimed."""
    wrong, known = [], labels()
    for key, one in claims.items():
        label, claim = known[key], as_label(one)
        wrong += [
            f"{key}: {name}"
            for name, said in claim.columns.items()
            if said == "not_null"
            and label.columns[name] == "nullable"
            and name not in label.arguable
        ]
        if (
            STRICTER[claim.cardinality] < STRICTER[label.cardinality]
            and "cardinality" not in label.arguable
        ):
            wrong.append(f"{key}: {claim.cardinality}")
        wrong += [
            f"{key}: :{parameter.name}"
            for parameter in one.parameters
            if parameter.nullable is not (label.params[parameter.name] == "nullable")
            and parameter.name not in label.arguable
        ]
    assert wrong == []


def test_what_is_not_proven_stands_in_the_repository(claims: dict[str, DescribedQuery]) -> None:
    """At least 95 % of what the schema guarantees is proven; the rest is listed with its reason."""
    known: dict[str, str] = tomllib.loads((FOLDER / "unproven.toml").read_text())
    guaranteed, unproven, labelled = 0, [], labels()
    for key, one in claims.items():
        label, claim = labelled[key], as_label(one)
        sure = [
            name
            for name, said in label.columns.items()
            if said == "not_null" and name not in label.arguable
        ]
        guaranteed += len(sure)
        unproven += [f"{key}.{name}" for name in sure if claim.columns[name] == "nullable"]
        if claim.cardinality != label.cardinality and "cardinality" not in label.arguable:
            unproven.append(f"{key} (rows)")
    assert guaranteed > 1300
    assert len([name for name in unproven if "(rows)" not in name]) <= 0.05 * guaranteed
    assert set(unproven) <= set(known)
    if len(claims) == len(labelled):  # the newest version has every query
        assert set(unproven) == set(known), "proven by now: take it off the list"


def test_an_untested_major_is_refused(server_by_major: Server) -> None:
    """PostgreSQL 15 prints no varnullingrels, and an unknown major could mean anything by a field."""
    import psycopg  # noqa: PLC0415

    if server_by_major.version // 10000 in {16, 17, 18}:
        pytest.skip("a tested major")
    refused = pytest.raises(
        UnknownServerVersion,
        match=r"16, 17 or 18, and this server is 15: install the extra amber-sql\[embedded\]",
    )
    with psycopg.connect(server_by_major.url("postgres"), autocommit=True) as conn, refused:
        describe(conn, [])


def trees(conn: psycopg.Connection[Any], sql: str) -> str:
    """Return the text of a statement's query tree."""
    found: list[str] = []
    conn.add_notice_handler(lambda notice: found.append(notice.message_detail or ""))
    conn.pgconn.exec_(
        b"SET client_min_messages = log; SET debug_pretty_print = off; SET debug_print_parse = on"
    )
    found.clear()
    conn.pgconn.prepare(b"", sql.encode())
    conn.pgconn.exec_(b"RESET client_min_messages; RESET debug_print_parse")
    return found[0]


def test_an_unknown_node_degrades_to_nullable(corpus: psycopg.Connection[Any]) -> None:
    """A node, a field or a function that nobody knows is nullable; nothing else changes."""
    text = trees(corpus, "SELECT coalesce(note, 'x') AS a, id + 1 AS b, id AS c FROM orders")
    catalog = read_catalog(corpus)

    def nullable(changed: str) -> list[bool]:
        return [
            output.answer.nullable for output in Scope(Statement(catalog), read(changed)).outputs()
        ]

    assert nullable(text) == [False, False, False]
    assert nullable(text.replace("COALESCEEXPR", "FUTUREEXPR")) == [True, False, False]
    assert nullable(text.replace(":opfuncid", ":futureid")) == [False, True, False]
    Parameters(read(text.replace("COALESCEEXPR", "FUTUREEXPR")), catalog)
