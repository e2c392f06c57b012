"""The types of a project's settings: what cannot be is an error of its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amber_sql.compiler.pipeline import compile_queries

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

OWN = "class Word(str): pass\nclass Outer:\n    class Word(str): pass"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('nothing = "mapped_own.Word"', "types.nothing: the database has no such type"),
        ('inet = "nowhere.Word"', "types.inet: there is no module nowhere"),
        ('inet = "mapped_own.Wrod"', "types.inet: mapped_own has no Wrod"),
        ('inet = "mapped_own.Outer.Word"', "types.inet: mapped_own.Outer.Word is in a class"),
        (
            'aclitem = "mapped_own.Word"',
            "types.aclitem: PostgreSQL sends no binary form of aclitem",
        ),
        ('inet = "Word"', "types.inet: Word names nothing of a module"),
        ('jsonb = "mapped_own.Word"', "types.jsonb: JSON is read as what @type says of a column"),
        ('t = "mapped_own.Word"', "types.t: this is made of others"),
        ('inet = "amber_sql.Interval"', "types.inet: amber_sql.Interval is an interval's"),
    ],
)
def test_a_wrong_setting_is_an_error(
    blank: psycopg.Connection[Any], tmp_path: Path, setting: str, said: str
) -> None:
    """Whatever does not exist is said when code is generated."""
    (tmp_path / "amber-sql.toml").write_text(f"[types]\n{setting}\n")
    (tmp_path / "mapped_own.py").write_text(OWN)
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "q.sql").write_text("-- name: q()$\n-- Doc.\nSELECT 1 AS one;\n")
    blank.execute("CREATE TABLE t (id int)")
    (error,) = compile_queries(blank, tmp_path / "queries").errors
    assert (error.file, error.message) == ("amber-sql.toml", said)


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("@type whole mapped_own.Word", "changes nothing of t"),
        ("@type id amber_sql.Interval", "amber_sql.Interval is an interval's"),
        ("@type acl mapped_own.Word", "PostgreSQL sends no binary form of aclitem"),
        ("@type id mapped_own.Wrod", "mapped_own has no Wrod"),
    ],
)
def test_a_wrong_tag_is_an_error(
    blank: psycopg.Connection[Any], tmp_path: Path, tag: str, said: str
) -> None:
    """A row is a struct, and a class has to be there."""
    (tmp_path / "mapped_own.py").write_text(OWN)
    (tmp_path / "queries").mkdir()
    what = "t.id, t AS whole, NULL::aclitem AS acl"
    query = f"-- name: q()\n-- Doc.\n-- {tag}\nSELECT {what} FROM t;\n"
    (tmp_path / "queries" / "q.sql").write_text(query)
    blank.execute("CREATE TABLE t (id int)")
    errors = compile_queries(blank, tmp_path / "queries").errors
    (error,) = [each for each in errors if each.line == 3]
    assert said in error.message
