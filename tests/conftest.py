"""Every test's database: a clone of one migrated template, on a throw-away or a given server.

pg_server                session: the server, embedded or DATABASE_URL's
postgresql               pytest-postgresql's connection to this test's migrated clone
database_url, conn       the URL of that same clone; an autocommit connection to it
app_url, migrator_url    the URLs of a clone in which `amber-sql roles` has been, as its roles
empty_database_url,      a database of this test without any tables;
  scratch                an autocommit connection to it
compiling_server,        session: the same server if types are proven on it, else the embedded one;
  compiling_url,         its URL;
  compiling              an autocommit connection to a database on it without any tables
embedded_home            session: a folder in which commands start a server of their own
server_by_major,         session, one after the other: each major version on this machine;
  database_url_by_major  the URL of a migrated database on it, for this test
  app_url_by_major       the same, as the app role
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest
from pytest_postgresql import factories
from pytest_postgresql.janitor import BaseDatabaseJanitor, DatabaseJanitor
from target import FILE_COPY, Target, database, end_connections, random_name, target

from amber_sql import deploy, locate
from amber_sql.deploy.roles import Roles, provision
from amber_sql.server import Server, available_majors, places, temporary
from amber_sql.server.binaries import major_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY, ROOM = Path("/dev/shm"), 4 << 30  # noqa: S108
if (
    "TMPDIR" not in os.environ
    and os.access(MEMORY, os.W_OK | os.X_OK)
    and shutil.disk_usage(MEMORY).free > ROOM
    and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
):
    # A database is made and dropped for most tests: 20 ms in memory, ten times that on a disk.
    os.environ["TMPDIR"], tempfile.tempdir = str(MEMORY), None

# A copy of files takes a quarter of the time that a copy through the log does.
_create = BaseDatabaseJanitor._build_create_database_sql
BaseDatabaseJanitor._build_create_database_sql = lambda self: _create(self) + FILE_COPY
# The stock one fails, now and then, where the role is no superuser and autovacuum is at work.
DatabaseJanitor._terminate_connection = staticmethod(end_connections)

ROLES = Roles.with_prefix(random_name())
PASSWORD = random_name()
OLDEST_COMPILING = 160000
"""The first version that says in its query trees which outer joins may null a column."""


MAJORS = available_majors()
NEWEST = MAJORS[max(MAJORS)]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs on an older version, before `-m` chooses."""
    for item in items:
        given = (
            item.callspec.params
            if isinstance(item, pytest.Function) and hasattr(item, "callspec")
            else {}
        )
        if given.get("server_by_major", NEWEST) != NEWEST:
            item.add_marker("matrix")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end what did not run since this machine lacks something."""
    reasons = {report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])}
    for reason in sorted(reasons):
        terminalreporter.write_line(f"not run: {reason.removeprefix('Skipped: ')}", yellow=True)


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


@pytest.fixture(scope="session")
def compiling_server(pg_server: Target) -> Iterator[Target]:
    """Give a server whose query trees are known: DATABASE_URL's, or if that is older the embedded one."""
    with psycopg.connect(pg_server.url(pg_server.maintenance_dbname)) as conn:
        known = conn.info.server_version >= OLDEST_COMPILING
    if known:
        yield pg_server
    else:
        with temporary() as server:
            yield target(server.url("postgres"))


@pytest.fixture(scope="session")
def compiling_url(compiling_server: Target) -> str:
    """Return that server's URL, for scratch databases of commands."""
    return compiling_server.url(compiling_server.maintenance_dbname)


@pytest.fixture
def compiling(compiling_server: Target) -> Iterator[psycopg.Connection]:
    """Connect to a database of this test without any tables, on that server: autocommit."""
    with (
        database(compiling_server) as name,
        psycopg.connect(compiling_server.url(name), autocommit=True) as connection,
    ):
        yield connection


def _url_of(*, host: str, port: int, user: str, password: str | None, dbname: str, **_: Any) -> str:
    server = Target(
        host=host, port=port, user=user, password=password, options="", maintenance_dbname=dbname
    )
    return server.url(dbname)


def _migrate_template(**given: Any) -> None:
    migrate(_url_of(**given))


def _provide_template(**given: Any) -> None:
    provide_roles(_url_of(**given))


def provide_roles(url: str) -> None:
    """Do what `amber-sql roles` does, and let app and migrator log in."""
    with psycopg.connect(url, autocommit=True) as admin:
        provision(admin, ROLES)
        for name in (ROLES.app, ROLES.migrator):
            admin.execute(f"ALTER ROLE {name} PASSWORD '{PASSWORD}'")
        # What a role is set to in one database is not copied with it.
        admin.execute(f"ALTER ROLE {ROLES.migrator} SET role = {ROLES.owner}")


@pytest.fixture(scope="session")
def _server_with_roles(pg_server: Target) -> Iterator[Target]:
    """Drop the roles when every database that knows them is gone."""
    yield pg_server
    with psycopg.connect(pg_server.url(pg_server.maintenance_dbname), autocommit=True) as admin:
        for name in (ROLES.app, ROLES.read, ROLES.migrator, ROLES.owner):
            admin.execute(f"DROP ROLE IF EXISTS {name}")


_template = factories.postgresql_noproc(
    depends_on="pg_server", dbname=random_name(), load=[_migrate_template]
)
postgresql = factories.postgresql("_template")

_template_with_roles = factories.postgresql_noproc(
    depends_on="_server_with_roles",
    dbname=random_name(),
    load=[_migrate_template, _provide_template],
)
_postgresql_with_roles = factories.postgresql("_template_with_roles")


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


def _url_as(role: str, server: Target, dbname: str) -> str:
    return msgspec.structs.replace(server, user=role, password=PASSWORD).url(dbname)


@pytest.fixture
def app_url(pg_server: Target, _postgresql_with_roles: psycopg.Connection) -> str:
    """Return the URL of this test's migrated clone, as the role that a service logs in by."""
    return _url_as(ROLES.app, pg_server, _postgresql_with_roles.info.dbname)


@pytest.fixture
def migrator_url(pg_server: Target, _postgresql_with_roles: psycopg.Connection) -> str:
    """Return the URL of that same clone, as the role that deploys and maintenance log in by."""
    return _url_as(ROLES.migrator, pg_server, _postgresql_with_roles.info.dbname)


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


@pytest.fixture(scope="session")
def embedded_home(server_folder: Path) -> Iterator[Path]:
    """Give an AMBER_SERVER_DIR for commands, whose server goes on from test to test."""
    yield server_folder / "home"
    for folder in (server_folder / "home").glob("[0-9]*"):
        Server(folder).stop("immediate")


@pytest.fixture(scope="session", params=MAJORS.values(), ids=lambda d: f"pg{major_of(d)}")
def server_by_major(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Run each major version of PostgreSQL that this machine has, one after the other."""
    with temporary(bin_dir=request.param) as server:
        yield server


@pytest.fixture(scope="session")
def _template_by_major(server_by_major: Server) -> Iterator[tuple[Target, str]]:
    server = target(server_by_major.url("postgres"))
    with database(server) as name:
        migrate(server.url(name))
        provide_roles(server.url(name))
        yield server, name


@pytest.fixture
def database_url_by_major(_template_by_major: tuple[Target, str]) -> Iterator[str]:
    """Give the URL of a migrated database of this test, on each major version in turn."""
    server, template = _template_by_major
    with database(server, template) as name:
        yield server.url(name)


@pytest.fixture
def app_url_by_major(_template_by_major: tuple[Target, str]) -> Iterator[str]:
    """Give the URL of a migrated database of this test, on each version, as the role of a service."""
    server, template = _template_by_major
    with database(server, template) as name:
        yield _url_as(ROLES.app, server, name)
