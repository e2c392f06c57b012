"""describe, on other people's projects too: the contract, in full and exact."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import psycopg
    from project import Project
    from target import Target


@pytest.fixture(params=["embedded", "database-url"])
def foreign(request: pytest.FixtureRequest, project: Project, compiling_server: Target) -> Project:
    """Give a project with folders, schemas and extensions, on each kind of server."""
    if request.param == "database-url":
        project.options.append(
            f"--database-url={compiling_server.url(compiling_server.maintenance_dbname)}"
        )
    project.file(
        "migrations/0002.more.sql",
        """
        CREATE EXTENSION citext; CREATE EXTENSION pg_trgm;
        CREATE SCHEMA billing; CREATE SCHEMA "Weird Name";
        CREATE TYPE billing.status AS ENUM ('open', 'paid');
        CREATE TABLE billing.invoices (
            id bigint PRIMARY KEY, person int NOT NULL REFERENCES people, email citext NOT NULL,
            status billing.status NOT NULL
        );
        CREATE TABLE "Weird Name"."Odd Table" (id int PRIMARY KEY, "the name" text NOT NULL);
        """,
    )
    project.file(
        "queries/billing/deep/invoices.sql",
        """-- name: by_email(email)
-- Those of an address.
-- @allow unbounded_list: few
SELECT i.id, i.email, i.status, p AS person
FROM billing.invoices AS i JOIN people AS p ON p.id = i.person WHERE i.email = :email;

-- name: like(word)
-- Close names.
SELECT p.name, similarity(p.name, :word) AS score FROM people AS p
WHERE p.name % :word ORDER BY 2 DESC LIMIT 10;

-- name: odd()
-- Odd ones.
SELECT o."the name" AS name, o AS whole FROM "Weird Name"."Odd Table" AS o LIMIT 5;
""",
    )
    return project


def test_folders_schemas_and_extensions_are_described(foreign: Project) -> None:
    """By the names that they have there; a column without a name in Python is the one error."""
    described = json.loads(foreign.run("describe", "--json", *foreign.options).out)
    queries = {f"{q['module']}.{q['name']}": q for q in described["queries"]}
    assert set(queries) == {"people.get"} | {f"billing.deep.invoices.{n}" for n in ("by_email", "like", "odd")}  # fmt: skip
    by_email = queries["billing.deep.invoices.by_email"]
    assert by_email["file"] == "queries/billing/deep/invoices.sql"
    assert [(c["pg_type"], c["py_type"], c["nullable"]) for c in by_email["columns"]] == [
        ("int8", "int", False),
        ("citext", "str", False),
        ("billing.status", "BillingStatus", False),
        ("people", "Person", False),
    ]
    assert by_email["reads"] == ["billing.invoices", "people"]
    assert ["the name" in error["message"] for error in described["errors"]] == [True]


def test_folders_schemas_and_extensions_are_generated(foreign: Project) -> None:
    """Everything that has a name in Python."""
    path = foreign.root / "queries/billing/deep/invoices.sql"
    path.write_text(path.read_text().replace(", o AS whole", ""))
    assert foreign.generate().code == 0
    assert "queries/billing/deep/invoices.py" in foreign.files()
    assert foreign.generate("--check").code == 0


def test_a_scratch_database_on_somebodys_server_is_dropped(
    project: Project, compiling_server: Target, compiling: psycopg.Connection
) -> None:
    """With --database-url nothing stays behind, whether it went well or not."""
    url = f"--database-url={compiling_server.url(compiling_server.maintenance_dbname)}"
    assert project.run("check", *project.options, url).code == 0
    project.file("migrations/0003.bad.sql", "SELECT 1/0;")
    failed = project.run("check", *project.options, url)
    assert (failed.code, "0003.bad" in failed.err) == (4, True)
    left = compiling.execute("SELECT datname FROM pg_database WHERE datname LIKE 'amber_scratch%'")
    assert left.fetchall() == []


def test_the_contract_is_exact(project: Project) -> None:
    """The keys, their order and their values are those that docs/commands.md promises."""
    project.query(
        "SELECT p.id, p.nick, count(*) AS pets FROM people AS p JOIN pets AS t ON t.owner = p.id\n"
        "WHERE p.id = :id AND (:nick::text IS NULL OR p.nick = :nick) GROUP BY p.id;",
        "q(id, nick)^",
    )
    result = project.run("describe", "--json", *project.options)
    described = json.loads(result.out)
    assert (result.code, result.err) == (0, "")
    assert list(described) == ["version", "queries", "errors"]
    (query,) = described["queries"]
    why = [column.pop("why") for column in query["columns"]]
    assert all(why)
    for parameter in query["params"]:
        parameter.pop("why", None)
    assert described == {
        "version": 1,
        "queries": [
            {
                "module": "q",
                "name": "q",
                "file": "queries/q.sql",
                "line": 1,
                "operation": "one",
                "cardinality": "zero_or_one",
                "params": [
                    {"name": "id", "pg_type": "int4", "py_type": "int", "nullable": False},
                    {"name": "nick", "pg_type": "text", "py_type": "str | None", "nullable": True},
                ],
                "columns": [
                    {"name": "id", "pg_type": "int4", "py_type": "int", "nullable": False},
                    {"name": "nick", "pg_type": "text", "py_type": "str | None", "nullable": True},
                    {"name": "pets", "pg_type": "int8", "py_type": "int", "nullable": False},
                ],
                "reads": ["people", "pets"],
                "writes": [],
            }
        ],
        "errors": [],
    }


def test_what_a_query_gives_back_is_said(project: Project) -> None:
    """`!` counts rows, whatever the statement returns; none of them is called none."""
    project.query("UPDATE pets SET name = 'x' WHERE id = 1 RETURNING id", "q()!")
    for command in ("describe", "explain-types"):
        done = project.run(command, *project.options)
        assert (done.code, "the number of rows affected" in done.out) == (0, True)


def test_every_statement_is_listed_whatever_is_wrong_beside_it(project: Project) -> None:
    """Columns without a Python name are listed as PostgreSQL names them; a refusal hides nothing."""
    text = (
        "-- name: a()^\n-- A.\nSELECT 1, 2;\n"
        "-- name: b()^\n-- B.\nSELECT nmae FROM people;\n"
        "-- name: c()\n-- C.\nSELECT id, id FROM people;\n"
        "-- name: d()^\n-- D.\nSELECT 'x;\n"
        "-- name: e()^\n-- E.\nSELECT point(1, 2) AS place;\n"
        "-- name: e()^\n-- E.\nSELECT 1;\n"
        "-- name: f()!\n-- F.\nUPDATE pets SET name = upper(name);\n"
    )
    project.file("queries/people.sql", text)
    result = project.run("describe", "--json", *project.options)
    described = json.loads(result.out)
    columns = [(q["name"], [c["name"] for c in q["columns"]]) for q in described["queries"]]
    assert columns == [
        ("a", ["?column?", "?column?"]),
        ("c", ["id", "id"]),
        ("e", ["place"]),
        ("e", ["?column?"]),
        ("f", []),
    ]
    assert {q["name"]: q["writes"] for q in described["queries"]}["f"] == ["pets"]
    lines = {error["line"] for error in described["errors"]}
    assert (result.code, lines) == (1, {3, 6, 9, 12, 15, 16})
    assert all(set(e) == {"file", "line", "column", "message", "hint"} for e in described["errors"])


def test_a_statement_too_deep_for_us_hides_nothing(project: Project) -> None:
    """PostgreSQL accepts it, so it is listed, with nothing proven; the others are as they were."""
    deep = "abs(" * 400 + "1" + ")" * 400 + " + " + " + ".join(["1"] * 900)
    project.file("queries/deep.sql", f"-- name: d()$\n-- D.\nSELECT {deep} AS x;\n")
    described = json.loads(project.run("describe", "--json", *project.options).out)
    columns = {q["name"]: [c["py_type"] for c in q["columns"]] for q in described["queries"]}
    assert columns == {"d": ["int | None"], "get": ["int", "str"]}
    assert described["errors"] == []
