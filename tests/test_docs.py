"""README.md and docs/: every snippet runs; commands, tags, rules, variables and links are whole."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
import pytest
from command import UNSET

from amber_sql import errors
from amber_sql.amber.seed import seed
from amber_sql.cli.main import cli
from amber_sql.cli.seed import seed as seed_files
from amber_sql.compiler.files.tags import TAGS
from amber_sql.compiler.rules import RULES
from amber_sql.errors import AmberError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
}
RUN = [name for name in PAGES if name == "README.md" or name.startswith("docs/")]
"""The pages whose snippets are run; the others are for people who work on amber-sql itself."""
_BLOCK = re.compile(
    r"(?P<skip><!-- not run: [^\n]* -->\n)?^```(?P<language>\w+)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


class Block(NamedTuple):
    """A fenced block: its language, its text, its first line in the file."""

    page: str
    language: str
    code: str
    line: int
    skipped: bool

    def __str__(self) -> str:
        """Name the place: `docs/calling.md:12`."""
        return f"{self.page}:{self.line}"


NUMBERS = {12: "twelve", 13: "thirteen", 14: "fourteen", 15: "fifteen"}


def _is_file(block: Block) -> re.Match[str] | None:
    """Tell whether a block is a file whose name its first line says."""
    return re.match(r"# (\w+\.py)\n", block.code)


def _blocks(page: str) -> list[Block]:
    text = PAGES[page]
    return [
        Block(
            page, m["language"], m["code"], text[: m.start("code")].count("\n") + 1, bool(m["skip"])
        )
        for m in _BLOCK.finditer(text)
    ]


BLOCKS = [block for page in RUN for block in _blocks(page)]
SHELL = [block for block in BLOCKS if block.language == "sh" and not block.skipped]
WITH_PYTHON = [
    page for page in RUN if any(b.language == "python" and not _is_file(b) for b in _blocks(page))
]


@pytest.fixture
def seeded_url(database_url: str, conn: psycopg.Connection) -> str:
    """Seed this test's database."""
    seed(conn)
    return database_url


def test_the_first_screen_has_a_query_its_call_and_the_two_commands() -> None:
    """In the first 45 lines, and the query is the one that queries/ has."""
    screen = [block for block in _blocks("README.md") if block.line < 45]
    assert [block.language for block in screen] == ["sql", "python", "text", "sh"]
    assert screen[0].code in (ROOT / "queries" / "users.sql").read_text(encoding="utf-8")
    assert "make demo" in screen[3].code
    assert "make test" in screen[3].code


@pytest.mark.parametrize("page", WITH_PYTHON)
def test_the_python_snippets_run(
    page: str, seeded_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page's, one after the other, as in one session; each prints what the page says."""
    monkeypatch.setenv("DATABASE_URL", seeded_url)
    session: dict[str, object] = {}
    blocks = [block for block in _blocks(page) if not block.skipped]
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block.language != "python" or _is_file(block):
            continue
        printed = StringIO()
        with redirect_stdout(printed):
            exec(compile("\n" * block.line + block.code, page, "exec"), session)  # noqa: S102
        expected = following.code if following and following.language == "text" else ""
        assert printed.getvalue() == expected, block


@pytest.mark.xdist_group("docs")
@pytest.mark.parametrize(
    "block",
    [
        pytest.param(one, id=str(one), marks=() if one.page == "README.md" else pytest.mark.slow)
        for one in SHELL
    ],
)
def test_the_shell_snippets_run(
    block: Block, seeded_url: str, embedded_home: Path, tmp_path: Path
) -> None:
    """In a folder with this project's SQL and yoyo.ini, and the page's own files.

    What would run this test again is looked up in the Makefile instead.
    """
    for file in filter(_is_file, _blocks(block.page)):
        (tmp_path / _is_file(file)[1]).write_text(file.code)
    for folder in ("migrations", "queries"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "yoyo.ini", tmp_path)
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    bin_dir = Path(sys.executable).parent
    prelude = f'set -euo pipefail; make() {{ command make -n -C {shlex.quote(str(ROOT))} "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-c", prelude + block.code],
        cwd=tmp_path,
        env=kept
        | {
            "PATH": f"{bin_dir}{os.pathsep}{os.environ['PATH']}",
            "DATABASE_URL": seeded_url,
            "AMBER_SERVER_DIR": str(embedded_home),
        },
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_not_run_is_no_more_than_it_must_be() -> None:
    """Two snippets would change the machine; every other block is run, or is output."""
    skipped = [block for block in BLOCKS if block.skipped]
    assert len(skipped) <= 2
    assert {block.language for block in BLOCKS} <= {"sql", "python", "text", "sh", "toml", "json"}


def _named(page: str, pattern: str) -> list[str]:
    """Return what the rows of a page's tables begin with."""
    return re.findall(rf"(?m)^\| `{pattern}` \|", PAGES[page])


def _tree(group: click.Group, *path: str) -> Iterator[tuple[str, set[str]]]:
    """Yield every command's name with its options; Amber's own are in it here."""
    context = group.make_context("amber-sql", [], resilient_parsing=True)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _tree(command, *path, name)
        elif command is not None:
            yield " ".join([*path, name]), _options(command)


def _options(command: click.Command) -> set[str]:
    return {
        name
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in (*parameter.opts, *parameter.secondary_opts)
    }


def test_every_command_is_in_the_table_with_its_options() -> None:
    """The page names for each command just what the command line takes, shared options included."""
    page, option = PAGES["docs/commands.md"], r"`(--?[a-z][\w-]*)"
    named = {
        name: set(re.findall(option, own))
        for name, own in re.findall(r"(?m)^\| `amber-sql ([\w -]+)` \|.*(?<!\\)\| (.*)\|$", page)
    }
    for options, of in re.findall(r"(?m)^\| (`--.*?) \| (.*?) \|", page):
        told = set(re.findall(r"`([^`]+)`", of))
        for name in named:
            if (name in told) != of.startswith("every command but"):
                named[name] |= set(re.findall(option, options))
    there = dict(_tree(cli))
    there["seed"] |= _options(seed_files)  # where a project has seeds/*.sql
    assert named == there


def test_every_tag_is_in_the_table() -> None:
    """As it is written, in the order of the code."""
    assert _named("docs/queries.md", r"-- (@.+?)") == list(TAGS.values())


def test_every_rule_is_in_the_table() -> None:
    """In the order of the code."""
    assert _named("docs/queries.md", r"([a-z]+_[a-z_]+|unfilled)") == list(RULES)


def test_every_suffix_is_in_the_table() -> None:
    """Each with the header of a query that has it."""
    assert _named("docs/queries.md", r"\w+\(\w*\)([^`]*)") == ["", "^", "$", "<!", "!", "*!", "#"]


def test_every_environment_variable_is_in_the_table() -> None:
    """Those that the package names, but for libpq's and the platform's."""
    read = {
        name
        for path in (ROOT / "amber_sql").rglob("*.py")
        for name in re.findall(r"\b(?:AMBER_[A-Z_]+|(?:DIRECT_)?DATABASE_URL)\b", path.read_text())
    }
    assert set(_named("docs/production.md", "([A-Z_]+)")) == read


def test_every_page_is_in_the_readme() -> None:
    """A page that no link leads to is not read."""
    assert [
        name for name in PAGES if name != "README.md" and f"]({name})" not in PAGES["README.md"]
    ] == []


def test_every_link_leads_somewhere() -> None:
    """Links are relative, and their files exist."""
    broken = [
        (page, link)
        for page, text in PAGES.items()
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
        if not link.startswith("https://") and not ((ROOT / page).parent / link).exists()
    ]
    assert broken == []


def test_every_file_of_the_architecture_is_there() -> None:
    """A file that was renamed leads nobody anywhere."""
    package, page = ROOT / "amber_sql", PAGES["ARCHITECTURE.md"]
    missing = []
    for cell in re.findall(r"(?m)^\|.*\| ([^|]+) \|$", page):
        named = re.findall(r"`([\w/]+(?:\.py|/))`", cell)
        folders = [ROOT, package, package / "runtime"]
        for name in named:
            folders.append((package / name).parent)
            if not any((folder / name).exists() for folder in folders):
                missing.append(name)
    assert missing == []


def test_who_touches_psycopg_below_its_interface_is_named() -> None:
    """Each source module of the runtime that reads an underscore of psycopg's, in the table of them."""
    section = PAGES["ARCHITECTURE.md"].partition("## psycopg below")[2]
    touching = {
        path.name
        for path in (ROOT / "amber_sql" / "runtime").glob("*.py")
        if "SLF001" in path.read_text("utf-8")
        and not path.with_name(f"{path.stem}_async.py").exists()
    }
    assert {name for name in touching if f"`{name}`" not in section} == set()


def test_the_changelog_names_every_command_and_counts_the_tables() -> None:
    """Of this version: a command that nobody was told of is missed by nobody."""
    page = PAGES["CHANGELOG.md"]
    assert {name for name in cli.list_commands(click.Context(cli)) if name not in page} == set()
    migrations = (ROOT / "migrations").glob("[0-9]*.sql")
    tables = {
        name
        for path in migrations
        for name in re.findall(r"(?m)^CREATE TABLE (\w+) \(", path.read_text("utf-8"))
    }
    assert f"schema of {NUMBERS[len(tables)]} tables" in page


def test_the_readme_is_one_page() -> None:
    """150 lines; everything else has a page of its own."""
    assert PAGES["README.md"].count("\n") <= 150


def test_the_troubleshooting_quotes_real_messages() -> None:
    """Each library's sentence in the table begins as an error's docstring, holes aside."""
    messages = [
        re.sub(r"\{\w+[^}]*\}", "…", error.__doc__ or "")
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, AmberError)
    ]
    quoted = re.findall(r"(?m)^\| `([^`]*)` \|", PAGES["docs/troubleshooting.md"])
    assert quoted
    for sentence in quoted:
        words = [
            part
            for part in re.split(r'[…"]+|queries/|\.sql|it is malformed|relation', sentence)
            if part.strip()
        ]
        assert any(all(word.strip() in message for word in words) for message in messages), sentence
