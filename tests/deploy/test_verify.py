"""Verify, manifest and the judgement itself, against git revisions, wheels and manifests."""

from __future__ import annotations

import subprocess
import zipfile
from typing import TYPE_CHECKING

import msgspec
import pytest
from click.testing import CliRunner
from deploy_world import write

from amber_sql import deploy as deploys
from amber_sql import locate
from amber_sql.cli.manifest import manifest
from amber_sql.cli.verify import verify
from amber_sql.deploy.compat import describe_release as describing
from amber_sql.deploy.compat.compatibility import compare
from amber_sql.deploy.compat.manifest import from_json
from amber_sql.deploy.compat.writes import plans_matter, writes
from amber_sql.errors import BadManifest, UnknownReference

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg
    from target import Target

GET = "-- name: get(id)^\n-- One.\nSELECT id, name FROM people WHERE id = :id;\n"
AGE = "-- name: get(id)^\n-- One.\nSELECT id, age FROM people WHERE id = :id;\n"
PEOPLE = "CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL);"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a git repository whose first revision has one table and one query."""
    root = tmp_path / "project"
    (root / "queries").mkdir(parents=True)
    (root / "queries" / "people.sql").write_text(GET)
    write(root / "migrations", {"0001.people": PEOPLE})
    for arguments in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "first"],
        ["tag", "v1"],
    ):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    return root


def wheel(project: Path) -> str:
    path = project.parent / "project-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as packed:
        for file in [*project.glob("queries/*"), *project.glob("migrations/*")]:
            packed.write(file, f"project/_sql/{file.parent.name}/{file.name}")
    return str(path)


def run(project: Path, against: str, url: str, *more: str) -> tuple[int, str]:
    options = ["--queries", str(project / "queries"), "--migrations", str(project / "migrations")]
    result = CliRunner().invoke(
        verify, [*options, "--against", against, "--database-url", url, *more]
    )
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.mark.parametrize("kind", ["revision", "wheel", "manifest"])
def test_old_queries_are_held_against_new_migrations(
    project: Path, empty_database_url: str, kind: str
) -> None:
    """The older state is a revision, a wheel or a manifest; what breaks is exit 1."""
    against = {"revision": "v1", "wheel": "", "manifest": str(project.parent / "v1.json")}[kind]
    if kind == "wheel":
        against = wheel(project)
    if kind == "manifest":
        options = [
            "--queries",
            str(project / "queries"),
            "--migrations",
            str(project / "migrations"),
        ]
        written = CliRunner().invoke(
            manifest, [*options, "--database-url", empty_database_url, "--out", against]
        )
        assert written.exit_code == 0, written.output
    assert run(project, against, empty_database_url)[0] == 0
    write(project / "migrations", {"0002.age": "ALTER TABLE people ADD COLUMN age int;"})
    assert run(project, against, empty_database_url)[0] == 0
    write(project / "migrations", {"0003.name": "ALTER TABLE people DROP COLUMN name;"})
    code, said = run(project, against, empty_database_url)
    assert code == 1
    assert "breaks: people.get: PostgreSQL refuses it" in said


def test_new_queries_name_the_migration_that_they_need(
    project: Path, empty_database_url: str
) -> None:
    """An error only where the code is released before the migrations."""
    (project / "queries" / "people.sql").write_text(AGE)
    write(
        project / "migrations",
        {"0002.other": "SELECT 1;", "0003.age": "ALTER TABLE people ADD COLUMN age int;"},
    )
    code, said = run(project, "v1", empty_database_url)
    assert code == 0
    assert "people.get needs migration 0003.age first" in said
    assert run(project, "v1", empty_database_url, "--order", "code-first")[0] == 1


def test_what_cannot_be_verified_against_is_said(
    project: Path, empty_database_url: str, tmp_path: Path
) -> None:
    """No such revision, no such wheel, not a manifest."""
    (tmp_path / "x.json").write_text("{}")
    for against in ("--output=x", "v9", str(tmp_path / "none.whl")):
        with pytest.raises(UnknownReference):
            run(project, f"{against}", empty_database_url)
    with pytest.raises(BadManifest):
        run(project, str(tmp_path / "x.json"), empty_database_url)


def test_a_manifest_of_ambers_queries_comes_back_from_json(
    conn: psycopg.Connection,
) -> None:
    """Sorted, the same twice, whole; and nothing of it breaks on the database that it is of."""
    files = describing.read_files(locate.queries_dir())
    first, second = (
        describing.describe_release(conn, files),
        describing.describe_release(conn, files),
    )
    assert first.to_json() == second.to_json()
    assert from_json(first.to_json()) == first
    assert [query.name for query in first.queries if query.failure] == []
    assert compare(first, second) == []


def test_a_parameter_that_stops_accepting_none_is_warned_of(
    compiling_server: Target, compiling: psycopg.Connection, project: Path
) -> None:
    """Code that passes None would fail, and code that does not would not: nobody can tell."""
    (project / "queries" / "people.sql").write_text(
        "-- name: rename(id, name)!\n-- A name, or none.\nUPDATE people SET name = :name WHERE id = :id;\n"
    )
    write(project / "migrations", {"0001.people": PEOPLE.replace(" NOT NULL", "")})
    deploys.migrate(compiling_server.url(compiling.info.dbname), project / "migrations")
    files = describing.read_files(project / "queries")
    then = describing.describe_release(compiling, files)
    compiling.execute("ALTER TABLE people ALTER name SET NOT NULL")
    (effect,) = compare(then, describing.describe_release(compiling, files))
    assert not effect.breaks
    assert "its parameter name no longer accepts None" in str(effect)


def test_without_query_trees_null_is_what_the_catalog_says(conn: psycopg.Connection) -> None:
    """A manifest of PostgreSQL 15: the source's NOT NULL decides, and an outer join does not count."""
    files = describing.read_files(locate.queries_dir())
    seen = describing.describe_release(conn, files)

    def blind(nulls_dropped: bool) -> object:
        return msgspec.structs.replace(
            seen,
            queries=tuple(
                msgspec.structs.replace(
                    query,
                    results=tuple(
                        msgspec.structs.replace(
                            column,
                            nullable=None,
                            not_null_source=column.not_null_source and not nulls_dropped,
                        )
                        for column in query.results
                    ),
                )
                for query in seen.queries
            ),
        )

    assert compare(blind(False), blind(False)) == []
    effects = compare(blind(False), blind(True))
    assert effects
    assert all("may now be NULL" in effect.what for effect in effects)


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ('INSERT INTO a (x, "Y") VALUES ($1, $2)', [("a", True, ("x", "Y"))]),
        ("INSERT INTO s.a AS b (x) SELECT 1", [("s.a", True, ("x",))]),
        ("INSERT INTO a VALUES ($1)", [("a", True, None)]),
        ("INSERT INTO a (SELECT 1)", [("a", True, None)]),
        ("UPDATE ONLY a SET x = 1", [("a", False, None)]),
        ("WITH i AS (INSERT INTO a (x) VALUES (1) RETURNING x) UPDATE b SET y = 1", [("a", True, ("x",)), ("b", False, None)]),
        ("SELECT 1 FROM a FOR UPDATE", []),
        ("INSERT INTO a (x) VALUES (1) ON CONFLICT DO UPDATE SET x = 2", [("a", True, ("x",))]),
        ("MERGE INTO a USING b ON true WHEN NOT MATCHED THEN INSERT (x) VALUES (1)", [("a", True, ("x",)), ("a", False, None)]),
    ],
)  # fmt: skip
def test_writes_are_read_from_the_text(
    sql: str, found: list[tuple[str, bool, tuple[str, ...] | None]]
) -> None:
    """Tables and named columns, in WITH and MERGE too; FOR UPDATE writes nothing."""
    assert [(w.table, w.inserts, w.columns) for w in writes(sql)] == found
    assert plans_matter(sql) is ("FOR UPDATE" in sql or "CONFLICT" in sql)
