"""Tables → a diagram in Mermaid's notation, which forges draw. Its texts are plainer than names may be.

Mermaid's names of entities, types and columns are words; what else a name holds becomes `_`, and the
page's tables have it as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from amber_sql.studio.diagram.boxes import Detail, short_type

if TYPE_CHECKING:
    from amber_sql.studio.catalogue.model import Table
    from amber_sql.studio.diagram.selection import Selection


def diagram(selection: Selection) -> str:
    """Return the text of a diagram, without its fence."""
    names = {table.label: f"t{number}" for number, (table, *_) in enumerate(selection.tables)}
    lines = ["erDiagram"]
    for table, detail, _ in selection.tables:
        columns = [f"        {_attribute(table, n)}" for n in _shown(table, detail)]
        head = f'    {names[table.label]}["{_label(table.label)}"]'
        lines += [f"{head} {{", *columns, "    }"] if columns else [head]
    for one in selection.references:
        parent, child = ("|o" if one.optional else "||"), ("o|" if one.single else "o{")
        lines.append(
            f'    {names[one.target]} {parent}--{child} {names[one.source]} : "{_label(one.columns)}"'
        )
    return "\n".join(lines)


def _shown(table: Table, detail: Detail) -> list[int]:
    keys = {*table.primary_key, *(name for key in table.foreign_keys for name in key.columns)}
    return [
        number
        for number, column in enumerate(table.columns)
        if detail is Detail.COLUMNS or (detail is Detail.KEYS and column.name in keys)
    ]


def _attribute(table: Table, number: int) -> str:
    column = table.columns[number]
    foreign = any(column.name in key.columns for key in table.foreign_keys)
    marks = [
        mark for mark, is_so in (("PK", column.name in table.primary_key), ("FK", foreign)) if is_so
    ]
    nullable = ' "NULL"' if column.nullable else ""
    return f"{_word(short_type(column.type))} {_word(column.name)}{' ' + ', '.join(marks) if marks else ''}{nullable}"


def _word(text: str) -> str:
    text = re.sub(r"[^A-Za-z0-9_]+", "_", text.replace("[]", "_array")).strip("_")[:60]
    return text if re.match(r"[A-Za-z]", text) else f"c_{text}".rstrip("_")


def _label(text: str) -> str:
    return re.sub(r"[^\w .,()-]+", "_", text)[:60] or "_"
