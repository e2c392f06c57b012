"""A change → the SQL that is shown, which is the SQL that runs, letter by letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.studio.selecting import quoted

if TYPE_CHECKING:
    from amber_sql.studio.changes import Change


def literal(value: str | None) -> str:
    """Return a value as a constant, for a session with standard_conforming_strings."""
    if value is None:
        return "NULL"
    plain = value.replace("'", "''")
    if "\\" in plain or any(not sign.isprintable() and sign != "\n" for sign in plain):
        escaped = plain.replace("\\", "\\\\")
        return "E'" + "".join(map(_escape, escaped)) + "'"
    return f"'{plain}'"


def _escape(sign: str) -> str:
    """Write what steers a terminal, or turns the text around, as its number."""
    if sign.isprintable() or sign == "\n":
        return sign
    return f"\\u{ord(sign):04X}" if ord(sign) < 1 << 16 else f"\\U{ord(sign):08X}"


def statement_of(change: Change) -> str:
    """Return the statement; of an UPDATE or DELETE it finds the row as it was read, or none."""
    table = quoted(change.schema, change.table)
    match change.kind:
        case "insert":
            if not change.values:
                return f"INSERT INTO {table} DEFAULT VALUES"
            names = ", ".join(quoted(name) for name, _ in change.values)
            values = ", ".join(literal(value) for _, value in change.values)
            return f"INSERT INTO {table} ({names})\nVALUES ({values})"
        case "update":
            sets = ",\n    ".join(
                f"{quoted(name)} = {literal(value)}" for name, value in change.values
            )
            return f"UPDATE {table}\nSET {sets}\nWHERE {_as_read(change)}"
    return f"DELETE FROM {table}\nWHERE {_as_read(change)}"


def _as_read(change: Change) -> str:
    key = [f"{quoted(name)} = {literal(value)}" for name, value in change.key]
    return " AND ".join([*key, f"xmin = {literal(change.version)}"])
