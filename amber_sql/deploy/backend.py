"""yoyo's backend for amber-sql: the same engine, marks and commands, on one connection that is safe.

`database = amber://` in yoyo.ini chooses it. The connection that holds the lock also runs the
statements and writes log and mark, in one transaction; stock yoyo uses two connections and three
transactions, and a kill between them leaves a database that needs a human.
"""

from __future__ import annotations

import getpass
import socket
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus
from yoyo import internalmigrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI
from yoyo.migrations import default_migration_table

from amber_sql.compiler.bookkeeping import YOYO_TABLES
from amber_sql.compiler.search_path import use_own_path
from amber_sql.deploy import yoyo_command
from amber_sql.deploy.apply import advisory_lock, yoyo_lock
from amber_sql.deploy.apply.failure import failed
from amber_sql.deploy.apply.migration import run
from amber_sql.deploy.compat import running_releases
from amber_sql.deploy.compat.release_check import record_release
from amber_sql.deploy.connect.connection import connect
from amber_sql.deploy.connect.target import database_url
from amber_sql.deploy.context import Context
from amber_sql.deploy.development import is_development
from amber_sql.deploy.files.migration_file import read
from amber_sql.deploy.files.yoyo_steps import every_migration, load
from amber_sql.deploy.history import guard, marks, place, rights
from amber_sql.deploy.progress import Event, Progress, log
from amber_sql.deploy.settings import Settings, from_environment
from amber_sql.errors import BreaksRunning, ForceRefused, NoMigrations
from amber_sql.locate import queries_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amber_sql.deploy.compat.manifest import Manifest
    from amber_sql.deploy.context import Direction


_NOWHERE = DatabaseURI("amber", None, None, None, None, None, {})


class AmberBackend(PostgresqlPsycopgBackend):  # type: ignore[misc]  # yoyo ships no types
    """A database that migrations are applied to, as yoyo's commands see it.

    yoyo constructs it from `amber://`; then the environment names the database. `url` names it for
    everybody else, and never enters yoyo's own `uri`, which yoyo prints.
    """

    _is_locked: bool = False
    _internal_schema_updated: bool = False

    def __init__(
        self,
        dburi: DatabaseURI = _NOWHERE,
        migration_table: str = default_migration_table,
        *,
        url: str | None = None,
        settings: Settings | None = None,
        progress: Progress | None = None,
        queries: Path | None = None,
        running: Sequence[Manifest] = (),
    ) -> None:
        """Connect, waiting as long as `settings` say."""
        in_yoyos_command = yoyo_command.adopt()  # first: what follows may raise, in one sentence
        self.url = database_url(url)
        self.settings = settings or from_environment()
        self.progress = progress or in_yoyos_command or log
        self.queries = queries
        self.running = running
        self._finds_queries = in_yoyos_command is not None
        self._folders: set[str] = set()
        super().__init__(dburi, migration_table)

    def connect(self, dburi: DatabaseURI) -> psycopg.Connection:  # yoyo's signature  # noqa: ARG002
        """Open the one connection."""
        conn = connect(self.url, self.settings, self.progress)
        use_own_path(conn)
        return conn

    @property
    def history_schema(self) -> str:
        """Where yoyo's tables and ours are, or will be."""
        return place.schema(self.connection) or place.schema_to_create(self.connection)

    def quote_identifier(self, s: str) -> str:
        """Quote a name; yoyo's tables carry their schema, since search_path may point elsewhere."""
        quoted: str = super().quote_identifier(s)
        if s not in YOYO_TABLES:
            return quoted
        return f"{super().quote_identifier(self.history_schema)}.{quoted}"

    def list_tables(self, **kwargs: Any) -> list[str]:
        """Return the tables beside the history, for yoyo to see which of its own are there."""
        del kwargs
        query = "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = %s"
        return [name for (name,) in self.connection.execute(query, [self.history_schema])]

    def init_database(self) -> None:
        """Create nothing yet: yoyo's tables are made under the lock, and PostgreSQL's DDL is transactional."""

    def copy(self) -> AmberBackend:
        """Open a second connection to the same database; no path of ours needs one."""
        return type(self)(
            self.uri,
            self.migration_table,
            url=self.url,
            settings=self.settings,
            progress=self.progress,
        )

    def rollback(self) -> None:
        """Roll back, unless the connection is gone: then the server has done so already."""
        if self.connection.info.transaction_status is TransactionStatus.UNKNOWN:
            self._in_transaction = False
        else:
            super().rollback()

    @contextmanager
    def lock(self, timeout: float | None = None) -> Iterator[None]:
        """Hold the deploy lock, waiting `timeout` seconds at most; yoyo's own default does not count."""
        if self._is_locked:
            yield
            return
        wait = self.settings.lock_wait if timeout is None else timeout
        with advisory_lock.held(self.connection, wait=wait, progress=self.progress):
            self._is_locked = True
            try:
                yield
            except psycopg.Error as error:
                raise failed(error, "the deploy", None) from None
            finally:
                self._is_locked = False

    def ensure_internal_schema_updated(self) -> None:
        """Create or upgrade yoyo's tables and ours, in one transaction."""
        if self._internal_schema_updated:
            return
        with self.lock(), self.transaction():
            schema = self.history_schema
            if internalmigrations.needs_upgrading(self):
                internalmigrations.upgrade(self)
            marks.create(self.connection, schema)
            for one in rights.take_back(self.connection, schema):
                self.progress(
                    Event("healed", one.table, detail=f"{one}, and had no business there")
                )
        self._internal_schema_updated = True

    def to_apply(self, migrations: Any) -> Any:
        """Return the migrations that are not applied, in the order of their names and dependencies."""
        if not migrations:
            raise NoMigrations(folder="the folders that were named")
        load(migrations)
        self._folders |= {str(Path(migration.path).parent) for migration in migrations}
        return super().to_apply(migrations)

    def to_rollback(self, migrations: Any) -> Any:
        """Return the migrations that are applied, the last one first."""
        load(migrations)
        self._folders |= {str(Path(migration.path).parent) for migration in migrations}
        return super().to_rollback(migrations)

    def apply_migrations(self, migrations: Any, force: bool = False) -> None:
        """Apply what is pending, once the files are known to continue this database's history."""
        if force:
            raise ForceRefused
        self.ensure_internal_schema_updated()
        yoyo_lock.wait(self.connection, seconds=self.settings.lock_wait, progress=self.progress)
        guard.check(
            self.connection,
            guard.files_of(every_migration(self._folders)),
            allow_ahead=self.settings.allow_ahead,
            development=is_development(self.url),
            progress=self.progress,
        )
        super().apply_migrations(migrations, force=force)
        self._remember(anything_new=bool(migrations))

    def _remember(self, *, anything_new: bool) -> None:
        """Remember the release that is being deployed: the queries of the migrations' project."""
        folder = self.queries
        if folder is None and self._finds_queries:
            found = (queries_of(Path(one)) for one in self._folders)
            folder = next(filter(None, found), None)
        if folder is not None:
            record_release(
                self.connection, folder, anything_new=anything_new, progress=self.progress
            )

    def apply_migrations_only(self, migrations: Any, force: bool = False) -> None:
        """Apply each; the first that fails ends the deploy, also where its file cannot be read."""
        for migration in migrations:
            self.apply_one(migration, force=force)

    def rollback_migrations(self, migrations: Any, force: bool = False) -> None:
        """Roll back each; the first that fails ends it."""
        self.ensure_internal_schema_updated()
        self._folders |= {str(Path(migration.path).parent) for migration in migrations}
        files = guard.files_of(every_migration(self._folders))
        guard.check_undo(
            self.connection,
            files,
            [migration.id for migration in migrations],
            development=is_development(self.url),
        )
        for migration in migrations:
            self.rollback_one(migration, force=force)

    def apply_one(self, migration: Any, force: bool = False, mark: bool = True) -> None:
        """Apply one migration: statements, log and mark in one transaction."""
        if force:
            raise ForceRefused
        self.ensure_internal_schema_updated()
        run(self._context(), migration, "apply", mark=mark)

    def rollback_one(self, migration: Any, force: bool = False) -> None:
        """Undo one migration: statements, log and the mark's removal in one transaction.

        In development nobody else runs the releases that need it: they end with it.
        """
        if force:
            raise ForceRefused
        self.ensure_internal_schema_updated()
        try:
            run(self._context(), migration, "rollback")
        except BreaksRunning as broken:
            if not is_development(self.url):
                raise
            for release in broken.releases:
                running_releases.retire(self.connection, release)
                self.progress(Event("retired", release, detail=f"it needs {migration.id}"))
            run(self._context(), migration, "rollback")

    def _context(self) -> Context:
        """Return what applying a migration works with."""
        return Context(
            url=self.url,
            connection=self.connection,
            settings=self.settings,
            progress=self.progress,
            running=self.running,
            transaction=self.transaction,
            record=self.record,
            run_python=self._run_python,
        )

    def _run_python(self, migration: Any, direction: Direction) -> None:
        """Run the steps of a `.py` migration, which take yoyo's backend."""
        migration.process_steps(self, direction)

    def record(self, migration: Any, direction: Direction) -> None:
        """Write log and mark of what was just done, within the caller's transaction."""
        self.log_migration(migration, direction)
        if direction == "apply":
            self.mark_one(migration, log=False)
        else:
            self.unmark_one(migration, log=False)

    def mark_one(self, migration: Any, log: bool = True) -> None:
        """Write yoyo's mark, and beside it the text that it stands for."""
        super().mark_one(migration, log)
        marks.store_text(self.connection, read(Path(migration.path)))

    def unmark_one(self, migration: Any, log: bool = True) -> None:
        """Remove yoyo's mark and the text beside it."""
        super().unmark_one(migration, log)
        marks.forget(self.connection, migration.hash)

    def get_log_data(self, migration: Any = None, operation: str = "apply") -> dict[str, Any]:
        """Return a row for yoyo's log, without a DNS query and for an account without a name too."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError):
            user = "unknown"
        return {
            "id": str(uuid.uuid1()),
            "migration_id": migration.id if migration else None,
            "migration_hash": migration.hash if migration else None,
            "username": user,
            "hostname": socket.gethostname(),
            "created_at_utc": datetime.now(UTC).replace(tzinfo=None),
            "operation": operation,
        }
