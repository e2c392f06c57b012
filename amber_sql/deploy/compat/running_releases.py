"""The releases that may be running against a database: remembered by deploys, until one is retired."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.search_path import own_path
from amber_sql.deploy.compat.manifest import Manifest, from_json
from amber_sql.deploy.history import place
from amber_sql.errors import UnknownRelease, UnreadableRelease

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

_LIVE = """
    SELECT release, deployed_at, manifest FROM bookkeeping._amber_release
    WHERE retired_at IS NULL ORDER BY deployed_at, release
"""
_INSERT = """
    INSERT INTO bookkeeping._amber_release (release, manifest) VALUES (%s, %s)
    ON CONFLICT (release) DO UPDATE
    SET manifest = excluded.manifest, deployed_at = now(), retired_at = NULL
"""
_RETIRE = """
    UPDATE bookkeeping._amber_release SET retired_at = now() WHERE release = %s AND retired_at IS NULL
"""


class Live(msgspec.Struct, frozen=True):
    """A release that may be running."""

    release: str
    deployed_at: datetime
    manifest: Manifest


def live(conn: psycopg.Connection) -> list[Live]:
    """Return the releases that are not retired, the oldest first. Writes nothing."""
    return [Live(name, at, _manifest(name, text)) for name, at, text in _rows(conn)]


def _rows(conn: psycopg.Connection) -> list[tuple[str, datetime, str]]:
    if not place.has_table(conn, "_amber_release"):
        return []
    with own_path(conn):
        return conn.execute(place.qualified(conn, _LIVE)).fetchall()


def _manifest(release: str, text: str) -> Manifest:
    try:
        return from_json(text)
    except msgspec.MsgspecError:
        raise UnreadableRelease(release=release) from None


def insert(conn: psycopg.Connection, manifest: Manifest) -> None:
    """Write down that the release of `manifest` is being deployed."""
    conn.execute(place.qualified(conn, _INSERT), [manifest.release, manifest.to_json()])


def retire(conn: psycopg.Connection, release: str) -> None:
    """Write down that nothing of a release runs any more; UnknownRelease where it is not live."""
    known = place.has_table(conn, "_amber_release")
    with own_path(conn):
        if known and conn.execute(place.qualified(conn, _RETIRE), [release]).rowcount == 1:
            return
        names = [name for name, *_ in _rows(conn)]
        raise UnknownRelease(release=release, live=", ".join(names) or "none")
