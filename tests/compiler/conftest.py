"""The corpus's schema in a database of each test, and what is claimed of the corpus's queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from corpus.cases import MIGRATIONS, queries
from target import Target, database, target

from amber_sql.compiler.describe import describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.compiler.described import DescribedQuery
    from amber_sql.server import Server


@pytest.fixture(scope="session")
def corpus_template(server_by_major: Server) -> Iterator[tuple[Target, str]]:
    """Make the corpus's schema once on each version that types are generated on."""
    if server_by_major.version < 160000:
        pytest.skip("queries of the corpus are for 16 and newer")
    server = target(server_by_major.url("postgres"))
    with database(server) as name:
        with psycopg.connect(server.url(name), autocommit=True) as conn:
            for migration in sorted(MIGRATIONS.glob("*.sql")):
                conn.execute(migration.read_text())
        yield server, name


@pytest.fixture
def corpus(corpus_template: tuple[Target, str]) -> Iterator[psycopg.Connection[Any]]:
    """Connect to a database of this test with that schema."""
    server, template = corpus_template
    with (
        database(server, template) as name,
        psycopg.connect(server.url(name), autocommit=True) as conn,
    ):
        yield conn


@pytest.fixture(scope="session")
def claims(corpus_template: tuple[Target, str]) -> dict[str, DescribedQuery]:
    """Describe every query of the corpus, once on each version: a clone's types have the same oids."""
    server, template = corpus_template
    with (
        database(server, template) as name,
        psycopg.connect(server.url(name), autocommit=True) as conn,
    ):
        described, findings = describe(conn, queries(conn.info.server_version // 10000).values())
    unplanned = {finding.query for finding in findings}
    assert unplanned <= {"setops.nothing"}, findings
    return {f"{one.query.module}.{one.query.name}": one for one in described}


@pytest.fixture(scope="session")
def _blank_database(compiling_server: Target) -> Iterator[psycopg.Connection[Any]]:
    with (
        database(compiling_server) as name,
        psycopg.connect(compiling_server.url(name), autocommit=True) as conn,
    ):
        yield conn


@pytest.fixture
def blank(_blank_database: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """Connect to a database whose public schema is empty: cheaper than a database a test."""
    _blank_database.execute("DROP SCHEMA IF EXISTS public CASCADE")
    _blank_database.execute("CREATE SCHEMA public")
    return _blank_database
