"""JSON, both ways, by msgspec: what PostgreSQL's json and jsonb hold, and what they do not.

A JSON null and SQL's NULL are two values: JSON_NULL and None. Inside of an array or an object
there is no NULL, so null is None there.
"""

from __future__ import annotations

import json
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any

import msgspec

from . import _charsets as charsets
from ._literals import Unfit, to_text
from ._loaders import UTF8, Drift
from ._values import JSON_NULL

if TYPE_CHECKING:
    from collections.abc import Callable

JSONB_PREFIX = {"json": 0, "jsonb": 1}
"""How many bytes come before the text in the binary form: jsonb's have a version."""


def write_json(value: Any) -> str:
    """Return JSON; structs, dates and UUIDs become what msgspec makes of them."""
    if isinstance(value, bytes | bytearray | memoryview):
        raise TypeError
    if type(value).__module__ == "psycopg.types.json":
        value = value.obj
    try:
        written = msgspec.json.encode(value)
    except TypeError as why:  # it names the type, not the value
        raise Unfit(f"is no JSON: {why}") from None
    if b"null" in written and not _is_finite(msgspec.to_builtins(value)):  # as msgspec writes NaN
        raise Unfit("is no JSON: it has no NaN and no Infinity")
    return written.decode()


to_text.register(dict, write_json)


def _is_finite(value: Any) -> bool:
    """Tell whether every number in lists and dicts is one that JSON can say."""
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    return not isinstance(value, list | tuple) or all(map(_is_finite, value))


@cache
def json_reader(shape: Any, prefix: int, encoding: str) -> Callable[[bytes], Any]:
    """Return what reads JSON as `shape`; jsonb has a `prefix` of one byte, its version."""
    decode = msgspec.json.Decoder(shape).decode

    def read(data: bytes) -> Any:
        text = data[prefix:]
        if encoding != UTF8:
            text = charsets.decode(text, encoding).encode()
        try:
            value = decode(text)
        except msgspec.ValidationError as why:
            if shape is Any:  # a number past what a float holds; PostgreSQL's has no limit
                return json.loads(text)
            place = str(why).rpartition(" - at ")[2]  # the rest of the message has the value
            raise Drift(f"JSON does not fit {shape.__name__} at {place}") from None
        return JSON_NULL if value is None else value

    return read
