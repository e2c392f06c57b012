"""Columns whose comment says @secret: nothing that is generated shows them, and all of it works."""

from __future__ import annotations

import importlib
import pickle
import sys
import traceback
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from psycopg import errors

from amber_sql.compiler.pipeline import compile_queries, generated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    import psycopg

SCHEMA = r"""
CREATE DOMAIN phrase AS text;
CREATE TABLE keys (id int PRIMARY KEY, hash bytea NOT NULL, hint phrase, old text[], note text,
    CONSTRAINT positive CHECK (id > 0));
COMMENT ON COLUMN keys.hash IS E'Of the secret.\n@secret';
COMMENT ON COLUMN keys.hint IS '@secret';
COMMENT ON COLUMN keys.old IS '@secret: whoever knows one is let in';
CREATE TABLE uses (id int PRIMARY KEY, key int NOT NULL REFERENCES keys);
CREATE VIEW live AS SELECT k.id, k.hash AS fingerprint FROM keys AS k;
CREATE VIEW live_again AS SELECT l.id, l.fingerprint FROM live AS l;
"""
QUERIES = """
-- name: add(id, hash, hint, old, note)!
-- Add.
INSERT INTO keys (id, hash, hint, old, note) VALUES (:id, :hash, :hint, :old, :note);
-- name: add_many(id, hash, hint, old, note)*!
-- Add many.
INSERT INTO keys (id, hash, hint, old, note) VALUES (:id, :hash, :hint, :old, :note);
-- name: copy_many(id, hash, hint, old, note)*!
-- Copy many.
-- @copy
INSERT INTO keys (id, hash, hint, old, note) VALUES (:id, :hash, :hint, :old, :note);
-- name: add_live(id, hash)!
-- Add, through a view.
INSERT INTO live (id, fingerprint) VALUES (:id, :hash);
-- name: change(id, hash)<!
-- Change, through a CTE.
-- @returns Changed
WITH changed AS (UPDATE keys AS k SET hash = :hash WHERE k.id = :id RETURNING k.id, k.hash, k.hint)
SELECT c.id, c.hash AS now, c.hint FROM changed AS c;
-- name: find(hash, hint)
-- Find by secrets.
-- @returns Key
SELECT k.id, k.hash, k.hint, k.old, k.note FROM keys AS k WHERE k.hash = :hash AND k.hint = :hint;
-- name: nested()
-- Rows in rows.
-- @returns Used
SELECT u.id, k AS key, ARRAY(SELECT x FROM keys AS x) AS all FROM uses AS u JOIN keys AS k ON k.id = u.key;
-- name: viewed()
-- Through two views.
-- @returns Viewed
SELECT l.fingerprint, w AS whole FROM live_again AS l JOIN live AS w ON w.id = l.id;
"""
HUSH, HINT, OLD = b"hush-hash", "hush-hint", ["hush-old"]
HUSHED = ("hush", "aHVzaC", HUSH.hex())
"""As it is, in base64, in hexadecimal."""


@pytest.fixture
def keys(
    compiling: psycopg.Connection[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModuleType]:
    """Generate a package from a schema with secrets, and import its module of queries."""
    compiling.execute(SCHEMA)
    folder = tmp_path / "queries"
    folder.mkdir()
    (folder / "keys.sql").write_text(QUERIES)
    build = compile_queries(compiling, folder)
    assert build.errors == ()
    for name, text in generated(build, folder, tmp_path / "hushed").items():
        target = tmp_path / "hushed" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    (tmp_path / "hushed" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("hushed.queries.keys")
    for module in [name for name in sys.modules if name.startswith("hushed")]:
        del sys.modules[module]


@pytest.fixture
def rows(compiling: psycopg.Connection[Any], keys: ModuleType) -> list[Any]:
    """Write a key in each way there is, and read it back in each."""
    params = importlib.import_module("hushed.models")
    keys.add(compiling, id=1, hash=HUSH, hint=HINT, old=OLD, note="shown")
    one, two = (
        kind(id=number, hash=HUSH, hint=HINT, old=OLD, note="shown")
        for number, kind in ((2, params.KeysAddManyParams), (3, params.KeysCopyManyParams))
    )
    keys.add_many(compiling, [one])
    keys.copy_many(compiling, [two])
    compiling.execute("INSERT INTO uses VALUES (1, 1)")
    found = keys.find(compiling, hash=HUSH, hint=HINT)
    changed = keys.change(compiling, id=1, hash=found[0].hash)
    return [one, two, changed, *found, *keys.nested(compiling), *keys.viewed(compiling)]


def _shown(row: Any) -> str:
    """Return everything that commonly shows a row."""
    written = (msgspec.json.encode(row), msgspec.msgpack.encode(row), msgspec.to_builtins(row))
    dumped = (msgspec.structs.asdict(row), msgspec.structs.astuple(row), row.__rich_repr__())
    return f"{row} {row!r} {[row]} {written} {dumped}"


def test_nothing_shows_a_secret(rows: list[Any]) -> None:
    """Not a row of any kind, parameters, nested rows or those of views; what is no secret is shown."""
    assert len(rows) == 10
    for row in rows:
        assert [text for text in HUSHED if text in _shown(row)] == [], type(row).__name__
    assert "note='shown'" in repr(rows[0])


def test_a_repr_leaves_the_field_out(rows: list[Any]) -> None:
    """There is nothing to see of it, not even its name."""
    for row in rows[:2]:
        assert repr(row).partition("(")[2] == f"id={row.id}, note='shown')"


def test_what_comes_back_is_what_was_written(
    compiling: psycopg.Connection[Any], keys: ModuleType, rows: list[Any]
) -> None:
    """The values compare as before, and go back as parameters: each row is found by its own."""
    found = rows[3]
    assert (found.hash, found.hint, found.old) == (HUSH, HINT, OLD)
    assert {key.id for key in keys.find(compiling, hash=found.hash, hint=found.hint)} == {1, 2, 3}
    same = "SELECT count(*) FROM keys WHERE hash = %s AND hint = %s AND old = %s"
    given = [found.hash, found.hint, found.old]
    assert compiling.execute(same, given).fetchone() == (3,)


@pytest.mark.parametrize("way", ["add", "add_live", "add_many", "copy_many"])
@pytest.mark.parametrize("number", [0, 1])
def test_an_error_shows_no_row(
    compiling: psycopg.Connection[Any], keys: ModuleType, rows: list[Any], way: str, number: int
) -> None:
    """PostgreSQL would show the one that a constraint refuses; which constraint it was is still said."""
    given = {"id": number, "hash": HUSH, "hint": HINT, "old": OLD, "note": "shown"}
    if way == "add_live":
        given = {"id": number, "hash": HUSH}
    call = partial(getattr(keys, way), compiling, **given)
    if way.endswith("many"):
        call = partial(getattr(keys, way), compiling, [msgspec.structs.replace(rows[0], id=number)])
    with pytest.raises(errors.IntegrityError) as caught:
        call()
    problem = caught.value
    pickled = pickle.dumps(problem)
    shown = f"{problem!r} {''.join(traceback.format_exception(problem))} {pickled!r}"
    assert [text for text in ("hush-", HUSH.hex()) if text in shown] == []
    assert (problem.diag.message_detail, problem.diag.context) == (None, None)
    assert problem.diag.constraint_name == ("keys_pkey" if number else "positive")
    assert type(pickle.loads(pickled)) is type(problem)  # noqa: S301


@pytest.mark.parametrize(
    ("column", "comment", "message"),
    [
        ("token uuid", "@secret", "@secret cannot hide token, which is uuid"),
        ("token jsonb", "@secret", "@secret cannot hide token, which is jsonb"),
        ("token text", "@secrte", "unknown tag @secrte"),
        ("token text", "Hush. @secret", "@secret stands within a line, where it is only text"),
    ],
)
def test_a_secret_that_would_be_shown_is_a_finding(
    compiling: psycopg.Connection[Any], tmp_path: Path, column: str, comment: str, message: str
) -> None:
    """A type that JSON writes in full, a tag that is none."""
    compiling.execute(f"CREATE TABLE things (id int PRIMARY KEY, {column})")
    compiling.execute(f"COMMENT ON COLUMN things.token IS '{comment}'")
    (finding,) = compile_queries(compiling, tmp_path).errors
    assert finding.message == message
