"""Addresses: inet, cidr, macaddr and macaddr8 as text and in their binary form, both ways.

What is no address is refused here, by the parameter's name: the server would only say that the
syntax is invalid.
"""

from __future__ import annotations

import re
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import Any

from ._literals import Unfit, to_text

PGSQL_AF_INET, PGSQL_AF_INET6 = 2, 3
PGSQL_AF = {4: PGSQL_AF_INET, 16: PGSQL_AF_INET6}
"""By the number of octets."""
HOST = bytes((PGSQL_AF_INET, 32, False, 4))
"""What comes before the four octets of an IPv4 address without a netmask."""
OCTETS = tuple(map(str, range(256)))

# `re` compiles each when it is first used.
DIGIT = "[0-9A-Fa-f]"
MACADDR = (
    rf"{DIGIT}{{1,2}}([:-])(?:{DIGIT}{{1,2}}\1){{4}}{DIGIT}{{1,2}}"
    rf"|{DIGIT}{{6}}[:-]{DIGIT}{{6}}|{DIGIT}{{4}}([.-]){DIGIT}{{4}}\2{DIGIT}{{4}}|{DIGIT}{{12}}"
)
MACADDR8 = rf"(?:{DIGIT}{{2}}[:.-]?){{5}}{DIGIT}{{2}}(?:[:.-]?{DIGIT}{{2}}){{0,2}}"
BEGINNING = r"\d{1,3}(?:\.\d{1,3}){0,3}"
"""An IPv4 address of which octets may be missing at the end, as PostgreSQL takes it."""


def read_inet(data: bytes) -> str:
    """Return inet or cidr as the server writes them: with a length where that says something."""
    if len(data) == len(HOST) + 4 and data.startswith(HOST):  # inet_ntop takes three times as long
        _, _, _, _, a, b, c, d = data
        return f"{OCTETS[a]}.{OCTETS[b]}.{OCTETS[c]}.{OCTETS[d]}"
    family, bits, is_cidr, _size = data[:4]
    version, whole = (AF_INET, 32) if family == PGSQL_AF_INET else (AF_INET6, 128)
    address = inet_ntop(version, data[4:])
    return address if bits == whole and not is_cidr else f"{address}/{bits}"


def read_macaddr(data: bytes) -> str:
    """Return macaddr or macaddr8 with colons."""
    return data.hex(":")


def inet(value: Any) -> str:
    """Return an address, with or without a netmask."""
    text = to_text(value)
    parsed(text)
    return text


def cidr(value: Any) -> str:
    """Return a network, which has no bit set that its netmask does not cover."""
    if not isinstance(value, str) and not hasattr(value, "version"):  # a number would be an octet
        raise TypeError
    text = to_text(value)
    if "/" in text or not re.fullmatch(BEGINNING, text):
        packed, bits = parsed(text)
        if int.from_bytes(packed, "big") & ((1 << (8 * len(packed) - bits)) - 1):
            raise Unfit("has bits set to the right of its netmask")
    return text


def pack_inet(value: Any) -> bytes:
    """Return an address in inet's binary form."""
    packed, bits = parsed(to_text(value))
    family = PGSQL_AF[len(packed)]
    return bytes((family, bits, False, len(packed))) + packed


def parsed(text: str) -> tuple[bytes, int]:
    """Return the octets of an address and the length of its netmask."""
    host, slash, mask = text.partition("/")
    try:
        packed = inet_pton(AF_INET6 if ":" in host else AF_INET, host)
    except (OSError, ValueError):  # ValueError: a character that no address has
        packed = _padded(host, mask)
    width = bits = 8 * len(packed)
    if slash:
        bits = int(mask) if re.fullmatch("0|[1-9][0-9]{0,2}", mask) else width + 1
    if bits > width:
        raise Unfit("is no address")
    return packed, bits


def _padded(host: str, mask: str) -> bytes:
    """Return the octets of `10.1/16` or `010.1.0.0`, which inet_pton does not know."""
    octets = host.split(".")
    if re.fullmatch(BEGINNING, host, re.ASCII) and max(map(int, octets)) < len(OCTETS):
        missing = 4 - len(octets)
        if not missing or (mask.isdecimal() and int(mask) <= 8 * len(octets)):
            return bytes([*map(int, octets), *[0] * missing])
    raise Unfit("is no address")


def macaddr(value: Any) -> str:
    """Return a MAC address of six octets, in any of the forms that PostgreSQL takes."""
    return _matching(MACADDR, value)


def macaddr8(value: Any) -> str:
    """Return a MAC address of eight octets, or of six."""
    return _matching(MACADDR8, value)


def _matching(pattern: str, value: Any) -> str:
    text = to_text(value)
    if not re.fullmatch(pattern, text.strip(" ")):
        raise Unfit("is no MAC address")
    return text
