"""The database of a deploy: its URL, and what may be said about it in public."""

from __future__ import annotations

import os

from amber_sql.errors import NoDatabaseUrl
from amber_sql.runtime import conninfo

ENVIRONMENT = ("DIRECT_DATABASE_URL", "DATABASE_URL")
"""Where a deploy finds its database: the direct URL wins, since DATABASE_URL may name a pooler."""


def database_url(url: str | None = None) -> str:
    """Return `url`, or the environment's URL for deploys; NoDatabaseUrl where there is none."""
    for candidate in (url, *map(os.environ.get, ENVIRONMENT)):
        if candidate and candidate.strip():
            return candidate.strip()
    raise NoDatabaseUrl


def parse(url: str) -> dict[str, str]:
    """Return libpq's parameters of `url`; DatabaseUnreachable, without quoting it, if it is malformed."""
    given = (name for name in ENVIRONMENT if os.environ.get(name, "").strip() == url)
    return conninfo.parse(url, next(given, "the given URL"))


def describe(url: str) -> str:
    """Return the name of the database without its password."""
    return conninfo.describe(parse(url))
