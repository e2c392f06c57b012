"""The wheel, built through the sdist and installed elsewhere, is whole: code, SQL and commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import psycopg
import pytest
from command import UNSET

ROOT = Path(__file__).resolve().parents[1]
OURS = ("--package", "amber_sql")
pytestmark = [pytest.mark.packaging, pytest.mark.xdist_group("packaging")]


def _run(*command: str | Path, **more: object) -> str:
    done = subprocess.run(command, capture_output=True, check=False, text=True, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, and from it the wheel, without a network."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel in an environment of its own, and return that one's bin folder.

    What it depends on is taken from here, by a path: only the package itself is installed.
    """
    folder = tmp_path_factory.mktemp("installed") / "venv"
    _run(sys.executable, "-m", "venv", folder)
    python = folder / "bin" / "python"
    (wheel,) = built.glob("*.whl")
    _run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("platlib") + "\n")
    return folder / "bin"


@pytest.fixture
def environment(empty_database_url: str) -> dict[str, str]:
    """Set DATABASE_URL, and nothing that would lead back to this checkout."""
    kept = {key: value for key, value in os.environ.items() if key not in {*UNSET, "PYTHONPATH"}}
    return kept | {"DATABASE_URL": empty_database_url}


def _sources() -> set[str]:
    """Return the files of the package and its SQL, as paths in the checkout."""
    return {
        path.relative_to(ROOT).as_posix()
        for folder in ("amber_sql", "queries", "migrations")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_has_the_package_and_its_sql(built: Path) -> None:
    """Every module and py.typed, the SQL below _sql, and no test or tool."""
    (wheel,) = built.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == {"amber_sql/_sql/amber-sql.toml"} | {
        name if name.startswith("amber_sql/") else f"amber_sql/_sql/{name}" for name in _sources()
    }


def test_the_sdist_can_be_built_and_tested(built: Path) -> None:
    """It carries what the wheel is made from, and what the two commands of the README need."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = {
        "Makefile",
        "README.md",
        "amber-sql.toml",
        "constraints.txt",
        "pyproject.toml",
        "yoyo.ini",
    }
    tests = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py")}
    assert names >= _sources() | needed | tests
    folders = {name.partition("/")[0] for name in names if "/" in name}
    assert folders == {"amber_sql", "docs", "migrations", "queries", "tests", "tools"}
    assert not [name for name in names if "__pycache__" in name]


def test_an_installed_wheel_finds_its_sql(
    installed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """Far from any checkout it migrates a database and runs a typed query there."""
    cwd = {"env": environment, "cwd": tmp_path}
    _run(installed / "amber-sql", "migrate", "deploy", *OURS, **cwd)
    code = """if True:
        import amber_sql, amber_sql.locate
        from amber_sql import open_pool
        from amber_sql.queries import users
        with open_pool() as pool:
            made = users.create(pool, clerk_id="user_wheel", email="wheel@example.com")
            assert users.get_by_clerk_id(pool, clerk_id="user_wheel") == made
        print(amber_sql.__file__)
        print(amber_sql.locate.queries_dir())
        print(amber_sql.locate.migrations_dir())
    """
    places = _run(installed / "python", "-W", "error", "-c", code, **cwd).splitlines()
    assert all(Path(place).is_relative_to(installed.parent) for place in places)
    with psycopg.connect(environment["DATABASE_URL"]) as conn:
        assert conn.execute("SELECT clerk_id FROM users").fetchall() == [("user_wheel",)]


def test_an_installed_wheels_manifest_is_its_release(
    installed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """Named as the deploy names it; `--running` and `verify` find its SQL beside it."""
    (manifest,) = installed.parent.glob("lib/python*/site-packages/amber_sql/manifest.json")
    cwd = {"env": environment, "cwd": tmp_path}
    amber = installed / "amber-sql"
    _run(amber, "migrate", "deploy", *OURS, **cwd)
    release = _run(amber, "migrate", "retire", **cwd).split()[0]
    assert json.loads(manifest.read_text())["release"] == release
    _run(amber, "verify", "--against", manifest, *OURS, **cwd)
    _run(amber, "migrate", "retire", release, **cwd)
    folder = shutil.copytree(ROOT / "migrations", tmp_path / "migrations")
    (folder / "9999.drop.sql").write_text("ALTER TABLE users DROP COLUMN name;")
    command = (amber, "migrate", "deploy", "--migrations", folder, "--running", manifest)
    done = subprocess.run(command, capture_output=True, check=False, text=True, **cwd)
    assert done.returncode == 5, done.stderr
    assert "users.create: PostgreSQL refuses it" in done.stderr


@pytest.mark.parametrize("command", [("generate",), ("migrate", "new", "notes")])
def test_an_installed_wheel_is_not_written_to(
    installed: Path, environment: dict[str, str], tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Outside of a project these two have nothing to write, and say where to go."""
    done = subprocess.run(
        [installed / "amber-sql", *command],
        env=environment, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "No project here" in done.stderr


def test_plain_yoyo_finds_our_backend_in_an_installed_wheel(
    installed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """The entry point is the wheel's, and `yoyo apply` goes the safe path with its migrations."""
    migrations = installed.parent.glob("lib/python*/site-packages/amber_sql/_sql/migrations")
    options = ("--batch", "--no-config-file", "--database", "amber://")
    command = "import sys; from yoyo.scripts.main import main; main(sys.argv[1:])"
    _run(
        *(installed / "python", "-c", command, "apply", *options, next(migrations)),
        env=environment, cwd=tmp_path,
    )  # fmt: skip
    with psycopg.connect(environment["DATABASE_URL"]) as conn:
        assert conn.execute("SELECT count(*) FROM users").fetchone() == (0,)


def test_an_installed_wheel_shows_the_demo(
    installed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """The examples name their files, and give their rows, without a checkout."""
    shown = _run(installed / "amber-sql", "demo", *OURS, env=environment, cwd=tmp_path)
    assert "\nqueries/users.sql:" in shown
    assert "\namber_sql/amber/examples.py:" in shown
    assert "  User(\n" in shown
