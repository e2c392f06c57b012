"""Binary values → Python values, for the types where psycopg's own answer is not ours.

Most take what psycopg has loaded as bytes or text. They need no connection: text is UTF-8 and
time is UTC whatever the session says, so nothing is registered anywhere.
"""

from __future__ import annotations

import json
from functools import cache
from socket import AF_INET, AF_INET6, inet_ntop
from typing import TYPE_CHECKING, Any

import msgspec
from psycopg.adapt import Loader
from psycopg.pq import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from psycopg import abc

    from ._codegen import Reading
    from ._values import OpenEnum

BINARY = Format.BINARY
UTF8 = "utf-8"
PGSQL_AF_INET = 2
HOST = bytes((PGSQL_AF_INET, 32, False, 4))
"""What comes before the four octets of an IPv4 address without a netmask."""
OCTETS = tuple(map(str, range(256)))
NOTHING: Mapping[Any, Any] = {}


class Drift(Exception):  # never leaves the runtime: it becomes SchemaChanged
    """The server sends something that the generated code was not made for."""


class BinaryLoader(Loader):
    """A loader of the binary form."""

    format = BINARY


def network(data: bytes) -> str:
    """Return inet or cidr as the server writes them: with a length where that says something."""
    if len(data) == len(HOST) + 4 and data.startswith(HOST):  # inet_ntop takes three times as long
        _, _, _, _, a, b, c, d = data
        return f"{OCTETS[a]}.{OCTETS[b]}.{OCTETS[c]}.{OCTETS[d]}"
    family, bits, is_cidr, _size = data[:4]
    version, whole = (AF_INET, 32) if family == PGSQL_AF_INET else (AF_INET6, 128)
    address = inet_ntop(version, data[4:])
    return address if bits == whole and not is_cidr else f"{address}/{bits}"


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


def mac(data: bytes) -> str:
    """Return macaddr or macaddr8 with colons."""
    return data.hex(":")


def integer(data: bytes) -> int:
    """Return an integer of any width: a domain's own type is not known here."""
    return int.from_bytes(data, "big", signed=True)


@cache
def decoded(encoding: str) -> Callable[[bytes], str]:
    """Return what decodes text in a session whose client_encoding is not UTF8."""
    return lambda data: data.decode(encoding)


def encoding_of(connection: Any) -> str:
    """Return the session's client_encoding; SQL_ASCII says nothing, and UTF-8 is the best guess."""
    encoding: str = connection.info.encoding
    return UTF8 if encoding == "ascii" else encoding


@cache
def labels(members: type[OpenEnum]) -> Memo:
    """Return an enum's members by label. A label not there makes its own stand-in."""
    known = {member.value: member for member in members}
    return Memo(members.from_label, known, most=len(known) + 1_000)


@cache
def json_reader(shape: Any, prefix: int, encoding: str) -> Callable[[bytes], Any]:
    """Return what reads JSON as `shape`; jsonb has a `prefix` of one byte, its version."""
    decode = msgspec.json.Decoder(shape).decode

    def read(data: bytes) -> Any:
        text = data[prefix:]
        if encoding != UTF8:
            text = text.decode(encoding).encode()
        try:
            return decode(text)
        except msgspec.ValidationError as why:
            if shape is Any:  # a number past what a float holds; PostgreSQL's has no limit
                return json.loads(text)
            place = str(why).rpartition(" - at ")[2]  # the rest of the message has the value
            raise Drift(f"JSON does not fit {shape.__name__} at {place}") from None

    return read


def as_loader(reading: Reading) -> type[abc.Loader]:
    """Return a loader that does all of `reading`, for where psycopg's own code does the calling."""
    plain, finish = reading.loader, reading.call
    if composite := reading.composite:
        finish = lambda data: composite.read_at(data, 0)  # noqa: E731
    if reading.table is not None:
        finish = reading.table.find
    if finish is None:
        return plain

    class WholeLoader(BinaryLoader):
        def __init__(self, oid: int, context: Any = None) -> None:
            super().__init__(oid, context)
            self._load = plain(oid, context).load

        def load(self, data: Any) -> Any:
            return finish(self._load(data))

    return WholeLoader
