"""A query's parameters, and what was typed → fields that show it again, and the values to send.

Every value travels as the text that PostgreSQL reads: what it refuses is said at its field, and what
was typed stays as it was typed.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec

from amber_sql.studio.catalogue.model import Parameter  # noqa: TC001  # a field's type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from psycopg import AsyncConnection

    from amber_sql.studio.catalogue.model import Query

TEXTS = {"text", "varchar", "bpchar", "citext", "name", "char"}
_CONTROLS = {
    "timestamptz": "time", "timestamp": "time", "date": "date", "bool": "choice",
    "json": "long", "jsonb": "long", "text": "text",
    "int2": "number", "int4": "number", "int8": "number", "numeric": "number",
    "float4": "number", "float8": "number",
}  # fmt: skip
_EXAMPLES = {
    "timestamptz": "2026-11-28 09:30+01, or now",
    "timestamp": "2026-11-28 09:30",
    "date": "2026-11-28, or today",
    "interval": "1 day 02:00",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "bytea": r"\x68656c6c6f",
    "inet": "192.0.2.1",
    "json": '{"key": 1}',
    "jsonb": '{"key": 1}',
}
PLACEHOLDER_ARRAY = '["one", "two"], or {one,two}'
ABSENT, NULL, EMPTY = "absent", "null", "empty"
"""What an empty field means, where it can mean several things."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter as a form shows it."""

    parameter: Parameter
    name: str
    control: str
    """text, long, number, time, date, choice, switch or secret."""
    typed: str
    choices: tuple[str, ...]
    """What can be chosen, the empty text for nothing."""
    empties: tuple[tuple[str, str], ...]
    """(what an empty field may mean, in words), the first where nobody says."""
    empty: str
    example: str
    error: str = ""


class Typed(msgspec.Struct, frozen=True):
    """A form that was sent: its fields, and by parameter what goes to the server."""

    fields: tuple[Field, ...]
    values: dict[str, str | None]
    """Without those that are left out."""

    @property
    def right(self) -> bool:
        """Tell whether nothing was refused."""
        return not any(field.error for field in self.fields)


def read(query: Query, given: Callable[[str], str | None]) -> Typed:
    """Return the form of a query; `given` says what was sent of a field, None where it was not."""
    fields, values = [], dict[str, str | None]()
    for parameter in query.parameters:
        field = _field(parameter, given)
        typed, error = field.typed, ""
        if parameter.option == "switch":
            if typed:
                values[parameter.name] = "true"
        elif typed or field.empty == EMPTY:
            values[parameter.name] = _array(typed) if parameter.pg_type.endswith("[]") else typed
        elif field.empty == NULL:
            values[parameter.name] = None
        elif not field.empties:
            error = "a value is needed here"
        fields.append(msgspec.structs.replace(field, error=error))
    return Typed(tuple(fields), values)


def _field(parameter: Parameter, given: Callable[[str], str | None]) -> Field:
    control, choices = _control(parameter)
    empties = _empties(parameter, choices)
    typed = given(f"p.{parameter.name}") or ""
    if parameter.option == "choice" and typed not in choices:
        typed = choices[0]
    stated = given(f"e.{parameter.name}") or ""
    known = [value for value, _ in empties]
    return Field(
        parameter=parameter,
        name=parameter.name,
        control=_time(control, parameter.pg_type, typed),
        typed=typed,
        choices=choices,
        empties=empties,
        empty=stated if stated in known else next(iter(known), ""),
        example=PLACEHOLDER_ARRAY
        if parameter.pg_type.endswith("[]")
        else _EXAMPLES.get(parameter.pg_type, ""),
    )


def _control(parameter: Parameter) -> tuple[str, tuple[str, ...]]:
    """Return what a parameter is typed in, and between what one chooses."""
    base = parameter.pg_type
    if parameter.secret:
        return "secret", ()
    if parameter.option == "switch":
        return "switch", ()
    if parameter.option == "choice":
        return "choice", parameter.labels
    if parameter.labels and not base.endswith("[]"):
        return "choice", ("", *parameter.labels)
    if base == "bool":
        return "choice", ("", "true", "false")
    return _CONTROLS.get(base, "long" if base.endswith("[]") else "text"), ()


def _empties(parameter: Parameter, choices: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return what an empty field may mean."""
    found = []
    if parameter.option not in {"choice", "switch"}:
        if parameter.optional:
            found.append((ABSENT, "left out"))
        if parameter.nullable:
            found.append((NULL, "NULL"))
        if parameter.pg_type in TEXTS and not choices:
            found.append((EMPTY, "an empty text"))
    return tuple(found)


def _time(control: str, base: str, typed: str) -> str:
    """Return `text` for a time that a browser's own field for times would drop."""
    if control == "date" and typed and not re.fullmatch(r"\d{4}-\d\d-\d\d", typed):
        return "text"
    if (
        control == "time"
        and (base == "timestamptz" or typed)
        and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", typed)
    ):
        return "text"
    return control


def _array(typed: str) -> str:
    """Return JSON's array as PostgreSQL's; anything else as it is."""
    try:
        found = json.loads(typed)
    except ValueError:
        return typed
    return _literal(found) if isinstance(found, list) else typed


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return "{" + ",".join(map(_literal, value)) + "}"
    if value is None:
        return "NULL"
    text = value if isinstance(value, str) else json.dumps(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_REFUSED = "SELECT e.message FROM pg_catalog.pg_input_error_info(%s, %s) AS e"
_SINCE = 160000
"""The first version that says what is wrong with a text without an error."""


async def checked(conn: AsyncConnection, typed: Typed) -> Typed:
    """Let the server read each value by itself, and say at its field what it refuses."""
    if conn.info.server_version < _SINCE:
        return typed
    fields = []
    for field in typed.fields:
        value, error = typed.values.get(field.name), field.error
        if value is not None and not error and field.parameter.option not in {"switch", "choice"}:
            row = await (await conn.execute(_REFUSED, [value, field.parameter.pg_type])).fetchone()
            error = row[0] if row and row[0] else ""
        if error and field.parameter.secret:
            error = f"this is no {field.parameter.pg_type}"
        fields.append(msgspec.structs.replace(field, error=error))
    return Typed(tuple(fields), typed.values)


def sent(names: Iterable[str], values: dict[str, str | None]) -> list[str | None]:
    """Return the values of a statement's parameters in its order."""
    return [values.get(name) for name in names]
