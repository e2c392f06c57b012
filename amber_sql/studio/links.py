"""Names and key values ↔ parts of an address, one spelling each.

What a browser, a proxy or a server would read as more than text (a slash, a dot, a percent sign)
is written as `~2F`, byte by byte. A value's own comma is escaped, so that `a,b` is two values.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_WHOLE = re.compile(r"(?:[A-Za-z0-9_-]|~[0-9A-F]{2})*")
_ESCAPED = re.compile(rb"~([0-9A-F]{2})")
EMPTY = "~"
"""The empty text: a part of an address cannot be empty."""


def encode(text: str) -> str:
    """Return `text` as one part of an address."""
    signs = (chr(byte) if byte in _PLAIN else f"~{byte:02X}" for byte in text.encode())
    return "".join(signs) or EMPTY


def decode(part: str) -> str:
    """Return the text that `encode` wrote. Raises ValueError for what it never writes."""
    if part == EMPTY:
        return ""
    if not part or not _WHOLE.fullmatch(part):
        raise ValueError(part)
    text = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), part.encode()).decode()
    if encode(text) != part:
        raise ValueError(part)
    return text


def encode_key(values: Iterable[str]) -> str:
    """Return the values of a key as one part of an address."""
    return ",".join(map(encode, values))


def decode_key(part: str) -> list[str]:
    """Return the values that `encode_key` wrote. Raises ValueError for what it never writes."""
    return [decode(one) for one in part.split(",")]


def table(schema: str, name: str) -> str:
    """Return the address of a table's page."""
    return f"/table/{encode(schema)}/{encode(name)}"


def row(schema: str, name: str, key: Sequence[str]) -> str:
    """Return the address of a row's page."""
    return f"/row/{encode(schema)}/{encode(name)}/{encode_key(key)}"


def add(schema: str, name: str) -> str:
    """Return the address of the form that adds a row."""
    return f"/add/{encode(schema)}/{encode(name)}"


def shape(schema: str, name: str) -> str:
    """Return the address of what a table is: columns, keys, indexes, its neighbourhood."""
    return f"/schema/{encode(schema)}/{encode(name)}"


def query(module: str, name: str) -> str:
    """Return the address of a query's page."""
    return f"/query/{encode(module)}/{encode(name)}"


def with_query(path: str, given: Iterable[tuple[str, str]]) -> str:
    """Return an address with what stands behind its question mark."""
    text = urlencode(list(given))
    return f"{path}?{text}" if text else path


def as_json(address: str) -> str:
    """Return the address of a page's twin; nothing of nothing."""
    path, mark, rest = address.partition("?")
    return f"{'/index' if path == '/' else path}.json{mark}{rest}" if address else ""
