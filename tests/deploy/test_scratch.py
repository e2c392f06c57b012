"""Scratch databases of the embedded server: kept for the next run, the oldest dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from deploy_world import write

from amber_sql.deploy.scratch import scratch_database
from amber_sql.deploy.scratch.scratch_database import scratch
from amber_sql.server import Server, embedded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def own_server(server_folder: Path) -> Iterator[Server]:
    """Give this module an embedded server of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMBER_SERVER_DIR", str(server_folder / "scratch"))
        patch.setattr(scratch_database, "KEPT", 2)
        server = embedded()
        yield server
        server.stop("immediate")


def _folder(root: Path, number: int) -> Path:
    return write(root / f"m{number}", {"0001.a": f"CREATE TABLE a{number} ();"})


def _kept(server: Server) -> set[str]:
    with psycopg.connect(server.url("postgres")) as conn:
        found = conn.execute("SELECT datname FROM pg_database WHERE datname LIKE 'amber_scratch_%'")
        return {name for (name,) in found}


def test_the_oldest_is_dropped(own_server: Server, tmp_path: Path) -> None:
    """After a third one two are kept beside the one in use."""
    names = []
    for number in range(4):
        with scratch(_folder(tmp_path, number), None) as conn:
            names.append(conn.info.dbname)
    assert names[0] not in _kept(own_server)
    assert set(names[1:]) <= _kept(own_server)


def test_one_in_use_is_never_dropped(own_server: Server, tmp_path: Path) -> None:
    """However many came after it."""
    with scratch(_folder(tmp_path, 10), None) as used:
        for number in range(11, 15):
            with scratch(_folder(tmp_path, number), None):
                pass
        assert used.info.dbname in _kept(own_server)
        used.execute("SELECT FROM a10")


def test_one_that_somebody_is_about_to_use_is_never_dropped(
    own_server: Server, tmp_path: Path
) -> None:
    """Between the look at what there is and the connection to it."""
    with scratch(_folder(tmp_path, 20), None) as conn:
        name = conn.info.dbname
    with psycopg.connect(own_server.url("postgres"), autocommit=True) as other:
        other.execute(
            "SELECT pg_catalog.pg_advisory_lock_shared(%s, %s)", scratch_database.KEPT_KEY
        )
        for number in range(21, 26):
            with scratch(_folder(tmp_path, number), None):
                pass
        assert name in _kept(own_server)
    with scratch(_folder(tmp_path, 26), None):
        pass
    assert name not in _kept(own_server)
