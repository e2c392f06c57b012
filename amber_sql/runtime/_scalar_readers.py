"""Binary values → Python values, for the scalar types that psycopg does not read as we want them.

They take what psycopg has loaded as bytes.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any

from ._addresses import read_inet, read_macaddr
from ._extension_types import sparsevec, versioned
from ._interval import read_timedelta
from ._loaders import Drift
from ._text_search import tsquery, tsvector

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg.abc import Loader

_BIT_LENGTH = 4
_SNAPSHOT = Struct("!iqq")
_XID8 = Struct("!q")
WIDTHS = (2, 4, 8)
FLOATS = {4: Struct("!f").unpack, 8: Struct("!d").unpack}


def integer(data: bytes) -> int:
    """Return a signed integer of any width: what is behind a domain may have changed."""
    if len(data) not in WIDTHS:
        raise Drift("a type that was an integer is none any more")
    return int.from_bytes(data, "big", signed=True)


def unsigned(data: bytes) -> int:
    """Return the number of an object, of a transaction or of a command in it."""
    return int.from_bytes(data, "big")


def floating(data: bytes) -> float:
    """Return a float of either width: what is behind a domain may have changed."""
    load = FLOATS.get(len(data))
    if load is None:
        raise Drift("a type that was real or double precision is neither any more")
    number: float = load(data)[0]
    return number


def one_byte(data: bytes) -> str:
    """Return a "char", which is empty where its byte is zero."""
    return "" if data == b"\0" else data.decode("ascii")


def lsn(data: bytes) -> str:
    """Return a place in the write-ahead log."""
    return f"{int.from_bytes(data[:4], 'big'):X}/{int.from_bytes(data[4:], 'big'):X}"


def tid(data: bytes) -> str:
    """Return a row's place: its block, and its number there."""
    return f"({int.from_bytes(data[:4], 'big')},{int.from_bytes(data[4:], 'big')})"


def bits(data: bytes) -> str:
    """Return a bit string as zeros and ones."""
    length = int.from_bytes(data[:_BIT_LENGTH], "big")
    return "".join(f"{octet:08b}" for octet in data[_BIT_LENGTH:])[:length]


def snapshot(data: bytes) -> str:
    """Return which transactions a snapshot sees: `xmin:xmax:running,running`."""
    _, low, high = _SNAPSHOT.unpack_from(data)
    running = ",".join(str(xid) for (xid,) in _XID8.iter_unpack(data[_SNAPSHOT.size :]))
    return f"{low}:{high}:{running}"


def of_size(loader: type[Loader], size: int, name: str) -> Callable[[Any], Any]:
    """Return what loads values of a fixed size, and refuses those of another type."""
    load = loader(0).load

    def read(data: bytes) -> Any:
        if len(data) != size:
            raise Drift(f"a type that was {name} is none any more")
        return load(data)

    return read


READERS: dict[str, Callable[[bytes], Any]] = {
    **dict.fromkeys(("inet", "cidr"), read_inet),
    **dict.fromkeys(("macaddr", "macaddr8"), read_macaddr),
    **dict.fromkeys(("xid", "cid", "xid8"), unsigned),
    **dict.fromkeys(("bit", "varbit"), bits),
    "interval": read_timedelta,
    "pg_lsn": lsn,
    "tid": tid,
    **dict.fromkeys(("char", '"char"'), one_byte),
    **dict.fromkeys(("pg_snapshot", "txid_snapshot"), snapshot),
    "sparsevec": sparsevec,
}

TEXT_READERS: dict[str, Callable[[Callable[[bytes], str]], Callable[[bytes], str]]] = {
    **dict.fromkeys(("jsonpath", "ltree", "lquery", "ltxtquery"), versioned),
    "tsquery": tsquery,
    "tsvector": tsvector,
}
"""The same for texts: given what decodes those of a session."""
