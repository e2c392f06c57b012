"""amber_sql.domain.people: everything about somebody, and then nothing."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest
from content import make
from domain import stripe_world as world

from amber_sql.domain import metering, people, webhooks
from amber_sql.domain.refusals import NoErasureKey
from amber_sql.models import WebhookProvider
from amber_sql.queries import (
    installations,
    sessions,
    subscriptions,
    usage_logs,
    users,
    webhook_events,
)
from amber_sql.server import find_binaries

if TYPE_CHECKING:
    from amber_sql.models import User
    from amber_sql.runtime import Pool

NOW = datetime.now(UTC)
SECRETS = {
    "clerk id": "user_2zEraseMe",
    "e-mail": "erika.mustermann@privat.example",
    "name": "Mustermann",
    "avatar": "https://img.example/erika-face.png",
    "customer": "cus_EraseMe",
    "subscription": "sub_EraseMe",
    "said": "my husband does not know",
    "ip": "203.0.113.77",
    "agent": "Mozilla/5.0 (Erika's phone)",
    "referrer": "https://doctor.example/erika",
    "visitor": "visitor-erika",
    "message key": "erika-message-1",
}
NAMESAKE = "Mustermann-Otto"  # somebody else's name, which stays


def _events(conn: psycopg.Connection, user: User | None, suffix: str) -> None:
    """Record what Clerk and Stripe say of her: what is handled, and what is not."""
    about = world.person(
        SECRETS["clerk id"],
        SECRETS["e-mail"].upper() if suffix else SECRETS["e-mail"],
        first_name="Erika",
        last_name=SECRETS["name"],
        image_url=SECRETS["avatar"],
    )
    world.clerk_event(
        conn, "user.updated", about, NOW + timedelta(hours=bool(suffix)), f"msg_1{suffix}"
    )
    meta = {"user_id": str(user.id)} if user else {}
    paid = world.subscription(SECRETS["subscription"], SECRETS["customer"], metadata=meta)
    world.stripe_event(conn, "customer.subscription.updated", paid, NOW, f"evt_1{suffix}")
    bill = world.invoice(
        SECRETS["subscription"], SECRETS["customer"], customer_email=SECRETS["e-mail"]
    )
    world.stripe_event(conn, "invoice.paid", bill, NOW, f"evt_2{suffix}")
    charge = {
        "id": f"ch_1{suffix}",
        "customer": SECRETS["customer"],
        "receipt_email": SECRETS["e-mail"],
    }
    world.stripe_event(conn, "charge.succeeded", charge, NOW, f"evt_3{suffix}")
    email = {"id": f"ema_1{suffix}", "user_id": SECRETS["clerk id"], "to": SECRETS["e-mail"]}
    world.clerk_event(conn, "email.created", email, NOW, f"msg_2{suffix}")


def _live(conn: psycopg.Connection, pool: Pool) -> User:
    """Let her sign up, pay, be visited and be counted."""
    user = make.user(conn, clerk_id=SECRETS["clerk id"], email=SECRETS["e-mail"], name="Erika")
    make.subscription(conn, user_id=user.id)
    _events(conn, user, "")
    assert webhooks.process(pool, world.HANDLERS, erasure_key=world.KEY).processed == 5
    metering.consume_message(conn, user.id, SECRETS["message key"])
    widget = make.installation(
        conn, user_id=user.id, name=SECRETS["name"], client_id="client-erika"
    )
    session = make.session(
        conn,
        installation_id=widget.id,
        session_key=SECRETS["visitor"],
        ip=SECRETS["ip"],
        user_agent=SECRETS["agent"],
        referrer=SECRETS["referrer"],
    )
    make.message(conn, session, content=SECRETS["said"])
    make.api_key(conn, user_id=user.id, name=SECRETS["name"])
    usage_logs.record(conn, event="a", user_id=user.id, properties={"who": SECRETS["name"]})
    usage_logs.record(conn, event="b", installation_id=widget.id, properties={"ip": SECRETS["ip"]})
    usage_logs.record(conn, event="c", properties={"mail": [SECRETS["e-mail"].title()]})
    return user


def _known(url: str, *texts: str) -> list[str]:
    """Return which of these a dump of the whole database tells, as pg_dump writes it."""
    program = Path(find_binaries()) / "pg_dump"
    done = subprocess.run(
        [program, url], capture_output=True, check=True, text=True, env=dict(os.environ)
    )
    dump = done.stdout.replace(NAMESAKE, "").lower()
    return [text for text in texts if text.lower() in dump]


def _come_late(conn: psycopg.Connection, pool: Pool, user: User) -> None:
    """Let everything that Clerk and Stripe say of her come once more, and her deletion."""
    _events(conn, user, "_late")
    gone = {"id": SECRETS["clerk id"], "deleted": True}
    world.clerk_event(conn, "user.deleted", gone, NOW + timedelta(days=1), "msg_gone")
    done = webhooks.process(pool, world.HANDLERS, erasure_key=world.KEY)
    assert (done.processed, done.failed) == (6, 0)


def test_after_erasure_and_late_webhooks_a_dump_knows_nobody(
    conn: psycopg.Connection, pool: Pool, migrator_url: str
) -> None:
    """No identifier is in a dump, neither after erasing nor after late webhooks."""
    user = _live(conn, pool)
    make.user(conn, clerk_id="user_other", name=NAMESAKE)
    assert _known(migrator_url, *SECRETS.values()) == [*SECRETS.values()]
    assert people.erase(pool, user.id, key=world.KEY)
    assert _known(migrator_url, *SECRETS.values()) == []
    _come_late(conn, pool, user)
    assert _known(migrator_url, *SECRETS.values()) == []


def test_the_counts_outlive_an_erasure(conn: psycopg.Connection, pool: Pool) -> None:
    """Who is gone keeps a row, a count and numbers, and may write no more."""
    user, other = _live(conn, pool), make.user(conn)
    people.erase(pool, user.id, key=world.KEY)
    _come_late(conn, pool, user)
    assert {u.id for u in users.list(conn)} == {user.id, other.id}
    assert subscriptions.get_for_user(conn, user_id=user.id).messages_used == 1
    stats = installations.get_stats(conn, user_id=user.id)
    assert (stats.installation_count, stats.message_count) == (1, 1)
    assert metering.reconcile_usage(conn) == []
    assert not metering.consume_message(conn, user.id, "again").admitted


def test_erasing_is_one_transaction(conn: psycopg.Connection, pool: Pool) -> None:
    """Rolled back with the caller's, as a whole."""
    user = _live(conn, pool)
    with conn.transaction(force_rollback=True):
        assert people.erase(conn, user.id, key=world.KEY)
        assert not people.erase_clerk_user(conn, SECRETS["clerk id"], key=world.KEY)
    assert users.get(conn, id=user.id) == users.get_by_email(conn, email=SECRETS["e-mail"])


def test_what_is_open_in_the_inbox_is_done_with(conn: psycopg.Connection, pool: Pool) -> None:
    """An event of hers that waited when she was erased does not fail for ever."""
    user = _live(conn, pool)
    _events(conn, user, "_waiting")
    people.erase(conn, user.id, key=world.KEY)
    found = webhook_events.stats(conn)
    assert (found.pending, found.failed) == (0, 0)


def test_clerks_deletion_erases_and_comes_before_what_came_late(
    conn: psycopg.Connection, pool: Pool
) -> None:
    """user.deleted, and then the user.created that it overtook: nobody is there."""
    gone = {"id": SECRETS["clerk id"], "deleted": True}
    world.clerk_event(conn, "user.deleted", gone, NOW + timedelta(days=1), "msg_gone")
    webhooks.process(pool, world.HANDLERS, erasure_key=world.KEY)
    world.clerk_event(conn, "user.created", world.person(SECRETS["clerk id"]), NOW, "msg_1")
    assert webhooks.process(pool, world.HANDLERS, erasure_key=world.KEY).processed == 1
    assert users.list(conn) == []


def test_a_checkout_that_ends_after_erasure_is_nobodys(
    conn: psycopg.Connection, pool: Pool, migrator_url: str
) -> None:
    """A customer we never heard of, whose subscription names our own id: no effect, and nothing stays."""
    user = _live(conn, pool)
    people.erase(conn, user.id, key=world.KEY)
    late = world.subscription(
        "sub_Late", "cus_Late", metadata={"user_id": str(user.id)}, description=SECRETS["e-mail"]
    )
    world.stripe_event(conn, "customer.subscription.created", late, NOW, "evt_late")
    done = webhooks.process(pool, world.HANDLERS, erasure_key=world.KEY)
    assert (done.processed, done.failed) == (1, 0)
    assert _known(migrator_url, SECRETS["e-mail"], "cus_Late", "sub_Late") == []


def test_without_the_key_nothing_is_processed_once_somebody_was_erased(
    conn: psycopg.Connection, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever forgets the key would let them come back, and hears so."""
    monkeypatch.delenv("AMBER_ERASURE_KEY", raising=False)
    user = _live(conn, pool)
    make.event(conn, type="x")
    assert webhooks.process(pool, {}).processed == 1
    people.erase(conn, user.id, key=world.KEY)
    _events(conn, user, "_late")
    with pytest.raises(NoErasureKey):
        webhooks.process(pool, world.HANDLERS)
    assert webhook_events.stats(conn).pending == 5


def test_the_same_address_may_sign_up_again(conn: psycopg.Connection, pool: Pool) -> None:
    """Whom Clerk knows by another id is another person."""
    user = _live(conn, pool)
    people.erase(conn, user.id, key=world.KEY)
    world.clerk_event(
        conn, "user.created", world.person("user_new", SECRETS["e-mail"]), NOW, "msg_n"
    )
    assert webhooks.process(pool, world.HANDLERS, erasure_key=world.KEY).processed == 1
    assert users.get_by_email(conn, email=SECRETS["e-mail"]) is not None


def test_without_a_key_nobody_is_erased(conn: psycopg.Connection, monkeypatch: Any) -> None:
    """A hash that anybody can make would be no protection."""
    monkeypatch.delenv("AMBER_ERASURE_KEY", raising=False)
    user = make.user(conn)
    with pytest.raises(NoErasureKey, match="AMBER_ERASURE_KEY"):
        people.erase(conn, user.id)
    monkeypatch.setenv("AMBER_ERASURE_KEY", "sixteen letters!")
    assert people.erase(conn, user.id)
    assert not people.erase(conn, user.id)


@pytest.mark.parametrize(
    ("provider", "what"),
    [
        (WebhookProvider.CLERK, "clerk id"),
        (WebhookProvider.STRIPE, "customer"),
        (WebhookProvider.STRIPE, "subscription"),
    ],
)
def test_an_erasure_waits_for_a_handler_at_work(
    conn: psycopg.Connection, pool: Pool, database_url: str, provider: WebhookProvider, what: str
) -> None:
    """A handler that has begun finishes first, so that it cannot write her back afterwards."""
    user = _live(conn, pool)
    with psycopg.connect(database_url) as other:
        webhook_events.lock_object(
            other, provider=provider, object_key=SECRETS[what], patience="40s"
        )
        conn.execute("SET lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            people.erase(conn, user.id, key=world.KEY)
    assert people.erase(conn, user.id, key=world.KEY)


def test_an_export_holds_everything(conn: psycopg.Connection, pool: Pool) -> None:
    """One document, written as JSON: all that is known of her."""
    user = _live(conn, pool)
    document = people.export(conn, user.id)
    text = msgspec.json.encode(document).decode()
    assert [what for what, secret in SECRETS.items() if secret not in text] == []
    assert len(document.messages) == len(document.sessions) == 1
    assert document.user == users.get(conn, id=user.id)
    assert document.sessions[0] == sessions.get_by_session_key(
        conn, installation_id=document.installations[0].id, session_key=SECRETS["visitor"]
    )


def test_an_export_holds_nothing_of_others_and_no_secret(
    conn: psycopg.Connection, pool: Pool
) -> None:
    """Neither what others wrote nor a key's hash; and who is no user has none."""
    user, stranger = _live(conn, pool), make.session(conn)
    make.message(conn, stranger, content="somebody else's")
    text = msgspec.json.encode(people.export(conn, user.id)).decode()
    assert [word for word in ("somebody else's", "key_hash") if word in text] == []
    assert people.export(conn, stranger.id) is None
