"""A URL as another tool writes it → what libpq has instead, in words that quote no value.

Prisma puts its own settings among the parameters, SQLAlchemy a driver into the scheme, JDBC a
prefix; libpq refuses each of them, with the whole URL in its message.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from psycopg import pq

if TYPE_CHECKING:
    from collections.abc import Iterator

PARAMETERS = {
    "schema": "the schema of unqualified names is options=-csearch_path%3Dpublic",
    "connection_limit": "the size of a pool is open_pool(max_size=…)",
    "pool_timeout": "the wait for a connection is open_pool(timeout=…)",
    "pool_size": "the size of a pool is open_pool(max_size=…)",
    "max_overflow": "the size of a pool is open_pool(max_size=…)",
    "pgbouncer": "behind a transaction pooler it is open_pool(settings=None), and DIRECT_DATABASE_URL"
    " for deploys",
    "statement_cache_size": "without prepared statements it is open_pool(prepare=False)",
    "prepared_statement_cache_size": "without prepared statements it is open_pool(prepare=False)",
    "prepareThreshold": "without prepared statements it is open_pool(prepare=False)",
    "socket_timeout": "a bound of each statement is options=-cstatement_timeout%3D60s",
    "statement_timeout": "it is options=-cstatement_timeout%3D60s",
    "search_path": "it is options=-csearch_path%3Dpublic",
    "currentSchema": "it is options=-csearch_path%3Dpublic",
    "sslaccept": "it is sslmode=require or sslmode=verify-full",
    "sslidentity": "a client's certificate is sslcert=… and sslkey=…",
    "charset": "it is client_encoding=…",
    "encoding": "it is client_encoding=…",
}
"""Parameters of Prisma, SQLAlchemy, asyncpg and JDBC → what to write."""

_SCHEME = re.compile(
    r"(?:(jdbc:)|(?:postgres|postgresql|postgis)(\+\w+)://|(postgis|psql)://)", re.ASCII
)


def mistakes(text: str) -> list[str]:
    """Return what is another tool's in a URL, each with what to write; empty for what is not known."""
    if text[:1] in {'"', "'", "`"}:
        return ["it begins with a quote: leave the quotes out"]
    return [*_scheme(text), *_parameters(text)]


def _scheme(text: str) -> Iterator[str]:
    if match := _SCHEME.match(text):
        extra = match[1] or match[2]
        yield (
            f"{extra} in front of the address is another tool's: write postgresql://"
            if extra
            else f"{match[3]}:// is no scheme of libpq: write postgresql://"
        )


def _parameters(text: str) -> Iterator[str]:
    """Name the parameters that libpq does not know, if none can be a piece of a password."""
    address, _, query = text.partition("?")
    if "://" not in address or "@" in query:
        return
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()} | {"ssl"}
    for part in query.split("&"):
        key, equals, _ = part.partition("=")
        if key in known or not equals:
            continue
        if key in PARAMETERS:
            yield f"{key} is no parameter of libpq: {PARAMETERS[key]}"
        elif "@" in address and re.fullmatch(r"\w+", key, re.ASCII):
            yield f"{key} is no parameter of libpq: leave it out"
