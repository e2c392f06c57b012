"""A libpq URL → what may be said about it in public. Nothing here ever repeats a password.

libpq's own complaints about a malformed URL quote it, password included, and an unescaped `@`
turns the rest of a password into a host name; so the text is judged before libpq sees it.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from amber_sql.errors import BadDatabaseUrl, NoDatabaseUrl

ENVIRONMENT = ("DIRECT_DATABASE_URL", "DATABASE_URL")
"""Where a deploy finds its database: the direct URL wins, since DATABASE_URL may name a pooler."""


def database_url(url: str | None = None) -> str:
    """Return `url`, or the environment's URL for deploys; NoDatabaseUrl where there is none."""
    for candidate in (url, *map(os.environ.get, ENVIRONMENT)):
        if candidate and candidate.strip():
            return candidate.strip()
    raise NoDatabaseUrl


def parse(url: str) -> dict[str, str]:
    """Return libpq's parameters of `url`, a URI or key=value pairs; BadDatabaseUrl if it is neither."""
    if _is_ambiguous(url):
        raise BadDatabaseUrl
    try:
        parameters = conninfo_to_dict(url)
    except psycopg.Error:
        raise BadDatabaseUrl from None
    found = {key: str(value) for key, value in parameters.items() if value is not None}
    ports = found.get("port", "").split(",")
    if any(port and not port.isdigit() for port in ports):
        raise BadDatabaseUrl
    return found


def describe(url: str) -> str:
    """Return the database and its server as a person names them, without user or password."""
    found = parse(url)
    service = found.get("service") or os.environ.get("PGSERVICE", "")
    hosts = found.get("host") or found.get("hostaddr") or os.environ.get("PGHOST", "")
    ports = found.get("port") or os.environ.get("PGPORT", "")
    where = f"{hosts}:{ports}" if hosts and ports else hosts or (service and f"service {service}")
    name = found.get("dbname") or os.environ.get("PGDATABASE") or found.get("user") or ""
    return " on ".join(filter(None, [name, where or "the local server"]))


def _is_ambiguous(url: str) -> bool:
    """Tell whether a URI's password was not percent-encoded, so that it would be read as a host."""
    scheme, separator, rest = url.partition("://")
    if not separator or "=" in scheme:
        return False
    try:
        urlsplit(url)
    except ValueError:
        return True
    authority = rest.partition("?")[0]
    before, at, _ = authority.partition("@")
    return authority.count("@") > 1 or (bool(at) and "/" in before)
