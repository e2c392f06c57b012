"""What the overview, the activity page and the command say of a database and its project."""

from __future__ import annotations

import gc
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest
from project import SCHEMA, Project
from studio_world import project_in, run

from amber_sql import deploy
from amber_sql.cli import studio as command
from amber_sql.studio.redacted import without_literals
from amber_sql.studio.state import Studio

if TYPE_CHECKING:
    from studio_world import Running

WORLD = (
    SCHEMA
    + """
INSERT INTO people (id, name) VALUES (1, 'ann');
CREATE TABLE strange (id int PRIMARY KEY);
"""
)


def test_the_overview_tells_how_the_project_stands(browser: httpx.Client) -> None:
    """Migrations that were not applied by a deploy are pending; the rest says why it is empty."""
    page = browser.get("/index.json").json()
    assert page["states"] == {"pending": 1}
    assert page["standing"]["releases"] == []
    assert {"people", "pets", "strange"} <= {one["name"] for one in page["tables"]}
    assert "No deploy has recorded one" in browser.get("/").text


def test_an_edited_migration_is_seen(empty_database_url: str, tmp_path: Path) -> None:
    """With what was changed."""
    project = project_in(tmp_path)
    deploy.migrate(empty_database_url, project.migrations)
    (project.migrations / "0001.people.sql").write_text(SCHEMA + "-- later\n")
    with run(empty_database_url, project) as running, running.browser() as client:
        text = client.get("/").text
    assert "1 edited" in text
    assert "+-- later" in text


def test_drift_is_looked_for_when_somebody_asks(
    browser: httpx.Client, embedded_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that no migration makes; the ones that they make are as they make them."""
    monkeypatch.setenv("AMBER_SERVER_DIR", str(embedded_home))
    found = browser.get("/drift.json").json()["differences"]
    assert {one["name"].split(".")[1] for one in found} == {"strange"}


def described(client: httpx.Client) -> dict:
    """Return the overview's standing, when the queries are described."""
    until = time.monotonic() + 20
    while (now := client.get("/index.json").json()["standing"])[
        "findings"
    ] is None and time.monotonic() < until:
        time.sleep(0.1)
    return now


def test_findings_and_the_queries_of_a_table_come_in_the_background(browser: httpx.Client) -> None:
    """The first page does not wait for them."""
    assert described(browser)["queries"] == 1
    queries = browser.get("/row/public/people/1.json").json()["queries"]
    assert [(one["name"], one["does"]) for one in queries] == [("people.get", "reads")]


@pytest.mark.parametrize(
    ("asked", "finds"),
    [
        ("people", "/table/public/people"),
        ("nick", "/table/public/people"),
        ("people.get", "/query/people/get"),
    ],
)
def test_the_search_finds_tables_columns_and_queries(
    browser: httpx.Client, asked: str, finds: str
) -> None:
    """By their names and comments, and no value of a row."""
    hits = browser.get("/search.json", params={"q": asked}).json()["hits"]
    assert finds in [one["address"] for one in hits]
    assert browser.get("/search.json", params={"q": "ann"}).json()["hits"] == []


def test_activity_knows_who_waits_for_whom(browser: httpx.Client, studio_url: str) -> None:
    """By the name of the query, without anybody's values."""
    described(browser)
    get = "SELECT p.id, p.name FROM people AS p WHERE p.id = $1"
    with (
        psycopg.connect(studio_url, application_name="first") as first,
        psycopg.connect(studio_url, application_name="second") as second,
    ):
        first.execute("LOCK TABLE people")
        pid, first_pid = second.info.backend_pid, first.info.backend_pid
        waiter = threading.Thread(target=lambda: psycopg.RawCursor(second).execute(get, [1]))
        waiter.start()
        until, tree = time.monotonic() + 5, []
        while not tree and time.monotonic() < until:
            tree = browser.get("/activity.json").json()["waits"]
        page = browser.get("/activity.json").json()
        first.rollback()
        waiter.join()
    assert [(one["pid"], [w["pid"] for w in one["waiting"]]) for one in tree] == [
        (first_pid, [pid])
    ]
    assert [one["query"] for one in page["running"] if one["pid"] == pid] == ["people.get"]
    assert {"first", "second"} <= {one["application"] for one in page["connections"]}


def test_no_literal_of_a_running_statement_is_shown() -> None:
    """Whatever it is quoted by, cut off or not."""
    text = "ALTER ROLE x PASSWORD 'hunter'; SELECT E'hun\\'ter', $a$hunter$a$, 4711, \"name\", $1 /* hunter */ -- hunter\n, 'hunter"
    shown = without_literals(text)
    assert "hunter" not in shown
    assert "4711" not in shown
    assert '"name", $1' in shown


def test_pages_are_read_as_the_role_read(
    rows: psycopg.Connection, studio_url: str, tmp_path: Path
) -> None:
    """Where the project has one that we may become; what it may not read is said."""
    prefix = f"t{time.time_ns()}"
    project = project_in(tmp_path)
    (tmp_path / "amber-sql.toml").write_text(f'role-prefix = "{prefix}"\n')
    rows.execute(f"CREATE ROLE {prefix}_read; GRANT SELECT ON people TO {prefix}_read")
    try:
        from amber_sql import locate  # noqa: PLC0415

        with run(studio_url, locate.project(project.root)) as running, running.browser() as client:
            assert client.get("/table/public/people").status_code == 200
            assert f"as {prefix}_read" in client.get("/table/public/people").text
            refused = client.get("/table/public/strange")
        assert refused.status_code == 403
        assert "permission denied" in refused.text
    finally:
        rows.execute(f"DROP OWNED BY {prefix}_read; DROP ROLE {prefix}_read")


def test_a_database_that_died_has_a_page(studio: Running, browser: httpx.Client) -> None:
    """503, with what to look at and without the password; when it is back, so are the pages."""
    reader = studio.state.reader
    kept, target = (
        reader.target,
        Studio("postgresql://u:hunter2@127.0.0.1:1/x", studio.state.project, 1).reader.target,
    )
    idle, reader._idle = reader._idle, []
    try:
        reader.target = target
        answer = browser.get("/table/public/people")
    finally:
        reader.target, reader._idle = kept, idle
    assert answer.status_code == 503
    assert "cannot be reached" in answer.text
    assert "hunter2" not in answer.text
    assert browser.get("/table/public/people").status_code == 200


def test_a_connection_that_was_ended_is_replaced(
    browser: httpx.Client, rows: psycopg.Connection
) -> None:
    """As after a restart of the server."""
    browser.get("/table/public/people")
    rows.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'amber-sql studio' AND datname = current_database()"
    )
    assert browser.get("/table/public/people").status_code == 200


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    """Write a small project."""
    return Project(tmp_path, capsys)


def test_without_the_extra_the_command_says_what_to_install(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 2, and no traceback."""
    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "starlette" else sys)
    result = project.run("studio", *project.options, "--database-url=postgresql://127.0.0.1:1/x")
    assert result.code == 2
    assert "amber-sql[studio]" in result.err


def test_a_dead_database_ends_the_command(project: Project) -> None:
    """Exit 3, before anything listens."""
    result = project.run(
        "studio",
        *project.options,
        "--database-url=postgresql://u:hunter2@127.0.0.1:1/x",
        "--no-open",
    )
    assert result.code == 3
    assert "hunter2" not in result.err + result.out


def test_a_port_that_is_taken_ends_the_command(project: Project, studio_url: str) -> None:
    """Exit 2, with the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = project.run(
            "studio",
            *project.options,
            f"--database-url={studio_url}",
            f"--port={port}",
            "--no-open",
        )
    assert result.code == 2
    assert "--port" in result.err


def test_the_command_serves_until_ctrl_c(project: Project, studio_url: str) -> None:
    """As a process of its own: what it prints on stdout is a page, and an interrupt ends it without a traceback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "amber_sql", "studio", *project.options, "--port=0", "--no-open",
         f"--database-url={studio_url}"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )  # fmt: skip
    try:
        assert process.stdout
        address = process.stdout.readline().strip()
        with httpx.Client(follow_redirects=True) as visitor:
            assert "people" in visitor.get(address).text
        with pytest.raises(httpx.HTTPStatusError):
            httpx.get(address.partition("?")[0]).raise_for_status()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    finally:
        process.kill()
        said = process.communicate()[1]
    assert "Traceback" not in said


def test_the_command_prints_one_address(
    project: Project, studio_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On stdout, with the token; a browser is opened with a file of ours that leads there, and is gone."""
    opened: list[tuple[str, int, str]] = []

    def browse(address: str) -> None:
        page = Path(address.removeprefix("file://"))
        opened.append((address, page.parent.stat().st_mode & 0o077, page.read_text()))

    monkeypatch.setattr("webbrowser.open", browse)
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)
    result = project.run("studio", *project.options, f"--database-url={studio_url}", "--port=0")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32}\n", result.out)
    [(address, others, page)] = opened
    token = result.out.strip().partition("=")[2]
    assert token not in address  # what a browser is started with shows in the process list
    assert (others, token in page) == (0, True)
    assert not Path(address.removeprefix("file://")).exists()


def test_a_server_that_runs_on_collects_its_garbage(
    project: Project, studio_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands put that off, since they end first; here it held a quarter of the memory."""
    seen: list[int] = []
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: seen.append(gc.get_threshold()[0]))
    project.run("studio", *project.options, f"--database-url={studio_url}", "--port=0", "--no-open")
    assert seen == [700]
