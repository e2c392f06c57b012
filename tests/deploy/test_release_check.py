"""A migration that would break what runs is rolled back, on every server, by either command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from deploy_world import COMMANDS, deploy, rows, write

from amber_sql.deploy.drift import catalog_objects

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ("deploy_plugin",)
pytestmark = pytest.mark.slow

SCHEMA = """
CREATE TYPE mood AS ENUM ('GOOD', 'BAD');
CREATE TYPE place AS (street text, city text);
CREATE TABLE people (
    id int PRIMARY KEY, email text NOT NULL, name text NOT NULL, age int, mood mood NOT NULL DEFAULT 'GOOD',
    home place
);
CREATE UNIQUE INDEX people_email ON people (email);
CREATE TABLE pets (id int PRIMARY KEY, owner int NOT NULL REFERENCES people, name text NOT NULL, note text);
CREATE TABLE books (id int PRIMARY KEY, owner int NOT NULL, title text NOT NULL, mood mood);
CREATE TYPE colour AS ENUM ('RED', 'BLUE');
CREATE TABLE notes (
    id int PRIMARY KEY, at timestamptz NOT NULL, size int NOT NULL, body text, colour colour
);
"""
QUERIES = """
-- name: get(id)^
-- One person.
SELECT id, email, name, age, mood, home FROM people WHERE id = :id;

-- name: with_pets(id)
-- A person and each pet.
SELECT p.id, t AS pet FROM people AS p LEFT JOIN pets AS t ON t.owner = p.id WHERE p.id = :id;

-- name: with_books(id)
-- A person, and in a row for each mood that their books have, the books.
SELECT p.id, ARRAY(
    SELECT s FROM (
        SELECT m.mood, ARRAY(SELECT b FROM (SELECT * FROM books WHERE owner = p.id) AS b) AS books
        FROM (SELECT DISTINCT mood FROM books) AS m
    ) AS s
) AS shelves
FROM people AS p WHERE p.id = :id;

-- name: in_json(id)^
-- A person with their notes, and the first of all.
SELECT p.id, (SELECT jsonb_agg(jsonb_build_object('at', n.at, 'size', n.size)) FROM notes AS n) AS notes,
    (SELECT to_json(n) FROM notes AS n ORDER BY n.id LIMIT 1) AS first_note
FROM people AS p WHERE p.id = :id;

-- name: json_in_rows(id)^
-- A person, and the JSON of all notes in rows.
SELECT p.id, ARRAY(SELECT s FROM (SELECT to_jsonb(n) AS note FROM notes AS n) AS s) AS drafts
FROM people AS p WHERE p.id = :id;

-- name: add(id, email, name)!
-- A new person, or a new name for one.
INSERT INTO people (id, email, name) VALUES (:id, :email, :name)
ON CONFLICT (email) DO UPDATE SET name = excluded.name;

-- name: grow(id, age)!
-- Another birthday.
UPDATE people SET age = :age WHERE id = :id;

-- name: search(id, note, sort)
-- People, also by what is noted of a pet.
SELECT p.id FROM people AS p
JOIN pets AS t ON t.owner = p.id  -- @if note
WHERE p.id > :id
  AND t.note = :note              -- @if note
ORDER BY p.id                     -- @choose sort id
                                  -- @choose sort age: ORDER BY p.age
;

-- name: feeling(mood)
-- Who feels like that.
SELECT id FROM people WHERE mood = :mood;
"""

BREAKS = {
    "a table is gone": ("DROP TABLE pets;", "people.with_pets", "refuses it"),
    "a column is gone": ("ALTER TABLE people DROP COLUMN age;", "people.get", "refuses it"),
    "a column of one variant is gone": (
        "ALTER TABLE pets DROP COLUMN note;",
        "people.search",
        "column t.note does not exist (with note, sort id)",
    ),
    "a column of a choice is gone": (
        "ALTER TABLE people DROP COLUMN age;",
        "people.search",
        "column p.age does not exist (with note, sort age)",
    ),
    "an optional parameter changes its type": (
        "ALTER TABLE pets ALTER note TYPE int USING 1;",
        "people.search",
        "its parameter note becomes",
    ),
    "a result column changes its type": (
        "ALTER TABLE people ALTER name TYPE varchar(9);",
        "people.get",
        "its column name becomes",
    ),
    "a parameter changes its type": (
        "ALTER TABLE people ALTER age TYPE bigint;",
        "people.grow",
        "its parameter age becomes",
    ),
    "a result column becomes nullable": (
        "ALTER TABLE people ALTER name DROP NOT NULL;",
        "people.get",
        "its column name may now be NULL",
    ),
    "a composite loses a field": (
        "ALTER TYPE place DROP ATTRIBUTE street;",
        "every query",
        "the composite place changes",
    ),
    "a whole row changes in the middle": (
        "ALTER TABLE pets RENAME COLUMN name TO title;",
        "every query",
        "the composite pets changes",
    ),
    "a field of a nested row changes its type": (
        "ALTER TABLE books ALTER title TYPE varchar(9);",
        "people.with_books",
        "the row in shelves.books changes other than by fields at its end",
    ),
    "a field of a nested row becomes nullable": (
        "ALTER TABLE books ALTER title DROP NOT NULL;",
        "people.with_books",
        "title of the row in shelves.books may now be NULL",
    ),
    "a field of a nested row is gone": (
        "ALTER TABLE books DROP COLUMN owner CASCADE; ALTER TABLE books ADD COLUMN owner int;",
        "people.with_books",
        "the row in shelves.books changes",
    ),
    "a part of JSON changes its type (only a tree shows it)": (
        "ALTER TABLE notes ALTER size TYPE text;",
        "people.in_json",
        "in its JSON notes[].size becomes text, and was int",
    ),
    "a part of JSON becomes nullable (only a tree shows it)": (
        "ALTER TABLE notes ALTER at DROP NOT NULL;",
        "people.in_json",
        "in its JSON notes[].at may now be null",
    ),
    "a part of JSON is gone (only a tree shows it)": (
        "ALTER TABLE notes DROP COLUMN body;",
        "people.in_json",
        "nothing says any more that its JSON has a first_note.body",
    ),
    "a part of JSON in a nested row is gone (only a tree shows it)": (
        "ALTER TABLE notes RENAME body TO words;",
        "people.json_in_rows",
        "nothing says any more that its JSON has a drafts.note.body",
    ),
    "an enum in JSON alone loses a label (only a tree shows it)": (
        "ALTER TYPE colour RENAME VALUE 'RED' TO 'ROT';",
        "every query",
        "the enum colour loses the label RED",
    ),
    "an insert leaves out a required column": (
        "ALTER TABLE people ADD COLUMN x int; UPDATE people SET x = 1; ALTER TABLE people ALTER x SET NOT NULL;",
        "people.add",
        "it does not write people.x",
    ),
    "a unique key that ON CONFLICT needs": (
        "DROP INDEX people_email;",
        "people.add",
        "no unique or exclusion constraint",
    ),
    "the same, concurrently": (
        "-- transactional: false\nDROP INDEX CONCURRENTLY people_email;",
        "people.add",
        "no unique or exclusion constraint",
    ),
    "an enum label is renamed": (
        "ALTER TYPE mood RENAME VALUE 'BAD' TO 'SAD';",
        "every query",
        "the enum mood loses the label BAD",
    ),
}
WARNS = {
    "a new CHECK": (
        "ALTER TABLE people ADD CONSTRAINT adult CHECK (age > 17);",
        "people has a new CHECK, adult",
    ),
    "an enum gains a label": (
        "ALTER TYPE mood ADD VALUE 'SOSO';",
        "the enum mood gains the label SOSO",
    ),
    "an enum is made anew": (
        """ALTER TYPE mood RENAME TO mood_before;
        CREATE TYPE mood AS ENUM ('GOOD', 'BAD');
        ALTER TABLE people ALTER mood DROP DEFAULT;
        ALTER TABLE people ALTER mood TYPE mood USING mood::text::mood;
        ALTER TABLE people ALTER mood SET DEFAULT 'GOOD';
        ALTER TABLE books ALTER mood TYPE mood USING mood::text::mood;
        DROP TYPE mood_before;""",
        "people.feeling: the type of its parameter mood, mood, is made anew",
    ),
    "a unique key that is new": (
        "CREATE UNIQUE INDEX people_name ON people (name);",
        "people has a new UNIQUE, people_name",
    ),
}
FINE = {
    "a table is new": "CREATE TABLE toys (id int PRIMARY KEY);",
    "a column is appended": "ALTER TABLE pets ADD COLUMN colour text;",
    "a column is appended that a nested row takes": "ALTER TABLE books ADD COLUMN colour text;",
    "a column is appended that JSON takes": "ALTER TABLE notes ADD COLUMN more text;",
    "an integer in JSON is widened": "ALTER TABLE notes ALTER size TYPE bigint;",
    "a part of JSON is never null any more": "ALTER TABLE notes ALTER body SET NOT NULL;",
    "a column with a default": "ALTER TABLE people ADD COLUMN x int NOT NULL DEFAULT 1;",
    "a plain index": "-- transactional: false\nCREATE INDEX CONCURRENTLY by_age ON people (age);",
    "a column that nobody writes becomes NOT NULL": "ALTER TABLE pets ALTER note SET NOT NULL;",
}


@pytest.fixture
def folder(empty_url: str, tmp_path: Path) -> Path:
    """Deploy a release, so that the database knows what runs."""
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "people.sql").write_text(QUERIES)
    folder = write(tmp_path / "migrations", {"0001.schema": SCHEMA})
    code, said = deploy("amber", empty_url, folder)
    assert code == 0, said
    assert len(rows(empty_url, "SELECT FROM _amber_release")) == 1
    return folder


def state(url: str) -> tuple[object, ...]:
    with psycopg.connect(url, autocommit=True) as conn:
        return catalog_objects.read(conn), rows(url, "SELECT migration_id FROM _yoyo_migration")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("what", BREAKS)
def test_a_break_is_rolled_back(empty_url: str, folder: Path, what: str, command: str) -> None:
    """Exit 5, the query and the migration named, the way in two releases, and nothing changed."""
    text, query, words = BREAKS[what]
    with psycopg.connect(empty_url) as conn:
        early = conn.info.server_version < 160000
        if early and ("row becomes nullable" in what or "tree shows" in what):
            pytest.skip("only later versions' trees tell what may be NULL inside of a value")
    before = state(empty_url)
    code, said = deploy(command, empty_url, write(folder, {"0002.change": text}))
    assert code == 5, said
    expected = ("0002.change would break running code", query, words, "instead: ")
    assert [part for part in expected if part not in said] == []
    assert state(empty_url) == before


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("what", WARNS)
def test_what_may_fail_is_said_and_applied(
    empty_url: str, folder: Path, what: str, command: str
) -> None:
    """A warning, and exit 0."""
    text, words = WARNS[what]
    code, said = deploy(command, empty_url, write(folder, {"0002.change": text}))
    assert code == 0, said
    assert "warning 0002.change" in said
    assert words in said


@pytest.mark.parametrize("what", FINE)
def test_what_running_code_survives_is_applied_in_silence(
    empty_url: str, folder: Path, what: str
) -> None:
    """No warning for what expands a schema."""
    code, said = deploy("amber", empty_url, write(folder, {"0002.change": FINE[what]}))
    assert code == 0, said
    assert "warning" not in said
    assert "proven 0002.change" in said or "transactional" in FINE[what]


@pytest.mark.parametrize("command", COMMANDS)
def test_expand_and_contract_pass_in_two_releases(
    empty_url: str, folder: Path, command: str
) -> None:
    """The old release holds a DROP back until it is retired; two may be live at once."""
    ((old,),) = rows(empty_url, "SELECT release FROM _amber_release")
    changed = (
        QUERIES.replace("name, age, mood", "name, mood")
        .replace("SET age = :age", "SET name = :age")
        .replace("ORDER BY p.age", "ORDER BY p.name")
    )
    (folder.parent / "queries" / "people.sql").write_text(changed)
    assert deploy(command, empty_url, folder)[0] == 0
    assert len(rows(empty_url, "SELECT FROM _amber_release WHERE retired_at IS NULL")) == 2
    write(folder, {"0002.change": "ALTER TABLE people DROP COLUMN age;"})
    code, said = deploy(command, empty_url, folder)
    assert code == 5
    assert f"release {old}: people.get" in said
    rows(
        empty_url,
        f"UPDATE _amber_release SET retired_at = now() WHERE release = '{old}' RETURNING 1",
    )
    code, said = deploy(command, empty_url, folder)
    assert code == 0, said
