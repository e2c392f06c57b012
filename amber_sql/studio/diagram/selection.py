"""What a picture shows, whoever draws it: a map of all tables, a cluster, a table with its neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from amber_sql.studio.catalogue.model import Table  # noqa: TC001  # a field's type
from amber_sql.studio.diagram.boxes import Detail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amber_sql.studio.catalogue.model import Catalogue
    from amber_sql.studio.diagram.clusters import Cluster

NEIGHBOURS = 24
"""How many tables that refer to one are drawn around it."""


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign key between two tables that are shown."""

    source: str
    """The label of the table that refers."""
    target: str
    columns: str
    target_columns: str
    optional: bool
    single: bool

    @property
    def whole(self) -> str:
        """Say it in words."""
        return f"{self.source} ({self.columns}) → {self.target} ({self.target_columns})"


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Tables with how much of each is shown, and what is said of the rest; the references between."""

    tables: tuple[tuple[Table, Detail, str], ...]
    references: tuple[Reference, ...]
    tight: bool = False


def overview(catalogue: Catalogue) -> Selection:
    """Show every table by its name alone."""
    tables = [table for table in catalogue.tables if not table.is_view]
    return _select({table.label: (table, Detail.NAME, "") for table in tables}, tight=True)


def of_cluster(catalogue: Catalogue, cluster: Cluster) -> Selection:
    """Show a cluster with all columns; tables of others that it refers to by their names."""
    inside = {table.label for table in cluster.tables}
    shown = {}
    for table in cluster.tables:
        outside = {one.label for one, _ in catalogue.referring(table.label)} - inside
        shown[table.label] = (table, Detail.COLUMNS, _more(len(outside)))
    for table in cluster.tables:
        for target in _targets(catalogue, table):
            shown.setdefault(target.label, (target, Detail.NAME, ""))
    return _select(shown, among=inside)


def neighbourhood(catalogue: Catalogue, table: Table) -> Selection:
    """Show a table with all columns, and what it refers to and what refers to it by their keys."""
    referring = sorted({one.label: one for one, _ in catalogue.referring(table.label)}.items())
    drawn = referring[:NEIGHBOURS]
    shown = {table.label: (table, Detail.COLUMNS, _more(len(referring) - len(drawn)))}
    for other in (*_targets(catalogue, table), *(one for _, one in drawn)):
        shown.setdefault(other.label, (other, Detail.KEYS, ""))
    return _select(shown, about=table.label)


def _targets(catalogue: Catalogue, table: Table) -> list[Table]:
    labels = sorted({key.target for key in table.foreign_keys})
    return [found for label in labels if (found := catalogue.table(label))]


def _more(count: int) -> str:
    return "" if not count else f"← {count} more {'table' if count == 1 else 'tables'}"


def _select(
    shown: dict[str, tuple[Table, Detail, str]],
    *,
    among: Iterable[str] | None = None,
    about: str | None = None,
    tight: bool = False,
) -> Selection:
    """Show tables, and the references of those `among` them, or of and to the one it is `about`."""
    of = set(shown if among is None else among)
    references = (
        Reference(
            source=table.label,
            target=key.target,
            columns=", ".join(key.columns),
            target_columns=", ".join(key.target_columns),
            optional=key.optional,
            single=key.single,
        )
        for table, _, _ in shown.values()
        if table.label in of
        for key in table.foreign_keys
        if key.target in shown and about in {None, table.label, key.target}
    )
    return Selection(tables=tuple(shown.values()), references=tuple(references), tight=tight)
