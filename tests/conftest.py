"""Every test's database: a clone of one migrated template, on a throw-away or a given server.

pg_server                session: the server, embedded or DATABASE_URL's
postgresql               pytest-postgresql's connection to this test's migrated clone
database_url, conn       the URL of that same clone; an autocommit connection to it
empty_database_url,      a database of this test without any tables;
  scratch                an autocommit connection to it
server_by_major,         session, one after the other: each major version on this machine;
  database_url_by_major  the URL of a migrated database on it, for this test
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from pytest_postgresql import factories
from pytest_postgresql.janitor import DatabaseJanitor
from target import Target, database, end_connections, random_name, target

from amber_sql import deploy, locate
from amber_sql.server import Server, available_majors, places, temporary
from amber_sql.server.binaries import major_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# The stock one fails, now and then, where the role is no superuser and autovacuum is at work.
DatabaseJanitor._terminate_connection = staticmethod(end_connections)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker that tests on several versions get by themselves."""
    config.addinivalue_line(
        "markers", "matrix: runs on every major version of PostgreSQL found here"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs on several versions: `-m matrix`, `-m 'not matrix'`."""
    for item in items:
        if "server_by_major" in getattr(item, "fixturenames", ()):
            item.add_marker("matrix")


def migrate(url: str) -> None:
    """Apply Amber's migrations to the database at `url`, as a deploy does."""
    deploy.migrate(url, locate.migrations_dir())


@pytest.fixture(scope="session")
def pg_server() -> Iterator[Target]:
    """DATABASE_URL's server if it is set, else a throw-away one."""
    if url := os.environ.get("DATABASE_URL"):
        yield target(url)
    else:
        with temporary() as server:
            yield target(server.url("postgres"))


def _migrate_template(
    *, host: str, port: int, user: str, password: str | None, dbname: str, **_: Any
) -> None:
    server = Target(
        host=host, port=port, user=user, password=password, options="", maintenance_dbname=dbname
    )
    migrate(server.url(dbname))


_template = factories.postgresql_noproc(
    depends_on="pg_server", dbname=random_name(), load=[_migrate_template]
)
postgresql = factories.postgresql("_template")


@pytest.fixture
def database_url(pg_server: Target, postgresql: psycopg.Connection) -> str:
    """Return the URL of this test's migrated clone, the one that `postgresql` is connected to."""
    return pg_server.url(postgresql.info.dbname)


@pytest.fixture
def conn(database_url: str) -> Iterator[psycopg.Connection]:
    """Connect to this test's migrated clone: autocommit, TimeZone UTC."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        yield connection


@pytest.fixture
def empty_database_url(pg_server: Target) -> Iterator[str]:
    """Give the URL of a database of this test without any tables."""
    with database(pg_server) as name:
        yield pg_server.url(name)


@pytest.fixture
def scratch(empty_database_url: str) -> Iterator[psycopg.Connection]:
    """Connect to a database of this test without any tables: autocommit."""
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """Make a folder for servers that tests start themselves; root's account can enter it, too."""
    made = Path(tempfile.mkdtemp(prefix="amber-test-", dir=places.passing()[0]))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(
    scope="session", params=available_majors().values(), ids=lambda d: f"pg{major_of(d)}"
)
def server_by_major(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Run each major version of PostgreSQL that this machine has, one after the other."""
    with temporary(bin_dir=request.param) as server:
        yield server


@pytest.fixture(scope="session")
def _template_by_major(server_by_major: Server) -> Iterator[tuple[Target, str]]:
    server = target(server_by_major.url("postgres"))
    with database(server) as name:
        migrate(server.url(name))
        yield server, name


@pytest.fixture
def database_url_by_major(_template_by_major: tuple[Target, str]) -> Iterator[str]:
    """Give the URL of a migrated database of this test, on each major version in turn."""
    server, template = _template_by_major
    with database(server, template) as name:
        yield server.url(name)
