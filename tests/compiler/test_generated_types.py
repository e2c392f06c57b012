"""What is generated from the corpus, under mypy --strict, pyright, and Python itself."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from corpus.cases import FOLDER, MIGRATIONS
from target import Target, database

from amber_sql.compiler.pipeline import compile_queries, generated
from amber_sql.compiler.write import write

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.xdist_group("corpus_package")


@pytest.fixture(scope="module")
def package(compiling_server: Target, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate a package from a copy of the corpus without the queries that Python cannot name."""
    root = tmp_path_factory.mktemp("types")
    queries = root / "queries"
    shutil.copytree(FOLDER / "queries", queries)
    with (
        database(compiling_server) as name,
        psycopg.connect(compiling_server.url(name), autocommit=True) as conn,
    ):
        for migration in sorted(MIGRATIONS.glob("*.sql")):
            conn.execute(migration.read_bytes())
        refused = {finding.query for finding in compile_queries(conn, queries).errors}
        for path in queries.glob("*.sql"):
            _without(
                path, {q.partition(".")[2] for q in refused if q.partition(".")[0] == path.stem}
            )
        build = compile_queries(conn, queries)
    assert build.errors == ()
    assert len(build.described) > 500
    out = root / "corpus_package"
    write(out, generated(build, queries, out))
    return out


def _without(path: Path, names: set[str]) -> None:
    """Take queries out of a file."""
    head, *blocks = path.read_text().split("-- name: ")
    kept = [b for b in blocks if b.split("(")[0] not in names]
    path.write_text(head + "".join(f"-- name: {block}" for block in kept))


def test_generated_code_imports(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every module of both halves is Python, and every annotation in it means something."""
    import typing  # noqa: PLC0415

    monkeypatch.syspath_prepend(str(package.parent))
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        module = importlib.import_module(".".join(parts))
        for name in getattr(module, "__all__", ()):
            assert typing.get_type_hints(getattr(module, name)) is not None
    for name in [name for name in sys.modules if name.startswith("corpus_package")]:
        del sys.modules[name]


def test_mypy_strict(package: Path) -> None:
    """Mypy --strict finds nothing in the generated code."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "-p", package.name]
    done = subprocess.run(
        [*command, f"--cache-dir={package.parent / '.cache'}"],
        cwd=package.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_pyright(package: Path) -> None:
    """Pyright finds nothing in the generated code, in its strict mode."""
    settings = {"include": [package.name], "typeCheckingMode": "strict", "pythonVersion": "3.11", "extraPaths": [str(ROOT)], "reportPrivateUsage": False}  # fmt: skip
    (package.parent / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable],
        cwd=package.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = json.loads(done.stdout)["generalDiagnostics"]
    assert [(d["file"], d["range"]["start"]["line"], d["message"]) for d in found] == []
