"""README.md: every snippet runs, every command, link and sentence of an error is there."""

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

import pytest
from command import UNSET

from amber_sql import errors
from amber_sql.amber.seed import seed
from amber_sql.cli.main import COMMANDS
from amber_sql.compiler.files.tags import TAGS
from amber_sql.errors import AmberError
from amber_sql.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(
    r"(?P<skip><!-- not run: [^\n]* -->\n)?^```(?P<language>\w+)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


class Block(NamedTuple):
    """A fenced block: its language, its text, its first line in the file."""

    language: str
    code: str
    line: int
    skipped: bool


BLOCKS = [
    Block(m["language"], m["code"], TEXT[: m.start("code")].count("\n") + 1, bool(m["skip"]))
    for m in _BLOCK.finditer(TEXT)
]
SHELL = [block for block in BLOCKS if block.language == "sh" and not block.skipped]


def _is_file(block: Block) -> re.Match[str] | None:
    """Tell whether a block is a file whose name its first line says."""
    return re.match(r"# (\w+\.py)\n", block.code)


@pytest.fixture
def seeded_url(database_url: str, conn: psycopg.Connection) -> str:
    """Seed this test's database."""
    seed(conn)
    return database_url


@pytest.fixture(scope="module")
def server_home(server_folder: Path) -> Iterator[Path]:
    """Give the commands an embedded server of their own, not the one of whoever runs the tests."""
    yield server_folder / "readme"
    for folder in (server_folder / "readme").glob("[0-9]*"):
        Server(folder).stop("immediate")


def test_the_first_screen_has_a_query_its_call_and_the_two_commands() -> None:
    """In the first 45 lines, and the query is the one that queries/ has."""
    screen = [block for block in BLOCKS if block.line < 45]
    assert [block.language for block in screen] == ["sql", "python", "text", "sh"]
    assert screen[0].code in (ROOT / "queries" / "users.sql").read_text(encoding="utf-8")
    assert "make demo" in screen[3].code
    assert "make test" in screen[3].code


def test_the_python_snippets_run(seeded_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, as in one session; each prints what the README says."""
    monkeypatch.setenv("DATABASE_URL", seeded_url)
    session: dict[str, object] = {}
    ran = 0
    for block, following in zip(BLOCKS, [*BLOCKS[1:], None], strict=True):
        if block.language != "python" or _is_file(block):
            continue
        printed = StringIO()
        with redirect_stdout(printed):
            exec(compile("\n" * block.line + block.code, "README.md", "exec"), session)  # noqa: S102
        expected = following.code if following and following.language == "text" else ""
        assert printed.getvalue() == expected, f"README.md:{block.line}"
        ran += 1
    assert ran >= 3


@pytest.mark.xdist_group("readme")
@pytest.mark.parametrize("block", SHELL, ids=[f"line {block.line}" for block in SHELL])
def test_the_shell_snippets_run(
    block: Block, seeded_url: str, server_home: Path, tmp_path: Path
) -> None:
    """In a folder with this project's SQL and yoyo.ini, and the README's own files.

    What would run this test again is looked up in the Makefile instead.
    """
    for file in filter(_is_file, BLOCKS):
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
            "AMBER_SERVER_DIR": str(server_home),
        },
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_not_run_is_no_more_than_it_must_be() -> None:
    """Two snippets would change the machine; every other block is run, or is output."""
    skipped = [block for block in BLOCKS if block.skipped]
    assert len(skipped) == 2
    assert {block.language for block in BLOCKS} == {"sql", "python", "text", "sh"}


def test_every_command_tag_and_suffix_is_in_a_table() -> None:
    """The tables are whole, and name nothing that there is not."""
    named = re.findall(r"(?m)^\| `amber-sql ([\w-]+)` \|", TEXT)
    assert sorted(named) == sorted(COMMANDS)
    assert re.findall(r"(?m)^\| `-- (@.+?)` \|", TEXT) == list(TAGS.values())
    headers = re.findall(r"(?m)^\| `\w+\(\w+\)([^`]*)` \|", TEXT)
    assert headers == ["", "^", "$", "<!", "!", "*!"]
    assert "| `vacuum()#` |" in TEXT


def test_every_link_leads_somewhere() -> None:
    """Links are relative, and their files exist."""
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert len(links) > 5
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_troubleshooting_quotes_real_messages() -> None:
    """Each library's sentence in the table begins as an error's docstring, holes aside."""
    messages = [
        re.sub(r"\{\w+[^}]*\}", "…", error.__doc__ or "")
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, AmberError)
    ]
    quoted = re.findall(r"(?m)^\| `([^`]*)` \|", TEXT.partition("## Troubleshooting")[2])
    assert len(quoted) == 5
    for sentence in quoted:
        words = [
            part
            for part in re.split(r'[…"]+|queries/|\.sql|it is malformed|relation', sentence)
            if part.strip()
        ]
        assert any(all(word.strip() in message for word in words) for message in messages), sentence
