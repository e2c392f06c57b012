"""A query with optional lines: the arguments of a call → the statement that it sends, and its values.

Which lines are there is decided by which arguments are given, and by labels; nothing is ever composed
from a value. A variant's text is cut from the file when it is first called for, and kept: it is a
statement as any other, with a name, a plan and readers of its own.
"""

from __future__ import annotations

from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import UNSET

from amber_sql.errors import NotAChoice

from . import _codegen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ._prepared import Statement

R = TypeVar("R")
L = TypeVar("L", bound=str)


class Variants(Generic[R]):
    """A query's variants.

    `statement` is the query with all that its function takes as `params`. `options` says of each
    parameter that lines depend on what leaves them out: None or UNSET for a value, False for a
    switch, for a choice its labels.
    """

    def __init__(self, statement: Statement[R], *, options: Mapping[str, object]) -> None:
        self.statement = statement
        self.options = options
        self._variants: dict[tuple[str, tuple[str, ...]], tuple[Statement[R], Any]] = {}

    def __repr__(self) -> str:
        return f"<Variants of {self.statement.name}>"

    @cached_property
    def chosen(self) -> Callable[..., tuple[Statement[R], tuple[Any, ...]]]:
        """A function: a call's arguments → the statement and the values that it sends."""
        names = {"known": {}, "find": self._find, "UNSET": UNSET}
        keys = []
        for number, name in enumerate(self.statement.params):
            if name in self.options:
                absent = self.options[name]
                is_value = absent is None or absent is UNSET
                keys.append(f"a{number} is not {absent}" if is_value else f"a{number}")
        every = "".join(f"a{number}, " for number in range(len(self.statement.params)))
        source = f"""
def chosen({every}):
    try:
        statement, pick = known[{", ".join(keys)},]
    except (KeyError, TypeError):
        key, (statement, pick) = find(({every}))
        known[key] = statement, pick
    return statement, pick(({every}))
"""
        found: Callable[..., tuple[Statement[R], tuple[Any, ...]]] = _codegen.function(
            "chosen", source, names
        )
        return found

    def _find(self, args: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Statement[R], Any]]:
        """Return a call's key, and its variant. Raises ParameterRefused."""
        statement = self.statement
        cut = statement.optional_lines()
        named = dict(zip(statement.params, cut.declared, strict=True))
        values = dict(zip(statement.params, args, strict=True))
        key, given, labels = [], set(), {}
        for name, absent in self.options.items():
            if isinstance(absent, tuple):
                if values[name] not in absent:
                    raise statement.refused(name, f"is none of {', '.join(absent)}")
                labels[named[name]] = values[name]
                key.append(values[name])
                continue
            if absent is False and values[name] not in (True, False):
                raise statement.refused(name, "is neither True nor False")
            is_given = bool(values[name]) if absent is False else values[name] is not absent
            key.append(is_given)
            given |= {named[name]} if is_given else set()
        for name, own in named.items():
            if missing := cut.idle(given).get(own):
                others = " and ".join(missing)
                raise statement.refused(name, f"is given without {others}: its lines need both")
        sql, names = cut.variant(given, labels)
        known = self._variants.get((sql, names))
        if known is None:
            positions = [cut.declared.index(name) for name in names]
            python = dict(zip(cut.declared, statement.params, strict=True))
            own_variant = statement.variant(sql, [python[name] for name in names])
            unset = any(self.options.get(python[n]) is UNSET and n not in given for n in names)
            made = own_variant, picker(positions, len(args), unset=unset)
            known = self._variants.setdefault((sql, names), made)
        return tuple(key), known


def picker(
    positions: Sequence[int], count: int, *, unset: bool
) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Return a function that picks a variant's values from a call's; where UNSET is one, it is NULL."""
    if unset:
        return lambda args: tuple(
            None if (value := args[position]) is UNSET else value for position in positions
        )
    if len(positions) == count:
        return tuple
    if len(positions) > 1:
        return itemgetter(*positions)
    if positions:
        only = positions[0]
        return lambda args: (args[only],)
    return lambda _: ()


class Choices(tuple[L, ...]):
    """The labels of a choice, the default first; a class, so that type checkers keep them apart."""

    __slots__ = ()


def one_of(text: str | None, labels: Choices[L]) -> L:
    """Return the label that `text` is, which may come from a query string; None is the default.

    `messages.search(pool, …, sort=one_of(request.query.get("sort"), messages.SEARCH_SORT))`: type
    checkers know the result as one of the labels. Raises NotAChoice.
    """
    if text is None:
        return labels[0]
    for label in labels:
        if label == text:
            return label
    raise NotAChoice(labels=", ".join(labels))
