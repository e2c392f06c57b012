"""URLs of every form reach libpq as they are, and none of them gives a password away."""

from __future__ import annotations

import pytest

from amber_sql.deploy.connect.target import database_url, describe, parse
from amber_sql.deploy.development import is_local
from amber_sql.errors import DatabaseUnreachable, NoDatabaseUrl

SECRET = "hunter2"  # nobody's  # noqa: S105


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://u:hunter2@db.example.com:5433/app", "u@db.example.com:5433/app"),
        ("postgresql://u:hunter2@a,b:5433/app?target_session_attrs=primary", "u@a:5432,b:5433/app"),
        ("host=/run/pg user=u password=hunter2 dbname=app", "u@/run/pg:5432/app"),
        ("postgresql://u:hunter2@/app?host=%2Frun%2Fpg&options=-c%20a%3Db", "u@/run/pg:5432/app"),
        ("service=orders", "service orders"),
    ],
)
def test_a_url_is_named_without_its_password(url: str, name: str) -> None:
    """What is said of a database names it and its server, and nobody's password."""
    assert describe(url).endswith(name)
    assert SECRET not in describe(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@[host/x",
        "postgresql://u:pa@hunter2@host/x",
        "postgresql://u:pa/hunter2@host/x",
        "host='hunter2",
        "postgresql://u:x@host:hunter2/db",
        "hunter2",
    ],
)
def test_a_malformed_url_is_refused_without_quoting_it(url: str) -> None:
    """The driver would quote the URL or take half of the password for a host; we do neither."""
    with pytest.raises(DatabaseUnreachable) as caught:
        parse(url)
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_direct_url_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """DATABASE_URL may name a pooler, so DIRECT_DATABASE_URL goes before it."""
    monkeypatch.setenv("DATABASE_URL", "host=pooler")
    monkeypatch.setenv("DIRECT_DATABASE_URL", "host=server")
    assert database_url() == "host=server"
    assert database_url("host=given") == "host=given"
    monkeypatch.delenv("DIRECT_DATABASE_URL")
    assert database_url() == "host=pooler"
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(NoDatabaseUrl):
        database_url()


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("postgresql://u@localhost/x", True),
        ("postgresql://u@/x?host=%2Ftmp", True),
        ("postgresql://u@localhost,db.example.com/x", False),
        ("postgresql://u@db.example.com/x", False),
        ("service=orders", False),
    ],
)
def test_only_this_machine_is_local(url: str, local: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """One host of several that is elsewhere makes the database remote; so does a service file."""
    monkeypatch.delenv("PGHOST", raising=False)
    assert is_local(url) is local
