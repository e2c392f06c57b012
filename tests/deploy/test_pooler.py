"""A deploy through PgBouncer: refused in transaction mode, fine in session mode, direct wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from deploy_world import COMMANDS, deploy, rows, write
from pgbouncer import bouncer, needs_pgbouncer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_pgbouncer


@pytest.mark.parametrize("command", COMMANDS)
def test_a_transaction_pooler_is_refused_unless_there_is_a_direct_url(
    empty_database_url: str, tmp_path: Path, command: str
) -> None:
    """Exit 5 with the variable to set; with it, the deploy goes round the pooler."""
    folder = write(tmp_path / "migrations", {"0001.a": "CREATE TABLE a (id int);"})
    with bouncer(empty_database_url, "transaction") as url:
        code, said = deploy(command, url, folder)
        assert code == 5, said
        assert "set DIRECT_DATABASE_URL" in said
        assert rows(empty_database_url, "SELECT to_regclass('a')") == [(None,)]
        code, said = deploy(command, url, folder, DIRECT_DATABASE_URL=empty_database_url)
        assert code == 0, said


def test_a_session_pooler_is_fine(empty_database_url: str, tmp_path: Path) -> None:
    """In session mode lock and settings stay with the session."""
    folder = write(tmp_path / "migrations", {"0001.a": "CREATE TABLE a (id int);"})
    with bouncer(empty_database_url, "session") as url:
        code, said = deploy("amber", url, folder)
    assert code == 0, said
