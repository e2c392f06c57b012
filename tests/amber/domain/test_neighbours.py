"""Erasing one person: what others said, paid and did stays, whatever their names have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from content import make
from domain import stripe_world as world

from amber_sql.domain import people, webhooks
from amber_sql.models import Plan, WebhookProvider, WebhookStatus
from amber_sql.queries import subscriptions, usage_logs, users, webhook_events

if TYPE_CHECKING:
    import psycopg

    from amber_sql.models import User, WebhookEvent
    from amber_sql.runtime import Pool

NOW = datetime.now(UTC)
ANN = {"clerk_id": "user_12", "email": "ann@example.com", "avatar_url": "https://img.example/e.png"}
CUSTOMER = {"stripe_customer_id": "cus_12", "stripe_subscription_id": "sub_12"}
ALIKE = [
    "joann@example.com",
    "ann@example.com.au",
    "ann@example.co",
    "user_123",
    "user_1",
    "cus_123",
    "sub_123",
    "USER_12",
    "https://img.example/e.png",
    'a quote " before ann@example.com',
    '"ann@example.com',
    'ann@example.com"',
    "Ann <ann@example.com>",
    "ann@example.com\\",
    "ann@exampleXcom",
    "ànn@example.com",
]
SAME = ["ann@example.com", "Ann@Example.COM", "user_12", "cus_12", "sub_12"]


@pytest.fixture
def ann(conn: psycopg.Connection) -> User:
    """Let Ann sign up and pay."""
    user = make.user(conn, **ANN)
    make.subscription(conn, user_id=user.id, **CUSTOMER)
    return user


def _event(conn: psycopg.Connection, about: Any, **given: Any) -> Any:
    """Record an event about an invoice of somebody else."""
    said = {"data": {"object": {"id": "in_9", "customer": "cus_bob", "about": about}}}
    return make.event(conn, **{"object_key": "in_9", "payload": said} | given).id


def _known(conn: psycopg.Connection, id_: Any) -> WebhookEvent:
    found = webhook_events.get(conn, id=id_)
    assert found is not None
    return found


def _about(conn: psycopg.Connection, id_: Any) -> Any:
    return _known(conn, id_).payload["data"]["object"]["about"]  # type: ignore[index,call-overload]


@pytest.mark.parametrize("text", ALIKE)
def test_what_is_only_alike_stays(conn: psycopg.Connection, ann: User, text: str) -> None:
    """An open event and analytics that mention a text like one of hers are what they were."""
    event = _event(conn, {"text": [text], text: 1})
    before = _known(conn, event)
    usage_logs.record(conn, event="x", properties={"text": text, text: [text]})
    people.erase(conn, ann.id, key=world.KEY)
    assert _known(conn, event) == before
    (kept,) = conn.execute("SELECT properties FROM usage_logs").fetchone()
    assert kept == {"text": text, text: [text]}


@pytest.mark.parametrize("text", SAME)
def test_a_whole_value_is_taken_out_and_the_rest_stays(
    conn: psycopg.Connection, ann: User, text: str
) -> None:
    """As a value, in an array and as a key; the event is still open, and still its object's."""
    said = {"text": text, "list": ["kept", text, {"deep": text}], text: {"n": 1}}
    event = _event(conn, said)
    usage_logs.record(conn, event="x", properties=said)
    people.erase(conn, ann.id, key=world.KEY)
    left = {"text": "erased", "list": ["kept", "erased", {"deep": "erased"}], "erased": {"n": 1}}
    assert _about(conn, event) == left
    assert conn.execute("SELECT properties FROM usage_logs").fetchone() == (left,)
    known = _known(conn, event)
    assert (known.status, known.object_key) == (WebhookStatus.PENDING, "in_9")


def test_our_own_id_of_a_person_is_taken_out_too(conn: psycopg.Connection, ann: User) -> None:
    """As a referral in somebody else's event."""
    event = _event(conn, {"referred_by": str(ann.id)})
    people.erase(conn, ann.id, key=world.KEY)
    assert _about(conn, event) == {"referred_by": "erased"}


def test_a_neighbours_payment_still_happens(
    conn: psycopg.Connection, pool: Pool, ann: User
) -> None:
    """Open when she is erased, with her address and ids in it: Bob gets what he paid for."""
    bob = make.subscription(conn)
    meta = {"user_id": str(bob.user_id), "referred_by": "user_12", "mail": "ann@example.com"}
    about = world.subscription("sub_123", "cus_123", metadata=meta)
    world.stripe_event(conn, "customer.subscription.created", about, NOW, "evt_bob")
    people.erase(conn, ann.id, key=world.KEY)
    assert webhooks.process(pool, world.HANDLERS, erasure_key=world.KEY).processed == 1
    paid = subscriptions.get_for_user(conn, user_id=bob.user_id)
    assert paid is not None
    assert (paid.plan, paid.stripe_customer_id) == (Plan.PRO, "cus_123")


def test_a_neighbours_payment_that_comes_late_still_happens(
    conn: psycopg.Connection, pool: Pool, ann: User
) -> None:
    """After the erasure an event of Bob's that names her has its effect, without her."""
    bob = make.subscription(conn)
    people.erase(conn, ann.id, key=world.KEY)
    meta = {"user_id": str(bob.user_id), "referred_by": "user_12"}
    about = world.subscription("sub_123", "cus_123", metadata=meta)
    world.stripe_event(conn, "customer.subscription.created", about, NOW, "evt_bob")
    assert webhooks.process(pool, world.HANDLERS, erasure_key=world.KEY).processed == 1
    paid = subscriptions.get_for_user(conn, user_id=bob.user_id)
    assert paid is not None
    assert paid.plan == Plan.PRO
    assert conn.execute(
        "SELECT count(*) FROM webhook_events WHERE payload::text LIKE '%user_12\"%'"
    ).fetchone() == (0,)


def test_an_address_that_went_to_somebody_else_is_theirs(
    conn: psycopg.Connection, pool: Pool, ann: User
) -> None:
    """Clerk gave hers to Bob, whose event is open when she is erased: he has it then."""
    world.clerk_event(conn, "user.created", world.person("user_123", ANN["email"]), NOW, "msg_bob")
    people.erase(conn, ann.id, key=world.KEY)
    assert webhooks.process(pool, world.HANDLERS, erasure_key=world.KEY).processed == 1
    bob = users.get_by_clerk_id(conn, clerk_id="user_123")
    assert bob is not None
    assert bob.email == ANN["email"]


@pytest.mark.parametrize(
    "said",
    [
        {"object": {"id": "ch_1", "customer": "cus_12", "receipt_email": "ann@example.com"}},
        {"object": {"id": "ch_1", "customer": {"id": "cus_12", "name": "Ann"}}},
        {"object": {"id": "sub_12", "customer": "cus_new"}},
        {"id": "ema_1", "user_id": "user_12", "body": "Dear Ann"},
    ],
)
def test_an_event_of_hers_under_another_key_is_emptied(
    conn: psycopg.Connection, ann: User, said: Any
) -> None:
    """What belongs to her customer or user is hers, under whatever key it was recorded."""
    provider = WebhookProvider.STRIPE if "object" in said else WebhookProvider.CLERK
    event = make.event(conn, provider=provider, object_key="other", payload={"data": said}).id
    people.erase(conn, ann.id, key=world.KEY)
    known = _known(conn, event)
    assert (known.payload, known.object_key) == ({}, "erased")
    assert known.status == WebhookStatus.PROCESSED


def test_a_customer_whom_we_know_decides_whose_a_checkout_is(
    conn: psycopg.Connection, ann: User
) -> None:
    """Bob's customer, with her id in the metadata: his event stays open, without the id."""
    make.subscription(conn, stripe_customer_id="cus_bob")
    about = world.subscription("sub_b", "cus_bob", metadata={"user_id": str(ann.id)})
    event = make.event(conn, object_key="sub_b", payload={"data": {"object": about}}).id
    people.erase(conn, ann.id, key=world.KEY)
    known = _known(conn, event)
    assert known.status == WebhookStatus.PENDING
    assert str(ann.id) not in str(known.payload)


def test_neighbours_rows_are_what_they_were(conn: psycopg.Connection, ann: User) -> None:
    """Of every table: everything but events and analytics goes by the user, never by a text."""
    others = [
        make.user(
            conn, clerk_id="user_123", email="joann@example.com", avatar_url=ANN["avatar_url"]
        ),
        make.user(conn, clerk_id="user_1", email="ann@example.co", avatar_url="e"),
    ]
    for other in others:
        make.subscription(
            conn, user_id=other.id, stripe_customer_id=f"cus_12{other.name}{other.email}"
        )
        make.session(conn, installation_id=make.installation(conn, user_id=other.id).id)
        make.api_key(conn, user_id=other.id)
        usage_logs.record(conn, event="x", user_id=other.id, properties={"mail": other.email})
    before = [people.export(conn, other.id) for other in others]
    people.erase(conn, ann.id, key=world.KEY)
    assert [people.export(conn, other.id) for other in others] == before
