"""Types of extensions, which are known by name since their OIDs are each database's own: both ways.

hstore, ltree and its questions, pgvector's vector, halfvec and sparsevec. Objects of pgvector's own
Python package are taken as parameters, too.
"""

from __future__ import annotations

from struct import Struct, error
from typing import TYPE_CHECKING, Any

from ._literals import Unfit, quoted, refuse_at, text
from ._numbers import as_float4, read_int4

if TYPE_CHECKING:
    from collections.abc import Callable

    Decode = Callable[[bytes], str]

_DIMENSIONS = Struct("!HH")
_SPARSE = Struct("!iii")
_HALF = Struct("!e")
_FLOAT4_DIGITS = 9
_LEAST_PLAIN, _LAST_PLAIN = 1e-4, 1e6


def hstore(decode: Decode) -> Callable[[bytes], dict[str, str | None]]:
    """Return what reads an hstore; `decode` knows the session's client_encoding."""

    def read(data: bytes) -> dict[str, str | None]:
        (count,), place = read_int4(data), 4
        found: list[str | None] = []
        for _ in range(2 * count):
            (length,) = read_int4(data, place)
            place += 4
            found.append(None if length < 0 else decode(data[place : place + length]))
            place += max(length, 0)
        return dict(zip(map(str, found[::2]), found[1::2], strict=True))

    return read


def versioned(decode: Decode) -> Callable[[bytes], str]:
    """Return what reads a text that has the version of its form before it."""
    return lambda data: decode(data[1:])


def vector(data: bytes) -> list[float]:
    """Return a vector of pgvector."""
    count, _ = _DIMENSIONS.unpack_from(data)
    return list(Struct(f"!{count}f").unpack_from(data, _DIMENSIONS.size))


def halfvec(data: bytes) -> list[float]:
    """Return a vector of half as many bits."""
    count, _ = _DIMENSIONS.unpack_from(data)
    return list(Struct(f"!{count}e").unpack_from(data, _DIMENSIONS.size))


def sparsevec(data: bytes) -> str:
    """Return a sparse vector as pgvector shows it, `{1:0.5,3:2}/5`: indices begin at 1."""
    dimensions, count, _ = _SPARSE.unpack_from(data)
    numbers = Struct(f"!{count}i{count}f").unpack_from(data, _SPARSE.size)
    pairs = zip(numbers[:count], numbers[count:], strict=True)
    shown = ",".join(f"{index + 1}:{shortest(value)}" for index, value in pairs)
    return f"{{{shown}}}/{dimensions}"


def shortest(number: float) -> str:
    """Return the fewest digits that tell a real from any other, as PostgreSQL shows it."""
    for digits in range(1, _FLOAT4_DIGITS):
        if as_float4(float(f"{number:.{digits}g}")) == number:
            break
    else:
        digits = _FLOAT4_DIGITS
    if _LEAST_PLAIN <= abs(number) < _LAST_PLAIN or not number:
        return f"{float(f'{number:.{digits}g}'):.{_FLOAT4_DIGITS}f}".rstrip("0").rstrip(".")
    return f"{number:.{digits - 1}e}"


def write_hstore(value: Any) -> str:
    """Return a dict of texts, or None, as an hstore."""
    if not isinstance(value, dict):
        raise TypeError
    pairs = []
    for key, item in value.items():
        try:
            pairs.append(f"{quoted(text(key))}=>{'NULL' if item is None else quoted(text(item))}")
        except Exception as problem:  # noqa: BLE001  # whatever it was, its place is named
            raise refuse_at("a key or a value", item, problem) from None
    return ",".join(pairs)


def write_vector(value: Any) -> str:
    """Return numbers as a vector, each as real keeps it."""
    return _written(value, as_float4, "real")


def write_halfvec(value: Any) -> str:
    """Return numbers as a halfvec, each as it keeps it."""
    return _written(value, _as_half, "halfvec")


def _as_half(number: float) -> float:
    try:
        (kept,) = _HALF.unpack(_HALF.pack(number))
    except error as why:
        raise OverflowError from why
    return float(kept)


def _written(value: Any, keep: Callable[[float], float], kind: str) -> str:
    if hasattr(value, "to_list"):  # pgvector's own
        value = value.to_list()
    if isinstance(value, str | bytes | dict):
        raise TypeError
    return f"[{','.join(repr(_number(item, keep, kind)) for item in value)}]"


def _number(item: Any, keep: Callable[[float], float], kind: str) -> float:
    if item is None or isinstance(item, str | bytes):
        raise Unfit(f"at one of its elements takes no {type(item).__name__}")
    number = float(item)
    try:
        kept = keep(number)
    except OverflowError:
        kept = number * float("inf")
    if kept - kept != 0:
        raise Unfit(f"at one of its elements is out of range for {kind}")
    return kept


def write_sparsevec(value: Any) -> str:
    """Return a text, or what pgvector makes one of."""
    return text(value.to_text() if hasattr(value, "to_text") else value)


LISTS: dict[str, Callable[[bytes], list[float]]] = {"vector": vector, "halfvec": halfvec}
WRITERS: dict[str, Callable[[Any], str]] = {
    "hstore": write_hstore,
    "vector": write_vector,
    "halfvec": write_halfvec,
    "sparsevec": write_sparsevec,
}
