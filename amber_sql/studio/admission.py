"""Who may ask: whoever was given the printed address, from this machine's own pages, and nobody else.

The token of the address becomes a cookie, which scripts cannot read and other sites do not send.
A Host that is not ours is a name that somebody's DNS points here (rebinding); an Origin that is not
ours is somebody else's page. Both are refused before anything is read.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from amber_sql.studio.changes import Change  # noqa: TC001  # a field's type

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 4_000_000
"""How many bytes a form may send."""
_SESSIONS = 100
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of every answer; what is not changed while we run may say its own Cache-Control."""
_SAFE = {"GET", "HEAD"}
REFUSED = "Open the address that `amber-sql studio` printed: it holds the token that lets you in."


class Session(msgspec.Struct):
    """One browser that was let in: its form token, and the changes that it has listed."""

    form_token: str
    changes: list[Change] = []
    notice: str = ""
    """What the next page says once, at its top."""


class Doors(msgspec.Struct):
    """The tokens of one studio."""

    port: int
    token: str = msgspec.field(default_factory=lambda: secrets.token_urlsafe(24))
    sessions: dict[str, Session] = {}

    @property
    def cookie(self) -> str:
        """The cookie's name: cookies know no ports, and two studios may run."""
        return f"amber_studio_{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """What a browser that was given our address may call us."""
        return frozenset({f"127.0.0.1:{self.port}", f"localhost:{self.port}"})

    @property
    def address(self) -> str:
        """The address to print, with the token."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    def admit(self) -> str:
        """Let a browser in, and return what its cookie says; the oldest of very many is forgotten."""
        if len(self.sessions) >= _SESSIONS:
            self.sessions.pop(next(iter(self.sessions)))
        made = secrets.token_urlsafe(24)
        self.sessions[made] = Session(secrets.token_urlsafe(24))
        return made


class Admission:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self.app, self.doors = app, doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that may not go further, or let it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._refused(scope) or self._entered(scope)
        if answer is None:
            session = self._session(scope)
            if session is not None:
                scope["state"] = {**scope.get("state", {}), "session": session}
                await self.app(scope, receive, send_guarded)
                return
            answer = PlainTextResponse(REFUSED, 403)
        await answer(scope, receive, send_guarded)

    def _refused(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if headers.getlist("host") not in [[host] for host in self.doors.hosts]:
            return PlainTextResponse("This is not the address of amber-sql studio.", 421)
        own = f"http://{headers['host']}"
        origin = headers.get("origin")
        if origin not in {None, own} or (origin is None and scope["method"] not in _SAFE):
            return PlainTextResponse("Another site's page may not ask.", 403)
        if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"} and not _opens(
            headers
        ):
            return PlainTextResponse("Another site's page may not ask.", 403)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST or "transfer-encoding" in headers:
            return PlainTextResponse("A form of at most 4 MB, please.", 413)
        return None

    def _entered(self, scope: Scope) -> Response | None:
        """Take the token out of the address and give a cookie for it."""
        given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        tokens = [value for name, value in given if name == "token"]
        if scope["method"] not in _SAFE or not tokens:
            return None
        if not _same(tokens[0], self.doors.token):
            return PlainTextResponse(REFUSED, 403)
        rest = urlencode([(name, value) for name, value in given if name != "token"])
        path = quote(scope["path"], safe="/~-_.,")
        target = "/" + path.lstrip("/") + (f"?{rest}" if rest else "")
        answer: Response = RedirectResponse(target, 303)
        if Headers(scope=scope).get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            # A browser sends no SameSite=Strict cookie to where another site's link leads, by
            # whatever redirects; it does to where a page of ours leads on.
            answer = PlainTextResponse("One moment.", headers={"Refresh": f"0; url={target}"})
        if self._session(scope) is None:
            answer.set_cookie(
                self.doors.cookie, self.doors.admit(), httponly=True, samesite="strict", path="/"
            )
        return answer

    def _session(self, scope: Scope) -> Session | None:
        """Return the session of the request's cookie; of several cookies of the name none is tried twice."""
        for pair in Headers(scope=scope).get("cookie", "").split(";"):
            name, _, value = pair.strip().partition("=")
            if name == self.doors.cookie:
                for known, session in self.doors.sessions.items():
                    if _same(known, value):
                        return session
        return None


def _opens(headers: Headers) -> bool:
    """Tell whether another site's page only links here; without our cookie it comes no further."""
    return (
        headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    )


def _same(one: Any, other: str) -> bool:
    return hmac.compare_digest(str(one).encode("utf-8", "replace"), other.encode())
