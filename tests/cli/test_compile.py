"""generate, check, describe, explain-types as a person meets them, on projects that are not Amber."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from project import GET, Project

from amber_sql.cli import report
from amber_sql.errors import StaleGenerated
from amber_sql.runtime._sources import statements

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg
    from target import Target


@pytest.fixture
def project(
    embedded_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Project:
    """Give a small project of its own."""
    monkeypatch.setenv("AMBER_SERVER_DIR", str(embedded_home))
    return Project(tmp_path, capsys)


# ── generate ─────────────────────────────────────────────────────────────────────────────────


def test_generating_twice_gives_the_same_bytes(project: Project) -> None:
    """The second run changes nothing, and says so."""
    first = project.generate()
    files = project.files()
    second = project.generate()
    assert (first.code, second.code) == (0, 0)
    assert files == project.files()
    assert "0 of 6 files changed" in second.err
    assert "models.py\n" in first.out


EDITS = {  # what is written over a file, and what `generate --check` then says
    "queries/people.sql": (
        GET.replace("One person", "A person"),
        ["aio/queries/people.py: changed", "manifest.json: changed", "queries/people.py: changed"],
    ),
    "queries/pets.sql": (
        "-- name: all()\n-- All.\nSELECT 1;\n",
        [
            "aio/queries/__init__.py: changed",
            "aio/queries/pets.py: missing",
            "manifest.json: changed",
            "queries/__init__.py: changed",
            "queries/pets.py: missing",
        ],
    ),
    "migrations/0002.note.sql": ("COMMENT ON TABLE people IS NULL;", ["manifest.json: changed"]),
    "migrations/0002.null.sql": (
        "ALTER TABLE people ALTER name DROP NOT NULL;",
        ["manifest.json: changed", "models.py: changed"],
    ),
    "package/db/models.py": ("x = 1\n", ["models.py: changed"]),
}


def test_check_of_generated_code_notices_edits(project: Project) -> None:
    """Of queries/, of the schema and of a generated file; undone, each is forgotten."""
    project.generate()
    for path, (text, expected) in EDITS.items():
        file = project.root / path
        before = file.read_bytes() if file.exists() else None
        project.file(path, text)
        edited = project.generate("--check")
        lines = edited.out.replace(f"{project.out}/", "").splitlines()
        assert lines == expected
        assert (edited.code, "amber-sql generate" in edited.err) == (1, True)
        file.unlink() if before is None else file.write_bytes(before)
    assert project.generate("--check").code == 0


def test_a_folder_that_ends_in_sql(project: Project) -> None:
    """Its name is a folder's, for the modules and for the manifest, in every command."""
    project.file("queries/d.sql/q.sql", "-- name: q()$\n-- D.\nSELECT 1 AS x;\n")
    done = project.generate()
    assert (done.code, "queries/d_sql/q.py\n" in done.out) == (0, True)
    assert project.run("check", *project.options).code == 0


def test_nothing_is_written_while_there_are_errors(project: Project) -> None:
    """A project with one wrong query keeps all of its old files."""
    project.generate()
    before = project.files()
    project.file("queries/people.sql", GET.replace("One", "Some"))
    project.file("queries/bad.sql", "-- name: b()\n-- B.\nSELECT nmae FROM people;\n")
    result = project.generate()
    assert (result.code, project.files() == before) == (1, True)
    assert "1 error; nothing was written" in result.err


def test_a_generated_module_from_another_file_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Import of a stale module names the command; a fresh one has the query's function."""
    project.generate()
    project.file("package/__init__.py", "")
    monkeypatch.syspath_prepend(str(project.root))
    for name in [name for name in sys.modules if name.split(".")[0] == "package"]:
        monkeypatch.delitem(sys.modules, name)
    module = importlib.import_module("package.db.queries.people")
    assert module.get.__doc__.startswith("One person.")
    assert "queries/people.sql:1" in module.get.__doc__
    project.file("queries/people.sql", GET + "-- more\n")
    statements.cache_clear()
    with pytest.raises(StaleGenerated, match="amber-sql generate"):
        importlib.import_module("package.db.aio.queries.people")


# ── other people's projects ──────────────────────────────────────────────────────────────────


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


# ── describe ─────────────────────────────────────────────────────────────────────────────────


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


# ── errors that teach ────────────────────────────────────────────────────────────────────────


def test_an_unused_parameter_hides_no_other_error(project: Project) -> None:
    """What the server says of the statement stands beside it, and nothing about the type."""
    project.query("SELECT p.nmae FROM people AS p", "q(unused)")
    described = json.loads(project.run("describe", "--json", *project.options).out)
    messages = [error["message"] for error in described["errors"]]
    assert messages == ["the parameter unused is never used", "column p.nmae does not exist"]


def test_the_caret_stands_under_the_place(project: Project) -> None:
    """In a terminal's columns, through tabs and wide letters."""
    project.query("SELECT\t'日本', nmae FROM people")
    out = project.run("check", *project.options).out.splitlines()
    shown = next(n for n, line in enumerate(out) if "nmae FROM" in line)
    assert out[shown].startswith("  4 | SELECT  '日本', nmae")
    assert out[shown + 1] == "    | " + " " * 16 + "^"
    assert out[shown - 1].startswith("queries/q.sql:4:14: error: ")


def test_a_long_line_is_cut_around_the_place(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a terminal the caret would stand below another line of it otherwise."""
    monkeypatch.setenv("COLUMNS", "80")
    report.out.__dict__.pop("_console", None)
    columns = ", ".join(f"p.name AS name_{n}" for n in range(20))
    project.query(f"SELECT {columns}, p.nmae, p.id FROM people AS p WHERE p.id = 1 AND p.id < 2")
    lines = project.run("check", *project.options).out.splitlines()
    report.out.__dict__.pop("_console", None)
    shown = next(n for n, line in enumerate(lines) if "p.nmae, " in line)
    assert max(map(len, lines[shown : shown + 2])) <= 80
    assert lines[shown][lines[shown + 1].index("^") :].startswith("p.nmae, ")


# ── check ────────────────────────────────────────────────────────────────────────────────────


def test_a_rule_is_no_error(project: Project) -> None:
    """`check` ends with 1, names the excuse and counts; `generate` writes all the same."""
    project.query("SELECT id, name FROM people")
    found = project.run("check", *project.options)
    assert (found.code, "1 finding in 1 of 1 file" in found.err + found.out) == (1, True)
    assert project.generate().code == 0
    project.query("SELECT id, name FROM people", tags="-- @allow unbounded_list: it is meant")
    fine = project.run("check", *project.options)
    assert (fine.code, "1 query in 1 file: all fine.\n" in fine.out) == (0, True)


def test_a_query_without_a_comment(project: Project) -> None:
    """A query says what it is for."""
    project.file("queries/people.sql", GET.replace("-- One person.\n", ""))
    assert "@allow no_comment" in project.run("check", *project.options).out


def test_all_errors_of_all_files_and_a_count(project: Project) -> None:
    """One run names everything that is wrong anywhere, and counts it."""
    project.file("queries/a.sql", "-- name: x()\n-- X.\n-- @on\nSELECT a;\n-- nmae: y()\n")
    project.file("queries/b.sql", "-- name: x()^\n-- X.\nSELECT :b;\n-- name: y(q)^\n-- Y.\nSELECT nmae, :q::int FROM people;\n")  # fmt: skip
    result = project.run("check", *project.options)
    places = [line.split(": ")[0] for line in result.out.splitlines() if ": error: " in line]
    assert places == ["queries/a.sql:3:1", "queries/a.sql:4:8", "queries/a.sql:5:1", "queries/b.sql:3:8", "queries/b.sql:6:8"]  # fmt: skip
    assert result.code == 1
    assert "5 findings in 2 of 3 files; 1 query is fine" in result.err


# ── explain-types, exit codes, pipes ─────────────────────────────────────────────────────────


def test_explain_types(project: Project) -> None:
    """Each parameter and column has its reason; a query is chosen by name or by module."""
    project.query(
        "SELECT p.name, t.name AS pet\nFROM people AS p\nLEFT JOIN pets AS t ON t.owner = p.id WHERE p.id = :id",
        "q(id)",
    )
    for chosen in ([], ["q.q"], ["q"]):
        result = project.run("explain-types", *chosen, *project.options)
        assert result.code == 0
        assert "people.name is NOT NULL" in result.out
        assert "LEFT JOIN, line 6" in result.out
    unknown = project.run("explain-types", "q.z", *project.options)
    assert (unknown.code, "there is no query q.z; q has q" in unknown.err) == (2, True)
    project.query("SELECT nmae FROM people")
    assert project.run("explain-types", "q.q", *project.options).code == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check", "--queries=/nowhere"], 2),
        (["generate", "--nonsense"], 2),
        (["check", "--database-url=postgresql://nobody@127.0.0.1:1/x"], 3),
        (["describe", "--json", "--database-url=postgresql://u:secret@[x"], 3),
        (["explain-types", "no.such"], 2),
    ],
)
def test_exit_codes(project: Project, arguments: list[str], code: int) -> None:
    """Usage is 2 and an unreachable database 3, in one sentence without a traceback or a password."""
    options = [] if "/nowhere" in arguments[1] else project.options
    result = project.run(arguments[0], *options, *arguments[1:])
    assert result.code == code, result
    assert "secret" not in result.err
    assert "Traceback" not in result.err


def test_a_role_that_may_not_create_databases(
    project: Project, pg_server: Target, scratch: Any
) -> None:
    """The remedy stands in the sentence."""
    scratch.execute("CREATE ROLE amber_nocreate LOGIN PASSWORD 'x'")
    url = pg_server.url(pg_server.maintenance_dbname)
    try:
        url = url.replace(f"//{pg_server.user}", "//amber_nocreate:x", 1)
        result = project.run("check", *project.options, f"--database-url={url}")
    finally:
        scratch.execute("DROP ROLE amber_nocreate")
    assert (result.code, "CREATEDB" in result.err) == (2, True)


def test_a_quote_that_holds_the_next_query(project: Project) -> None:
    """Two open quotes pair up: the first refused query says which header it swallowed."""
    text = "-- name: {}()\n-- Doc.\nSELECT 'it's';\n"
    project.file("queries/people.sql", text.format("a") + text.format("b"))
    out = project.run("check", *project.options).out
    assert "the quoted text in line 3 holds the header of b" in out


def test_a_parameter_that_is_never_used_is_said_once(project: Project) -> None:
    """Its type, which nothing tells, is not a second error."""
    project.query("SELECT p.id FROM people AS p LIMIT 1", "q(name)^")
    done = project.run("check", *project.options)
    assert done.out.count("error:") == 1, done.out


def test_a_parameter_in_quotes(project: Project) -> None:
    """There it is text, as in '%:name%', and the hint says how to join the two."""
    project.query("SELECT p.id FROM people AS p WHERE p.name LIKE '%:name%' LIMIT 1", "q(name)")
    assert "'%' || :name || '%'" in project.run("check", *project.options).out


def test_half_of_the_options(project: Project) -> None:
    """One folder means the other one beside it; generate needs --out, and writes beside no query."""
    assert project.run("check", project.options[0]).code == 0
    assert project.run("check", project.options[1]).code == 0
    assert project.run("generate", *project.options).code == 2


@pytest.mark.parametrize("command", ["check", "generate", "describe", "explain-types"])
def test_findings_are_the_output(project: Project, command: str) -> None:
    """`amber-sql check > report` holds each with its place; stderr has the talk."""
    project.query("SELECT nmae FROM people")
    out = (f"--out={project.out}",) if command == "generate" else ()
    done = project.run(command, *project.options, *out)
    assert (done.code, "queries/q.sql:4:8: error: " in done.out) == (1, True)
    assert "nmae" not in done.err


def test_a_pipe_gets_no_colour(project: Project) -> None:
    """What is piped is plain text, and the JSON is nothing but JSON."""
    project.query("SELECT nmae FROM people")
    command = [sys.executable, "-m", "amber_sql"]
    environment = {k: v for k, v in os.environ.items() if k not in {"FORCE_COLOR", "COLUMNS"}}
    for arguments in (["check"], ["describe", "--json"], ["explain-types"]):
        done = subprocess.run(
            [*command, *arguments, *project.options],
            capture_output=True,
            check=False,
            env=environment,
        )
        assert b"\x1b" not in done.stdout + done.stderr
        assert done.returncode == 1
        if "--json" in arguments:
            assert json.loads(done.stdout)["errors"]
