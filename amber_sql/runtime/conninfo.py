"""A database URL → connection parameters, and words about it that never hold a secret.

libpq's own messages about a malformed URL quote it, password included. So a URL is parsed here
first, and what is wrong with it is said in words of our own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from amber_sql.errors import DatabaseUnreachable, NoDatabaseUrl

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS: Mapping[str, str] = {
    "TimeZone": "UTC",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
}
"""What `open_pool` asks of every session, unless the caller or the URL says otherwise."""

PARAMETERS: Mapping[str, tuple[str, str]] = {
    "connect_timeout": ("PGCONNECT_TIMEOUT", "5"),
    "client_encoding": ("PGCLIENTENCODING", "UTF8"),
    "fallback_application_name": ("", "amber-sql"),
}
"""Connection parameters with the environment variable that overrides ours."""

SCHEMES = ("postgresql://", "postgres://")
HOW_TO_WRITE = """\
Write postgresql://user:password@host:port/database, with the special characters of the password \
percent-encoded (@ is %40, / is %2F, ? is %3F)."""


class ConnectionTarget(msgspec.Struct, frozen=True):
    """A database: what psycopg connects with, and what may be said about it."""

    conninfo: str
    name: str
    secret: str

    def unreachable(self, problem: BaseException | None, remedy: str) -> DatabaseUnreachable:
        """Return the error for `problem`, in one line and without the password."""
        reason = "it did not answer in time"
        if isinstance(problem, psycopg.Error) and str(problem):
            reason = printable(str(problem).splitlines()[0])
        if self.secret:
            reason = reason.replace(self.secret, "***")
        return DatabaseUnreachable(target=self.name, reason=reason.rstrip("."), remedy=remedy)


def target(
    url: str | None, settings: Mapping[str, str | None] | None, options: str = ""
) -> ConnectionTarget:
    """Return the database that `url`, or DATABASE_URL, names, with our defaults filled in.

    `settings` are laid over SETTINGS, a None leaves one out; None for all sends no settings, as
    a pooler in transaction mode wants. Options in the URL come later and win, `options` even more.
    """
    source = "DATABASE_URL" if url is None else "the given URL"
    text = os.environ.get("DATABASE_URL", "") if url is None else url
    if not text.strip():
        raise NoDatabaseUrl
    params = parse(text, source)
    for key, (variable, default) in PARAMETERS.items():
        if key not in params and not os.environ.get(variable):
            params[key] = default
    ours = "" if settings is None else _options({**SETTINGS, **settings})
    theirs = str(params.get("options") or os.environ.get("PGOPTIONS", ""))
    if settings is not None or options:
        params["options"] = " ".join(filter(None, (ours, theirs, options)))
    return ConnectionTarget(
        make_conninfo("", **params), describe(params), str(params.get("password", ""))
    )


def parse(text: str, source: str) -> dict[str, str]:
    """Return the parameters in a URL or conninfo string; DatabaseUnreachable if it is malformed."""
    refusal = DatabaseUnreachable(
        target=f"the database of {source}", reason="it is malformed", remedy=HOW_TO_WRITE
    )
    if _misplaced_at_sign(text):
        raise refusal
    try:
        params = conninfo_to_dict(text)
    except psycopg.Error:
        raise _foreign(text, source) or refusal from None
    if any(port and not port.isdecimal() for port in str(params.get("port", "")).split(",")):
        raise refusal  # a slash in the password ended the host early, and this is the rest of it
    return {key: str(value) for key, value in params.items()}


def _foreign(text: str, source: str) -> DatabaseUnreachable | None:
    """Return the error that says what another tool's URL should say here; None for other mistakes."""
    from amber_sql.runtime._url_dialects import mistakes  # seldom needed  # noqa: PLC0415

    if not (found := mistakes(text)):
        return None
    name = f"the database of {source}"
    return DatabaseUnreachable(target=name, reason="; ".join(found), remedy="Mend the URL.")


def _misplaced_at_sign(text: str) -> bool:
    """Tell whether a password's own special characters made it a part of host or database."""
    if not text.startswith(SCHEMES):
        return False
    rest = text.partition("://")[2]
    user, at, host = rest.partition("@")
    if at and "/" not in user:  # libpq ends the password at the first @, unless a / came before
        rest = host
    return "@" in rest.partition("?")[0]


def describe(params: Mapping[str, Any]) -> str:
    """Return `user@host:port/database` without a password; of a service its name."""
    if service := params.get("service") or os.environ.get("PGSERVICE"):
        return printable(f"service {service}")
    user = params.get("user") or os.environ.get("PGUSER", "")
    host = params.get("host") or params.get("hostaddr") or os.environ.get("PGHOST", "localhost")
    port = params.get("port") or os.environ.get("PGPORT", "5432")
    hosts, ports = str(host).split(","), str(port).split(",")
    if len(ports) < len(hosts):
        ports *= len(hosts)
    where = ",".join(f"{host}:{port or 5432}" for host, port in zip(hosts, ports, strict=False))
    name = params.get("dbname") or os.environ.get("PGDATABASE", "") or user
    return printable(f"{user}{'@' if user else ''}{where}/{name}")


def printable(text: str) -> str:
    """Return `text` without what steers a terminal: a URL may come from a stranger's file."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def _options(settings: Mapping[str, str | None]) -> str:
    """Return `-c name=value …` as the server splits it: at blanks, a backslash keeps the next."""
    escaped = str.maketrans({" ": "\\ ", "\\": "\\\\", "\t": "\\\t", "\n": "\\\n"})
    return " ".join(
        f"-c {name}={value.translate(escaped)}"
        for name, value in settings.items()
        if value is not None
    )
