"""A Query → a DescribedQuery: PostgreSQL prepares it, describes it, and shows its query tree.

Nothing is executed. What prepares well and cannot be planned is found by `planning`.
"""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

from psycopg import pq

from amber_sql.compiler.catalog import Catalog, read_catalog
from amber_sql.compiler.describe.diagnostics import named_parameters, refused
from amber_sql.compiler.describe.planning import unplannable
from amber_sql.compiler.describe.prepared_together import prepared_together
from amber_sql.compiler.describe.query_trees import query_trees
from amber_sql.compiler.describe.select_list import parameter_offsets, select_items
from amber_sql.compiler.describe.weakest import merged
from amber_sql.compiler.described import Cardinality, Described, DescribedQuery, Facts
from amber_sql.compiler.files.query import Operation, Query
from amber_sql.compiler.files.tags import stated_types
from amber_sql.compiler.infer import contents, json_shapes
from amber_sql.compiler.infer.held import NOTHING
from amber_sql.compiler.infer.nodes import Entry
from amber_sql.compiler.infer.parameters import Parameters
from amber_sql.compiler.infer.rule_facts import rule_facts
from amber_sql.compiler.infer.scope import Scope, Statement
from amber_sql.compiler.tree import Node, UnknownFormError, read, walk
from amber_sql.errors import Finding, UnknownServerVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from amber_sql.compiler.describe.prepared_together import Answer

TESTED = (16, 17, 18)
"""Major versions whose tree notation the reader is tested on."""
TYPED = (15, *TESTED)
"""Those whose trees tell the types of nested rows, on 15 without what may be NULL."""

_NOT_UNDERSTOOD = (UnknownFormError, LookupError, TypeError, ValueError, RecursionError)
"""What reading a tree of a form that was never met may raise."""


def describe(
    conn: psycopg.Connection[Any],
    queries: Iterable[Query],
    catalog: Catalog | None = None,
    *,
    plan: bool = True,
    versions: tuple[int, ...] = TESTED,
) -> tuple[list[DescribedQuery], list[Finding]]:
    """Describe queries on an autocommit connection to a migrated database.

    Returns what PostgreSQL accepted, and a finding for each query that it refused or, where `plan`
    is asked for, cannot plan; one that fails never hides another. Raises UnknownServerVersion outside `versions`.
    """
    if conn.info.server_version // 10000 not in versions:
        raise UnknownServerVersion(version=conn.info.server_version // 10000)
    catalog = catalog or read_catalog(conn)
    queries = list(queries)
    described: list[DescribedQuery] = []
    findings: list[Finding] = []
    sent = [each.sql.encode() for query in queries for each in _statements(query)]
    with query_trees(conn) as trees, closing(prepared_together(conn, sent, trees)) as answers:
        for query in queries:
            if query.operation is Operation.SCRIPT:
                described.append(_script(query))
                continue
            found = [_answered(catalog, each, next(answers)) for each in _statements(query)]
            one, wrong = merged(catalog, query, found)
            findings += wrong
            described += [one] if one is not None else []
    if plan:
        findings.extend(unplannable(conn, catalog, described))
    return described, findings


def _statements(query: Query) -> tuple[Query, ...]:
    """Return what is prepared: a query, or each of its variants; no script."""
    return () if query.operation is Operation.SCRIPT else query.variants or (query,)


def _script(query: Query) -> DescribedQuery:
    return DescribedQuery(
        query=query,
        parameters=(),
        columns=(),
        cardinality=Cardinality.NONE,
        reads=(),
        writes=(),
        facts=Facts(),
    )


def _answered(catalog: Catalog, query: Query, answer: Answer) -> DescribedQuery | Finding:
    if answer.prepared.status != pq.ExecStatus.COMMAND_OK:
        return refused(query, answer.prepared, catalog)
    try:
        nodes = [node for text in answer.trees for node in [read(text)] if isinstance(node, Node)]
        tree = nodes[-1] if nodes and nodes[-1].int("commandType") in range(1, 6) else None
        return _described(catalog, query, answer.described, tree)
    except _NOT_UNDERSTOOD:  # one statement never hides another: PostgreSQL accepted this one
        unknown = "nothing is known of this statement"
        return _described(catalog, query, answer.described, None, unknown)


def _described(
    catalog: Catalog,
    query: Query,
    answer: pq.abc.PGresult,
    tree: Node | None,
    unknown: str = "a utility statement",
) -> DescribedQuery:
    """Put together what the protocol and the tree say of a statement."""
    nullable = {tag.argument for tag in query.tags if tag.name == "nullable"}
    stated = stated_types(query)
    accepted = Parameters(tree, catalog) if tree is not None else None
    parameters = []
    holey: set[int] = set()
    places = parameter_offsets(query.sql)
    for number, name in enumerate(query.parameters, 1):
        accepts, inferred = accepted.answer(number) if accepted else (False, unknown)
        why = "@nullable says so" if name in nullable else inferred
        kind = answer.param_type(number - 1) if number <= answer.nparams else 0
        goes_to = tuple(accepted.goes_to.get(number, ())) if accepted else ()
        holds_null, why_held = accepted.elements(number) if accepted else (False, "")
        if catalog.is_array(kind) and (holds_null or f"{name}[]" in nullable):
            why += f"; {why_held if holds_null else f'@nullable {name}[]: elements may be NULL'}"
            holey.add(number)
        parameters.append(
            Described(
                name=name,
                type=kind,
                nullable=accepts or name in nullable,
                filled=number not in holey,
                why=why,
                inferred=inferred,
                origin=goes_to[0] if goes_to else (0, 0),
                places=goes_to,
                stated=stated.get(name),
                offset=places.get(number),
            )
        )
    required = frozenset(n for n, p in enumerate(parameters, 1) if not p.nullable)
    filled = frozenset(range(1, len(parameters) + 1)) - holey
    scope = Scope(Statement(catalog, required, filled), tree) if tree is not None else None
    outputs = scope.outputs() if scope else []
    columns = []
    origins = [(answer.ftable(index), answer.ftablecol(index)) for index in range(answer.nfields)]
    items = select_items(query.sql, origins)
    for index in range(answer.nfields):
        may, why = outputs[index].answer if index < len(outputs) else (True, unknown)
        shape, is_record = (
            catalog.types.get(answer.ftype(index)),
            catalog.is_record(answer.ftype(index)),
        )
        holds = is_record or (shape is not None and (shape.category == "A" or shape.kind in "cd"))
        known = contents.of_column(scope, index + 1) if scope and holds else NOTHING
        if catalog.is_array(answer.ftype(index)) and not known.filled:
            why += f"; its elements may be NULL: {known.why}"
        columns.append(
            Described(
                name=(answer.fname(index) or b"").decode(),
                type=answer.ftype(index),
                nullable=may,
                why=_with_lines(query, why),
                filled=known.filled,
                whole=known.whole,
                depth=known.depth,
                shape=known.shape if is_record else None,
                json=json_shapes.of_result(scope, answer.ftype(index), index + 1)
                if scope
                else None,
                origin=origins[index],
                stated=stated.get((answer.fname(index) or b"").decode()),
                offset=items[index].offset,
                expression=named_parameters(query, items[index].expression),
                alias=items[index].alias,
            )
        )
    reads, writes = _relations(catalog, tree)
    cardinality = (
        (Cardinality.MANY if columns else Cardinality.NONE) if scope is None else scope.rows()
    )
    return DescribedQuery(
        query=query,
        parameters=tuple(parameters),
        columns=tuple(columns),
        cardinality=cardinality,
        reads=reads,
        writes=writes,
        facts=rule_facts(scope, cardinality) if scope else Facts(),
    )


def _with_lines(query: Query, why: str) -> str:
    """Turn `@123`, a byte offset in the statement, into the file's line."""

    def line(match: re.Match[str]) -> str:
        offset = len(query.sql.encode()[: int(match[1])].decode(errors="ignore"))
        return f"line {query.place(offset)[0]}"

    return re.sub(r"@(\d+)", line, why)


def _relations(catalog: Catalog, tree: Node | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the relations that a statement reads, and of those that it writes."""
    reads: set[str] = set()
    writes: set[str] = set()
    for query in walk(tree):
        if query.kind != "QUERY":
            continue
        for number, entry in enumerate(query.nodes("rtable"), 1):
            oid = entry.int("relid")
            if (
                entry.int("rtekind") != Entry.RELATION
                or oid not in catalog.relations
                or entry.text("relkind") == "c"
            ):
                continue
            target = writes if number == query.int("resultRelation") else reads
            target.add(catalog.relation_name(oid))
    return tuple(sorted(reads)), tuple(sorted(writes))
