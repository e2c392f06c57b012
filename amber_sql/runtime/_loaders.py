"""What readers of every type share: the loader's class, errors, texts that are looked up.

No reader needs a connection: text is UTF-8 and time is UTC whatever the session says, so nothing
is registered anywhere.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Self

from psycopg.adapt import Loader
from psycopg.pq import Format

from . import _charsets as charsets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ._values import OpenEnum

BINARY = Format.BINARY
UTF8 = "utf-8"
NOTHING: Mapping[Any, Any] = {}


class Drift(Exception):  # never leaves the runtime: it becomes SchemaChanged
    """The server sends something that the generated code was not made for."""


class Unreadable(Exception):  # never leaves the runtime: it becomes UnreadableValue
    """A value that its annotation cannot hold; the text never holds the value."""

    @classmethod
    def depth(cls, found: int, expected: int) -> Self:
        """Return the error of an array that has other dimensions than its annotation."""
        wanted = "one dimension" if expected == 1 else f"{expected} dimensions"
        return cls(f"is an array of {found} dimensions, where its annotation has {wanted}")


class BinaryLoader(Loader):
    """A loader of the binary form."""

    format = BINARY


class Memo:
    """What `read` makes of a value, and None of None.

    `known` has what was made so far, and starts anew when it is too much. It is a plain dict:
    looking something up in a subclass of dict takes three times as long.
    """

    __slots__ = ("_most", "_read", "known")

    def __init__(
        self, read: Callable[[Any], Any], known: Mapping[Any, Any] = NOTHING, *, most: int
    ) -> None:
        self.known: dict[Any, Any] = dict(known)
        self._read, self._most = read, most

    def find(self, value: Any) -> Any:
        """Return what `value` is read as."""
        found = self.known.get(value)
        if found is None and value is not None:
            if len(self.known) >= self._most:
                self.known.clear()
            found = self.known[value] = self._read(value)
        return found


@cache
def decoded(encoding: str) -> Callable[[bytes], str]:
    """Return what decodes text in a session whose client_encoding is not UTF8."""
    return lambda data: charsets.decode(data, encoding)


def as_text(encoding: str) -> Callable[[bytes], str]:
    """Return what decodes a text that is part of a value."""
    return bytes.decode if encoding == UTF8 else decoded(encoding)


def encoding_of(connection: Any) -> str:
    """Return the session's client_encoding; SQL_ASCII says nothing, and UTF-8 is the best guess."""
    encoding: str = connection.info.encoding
    return UTF8 if encoding == "ascii" else encoding


@cache
def labels(members: type[OpenEnum]) -> Memo:
    """Return an enum's members by label. A label not there makes its own stand-in."""
    known = {member.value: member for member in members}
    return Memo(members.from_label, known, most=len(known) + 1_000)
