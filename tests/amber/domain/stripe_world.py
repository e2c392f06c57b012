"""Payloads as Stripe and Clerk send them, made of the few things that a test cares about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from content import make

from amber_sql.domain import clerk, stripe
from amber_sql.models import Plan, WebhookProvider

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

KEY = b"the key that tests erase by"
PLANS = {"price_starter": Plan.STARTER, "price_pro": Plan.PRO}
HANDLERS = {**clerk.handlers(erasure_key=KEY), **stripe.handlers(PLANS)}
DAY = 86_400
EPOCH = 1_900_000_000
"""Stripe's clock of the tests: seconds, in 2030."""


def subscription(sub: str = "sub_1", customer: str = "cus_1", **given: Any) -> dict[str, Any]:
    """Return `data.object` of a customer.subscription event."""
    start = given.pop("start", EPOCH)
    price = given.pop("price", "price_pro")
    item = {
        "price": {"id": price},
        "current_period_start": start,
        "current_period_end": given.pop("end", start + 30 * DAY),
    }
    default = {
        "id": sub,
        "object": "subscription",
        "customer": customer,
        "status": "active",
        "created": EPOCH,
        "cancel_at_period_end": False,
        "items": {"data": [item]},
        "metadata": {},
    }
    return default | given


def invoice(sub: str = "sub_1", customer: str = "cus_1", **given: Any) -> dict[str, Any]:
    """Return `data.object` of an invoice event."""
    details = {"subscription": sub, "metadata": given.pop("metadata", {})}
    return {
        "object": "invoice",
        "customer": customer,
        "parent": {"subscription_details": details},
    } | given


def stripe_event(
    conn: psycopg.Connection,
    type_: str,
    about: dict[str, Any],
    at: datetime,
    id_: str,
    *,
    before: dict[str, Any] | None = None,
) -> None:
    """Record an event of Stripe's, under its subscription; `before` is what an update says it changed."""
    more = {"previous_attributes": before} if before else {}
    details = about.get("parent", {}).get("subscription_details", {})
    make.event(
        conn,
        event_id=id_,
        type=type_,
        object_key=details.get("subscription") or about["id"],
        payload={"id": id_, "type": type_, "data": {"object": about, **more}},
        occurred_at=at,
    )


def person(clerk_id: str, email: str = "ann@example.com", **given: Any) -> dict[str, Any]:
    """Return `data` of a user.created or user.updated event."""
    return {
        "id": clerk_id,
        "email_addresses": [
            {"id": "idn_0", "email_address": "old@example.org"},
            {"id": "idn_1", "email_address": email},
        ],
        "primary_email_address_id": "idn_1",
        "first_name": "Ann",
        "last_name": "Lee",
        "image_url": "https://img.example/ann.png",
    } | given


def clerk_event(
    conn: psycopg.Connection, type_: str, about: dict[str, Any], at: datetime, id_: str
) -> None:
    """Record an event of Clerk's."""
    make.event(
        conn,
        provider=WebhookProvider.CLERK,
        event_id=id_,
        type=type_,
        object_key=about["id"],
        payload={"type": type_, "data": about},
        occurred_at=at,
    )
