"""Somebody who was erased, or is being erased: nothing is added to them, and no event escapes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from content import make
from domain import stripe_world as world

from amber_sql import RowNotFound, open_pool
from amber_sql.domain import api_keys, installations, metering, people, webhooks
from amber_sql.models import InstallationStatus, WebhookProvider
from amber_sql.queries import api_keys as keys
from amber_sql.queries import installations as widgets
from amber_sql.queries import sessions, usage_logs, users

if TYPE_CHECKING:
    from collections.abc import Callable

    from amber_sql.models import Installation, PersonExport

ADD: dict[str, Callable[[psycopg.Connection, Installation], object]] = {
    "key": lambda conn, at: api_keys.create(conn, at.user_id, name="CI", scopes=[]),
    "widget": lambda conn, at: make.installation(conn, user_id=at.user_id),
    "widget within the plan": lambda conn, at: installations.create(
        conn, at.user_id, client_id="another", name="Shop"
    ),
    "session": lambda conn, at: make.session(conn, installation_id=at.id, ip="10.0.0.1"),
    "name": lambda conn, at: users.update_profile(conn, id=at.user_id, name="Ann", avatar_url=None),
    "address": lambda conn, at: users.set_email(conn, id=at.user_id, email="ann@example.com"),
    "status": lambda conn, at: widgets.set_status(
        conn, user_id=at.user_id, id=at.id, status=InstallationStatus.ACTIVE
    ),
    "branding": lambda conn, at: widgets.update_branding(
        conn, user_id=at.user_id, id=at.id, assistant_name="Ann", accent_color="#000000",
        avatar_url=None, position=at.position, welcome_message="Ann's",
    ),
    "origins": lambda conn, at: widgets.set_allowed_origins(
        conn, user_id=at.user_id, id=at.id, allowed_origins=["https://ann.example"]
    ),
    "message key": lambda conn, at: metering.consume_message(conn, at.user_id, "ann's message"),
}  # fmt: skip


@pytest.fixture
def site(conn: psycopg.Connection) -> Installation:
    """Let Ann have a widget, and room for more."""
    user = make.user(conn, clerk_id="user_ann", email="ann@example.com")
    make.subscription(conn, user_id=user.id, stripe_customer_id="cus_ann")
    conn.execute("UPDATE subscriptions SET installation_limit = -1")
    return make.installation(conn, user_id=user.id)


def _left(conn: psycopg.Connection, site: Installation) -> tuple[Any, ...]:
    """Return what there is of her that adding would change."""
    user = users.get(conn, id=site.user_id)
    assert user is not None
    return (
        user.email.partition("_")[0],
        user.name,
        keys.list_for_user(conn, user_id=site.user_id),
        [
            (each.name, each.status, each.assistant_name, each.allowed_origins)
            for each in widgets.list_for_user(conn, user_id=site.user_id)
        ],
        sessions.list_for_installation(conn, installation_id=site.id),
        conn.execute("SELECT count(*) FROM usage_ledger WHERE message_key ~ 'ann'").fetchone(),
    )


NOTHING: tuple[Any, ...] = (
    "erased",
    None,
    [],
    [("erased", InstallationStatus.DISABLED, "erased", [])],
    [],
    (0,),
)


@pytest.mark.parametrize("what", ADD)
def test_what_is_added_while_somebody_is_erased_is_not_kept(
    conn: psycopg.Connection, database_url: str, site: Installation, what: str
) -> None:
    """A call that has to wait for the erasure finds nobody behind it, and so does one that comes later."""

    def add(to: psycopg.Connection) -> None:
        with suppress(RowNotFound):
            ADD[what](to, site)

    with psycopg.connect(database_url, autocommit=True) as other, ThreadPoolExecutor(1) as thread:
        with conn.transaction():
            people.erase(conn, site.user_id, key=world.KEY)
            waiting = thread.submit(add, other)
            with psycopg.connect(database_url, autocommit=True) as watching:
                while not watching.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
                    assert not waiting.done(), "it did not wait"
        waiting.result(timeout=10)
    add(conn)
    assert _left(conn, site) == NOTHING


def test_an_event_processed_while_whom_it_mentions_is_erased_is_put_off(
    conn: psycopg.Connection, database_url: str, site: Installation
) -> None:
    """Recorded behind the erasure's look at the inbox: it waits, and then has its effect without her."""
    said = {"data": {"object": {"id": "in_1", "customer": "cus_bob", "by": ["user_ann"]}}}
    with open_pool(database_url, max_size=2) as pool:
        with conn.transaction():
            people.erase(conn, site.user_id, key=world.KEY)
            make.event(pool, object_key="in_1", payload=said, type="x")
            assert webhooks.process(pool, {}, limit=1, erasure_key=world.KEY).busy == 1
        conn.execute("UPDATE webhook_events SET next_attempt_at = now()")
        assert webhooks.process(pool, {}, erasure_key=world.KEY).processed == 1
    left = conn.execute("SELECT payload #> '{data,object,by}' FROM webhook_events").fetchone()
    assert left == (["erased"],)


@pytest.mark.parametrize("text", ["user_ann", "cus_ann", "our own"])
@pytest.mark.parametrize("is_late", [False, True])
def test_an_id_that_is_a_key_of_an_object_is_taken_out(
    conn: psycopg.Connection, database_url: str, site: Installation, text: str, is_late: bool
) -> None:
    """Clerk's, Stripe's and ours, without a digit or with nothing else: in open events and late ones."""
    id_ = str(site.user_id) if text == "our own" else text
    said: Any = {"data": {"object": {"id": "in_1", "by": {id_: 1, "user_anna": 2}}}}
    usage_logs.record(conn, event="x", properties=said)
    for late in (False, True):
        if late:
            people.erase(conn, site.user_id, key=world.KEY)
        if late == is_late:
            make.event(conn, object_key="in_1", payload=said, type="x")
    with open_pool(database_url, max_size=1) as pool:
        webhooks.process(pool, {}, erasure_key=world.KEY)
    found = conn.execute(
        "SELECT payload #> '{data,object,by}' FROM webhook_events"
        " UNION ALL SELECT properties #> '{data,object,by}' FROM usage_logs"
    ).fetchall()
    assert found == [({"erased": 1, "user_anna": 2},)] * 2


def _shown(export: PersonExport | None) -> tuple[list[str], list[str]]:
    assert export is not None
    return [each.event_id for each in export.webhook_events], [
        each.event for each in export.usage_logs
    ]


def test_an_export_shows_what_an_erasure_empties(
    conn: psycopg.Connection, site: Installation
) -> None:
    """Events by object key and by owner, under whatever key, and analytics at her widgets; no other."""
    about: list[tuple[str, Any]] = [
        ("key", {}),
        ("customer", {"customer": "cus_ann"}),
        ("expanded", {"customer": {"id": "cus_ann"}}),
        ("checkout", {"client_reference_id": str(site.user_id)}),
        ("mentions", {"customer": "cus_bob", "by": "cus_ann"}),
        ("alike", {"customer": "cus_anna"}),
    ]
    for name, said in about:
        key = "cus_ann" if name == "key" else f"in_{name}"
        make.event(conn, event_id=name, object_key=key, payload={"data": {"object": said}})
    clerk = {"provider": WebhookProvider.CLERK, "event_id": "email", "object_key": "ema_1"}
    make.event(conn, **clerk, payload={"data": {"user_id": "user_ann"}})
    usage_logs.record(conn, event="hers", user_id=site.user_id)
    usage_logs.record(conn, event="there", installation_id=site.id)
    usage_logs.record(conn, event="elsewhere")
    shown = _shown(people.export(conn, site.user_id))
    assert shown == (["key", "customer", "expanded", "checkout", "email"], ["hers", "there"])
    people.erase(conn, site.user_id, key=world.KEY)
    emptied = conn.execute("SELECT event_id FROM webhook_events WHERE payload = '{}' ORDER BY id")
    assert [name for (name,) in emptied] == shown[0]
