"""`amber-sql migrate …`: migrations, applied and inspected. Talk goes to stderr, data to stdout."""

from __future__ import annotations

import click

from amber_sql.cli.group import WholeSentences
from amber_sql.cli.migrate_apply import deploy, down, up
from amber_sql.cli.migrate_baseline import baseline
from amber_sql.cli.migrate_diff import diff
from amber_sql.cli.migrate_new import new
from amber_sql.cli.migrate_release import retire
from amber_sql.cli.migrate_state import mark, status, unmark


@click.group(cls=WholeSentences)
def migrate() -> None:
    """Apply migrations, and see which of them a database has."""


for _command in (baseline, deploy, diff, down, mark, new, retire, status, unmark, up):
    migrate.add_command(_command)
