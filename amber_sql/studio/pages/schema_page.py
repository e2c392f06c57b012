"""The schema: pictures of it, and what each table is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from markupsafe import Markup

from amber_sql.studio.ask import Missing
from amber_sql.studio.catalogue.model import Enum, ForeignKey, Query, Table  # noqa: TC001
from amber_sql.studio.diagram.clusters import clusters
from amber_sql.studio.diagram.placement import draw
from amber_sql.studio.diagram.selection import neighbourhood, of_cluster, overview
from amber_sql.studio.diagram.svg import svg
from amber_sql.studio.known import At, known
from amber_sql.studio.page import Page

if TYPE_CHECKING:
    from amber_sql.studio.ask import Ask
    from amber_sql.studio.diagram.selection import Selection

_INDEXES = """
SELECT x.relname, pg_relation_size(x.oid), coalesce(s.idx_scan, 0),
       (SELECT d.stats_reset FROM pg_stat_database AS d WHERE d.datname = current_database())::text
FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid
JOIN pg_class AS t ON t.oid = i.indrelid JOIN pg_namespace AS n ON n.oid = t.relnamespace
LEFT JOIN pg_stat_all_indexes AS s ON s.indexrelid = i.indexrelid
WHERE n.nspname = %s AND t.relname = %s
"""


class Picture(msgspec.Struct, frozen=True):
    """A diagram, as SVG to stand in a page."""

    id: str
    title: str
    svg: str

    @property
    def markup(self) -> Markup:
        """Our own markup, which escapes what stands in it."""
        return Markup(self.svg)  # noqa: S704


class SchemaPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of all tables shows."""

    pictures: tuple[Picture, ...]
    tables: tuple[tuple[str, str, str], ...]
    """(label, address, comment)"""
    enums: tuple[Enum, ...]


class IndexUse(msgspec.Struct, frozen=True):
    """How large an index is, and how often it was used."""

    size: int
    scans: int


class ShapePage(msgspec.Struct, frozen=True, kw_only=True):
    """What a table is."""

    table: Table
    rows: str
    picture: Picture | None
    referring: tuple[tuple[Table, ForeignKey], ...]
    readers: tuple[Query, ...]
    writers: tuple[Query, ...]
    uses: dict[str, IndexUse]
    since: str
    """Since when uses are counted, where the server says so."""
    addresses: dict[str, str]


async def show(ask: Ask) -> SchemaPage:
    """Draw the schema."""
    found = await known(ask)
    catalogue = found.catalogue
    groups = clusters(catalogue.tables)
    pictures = [
        _picture(
            f"er-{number}",
            f"Around {one.around}" if one.around else "Without a foreign key",
            of_cluster(catalogue, one),
            found.at,
        )
        for number, one in enumerate(groups)
    ]
    if len([one for one in groups if one.around]) > 1:
        title = "Every table, by its name"
        pictures.insert(0, _picture("er-map", title, overview(catalogue), found.at))
    return SchemaPage(
        pictures=tuple(pictures),
        tables=tuple(
            (one.label, found.at.shape(one.label), one.comment) for one in catalogue.tables
        ),
        enums=catalogue.enums,
    )


async def show_table(ask: Ask) -> ShapePage:
    """Show what a table is."""
    found, schema, name = await known(ask), ask.path("schema"), ask.path("table")
    catalogue = found.catalogue
    table = next((t for t in catalogue.tables if (t.schema, t.name) == (schema, name)), None)
    if table is None:
        raise Missing(f"no table {schema}.{name}")
    async with ask.read(own_path=True, as_login=True) as conn:
        rows = await (await conn.execute(_INDEXES, [schema, name])).fetchall()
    referring = catalogue.referring(table.label)
    readers, writers = catalogue.readers(table.label), catalogue.writers(table.label)
    drawn = table.foreign_keys or referring
    labels = {
        table.label,
        *(key.target for key in table.foreign_keys),
        *(t.label for t, _ in referring),
    }
    return ShapePage(
        table=table,
        rows=found.at.table(table.label),
        picture=_picture("er", "Neighbours", neighbourhood(catalogue, table), found.at)
        if drawn
        else None,
        referring=referring,
        readers=readers,
        writers=writers,
        uses={name: IndexUse(size, scans) for name, size, scans, _ in rows},
        since=next((since for *_, since in rows if since), ""),
        addresses={
            label: found.at.shape(label) for label in sorted(labels) if found.at.knows(label)
        }
        | {query.label: At.query(query) for query in (*readers, *writers)},
    )


def _picture(name: str, title: str, selection: Selection, at: At) -> Picture:
    return Picture(name, title, svg(draw(selection), name, title, at.shape))


PAGES = (
    Page("/schema", show, "schema.html"),
    Page("/schema/{schema}/{table}", show_table, "shape.html"),
)
