"""Stripe's events about subscriptions and invoices → subscriptions, in whatever order they come.

Each event is recorded on its row of stripe_subscriptions, where the newest wins, and of one second's the last
by what they say; what the user's row says is then a function of all that was recorded, so no order, no
repetition and no event id leads elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amber_sql.aio.queries import stripe_subscriptions, subscriptions, users, webhook_events
from amber_sql.domain import stripe_order
from amber_sql.domain.refusals import UnknownCustomer, UnknownPrice
from amber_sql.domain.stripe_payload import Invoice, read
from amber_sql.models import WebhookProvider

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from psycopg import AsyncConnection

    from amber_sql.aio.domain.webhooks import Handlers
    from amber_sql.models import Plan, WebhookEvent

STRIPE = WebhookProvider.STRIPE
ERASED = "erased_"
"""How users.anonymise begins a clerk_id."""
_SUBSCRIPTION = [
    f"customer.subscription.{what}"
    for what in ("created", "updated", "deleted", "paused", "resumed")
]
_INVOICE = ["invoice.paid", "invoice.payment_failed"]


def handlers(plans: Mapping[str, Plan]) -> Handlers:
    """Return what to do on customer.subscription.*, invoice.paid and invoice.payment_failed.

    `plans` says which plan each of Stripe's price_… ids sells; another raises UnknownPrice. Record
    invoices under the object_key of their subscription, so that the two go in order.
    """

    async def follow(conn: AsyncConnection[Any], event: WebhookEvent) -> None:
        own = stripe_order.subscription_event(event)
        if own.said.price_id not in plans:
            raise UnknownPrice(price=own.said.price_id)
        user_id = await _locked(conn, own.said.customer_id, own.said.user_id)
        known = stripe_order.same_subscription(
            own, await _of_its_second(conn, event, _SUBSCRIPTION)
        )
        known = [one for one in known if one.said.price_id in plans]
        rivals = [one.event.event_id for one in known]
        last = stripe_order.last_event(known)
        await stripe_subscriptions.tell(
            conn,
            user_id=user_id,
            stripe_subscription_id=last.said.id,
            stripe_customer_id=last.said.customer_id,
            plan=plans[last.said.price_id],
            status=last.status,
            cancel_at_period_end=last.said.cancel_at_period_end,
            begun_at=last.said.begun_at,
            occurred_at=event.occurred_at,
            event_id=last.event.event_id,
            rivals=rivals,
        )
        in_force = stripe_order.last_period(known)
        if in_force is not None and in_force.said.period is not None:
            await stripe_subscriptions.tell_period(
                conn,
                user_id=user_id,
                stripe_subscription_id=in_force.said.id,
                period_start=in_force.said.period[0],
                period_end=in_force.said.period[1],
                occurred_at=event.occurred_at,
                event_id=in_force.event.event_id,
                rivals=rivals,
            )
        await subscriptions.follow_stripe(conn, user_id=user_id)

    return {(STRIPE, type_): follow for type_ in _SUBSCRIPTION} | {
        (STRIPE, type_): _paid for type_ in _INVOICE
    }


async def _paid(conn: AsyncConnection[Any], event: WebhookEvent) -> None:
    """Note whether a subscription's newest invoice was paid. The period is the subscription's to say."""
    own = stripe_order.InvoiceEvent(event, read(event, Invoice))
    if own.said.subscription_id is None:
        return
    user_id = await _locked(conn, own.said.customer_id, own.said.user_id)
    known = stripe_order.invoices_of_same_subscription(
        own, await _of_its_second(conn, event, _INVOICE)
    )
    last = stripe_order.last_invoice(known)
    await stripe_subscriptions.tell_paid(
        conn,
        user_id=user_id,
        stripe_subscription_id=own.said.subscription_id,
        stripe_customer_id=last.said.customer_id,
        is_paid=last.is_paid,
        occurred_at=event.occurred_at,
        event_id=last.event.event_id,
        rivals=[one.event.event_id for one in known],
    )
    await subscriptions.follow_stripe(conn, user_id=user_id)


async def _of_its_second(
    conn: AsyncConnection[Any], event: WebhookEvent, types: list[str]
) -> list[WebhookEvent]:
    """Return what happened to the object in the same second and was processed before."""
    return await webhook_events.list_of_moment(
        conn,
        provider=STRIPE,
        object_key=event.object_key,
        occurred_at=event.occurred_at,
        types=types,
    )


async def _locked(conn: AsyncConnection[Any], customer_id: str, named: UUID | None) -> UUID:
    """Return the user behind a customer, with their subscription locked. Raises UnknownCustomer."""
    known = await subscriptions.get_by_stripe_customer_id(conn, stripe_customer_id=customer_id)
    user_id = known.user_id if known else named
    if user_id is not None and await users.get(conn, id=user_id) is not None:
        await subscriptions.ensure(conn, user_id=user_id)
        await subscriptions.lock(conn, user_id=user_id)
        # Seen again under the lock, which an erasure of theirs would have held.
        user = await users.get(conn, id=user_id)
        if user is not None and not user.clerk_id.startswith(ERASED):
            return user_id
    raise UnknownCustomer(customer=customer_id)
