"""JSON, both ways, by msgspec: what PostgreSQL's json and jsonb hold, and what they do not.

A JSON null and SQL's NULL are two values: JSON_NULL and None. Inside of an array or an object
there is no NULL, so null is None there.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from . import _charsets as charsets
from ._fields import without_null
from ._literals import Unfit, to_text
from ._loaders import UTF8, Drift, Unreadable
from ._values import JSON_NULL, open_labels

if TYPE_CHECKING:
    from collections.abc import Callable

JSONB_PREFIX = {"json": 0, "jsonb": 1}
"""How many bytes come before the text in the binary form: jsonb's have a version."""

NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The character NUL as JSON writes it: json keeps that, jsonb has no place for it."""

PLACE = re.compile(r" - at ((?:`\w+` in )?`\$[^`]*`)$")
SAID = re.compile(
    r"Expected `[^`]*`(?:, got `[\w ]+`| of length [<=>]+ \d+| of length \d+)?"
    r"|Object missing required field `\w+`|Object contains unknown field"
    r"|Invalid (?:enum value|value|UUID|RFC3339 encoded \w+)|Number out of range"
)
"""What msgspec says without a value; a class's own `__post_init__` may say anything."""

TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*')
MOST_DIGITS = 4300
"""More of them Python reads into no int, unless it was told to."""

NO_FLOAT = re.compile(r"Expected `float(?: \| null)?`, got `str`")

ODD_OFFSET = re.compile(rb'(?<=")\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d:\d\d(?=")')
"""A point of time as PostgreSQL writes it where the zone's offset had seconds: RFC 3339 has none."""


class Misfit(Unreadable):  # never leaves the runtime: it becomes UnfitJson
    """A stored JSON value that is not of the shape which its column is read as."""

    def __init__(self, shape: Any, why: msgspec.ValidationError) -> None:
        self.shape, (self.path, self.reason) = name_of(shape), place_of(why)
        super().__init__(f"does not fit {self.shape} at {self.path}: {self.reason}")


def name_of(shape: Any) -> str:
    """Return how a message calls a shape: a class by its name."""
    return shape.__name__ if isinstance(shape, type) else str(shape)


def place_of(why: msgspec.ValidationError) -> tuple[str, str]:
    """Return where JSON did not fit, and why, as far as msgspec's words cannot hold a value."""
    message, path = str(why), "$"
    if found := PLACE.search(message):
        message, path = message[: found.start()], found[1].replace("`", "")
    said = SAID.match(message)
    return path, said[0][:1].lower() + said[0][1:] if said else "its class refuses it"


def write_json(value: Any) -> str:
    """Return JSON; structs, dates and UUIDs become what msgspec makes of them."""
    return _encoded(value).decode()


def write_jsonb(value: Any) -> str:
    """Return JSON that jsonb can hold."""
    return _for_jsonb(_encoded(value)).decode()


def _for_jsonb(written: bytes) -> bytes:
    if rb"\u0000" in written and NUL.search(written):
        raise Unfit("cannot hold the character NUL, which json can")
    return written


def _encoded(value: Any) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        raise TypeError
    if type(value).__module__ == "psycopg.types.json":
        value = value.obj
    try:
        written = msgspec.json.encode(value)
    except TypeError as why:  # it names the type, not the value
        raise Unfit(f"is no JSON: {why}") from None
    except UnicodeEncodeError:
        raise Unfit("has half of a surrogate pair, which is no character") from None
    if b"null" in written and not _is_finite(msgspec.to_builtins(value)):  # as msgspec writes NaN
        raise Unfit("is no JSON: it has no NaN and no Infinity")
    return written


to_text.register(dict, write_json)


def _is_finite(value: Any) -> bool:
    """Tell whether every number in lists and dicts is one that JSON can say."""
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    return not isinstance(value, list | tuple | set | frozenset) or all(map(_is_finite, value))


@cache
def writer_as(shape: Any, pg_type: str) -> Callable[[Any], str]:
    """Return what writes JSON of a stated shape: what could not be read again is refused.

    A struct may hold anything, so what it was made of is looked at as a reader will look at it.
    """
    shape = without_null(shape)
    decode = msgspec.json.Decoder(shape).decode

    def write(value: Any) -> str:
        written = _encoded(value)
        try:
            decode(written)
        except msgspec.ValidationError:
            try:
                _leniently(shape, written)
            except msgspec.ValidationError as why:
                raise Unfit(str(Misfit(shape, why))) from None
        return (_for_jsonb(written) if pg_type == "jsonb" else written).decode()

    return write


def stated_shape(annotation: Any, pg_type: str) -> Any:
    """Return what JSON in a type has to fit, by the type's annotation; None where there is none."""
    if pg_type.strip("[]") not in JSONB_PREFIX:
        return None
    shape = without_null(annotation)
    for _ in range(pg_type.count("[]")):
        shape = without_null((get_args(shape) or (Any,))[0])
    return None if shape is Any else shape


@cache
def json_reader(shape: Any, prefix: int, encoding: str) -> Callable[[bytes], Any]:
    """Return what reads JSON as `shape`; jsonb has a `prefix` of one byte, its version."""
    try:
        decode = msgspec.json.Decoder(shape).decode
    except TypeError as why:
        raise Drift(f"msgspec reads no JSON as {name_of(shape)}: {why}") from None

    def read(data: bytes) -> Any:
        text = data[prefix:]
        if encoding != UTF8:
            text = charsets.decode(text, encoding).encode()
        try:
            value = decode(text)
        except msgspec.ValidationError as why:
            value = _once_more(shape, bytes(text), str(why))
        except msgspec.DecodeError:  # PostgreSQL's json looks no closer at escapes
            raise Unreadable("has an escape that stands for no character") from None
        return JSON_NULL if value is None else value

    return read


def _once_more(shape: Any, text: bytes, why: str, *, strict: bool = True) -> Any:
    """Read what msgspec by itself does not: new labels, NaN as a text, numbers past a float's, odd offsets.

    Raises Misfit.
    """
    before = text, strict, why
    if why.startswith("Number out of range"):
        text = TOKEN.sub(_whole, text)
    if "RFC3339" in why:
        text = ODD_OFFSET.sub(_in_utc, text)
    if NO_FLOAT.match(why) and (b'"NaN"' in text or b'Infinity"' in text):
        strict = False
    try:
        return _leniently(shape, text, strict=strict)
    except msgspec.ValidationError as again:
        if before != (text, strict, str(again)):  # a document may have several of them
            return _once_more(shape, text, str(again), strict=strict)
        if shape is Any:
            raise Unreadable(f"has a number of more than {MOST_DIGITS} digits") from None
        raise Misfit(shape, again) from None


def _whole(token: re.Match[bytes]) -> bytes:
    """Return a number beyond float's as the int that it is, `1e400` as jsonb writes it anyway."""
    written = token[0]
    if written.startswith(b'"') or isfinite(float(written)):
        return written
    number = Decimal(written.decode())
    if number.adjusted() >= MOST_DIGITS:
        return written
    return str(int(number.to_integral_value())).encode()


def _in_utc(found: re.Match[bytes]) -> bytes:
    try:
        return datetime.fromisoformat(found[0].decode()).astimezone(UTC).isoformat().encode()
    except (ValueError, OverflowError):
        return found[0]


def _leniently(shape: Any, text: bytes, *, strict: bool = True) -> Any:
    with open_labels():
        return msgspec.json.decode(text, type=shape, strict=strict)
