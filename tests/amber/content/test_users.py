"""queries/users.sql: what each statement does to real rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from content import make
from psycopg import errors

from amber_sql.models import Plan
from amber_sql.queries import users

if TYPE_CHECKING:
    import psycopg


def test_a_person_is_found_by_each_of_their_names(conn: psycopg.Connection) -> None:
    """By id, Clerk id and address in any case; nobody else is."""
    ann = make.user(conn, email="Ann@Example.com")
    make.user(conn)
    assert users.get(conn, id=ann.id) == ann
    assert users.get_by_clerk_id(conn, clerk_id=ann.clerk_id) == ann
    assert users.get_by_email(conn, email="aNN@eXAMPLE.com") == ann
    assert users.get_by_email(conn, email="ann@example.org") is None


def test_a_known_clerk_id_is_not_created_twice(conn: psycopg.Connection) -> None:
    """The second create raises and changes nothing."""
    ann = make.user(conn)
    with pytest.raises(errors.UniqueViolation):
        make.user(conn, clerk_id=ann.clerk_id)
    assert users.list(conn) == [ann]


def test_the_subscription_comes_with_its_user(conn: psycopg.Connection) -> None:
    """One statement gives both, and None for who has no subscription."""
    ann, bob = make.user(conn), make.user(conn)
    paid = make.subscription(conn, user_id=ann.id, plan=Plan.PRO)
    found = users.get_with_subscription(conn, clerk_id=ann.clerk_id)
    assert found is not None
    assert (found.id, found.email, found.subscription) == (ann.id, ann.email, paid)
    unpaid = users.get_with_subscription(conn, clerk_id=bob.clerk_id)
    assert unpaid is not None
    assert unpaid.subscription is None


def test_pages_hold_everybody_once(conn: psycopg.Connection) -> None:
    """Walking by the last id gives each user once, oldest first."""
    everybody = [make.user(conn) for _ in range(5)]
    first = users.list(conn, limit=2)
    second = users.list(conn, after_id=first[-1].id, limit=2)
    third = users.list(conn, after_id=second[-1].id, limit=2)
    assert [*first, *second, *third] == everybody
    assert users.list(conn, after_id=third[-1].id) == []


def test_clerk_has_the_last_word(conn: psycopg.Connection) -> None:
    """An upsert makes who is new and rewrites who is known, under the same id."""
    new = users.upsert_from_clerk(conn, clerk_id="user_a", email="a@example.com", name="A")
    known = users.upsert_from_clerk(conn, clerk_id="user_a", email="b@example.com")
    assert (known.id, known.email, known.name) == (new.id, "b@example.com", None)
    assert known.updated_at > new.updated_at


def test_a_profile_is_set_and_cleared(conn: psycopg.Connection) -> None:
    """update_profile sets what is given, None too; an unknown id gives None."""
    ann = make.user(conn)
    same = users.update_profile(conn, id=ann.id)
    assert same is not None
    assert (same.name, same.avatar_url) == (ann.name, ann.avatar_url)
    changed = users.update_profile(conn, id=ann.id, name=None, avatar_url="https://a/b.png")
    assert changed is not None
    assert (changed.name, changed.avatar_url) == (None, "https://a/b.png")
    assert users.delete(conn, id=ann.id) == 1
    assert users.update_profile(conn, id=ann.id, name="Ann", avatar_url=None) is None
