"""Every statement as tenant A, with B's keys: no row of B is read or changed."""

from __future__ import annotations

import inspect
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest
from content import make
from domain import stripe_world as world
from domain.test_tenant_lint import ENTRIES

from amber_sql import models, queries
from amber_sql.domain import metering
from amber_sql.errors import RowNotFound
from amber_sql.models import (
    InstallationStatus,
    MessageRole,
    Plan,
    SubscriptionStatus,
    WidgetPosition,
)
from amber_sql.queries import stripe_subscriptions, usage_logs

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime.now(UTC)
NO_TENANTS = {"webhook_events", "erased_people"}
MODULES = [
    import_module(f"amber_sql.queries.{module.name}")
    for module in iter_modules(queries.__path__)
    if module.name not in NO_TENANTS
]
FUNCTIONS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": getattr(module, name)
    for module in MODULES
    for name in module.__all__
    if inspect.isfunction(getattr(module, name))  # a module also names the choices of an option
}
HARMLESS = {
    "limit": 1000, "sessions_limit": 1000, "now": None, "since": NOW - timedelta(days=9),
    "until": NOW + timedelta(days=9), "idle_since": NOW + timedelta(days=9), "amount": 1,
    "ended_before": NOW + timedelta(days=999), "before_created_at": None, "before_id": None,
    "before_last_seen_at": None, "after_id": None, "after_seq": None, "before_seq": None,
    "name": "changed", "status": InstallationStatus.PAUSED, "scopes": ["changed"], "plan": Plan.PRO,
    "assistant_name": "changed", "accent_color": "#000000", "avatar_url": None,
    "position": WidgetPosition.TOP_LEFT, "welcome_message": "changed", "allowed_origins": ["changed"],
    "role": MessageRole.USER, "content": "changed", "model": None, "prompt_tokens": 1,
    "completion_tokens": 1, "latency_ms": 1, "seq": 99, "user_agent": "changed", "ip": None,
    "referrer": None, "message_limit": 1, "installation_limit": 1, "is_paid": True,
    "current_period_start": NOW, "current_period_end": NOW + timedelta(days=1), "expires_at": NOW,
    "cancel_at_period_end": True, "begun_at": NOW, "occurred_at": NOW + timedelta(days=9),
    "period_start": NOW, "period_end": NOW + timedelta(days=1), "event": "changed", "quantity": 1,
    "properties": {}, "key_hash": bytes(32), "email": "changed@example.com", "texts": ["nobody"],
    "event_id": "evt_changed", "created_at": NOW, "last_seen_at": NOW, "message_count": 1,
    "models": ["changed"], "sort": "newest",
    "beyond_created_at": None, "beyond_id": None, "prompt_prices": [Decimal(1)], "completion_prices": [Decimal(1)],
    "blank_before": NOW + timedelta(days=9), "overlap": timedelta(0), "rivals": ["evt_1"],
}  # fmt: skip


class Tenant(msgspec.Struct):
    """Somebody with one of everything: every key is a tenant-…, every other text a secret-…."""

    user: models.User
    keys: dict[str, Any]
    ids: dict[str, Any]
    """The id of the row that a module's `id` is about."""


def _tenant(conn: psycopg.Connection, letter: str) -> Tenant:
    mark, said = f"tenant-{letter}", f"secret-{letter}"
    user = make.user(conn, clerk_id=f"user_{mark}", name=said, email=f"{mark}@example.com")
    stripe = {"stripe_customer_id": f"cus_{mark}", "stripe_subscription_id": f"sub_{mark}"}
    make.subscription(conn, user_id=user.id, plan=Plan.PRO, **stripe)
    widget = make.installation(conn, user_id=user.id, client_id=f"client-{mark}", name=said)
    session = make.session(conn, installation_id=widget.id, session_key=mark, user_agent=said)
    message = make.message(conn, session, content=said)
    key = make.api_key(conn, user_id=user.id, key_id=f"key-{mark}", name=said)
    metering.consume_message(conn, user.id, mark)
    metering.admit_to_session(conn, widget.id, session.id)
    log = usage_logs.record(conn, event=said, user_id=user.id, installation_id=widget.id)
    told = {"plan": Plan.PRO, "status": SubscriptionStatus.ACTIVE, "cancel_at_period_end": False}
    when = {"begun_at": NOW, "occurred_at": NOW, "event_id": "evt_1"}
    stripe_subscriptions.tell(conn, user_id=user.id, **stripe, **told, **when)
    return Tenant(
        user=user,
        keys=stripe | {
            "user_id": user.id, "installation_id": widget.id, "session_id": session.id,
            "client_id": widget.client_id, "session_key": mark, "message_key": mark,
            "key_id": key.key_id, "clerk_id": user.clerk_id,
        },
        ids={
            "users": user.id, "installations": widget.id, "sessions": session.id,
            "messages": message.id, "api_keys": key.id, "usage_logs": log,
        },
    )  # fmt: skip


def _rows_of(conn: psycopg.Connection, tenant: Tenant) -> list[Any]:
    """Return every row of a tenant, of every table."""
    marks = [f"%{tenant.keys[key]}%" for key in ("user_id", "installation_id")]
    tables = conn.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p') AND NOT relispartition AND relname !~ '^(_?yoyo|_amber_)'"
    ).fetchall()
    return [
        (table, *row)
        for (table,) in sorted(tables)
        for row in conn.execute(
            f"SELECT t::text FROM {table} AS t WHERE t::text LIKE ANY (%s) ORDER BY 1", [marks]
        )
    ]


def _arguments(name: str, parameters: list[str], ours: Tenant, theirs: Tenant) -> dict[str, Any]:
    """Return our own owner, and their keys."""
    module = name.partition(".")[0]
    owner = "user_id" if "user_id" in parameters else "installation_id"
    given = {}
    for parameter in parameters:
        if parameter == "id" and module == "users":
            given[parameter] = ours.user.id
        elif parameter == owner:
            given[parameter] = ours.keys[owner]
        elif parameter == "id":
            given[parameter] = theirs.ids[module]
        elif parameter in theirs.keys:
            given[parameter] = theirs.keys[parameter]
        else:
            given[parameter] = HARMLESS[parameter]  # a new one has to be named here
    if name in {"subscriptions.upsert_from_stripe", "stripe_subscriptions.tell"}:
        given["status"] = SubscriptionStatus.CANCELED
    return given


def _call(
    conn: psycopg.Connection, name: str, function: Callable[..., Any], ours: Tenant, theirs: Tenant
) -> str:
    """Call a statement and return what it showed."""
    parameters = list(inspect.signature(function).parameters)[1:]
    if parameters == ["rows"]:
        kind = getattr(models, _params_of(function))
        one = kind(**_arguments(name, list(kind.__struct_fields__), ours, theirs))
        return repr(function(conn, [one]))
    given = _arguments(name, parameters, ours, theirs)
    found = function(conn, **given)
    if isinstance(found, AbstractContextManager):
        with found as rows:
            return repr(list(rows))
    # What we said ourselves and got back is nothing that we were shown.
    return repr(found)


def _params_of(function: Callable[..., Any]) -> str:
    annotation = str(inspect.signature(function).parameters["rows"].annotation)
    return annotation.removeprefix("Iterable[").removesuffix("]")


@pytest.fixture
def pair(conn: psycopg.Connection) -> tuple[Tenant, Tenant]:
    """Let A and B live in one database."""
    return _tenant(conn, "A"), _tenant(conn, "B")


def test_no_statement_of_a_reaches_b(conn: psycopg.Connection, pair: tuple[Tenant, Tenant]) -> None:
    """A's owner and B's keys: nothing of B's comes back, nothing of B's is changed."""
    ours, theirs = pair
    before = _rows_of(conn, theirs)
    assert len({table for table, *_ in before}) == 10
    secrets = [
        "secret-B",
        *map(str, (theirs.user.id, theirs.ids["messages"], theirs.ids["api_keys"])),
    ]
    called = 0
    for name, function in FUNCTIONS.items():
        if name in ENTRIES:
            continue
        shown, after = "", before
        try:
            with conn.transaction(force_rollback=True):
                shown = _call(conn, name, function, ours, theirs)
                after = _rows_of(conn, theirs)
        except psycopg.errors.IntegrityError:
            pass  # refused: B's key is taken, or no parent of A's
        except RowNotFound:
            pass
        assert [secret for secret in secrets if secret in shown] == [], name
        # What A writes may name B's keys (a foreign client_id is a conflict); B's own rows stay.
        assert [row for row in before if row not in after] == [], name
        called += 1
    assert called > 60


def test_the_same_calls_with_bs_own_owner_do_reach_b(
    conn: psycopg.Connection, pair: tuple[Tenant, Tenant]
) -> None:
    """The test above can fail: most of its calls read or change something when the owner fits."""
    _, theirs = pair
    before = _rows_of(conn, theirs)
    reached = 0
    for name, function in FUNCTIONS.items():
        if name in ENTRIES:
            continue
        try:
            with conn.transaction(force_rollback=True):
                shown = _call(conn, name, function, theirs, theirs)
                reached += "secret-B" in shown or _rows_of(conn, theirs) != before
        except psycopg.errors.IntegrityError:
            continue
    assert reached > 40


def test_handlers_keep_tenants_apart(conn: psycopg.Connection, pair: tuple[Tenant, Tenant]) -> None:
    """A Stripe event that claims B's subscription for A changes neither B's row nor what Stripe said of it."""
    ours, theirs = pair
    before = _rows_of(conn, theirs)
    about = world.subscription(
        theirs.keys["stripe_subscription_id"], "cus_other", metadata={"user_id": str(ours.user.id)}
    )
    world.stripe_event(
        conn, "customer.subscription.updated", about, NOW + timedelta(days=1), "evt_x"
    )
    event = conn.execute("SELECT id FROM webhook_events WHERE event_id = 'evt_x'").fetchone()
    known = queries.webhook_events.get(conn, id=event[0])
    world.HANDLERS[known.provider, known.type](conn, known)
    assert [row for row in before if row not in _rows_of(conn, theirs)] == []
