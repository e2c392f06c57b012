"""The kinds of value that Python has no type for: any JSON, its null, and an enum that may grow.

`Json` is a recursive alias for type checkers and plain `Any` when the program runs, so that
resolving a row's annotations never recurses.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

MASK = "***"
"""What stands for a secret wherever it is shown."""


class JsonNull(Enum):
    """The class of JSON_NULL, for annotations."""

    JSON_NULL = None

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "JSON_NULL"


JSON_NULL: Final = JsonNull.JSON_NULL
"""A json or jsonb value that is `null`; None is SQL's NULL: no value at all.

Inside of a list or a dict None is null, and JSON_NULL is written as the same.
"""

if TYPE_CHECKING:
    Json: TypeAlias = (
        "bool | int | float | str | JsonNull | list[Json | None] | dict[str, Json | None]"
    )
else:
    Json = Any


_DECODING: ContextVar[bool] = ContextVar("decoding", default=False)


@contextmanager
def open_labels() -> Iterator[None]:
    """Let who calls an enum with a label have a stand-in too, as msgspec does."""
    token = _DECODING.set(True)
    try:
        yield
    finally:
        _DECODING.reset(token)


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
            return cls._stand_in(label)

    @classmethod
    def _stand_in(cls, label: str) -> Self:
        unknown = str.__new__(cls, label)
        unknown._name_ = unknown._value_ = label
        return unknown

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls._stand_in(value) if _DECODING.get() and isinstance(value, str) else None

    def __reduce_ex__(self, _protocol: object) -> tuple[Any, ...]:
        """Pickle by label, so that a stand-in survives the journey too."""
        return type(self).from_label, (self._value_,)
