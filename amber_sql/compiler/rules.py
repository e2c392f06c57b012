"""What `check` wants of a query beyond what PostgreSQL accepts, and what each tag excuses."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from amber_sql.compiler.describe.weakest import once
from amber_sql.compiler.described import VOID, Cardinality
from amber_sql.compiler.files.query import Operation
from amber_sql.compiler.pitfalls import pitfalls
from amber_sql.sqltext.lexer import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.compiler.described import DescribedQuery
    from amber_sql.compiler.files.query import Query
    from amber_sql.errors import Finding

RULES = {
    "select_star": "a new column must not change a deployed row type",
    "no_comment": "a query says what it is for",
    "unbounded_list": "a list has a LIMIT or a bounded key",
    "no_where": "an UPDATE or DELETE says of which rows",
    "unfilled": "an INSERT gives a value to each column that is NOT NULL without a default",
    "updated_at": "an UPDATE sets updated_at where the table has it",
    "tenant_scope": "a statement binds the owner of a tenant's table (`@tenant column` in its comment)",
    "may_match_many": "a `^` or `$` query matches one row",
    "null_comparison": "`= NULL` is never true",
    "constant_order": "ORDER BY a parameter sorts nothing",
    "at_parameter": "`@name` is an operator before a column",
    "row_or_column": "what has the name of an alias and of its column is the column",
    "unused_rows": "what a `!` query returns is counted and thrown away, and `*!` is no way to read",
}
_ONE_ROW = {Operation.ONE, Operation.VALUE, Operation.RETURNING}
_BEFORE_STAR = {"select", "distinct", "all", "returning", ",", "."}


def check(one: DescribedQuery) -> Iterator[Finding]:
    """Yield what a query breaks and does not excuse, and the tags that change nothing."""
    query = one.query
    allowed = {
        tag.argument.partition(":")[0].strip(): tag for tag in query.tags if tag.name == "allow"
    }
    used = set()
    for rule, finding in _each_broken(one):
        used.add(rule)
        if rule not in allowed:
            yield finding
    for rule, tag in allowed.items():
        if rule not in RULES:
            close = get_close_matches(rule, RULES, n=1)
            hint = f"did you mean {close[0]}?" if close else "rules: " + ", ".join(RULES)
            yield query.finding(f"unknown rule {rule}", hint, tag=tag)
        elif rule not in used:
            yield query.finding(f"@allow {rule} excuses nothing", "delete the tag", tag=tag)
    yield from _idle_tags(one)
    if (
        query.operation is Operation.VALUE
        and one.cardinality is Cardinality.ZERO_OR_ONE
        and one.columns
    ):
        tags = {tag.name for tag in query.tags}
        if one.columns[0].nullable and not tags & {"one", "not_null"}:
            yield query.finding(
                "None could mean NULL or no row",
                "add `-- @one`, or return a second column with `^`",
            )


def _each_broken(one: DescribedQuery) -> Iterator[tuple[str, Finding]]:
    """Yield what a query breaks; of its variants each finding once, with those that break it."""
    if not one.variants:
        yield from _broken(one)
        return
    broken = [list(_broken(each)) for each in one.variants]
    for rule in dict.fromkeys(rule for some in broken for rule, _ in some):
        of_rule = [[finding for name, finding in some if name == rule] for some in broken]
        for number in range(max(map(len, of_rule))):
            nth = [some[number] if number < len(some) else None for some in of_rule]
            yield from ((rule, finding) for finding in once(one.query, nth))


def _broken(one: DescribedQuery) -> Iterator[tuple[str, Finding]]:
    query, facts = one.query, one.facts
    tags = {tag.name for tag in query.tags}

    def found(rule: str, message: str, hint: str, offset: int | None = None) -> tuple[str, Finding]:
        return rule, query.finding(
            message, f"{hint}, or say `-- @allow {rule}: why`", offset=offset, rule=rule
        )

    if not query.doc:
        yield found(
            "no_comment", f"{query.name} has no comment", "write what it is for above the statement"
        )
    for offset in _stars(query):
        yield found(
            "select_star", "a star lists columns that are not there yet", "name the columns", offset
        )
    if query.operation is Operation.MANY and not facts.bounded and "stream" not in tags:
        yield found(
            "unbounded_list", f"{query.name} may return every row", "add a LIMIT, or bind a key"
        )
    if facts.no_where:
        yield found("no_where", "this writes every row of the table", "add WHERE")
    if facts.unfilled:
        columns = ", ".join(facts.unfilled)
        yield found("unfilled", f"this INSERT always fails: no value for {columns}", "add it")
    if facts.misses_updated_at:
        yield found(
            "updated_at", "this changes a row and leaves its updated_at", "add `updated_at = now()`"
        )
    for name, byte in facts.meant_rows:
        offset = len(query.sql.encode()[:byte].decode(errors="ignore"))
        if query.sql[offset:].replace('"', "").removeprefix(name).lstrip()[:1] != ".":
            yield found(
                "row_or_column",
                f"{name} is the column {name}.{name}, not the row",
                f"write {name}.{name}, or rename the alias for the row",
                offset,
            )
    for table in facts.unscoped:
        yield found(
            "tenant_scope", f"the owner is not bound: {table}", "bind it to a parameter or a join"
        )
    for pitfall in pitfalls(query):
        yield found(*pitfall[:3], _offset(query, pitfall.offset))
    if row := _thrown_away(one):
        yield found("unused_rows", *row)
    if query.operation in _ONE_ROW and one.cardinality is Cardinality.MANY:
        candidates = "; candidates: " + ", ".join(facts.candidates) if facts.candidates else ""
        yield found(
            "may_match_many",
            f"may match several rows: no unique key is bound{candidates}",
            "bind a unique key, add LIMIT 1",
        )


def _thrown_away(one: DescribedQuery) -> tuple[str, str, int | None] | None:
    """Return what is said of rows that nobody gets: a message, a hint and their place.

    What returns void is called for its effect.
    """
    rows = [column for column in one.columns if column.type != VOID]
    if not rows:
        return None
    if one.query.operation is Operation.MANY_AFFECTED and not one.writes:
        message = "`*!` runs this SELECT once for each row that it is given"
        return (
            message,
            "take an array, as in = ANY(:ids), and write nothing behind the name",
            rows[0].offset,
        )
    if one.query.operation is not Operation.AFFECTED:
        return None
    message = "`!` counts the rows of this statement and throws them away"
    hint = "write ^, $ or nothing behind the name"
    if one.writes:
        hint = "drop what is returned, or write <! for the row, *! for the rows of many"
    return message, hint, rows[0].offset


def _stars(query: Query) -> Iterator[int]:
    """Yield where `*` stands for columns: not in count(*), a product, or EXISTS (SELECT * …)."""
    before = ["", "", ""]
    for token in query.block.body:
        if token.kind in {Kind.SPACE, Kind.LINE_COMMENT, Kind.BLOCK_COMMENT}:
            continue
        text = query.block.text(token).lower()
        exists = before[-3:-1] == ["exists", "("] and before[-1] == "select"
        if text == "*" and before[-1] in _BEFORE_STAR and not exists:
            yield _offset(query, token.start)
        before.append(text)


def _offset(query: Query, file_offset: int) -> int:
    """Return the offset in the statement of an offset in the file."""
    ours, theirs = max((a for a in query.anchors if a[1] <= file_offset), key=lambda a: a[1])
    return ours + file_offset - theirs


def _idle_tags(one: DescribedQuery) -> Iterator[Finding]:
    """Yield the tags that change nothing."""
    query, nullable = one.query, {column.name: column.nullable for column in one.columns}
    for tag in query.tags:
        message, hint = "", "delete the tag"
        if tag.name == "not_null" and tag.argument not in nullable:
            message = f"@not_null {tag.argument}: no such column"
            if close := get_close_matches(tag.argument, nullable, n=1):
                hint = f"did you mean {close[0]}?"
        elif tag.name == "not_null" and not nullable[tag.argument]:
            message = f"@not_null {tag.argument} changes nothing: the server proves it"
        elif tag.name == "one" and (
            query.operation not in _ONE_ROW or one.cardinality is Cardinality.ONE
        ):
            message = "@one changes nothing: " + (
                "there always is a row"
                if one.cardinality is Cardinality.ONE
                else "this is no `^`, `$` or `<!` query"
            )
        elif tag.name == "stream" and query.operation is not Operation.MANY:
            message = "@stream changes nothing: this is no list"
        elif tag.name == "nullable" and _needs_value(one, tag.argument):
            message = f"@nullable {tag.argument}: {_needs_value(one, tag.argument)}"
        if message:
            yield query.finding(message, hint, tag=tag)


def _needs_value(one: DescribedQuery, name: str) -> str:
    """Return why a parameter cannot be NULL although a tag says so, or ""."""
    why = next((p.inferred for p in one.parameters if p.name == name), "")
    return why if "is NOT NULL" in why else ""
