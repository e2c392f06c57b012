"""yoyo's Migration objects, filled by our reader before yoyo's own splits the file with sqlparse.

yoyo then finds them loaded. That keeps its ordering by `depends`, its commands and its marks, and
leaves the splitting to the server.
"""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yoyo.migrations import (
    MigrationStep,
    Transactionless,
    TransactionWrapper,
    read_migrations,
    topological_sort,
)
from yoyo.topologicalsort import CycleError

from amber_sql.deploy.files.folder import refuse_capitals
from amber_sql.deploy.files.migration_file import MigrationFile, read
from amber_sql.errors import BadMigrationFile

if TYPE_CHECKING:
    from collections.abc import Iterable


def every_migration(folders: Iterable[Path | str]) -> list[Any]:
    """Return all migrations of `folders`, loaded, in the order in which yoyo applies them."""
    migrations = read_migrations(*(glob.escape(str(folder)) for folder in sorted(folders)))
    load(migrations)
    return list(topological_sort(migrations))


def load(migrations: Any) -> None:
    """Fill every `.sql` migration of a yoyo MigrationList, `post-apply` ones included."""
    every = [*migrations, *migrations.post_apply]
    refuse_capitals(sorted({Path(migration.path).parent for migration in every}))
    by_name = {migration.id: migration for migration in every}
    for migration in every:
        if migration.is_raw_sql() and not migration.loaded:
            _fill(migration, read(Path(migration.path)), by_name)
    try:
        list(topological_sort(every))
    except CycleError as error:
        circle = sorted(error.args[1], key=lambda migration: str(migration.id))
        names = ", ".join(migration.id for migration in circle)
        what = f"depends on itself, through {names}"
        raise BadMigrationFile(file=circle[0].path, what=what) from None


def _fill(migration: Any, file: MigrationFile, by_name: dict[str, Any]) -> None:
    """Give one Migration what its own `load` would have found, as a single step."""
    missing = [name for name in file.depends if name not in by_name]
    if missing:
        raise BadMigrationFile(file=file.path, what=f"depends on {missing[0]}, which is not there")
    undo = file.rollback()
    step = MigrationStep(0, file.text, undo and undo.text)
    wrapper = TransactionWrapper if file.transactional else Transactionless
    migration.source = file.text
    migration.use_transactions = file.transactional
    migration.steps = [wrapper(step)]
    migration._depends = {by_name[name] for name in file.depends}  # yoyo has no setter  # noqa: SLF001
