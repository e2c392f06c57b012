"""A range table entry (a table, subquery, CTE, function, VALUES …) → answers for its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.infer import functions
from amber_sql.compiler.infer.answers import Answer, all_of, may_be_null, not_null
from amber_sql.compiler.tree import Node, read

if TYPE_CHECKING:
    from amber_sql.compiler.catalog import Catalog
    from amber_sql.compiler.infer.scope import Output, Scope

RELATION, SUBQUERY, JOIN, FUNCTION, TABLEFUNC, VALUES, CTE, TRANSITION, RESULT, GROUP = range(10)


def name(entry: Node, catalog: Catalog) -> str:
    """Return how a message calls the entry: by its table, else by its alias."""
    if entry.int("rtekind") == RELATION and entry.int("relid") in catalog.relations:
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
    scope: Scope, entry: Node, attribute: int, label: str
) -> Answer:  # one return a kind of entry
    """Answer for column `attribute` of `entry`, whose outer joins are known to have matched."""
    kind = entry.int("rtekind")
    if attribute == 0 and kind not in {FUNCTION, TABLEFUNC}:
        return not_null(f"{label} is a whole row")
    match kind:
        case 0:
            return _relation(scope, entry, attribute, label)
        case 1:
            query = entry["subquery"]
            return _numbered(scope.inner_of(entry, query, scope.child(query)), attribute)
        case 2:
            aliases = entry.get("joinaliasvars")
            return (
                scope.answer(aliases[attribute - 1])
                if isinstance(aliases, list)
                else _unknown(label)
            )
        case 3:
            return _function(scope, entry, attribute, label)
        case 5:
            rows = entry.get("values_lists") or []
            return all_of(
                (scope.answer(row[attribute - 1]) for row in rows),
                "every row of VALUES has a value",
            )
        case 6:
            return _cte(scope, entry, attribute)
    return _unknown(label)


def _unknown(label: str) -> Answer:
    return may_be_null(f"nothing is known of {label}")


def _numbered(outputs: list[Output], attribute: int) -> Answer:
    return (
        outputs[attribute - 1].answer if 0 < attribute <= len(outputs) else _unknown("this column")
    )


def _relation(scope: Scope, entry: Node, attribute: int, label: str) -> Answer:
    relation = scope.catalog.relations.get(entry.int("relid"))
    if relation is None:
        return _unknown(label)
    if relation.kind == "v":
        if (query := scope.view(relation.oid)) is None:
            return _unknown(label)
        return _numbered(scope.inner_of(entry, query, scope.apart(query)), attribute)
    if attribute < 0:
        return not_null(f"{label} is a system column") if relation.kind in "rp" else _unknown(label)
    column = relation.columns.get(attribute)
    if column is None:
        return _unknown(label)
    if column.not_null or (column.not_null_here and not entry.flag("inh")):
        return not_null(f"{label} is NOT NULL")
    if column.generated and not relation.has_children:
        own = Node(commandType="1", rtable=[entry])
        own.kind = "QUERY"
        found = scope.apart(own).answer(read(column.generated))
        return found if found.nullable else not_null(f"{label} is generated from what is not null")
    return may_be_null(f"{label} may be NULL")


def _function(scope: Scope, entry: Node, attribute: int, label: str) -> Answer:
    parts = entry.nodes("functions")
    count = sum(part.int("funccolcount") for part in parts)
    if entry.flag("funcordinality") and attribute == count + 1:
        return not_null("WITH ORDINALITY numbers every row")
    if len(parts) != 1 or attribute == 0:
        return may_be_null(f"{label}: the shorter one of several functions is filled up with NULL")
    call = parts[0]["funcexpr"]
    if not call.flag("funcretset"):
        return scope.answer(call) if count == 1 else _unknown(label)
    function = scope.catalog.functions.get(call.int("funcid"))
    if function is None or not functions.is_built_in(function):
        return may_be_null(f"{label} is what a function returns")
    return set_column(scope, call, attribute)


def set_column(scope: Scope, call: Node, attribute: int) -> Answer:
    """Answer for a column of a built-in set-returning function."""
    function = scope.catalog.functions[call.int("funcid")]
    known = functions.SETS.get(function.name, ())
    if attribute <= len(known) and known[attribute - 1]:
        return not_null(f"{function.name} returns no NULL")
    args = call.nodes("args")
    if (
        function.name == "unnest"
        and args
        and args[0].kind == "ARRAYEXPR"
        and not args[0].flag("multidims")
    ):
        return all_of(map(scope.answer, args[0].nodes("elements")), "every element has a value")
    if function.name == "string_to_table" and function.arguments == 2:  # no null_string
        return not_null("string_to_table returns no NULL")
    return may_be_null(f"{function.name} may return NULL")


def find_cte(scope: Scope, entry: Node) -> tuple[Scope, Node | None]:
    """Return the level that states an entry's CTE, and the CTE."""
    owner = scope.level(entry.int("ctelevelsup"))
    name = entry.text("ctename")
    return owner, next((c for c in owner.query.nodes("cteList") if c.text("ctename") == name), None)


def _cte(scope: Scope, entry: Node, attribute: int) -> Answer:
    """Answer for a column of a CTE; a recursive one is proven by induction."""
    owner, cte = find_cte(scope, entry)
    if cte is None:
        return _unknown("this CTE")
    query, key = cte["ctequery"], f"{id(cte)}"
    if not cte.flag("cterecursive"):
        return _numbered(owner.inner(query), attribute)
    if key not in scope.assumed:
        # Assume what the first arm proves, and weaken it until the recursive arm agrees.
        scope.assumed[key] = [not_null("never NULL, by induction")] * len(query.nodes("targetList"))
        while True:
            answers = [output.answer for output in owner.anew(query).outputs()]
            weaker = [
                new if new.nullable else old
                for old, new in zip(scope.assumed[key], answers, strict=False)
            ]
            if [one.nullable for one in weaker] == [one.nullable for one in scope.assumed[key]]:
                break
            scope.assumed[key] = weaker
    known = scope.assumed[key]
    if attribute > len(known) and (cte.get("search_clause") or cte.get("cycle_clause")):
        return not_null("SEARCH and CYCLE fill their columns")
    return known[attribute - 1] if 0 < attribute <= len(known) else _unknown("this column")
