"""What PostgreSQL and `check` say of a query's variants: each of them, once, by its name and place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from together import built, compile_together

from amber_sql.compiler.contract import contract
from amber_sql.deploy.compat.describe_release import describe_release, read_files, release_of

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg
    from target import Target

    from amber_sql.errors import Finding

SCHEMA = """
CREATE TABLE t (
    id int PRIMARY KEY, a int NOT NULL, note text, body text NOT NULL UNIQUE,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE own (id int PRIMARY KEY, owner int NOT NULL, x int);
COMMENT ON TABLE own IS '@tenant owner';
"""
B = "\n-- @choose s b:"
WRONG: dict[str, tuple[str, str, int, int, str]] = {
    "the first condition": ("q(a)", "SELECT id FROM t\nWHERE a = :a -- @if a\nAND id > 0\nLIMIT 1", 5, 1, 'syntax error at or near "AND" (without a)'),
    "nothing follows": ("q(a)", "SELECT id FROM t WHERE\na = :a -- @if a", 3, 23, "syntax error at end of input (without a)"),
    "a comma at the end": ("q(a)", "SELECT id,\n:a::int AS a -- @if a\nFROM t LIMIT 1", 5, 1, 'syntax error at or near "FROM" (without a)'),
    "a join that is gone": ("q(s, c)", "SELECT t.id FROM t\nJOIN own AS o ON o.id = t.id -- @if s\nWHERE o.owner = :c LIMIT 1", 5, 7, 'missing FROM-clause entry for table "o" (without s)'),
    "each variant": ("q(a)", "SELECT t.idd FROM t\nWHERE a = :a -- @if a\nLIMIT 1", 3, 8, "column t.idd does not exist"),
    "a choice's text": ("q(s)", f"SELECT id FROM t\nORDER BY a -- @choose s a{B} ORDER BY t.bb\nLIMIT 1", 5, 26, "column t.bb does not exist (s b)"),
    "a type in a text": ("q(n, s)", f"SELECT id FROM t WHERE id = :n\nAND true -- @choose s a{B} AND :n::int::point IS NULL\nLIMIT 1", 5, 28, "cannot cast type integer to point (s b)"),
    "what cannot be planned": ("q(i, s)!", f"INSERT INTO t (id, a, body) VALUES (:i, 1, 'x')\nON CONFLICT (id) DO NOTHING -- @choose s a{B} ON CONFLICT (a) DO NOTHING", 5, 17, "there is no unique or exclusion constraint matching the ON CONFLICT specification (s b)"),
    "a use without it": ("q(a)", "SELECT id FROM t WHERE id > :a\nAND a = :a -- @if a\nLIMIT 1", 3, 29, "the parameter :a is also used outside of its `@if a` lines (without a)"),
    "fewer columns": ("q(s)", "SELECT id\n, a -- @if s\nFROM t LIMIT 1", 1, 1, "1 columns, and 2 in the file as it stands (without s)"),
    "more columns": ("q(s)", f"SELECT id\nFROM t -- @choose s a{B} , a FROM t\nLIMIT 1", 5, 19, "2 columns, and 1 in the file as it stands (s b)"),
    "another type": ("q(s)", f"SELECT\nid AS x -- @choose s a{B} body AS x\nFROM t LIMIT 1", 5, 17, "column x is text, and int4 in the file as it stands (s b)"),
    "a label that is sent": ("q(s)", f"SELECT id FROM t WHERE true\nAND a > 0 -- @choose s 1{B} AND id = :s\nLIMIT 1", 5, 26, "the label 1 is no int4 (s b)"),
    "too many": (f"q({', '.join(f'a{n}' for n in range(9))}, n)", "SELECT id FROM t WHERE true" + "".join(f"\nAND id > {n} -- @if a{n}" for n in range(9)) + "\nLIMIT :n", 1, 1, "q has 512 variants, and 256 are the most: 9 optional names"),
    "a constant": ("q(s)", f"SELECT id, a\nFROM t ORDER BY a, -- @choose s a{B} FROM t ORDER BY id,\n'x' LIMIT 1", 6, 1, "non-integer constant in ORDER BY"),
    "another name": ("q(s)", f"SELECT\nid -- @choose s a{B} a\nFROM t LIMIT 1", 5, 17, "column 1 is a, and id in the file as it stands (s b)"),
    "another parameter": ("q(a, s)", f"SELECT id FROM t WHERE true\nAND a = :a -- @choose s a{B} AND body = :a\nLIMIT 1", 5, 28, "the parameter :a is text here, and int4 in the file as it stands (s b)"),
    "unbounded_list": ("q(l)", "SELECT id FROM t\nLIMIT :l -- @if l", 1, 1, "q may return every row (without l)"),
    "no_where": ("q(i)!", "UPDATE t SET a = 1, updated_at = now()\nWHERE id = :i -- @if i", 1, 1, "this writes every row of the table (without i)"),
    "no_where but true": ("q(i)!", "DELETE FROM t\nWHERE true\nAND id = :i -- @if i", 1, 1, "this writes every row of the table (without i)"),
    "no_where but 1 = 1": ("q(i, s)!", f"DELETE FROM t\nWHERE 1 = 1 AND (true OR 2 > 1)\nAND id = :i -- @if i\nAND true -- @choose s a{B} AND random() > 1", 1, 1, "this writes every row of the table (without i, s a)"),
    "no_where in a CTE": ("q(i)!", "WITH w AS (DELETE FROM t WHERE true\nAND id = :i -- @if i\n) INSERT INTO own VALUES (1, 1)", 1, 1, "this writes every row of the table (without i)"),
    "updated_at": ("q(s)!", "UPDATE t SET a = 1\n, updated_at = now() -- @if s\nWHERE id = 1", 1, 1, "this changes a row and leaves its updated_at (without s)"),
    "unfilled": ("q(n)!", "INSERT INTO t (id, body\n, a -- @if n\n) VALUES (1, 'x'\n, :n -- @if n\n)", 1, 1, "this INSERT always fails: no value for t.a (without n)"),
    "tenant_scope": ("q(o)", "SELECT id FROM own WHERE x = 1\nAND owner = :o -- @if o\nLIMIT 1", 1, 1, "the owner is not bound: own (owner) (without o)"),
    "may_match_many": ("q(i, n)^", "SELECT id FROM t WHERE a = :n\nAND id = :i -- @if i", 1, 1, "may match several rows: no unique key is bound; candidates: t (id), t (body) (without i)"),
    "select_star": ("q(s)", f"SELECT id FROM t WHERE EXISTS (\nSELECT 1 FROM t -- @choose s a{B} SELECT 1 FROM (SELECT * FROM t) AS z\n) LIMIT 1", 5, 39, "a star lists columns that are not there yet (s b)"),
    "null_comparison": ("q(s)", f"SELECT id FROM t WHERE true\nAND note IS NULL -- @choose s a{B} AND note = NULL\nLIMIT 1", 5, 26, "`= NULL` is never true (s b)"),
    "a rule of all": ("q(a)", "SELECT id FROM t WHERE a > 0\nAND a = :a -- @if a", 1, 1, "q may return every row"),
    "@nullable of a choice": ("q(s)", f"SELECT id FROM t\nLIMIT 1 -- @choose s a{B} LIMIT 2", 2, 1, "@nullable s: a choice has a default"),
}  # fmt: skip


@pytest.fixture(scope="module")
def found(
    compiling_server: Target, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Finding]]:
    """Compile every query of this page in one folder, and group what is found by its name."""
    tag = {"@nullable of a choice": "-- @nullable s"}
    texts = {
        name: f"-- name: {header}\n{tag.get(name, '-- Doc.')}\n{sql}\n;"
        for name, (header, sql, *_) in WRONG.items()
    }
    folder = tmp_path_factory.mktemp("variants")
    return compile_together(compiling_server, folder, SCHEMA, texts)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_names_the_variant_and_its_place(
    found: dict[str, list[Finding]], name: str
) -> None:
    """One finding, with the file's own line; what is wrong with all of them names none."""
    *_, line, column, message = WRONG[name]
    findings = [one for one in found[name] if one.rule != "no_comment"]
    assert [(one.line, one.column, one.message) for one in findings] == [(line, column, message)]


def test_a_hint_of_commas_is_of_syntax_alone(found: dict[str, list[Finding]]) -> None:
    """What PostgreSQL refuses behind a comma for another reason lacks no neighbour."""
    assert [one.hint for one in found["a constant"]] == [""]
    assert "neighbour of this comma" in found["a comma at the end"][0].hint


SEARCH = """-- name: search(id, a, note, all, sort, n)^
-- Doc.
-- @allow may_match_many: a test
-- @allow unbounded_list: a test
SELECT
t.id, t.note, o.x
FROM t
LEFT JOIN own AS o ON o.id = t.id  -- @choose sort loose
-- @choose sort strict: JOIN own AS o ON o.id = t.id AND o.x > 0
WHERE t.note IS NOT NULL           -- @choose sort loose
-- @choose sort strict: WHERE true
AND t.id = :id                     -- @if id
AND t.a = :a                       -- @if a
AND t.note IS NOT DISTINCT FROM :note -- @if note
AND t.a > 0                        -- @if all
LIMIT COALESCE(:n, 1);
"""


def test_null_and_rows_are_the_weakest_answer(
    blank: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """A column is not NULL where no variant may have NULL, and so is what a call may match."""
    blank.execute(SCHEMA)
    build = built(blank, tmp_path, {"q.sql": SEARCH.replace("COALESCE(:n, 1)", ":n")})
    (query,) = contract(build)["queries"]
    assert {c["name"]: c["nullable"] for c in query["columns"]} == {"id": False, "note": True, "x": True}  # fmt: skip
    assert "sort strict" in query["columns"][1]["why"]
    assert query["cardinality"] == "many"
    cardinalities = {v["cardinality"] for v in query["variants"] if "id" in v["given"]}
    assert cardinalities == {"zero_or_one"}


def test_why_a_column_is_not_null_is_true_of_each_variant(
    blank: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """No condition that a call may leave out is given as the reason."""
    blank.execute(SCHEMA)
    sql = "-- name: q(body)\n-- Doc.\nSELECT body FROM t WHERE true\nAND body = :body -- @if body\nLIMIT 1;"
    (query,) = contract(built(blank, tmp_path, {"q.sql": sql}))["queries"]
    assert query["columns"][0]["why"] == "t.body is NOT NULL"


def test_the_contract_says_what_each_parameter_leaves_out(
    blank: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """None, or UNSET where NULL is a value, False of a switch, and a choice's first label."""
    blank.execute(SCHEMA)
    (query,) = contract(built(blank, tmp_path, {"q.sql": SEARCH}))["queries"]
    assert {p["name"]: (p["py_type"], p.get("default")) for p in query["params"]} == {
        "id": ("int | None", "None"),
        "a": ("int | None", "None"),
        "note": ("str | None | UnsetType", "UNSET"),
        "all": ("bool", "False"),
        "sort": ('Literal["loose", "strict"]', '"loose"'),
        "n": ("int | None", None),
    }
    assert len(query["variants"]) == 32
    last = query["variants"][-1]
    assert (last["given"], last["chosen"], last["params"]) == ([], {"sort": "strict"}, ["n"])
    assert last["sql"].endswith("WHERE true\nLIMIT COALESCE($1, 1)")


def test_the_manifest_is_what_a_deploy_finds(blank: psycopg.Connection[Any], tmp_path: Path) -> None:  # fmt: skip
    """Without switches and choices, which nobody sends; each table that a variant writes is there."""
    blank.execute(SCHEMA)
    patch = "-- name: patch(id, note, s)!\n-- Doc.\nWITH w AS (SELECT 1) -- @choose s a\n-- @choose s b: WITH w AS (INSERT INTO own (id, owner) VALUES (1, 1))\nUPDATE t SET updated_at = now()\n, note = :note -- @if note\nWHERE id = :id;"  # fmt: skip
    build = built(blank, tmp_path, {"q.sql": f"{SEARCH}\n{patch}"})
    assert build.errors == ()
    files = read_files(tmp_path / "queries")
    known = release_of(blank, build.described, files)
    assert known == describe_release(blank, files)
    patched, search = known.queries
    assert patched.writes == ("own", "t")
    assert [one.name for one in search.parameters] == ["id", "a", "note", "n"]
