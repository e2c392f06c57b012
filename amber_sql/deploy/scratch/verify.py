"""Two states of a project → what the newer one does to code of the older, on scratch databases.

The same judgement as in a deploy, before there is one: in CI, against a git revision, a wheel or a
manifest.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from amber_sql.deploy.compat.compatibility import Effect, compare
from amber_sql.deploy.compat.describe_release import describe_release, read_files, release_of
from amber_sql.deploy.files.migration_file import read
from amber_sql.deploy.scratch.scratch_database import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    from amber_sql.compiler.described import DescribedQuery
    from amber_sql.deploy.compat.manifest import Manifest


class Needed(msgspec.Struct, frozen=True):
    """A new query that the older schema refuses, and the first migration that makes it right."""

    query: str
    migration: str
    failure: str

    def __str__(self) -> str:
        """One line."""
        return f"{self.query} needs migration {self.migration or 'that is not there'} first: {self.failure}"


def described(queries: Path, migrations: Path, scratch_url: str | None) -> Manifest:
    """Describe the queries of a folder on a database that has exactly these migrations."""
    with scratch(migrations, scratch_url) as conn:
        found = describe_release(conn, read_files(queries))
    return msgspec.structs.replace(found, migrations=tuple(_names(migrations)))


def described_release(
    conn: psycopg.Connection[Any],
    described: Sequence[DescribedQuery],
    queries: Path,
    migrations: Path,
) -> Manifest:
    """Return the manifest of a folder's queries, which are `described` on `conn` already."""
    found = release_of(conn, described, read_files(queries))
    return msgspec.structs.replace(found, migrations=tuple(_names(migrations)))


def migration_effects(old: Manifest, migrations: Path, scratch_url: str | None) -> list[Effect]:
    """Return what `migrations` do to the queries of `old`."""
    with scratch(migrations, scratch_url) as conn:
        return compare(old, describe_release(conn, old.files, old.release))


def needed(
    queries: Path, migrations: Path, applied: Sequence[str], scratch_url: str | None
) -> list[Needed]:
    """Return the queries that do not fit a database which has only `applied` of `migrations`."""
    files = read_files(queries)
    known = [name for name in _names(migrations) if name in applied]
    later = [name for name in _names(migrations) if name not in applied]
    waiting = _failures(files, migrations, known, scratch_url)
    answers: dict[str, str] = {}
    for place, name in enumerate(later, 1):
        if len(answers) == len(waiting):
            break
        still = _failures(files, migrations, [*known, *later[:place]], scratch_url)
        answers |= {query: name for query in waiting if query not in still and query not in answers}
    return [Needed(query, answers.get(query, ""), why) for query, why in sorted(waiting.items())]


def _failures(
    files: dict[str, str], migrations: Path, names: Sequence[str], scratch_url: str | None
) -> dict[str, str]:
    """Return what PostgreSQL says of each query that does not fit these migrations."""
    with _only(migrations, names) as folder, scratch(folder, scratch_url) as conn:
        found = describe_release(conn, files)
    return {query.name: query.failure for query in found.queries if query.failure}


@contextmanager
def _only(migrations: Path, names: Sequence[str]) -> Iterator[Path]:
    """Give a folder with only these migrations."""
    with tempfile.TemporaryDirectory(prefix="amber-") as above:
        folder = Path(above) / "migrations"
        folder.mkdir()
        for name in names:
            shutil.copy(migrations / f"{name}.sql", folder)
        if not names:
            (folder / "0000.nothing.sql").write_text("SELECT 1;\n", encoding="utf-8")
        yield folder


def _names(migrations: Path) -> list[str]:
    """Return the names of a folder's migrations, in their order."""
    paths = sorted(path for path in migrations.glob("*.sql"))
    return [read(path).name for path in paths if not path.name.endswith(".rollback.sql")]
