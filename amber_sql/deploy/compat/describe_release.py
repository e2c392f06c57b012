"""Query files + a database → a manifest: each statement prepared and described, nothing executed.

Works inside a transaction and leaves it as it was: what the server refuses is undone by a
savepoint. Types and columns come from the protocol on every version; NULL comes from the query
tree on 16 and newer, through the compiler, which an older server does without.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
from psycopg import pq

from amber_sql.compiler.catalog import RECORD, RECORDS
from amber_sql.compiler.files.load import load_texts, sql_files
from amber_sql.compiler.files.query import Operation, Query
from amber_sql.deploy.compat import catalog_facts, documents
from amber_sql.deploy.compat.manifest import Argument, Manifest, ReleaseQuery, ResultColumn, name_of
from amber_sql.deploy.compat.nested_rows import named, nested_rows
from amber_sql.deploy.compat.writes import plans_matter, writes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from amber_sql.compiler.described import DescribedQuery

_PASSING = ("55P03", "40P01", "40001", "57")
"""Not the statement's fault: a lock that was not to be had, a server that goes away."""

_MISMATCH = "42804"
_TREES_SINCE = 160000
_numbers = count(1)


def read_files(folder: Path) -> dict[str, str]:
    """Return the text of each query file below `folder`, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8-sig")
        for path in sql_files(folder)
    }


def queries_of(files: Mapping[str, str]) -> list[Query]:
    """Return the queries of a manifest's files."""
    return [query for file in load_texts(files, "queries") for query in file.queries]


def describe_release(
    conn: psycopg.Connection[Any], files: Mapping[str, str], release: str = ""
) -> Manifest:
    """Describe the queries of `files` on `conn`; what the server refuses has its `failure`.

    Raises psycopg.Error only for what is no statement's fault.
    """
    queries = [q for q in queries_of(files) if q.operation is not Operation.SCRIPT]
    with conn.transaction():
        seen: dict[str, _Described | _Refused]
        try:
            with conn.transaction():
                seen = {
                    _name(query): _whole(query, [_describe(conn, each) for each in _sent(query)])
                    for query in queries
                }
        except _Refused:
            seen = {
                _name(query): _whole(query, [_alone(conn, each) for each in _sent(query)])
                for query in queries
            }
        accepted = [query for query in queries if isinstance(seen[_name(query)], _Described)]
        trees = _trees(conn, accepted, seen)
        return _manifest(
            conn, queries=queries, seen=seen, trees=trees, files=files, release=release
        )


def release_of(
    conn: psycopg.Connection[Any], described: Sequence[DescribedQuery], files: Mapping[str, str]
) -> Manifest:
    """Return the manifest of queries that `conn`'s database has described and accepted already."""
    known = {_name(one.query): one for one in described if one.query.operation != Operation.SCRIPT}
    seen = {
        name: _Described(
            {p.name: p.type for p in one.parameters if p.option is None or p.option.is_sent},
            [(column.name, column.type, *column.origin) for column in one.columns],
        )
        for name, one in known.items()
    }
    queries = [one.query for one in known.values()]
    return _manifest(conn, queries=queries, seen=seen, trees=known, files=files, release="")


class _Described(msgspec.Struct):
    """The protocol's answer: oids."""

    parameters: dict[str, int]
    columns: list[tuple[str, int, int, int]]


class _Refused(Exception):
    """The server's answer to a statement that it does not take."""

    def __init__(self, sqlstate: str, message: str) -> None:
        """Keep the server's words."""
        super().__init__(message)
        self.sqlstate = sqlstate


def _sent(query: Query) -> tuple[Query, ...]:
    """Return the statements that a query may send: its variants, or itself."""
    return query.variants or (query,)


def _whole(query: Query, answers: Sequence[_Described | _Refused]) -> _Described | _Refused:
    """Put the answers for a query's variants together: one that is refused, or differs, refuses it."""
    refused = [one for one in answers if isinstance(one, _Refused)]
    found = [one for one in answers if isinstance(one, _Described)]
    if refused:
        which = next(v for v, one in zip(_sent(query), answers, strict=True) if one is refused[0])
        said = f" ({which.variant})" if found else ""
        return _Refused(refused[0].sqlstate, f"{refused[0]}{said}")
    parameters: dict[str, int] = {}
    first = found[0]
    columns = list(first.columns)
    for variant, one in zip(_sent(query), found, strict=True):
        if [c[:2] for c in one.columns] != [c[:2] for c in columns] or any(
            parameters.setdefault(name, oid) != oid for name, oid in one.parameters.items()
        ):
            return _Refused(_MISMATCH, f"its variants are of different types ({variant.variant})")
        columns = [
            ours if ours == theirs else (*ours[:2], 0, 0)
            for ours, theirs in zip(columns, one.columns, strict=True)
        ]
    return _Described(parameters, columns)


def _alone(conn: psycopg.Connection[Any], query: Query) -> _Described | _Refused:
    """Describe one statement so that its refusal leaves the transaction as it was."""
    try:
        with conn.transaction():
            return _describe(conn, query)
    except _Refused as refusal:
        return refusal


def _describe(conn: psycopg.Connection[Any], query: Query) -> _Described:
    """Prepare and describe a statement, and plan it where only planning tells."""
    sql = query.sql.encode()
    _accept(conn.pgconn.prepare(b"", sql))
    answer = conn.pgconn.describe_prepared(b"")
    _accept(answer)
    found = _Described(
        {name: answer.param_type(n) for n, name in enumerate(query.parameters[: answer.nparams])},
        [
            (
                (answer.fname(n) or b"").decode(),
                answer.ftype(n),
                answer.ftable(n),
                answer.ftablecol(n),
            )
            for n in range(answer.nfields)
        ],
    )
    if plans_matter(query.sql):
        _plan(conn, sql, found)
    return found


def _plan(conn: psycopg.Connection[Any], sql: bytes, found: _Described) -> None:
    """Plan a statement without its values. Before 16 a prepared one is planned for NULLs."""
    if conn.info.server_version >= _TREES_SINCE:
        _accept(conn.pgconn.exec_(b"EXPLAIN (GENERIC_PLAN) " + sql))
        return
    # A refused statement stays prepared, and an aborted transaction cannot deallocate it.
    name = b"_amber_plan_%d" % next(_numbers)
    nulls = b"(" + b", ".join([b"NULL"] * len(found.parameters)) + b")" if found.parameters else b""
    oids = found.parameters.values()
    names = b", ".join(catalog_facts.type_name(conn, oid).encode() for oid in oids)
    types = b"(" + names + b")" if names else b""
    _accept(conn.pgconn.exec_(b"PREPARE " + name + types + b" AS " + sql))
    _accept(conn.pgconn.exec_(b"EXPLAIN EXECUTE " + name + nulls))
    _accept(conn.pgconn.exec_(b"DEALLOCATE " + name))


def _accept(result: pq.abc.PGresult) -> None:
    """Raise what the server said: a refusal, or an error that is nobody's statement's."""
    if result.status not in {pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE}:
        return
    state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
    message = (result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode(
        errors="replace"
    )
    if not state or state.startswith(_PASSING):
        raise psycopg.errors.lookup(state)(message) if state else psycopg.OperationalError(message)
    raise _Refused(state, message)


def _trees(
    conn: psycopg.Connection[Any],
    queries: Iterable[Query],
    seen: Mapping[str, _Described | _Refused],
) -> dict[str, Any]:
    """Return the compiler's answer for each query; before 16, for the types of nested rows alone."""
    major = conn.info.server_version // 10000
    if conn.info.server_version < _TREES_SINCE:
        queries = [query for query in queries if _has_rows(seen[_name(query)])]
        if not queries:
            return {}
    from amber_sql.compiler.describe import TYPED, describe  # only with releases  # noqa: PLC0415

    if major not in TYPED:
        return {}
    with conn.transaction():
        # Each is planned where that matters.
        described, _ = describe(conn, queries, plan=False, versions=TYPED)
    return {_name(one.query): one for one in described}


def _has_rows(one: _Described | _Refused) -> bool:
    return isinstance(one, _Described) and any(c[1] in {RECORD, RECORDS} for c in one.columns)


def _manifest(
    conn: psycopg.Connection[Any],
    *,
    queries: list[Query],
    seen: Mapping[str, _Described | _Refused],
    trees: Mapping[str, Any],
    files: Mapping[str, str],
    release: str,
) -> Manifest:
    """Put names in the place of numbers, and add what the statements rest on."""
    described = [one for one in seen.values() if isinstance(one, _Described)]
    oids = {
        oid for one in described for oid in [*one.parameters.values(), *(c[1] for c in one.columns)]
    }
    nulls = conn.info.server_version >= _TREES_SINCE
    rows = {name: dict(nested_rows(tree.columns)) for name, tree in trees.items()}
    made = {name: documents.documents(tree.columns) for name, tree in trees.items()}
    oids |= {oid for parts in made.values() for oid in documents.types(parts)}
    oids |= {one.type for some in rows.values() for fields in some.values() for one in fields}
    sources = {(c[2], c[3]) for one in described for c in one.columns if c[2]}
    names, composites, enums = catalog_facts.types(conn, oids)
    not_null = catalog_facts.not_null(conn, sources)
    written = {
        _name(query): list(dict.fromkeys(w for each in _sent(query) for w in writes(each.sql)))
        for query in queries
    }
    tables = catalog_facts.tables(
        conn, {write.table for some in written.values() for write in some}
    )
    statements = []
    for query in queries:
        one, name = seen[_name(query)], _name(query)
        if isinstance(one, _Refused):
            statements.append(ReleaseQuery(name=name, failure=str(one), sqlstate=one.sqlstate))
            continue
        tree = trees.get(name) if nulls else None
        statements.append(
            ReleaseQuery(
                name=name,
                parameters=tuple(
                    Argument(p, names[one.parameters[p]], tree and tree.parameters[n].nullable)
                    for n, p in enumerate(query.parameters)
                    if p in one.parameters
                ),
                results=tuple(
                    ResultColumn(
                        column,
                        names[oid],
                        tree and tree.columns[n].nullable,
                        (table, number) in not_null,
                    )
                    for n, (column, oid, table, number) in enumerate(one.columns)
                ),
                rows=named(rows.get(name, {}), names, nulls=nulls),
                documents=documents.named(made.get(name, {}), names),
                inserts=tuple(
                    catalog_facts.insert(write, tables) for write in written[name] if write.inserts
                ),
                writes=tuple(
                    sorted({tables[w.table].name for w in written[name] if w.table in tables})
                ),
            )
        )
    return Manifest(
        release=release or name_of(files),
        queries=tuple(sorted(statements, key=lambda s: s.name)),
        composites=composites,
        enums=enums,
        rules={table.name: table.rules for table in tables.values()},
        files=dict(files),
    )


def _name(query: Query) -> str:
    return f"{query.module}.{query.name}"
