"""A row's fields → the schema by which pydantic validates it, writes it as JSON and shows it.

JSON is the one that msgspec writes of the same row: a Decimal and a UUID are texts, bytes base64, a
range an object of its bounds. A secret shows as `***`.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from contextvars import ContextVar
from datetime import timedelta
from decimal import Decimal
from types import GenericAlias, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range
from pydantic import AllowInfNan
from pydantic.errors import PydanticSchemaGenerationError
from pydantic_core import PydanticSerializationUnexpectedValue
from pydantic_core import core_schema as make

from ._fields import fields_of, is_a
from ._values import MASK

_open: ContextVar[tuple[type, ...]] = ContextVar("_open", default=())
"""Structs whose schemas are being made: a row may hold others of its own class."""


def row_schema(struct: type[msgspec.Struct], handler: Any) -> Any:
    """Return the schema of a struct; `handler` makes those of its fields."""
    ref = f"{struct.__module__}.{struct.__qualname__}:{id(struct)}"
    if struct in _open.get():
        return make.definition_reference_schema(ref)
    token = _open.set((*_open.get(), struct))
    try:
        shape = _shape(struct, handler)
    finally:
        _open.reset(token)
    names = dict(zip(struct.__struct_encode_fields__, struct.__struct_fields__, strict=True))

    def validate(value: Any, inner: Any) -> Any:
        if isinstance(value, struct):
            return value
        given = inner(value)
        return struct(**{name: given[key] for key, name in names.items() if key in given})

    tag = {struct.__struct_config__.tag_field: struct.__struct_config__.tag}
    tag.pop(None, None)

    def written(row: Any, inner: Any) -> Any:  # `inner` knows what to include and to exclude
        if not isinstance(row, struct):  # another row of a union
            raise PydanticSerializationUnexpectedValue(f"no {struct.__name__}")
        fields = ((key, getattr(row, name)) for key, name in names.items())
        return inner(tag | {key: value for key, value in fields if value is not msgspec.UNSET})

    return make.no_info_wrap_validator_function(
        validate,
        shape,
        ref=ref,
        serialization=make.wrap_serializer_function_ser_schema(written, schema=shape),
        metadata={"pydantic_js_updates": {"title": struct.__name__}},
    )


def _shape(struct: type[msgspec.Struct], handler: Any) -> Any:
    hidden = getattr(struct, "__secret__", ())
    fields = {}
    hints = {name: annotation for name, annotation, _ in fields_of(struct)}
    for field in msgspec.structs.fields(struct):
        schema = handler.generate_schema(_known(hints[field.name]))
        if field.name in hidden:
            schema = make.no_info_after_validator_function(_as_it_is, schema, serialization=_MASKED)
        fields[field.encode_name] = make.typed_dict_field(schema, required=field.required)
    if tag := struct.__struct_config__.tag_field:
        fields[tag] = make.typed_dict_field(
            make.literal_schema([struct.__struct_config__.tag]), required=False
        )
    return make.typed_dict_schema(fields)


def _known(annotation: Any) -> Any:
    """Return an annotation that pydantic has a schema for."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in _KNOWN:
        return _KNOWN[annotation]
    if origin in (Range, Multirange):
        bound = _known(arguments[0])
        return Annotated[origin, _Ranges(origin, bound)]
    if is_a(annotation, msgspec.Struct) and not hasattr(annotation, "__get_pydantic_core_schema__"):
        return Annotated[annotation, _Struct(annotation)]
    if origin in (Union, UnionType):
        kinds = tuple(_known(each) for each in arguments if each is not msgspec.UnsetType)
        return Union[kinds]  # noqa: UP007  # of what is known only now
    if origin in (list, dict, tuple):
        return GenericAlias(
            origin, tuple(each if each is ... else _known(each) for each in arguments)
        )
    is_own = isinstance(annotation, type) and annotation.__module__ != "builtins"
    return Annotated[annotation, _Own(annotation)] if is_own else annotation


class _Own:
    """A class that a database type is mapped to: as pydantic has it, or as its text."""

    def __init__(self, kind: type) -> None:
        self._kind = kind

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        try:
            return handler(source)
        except PydanticSchemaGenerationError:
            return self._as_text()

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


class _Struct:
    """Somebody's own struct, which a JSON column holds."""

    def __init__(self, struct: type[msgspec.Struct]) -> None:
        self._struct = struct

    def __get_pydantic_core_schema__(self, _source: Any, handler: Any) -> Any:
        return row_schema(self._struct, handler)


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


class _Ranges:
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


def _as_it_is(value: Any) -> Any:
    return value


_MASKED = make.plain_serializer_function_ser_schema(
    lambda value: None if value is None else MASK,
    return_schema=make.nullable_schema(make.str_schema()),
)
_KNOWN: dict[Any, Any] = {
    bytes: Annotated[bytes, _Base64],
    timedelta: Annotated[timedelta, _Duration],
    Decimal: Annotated[Decimal, AllowInfNan()],  # numeric has them
}
