"""What generated code has of its file: whole and unchanged at import, cut when a query is called."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from amber_sql.compiler.files.load import load_file
from amber_sql.errors import MissingSql, StaleGenerated
from amber_sql.runtime._sources import statements
from amber_sql.sqltext.module import digest_of

ROOT = Path(__file__).parents[2]
FILES = [
    *sorted(ROOT.glob("queries/*.sql")),
    *sorted(ROOT.glob("tests/compiler/corpus/queries*/*.sql")),
]
IMPORT_ALL = """
import importlib, json, pkgutil, sys
import amber_sql.queries, amber_sql.aio.queries

generated = [
    importlib.import_module(module.name)
    for package in (amber_sql.queries, amber_sql.aio.queries)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
]
modules = sorted(sys.modules)
cut = {name: text for module in generated for name, text in module._SQL.items()}
amber_sql.queries.users._get.sql
after = {module.__name__: [*module._SQL] for module in generated if module._SQL}
print(json.dumps([len(generated), modules, cut, after]))
"""
BUILD_TIME = {"aiosql", "click", "rich", "sqlparse", "yoyo", "difflib"} | {
    f"amber_sql.{name}"
    for name in ("cli", "compiler", "cut", "deploy", "load", "misuse", "scan", "split", "tags")
}


def test_importing_every_query_module_cuts_no_sql() -> None:
    """A fresh process has imported nothing of build time, and a call cuts its own query only."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], cwd=ROOT, capture_output=True, check=True, text=True
    )
    count, modules, cut, after = json.loads(done.stdout)
    assert count == 2 * len(list(ROOT.glob("queries/*.sql")))
    assert BUILD_TIME.isdisjoint(modules)
    assert cut == {}
    assert after == {"amber_sql.queries.users": ["get"], "amber_sql.aio.queries.users": ["get"]}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_query_cut_alone_is_the_one_that_was_described(path: Path) -> None:
    """Run time sends what build time read through aiosql, of every query there is here."""
    described = load_file(path, path.name, path.stem).queries
    texts = statements(path.parent, path.name, digest_of(path.read_bytes()))
    assert described
    assert {query.name: texts[query.name] for query in described} == {
        query.name: query.sql for query in described
    }


ODD = """-- About.
  --name : first (b, a)^
-- Doc.
-- @one
SELECT '
-- name: second(x)
', :a, :b -- name: second(y)
;

-- name: second ( x ) $
SELECT $$
-- name: third()
$$ || :x; -- the end

-- name: not-used()
-- Only a comment, and ; no end
SELECT:x[1:2] /* -- name: third() */
-- name: third<!
DELETE FROM t WHERE a = :é AND b = :a OR c = :é
"""
SENT = {
    "first": "SELECT '\n-- name: second(x)\n', $2, $1",
    "second": "SELECT $$\n-- name: third()\n$$ || $1",
    "not_used": "SELECT:x[1:2]",
    "third": "DELETE FROM t WHERE a = $1 AND b = $2 OR c = $1",
}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
@pytest.mark.parametrize("name", SENT)
def test_a_line_like_a_header_is_none(tmp_path: Path, end: str, bom: bytes, name: str) -> None:
    """Quoted text may hold a header, even that of a query of the file."""
    data = bom + ODD.replace("\n", end).encode()
    (tmp_path / "odd.sql").write_bytes(data)
    described = load_file(tmp_path / "odd.sql", "odd.sql", "odd")
    texts = statements(tmp_path, "odd.sql", digest_of(data))
    assert [*SENT] == [query.name for query in described.queries]
    assert texts[name] == SENT[name].replace("\n", end)
    assert [*texts] == [name]


def test_generated_code_reads_its_own_file_only(tmp_path: Path) -> None:
    """A changed or deleted file is stale; a bundled one is whole, and lacks only what it lacks."""
    text = b"-- name: a(x)^\n-- d\nSELECT :x;\n"
    for folder in (tmp_path / "q", tmp_path / "_sql" / "queries"):
        folder.mkdir(parents=True)
        (folder / "u.sql").write_bytes(text)
    with pytest.raises(StaleGenerated, match="amber-sql generate"):
        statements(tmp_path / "q", "u.sql", "0")
    with pytest.raises(StaleGenerated, match=r"q/gone\.sql"):
        statements(tmp_path / "q", "gone.sql", "0")
    bundled = statements(tmp_path / "_sql" / "queries", "u.sql", "0")
    assert bundled["a"] == "SELECT $1"
    with pytest.raises(StaleGenerated, match=r"^u was generated from another queries/u\.sql"):
        bundled["b"]


@pytest.mark.parametrize("folder", ["site-packages/queries", "_sql/queries", "file"])
def test_a_wheel_without_its_sql_says_missing(tmp_path: Path, folder: str) -> None:
    """Not stale: `amber-sql generate` mends nothing there, the build has to carry the files."""
    (tmp_path / "_sql" / "queries").mkdir(parents=True)
    (tmp_path / "file").touch()
    with pytest.raises(MissingSql, match=r"u\.sql, and there is no such file") as refused:
        statements(tmp_path / folder, "u.sql", "0")
    assert "_sql/queries" in str(refused.value)


def test_a_file_that_changes_under_a_process_is_not_read_again(tmp_path: Path) -> None:
    """What was imported stays what is sent, also of queries that were not called yet."""
    path, text = tmp_path / "u.sql", b"-- name: a()\nSELECT 1;\n-- name: b()\nSELECT 2;\n"
    path.write_bytes(text)
    texts = statements(tmp_path, "u.sql", digest_of(text))
    path.write_bytes(text.replace(b"2", b"3"))
    assert texts["b"] == "SELECT 2"


def test_digest_forgets_how_lines_end() -> None:
    """A checkout with CRLF is no other file."""
    assert digest_of(b"a\r\nb\n") == digest_of(b"a\nb\n") != digest_of(b"a\nc\n")
