"""A struct's annotations, as the readers of rows and of composites ask for them."""

from __future__ import annotations

from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    import msgspec


def without_null(annotation: Any) -> Any:
    """Return `T` for `T | None`, and `T | U` for `T | U | None`."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = tuple(kind for kind in get_args(annotation) if kind is not NoneType)
        return Union[kinds]  # noqa: UP007  # of a tuple
    return annotation


def takes_null(annotation: Any) -> bool:
    """Tell whether the annotation says `| None`."""
    return annotation is Any or NoneType in get_args(annotation)


def is_a(kind: Any, parent: type) -> bool:
    """Tell whether an annotation is a class, and one derived from `parent`."""
    return isinstance(kind, type) and issubclass(kind, parent)


def is_composite(kind: Any) -> bool:
    """Tell whether an annotation is a row's, and no struct that stands for one value."""
    return hasattr(kind, "__struct_fields__") and not hasattr(kind, "__scalar__")


@cache
def fields_of(struct: type[msgspec.Struct]) -> tuple[tuple[str, Any, str], ...]:
    """Return name, annotation and built-in PostgreSQL type ("" if none) of each field."""
    hints = get_type_hints(struct)
    names = struct.__struct_fields__
    types = getattr(struct, "__pg_types__", ("",) * len(names))
    return tuple((name, hints[name], pg) for name, pg in zip(names, types, strict=True))
