"""`lint`: squawk's own JSON becomes our findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from deploy_world import write

from amber_sql.deploy.files.migration_file import read
from amber_sql.deploy.lint import squawk

if TYPE_CHECKING:
    from pathlib import Path

    from amber_sql.errors import Finding


@pytest.fixture
def found(tmp_path: Path) -> list[Finding]:
    """Run the real squawk on a migration whose third line builds an index under a lock."""
    text = "ALTER TABLE a ADD COLUMN b int;\n\nCREATE INDEX a_b ON a (b);\n"
    folder = write(tmp_path / "migrations", {"0001.a": text})
    findings = squawk([read(folder / "0001.a.sql")])
    assert findings is not None
    return findings


def test_squawk_s_rule_comes_with_its_place(found: list[Finding]) -> None:
    """File and line are the migration's, the rule has squawk's name behind ours."""
    places = {(one.file, one.line, one.rule) for one in found}
    assert ("0001.a.sql", 3, "squawk:require-concurrent-index-creation") in places


def test_squawk_s_remedy_is_the_hint(found: list[Finding]) -> None:
    """What it advises is what we print as a hint."""
    (one,) = [one for one in found if one.rule.endswith("require-concurrent-index-creation")]
    assert "`concurrently`" in one.hint


def test_what_our_deploys_do_by_themselves_is_left_out(found: list[Finding]) -> None:
    """A lock timeout is set for each migration, and none has to say so."""
    assert not [one for one in found if "timeout" in one.rule]
