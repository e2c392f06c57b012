"""A row's fields → the schema by which pydantic validates it, writes it as JSON and shows it.

JSON is the one that msgspec writes of the same row: a Decimal and a UUID are texts, bytes base64, a
range an object of its bounds. A secret shows as `***`.
"""

from __future__ import annotations

from contextvars import ContextVar
from types import GenericAlias, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range
from pydantic_core import PydanticSerializationUnexpectedValue
from pydantic_core import core_schema as make

from ._fields import fields_of, is_a
from ._pydantic_values import KNOWN, Own, Ranges
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
            make.literal_schema([struct.__struct_config__.tag]), required=True
        )
    return make.typed_dict_schema(fields)


def _known(annotation: Any) -> Any:
    """Return an annotation that pydantic has a schema for."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in KNOWN:
        return KNOWN[annotation]
    if origin in (Range, Multirange):
        bound = _known(arguments[0])
        return Annotated[origin, Ranges(origin, bound)]
    if _is_foreign(annotation):
        return Annotated[annotation, _Struct(annotation)]
    if origin in (Union, UnionType):
        kinds = tuple(_known(each) for each in arguments if each is not msgspec.UnsetType)
        return Union[kinds]  # noqa: UP007  # of what is known only now
    if origin in (list, dict, tuple):
        return GenericAlias(
            origin, tuple(each if each is ... else _known(each) for each in arguments)
        )
    is_own = isinstance(annotation, type) and annotation.__module__ != "builtins"
    return Annotated[annotation, Own(annotation)] if is_own else annotation


def _is_foreign(annotation: Any) -> bool:
    """Tell whether this is a struct of somebody's that JSON has as an object."""
    return (
        is_a(annotation, msgspec.Struct)
        and not annotation.__struct_config__.array_like
        and not hasattr(annotation, "__get_pydantic_core_schema__")
    )


class _Struct:
    """Somebody's own struct, which a JSON column holds."""

    def __init__(self, struct: type[msgspec.Struct]) -> None:
        self._struct = struct

    def __get_pydantic_core_schema__(self, _source: Any, handler: Any) -> Any:
        return make.no_info_after_validator_function(
            self._as_msgspec_has_it, row_schema(self._struct, handler)
        )

    def _as_msgspec_has_it(self, value: Any) -> Any:
        """Refuse what `msgspec.Meta` does: it would not be written to the column."""
        try:
            msgspec.json.decode(msgspec.json.encode(value), type=self._struct)
        except msgspec.ValidationError as why:
            raise ValueError(str(why)) from None
        return value


def _as_it_is(value: Any) -> Any:
    return value


_MASKED = make.plain_serializer_function_ser_schema(
    lambda value: None if value is None else MASK,
    return_schema=make.nullable_schema(make.str_schema()),
)
