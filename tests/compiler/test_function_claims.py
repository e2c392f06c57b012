"""Every function and operator that is believed never to be NULL, called at the edges of its arguments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from edge_values import GOOD, SETUP, combined, edges, pools, type_name
from target import database, target

from amber_sql.compiler.catalog import read_catalog
from amber_sql.compiler.infer import date_fields, never_null, set_functions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.server import Server

MOST = 60
"""Calls of one function: enough to meet each edge of each argument several times."""
SIGNATURES = """
SELECT proname || '(' || (SELECT coalesce(string_agg(t.typname, ',' ORDER BY n), '')
                          FROM unnest(proargtypes::oid[]) WITH ORDINALITY AS u (o, n)
                          JOIN pg_type AS t ON t.oid = u.o) || ')', provariadic <> 0, prokind::text
FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
"""
FIELDS = ("epoch", "year", "isoyear", "decade", "century", "millennium", "julian")
TIMES = ("hour", "minute", "second", "microseconds", "milliseconds", "epoch")


class Built(NamedTuple):
    """A server's own functions: whether each is variadic, and its kind."""

    conn: psycopg.Connection[Any]
    variadic: dict[str, bool]
    kinds: dict[str, str]


@pytest.fixture
def built(server_by_major: Server) -> Iterator[Built]:
    """Connect to a database in which functions can be called, on each version types are made on."""
    if server_by_major.version < 160000:
        pytest.skip("types are generated on 16 and newer")
    server = target(server_by_major.url("postgres"))
    with database(server) as name, psycopg.connect(server.url(name), autocommit=True) as conn:
        conn.execute(SETUP)
        found = conn.execute(SIGNATURES).fetchall()
        yield Built(conn, {r[0]: r[1] for r in found}, {r[0]: r[2] for r in found})


def split(signature: str) -> tuple[str, list[str]]:
    """Return a signature's name, and the types of its arguments."""
    name, arguments = re.fullmatch(r"(\w+)\((.*)\)", signature).groups()
    return name, arguments.split(",") if arguments else []


def probe(built: Built, signature: str, calls: list[str]) -> tuple[int, list[str]]:
    """Return how many calls answered, and which of them with NULL."""
    answered, nulls = built.conn.execute("SELECT * FROM pg_temp.probe(%s)", [calls]).fetchone()
    assert answered or not calls, f"no call of {signature} answered: write one for GOOD"
    return answered, nulls or []


def calls_of(signature: str, values: list[list[str]]) -> list[str]:
    """Write the calls of a function."""
    arguments = [*combined(values, MOST), *([GOOD[signature]] if signature in GOOD else [])]
    if signature == "repeat(text,int4)":  # it counts to the end, even of an empty text
        arguments = [one for one in arguments if "2147483647" not in one]
    return [f'pg_catalog."{split(signature)[0]}"({one})' for one in arguments]


def test_no_believed_function_answers_null(built: Built) -> None:
    """The whole allow-list: at the edges of its arguments a function errs, or answers."""
    claimed = never_null.STRICTLY | never_null.ALWAYS | set(never_null.FIRST_ARGUMENTS)
    without_xml = {"xml(text)", "text(xml)"}
    wrong: dict[str, list[str]] = {}
    for signature in sorted((claimed & set(built.kinds)) - without_xml):
        values = pools(split(signature)[1], variadic=built.variadic[signature])
        needed = never_null.FIRST_ARGUMENTS.get(
            signature, 0 if signature in never_null.ALWAYS else 99
        )
        for kind, pool in list(zip(split(signature)[1], values, strict=True))[needed:]:
            pool.append(f"NULL::{type_name(kind)}")
        wrong[signature] = probe(built, signature, calls_of(signature, values))[1]
    assert {signature: calls for signature, calls in wrong.items() if calls} == {}
    assert len(wrong) > 800


def test_every_believed_signature_is_there(built: Built) -> None:
    """No line of the allow-list is about a function that the newest version does not have."""
    claimed = never_null.STRICTLY | never_null.ALWAYS | never_null.ANY_ARGUMENT
    claimed |= set(never_null.FIRST_ARGUMENTS) | set(set_functions.SETS) | {set_functions.UNNEST}
    claimed |= date_fields.OF_TIMES | date_fields.OF_INFINITE | set_functions.AGGREGATES_OF_VALUES
    if built.conn.info.server_version < 180000:
        pytest.skip("some are new in 18")
    older = {"json_strip_nulls(json)", "jsonb_strip_nulls(jsonb)"}
    assert claimed - set(built.kinds) == older


def test_no_comparison_of_what_is_not_null_is_null(built: Built) -> None:
    """Operators of btree and hash families and their negators, with every pair of edges."""
    known = read_catalog(built.conn).comparisons
    operators = built.conn.execute(
        "SELECT o.oprname, l.typname, r.typname FROM pg_operator AS o "
        "JOIN pg_type AS l ON l.oid = o.oprleft JOIN pg_type AS r ON r.oid = o.oprright "
        "WHERE o.oid = ANY (%s::int8[]::oid[])",
        [list(known)],
    ).fetchall()
    wrong: list[str] = []
    for name, left, right in operators:
        try:
            pairs = combined([edges(left), edges(right)], MOST)
        except KeyError:
            continue  # a type that no table has
        calls = [
            f"({one.partition(', ')[0]} OPERATOR(pg_catalog.{name}) {one.partition(', ')[2]})"
            for one in pairs
            if one.count(", ") == 1
        ]
        wrong += probe(built, name, calls)[1]
    assert wrong == []
    assert len(operators) > 300


def test_no_believed_aggregate_of_rows_is_null(built: Built) -> None:
    """Over one row and over several an aggregate of what is not NULL answers."""
    claimed = set_functions.AGGREGATES_OF_VALUES | set_functions.COUNTS
    wrong: list[str] = []
    for signature in sorted(claimed & {s for s, kind in built.kinds.items() if kind == "a"}):
        name, arguments = split(signature)
        if name in {"rank", "dense_rank", "percent_rank", "cume_dist"} or "xml" in signature:
            continue
        rows = combined(pools(arguments, variadic=False), MOST) if arguments else ["1"]
        calls = []
        for row in rows:
            *first, last = row.split(", ", max(len(arguments) - 1, 0))
            call = f"{name}({', '.join([*first, 'v' if arguments else '*'])})"
            if name in {"mode", "percentile_disc", "percentile_cont"}:
                call = f"{name}({', '.join(first)}) WITHIN GROUP (ORDER BY v)"
            calls += [
                f"(SELECT {call} FROM (VALUES ({last})) AS t (v))",
                f"(SELECT {call} FROM (VALUES ({last}), ({last})) AS t (v))",
            ]
        wrong += probe(built, signature, calls)[1]
    assert wrong == []


def test_aggregates_of_rows_count_nulls_in(built: Built) -> None:
    """array_agg and the aggregates of JSON answer over rows of nothing but NULL."""
    wrong: list[str] = []
    for signature in sorted(set_functions.AGGREGATES_OF_ROWS & set(built.kinds)):
        name, arguments = split(signature)
        keys = "'a', " if len(arguments) == 2 else ""
        calls = [
            f"(SELECT {name}({keys}v) FROM (VALUES ({value})) AS t (v))"
            for value in ("NULL", "NULL::int", "1", "NULL::jsonb", "'{}'::int[]")
        ]
        wrong += probe(built, signature, calls)[1]
    assert wrong == []


def test_fields_of_infinite_dates_are_told_apart(built: Built) -> None:
    """Extract and date_part answer for the fields that are said to."""
    wrong: list[str] = []
    for signature in sorted(date_fields.OF_TIMES | date_fields.OF_INFINITE):
        name, (_, of) = f'"{split(signature)[0]}"', split(signature)[1]
        fields = TIMES if signature in date_fields.OF_TIMES else FIELDS
        calls = [
            f"pg_catalog.{name}('{field}', {value})" for field in fields for value in edges(of)
        ]
        wrong += probe(built, signature, calls)[1]
    assert wrong == []


def test_columns_of_sets_are_told_apart(built: Built) -> None:
    """A column of a set-returning function that is said not NULL is not, in any row of any call."""
    wrong: list[str] = []
    for signature, columns in set_functions.SETS.items():
        if signature not in built.kinds or signature.startswith(
            ("pg_listening", "generate_", "acl")
        ):
            continue  # generate_series has no end at some edges, an aclitem names roles
        name, arguments = split(signature)
        names = [f"c{number}" for number in range(len(columns))]
        held = " OR ".join(
            f"{one} IS NULL" for one, sure in zip(names, columns, strict=True) if sure
        )
        calls = [
            f"nullif((SELECT count(*) FROM {name}({one}) AS f ({', '.join(names)}) WHERE {held}), 1)"
            for one in combined(pools(arguments, variadic=False), MOST)
        ]
        wrong += probe(built, signature, calls)[1]
    assert wrong == []
