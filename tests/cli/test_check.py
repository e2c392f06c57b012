"""check, explain-types, exit codes and pipes: what a person is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from project import GET, Project

from amber_sql.cli import report

if TYPE_CHECKING:
    from target import Target


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
