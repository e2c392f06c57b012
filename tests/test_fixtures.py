"""The databases that tests get: what is shared, what is not, and that any server's URL survives."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from target import Target, database, target

if TYPE_CHECKING:
    from amber_sql.server import Server

TABLES = (
    "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)


def test_one_migrated_clone_a_test(
    postgresql: psycopg.Connection, conn: psycopg.Connection, database_url: str
) -> None:
    """The three fixtures speak of the same database, with our tables in it."""
    with psycopg.connect(database_url) as third:
        names = {postgresql.info.dbname, conn.info.dbname, third.info.dbname}
    assert len(names) == 1
    assert conn.execute(TABLES).fetchone() != (0,)


def test_conn_is_autocommit_and_in_utc(
    postgresql: psycopg.Connection, conn: psycopg.Connection
) -> None:
    """Other than pytest-postgresql's own connection."""
    assert (conn.autocommit, postgresql.autocommit) == (True, False)
    assert conn.info.timezone.utcoffset(None) is not None
    assert conn.execute("SHOW TimeZone").fetchone() == ("UTC",)


@pytest.mark.parametrize("attempt", [1, 2])
def test_what_a_test_writes_is_gone_for_the_next(conn: psycopg.Connection, attempt: int) -> None:
    """The same table can be made twice."""
    conn.execute(f"CREATE TABLE leftover AS SELECT {attempt} AS n")
    assert conn.execute("SELECT n FROM leftover").fetchone() == (attempt,)


def test_an_empty_database_is_empty(scratch: psycopg.Connection, empty_database_url: str) -> None:
    """No tables, and the connection and the URL agree."""
    assert scratch.execute(TABLES).fetchone() == (0,)
    assert conninfo_to_dict(empty_database_url)["dbname"] == scratch.info.dbname


def test_a_connection_left_open_does_not_keep_its_database(pg_server: Target) -> None:
    """What a failing test forgets to close is ended with its database."""
    with database(pg_server) as name:
        forgotten = psycopg.connect(pg_server.url(name))
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(pg_server.url(name))
    forgotten.close()


def test_each_version_has_a_migrated_database(
    server_by_major: Server, database_url_by_major: str
) -> None:
    """The URL leads to a clone on the version in turn."""
    with psycopg.connect(database_url_by_major) as conn:
        assert conn.info.server_version == server_by_major.version
        assert conn.execute(TABLES).fetchone() != (0,)


@pytest.mark.parametrize("host", ["db.example", "10.0.0.1", "::1", "/var/run/odd dir", "@abstract"])
def test_every_part_of_a_url_survives(host: str) -> None:
    """Passwords, options and folders come back as they went in, whatever they are made of."""
    server = Target(
        host=host,
        port=5433,
        user="ö@:/",
        password="p@ss/w:ord?&#%",  # noqa: S106 - nobody's
        options="-c work_mem=8MB -c search_path=a\\ b",
        maintenance_dbname="postgres",
        more={"sslmode": "prefer"},
    )
    assert conninfo_to_dict(server.url("a/b ?&")) == {
        "host": host,
        "port": "5433",
        "user": server.user,
        "password": server.password,
        "options": server.options,
        "dbname": "a/b ?&",
        "sslmode": "prefer",
    }


def test_a_server_is_known_by_what_its_connection_found(pg_server: Target) -> None:
    """A list of hosts becomes the one that answered."""
    given = conninfo_to_dict(pg_server.url(pg_server.maintenance_dbname))
    given |= {"host": f"/nowhere,{pg_server.host}"}
    found = target(psycopg.conninfo.make_conninfo("", **given))
    assert (found.host, found.port, found.user) == (pg_server.host, pg_server.port, pg_server.user)


def test_an_unreachable_server_is_one_sentence() -> None:
    """The failure names DATABASE_URL and hides its password."""
    with pytest.raises(pytest.fail.Exception, match=r"DATABASE_URL: .*refused") as failure:
        target(f"postgresql://me:{os.getpid()}@127.0.0.1:1/x")
    assert str(os.getpid()) not in str(failure.value)
