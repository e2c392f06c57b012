"""amber_sql.domain.api_keys: shown once, verified by one look-up, mistyped without any."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from content import make

from amber_sql.domain import api_keys, key_text
from amber_sql.domain.refusals import InvalidApiKey, MissingScope
from amber_sql.queries import api_keys as queries

if TYPE_CHECKING:
    import psycopg

NOW = datetime(2030, 1, 1, tzinfo=UTC)
NO_QUERY: Any = None
"""In the place of a connection: a query would be an AttributeError."""


def _new(conn: psycopg.Connection, **given: Any) -> api_keys.NewApiKey:
    return api_keys.create(conn, make.user(conn).id, **{"name": "CI", "scopes": ["read"]} | given)


def test_every_mutation_is_refused_before_a_query() -> None:
    """100,000 keys with one character replaced, dropped or added, and 20,000 random ones."""
    chance = random.Random(1)  # noqa: S311
    characters = key_text.ALPHABET + "_-. é"
    text, parts = key_text.make()
    assert key_text.read(text) == parts
    for number in range(120_000):
        if number % 50 == 0:
            text, _ = key_text.make()
        at = chance.randrange(len(text))
        other = chance.choice(characters.replace(text[at], ""))
        match number % 6:
            case 0 | 1 | 2:
                wrong = text[:at] + other + text[at + 1 :]
            case 3:
                wrong = text[:at] + text[at + 1 :]
            case 4:
                wrong = text[:at] + other + text[at:]
            case _:
                wrong = key_text.PREFIX + "".join(
                    chance.choices(key_text.ALPHABET, k=len(text) - 9)
                )
        with pytest.raises(InvalidApiKey):
            api_keys.verify(NO_QUERY, wrong)


def test_a_key_has_the_form_and_the_strength() -> None:
    """A prefix to search leaks for, an id, and more than 160 random bits."""
    text, parts = key_text.make()
    assert text.startswith("amb_live_" + parts.key_id)
    assert len(key_text.ALPHABET) ** key_text.SECRET_LENGTH > 2**160
    assert len({key_text.make()[0] for _ in range(1000)}) == 1000


def test_the_secret_is_shown_once_and_never_stored(conn: psycopg.Connection) -> None:
    """Neither a row nor a repr holds it."""
    new = _new(conn)
    secret = new.text.removeprefix(f"amb_live_{new.key.key_id}_")[: key_text.SECRET_LENGTH]
    assert secret not in repr(new)
    (row,) = conn.execute("SELECT k::text FROM api_keys AS k").fetchone()
    assert secret not in row
    assert api_keys.verify(conn, new.text, "read").id == new.key.id


def test_absent_wrong_revoked_and_expired_are_one_error(conn: psycopg.Connection) -> None:
    """Whoever tries keys learns nothing from the answer."""
    absent, parts = key_text.make()
    wrong, _ = key_text.make()
    make.api_key(conn, key_id=key_text.read(wrong).key_id, key_hash=parts.key_hash)
    revoked = _new(conn)
    queries.revoke(conn, user_id=revoked.key.user_id, id=revoked.key.id)
    expired = _new(conn, expires_at=NOW)
    assert api_keys.verify(conn, expired.text, now=NOW - timedelta(microseconds=1))
    messages = set()
    for text in (absent, wrong, revoked.text, expired.text, "amb_live_typo"):
        with pytest.raises(InvalidApiKey) as refused:
            api_keys.verify(conn, text, "read", now=NOW)
        messages.add(str(refused.value))
    assert len(messages) == 1


def test_scopes_are_checked(conn: psycopg.Connection) -> None:
    """Every one that is asked for has to be there; a valid key that lacks one says which."""
    new = _new(conn, scopes=["read", "write"])
    assert api_keys.verify(conn, new.text, "read", "write").id == new.key.id
    with pytest.raises(MissingScope, match="admin"):
        api_keys.verify(conn, new.text, "read", "admin")
    with pytest.raises(MissingScope):
        api_keys.verify(conn, _new(conn, scopes=[]).text, "read")


def test_a_use_is_written_at_most_once_a_minute(conn: psycopg.Connection) -> None:
    """The first use, and then the first of each minute; the others write nothing."""
    new = _new(conn)
    seen = []
    for seconds in (0, 1, 59, 60, 61, 119, 120):
        moment = NOW + timedelta(seconds=seconds)
        api_keys.verify(conn, new.text, now=moment)
        key = queries.get_by_key_id(conn, key_id=new.key.key_id)
        assert key is not None
        seen.append((key.last_used_at - NOW).total_seconds())
    assert seen == [0, 0, 0, 60, 60, 60, 120]
    # Of two requests at once, both of which have seen the old moment, one writes.
    used = {"user_id": new.key.user_id, "id": new.key.id, "now": NOW + timedelta(seconds=180)}
    assert [queries.touch(conn, **used) for _ in range(2)] == [1, 0]


def test_rotation_leaves_the_old_key_its_overlap(conn: psycopg.Connection) -> None:
    """Both work until the overlap ends; then the new one alone, with the same name, scopes and end."""
    old = _new(conn, expires_at=NOW + timedelta(days=90))
    owner, day = old.key.user_id, timedelta(days=1)
    new = api_keys.rotate(conn, owner, old.key.id, overlap=day, now=NOW)
    assert (new.key.name, new.key.scopes) == (old.key.name, old.key.scopes)
    assert new.key.expires_at == old.key.expires_at
    assert api_keys.verify(conn, old.text, now=NOW + day - timedelta(seconds=1))
    assert api_keys.verify(conn, new.text, now=NOW + day)
    with pytest.raises(InvalidApiKey):
        api_keys.verify(conn, old.text, now=NOW + day)
    with pytest.raises(InvalidApiKey):
        api_keys.rotate(conn, owner, old.key.id, overlap=day, now=NOW + day)
    with pytest.raises(InvalidApiKey):
        api_keys.rotate(conn, uuid4(), new.key.id, overlap=day, now=NOW)


def test_an_overlap_never_makes_a_key_live_longer(conn: psycopg.Connection) -> None:
    """A key that ends before the overlap does still ends then."""
    old = _new(conn, expires_at=NOW + timedelta(hours=1))
    api_keys.rotate(conn, old.key.user_id, old.key.id, overlap=timedelta(days=9), now=NOW)
    key = queries.get_by_key_id(conn, key_id=old.key.key_id)
    assert key is not None
    assert key.expires_at == NOW + timedelta(hours=1)
