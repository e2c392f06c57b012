"""Numbers in PostgreSQL's binary form: the one table of their widths, for every place."""

from __future__ import annotations

from struct import Struct

CODES = {"bool": "?", "int2": "h", "int4": "i", "int8": "q", "float4": "f", "float8": "d"}
"""The letter by which `struct` knows each, in network order."""

BITS = {
    "int2": (16, True),
    "int4": (32, True),
    "int8": (64, True),
    **dict.fromkeys(("oid", "xid", "cid"), (32, False)),
    "xid8": (64, False),
}
"""How wide each integer type is, and whether it has a sign."""

PACKERS = {name: Struct(f"!{CODES[name]}").pack for name in ("int2", "int4", "int8")}

read_int4 = Struct("!i").unpack_from
"""A count or a length, at a place in some bytes: `(number,) = read_int4(data, place)`."""

_FLOAT4 = Struct("!f")


def as_float4(number: float) -> float:
    """Return the nearest number that real holds. OverflowError where there is none."""
    kept: float
    (kept,) = _FLOAT4.unpack(_FLOAT4.pack(number))
    return kept
