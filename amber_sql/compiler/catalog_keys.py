"""The keys of a catalog's tables: unique indexes, and foreign keys that hold at every moment."""

from __future__ import annotations

import msgspec


class IndexKey(msgspec.Struct, frozen=True):
    """A key of an index, and by which equality it is unique: that of an operator class."""

    column: int
    """0 for an expression."""
    family: int
    type: int
    """The type that the operator class compares."""
    is_default: bool
    """Whether GROUP BY and DISTINCT compare that type by this operator class, too."""
    collation: int
    text: str
    """As SQL states it."""


class Index(msgspec.Struct, frozen=True):
    """A unique index that holds for every row at once: valid, ready, not deferrable."""

    keys: tuple[IndexKey, ...]
    partial: str
    """The predicate's tree, or empty."""
    condition: str
    """The predicate as SQL states it, or empty."""
    expressions: str
    """The expressions' trees, or empty."""


class ForeignKey(msgspec.Struct, frozen=True, array_like=True):
    """A foreign key that holds at every moment: validated, not deferrable, hidden by no policy."""

    table: int
    target: int
    columns: tuple[int, ...]
    target_columns: tuple[int, ...]
    operators: tuple[int, ...]
    """The equality operator of each pair, target = referencing."""
