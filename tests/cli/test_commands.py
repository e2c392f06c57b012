"""The command line as a person meets it: help, exit codes, one clear sentence, and pipes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from importlib.metadata import version
from typing import TYPE_CHECKING

import psycopg
import pytest
from command import UNSET, amber, amber_process

from amber_sql import locate
from amber_sql.cli.main import COMMANDS, cli
from amber_sql.cli.migrate import migrate

if TYPE_CHECKING:
    from pathlib import Path

    from target import Target

SECRET = "hunter2"  # noqa: S105  # nobody's
NOWHERE = f"postgresql://me:{SECRET}@127.0.0.1:1/app"
MALFORMED = [
    f"postgresql://me:{SECRET}@[host/app",
    f"postgresql://me:{SECRET}@x@localhost/app",
    f"mysql://me:{SECRET}@localhost/app",
    SECRET,
]
ANSI = "\x1b"


# ── help ─────────────────────────────────────────────────────────────────────────────────────


def test_help_shows_every_command_and_every_exit_code() -> None:
    """One screen says what there is, where to start, and what the exit codes mean."""
    done = amber("--help")
    assert (done.returncode, done.stderr) == (0, "")
    own = ("demo", "maintain")  # this checkout's package registers them
    assert all(re.search(rf"^  {name}  ", done.stdout, re.MULTILINE) for name in (*COMMANDS, *own))
    assert all(f"{code} " in done.stdout for code in range(6))
    assert r"\b" not in done.stdout
    assert not re.search(r"\w\.\.\.", done.stdout)  # no sentence was cut off


@pytest.mark.parametrize(
    "arguments",
    [*((name,) for name in COMMANDS), *(("migrate", name) for name in migrate.commands)],
)
def test_each_command_explains_itself(arguments: tuple[str, ...]) -> None:
    """Its help says what it does and what each option is for, in 80 columns."""
    group = migrate if len(arguments) == 2 else cli
    command = group.get_command(group.make_context("x", ["x"]), arguments[-1])
    lines = command.get_help(command.make_context(arguments[-1], [], resilient_parsing=True))
    assert command.help
    assert r"\b" not in lines
    options = [option for option in command.params if option.param_type_name == "option"]
    assert all(option.help for option in options)
    assert max(map(len, lines.splitlines())) <= 100


def test_the_help_of_migrate_is_not_cut_off() -> None:
    """Each command's first sentence is whole there as well."""
    shown = amber("migrate", "--help").stdout
    assert "from several machines at once." in " ".join(shown.split())
    assert not re.search(r"\w\.\.\.", shown)


def test_a_misspelt_command_is_guessed() -> None:
    """As options are."""
    done = amber("generat")
    assert (done.returncode, "Did you mean 'generate'?" in done.stderr) == (2, True)


def test_the_version_is_the_package_s() -> None:
    """`--version` and `-V` print what is installed."""
    assert amber("-V").stdout == amber("--version").stdout
    assert amber("--version").stdout == f"amber-sql, version {version('amber-sql')}\n"


@pytest.mark.parametrize("arguments", [("nonsense",), ("seed", "--nope"), ("migrate", "nonsense")])
def test_a_mistake_on_the_command_line_is_code_2(arguments: tuple[str, ...]) -> None:
    """It is named, and so is the help."""
    done = amber(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert arguments[-1] in done.stderr
    assert "--help" in done.stderr


# ── databases that are not there ─────────────────────────────────────────────────────────────

NEEDS = [("migrate", "deploy", "--wait", "0"), ("migrate", "status")]
WITH_FALLBACK = [*NEEDS, ("seed",), ("migrate", "up")]


@pytest.mark.parametrize("arguments", NEEDS)
@pytest.mark.parametrize("url", [None, "", "  "])
def test_no_database_url_is_code_3(arguments: tuple[str, ...], url: str | None) -> None:
    """What deploys never guesses a database: one sentence says what to set."""
    done = amber(*arguments, url=url)
    assert done.returncode == 3
    assert "set DATABASE_URL" in _sentence(done)
    assert "amber-sql dev" in done.stderr


@pytest.mark.parametrize("arguments", WITH_FALLBACK)
@pytest.mark.parametrize("url", MALFORMED)
def test_a_malformed_url_is_code_3_and_never_shown(arguments: tuple[str, ...], url: str) -> None:
    """The sentence says how to write one, without a word of this one."""
    done = amber(*arguments, url=url)
    assert done.returncode == 3
    assert "percent-encode" in _sentence(done)
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize("arguments", WITH_FALLBACK)
def test_an_unreachable_server_is_code_3(arguments: tuple[str, ...]) -> None:
    """The sentence names host and port, and not the password."""
    done = amber(*arguments, url=NOWHERE)
    assert done.returncode == 3
    assert "127.0.0.1:1" in _sentence(done)
    assert SECRET not in done.stdout + done.stderr


def test_a_deploy_says_once_what_it_waits_for() -> None:
    """It asks twice a second, and a line each time would bury the rest of a deploy's log."""
    done = amber("migrate", "deploy", "--wait", "1.2", url=NOWHERE)
    assert done.returncode == 3
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["waiting", "error:"]


@pytest.mark.parametrize("url", [*MALFORMED, NOWHERE])
def test_check_on_a_server_that_is_not_there_is_code_3(url: str) -> None:
    """--database-url is judged as DATABASE_URL is."""
    done = amber("check", "--database-url", url, url=None)
    assert done.returncode == 3
    assert _sentence(done)
    assert SECRET not in done.stdout + done.stderr


def test_a_database_that_does_not_exist_is_code_3(pg_server: Target) -> None:
    """The sentence names it."""
    done = amber("seed", url=pg_server.url("amber_nobody_made_this"))
    assert done.returncode == 3
    assert "amber_nobody_made_this" in _sentence(done)


def test_a_database_that_is_not_migrated_is_one_sentence(empty_database_url: str) -> None:
    """It says what is missing and which command makes it."""
    done = amber("seed", url=empty_database_url)
    assert done.returncode == 4
    assert re.search(r"no relation \"\w+\": run `amber-sql migrate deploy`", _sentence(done))


@pytest.mark.slow
def test_the_command_that_is_named_makes_what_is_missing(
    empty_database_url: str, scratch: psycopg.Connection
) -> None:
    """After `migrate deploy`, `seed` fills the tables."""
    assert amber("migrate", "deploy", url=empty_database_url).returncode == 0
    assert amber("seed", url=empty_database_url).returncode == 0
    assert scratch.execute("SELECT count(*) > 0 FROM users").fetchone() == (True,)


def test_a_database_that_is_migrated_half_way_is_one_sentence(
    database_url: str, conn: psycopg.Connection
) -> None:
    """A missing column counts as a missing migration, too."""
    conn.execute("ALTER TABLE users DROP COLUMN avatar_url")
    done = amber("seed", url=database_url)
    assert done.returncode == 4
    assert "avatar_url" in _sentence(done)
    assert "amber-sql migrate deploy" in done.stderr


# ── a stale checkout ─────────────────────────────────────────────────────────────────────────


def test_a_stale_module_is_one_sentence(tmp_path: Path, database_url: str) -> None:
    """After an edit in queries/, what imports the module names the command that mends it."""
    checkout = locate.PACKAGE.parent
    ignore = shutil.ignore_patterns("__pycache__", "_sql")
    for folder in ("amber_sql", "queries", "migrations"):
        shutil.copytree(checkout / folder, tmp_path / folder, ignore=ignore)
    shutil.copy(checkout / "amber-sql.toml", tmp_path)
    edited = tmp_path / "queries" / "users.sql"
    edited.write_text(edited.read_text().replace("Add a person.", "Add somebody."))
    done = amber_process("seed", url=database_url, env={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path)
    assert done.returncode == 1
    assert "queries/users.sql: run `amber-sql generate`" in _sentence(done)


# ── pipes and terminals ──────────────────────────────────────────────────────────────────────


demo = pytest.mark.xdist_group("demo")
"""For tests that look at one run of the demo, which takes seconds: in one worker."""


@pytest.fixture(scope="module")
def piped() -> subprocess.CompletedProcess[str]:
    """Run the demo with its output in a pipe, whatever DATABASE_URL says."""
    return amber_process("demo", url=NOWHERE, env={"COLUMNS": "80"})


@pytest.fixture(scope="module")
def server_url(pg_server: Target) -> str:
    """Name a server, which saves the demo one of its own."""
    return pg_server.url(pg_server.maintenance_dbname)


@pytest.fixture(scope="module")
def at_server(server_url: str) -> tuple[subprocess.CompletedProcess[str], set[tuple[str]]]:
    """Run the demo there, with its output in a file; and tell which databases it leaves."""
    names = "SELECT datname FROM pg_database WHERE datname NOT LIKE 'amber_test_%'"
    with psycopg.connect(server_url, autocommit=True) as conn:
        before = {*conn.execute(names)}
        done = amber_process("demo", "--database-url", server_url, env={"COLUMNS": ""})
        return done, {*conn.execute(names)} - before


@pytest.fixture(scope="module")
def pages(piped: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what it says, an example each."""
    return re.split(r"(?m)^(?=\d+\. )", piped.stdout)[1:]


@demo
def test_the_demo_shows_ten_examples(
    piped: subprocess.CompletedProcess[str], pages: list[str]
) -> None:
    """Each with the place of its SQL, the call and what came back."""
    assert piped.returncode == 0
    assert [int(page.split(".")[0]) for page in pages] == list(range(1, 11))
    for page in pages:
        assert re.search(r"(?m)^queries/\w+\.sql:\d+", page)
        assert re.search(r"(?m)^amber_sql/amber/examples(_async)?\.py:\d+\n  (async )?def ", page)
        assert "\nwhat came back\n" in page


@demo
@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "  INSERT INTO users (clerk_id, email, name, avatar_url)\n"),
        (1, "  User(\n"),
        (1, "clerk_id='user_xyz'"),
        (2, "subscription=Subscription("),
        (9, "  async def load_dashboard"),
        (10, "10000"),
    ],
)
def test_an_example_shows_sql_call_and_typed_rows(pages: list[str], number: int, text: str) -> None:
    """As they are in the files and in Python."""
    assert text in pages[number - 1]


@demo
def test_the_demo_names_the_lines_where_the_sql_is(
    piped: subprocess.CompletedProcess[str],
) -> None:
    """Each place that it prints is the header of a query."""
    places = re.findall(r"(?m)^queries/(\w+\.sql):(\d+)", piped.stdout)
    assert len(places) >= 10
    for file, line in places:
        text = (locate.queries_dir() / file).read_text().splitlines()
        assert text[int(line) - 1].startswith("-- name: ")


@demo
def test_a_pipe_gets_no_colours_and_80_columns(piped: subprocess.CompletedProcess[str]) -> None:
    """No escape codes, no boxes, and nothing wider than a terminal but what cannot be cut."""
    assert ANSI not in piped.stdout + piped.stderr
    assert not re.search(r"[\u2500-\u257f]", piped.stdout)
    wide = [line for line in piped.stdout.splitlines() if len(line) > 80]
    assert all(" " not in line.strip() for line in wide)
    assert "  -- the `before_seq` of the next.\n" in piped.stdout  # not cut line by line


@demo
def test_a_file_gets_the_sql_as_it_is(
    at_server: tuple[subprocess.CompletedProcess[str], set[tuple[str]]],
) -> None:
    """Where nobody says how wide it is, no line is cut that could be copied from there."""
    text = (locate.queries_dir() / "messages.sql").read_text()
    append = text[text.index("-- name: append(") :].partition(";")[0]
    shown = textwrap.indent(append, "  ", lambda _: True).replace("  \n", "\n")
    assert shown in at_server[0].stdout


def test_a_terminal_gets_colours(server_url: str) -> None:
    """The same pages, with escape codes where a person watches."""
    env = {"FORCE_COLOR": "1", "COLUMNS": "80"}
    done = amber_process("demo", "--database-url", server_url, env=env)
    assert done.returncode == 0
    assert ANSI in done.stdout
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    assert "  INSERT INTO users (clerk_id, email, name, avatar_url)\n" in plain


@demo
def test_the_demo_runs_on_a_server_that_is_named(
    at_server: tuple[subprocess.CompletedProcess[str], set[tuple[str]]],
) -> None:
    """The database that it makes there is dropped again."""
    done, left = at_server
    assert (done.returncode, left) == (0, set())


@pytest.mark.parametrize(
    "command",
    [
        "describe",
        "--help",
        *(
            pytest.param(one, marks=pytest.mark.slow)
            for one in ("demo --database-url '{}'", "describe --json")
        ),
    ],
)
def test_a_reader_that_goes_away_is_no_error(command: str, server_url: str) -> None:
    """`amber-sql … | head -1` ends without a traceback."""
    shell = f"{sys.executable} -m amber_sql {command.format(server_url)} | head -n 1"
    env = {name: value for name, value in os.environ.items() if name not in UNSET}
    done = subprocess.run(
        ["bash", "-c", shell], env=env, capture_output=True, text=True, check=False, timeout=60
    )
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def _sentence(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last line of stderr: the error, which is one line and no traceback."""
    assert "Traceback" not in done.stderr
    *_, last = done.stderr.splitlines()
    assert last.startswith("error: ")
    return last
