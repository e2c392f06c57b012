"""An entry of the range table → the CTE that it names, and the level that states it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amber_sql.compiler.infer.level import Level
    from amber_sql.compiler.tree import Node


def find_cte(level: Level, entry: Node) -> tuple[Level, Node | None]:
    """Return the level that states an entry's CTE, and the CTE."""
    owner = level.level(entry.int("ctelevelsup"))
    name = entry.text("ctename")
    return owner, next((c for c in owner.query.nodes("cteList") if c.text("ctename") == name), None)
