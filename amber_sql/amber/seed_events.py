"""A new person of the seed's world → what Clerk and Stripe told us of them, and what was counted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from amber_sql.models import Plan, RecordManyParams, SubscriptionStatus, WebhookProvider
from amber_sql.queries import usage_logs, webhook_events

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import Connection

    from amber_sql.amber.seed_world import Person
    from amber_sql.models import MessagesInsertManyParams, User


def write_events(conn: Connection, person: Person, now: datetime) -> None:
    """Record what we were told: all of it is processed, but a failed payment is being retried."""
    created = webhook_events.record(
        conn,
        provider=WebhookProvider.CLERK,
        event_id=f"evt_{person.clerk_id}_created",
        object_key=person.clerk_id,
        type="user.created",
        payload={"id": person.clerk_id, "email": person.email},
        occurred_at=now - timedelta(days=60),
    )
    webhook_events.mark_processed(conn, id=created.id)
    if person.plan == Plan.FREE:
        return
    late = person.status == SubscriptionStatus.PAST_DUE
    paid = webhook_events.record(
        conn,
        provider=WebhookProvider.STRIPE,
        event_id=f"evt_{person.clerk_id}_invoice",
        object_key=person.clerk_id.replace("user_", "sub_"),
        type="invoice.payment_failed" if late else "invoice.paid",
        payload={"id": f"in_{person.clerk_id}", "amount_due": 4900},
        occurred_at=now - timedelta(days=person.days_into_period),
    )
    if late:
        webhook_events.mark_failed(
            conn,
            id=paid.id,
            last_error="TimeoutError: the mail server did not answer",
            next_attempt_at=now + timedelta(minutes=5),
        )
    else:
        webhook_events.mark_processed(conn, id=paid.id)


def write_usage(
    conn: Connection, user: User, messages: list[MessagesInsertManyParams], now: datetime
) -> None:
    """Count the messages of this month: older months have no partition of their own."""
    month = now.replace(day=1, hour=0, minute=0, second=0)
    usage_logs.record_many(
        conn,
        (
            RecordManyParams(
                event="message.sent",
                user_id=user.id,
                installation_id=message.installation_id,
                quantity=1,
                properties={"role": message.role},
                created_at=message.created_at,
            )
            for message in messages
            if message.created_at >= month
        ),
    )
