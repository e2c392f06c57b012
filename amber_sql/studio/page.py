"""A handler → the routes of its page: HTML by a template, the same model as JSON, and a form's answer.

A page whose reader has left is not finished: its task is cancelled, which cancels its statement.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable  # noqa: TC003  # a field's type
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from amber_sql.studio.ask import Ask
from amber_sql.studio.shell import Shell, render, shell_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine

    from starlette.datastructures import FormData
    from starlette.requests import Request

    from amber_sql.studio.admission import Session
    from amber_sql.studio.state import Studio

_FORM = 30.0
"""Seconds that a form may take to arrive."""
_LOOK = 0.2
"""Seconds between looks whether the reader is still there."""


class Goto(msgspec.Struct, frozen=True):
    """Where a form leads to, and what is said there."""

    address: str
    notice: str = ""


Show: TypeAlias = "Callable[[Ask], Awaitable[Any]]"
Post: TypeAlias = "Callable[[Ask, FormData], Coroutine[Any, Any, Any]]"


class Page(msgspec.Struct, frozen=True):
    """An address with what is shown there. `show` may return a Response, as for a download."""

    address: str
    show: Show | None = None
    template: str = ""
    post: Post | None = None
    as_json: Callable[[Any], Any] | None = None
    """What the twin shows, where it is not the model as it is."""
    also: tuple[str, ...] = ()
    """Other endings of the address, for which `show` returns a Response."""

    def routes(self, studio: Studio) -> list[Route]:
        """Return the routes of this page and of its twin in JSON."""
        found = []
        if self.show is not None:
            twin = ("/index" if self.address == "/" else self.address) + ".json"
            found += [
                Route(twin, self._endpoint(studio, self.show, self._json)),
                *(
                    Route(f"{self.address}.{one}", self._endpoint(studio, self.show, self._json))
                    for one in self.also
                ),
                Route(self.address, self._endpoint(studio, self.show, self._html)),
            ]
        if self.post is not None:
            found.append(
                Route(self.address, self._form_endpoint(studio, self.post), methods=["POST"])
            )
        return found

    def _endpoint(
        self, studio: Studio, show: Show, answer: Callable[[Any, Shell], Response]
    ) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def endpoint(request: Request) -> Response:
            ask = Ask(studio, request)
            model = await _while_read(request, show(ask))
            return model if isinstance(model, Response) else answer(model, await shell_of(ask))

        return endpoint

    def _form_endpoint(
        self, studio: Studio, post: Post
    ) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def endpoint(request: Request) -> Response:
            ask = Ask(studio, request)
            async with AsyncExitStack() as stack:
                try:
                    async with asyncio.timeout(_FORM):
                        form = await stack.enter_async_context(request.form(max_fields=5000))
                except (ClientDisconnect, TimeoutError):
                    return Response(status_code=HTTPStatus.REQUEST_TIMEOUT)
                if not _ours(form, ask.session):
                    raise HTTPException(403, "This form is not from a page of this session.")
                model = await _while_read(request, _in_turn(studio, post(ask, form)))
            if isinstance(model, Goto):
                ask.session.notice = model.notice
                return RedirectResponse(model.address, 303)
            return model if isinstance(model, Response) else self._html(model, await shell_of(ask))

        return endpoint

    def _html(self, model: Any, shell: Shell) -> Response:
        return Response(render(self.template, model, shell), media_type="text/html")

    def _json(self, model: Any, _: Shell) -> Response:
        content = self.as_json(model) if self.as_json else model
        return Response(msgspec.json.encode(content), media_type="application/json")


def _ours(form: FormData, session: Session) -> bool:
    given = form.get("form_token")
    return isinstance(given, str) and hmac.compare_digest(
        given.encode("utf-8", "replace"), session.form_token.encode()
    )


async def _in_turn(studio: Studio, work: Coroutine[Any, Any, Any]) -> Any:
    try:
        async with studio.forms:
            return await work
    finally:
        work.close()  # where it never began


async def _while_read(request: Request, work: Awaitable[Any]) -> Any:
    """Return what `work` returns; cancel it when its reader has gone away."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=_LOOK))[0]:
            if await request.is_disconnected():
                task.cancel()
                await asyncio.wait({task})
                return Response(status_code=499)
        return task.result()
    finally:
        task.cancel()
