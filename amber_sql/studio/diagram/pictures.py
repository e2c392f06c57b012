"""Which tables a picture shows, and how much of each: a map of all, a cluster, one table's neighbours."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from amber_sql.studio.diagram.boxes import Detail, box
from amber_sql.studio.diagram.placement import Reference, lay_out

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amber_sql.studio.catalogue.model import Catalogue, Table
    from amber_sql.studio.diagram.clusters import Cluster
    from amber_sql.studio.diagram.placement import Drawing

NEIGHBOURS = 24
"""How many tables that refer to one are drawn around it."""


def overview(catalogue: Catalogue) -> Drawing:
    """Draw every table by its name alone, those with a foreign key first."""
    tables = [table for table in catalogue.tables if not table.is_view]
    return _draw({table.label: (table, Detail.NAME, "") for table in tables}, tight=True)


def of_cluster(catalogue: Catalogue, cluster: Cluster) -> Drawing:
    """Draw a cluster with all columns; tables of others that it refers to by their names."""
    inside = {table.label for table in cluster.tables}
    shown = {}
    for table in cluster.tables:
        outside = {one.label for one, _ in catalogue.referring(table.label)} - inside
        shown[table.label] = (table, Detail.COLUMNS, _more(len(outside)))
    for table in cluster.tables:
        for target in _targets(catalogue, table):
            shown.setdefault(target.label, (target, Detail.NAME, ""))
    return _draw(shown, among=inside)


def neighbourhood(catalogue: Catalogue, table: Table) -> Drawing:
    """Draw a table with all columns, and what it refers to and what refers to it by their keys."""
    referring = sorted({one.label: one for one, _ in catalogue.referring(table.label)}.items())
    drawn = referring[:NEIGHBOURS]
    shown = {table.label: (table, Detail.COLUMNS, _more(len(referring) - len(drawn)))}
    for other in (*_targets(catalogue, table), *(one for _, one in drawn)):
        shown.setdefault(other.label, (other, Detail.KEYS, ""))
    return _draw(shown, about=table.label)


def _targets(catalogue: Catalogue, table: Table) -> list[Table]:
    labels = sorted({key.target for key in table.foreign_keys})
    return [found for label in labels if (found := catalogue.table(label))]


def _more(count: int) -> str:
    return "" if not count else f"← {count} more {'table' if count == 1 else 'tables'}"


def _draw(
    shown: dict[str, tuple[Table, Detail, str]],
    *,
    among: Iterable[str] | None = None,
    about: str | None = None,
    tight: bool = False,
) -> Drawing:
    """Draw tables, and the references of those `among` them, or of and to the one it is `about`."""
    of = set(shown if among is None else among)
    references = [
        Reference(
            source=table.label,
            target=key.target,
            optional=key.optional,
            single=key.single,
            whole=f"{table.label} ({', '.join(key.columns)}) → {key.target} ({', '.join(key.target_columns)})",
        )
        for table, _, _ in shown.values()
        if table.label in of
        for key in table.foreign_keys
        if key.target in shown and about in {None, table.label, key.target}
    ]
    ends = Counter(label for one in references for label in (one.source, one.target))
    boxes = [box(table, detail, more, ends[table.label]) for table, detail, more in shown.values()]
    return lay_out(boxes, references, tight=tight)
