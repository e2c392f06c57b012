"""`Row`, the base of every generated struct: a msgspec struct that web frameworks understand as well.

msgspec's own functions stay what they are: `msgspec.to_builtins`, `structs.replace`,
`structs.asdict`. Litestar knows structs by itself. pydantic asks a class for its schema, and
FastAPI looks for the fields of a dataclass to tell a body from a parameter of the URL. Nothing of
either is imported here.
"""

from __future__ import annotations

from dataclasses import make_dataclass
from functools import cache
from typing import Any, ClassVar

import msgspec


@cache
def dataclass_fields(name: str, fields: tuple[str, ...]) -> dict[str, Any]:
    """Return what says of a class that it has these fields, to all who know dataclasses alone."""
    made: Any = make_dataclass(name, fields)
    found: dict[str, Any] = made.__dataclass_fields__
    return found


class _ShownFields:
    """The fields of a row's class that are no secrets, as those of a dataclass."""

    def __get__(self, _row: Any, kind: type[msgspec.Struct]) -> dict[str, Any]:
        hidden = getattr(kind, "__secret__", ())
        shown = tuple(name for name in kind.__struct_fields__ if name not in hidden)
        return dataclass_fields(kind.__name__, shown)


class Row(msgspec.Struct, frozen=True, gc=False):
    """A row of a query or of a table, or what a query takes for each row.

    Generated rows derive from it; so may a struct of one's own that pydantic or FastAPI meets.
    """

    __dataclass_fields__: ClassVar[Any] = _ShownFields()

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, handler: Any) -> Any:
        """Return the schema that pydantic, and nobody else, asks for."""
        from ._pydantic import row_schema  # it imports pydantic  # noqa: PLC0415

        return row_schema(cls, handler)
