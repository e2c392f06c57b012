"""A range table entry (a table, subquery, CTE, function, VALUES …) → answers for its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.catalog import RECORD
from amber_sql.compiler.infer import set_functions
from amber_sql.compiler.infer.answers import Answer, all_of, may_be_null, not_null
from amber_sql.compiler.infer.ctes import find_cte
from amber_sql.compiler.infer.nodes import Command, Entry, type_of
from amber_sql.compiler.tree import Node, read

if TYPE_CHECKING:
    from amber_sql.compiler.catalog import Catalog
    from amber_sql.compiler.infer.answers import Output
    from amber_sql.compiler.infer.level import Level


def name(entry: Node, catalog: Catalog) -> str:
    """Return how a message calls the entry: by its table, else by its alias."""
    if entry.int("rtekind") == Entry.RELATION and entry.int("relid") in catalog.relations:
        return catalog.relation_name(entry.int("relid"))
    alias = entry.node("eref")
    return alias.text("aliasname") if alias else "row"


def column_name(entry: Node, attribute: int) -> str:
    """Return the name of an entry's column."""
    alias = entry.node("eref")
    names = alias.get("colnames") if alias else None
    return (
        str(names[attribute - 1])
        if isinstance(names, list) and 0 < attribute <= len(names)
        else "?"
    )


def answer_column(
    level: Level, entry: Node, attribute: int, label: str
) -> Answer:  # one return a kind of entry
    """Answer for column `attribute` of `entry`, whose outer joins are known to have matched."""
    kind = entry.int("rtekind")
    if attribute == 0 and kind != Entry.FUNCTION:
        return not_null(f"{label} is a whole row")
    match kind:
        case Entry.RELATION:
            return _relation(level, entry, attribute, label)
        case Entry.SUBQUERY:
            query = entry["subquery"]
            return _numbered(level.inner_of(entry, query, level.child(query)), attribute)
        case Entry.JOIN:
            aliases = entry.get("joinaliasvars")
            return (
                level.answer(aliases[attribute - 1])
                if isinstance(aliases, list)
                else _unknown(label)
            )
        case Entry.FUNCTION:
            return _function(level, entry, attribute, label)
        case Entry.VALUES:
            rows = entry.get("values_lists") or []
            return all_of(
                (level.answer(row[attribute - 1]) for row in rows),
                "every row of VALUES has a value",
            )
        case Entry.CTE:
            return _cte(level, entry, attribute)
    return _unknown(label)


def _unknown(label: str) -> Answer:
    return may_be_null(f"nothing is known of {label}")


def _numbered(outputs: list[Output], attribute: int) -> Answer:
    return (
        outputs[attribute - 1].answer if 0 < attribute <= len(outputs) else _unknown("this column")
    )


def _relation(level: Level, entry: Node, attribute: int, label: str) -> Answer:
    relation = level.catalog.relations.get(entry.int("relid"))
    if relation is None:
        return _unknown(label)
    if relation.kind == "v":
        if (query := level.view(relation.oid)) is None:
            return _unknown(label)
        return _numbered(level.inner_of(entry, query, level.apart(query)), attribute)
    if attribute < 0:
        return not_null(f"{label} is a system column") if relation.kind in "rp" else _unknown(label)
    column = relation.columns.get(attribute)
    if column is None:
        return _unknown(label)
    if column.not_null or (column.not_null_here and not entry.flag("inh")):
        return not_null(f"{label} is NOT NULL")
    if column.generated and not relation.has_children:
        own = Node(commandType=str(Command.SELECT), rtable=[entry])
        own.kind = "QUERY"
        found = level.apart(own).answer(read(column.generated))
        return found if found.nullable else not_null(f"{label} is generated from what is not null")
    return may_be_null(f"{label} may be NULL")


def _function(level: Level, entry: Node, attribute: int, label: str) -> Answer:
    parts = entry.nodes("functions")
    count = sum(part.int("funccolcount") for part in parts)
    if entry.flag("funcordinality") and attribute == count + 1:
        return not_null("WITH ORDINALITY numbers every row")
    if attribute == 0:
        # Executed or inlined, such a row is made of its columns, and never NULL itself.
        if (
            len(parts) != 1
            or entry.flag("funcordinality")
            or type_of(parts[0]["funcexpr"]) == RECORD
        ):
            return not_null(f"{label} is a whole row")
        return may_be_null(f"{label} is a row that a function returns")
    if len(parts) != 1:
        return may_be_null(f"{label}: the shorter one of several functions is filled up with NULL")
    call = parts[0]["funcexpr"]
    if not call.flag("funcretset"):
        return level.answer(call) if count == 1 else _unknown(label)
    if not level.catalog.built_in(call.int("funcid")):
        return may_be_null(f"{label} is what a function returns")
    if level.catalog.is_row(type_of(call)):
        return may_be_null(f"{label} is a field of a stored composite")
    return set_column(level, call, attribute)


def set_column(level: Level, call: Node, attribute: int) -> Answer:
    """Answer for a column of a built-in set-returning function."""
    function = level.catalog.built_in(call.int("funcid"))
    known, name = set_functions.SETS.get(function, ()), function.partition("(")[0]
    if attribute <= len(known) and known[attribute - 1]:
        return not_null(f"{name} returns no NULL")
    args = call.nodes("args")
    if function == set_functions.UNNEST:
        held = level.contents(args[0])
        if held.filled:
            return not_null("every element has a value")
        return may_be_null(f"an element may be NULL: {held.why}")
    return may_be_null(f"{name} may return NULL")


def _cte(level: Level, entry: Node, attribute: int) -> Answer:
    """Answer for a column of a CTE; a recursive one is proven by induction."""
    owner, cte = find_cte(level, entry)
    if cte is None:
        return _unknown("this CTE")
    if not cte.flag("cterecursive"):
        return _numbered(owner.inner(cte["ctequery"]), attribute)
    prove(owner, cte)
    known = owner.assumed[id(cte)]
    if attribute > len(known):
        return _search_or_cycle(owner, cte, attribute - len(known))
    return known[attribute - 1] if attribute > 0 else _unknown("this column")


def prove(owner: Level, cte: Node) -> None:
    """Prove the columns of a recursive CTE, unless that has been done or is being done."""
    query, assumed, key = cte["ctequery"], owner.assumed, id(cte)
    if key in assumed:
        return
    # Assume what the first arm proves, and weaken it until the recursive arm agrees.
    assumed[key] = [not_null("never NULL, by induction")] * len(query.nodes("targetList"))
    while True:
        answers = [output.answer for output in owner.anew(query).outputs()]
        weaker = [
            new if new.nullable else old for old, new in zip(assumed[key], answers, strict=False)
        ]
        if [one.nullable for one in weaker] == [one.nullable for one in assumed[key]]:
            break
        assumed[key] = weaker


def _search_or_cycle(level: Level, cte: Node, number: int) -> Answer:
    """Answer for a column that SEARCH or CYCLE adds: of a cycle's mark both values are written."""
    search, cycle = cte.node("search_clause"), cte.node("cycle_clause")
    added = [*(["sequence"] if search else []), *(["mark", "path"] if cycle else [])]
    if number > len(added):
        return _unknown("this column")
    if cycle is not None and added[number - 1] == "mark":
        marks = [cycle["cycle_mark_value"], cycle["cycle_mark_default"]]
        return all_of(map(level.answer, marks), "CYCLE marks every row")
    return not_null("SEARCH and CYCLE fill their columns")
