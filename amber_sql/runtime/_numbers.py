"""Numbers in PostgreSQL's binary form: the one table of their widths, for every place."""

from __future__ import annotations

from struct import Struct, calcsize

CODES = {"bool": "?", "int2": "h", "int4": "i", "int8": "q", "float4": "f", "float8": "d"}
"""The letter by which `struct` knows each, in network order."""

INTEGERS = ("int2", "int4", "int8")
PACKERS = {name: Struct(f"!{CODES[name]}").pack for name in INTEGERS}
BITS = {name: 8 * calcsize(f"!{CODES[name]}") for name in INTEGERS}

read_int4 = Struct("!i").unpack_from
"""A count or a length, at a place in some bytes: `(number,) = read_int4(data, place)`."""
