"""The catalogue → pages for a browser that needs no server: index.html, a page a table, a page a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from amber_sql.studio.diagram.clusters import clusters
from amber_sql.studio.diagram.placement import draw
from amber_sql.studio.diagram.selection import neighbourhood, of_cluster, overview
from amber_sql.studio.diagram.svg import svg
from amber_sql.studio.files.file_names import MARK, Addresses
from amber_sql.studio.files.markdown import counts

if TYPE_CHECKING:
    from amber_sql.studio.catalogue.model import Catalogue, Query
    from amber_sql.studio.diagram.selection import Selection

ROOM = Path(__file__).parents[1]
_STYLES = ("studio.css", "catalogue.css")


class _Seen:
    """Addresses as a page sees them that lies so many folders down."""

    def __init__(self, addresses: Addresses, up: str) -> None:
        self._addresses, self._up = addresses, up
        self.knows = addresses.knows

    def table(self, label: str) -> str:
        return self._up + self._addresses.table(label)

    def module(self, name: str) -> str:
        return self._up + self._addresses.module(name)

    def query(self, query: Query) -> str:
        return self._up + self._addresses.query(query)


def html(catalogue: Catalogue) -> dict[str, str]:
    """Return path → text of every file."""
    environment = Environment(
        loader=FileSystemLoader(ROOM / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    addresses = Addresses(catalogue, "html")

    def page(template: str, up: str, **model: Any) -> str:
        at = _Seen(addresses, up)
        return environment.get_template(f"files/{template}.html").render(
            mark=MARK,
            up=up,
            at=at,
            catalogue=catalogue,
            **model,
        )

    # Markup is our own: an SVG, which escapes what stands in it.
    def picture(selection: Selection, name: str, title: str, up: str) -> Markup:
        return Markup(svg(draw(selection), name, title, _Seen(addresses, up).table))  # noqa: S704

    found = clusters(catalogue.tables)
    pictures = [
        (
            f"picture-{number}",
            f"Around {one.around}" if one.around else "Without a foreign key",
            picture(of_cluster(catalogue, one), f"er-{number}", one.around or "Tables", ""),
        )
        for number, one in enumerate(found)
    ]
    if len([one for one in found if one.around]) > 1:
        whole = picture(overview(catalogue), "er-map", "Every table", "")
        pictures.insert(0, ("map", "Every table, by its name", whole))
    tables = [table for table in catalogue.tables if not table.is_view]
    views = [table for table in catalogue.tables if table.is_view]
    files = {
        "style.css": f"/* {MARK}, which overwrites it. */\n" + "".join((ROOM / "static" / name).read_text("utf-8") for name in _STYLES),
        "index.html": page(
            "index", "", counts=counts(catalogue), pictures=pictures,
            lists=[("tables", "Tables", tables), ("views", "Views", views)],
        ),
    }  # fmt: skip
    for table in catalogue.tables:
        referring = catalogue.referring(table.label)
        drawn = neighbourhood(catalogue, table) if table.foreign_keys or referring else None
        files[addresses.table(table.label)] = page(
            "table", "../", table=table, referring=referring,
            picture=picture(drawn, "er", table.label, "../") if drawn else "",
            readers=catalogue.readers(table.label), writers=catalogue.writers(table.label),
        )  # fmt: skip
    for module in catalogue.modules:
        files[addresses.module(module.name)] = page("module", "../", module=module)
    return files
