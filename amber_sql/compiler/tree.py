"""PostgreSQL's node notation → `Node`s: the reader, which knows no meaning.

`debug_print_parse` and `pg_rewrite.ev_action` print nodes in the notation of
`src/backend/nodes/outfuncs.c`: `{KIND :field value …}`, lists in parentheses, `<>` for nothing,
bytes in brackets, a backslash before a character that would end a token.
"""

from __future__ import annotations

import builtins
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# As `pg_strtok` cuts it: a quote or a bracket within a name is escaped nowhere, nor is other space.
# Lines are broken where they get long (`format_node_dump`), between two bytes of a constant, too.
_TOKEN = re.compile(r"[{}()]|\[[ \n](?:-?\d+[ \n])*\]|(?:\\[\s\S]|[^ \n\t{}()\\])+")
_ESCAPE = re.compile(r"\\([\s\S])")


class UnknownFormError(Exception):
    """A node has not the field that its kind has on the tested versions."""


class Node(dict[str, Any]):
    """A node: its kind, and its fields by name. A field that this version lacks reads as absent."""

    __slots__ = ("kind",)
    kind: str

    def __missing__(self, field: str) -> Any:
        raise UnknownFormError(f"{self.kind} has no {field}")

    def int(self, field: str) -> builtins.int:
        """Return a number; 0 when the field is absent."""
        value = self.get(field)
        return builtins.int(value) if value is not None else 0

    def flag(self, field: str) -> bool:
        """Return a boolean; False when the field is absent."""
        return self.get(field) == "true"

    def node(self, field: str) -> Node | None:
        """Return a node, or None."""
        value = self.get(field)
        return value if isinstance(value, Node) else None

    def nodes(self, field: str) -> list[Node]:
        """Return a list of nodes; empty when the field is absent."""
        value = self.get(field)
        return [item for item in value if isinstance(item, Node)] if isinstance(value, list) else []

    def ints(self, field: str) -> frozenset[builtins.int]:
        """Return a list of numbers or a bit set, such as `(b 3 5)`."""
        value = self.get(field)
        if not isinstance(value, list):
            return frozenset()
        return frozenset(
            builtins.int(item) for item in value if isinstance(item, str) and item.isdigit()
        )

    def text(self, field: str) -> str:
        """Return a name; empty when the field is absent."""
        value = self.get(field)
        return value if isinstance(value, str) else ""


def read(text: str) -> Any:
    """Read one value: a Node, a list, a str, or None for `<>`. Raises UnknownFormError."""
    try:
        return _value(iter(_TOKEN.findall(text)).__next__)
    except StopIteration:
        raise UnknownFormError("a node that does not end") from None


def _value(following: Callable[[], str], token: str = "") -> Any:
    token = token or following()
    if token == "{":
        return _node(following)
    if token == "(":
        items = []
        while (token := following()) != ")":
            items.append(_value(following, token))
        return items
    if token.startswith(("[ ", "[\n")):
        return token[1:-1].split()
    if token == "<>":
        return None
    if token.startswith('"'):
        token = token[1:-1]
    return _ESCAPE.sub(r"\1", token) if "\\" in token else token


def _node(following: Callable[[], str]) -> Node:
    node = Node()
    node.kind = following()
    token = following()
    while token != "}":
        field = token[1:]
        node[field] = _value(following)
        # A constant is a length and its bytes: `:constvalue 4 [ 1 0 0 0 … ]`.
        while (token := following()) != "}" and not token.startswith(":"):
            node[field] = _value(following, token)
    return node


def walk(value: Any) -> Iterator[Node]:
    """Yield every node below and including `value`, parents first."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Node):
            yield item
            stack += [one for one in reversed(item.values()) if isinstance(one, dict | list)]
        elif isinstance(item, list):
            stack += [one for one in reversed(item) if isinstance(one, dict | list)]


_BEFORE_COLUMNS = -7
"""FirstLowInvalidHeapAttributeNumber: sets of columns count from here."""


def selected(value: Any) -> Iterator[tuple[int, int]]:
    """Yield (relation, column) of all that the permission to SELECT is checked for; 0 is a whole row."""
    for node in walk(value):  # the range table's entries, from PostgreSQL 16 on their perminfos
        for number in node.ints("selectedCols"):
            yield node.int("relid"), number + _BEFORE_COLUMNS


_PLACE = {"location", "stmt_location", "stmt_len", "varnosyn", "varattnosyn"}


def identity(value: Any) -> Any:
    """Return what is equal for two expressions that are the `same`, and can be looked up."""
    if isinstance(value, Node):
        fields = sorted(value.keys() - _PLACE)
        return value.kind, *((field, identity(value[field])) for field in fields)
    return tuple(map(identity, value)) if isinstance(value, list) else value


def same(one: Any, other: Any) -> bool:
    """Tell whether two expressions are equal, wherever they stand in the text."""
    if isinstance(one, Node) and isinstance(other, Node):
        return one.kind == other.kind and all(
            same(one[field], other.get(field)) for field in one if field not in _PLACE
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
