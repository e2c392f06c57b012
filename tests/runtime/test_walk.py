"""How many files of ours a warm call passes through: what somebody reads who follows one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

import amber_sql
from amber_sql import open_pool
from amber_sql.queries import users

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = str(Path(amber_sql.__file__).parent)


@pytest.fixture(params=["connection", "pool"])
def where(request: pytest.FixtureRequest, database_url: str) -> Iterator[Any]:
    """Give a connection, or a pool to borrow one from."""
    if request.param == "pool":
        with open_pool(database_url) as pool:
            yield pool
    else:
        with psycopg.connect(database_url, autocommit=True) as conn:
            yield conn


def test_a_warm_call_stays_in_few_files(where: Any) -> None:
    """Three with a connection, six with a pool."""
    passed: set[str] = set()

    def note(frame: Any, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(PACKAGE):
            passed.add(frame.f_code.co_filename)

    for _ in range(3):
        users.get_by_clerk_id(where, clerk_id="user_1")
    sys.setprofile(note)
    try:
        users.get_by_clerk_id(where, clerk_id="user_1")
    finally:
        sys.setprofile(None)
    assert len(passed) == (3 if isinstance(where, psycopg.Connection) else 6), passed
