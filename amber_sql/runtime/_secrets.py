"""Values of columns that are `@secret` → the same values, which nothing prints or writes as JSON.

They are bytes and str like any other: compared, hashed and passed back as parameters. What is hidden
is how they show: repr, str and format give `***`, and JSON gets an empty object in their place, since
msgspec takes what says to be a dataclass without fields for just that. `reveal` gives the plain value.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from ._row import Row
from ._values import MASK


class SecretBytes(bytes):
    """Bytes that do not show."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Any]] = {}

    def __repr__(self) -> str:
        """Give the mask."""
        return MASK

    __str__ = __repr__

    def __format__(self, _: str) -> str:
        """Give the mask, in whatever format."""
        return MASK

    def reveal(self) -> bytes:
        """Return the bytes as plain ones."""
        return bytes(self)


class SecretStr(str):
    """A text that does not show."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Any]] = {}

    def __repr__(self) -> str:
        """Give the mask."""
        return MASK

    __str__ = __repr__

    def __format__(self, _: str) -> str:
        """Give the mask, in whatever format."""
        return MASK

    def reveal(self) -> str:
        """Return the text as a plain one."""
        return self[:]


class RedactedStruct(Row, frozen=True, gc=False):
    """A struct whose secret fields are left out of its repr, and masked wherever they are shown."""

    __secret__: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Hide the values, whoever made the struct."""
        for name in self.__secret__:
            value = getattr(self, name)
            if (hidden := _hidden(value)) is not value:
                msgspec.structs.force_setattr(self, name, hidden)

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return the fields that are no secrets."""
        shown = [name for name in self.__struct_fields__ if name not in self.__secret__]
        return [(name, getattr(self, name)) for name in shown]

    def __repr__(self) -> str:
        """Show the fields that are no secrets."""
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"


def _hidden(value: Any) -> Any:
    if isinstance(value, list):
        return [_hidden(item) for item in value]
    if type(value) is str:
        return SecretStr(value)
    return SecretBytes(value) if type(value) is bytes else value
