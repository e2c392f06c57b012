"""`import-sqlc`: sqlc's files become ours, which compile; what is not quite the same is listed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from together import built

from amber_sql.compiler.sqlc.convert import imported
from amber_sql.compiler.sqlc.sqlc_parameters import snake

if TYPE_CHECKING:
    import psycopg
    from project import Project

SCHEMA = """
CREATE TABLE authors (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, bio text, tags text[] NOT NULL DEFAULT '{}', data jsonb);
CREATE TABLE books (id bigint PRIMARY KEY, author_id bigint NOT NULL REFERENCES authors, title text NOT NULL);
"""
SQLC = """-- The authors.

-- name: GetAuthor :one
-- One of them.
SELECT * FROM authors WHERE id = $1 LIMIT 1;

-- Everybody, by name.
-- name: ListAuthors :many
SELECT id, name FROM authors ORDER BY name LIMIT $2 OFFSET $1; -- a page

/* name: CreateAuthor :one */
INSERT INTO authors (name, bio) VALUES ($1, lower($2)) RETURNING *;

-- name: RenameAuthor :exec
-- @sqlc-vet-disable
UPDATE authors SET name = @new_name, bio = coalesce(sqlc.narg('bio'), bio) WHERE id = sqlc.arg(authorID)::bigint;

-- name: DeleteAuthors :execrows
DELETE FROM authors WHERE id IN (sqlc.slice('ids')) AND id NOT IN (sqlc.slice(kept));

-- name: AddAuthors :copyfrom
INSERT INTO authors (name, bio) VALUES ($1, $2);

-- name: AddBook :batchexec
INSERT INTO books (id, author_id, title) VALUES ($1, $2, $3);

-- name: BooksOf :many
SELECT sqlc.embed(b), sqlc.embed(a) FROM books AS b JOIN authors AS a ON a.id = b.author_id WHERE a.name = $1 AND b.title <> $2 AND b.title > $2 LIMIT 9;

-- name: Search :many
SELECT id, tags[1:n] AS some FROM authors, (SELECT 2 AS n) AS x
WHERE data @> '{"a": "@x $1 sqlc.arg(y)"}' AND data ? 'key' AND data @@ '$.a == 1' AND tags && @tags::text[] AND name=@name AND id = ANY($1::bigint[]) LIMIT 5
"""
OURS = """-- The authors.

-- name: get_author(id)^
-- One of them.
SELECT * FROM authors WHERE id = :id LIMIT 1;

-- name: list_authors(offset, limit)
-- Everybody, by name.
SELECT id, name FROM authors ORDER BY name LIMIT :limit OFFSET :offset; -- a page

-- name: create_author(name, bio)^
INSERT INTO authors (name, bio) VALUES (:name, lower(:bio)) RETURNING *;

-- name: rename_author(new_name, bio, author_id)!
-- @nullable bio
UPDATE authors SET name = :new_name, bio = coalesce(:bio, bio) WHERE id = :author_id::bigint;

-- name: delete_authors(ids, kept)!
DELETE FROM authors WHERE id = ANY (:ids) AND id <> ALL (:kept);

-- name: add_authors(name, bio)*!
-- @copy
INSERT INTO authors (name, bio) VALUES (:name, :bio);

-- name: add_book(id, author_id, title)*!
INSERT INTO books (id, author_id, title) VALUES (:id, :author_id, :title);

-- name: books_of(name, title)
SELECT b, a FROM books AS b JOIN authors AS a ON a.id = b.author_id WHERE a.name = :name AND b.title <> :title AND b.title > :title LIMIT 9;

-- name: search(tags, name, ids)
SELECT id, tags[1: n] AS some FROM authors, (SELECT 2 AS n) AS x
WHERE data @> '{"a": "@x $1 sqlc.arg(y)"}' AND data ? 'key' AND data @@ '$.a == 1' AND tags && :tags::text[] AND name=:name AND id = ANY(:ids::bigint[]) LIMIT 5;
"""


def test_a_file_of_sqlc_s_becomes_ours() -> None:
    """Every notation of it; what looks like one in text, operators and slices stays."""
    found = imported(SQLC, "query.sql")
    assert found.text == OURS
    assert (found.queries, found.findings) == (9, ())


def test_what_is_written_compiles(compiling: psycopg.Connection[Any], tmp_path: Path) -> None:
    """On the schema that it was written for."""
    compiling.execute(SCHEMA)
    build = built(compiling, tmp_path, {"authors.sql": imported(SQLC, "q.sql").text})
    assert [str(error) for error in build.errors] == []
    assert len(build.described) == 9


WORDS = """-- name: A :many
-- One. -- @one
SELECT id FROM authors -- @if id
-- @nullable id -- @end
-- an @else, a @name and -- @choose x y: z
WHERE id = ANY(sqlc.slice(ids));"""
OUR_WORDS = """-- name: a(ids)
-- One. -- one
SELECT id FROM authors -- if id
-- nullable id -- end
-- an else, a @name and -- choose x y: z
WHERE id = ANY(:ids);
"""


def test_words_of_a_comment_become_no_tags() -> None:
    """Wherever it stands; a slice that is an array already is nothing to look at."""
    found = imported(WORDS, "q.sql")
    assert (found.text, found.findings) == (OUR_WORDS, ())


NOTES = {
    "-- name: A :execlastid\nINSERT INTO t VALUES (1);": "RETURNING id and `<!`",
    "-- name: A :batchmany\nSELECT 1;": "in one list",
    "-- name: A :batchone\nSELECT 1;": "gives a list",
    "-- name: A :execresult\nSELECT 1;": "no command tag",
    "-- name: A :paginate\nSELECT 1;": "no command that is known",
    "-- name: A\nSELECT 1;": "is no header of sqlc's",
    "-- name: A :one\n-- name: B :one\nSELECT 1;": "A has no SQL",
    "-- name: GetA :one\nSELECT 1;\n-- name: get_a :one\nSELECT 1;": "a second query is named get_a",
    "-- name: A :one\nSELECT * FROM t WHERE id = ?;": "MySQL's or SQLite's",
    "-- name: A :one\nSELECT sqlc.future(x);": "`sqlc.future` is not known",
    "-- name: A :many\nSELECT unnest(sqlc.slice(x));": "no IN is before it",
    "SELECT 1;\n-- name: A :one\nSELECT 1;": "left out",
}


@pytest.mark.parametrize("text", NOTES)
def test_what_has_no_twin_is_listed(text: str) -> None:
    """At its place, in words."""
    messages = [f"{one.message}; {one.hint}" for one in imported(text, "q.sql").findings]
    assert any(NOTES[text] in message for message in messages), messages


@pytest.mark.parametrize(
    ("name", "ours"),
    [("GetAuthorByID", "get_author_by_id"), ("HTTPGet2", "http_get2"), ("list", "list"), ("x_Y", "x_y")],
)  # fmt: skip
def test_names_are_python_s(name: str, ours: str) -> None:
    """Where sqlc makes Go's of them."""
    assert snake(name) == ours


def test_the_command_writes_and_writes_nothing_over(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file or a folder; a file that is there stops all of it, and notes end with 1."""
    monkeypatch.chdir(project.root)
    project.file("sqlc/sub/query-building.sql", "-- name: One :one\nSELECT 1 AS one;\n")
    project.file("sqlc/last.sql", "-- name: Last :execlastid\nSELECT 1;\n")
    first = project.run("import-sqlc", "sqlc")
    assert (first.code, first.out.count("wrote "), first.out.count(": note: ")) == (1, 2, 1)
    assert (project.root / "queries" / "sub" / "query_building.sql").read_text() == "-- name: one()^\nSELECT 1 AS one;\n"  # fmt: skip
    project.file("sqlc/new.sql", "-- name: New :one\nSELECT 1;\n")
    again = project.run("import-sqlc", "sqlc")
    assert (again.code, "last.sql" in again.err, (project.root / "queries" / "new.sql").exists()) == (2, True, False)  # fmt: skip
    other = project.run("import-sqlc", "sqlc/new.sql", "--out", "elsewhere")
    assert (other.code, Path("elsewhere/new.sql").is_file()) == (0, True)
