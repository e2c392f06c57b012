"""What JSON has of the values that pydantic has no schema for, or another one than msgspec.

Bytes are base64, a duration has no years, a range is an object of its bounds, and a class of somebody's
is what msgspec makes of it, or a text.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range
from pydantic import AllowInfNan
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic_core import core_schema as make


class Own:
    """A class of somebody's: as pydantic has it, else as msgspec has its JSON, else as its text."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        try:
            return handler(source)
        except (PydanticSchemaGenerationError, PydanticUserError):
            return self._as_json() if _is_document(self._kind) else self._as_text()

    def _as_json(self) -> Any:
        def validate(value: Any) -> Any:
            try:
                return msgspec.convert(value, self._kind)
            except msgspec.ValidationError as why:
                raise ValueError(str(why)) from None

        return make.no_info_plain_validator_function(
            validate,
            serialization=make.plain_serializer_function_ser_schema(msgspec.to_builtins),
            metadata={"pydantic_js_functions": [lambda _schema, _handler: shown(self._kind)]},
        )

    def _as_text(self) -> Any:
        def validate(value: Any, inner: Any) -> Any:
            if isinstance(value, self._kind):
                return value
            made: Any = self._kind
            return made(inner(value))

        written = make.plain_serializer_function_ser_schema(str, return_schema=make.str_schema())
        return make.no_info_wrap_validator_function(
            validate, make.str_schema(), serialization=written
        )


def _is_document(kind: Any) -> bool:
    """Tell whether msgspec reads a class as an object, or an array, of its fields."""
    marks = ("__struct_fields__", "__dataclass_fields__", "__attrs_attrs__", "__total__")
    return any(hasattr(kind, mark) for mark in marks)


def shown(kind: Any) -> dict[str, Any]:
    """Return the JSON schema of such a class, whole: what is in it stands where it is."""
    (schema,), parts = msgspec.json.schema_components([kind])

    def inlined(item: Any, outer: tuple[str, ...]) -> Any:
        if isinstance(item, list):
            return [inlined(each, outer) for each in item]
        if not isinstance(item, dict):
            return item
        if (name := str(item.get("$ref", "")).rpartition("/")[2]) and "$ref" in item:
            return {} if name in outer else inlined(parts[name], (*outer, name))
        return {key: inlined(each, outer) for key, each in item.items() if key != "discriminator"}

    whole: dict[str, Any] = inlined(schema, ())
    return whole


class _Base64:
    """Bytes, which JSON has as base64."""

    @staticmethod
    def __get_pydantic_core_schema__(_source: Any, _handler: Any) -> Any:
        def validate(value: Any, inner: Any) -> bytes:
            if isinstance(value, bytes):
                return value
            try:
                return b64decode(inner(value), validate=True)
            except NotBase64:
                raise ValueError("is not base64") from None

        def written(value: bytes, info: Any) -> Any:
            return b64encode(value).decode() if info.mode == "json" else value

        return make.no_info_wrap_validator_function(
            validate,
            make.str_schema(),
            serialization=make.plain_serializer_function_ser_schema(written, info_arg=True),
            metadata={"pydantic_js_updates": {"contentEncoding": "base64"}},
        )


class _Duration:
    """A timedelta, which JSON has as msgspec writes it: no years in it, and no months."""

    @staticmethod
    def __get_pydantic_core_schema__(_source: Any, _handler: Any) -> Any:
        return make.timedelta_schema(
            serialization=make.plain_serializer_function_ser_schema(
                msgspec.to_builtins, return_schema=make.str_schema(), when_used="json"
            )
        )

    @staticmethod
    def __get_pydantic_json_schema__(_schema: Any, _handler: Any) -> dict[str, Any]:
        return {"type": "string", "format": "duration"}


class Ranges:
    """A range as an object of its bounds, a multirange as one of these."""

    def __init__(self, kind: type, bound: Any) -> None:
        self._kind, self._bound = kind, bound

    def __get_pydantic_core_schema__(self, _source: Any, handler: Any) -> Any:
        schema = _range_schema(handler.generate_schema(self._bound))
        if self._kind is Range:
            return schema

        def validate(value: Any, inner: Any) -> Any:
            return value if isinstance(value, Multirange) else Multirange(inner(value)["ranges"])

        field = make.typed_dict_field(make.list_schema(schema))
        shape = make.typed_dict_schema({"ranges": field})
        written = make.plain_serializer_function_ser_schema(
            lambda value: {"ranges": list(value)}, return_schema=shape
        )
        return make.no_info_wrap_validator_function(validate, shape, serialization=written)


def _range_schema(bound: Any) -> Any:
    either = make.nullable_schema(bound)
    bounds = make.literal_schema(["[)", "[]", "(]", "()", ""])

    def optional(schema: Any, default: Any) -> Any:
        return make.typed_dict_field(
            make.with_default_schema(schema, default=default), required=False
        )

    shape = make.typed_dict_schema(
        {
            "lower": optional(either, None),
            "upper": optional(either, None),
            "bounds": optional(bounds, "[)"),
            "isempty": optional(make.bool_schema(), default=False),
        }
    )

    def validate(value: Any, inner: Any) -> Any:
        if isinstance(value, Range):
            return value
        given = inner(value)
        if given["isempty"]:
            return Range(empty=True)
        return Range(given["lower"], given["upper"], given["bounds"])

    return make.no_info_wrap_validator_function(
        validate,
        shape,
        serialization=make.plain_serializer_function_ser_schema(_fields, return_schema=shape),
    )


def _fields(value: Range[Any]) -> dict[str, Any]:
    names = ("lower", "upper", "bounds", "isempty")
    return {name: getattr(value, name) for name in names}


KNOWN: dict[Any, Any] = {
    bytes: Annotated[bytes, _Base64],
    timedelta: Annotated[timedelta, _Duration],
    Decimal: Annotated[Decimal, AllowInfNan()],  # numeric has them
}
