"""PostgreSQL's complaints at their place in the file, and the rules of `check` with their excuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from project import SCHEMA
from together import compile_together

from amber_sql.compiler.rules import RULES

if TYPE_CHECKING:
    from target import Target

    from amber_sql.errors import Finding

TAUGHT = {
    "column": ("SELECT p.nmae FROM people AS p", 4, 8, "did you mean name?"),
    "table": ("SELECT 1 FROM\n  poeple", 5, 3, "did you mean people?"),
    "function": ("SELECT uper('x')", 4, 8, "did you mean upper?"),
    "label": ("SELECT 'hapy'::mood", 4, 8, "did you mean happy?"),
    "label's case": ("SELECT 'HAPY'::mood", 4, 8, "did you mean happy?"),
    "type": ("SELECT 1::integre", 4, 11, "did you mean integer?"),
    "name in quotes": ('SELECT p.id FROM people AS p WHERE p.name = "x"', 4, 45, "single quotes"),
    "list": ("SELECT p.id FROM people AS p WHERE p.id IN :b", 4, 44, "= ANY (:b)"),
    "no list": ("SELECT p.id FROM people AS p WHERE p.id NOT IN :b", 4, 48, "<> ALL (:b)"),
    "behind text": ("SELECT '日本é', /* 😀 */ nmae\nFROM people", 4, 23, "did you mean name?"),
    "behind tabs": ("SELECT\t\tid,\tnmae FROM people", 4, 13, "did you mean name?"),
    "behind parameters": (
        "SELECT :long_name::int,:b::int, :long_name + :b AS c, nmae FROM people",
        4,
        55,
        "did you mean name?",
    ),
    "at a parameter": ("SELECT:long_name + 'x'::mood, :b::int", 4, 20, ""),
    "42P18": (
        "SELECT id FROM people WHERE :b IS NULL AND id = :long_name",
        4,
        29,
        ":b::text, with",
    ),
    "42P18 beside a column": (
        "SELECT id FROM people AS p WHERE :b IS NULL OR p.mood = :b",
        4,
        34,
        "write :b::mood",
    ),
    "42P10": (
        "INSERT INTO people (id, name) VALUES (:b, :long_name) ON CONFLICT (name) DO NOTHING RETURNING id",
        4,
        55,
        "",
    ),
    "psycopg's": ("SELECT id FROM people WHERE id = %s", 4, 34, "write a parameter as :name"),
    "psycopg's by name": (
        "SELECT id FROM people WHERE id = %(id)s",
        4,
        34,
        "write :id, and declare it in the header",
    ),
    "a format's": ("SELECT id FROM people WHERE id = {id}", 4, 34, "write a parameter as :name"),
    "sqlite's": ("SELECT id FROM people WHERE id = ? LIMIT 1", 4, 34, "write a parameter as :name"),
    "a name's place": ("SELECT id FROM :b WHERE id = :long_name", 4, 16, "never for a name"),
    "0A000": (
        "SELECT p.id FROM people AS p LEFT JOIN pets AS t ON t.owner = p.id WHERE p.id = :b AND p.name = :long_name FOR UPDATE",
        4,
        108,
        "",
    ),
}


BROKEN = {
    "select_star": "SELECT * FROM people WHERE id = 1",
    "unbounded_list": "SELECT id, name FROM people",
    "no_where": "DELETE FROM people",
    "unfilled": "INSERT INTO people (id) VALUES (1)",
    "updated_at": "UPDATE people SET name = 'x' WHERE id = 1",
    "may_match_many": "SELECT id, name FROM people WHERE name = 'x'",
    "null_comparison": "SELECT id, name FROM people WHERE nick = NULL LIMIT 1",
    "constant_order": "SELECT id, name FROM people ORDER BY :b LIMIT 1",
    "at_parameter": "SELECT id, name FROM people WHERE id = @id LIMIT 1",
    "row_or_column": "SELECT name FROM people AS name WHERE id = 1",
    "unused_rows": "DELETE FROM pets WHERE id = 1 RETURNING id",
}
SUFFIX = {
    "no_where": "!",
    "unused_rows": "!",
    "unfilled": "!",
    "updated_at": "!",
    "may_match_many": "^",
}


UNFILLED = [
    ("INSERT INTO people DEFAULT VALUES", "people.id, people.name"),
    ("INSERT INTO pets (name) SELECT p.name FROM people AS p WHERE p.id = 1", "pets.id"),
    (
        """MERGE INTO pets AS t USING people AS p ON p.id = t.owner
            WHEN NOT MATCHED THEN INSERT (id, owner) VALUES (p.id, p.id)""",
        "pets.name",
    ),
    ("INSERT INTO people (id, name) VALUES (1, 'x')", ""),
]
FINE = "SELECT id, name FROM people LIMIT 1"


def text(sql: str, header: str = "q()", tags: str = "--") -> str:
    """Return a file of one query, whose statement begins in line 4."""
    return f"-- name: {header}\n-- Doc.\n{tags}\n{sql}"


@pytest.fixture(scope="module")
def found(
    compiling_server: Target, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Finding]]:
    """Compile everything at once, each in a file of its own; return what is found in each."""
    texts = {}
    for name, (sql, *_) in TAUGHT.items():
        names = [one for one in ("long_name", "b") if f":{one}" in sql]
        texts[name] = text(sql, f"q({', '.join(names)})")
    for rule, sql in BROKEN.items():
        names = "b" if ":b" in sql else ""
        header, excuse = f"q({names}){SUFFIX.get(rule, '')}", f"-- @allow {rule}: it is meant"
        texts |= {
            f"{rule} broken": text(sql, header),
            f"{rule} excused": text(sql, header, excuse),
            f"{rule} idle": text(FINE, "q()", excuse),
        }
    texts |= {f"unfilled {sql}": text(sql, "q()!") for sql, _ in UNFILLED}
    folder = tmp_path_factory.mktemp("places")
    return compile_together(compiling_server, folder, SCHEMA, texts)


@pytest.mark.parametrize("name", TAUGHT)
def test_errors_have_their_place(found: dict[str, list[Finding]], name: str) -> None:
    """PostgreSQL's message stands at the place in the file that caused it, with what was meant."""
    _, line, column, hint = TAUGHT[name]
    (error,) = [one for one in found[name] if one.rule not in RULES]
    assert (error.line, error.column) == (line, column), error
    assert hint in error.hint, error
    assert "$" not in error.message


@pytest.mark.parametrize("rule", BROKEN)
def test_rules_and_their_excuses(found: dict[str, list[Finding]], rule: str) -> None:
    """Each rule is found, named in the hint, and excused in place; an idle excuse is found, too."""
    (broken,) = found[f"{rule} broken"]
    assert (broken.rule, f"@allow {rule}: why" in broken.hint) == (rule, True)
    assert found[f"{rule} excused"] == []
    (idle,) = found[f"{rule} idle"]
    assert f"@allow {rule} excuses nothing" in idle.message


def test_every_rule_is_broken_once() -> None:
    """A rule that no test breaks is none; what a tenant is, and a comment, others test."""
    assert {*BROKEN, "no_comment", "tenant_scope"} == set(RULES)


@pytest.mark.parametrize(
    ("sql", "missing"), UNFILLED, ids=["nothing", "select", "merge", "defaults"]
)
def test_an_insert_that_always_fails_is_found(
    found: dict[str, list[Finding]], sql: str, missing: str
) -> None:
    """PREPARE accepts it; each column that is NOT NULL and has no default is named, no other."""
    messages = [one.message for one in found[f"unfilled {sql}"]]
    said = [f"this INSERT always fails: no value for {missing}"] if missing else []
    assert messages == said
