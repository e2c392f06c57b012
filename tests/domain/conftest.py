"""What several files of this folder start with."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
from domain.crowd import Crowd, crowd

from amber_sql.deploy import roles as deploy_roles

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg


@pytest.fixture
def racers(database_url: str) -> Iterator[Crowd]:
    """Start 32 connections in 8 processes."""
    with crowd(database_url, 8) as started:
        yield started


@pytest.fixture
def roles(conn: psycopg.Connection) -> Iterator[deploy_roles.Roles]:
    """Provision four roles of this test's own, and drop them after."""
    made = deploy_roles.Roles.with_prefix(f"amber_test_{secrets.token_hex(4)}")
    deploy_roles.provision(conn, made)
    yield made
    conn.execute(f"REASSIGN OWNED BY {made.owner} TO CURRENT_USER")
    for name in (made.app, made.read, made.migrator, made.owner):
        conn.execute(f"DROP OWNED BY {name}")
        conn.execute(f"DROP ROLE {name}")
