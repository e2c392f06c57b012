"""`migrate baseline`: a database that is there already gets its first migration, and a history."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psycopg
import pytest
from project import Project

from amber_sql.deploy.baseline.first_migration import first_migration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = r"""
CREATE EXTENSION citext;
CREATE SCHEMA "My Shop";
CREATE FUNCTION late() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.books';
CREATE TYPE kind AS ENUM ('a', 'b''c');
CREATE DOMAIN email AS citext CHECK (VALUE ~ '@');
CREATE TYPE pair AS (one int, two text);
CREATE SEQUENCE numbers START 7;
CREATE TABLE authors (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, mail email UNIQUE,
    kind kind NOT NULL DEFAULT 'a', number int DEFAULT nextval('numbers'), pair pair,
    upper text GENERATED ALWAYS AS (upper(name)) STORED, CHECK (name <> '')
);
COMMENT ON TABLE authors IS E'Who writes; semicolons too.\n@struct Writer';
COMMENT ON COLUMN authors.name IS 'It''s theirs';
CREATE TABLE books (id int PRIMARY KEY, author bigint NOT NULL REFERENCES authors, title text, data jsonb DEFAULT '{"a": ";"}');
CREATE INDEX titles ON books (lower(title)) WHERE title IS NOT NULL;
CREATE TABLE "My Shop"."order" (id int, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE "My Shop".order_1 PARTITION OF "My Shop"."order" FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE lists (n int) PARTITION BY LIST (n);
CREATE TABLE lists_1 PARTITION OF lists FOR VALUES IN (1, 2);
CREATE VIEW seen AS SELECT a.name, late() AS n FROM authors AS a JOIN books AS b ON b.author = a.id;
CREATE MATERIALIZED VIEW kept AS SELECT name FROM seen;
CREATE UNIQUE INDEX ON kept (name);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.name := ';' || NEW.name; RETURN NEW; END$$;
CREATE TRIGGER note BEFORE INSERT ON authors FOR EACH ROW EXECUTE FUNCTION note();
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT n * 2; END;
ALTER TABLE books ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON books USING (author = 1);
CREATE RULE gone AS ON DELETE TO lists DO INSTEAD NOTHING;
REVOKE ALL ON FUNCTION late() FROM PUBLIC;
GRANT SELECT ON authors TO PUBLIC;
"""


@pytest.fixture
def shop(
    embedded_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    compiling: psycopg.Connection,
) -> Iterator[Project]:
    """Work in a project without migrations, beside a database that is there."""
    monkeypatch.setenv("AMBER_SERVER_DIR", str(embedded_home))
    project = Project(tmp_path, capsys)
    (project.root / "migrations" / "0001.people.sql").unlink()
    monkeypatch.chdir(project.root)
    info = compiling.info
    url = psycopg.conninfo.make_conninfo(**info.get_parameters(), password=info.password or None)
    monkeypatch.setenv("DATABASE_URL", url)
    return project


def test_a_database_gets_its_first_migration(shop: Project, compiling: psycopg.Connection) -> None:
    """Everything of it; status, diff and generate have nothing to say after."""
    compiling.execute("SET check_function_bodies = off")
    compiling.execute(SCHEMA)
    shop.file(
        "queries/people.sql",
        "-- name: all_of()\n-- D.\nSELECT id, mail, kind FROM authors LIMIT 1;",
    )
    done = shop.run("migrate", "baseline")
    assert (done.code, done.err.splitlines()[-1].split(":")[0]) == (0, "0001.baseline is marked as applied")  # fmt: skip
    assert shop.run("migrate", "status").out.split() == ["applied", "0001.baseline"]
    assert (shop.run("migrate", "diff", "--exit-code").code, shop.generate().code) == (0, 0)
    assert "class Writer(" in (shop.out / "models.py").read_text()


def test_it_makes_the_same_elsewhere(
    shop: Project, compiling: psycopg.Connection, empty_database_url: str
) -> None:
    """In a new database, by a deploy; roles that are not there get no rights."""
    compiling.execute(
        "CREATE TABLE t (id int); CREATE ROLE baseline_reader; GRANT SELECT ON t TO baseline_reader"
    )
    try:
        assert shop.run("migrate", "baseline", "--name", "what was there").code == 0
        text = (shop.root / "migrations" / "0001.what_was_there.sql").read_text()
        assert (
            "IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'baseline_reader')" in text
        )
        assert shop.run("migrate", "diff", "--exit-code").code == 0
        assert shop.run("migrate", "deploy", "--database-url", empty_database_url).code == 0
    finally:
        with psycopg.connect(empty_database_url, autocommit=True) as other:
            if other.execute("SELECT to_regrole('baseline_reader')").fetchone() != (None,):
                other.execute("DROP OWNED BY baseline_reader")  # it may be another server
        compiling.execute("DROP OWNED BY baseline_reader; DROP ROLE baseline_reader")
    assert shop.run("migrate", "status").out.split() == ["applied", "0001.what_was_there"]


def test_a_list_of_words_is_the_same_once_restored(
    shop: Project, compiling: psycopg.Connection
) -> None:
    """PostgreSQL writes `IN` of a varchar otherwise after it has read its own text of it."""
    compiling.execute(r"""
        CREATE DOMAIN size AS varchar(9) CHECK (VALUE NOT IN ('x', 'y'));
        CREATE TABLE t (
            id int PRIMARY KEY, state varchar(20) CHECK (state IN ('it''s', 'a, b', E'c\\d')),
            size size, open bool GENERATED ALWAYS AS (state IN ('a', 'b')) STORED
        );
        CREATE INDEX of_some ON t (id) WHERE state IN ('a', 'b');
        CREATE VIEW open_ones AS SELECT id FROM t WHERE state IN ('a', 'b');
    """)
    done = shop.run("migrate", "baseline")
    assert (done.code, "is marked as applied" in done.err) == (0, True)
    assert shop.run("migrate", "diff", "--exit-code").code == 0


def test_where_migrations_are_it_does_nothing(shop: Project, compiling: psycopg.Connection) -> None:
    """Neither beside a file nor in a database with a history; and not without a schema."""
    nothing = shop.run("migrate", "baseline")
    assert (nothing.code, list((shop.root / "migrations").iterdir())) == (2, [])
    compiling.execute("CREATE TABLE t (id int)")
    other = shop.file("migrations/0001.other.sql", "CREATE TABLE other (id int);")
    assert (shop.run("migrate", "baseline").code, shop.run("migrate", "deploy").code) == (5, 0)
    other.unlink()
    refused = shop.run("migrate", "baseline")
    assert (refused.code, "has a history" in refused.err) == (5, True)
    assert list((shop.root / "migrations").iterdir()) == []


def test_what_is_a_role_s_or_a_secret_is_left_out() -> None:
    """A user mapping may hold a password; an owner needs no right; a policy's role is made."""
    dumped = "SET x = 1;\n-- Name: TABLE t; Type: ACL; Schema: s; Owner: me\nCREATE USER MAPPING FOR a SERVER s OPTIONS (password 'hush');\nREVOKE ALL ON t FROM me;\nGRANT ALL ON t TO me;"
    made = first_migration(dumped, ["po'licy"])
    assert (made.statements, len(made.left_out), "hush" in repr(made)) == (0, 1, False)
    assert "rolname = 'po''licy'" in made.text
    assert "GRANT" not in made.text


def test_what_cannot_be_tried_is_not_marked(shop: Project, compiling: psycopg.Connection) -> None:
    """The file is there to be mended, and what is wrong is said."""
    compiling.execute("CREATE TABLE t (id int)")
    compiling.execute(
        "CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1; END'"
    )
    compiling.execute("CREATE INDEX broken ON t (f(id)); ALTER FUNCTION f VOLATILE")
    done = shop.run("migrate", "baseline")
    assert (done.code, "not marked as applied" in done.err) == (1, True)
    assert [path.name for path in (shop.root / "migrations").iterdir()] == ["0001.baseline.sql"]
    assert "pending" in shop.run("migrate", "status").out


def test_an_owner_of_something_keeps_its_rights_to_the_rest(
    shop: Project, compiling: psycopg.Connection
) -> None:
    """Only what a role owns itself needs no right; no statement of a session is left."""
    compiling.execute(
        "CREATE ROLE baseline_service; CREATE TABLE theirs (id int); CREATE TABLE ours (id int)"
    )
    compiling.execute(
        "ALTER TABLE theirs OWNER TO baseline_service; REVOKE ALL ON theirs FROM baseline_service; GRANT SELECT ON ours, theirs TO baseline_service"
    )
    try:
        assert shop.run("migrate", "baseline").code == 0
    finally:
        compiling.execute("DROP OWNED BY baseline_service; DROP ROLE baseline_service")
    text = (shop.root / "migrations" / "0001.baseline.sql").read_text()
    assert [line.strip() for line in text.splitlines() if "baseline_service" in line][1:] == [
        "GRANT SELECT ON TABLE public.ours TO baseline_service;"
    ]
    assert ("OWNER TO" in text, "AUTHORIZATION" in text) == (False, False)


def test_what_a_database_sets_changes_no_definition(
    shop: Project, compiling: psycopg.Connection
) -> None:
    """Its time zone, its dates and its strings are no difference; a backslash stays one."""
    url, name = os.environ["DATABASE_URL"], compiling.info.dbname
    compiling.execute(
        "CREATE TABLE times (at timestamptz DEFAULT '2020-01-01 00:00Z', d date DEFAULT '2020-02-01',"
        r" i interval DEFAULT '1 day 2:00', s text DEFAULT 'back\slash', b bytea DEFAULT '\x00', f float8 DEFAULT 0.1)"
    )
    for what in (
        "timezone = 'Asia/Tokyo'",
        "datestyle = 'German'",
        "intervalstyle = 'iso_8601'",
        "bytea_output = 'escape'",
        "extra_float_digits = -5",
        "standard_conforming_strings = off",
    ):
        compiling.execute(f'ALTER DATABASE "{name}" SET {what}')
    done = shop.run("migrate", "baseline", "--database-url", url)
    assert (done.code, done.out.splitlines()[1:]) == (0, [])
    assert shop.run("migrate", "diff", "--exit-code").code == 0


def test_a_database_without_public_is_one(shop: Project, compiling: psycopg.Connection) -> None:
    """Every new one has it, so nothing can make what is not there."""
    compiling.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA app; CREATE TABLE app.t (id int)")
    compiling.execute(f'ALTER DATABASE "{compiling.info.dbname}" SET search_path = app')
    done = shop.run("migrate", "baseline")
    assert (done.code, done.out.splitlines()[1:]) == (0, [])
    assert shop.run("migrate", "status").out.split() == ["applied", "0001.baseline"]
    assert shop.run("migrate", "diff", "--exit-code").code == 0


def test_what_was_stopped_goes_on(shop: Project, compiling: psycopg.Connection) -> None:
    """The file is there and not marked: it is held against the database again, and marked."""
    compiling.execute("CREATE TABLE t (id int)")
    assert shop.run("migrate", "baseline").code == 0
    assert shop.run("migrate", "unmark", "0001.baseline").code == 0
    again = shop.run("migrate", "baseline")
    assert (again.code, shop.run("migrate", "status").out.split()) == (0, ["applied", "0001.baseline"])  # fmt: skip
    assert shop.run("migrate", "unmark", "0001.baseline").code == 0
    compiling.execute("CREATE TABLE more (id int)")
    assert shop.run("migrate", "baseline").code == 5
    assert [path.name for path in (shop.root / "migrations").iterdir()] == ["0001.baseline.sql"]


def test_beside_a_migration_in_python_it_does_nothing(
    shop: Project, compiling: psycopg.Connection
) -> None:
    """It is one like any other."""
    compiling.execute("CREATE TABLE t (id int)")
    shop.file("migrations/0001.mine.py", "steps = []")
    assert shop.run("migrate", "baseline").code == 5
