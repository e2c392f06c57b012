"""A URL of a server → databases made and dropped on it, safely for several processes at once."""

from __future__ import annotations

import psycopg
from psycopg import errors, sql


def version(url: str) -> int:
    """Return the server's version as libpq counts: 180006 is 18.6."""
    with psycopg.connect(url, autocommit=True) as conn:
        return conn.info.server_version


def ensure(url: str, name: str) -> None:
    """Create the database `name` unless it is there, or another process is just creating it."""
    with psycopg.connect(url, autocommit=True) as conn:
        if conn.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
            return
        try:
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except (errors.DuplicateDatabase, errors.UniqueViolation):
            return


def drop(url: str, name: str) -> None:
    """Drop the database `name` if it is there, with all of its connections."""
    with psycopg.connect(url, autocommit=True) as conn:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        conn.execute(statement.format(sql.Identifier(name)))
