"""Stripe's events about subscriptions and invoices → subscriptions, in whatever order they come.

Each event is noted as a word on its subscription, where the newest wins; what the user's row says
is then a function of all that was noted, so no order and no repetition leads elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amber_sql.aio.queries import stripe_subscriptions, subscriptions, users
from amber_sql.domain.refusals import UnknownCustomer, UnknownPrice
from amber_sql.domain.stripe_payload import IN_FORCE, Invoice, StripeSubscription, read
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
_SPEAKS = ("created", "updated", "deleted", "paused", "resumed")


def handlers(plans: Mapping[str, Plan]) -> Handlers:
    """Return what to do on customer.subscription.*, invoice.paid and invoice.payment_failed.

    `plans` says which plan each of Stripe's price_… ids sells; another raises UnknownPrice. Record
    invoices under the object_key of their subscription, so that the two go in order.
    """

    async def follow(conn: AsyncConnection[Any], event: WebhookEvent) -> None:
        said = read(event, StripeSubscription)
        if said.price_id not in plans:
            raise UnknownPrice(price=said.price_id)
        user_id = await _locked(conn, said.customer_id, said.user_id)
        await stripe_subscriptions.tell(
            conn,
            user_id=user_id,
            stripe_subscription_id=said.id,
            stripe_customer_id=said.customer_id,
            plan=plans[said.price_id],
            status=said.state,
            cancel_at_period_end=said.cancel_at_period_end,
            begun_at=said.begun_at,
            occurred_at=event.occurred_at,
            event_id=event.event_id,
        )
        if said.period and said.state in IN_FORCE:
            await stripe_subscriptions.tell_period(
                conn,
                user_id=user_id,
                stripe_subscription_id=said.id,
                period_start=said.period[0],
                period_end=said.period[1],
                occurred_at=event.occurred_at,
                event_id=event.event_id,
            )
        await subscriptions.follow_stripe(conn, user_id=user_id)

    return {(STRIPE, f"customer.subscription.{what}"): follow for what in _SPEAKS} | {
        (STRIPE, "invoice.paid"): _paid,
        (STRIPE, "invoice.payment_failed"): _paid,
    }


async def _paid(conn: AsyncConnection[Any], event: WebhookEvent) -> None:
    """Note whether a subscription's newest invoice was paid. The period is the subscription's to say."""
    said = read(event, Invoice)
    if said.subscription_id is None:
        return
    user_id = await _locked(conn, said.customer_id, said.user_id)
    await stripe_subscriptions.tell_paid(
        conn,
        user_id=user_id,
        stripe_subscription_id=said.subscription_id,
        stripe_customer_id=said.customer_id,
        is_paid=event.type == "invoice.paid",
        occurred_at=event.occurred_at,
        event_id=event.event_id,
    )
    await subscriptions.follow_stripe(conn, user_id=user_id)


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
