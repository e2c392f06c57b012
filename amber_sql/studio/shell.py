"""What stands around every page: where one is, which database it is, what there is beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from amber_sql.errors import AmberError
from amber_sql.studio import links, zones

if TYPE_CHECKING:
    from amber_sql.studio.ask import Ask
    from amber_sql.studio.relations import Column

FOLDER = Path(__file__).parent
PLACES = (
    ("/", "Overview"),
    ("/queries", "Queries"),
    ("/schema", "Schema"),
    ("/activity", "Activity"),
)
ICONS = {"r": "table", "p": "table", "v": "view", "m": "view", "f": "foreign"}


class Beside(msgspec.Struct, frozen=True):
    """A table in the list beside the page."""

    label: str
    address: str
    kind: str
    here: bool


class Shell(msgspec.Struct, frozen=True, kw_only=True):
    """The frame of a page."""

    database: str
    server: str
    project: str
    write: bool
    form_token: str
    path: str
    twin: str
    tables: list[Beside]
    changes: int
    notice: str
    zone: str
    role: str


async def shell_of(ask: Ask, *, quiet: bool = False) -> Shell:
    """Return the frame of the page that is asked for; `quiet` asks no database for it."""
    studio, path = ask.studio, ask.request.url.path
    tables: list[Beside] = []
    if not quiet:
        try:
            schema = await ask.schema()
            tables = [
                Beside(
                    one.label, one.address, ICONS.get(one.kind, "table"), _is_at(path, one.address)
                )
                for one in schema.listed
            ]
        except (AmberError, psycopg.Error):
            tables = []
    notice, ask.session.notice = ask.session.notice, ""
    return Shell(
        database=studio.database,
        server=studio.server,
        project=studio.name,
        write=studio.write,
        form_token=ask.session.form_token,
        path=path,
        twin=links.as_json(links.with_query(path, ask.given)),
        tables=tables,
        changes=len(ask.session.changes),
        notice=notice,
        zone=zones.of_cookie(ask.request.cookies.get(zones.COOKIE, "")),
        role=studio.reader.role or "",
    )


def _is_at(path: str, address: str) -> bool:
    return path == address or path.startswith(
        (address + "/", address.replace("/table/", "/row/", 1) + "/")
    )


def render(template: str, model: Any, shell: Shell) -> str:
    """Return a page as HTML."""
    return _ENVIRONMENT.get_template(template).render(page=model, shell=shell)


def _number(value: float) -> str:
    """Write a count with thin spaces between thousands, as it is read in every country."""
    return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _size(value: float) -> str:
    """Write bytes as people say them."""
    units = ["B", "kB", "MB", "GB", "TB"]
    while value >= _NEXT and len(units) > 1:
        value /= 1024
        units.pop(0)
    digits = 0 if units[0] == "B" or value >= _WHOLE else 1
    return f"{value:.{digits}f}\N{NO-BREAK SPACE}{units[0]}"


def _pretty(text: str) -> str:
    """Indent JSON; numbers and repeated keys stay as they are written."""
    try:
        return msgspec.json.format(text, indent=2)
    except (msgspec.MsgspecError, RecursionError):
        return text


def _hint(column: Column) -> str:
    """Return how a time is written."""
    return "2026-01-31" if column.base == "date" else "2026-01-31 18:00"


_NEXT, _WHOLE = 1000, 10
"""From where on the next unit is used, and from where on no digit after the point."""
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,  # whatever a template is called
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals.update(
    places=PLACES, link=links, zoned=zones.zoned, utc=zones.utc, pretty=_pretty, hint=_hint
)  # fmt: skip
_ENVIRONMENT.filters.update(number=_number, size=_size)
