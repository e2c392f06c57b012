"""A studio → the application that answers for it: routes, errors as pages, the few files of our own."""

from __future__ import annotations

from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from amber_sql.errors import AmberError
from amber_sql.studio.admission import Admission
from amber_sql.studio.ask import Ask, Missing
from amber_sql.studio.error_pages import refusal_of
from amber_sql.studio.pages import (
    activity,
    changes_page,
    delete_page,
    drift_page,
    edit_page,
    overview,
    queries_page,
    query_page,
    row_page,
    schema_page,
    search,
    table_page,
)
from amber_sql.studio.shell import FOLDER, render, shell_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from amber_sql.studio.page import Page
    from amber_sql.studio.state import Studio

PAGES: tuple[Page, ...] = (
    *overview.PAGES,
    *table_page.PAGES,
    *row_page.PAGES,
    *edit_page.PAGES,
    *delete_page.PAGES,
    *changes_page.PAGES,
    *activity.PAGES,
    *drift_page.PAGES,
    *search.PAGES,
    *queries_page.PAGES,
    *query_page.PAGES,
    *schema_page.PAGES,
)
_FILES = {
    "studio.css": "text/css",
    "catalogue.css": "text/css",
    "studio.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
"""The only files that are served, each by its name: there is no folder to list or to leave."""


def application(studio: Studio) -> ASGIApp:
    """Return the ASGI application of `studio`."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        studio.compiled.start()
        yield
        await studio.close()

    async def refuse(request: Request, error: Exception) -> Response:
        status, refusal = refusal_of(error)
        if request.url.path.endswith((".json", ".csv")):
            body = msgspec.json.encode({"error": refusal.message})
            return Response(body, status, media_type="application/json")
        shell = await shell_of(Ask(studio, request), quiet=status == HTTPStatus.SERVICE_UNAVAILABLE)
        return Response(render("error.html", refusal, shell), status, media_type="text/html")

    routes = [route for page in PAGES for route in page.routes(studio)]
    handled: list[Any] = [HTTPException, Missing, psycopg.Error, AmberError, Exception]
    app = Starlette(
        routes=[*routes, *map(_file, _FILES)],
        lifespan=lifespan,
        exception_handlers=dict.fromkeys(handled, refuse),
    )
    app.router.redirect_slashes = False
    return Admission(app, studio.doors)


def _file(name: str) -> Route:
    content = (FOLDER / "static" / name).read_bytes()

    async def answer(_: Request) -> Response:
        return Response(content, media_type=_FILES[name], headers={"Cache-Control": "no-cache"})

    return Route(f"/static/{name}", answer)
