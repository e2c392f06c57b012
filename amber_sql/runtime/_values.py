"""The two kinds of value that Python has no type for: any JSON, and an enum that may grow.

`Json` is a recursive alias for type checkers and plain `Any` when the program runs, so that
resolving a row's annotations never recurses.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self, TypeAlias

if TYPE_CHECKING:
    Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
else:
    Json = Any


class OpenEnum(StrEnum):
    """A PostgreSQL enum. A label that this release does not know decodes all the same.

    Such a value is a member in every respect but its class's list: it keeps the label's text,
    and equality and hash are the text's. Adding a label to the database therefore never breaks
    running code. Only decoding is open: `Plan("typo")` raises ValueError, as any enum does.
    """

    @classmethod
    def from_label(cls, label: str) -> Self:
        """Return the member for `label`, or a stand-in that keeps its text."""
        try:
            return cls(label)
        except ValueError:
            unknown = str.__new__(cls, label)
            unknown._name_ = unknown._value_ = label
            return unknown

    def __reduce_ex__(self, _protocol: object) -> tuple[Any, ...]:
        """Pickle by label, so that a stand-in survives the journey too."""
        return type(self).from_label, (self._value_,)
