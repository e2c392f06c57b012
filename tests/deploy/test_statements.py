"""Statements are found as the server finds them, and the kinds that matter are told apart."""

from __future__ import annotations

import random
from pathlib import Path

import pglast
import pytest

from amber_sql.deploy.files.migration_file import MigrationFile, read
from amber_sql.deploy.files.outside_statement import parse
from amber_sql.deploy.files.statements import parse_statements
from amber_sql.deploy.lint import lint
from amber_sql.errors import BadMigrationFile, NotConcurrent


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("SELECT 1; SELECT 2", 2),
        ("/* a /* ; */ ; */ SELECT 1;", 1),
        ("SELECT $a$ ; $a$; SELECT ';', e'\\';', \"a;b\";", 2),
        ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END; SELECT 1;", 2),
        ("CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b); SELECT 1;", 2),
        ("DO $$ BEGIN PERFORM 1; END $$;", 1),
        ('CREATE TABLE t ("begin" int, begin int); SELECT 1;', 2),
        ("-- only a comment;\n", 0),
    ],
)  # fmt: skip
def test_statements_are_split_by_the_servers_rules(text: str, count: int) -> None:
    """Comments, quotes, dollar quotes and bodies hold semicolons that end nothing."""
    assert len(parse_statements(text)) == count


PIECES = (
    "SELECT ';'", "SELECT e'\\';'", "SELECT fooe';x'", "SELECT 1 AS \"e';\"", "SELECT U&'\\0041;'",
    "SELECT $a$;$b$;$a$", "SELECT a$b$ FROM x$y", "SELECT 'a'\n'b;'", "SELECT e'a'\n'\\';b'",
    "SELECT 1/*;/*;*/;*/", "-- ;'\n SELECT 1", "SELECT 1 - -2", "COMMIT/**/", "/*;*/ROLLBACK",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS end; END",
    "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC END",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 1 AS case; END",
    "create function f() returns atomic language begin begin atomic select begin; end",
    "CREATE FUNCTION f(begin atomic) RETURNS int RETURN 1", "SELECT 1 AS case",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT 1; END; RETURN 1; END",
    "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b)",
    "CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING", "DO $$ BEGIN; COMMIT; END $$",
    "INSERT INTO t VALUES ('a''b;', \"x\"\"y;\")", "SELECT é$x$é FROM ü", "SELECT 'x'--;\n'y'",
)  # fmt: skip
SEPARATORS = (";", "; ", ";\n", ";;", " ;/*;*/", ";--x;\n")


def test_statements_begin_where_the_grammar_says() -> None:
    """PostgreSQL's own parser finds as many statements in thousands of texts of such pieces."""
    chance = random.Random(1)  # noqa: S311  # the same texts each time
    for _ in range(3000):
        pieces = chance.choices(PIECES, k=chance.randint(1, 5))
        text = "".join(piece + chance.choice(SEPARATORS) for piece in pieces)
        assert len(parse_statements(text)) == len(pglast.parser.split(text)), text


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("COMMIT", True),
        ("start transaction", True),
        ("END", True),
        ("PREPARE TRANSACTION 'x'", True),
        ("ROLLBACK TO SAVEPOINT a", False),
        ("SAVEPOINT a", False),
        ("PREPARE q AS SELECT 1", False),
        ("CREATE TABLE commit (a int)", False),
    ],
)
def test_transaction_control_is_recognised(text: str, ends: bool) -> None:
    """Savepoints are fine within a migration; whatever ends its transaction is not."""
    assert parse_statements(text)[0].ends_transaction is ends


def concurrent(text: str) -> MigrationFile:
    return MigrationFile(name="1", path=Path("1.sql"), text=text, transactional=False, depends=())


@pytest.mark.parametrize(
    ("text", "kind", "name", "table"),
    [
        ("CREATE INDEX CONCURRENTLY a ON t (x)", "create", ("a",), ("t",)),
        ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a ON ONLY s.t (x)", "create", ("a",), ("s", "t")),
        ('create index concurrently "A b" on "S"."T" (x)', "create", ('"A b"',), ('"S"', '"T"')),
        ("DROP INDEX CONCURRENTLY IF EXISTS s.a", "drop", ("s", "a"), ()),
        ("DROP INDEX CONCURRENTLY a", "drop", ("a",), ()),
        ("REINDEX (VERBOSE) TABLE CONCURRENTLY t", "reindex", (), ()),
    ],
)  # fmt: skip
def test_what_can_be_seen_afterwards_may_run_outside_a_transaction(
    text: str, kind: str, name: tuple[str, ...], table: tuple[str, ...]
) -> None:
    """The three kinds, with the index and the table that tell how far it came."""
    what = parse(concurrent(text))
    assert (what.kind, what.name, what.table) == (kind, name, table)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE INDEX CONCURRENTLY ON t (x)",
        "CREATE INDEX a ON t (x)",
        "VACUUM t",
        "ALTER TYPE mood RENAME VALUE 'a' TO 'b'",
        "CREATE INDEX CONCURRENTLY s.a ON t (x)",
        "CREATE INDEX CONCURRENTLY a ON t (x); SELECT 1",
        "",
    ],
)
def test_anything_else_outside_a_transaction_is_refused(text: str) -> None:
    """Of a nameless index, a vacuum or two statements nobody could say how far they came."""
    with pytest.raises(NotConcurrent):
        parse(concurrent(text))


def test_line_endings_do_not_change_a_checksum(tmp_path: Path) -> None:
    """A checkout on another system is the same file."""
    (tmp_path / "a.sql").write_bytes(b"-- depends: x y\r\nSELECT 1;\r\n")
    (tmp_path / "b.sql").write_bytes(b"-- depends: x y\nSELECT 1;\n")
    assert read(tmp_path / "a.sql").checksum == read(tmp_path / "b.sql").checksum
    assert read(tmp_path / "a.sql").depends == ("x", "y")


def test_a_wrong_directive_is_refused(tmp_path: Path) -> None:
    """`transactional: no` would be a KeyError in yoyo."""
    (tmp_path / "a.sql").write_text("-- transactional: no\nSELECT 1;")
    with pytest.raises(BadMigrationFile, match="transactional: no"):
        read(tmp_path / "a.sql")


def test_lint_names_what_will_hurt(tmp_path: Path) -> None:
    """No rollback, transaction control, a backfill under ACCESS EXCLUSIVE; a new table is nobody's."""
    (tmp_path / "1.sql").write_text(
        "CREATE TABLE fresh (a int);\nALTER TABLE fresh ADD COLUMN b int;\nINSERT INTO fresh VALUES (1);\n"
        "ALTER TABLE old ADD COLUMN c int;\nUPDATE old SET c = 1;\nCOMMIT;\n"
    )
    found = lint([read(tmp_path / "1.sql")])
    assert {(finding.rule, finding.line) for finding in found} == {
        ("no_rollback", 1),
        ("slow_under_lock", 5),
        ("transaction_control", 6),
    }
