"""Small questions about pieces of a tree that finding keys needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amber_sql.compiler.tree import Node, read

if TYPE_CHECKING:
    from collections.abc import Iterator


def stands_alone(value: Any, depth: int) -> bool:
    """Tell whether a query, `depth` levels inside the one asked about, uses nothing from outside."""
    if isinstance(value, list):
        return all(stands_alone(item, depth) for item in value)
    if not isinstance(value, Node):
        return True
    depth += value.kind == "QUERY"
    if max(value.int("varlevelsup"), value.int("ctelevelsup")) >= depth > 0:
        return False
    return all(stands_alone(item, depth) for item in value.values())


def lateral(value: Any, depth: int = 0) -> Iterator[Node]:
    """Yield the columns of the level around it that an entry of the range table uses."""
    if isinstance(value, list):
        for item in value:
            yield from lateral(item, depth)
    elif isinstance(value, Node):
        if value.kind == "VAR" and value.int("varlevelsup") == depth:
            yield value
        depth += value.kind == "QUERY"
        for item in value.values():
            yield from lateral(item, depth)


def both(one: frozenset[int] | None, other: frozenset[int] | None) -> frozenset[int] | None:
    """Return the entries that two limits leave; None is no limit."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def below(item: Node) -> frozenset[int]:
    """Return the entries below an item of a join tree."""
    return frozenset(n.int("rtindex") for n in joins(item) if n.kind == "RANGETBLREF")


def joins(item: Node) -> Iterator[Node]:
    """Yield the nodes of a join tree, without its conditions."""
    yield item
    for part in [
        *item.nodes("fromlist"),
        *(n for n in (item.node("larg"), item.node("rarg")) if n),
    ]:
        yield from joins(part)


def trees(text: str) -> list[Node]:
    """Read an index's expressions or predicate."""
    found = read(text) if text else []
    return found if isinstance(found, list) else [found]


def moved(value: Any, number: int) -> Any:
    """Return an index's expression as range table entry `number` would state it."""
    if isinstance(value, list):
        return [moved(item, number) for item in value]
    if not isinstance(value, Node):
        return value
    copy = Node({field: moved(item, number) for field, item in value.items()})
    copy.kind = value.kind
    if copy.kind == "VAR":
        copy["varno"] = str(number)
    return copy


def bare(e: Node) -> Node:
    """Strip what changes a type's name or collation and not the value: varchar as text."""
    while e.kind in {"RELABELTYPE", "COLLATEEXPR"}:
        e = e["arg"]
    return e
