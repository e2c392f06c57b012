"""An INSERT of one row → the same INSERT of many, whose values come as one array a column.

`VALUES ($1, $2)` becomes `SELECT … FROM unnest($1::uuid[], $2::text[])`, once for a statement.
That needs parameters that are values by themselves and whose types are built in and no arrays;
any other statement is executed row by row.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ._adapters import TYPES
from ._encode import TEXTS

if TYPE_CHECKING:
    from collections.abc import Mapping

# `re` compiles each when it is first used: most processes insert one row at a time.
INSERT = r"(?i)(\s*INSERT\s+INTO\s[^$']*?[\s)])VALUES\s*\(([^()']*)\)([^$]*)"
VALUE = r"(?i)\s*\$(\d+)((?:::[a-z_][\w.]*)?)\s*"
UPDATES = r"(?i)\bDO\s+UPDATE\b"


def unnested(sql: str, params: Mapping[str, str]) -> str | None:
    """Return the INSERT of many rows, or None where there is none that does the same."""
    found = re.fullmatch(INSERT, sql)
    if found is None or "--" in sql or "/*" in sql or not all(map(is_single, params.values())):
        return None
    start, values, end = found.groups()
    columns = [re.fullmatch(VALUE, value) for value in values.split(",")]
    numbers = [column and int(column[1]) for column in columns]
    if numbers != list(range(1, len(params) + 1)):
        return None
    selected = ", ".join(f"u.p{column[1]}{column[2]}" for column in columns if column)
    arrays = ", ".join(f"${n}::{pg_type}[]" for n, pg_type in enumerate(params.values(), 1))
    names = ", ".join(f"p{number}" for number in numbers)
    return f"{start}SELECT {selected} FROM unnest({arrays}) AS u({names}){end}"


def is_single(pg_type: str) -> bool:
    """Tell whether values of this type can be told apart in an array, and its name is known."""
    return pg_type in TYPES_OF_VALUES


TYPES_OF_VALUES = {info.name for info in TYPES if info.array_oid} | set(TEXTS) - {"enum", "citext"}
"""Not those of extensions: the schema that one is in may be on no search_path."""


def may_meet_itself(sql: str) -> bool:
    """Tell whether one statement for many rows refuses what one for each row does.

    ON CONFLICT DO UPDATE cannot touch a row twice.
    """
    return re.search(UPDATES, sql) is not None
