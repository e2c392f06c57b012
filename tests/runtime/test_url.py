"""Database URLs: what is understood, and that no message ever holds a password."""

from __future__ import annotations

import traceback

import pytest
from psycopg import OperationalError
from psycopg.conninfo import conninfo_to_dict

from amber_sql import aio
from amber_sql.errors import DatabaseUnreachable
from amber_sql.runtime import _connect_retry as connect_retry
from amber_sql.runtime import open_pool
from amber_sql.runtime.conninfo import target

SECRET = "hunter2"  # noqa: S105  # nobody's

MALFORMED = [
    "postgresql://me:hunter2@[db/x",
    "postgresql://me:p@hunter2@db/x",
    "postgresql://me:p/hunter2@db/x",
    "postgresql://me:12/hunter2@db/x",
    "postgresql://me:12/hunter2?a@db/x",
    "postgresql://me:p@hunter2:port@db/x",
    "postgresql://me:hunter2@db:port/x",
    "postgres://me:hunter2@db/x?sslmode",
    "postgresql://me:%zzhunter2@db/x",
    "host=db password=hunter2 oops",
    "password='hunter2",
    "hunter2",
    "mysql://me:hunter2@db/x",
]


@pytest.mark.parametrize("url", MALFORMED)
def test_a_malformed_url_is_refused_without_its_password(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, whoever gave it, with how to write one."""
    monkeypatch.setenv("DATABASE_URL", url)
    for open_one, given, source in (
        (open_pool, url, "the given URL"),
        (aio.open_pool, url, "the given URL"),
        (open_pool, None, "DATABASE_URL"),
    ):
        with pytest.raises(DatabaseUnreachable) as caught:
            open_one(given)
        told = "".join(traceback.format_exception(caught.value))
        assert SECRET not in told.replace(f'("{url}")', "")
        assert f"No connection to the database of {source}: it is malformed. Write " in told


FOREIGN = {
    "postgresql://me:hunter2@db/x?schema=public&connection_limit=5&pgbouncer=true": (
        "options=-csearch_path%3Dpublic", "open_pool(max_size=…)", "open_pool(settings=None)",
    ),
    "postgres://me:hunter2@db/x?sslmode=require&pool_timeout=hunter2": ("open_pool(timeout=…)",),
    "postgresql+psycopg://me:hunter2@db/x": ("+psycopg", "write postgresql://"),
    "postgresql+asyncpg://me:hunter2@db/x?prepared_statement_cache_size=0": (
        "+asyncpg", "open_pool(prepare=False)",
    ),
    "postgres+psycopg2://me:hunter2@db/x": ("+psycopg2", "write postgresql://"),
    "jdbc:postgresql://db/x?currentSchema=s&password=hunter2": ("jdbc:", "search_path"),
    "postgis://me:hunter2@db/x": ("postgis://", "write postgresql://"),
    "postgresql://me:hunter2@db/x?nonsense=hunter2": ("nonsense is no parameter",),
    '"postgresql://me:hunter2@db/x"': ("leave the quotes out",),
}  # fmt: skip


@pytest.mark.parametrize("url", FOREIGN)
def test_another_tool_s_url_says_what_to_write(url: str) -> None:
    """Each thing that libpq has otherwise is named, and no value."""
    with pytest.raises(DatabaseUnreachable) as caught:
        target(url, None)
    assert all(words in str(caught.value) for words in FOREIGN[url])
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql://me:pa?hunter2=x", "host=db hunter2=x"])
def test_a_piece_of_a_password_is_no_parameter(url: str) -> None:
    """What looks like a key may be the rest of a password that was not percent-encoded."""
    with pytest.raises(DatabaseUnreachable) as caught:
        target(url, None)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://me:hunter2@db.example:6000/shop", "me@db.example:6000/shop"),
        ("postgresql://me:hun?ter2@db/shop", "me@db:5432/shop"),
        ("postgresql://me:p%40hunter2@db/shop?application_name=a@b", "me@db:5432/shop"),
        ("postgresql://a,b:5433/shop?user=me&password=hunter2", "me@a:5432,b:5433/shop"),
        ("postgresql://me@/shop?host=%2Frun%2Fpg", "me@/run/pg:5432/shop"),
        ("host=db user=me password=hunter2", "me@db:5432/me"),
        ("postgresql://[::1]:6000/shop", "::1:6000/shop"),
    ],
)
def test_a_target_has_a_name_without_its_password(
    url: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may be printed and logged."""
    for variable in ("PGUSER", "PGHOST", "PGPORT", "PGDATABASE"):
        monkeypatch.delenv(variable, raising=False)
    found = target(url, {})
    assert found.name == name
    assert SECRET not in found.name


def test_a_password_in_a_reason_is_masked() -> None:
    """Should a driver ever quote it."""
    found = target("postgresql://me:hunter2@db/x", {})
    assert SECRET not in str(found.unreachable(None, "Do."))
    told = str(found.unreachable(DatabaseUnreachable(target="x", reason=SECRET, remedy=""), "Do."))
    assert SECRET not in told
    assert "***" in told


def test_defaults_give_way() -> None:
    """What the URL says of itself stays."""
    found = conninfo_to_dict(target("postgresql://db/x?connect_timeout=9", None).conninfo)
    assert found["connect_timeout"] == "9"
    assert "options" not in found
    assert found["client_encoding"] == "UTF8"


def test_a_pooler_that_refuses_options_is_told_apart() -> None:
    """PgBouncer's words, as it said them, lead to the argument that it needs."""
    said = OperationalError("connection failed: FATAL:  unsupported startup parameter: options")
    assert connect_retry.is_hopeless(said)
    assert "open_pool(settings=None)" in connect_retry.remedy(said)
    assert not connect_retry.is_hopeless(OperationalError("the database system is starting up"))
    assert not connect_retry.is_hopeless(None)
