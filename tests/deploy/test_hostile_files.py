"""Files as people write them, against what the server makes of them: applied, or refused with the reason."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from deploy_world import rows, write
from target import database

from amber_sql import deploy as deploys
from amber_sql.compiler.bookkeeping import TABLES
from amber_sql.deploy.files.statements import parse_statements
from amber_sql.errors import AmberError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target import Target

LONG = "an_index_whose_name_is_rather_longer_than_the_sixty_three_bytes_that_are_kept"
OUTSIDE = "-- transactional: false\n"


@pytest.fixture(scope="module")
def unchanged_url(pg_server: Target) -> Iterator[str]:
    """Give one empty database for all that is refused: nothing of it is kept."""
    with database(pg_server) as name:
        yield pg_server.url(name)


def failure(url: str, folder: Path) -> str:
    """Deploy what must fail, and return what is said."""
    with pytest.raises(AmberError) as caught:
        deploys.migrate(url, folder)
    assert caught.value.exit_code in {4, 5}
    assert "deploy again" not in str(caught.value)
    return str(caught.value)


NAMES = (
    LONG,
    f'"{LONG.upper()}"',
    f'"{"ü" * 40}"',
    "ÜBER_names_" + "é" * 40,
    'U&"d\\0061t\\+000061_index"',
    "U&\"d!0061t!0062_index\" UESCAPE '!'",
    "if",
)


@pytest.mark.parametrize("unless", ["", "IF NOT EXISTS"])
def test_an_index_is_known_by_the_name_that_the_server_keeps(
    empty_database_url: str, tmp_path: Path, unless: str
) -> None:
    """Cut at 63 bytes, folded, unescaped: built, marked, and dropped again."""
    files = {"0001.t": "CREATE TABLE t (a int)"}
    for number, name in enumerate(NAMES):
        files[f"1{number}01.i"] = f"{OUTSIDE}CREATE INDEX CONCURRENTLY {unless} {name} ON t (a);"
        files[f"1{number}02.d"] = f"{OUTSIDE}DROP INDEX CONCURRENTLY {name};"
    folder = write(tmp_path / "m", files)
    assert deploys.migrate(empty_database_url, folder) == list(files)


def test_an_index_of_another_table_is_no_success(empty_database_url: str, tmp_path: Path) -> None:
    """IF NOT EXISTS is content with any relation of that name, and a deploy is not."""
    folder = write(
        tmp_path / "m",
        {
            "0001.t": "CREATE TABLE t (a int); CREATE TABLE other (a int); CREATE INDEX taken ON other (a)",
            "0002.i": f"{OUTSIDE}CREATE INDEX CONCURRENTLY IF NOT EXISTS taken ON t (a);",
        },
    )
    said = failure(empty_database_url, folder)
    assert "an index taken of table public.other" in said
    assert "choose another name" in said


def test_what_is_left_of_an_index_is_looked_up(empty_database_url: str, tmp_path: Path) -> None:
    """A unique index that cannot be built is dropped again, and that is what is said."""
    folder = write(
        tmp_path / "m",
        {
            "0001.t": "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)",
            "0002.i": f"{OUTSIDE}CREATE UNIQUE INDEX CONCURRENTLY {LONG} ON t (a);",
        },
    )
    assert "No such index is there." in failure(empty_database_url, folder)


def test_a_value_is_added_outside_a_transaction(empty_database_url: str, tmp_path: Path) -> None:
    """An enum's new value is one statement, and seen afterwards."""
    folder = write(
        tmp_path / "m",
        {
            "0001.e": "CREATE TYPE mood AS ENUM ('sad')",
            "0002.v": f"{OUTSIDE}ALTER TYPE mood ADD VALUE IF NOT EXISTS 'ha''ppy' BEFORE 'sad';",
            "0003.u": "CREATE TABLE t (m mood DEFAULT 'ha''ppy')",
        },
    )
    deploys.migrate(empty_database_url, folder)
    query = "SELECT enumlabel FROM pg_enum ORDER BY enumsortorder"
    assert rows(empty_database_url, query) == [("ha'ppy",), ("sad",)]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1 AS end; END;",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2 AS case; END;",
        "CREATE FUNCTION atomic(atomic int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        'CREATE PROCEDURE begin() BEGIN ATOMIC END; CREATE TABLE begin (atomic int, "end" int);',
    ],
)
def test_a_routines_body_is_read_as_the_server_reads_it(
    empty_database_url: str, tmp_path: Path, text: str
) -> None:
    """Names that look like the end or the beginning of a body are names."""
    folder = write(tmp_path / "m", {"0001.f": f"{text}\nCREATE TABLE after (a int);"})
    assert deploys.migrate(empty_database_url, folder) == ["0001.f"]


@pytest.mark.parametrize(
    "before",
    [
        "CREATE FUNCTION atomic() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "CREATE FUNCTION f(atomic int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 AS case; END;",
        "CREATE TABLE t (a int); SELECT e'\\';';",
        "CREATE TABLE t (a int); /* ; /* */ ' */",
    ],
)
def test_no_body_and_no_quotes_hide_a_commit(
    unchanged_url: str, tmp_path: Path, before: str
) -> None:
    """A file that would commit on its own is refused before any of it runs."""
    folder = write(tmp_path / "m", {"0001.f": f"{before}\nCOMMIT;\nSELECT nothing;"})
    assert "line 2 says COMMIT" in failure(unchanged_url, folder)
    assert rows(unchanged_url, "SELECT to_regclass('t'), to_regproc('f')") == [(None, None)]


@pytest.mark.parametrize("commits", [True, False])
def test_what_was_kept_is_looked_up(
    empty_database_url: str, tmp_path: Path, *, commits: bool
) -> None:
    """A Python migration that commits on its own is not said to have left nothing."""
    folder = tmp_path / "m"
    folder.mkdir()
    end = "conn.execute('COMMIT')" if commits else "pass"
    (folder / "0001.p.py").write_text(
        "from yoyo import step\n"
        "def go(conn):\n"
        "    conn.execute('CREATE TABLE kept (a int)')\n"
        f"    {end}\n"
        "    conn.execute('SELECT nothing')\n"
        "steps = [step(go)]\n"
    )
    said = failure(empty_database_url, folder)
    assert ("Nothing of it was kept" in said) is not commits
    assert (rows(empty_database_url, "SELECT to_regclass('kept')") == [(None,)]) is not commits


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT 1;\nSELECT '\0';", ("0001.m.sql:2", "NUL byte")),
        ("CREATE TABLE t (a int);\nCOPY t (a) FROM STDIN;", ("0001.m.sql:2", "FROM STDIN", "--inserts")),
        ("copy (SELECT 1) to stdout with (format csv)", ("0001.m.sql:1", "TO STDOUT")),
        ("\\restrict abc\nSELECT 1;", ("0001.m.sql:1:1", "command of psql")),
        ("SELECT 1;\n\\connect other\n", ("0001.m.sql:2:1", "command of psql")),
    ],
)  # fmt: skip
def test_what_no_migration_can_hold_is_named(
    unchanged_url: str, tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    """The place and the reason, at once, and never that the connection was lost."""
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "0001.m.sql").write_text(text)
    said = failure(unchanged_url, folder)
    assert [word for word in words if word not in said] == []


def test_a_temporary_table_takes_nothing_of_the_history(
    empty_database_url: str, tmp_path: Path
) -> None:
    """A temporary table comes first in every search path, but for names with a schema."""
    mine = "; ".join(f"CREATE TEMP TABLE {table} (a int)" for table in (*TABLES, "pg_class"))
    folder = write(tmp_path / "m", {"0001.t": mine, "0002.t": "CREATE TABLE t (a int)"})
    assert deploys.migrate(empty_database_url, folder) == ["0001.t", "0002.t"]
    assert deploys.pending(empty_database_url, folder) == []


@pytest.mark.parametrize(
    "name", ["0001.t.SQL", "0001.t.Rollback.sql", "0002.p.PY", "0001.t.rollback.SQL"]
)
def test_a_file_that_yoyo_does_not_see_is_no_silence(
    unchanged_url: str, tmp_path: Path, name: str
) -> None:
    """Its ending is in capitals: said, where yoyo would pass it over or run a rollback."""
    folder = write(tmp_path / "m", {"0001.t": "CREATE TABLE t (a int)"})
    (folder / name).write_text("DROP TABLE t")
    assert name in failure(unchanged_url, folder)


def test_numbers_of_unequal_length_are_no_surprise(unchanged_url: str, tmp_path: Path) -> None:
    """`10.b` sorts before `9.a`: nothing runs in an order that nobody meant."""
    folder = write(tmp_path / "m", {"9.a": "CREATE TABLE t (a int)", "10.b": "DROP TABLE t"})
    said = failure(unchanged_url, folder)
    assert "9.a" in said
    assert "10.b" in said
    assert rows(unchanged_url, "SELECT to_regclass('t')") == [(None,)]


def test_numbers_whose_order_is_stated_are_fine(empty_database_url: str, tmp_path: Path) -> None:
    """What `depends` says is meant."""
    folder = write(
        tmp_path / "m",
        {"9.a": "CREATE TABLE t (a int)", "10.b": "-- depends: 9.a\nDROP TABLE t"},
    )
    assert deploys.migrate(empty_database_url, folder) == ["9.a", "10.b"]


def test_python_is_not_run_in_silence(empty_database_url: str, tmp_path: Path) -> None:
    """Who deploys somebody's folder, or generates from it, is told that it runs their Python."""
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "0001.p.py").write_text("from yoyo import step\nsteps = [step('SELECT 1')]\n")
    said: list[deploys.Event] = []
    deploys.migrate(empty_database_url, folder, progress=said.append)
    assert [event.name for event in said if "Python" in event.detail] == ["0001.p"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT 1;\n\nCREATE ROLE {user} LOGIN PASSWORD 's3cret';", (":3:1: CREATE ROLE", "already exists")),
        ("CREATE TABLE t (a int);\nCREATE INDEX CONCURRENTLY i ON t (a);", (":2:1: CREATE INDEX", "-- transactional: false")),
        ("SELECT 1;\nVACUUM;", (":2:1: VACUUM", "in a transaction")),
        ("CREATE TABLE t (a int);\nCREATE TABLE t (a int);", (":2:1: CREATE TABLE t", "   2 | CREATE TABLE t")),
        ("SELECT 1;\nSELECT nothing;", (":2:8: ", "   2 | SELECT nothing;", "       |        ^")),
        ("CREATE EXTENSION no_such_extension;", (":1:1: ", "--database-url")),
    ],
)  # fmt: skip
def test_an_error_names_its_statement(
    unchanged_url: str, tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    """Folder, line, first words, the line itself and a remedy, where the server tells no position."""
    with psycopg.connect(unchanged_url) as conn:
        text = text.format(user=f'"{conn.info.user}"')
    folder = write(tmp_path / "folder", {"0001.a": text})
    said = failure(unchanged_url, folder)
    assert [word for word in ("folder/0001.a.sql", *words) if word not in said] == []
    assert "s3cret" not in said


def test_a_value_cannot_be_used_before_it_is_committed(
    empty_database_url: str, tmp_path: Path
) -> None:
    """The server's "unsafe use" has a way out, which is said."""
    folder = write(
        tmp_path / "m",
        {
            "0001.e": "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (m mood)",
            "0002.v": "ALTER TYPE mood ADD VALUE 'happy';\nINSERT INTO t VALUES ('happy');",
        },
    )
    said = failure(empty_database_url, folder)
    assert "-- transactional: false" in said
    assert "0002.v.sql:2" in said


def test_reading_a_file_is_linear() -> None:
    """Eight times the statements take about eight times the time; it was sixty-four times."""

    def cost(count: int) -> float:
        text = "INSERT INTO t (a, b) VALUES (1, 'it''s'); -- one\n" * count
        started = time.process_time()
        parse_statements(text)
        return time.process_time() - started

    assert cost(6_400) < 16 * cost(800)


def test_statements_that_do_not_matter_are_passed_over() -> None:
    """The check before a deploy reads a file of inserts a hundred times faster than its tokens."""
    text = "INSERT INTO t (a, b) VALUES (1, 'COMMIT;'); -- COMMIT;\n" * 3_000
    started = time.process_time()
    parse_statements(text)
    whole = time.process_time() - started
    started = time.process_time()
    assert parse_statements(f"{text}COPY t FROM STDIN", "COPY", "COMMIT")[0].line == 3_001
    assert (time.process_time() - started) * 5 < whole


@pytest.mark.parametrize(
    ("there", "text", "words"),
    [
        (
            "SELECT FROM pg_available_extensions WHERE name = 'uuid-ossp'",
            'CREATE EXTENSION "uuid-ossp";',
            (":1:1: ", "--database-url", "gen_random_uuid()"),
        ),
        (
            "SELECT FROM pg_settings WHERE 'lz4' = ANY (enumvals) AND name = 'default_toast_compression'",
            "CREATE TABLE t (a text COMPRESSION lz4)",
            (":1:1: ", "--database-url"),
        ),
    ],
)
def test_what_the_server_was_built_without_is_named(
    unchanged_url: str, tmp_path: Path, there: str, text: str, words: tuple[str, ...]
) -> None:
    """Extensions and compressions are there on other servers, and the error says how to go to one."""
    if rows(unchanged_url, there):
        pytest.skip("this server has it")
    said = failure(unchanged_url, write(tmp_path / "m", {"0001.t": text}))
    assert [word for word in words if word not in said] == []
