"""One API key rotated by several callers at once: without an overlap, one of them gets it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import psycopg
import pytest
from content import make

from amber_sql import open_pool
from amber_sql.domain import api_keys
from amber_sql.domain.refusals import InvalidApiKey
from amber_sql.queries import api_keys as queries

if TYPE_CHECKING:
    from amber_sql.runtime import Pool

NOW = datetime.now(UTC)
CALLERS = 8


def _rotate_at_once(pool: Pool, key: api_keys.NewApiKey, now: datetime | None) -> list[str]:
    """Rotate a key from every caller at one moment; return the texts of those who got a new one."""
    start = Barrier(CALLERS)

    def one(_: int) -> str | None:
        start.wait()
        try:
            owner, id_ = key.key.user_id, key.key.id
            return api_keys.rotate(pool, owner, id_, overlap=timedelta(0), now=now).text
        except InvalidApiKey:
            return None

    with ThreadPoolExecutor(CALLERS) as callers:
        return [text for text in callers.map(one, range(CALLERS)) if text]


@pytest.mark.parametrize("now", [None, NOW])
def test_one_of_many_rotations_at_once_succeeds(
    conn: psycopg.Connection, database_url: str, now: datetime | None
) -> None:
    """Whatever the callers' clocks said before they waited: one new key, which works, and no other."""
    owner = make.user(conn).id
    with open_pool(database_url, max_size=CALLERS) as pool:
        for _ in range(10):
            old = api_keys.create(conn, owner, name="CI", scopes=[])
            (text,) = _rotate_at_once(pool, old, now)
            assert api_keys.verify(conn, text).user_id == owner
            with pytest.raises(InvalidApiKey):
                api_keys.verify(conn, old.text)


def test_a_caller_who_waited_for_the_lock_comes_too_late(
    conn: psycopg.Connection, database_url: str
) -> None:
    """Begun while another rotation held the key, and in that moment alive: refused behind the lock."""
    old = api_keys.create(conn, make.user(conn).id, name="CI", scopes=[])
    given = {"user_id": old.key.user_id, "id": old.key.id, "overlap": timedelta(0)}
    with psycopg.connect(database_url) as first, ThreadPoolExecutor(1) as second:
        assert queries.retire(first, **given) == 1
        with psycopg.connect(database_url, autocommit=True) as waiting:
            late = second.submit(
                api_keys.rotate, waiting, old.key.user_id, old.key.id, overlap=timedelta(0)
            )
            while not conn.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
                pass
            first.commit()
            with pytest.raises(InvalidApiKey):
                late.result(timeout=10)


def test_a_negative_overlap_is_none(conn: psycopg.Connection) -> None:
    """The old key ends at once."""
    old = api_keys.create(conn, make.user(conn).id, name="CI", scopes=[])
    api_keys.rotate(conn, old.key.user_id, old.key.id, overlap=timedelta(days=-1))
    with pytest.raises(InvalidApiKey):
        api_keys.verify(conn, old.text)
