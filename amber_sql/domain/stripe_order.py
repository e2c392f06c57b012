"""Stripe's events of one second → the one that happened last.

Stripe's clock has whole seconds, and its event ids no order. So the events themselves say it: created
comes first and deleted last; what has ended stays so; an update that names what it changed comes behind
the state it names; a later period comes behind an earlier one; and then the statuses in the order in
which a subscription mostly goes through them. No answer depends on an event's id but where two say the same.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from amber_sql.domain.stripe_payload import IN_FORCE, Invoice, StripeSubscription, data, read
from amber_sql.models import SubscriptionStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from amber_sql.models import WebhookEvent

CREATED, UPDATED, DELETED = range(3)
_KINDS = {"customer.subscription.created": CREATED, "customer.subscription.deleted": DELETED}
_ENDED = {SubscriptionStatus.INCOMPLETE_EXPIRED, SubscriptionStatus.CANCELED}
_COURSE = (
    SubscriptionStatus.INCOMPLETE,
    SubscriptionStatus.TRIALING,
    SubscriptionStatus.PAUSED,
    SubscriptionStatus.PAST_DUE,
    SubscriptionStatus.UNPAID,
    SubscriptionStatus.ACTIVE,
    SubscriptionStatus.INCOMPLETE_EXPIRED,
    SubscriptionStatus.CANCELED,
)
_NEVER = datetime.min.replace(tzinfo=UTC)


class SubscriptionEvent(msgspec.Struct, frozen=True):
    """What one event says of a subscription."""

    event: WebhookEvent
    said: StripeSubscription
    state: dict[str, Any]
    """The object as Stripe sent it."""
    before: dict[str, Any]
    """What of it was otherwise before, as an update says."""

    @property
    def status(self) -> SubscriptionStatus:
        """The subscription's status behind the event: what is deleted has ended."""
        known = self.said.state
        return (
            SubscriptionStatus.CANCELED if _kind(self) == DELETED and known not in _ENDED else known
        )

    @property
    def is_in_force(self) -> bool:
        """Whether its period is one that we count in."""
        return self.said.period is not None and self.status in IN_FORCE


class InvoiceEvent(msgspec.Struct, frozen=True):
    """What one event says of a subscription's invoice."""

    event: WebhookEvent
    said: Invoice

    @property
    def is_paid(self) -> bool:
        """Whether it was paid, or failed."""
        return self.event.type == "invoice.paid"


def subscription_event(event: WebhookEvent) -> SubscriptionEvent:
    """Read an event of a subscription. Another shape raises msgspec.ValidationError."""
    said, about = read(event, StripeSubscription), data(event)
    before = about.get("previous_attributes")
    return SubscriptionEvent(
        event, said, about["object"], before if isinstance(before, dict) else {}
    )


def same_subscription(
    own: SubscriptionEvent, others: Iterable[WebhookEvent]
) -> list[SubscriptionEvent]:
    """Return an event and those of `others` that are of its subscription and can be read."""
    found = [own]
    for event in others:
        try:
            other = subscription_event(event)
            _ = other.said.state, other.said.price_id, other.said.period
        except (msgspec.ValidationError, ValueError, KeyError, TypeError, IndexError):
            continue  # somebody marked it as done
        if other.said.id == own.said.id and event.event_id != own.event.event_id:
            found.append(other)
    return found


def last_event(those: Sequence[SubscriptionEvent]) -> SubscriptionEvent:
    """Return the event of one second that happened last."""
    kind = max(map(_kind, those))
    left = [one for one in those if _kind(one) == kind]
    left = [one for one in left if one.status in _ENDED] or left
    left = [one for one in left if not any(_precedes(one, other) for other in left)] or left
    return max(left, key=_progress)


def last_period(those: Sequence[SubscriptionEvent]) -> SubscriptionEvent | None:
    """Return the last event of the latest period that was in force, if any was."""
    known = [one for one in those if one.is_in_force]
    if not known:
        return None
    start = max(_start(one) for one in known)
    return last_event([one for one in known if _start(one) == start])


def invoices_of_same_subscription(
    own: InvoiceEvent, others: Iterable[WebhookEvent]
) -> list[InvoiceEvent]:
    """Return an invoice's event and those of `others` that are of its subscription and can be read."""
    found = [own]
    for event in others:
        try:
            other = InvoiceEvent(event, read(event, Invoice))
        except (msgspec.ValidationError, KeyError, TypeError):
            continue  # somebody marked it as done
        same = other.said.subscription_id == own.said.subscription_id
        if same and event.event_id != own.event.event_id:
            found.append(other)
    return found


def last_invoice(those: Sequence[InvoiceEvent]) -> InvoiceEvent:
    """Return the event of one second that happened last: of the newest invoice, and that it was paid."""
    return max(those, key=lambda one: (one.said.created, one.is_paid, one.event.event_id))


def _kind(one: SubscriptionEvent) -> int:
    return _KINDS.get(one.event.type, UPDATED)


def _precedes(one: SubscriptionEvent, other: SubscriptionEvent) -> bool:
    """Tell whether `other` changed what `one` says, and not the other way round."""
    return _was(other.before, one.state) and not _was(one.before, other.state)


def _was(before: dict[str, Any], state: Any) -> bool:
    """Tell whether a state is the one that an update says it changed."""
    if not before or not isinstance(state, dict):
        return False
    return all(
        _was(value, state.get(name)) if isinstance(value, dict) else state.get(name) == value
        for name, value in before.items()
    )


def _start(one: SubscriptionEvent) -> datetime:
    return one.said.period[0] if one.said.period else _NEVER


def _progress(one: SubscriptionEvent) -> tuple[Any, ...]:
    said = one.said
    course = _COURSE.index(one.status) if one.status in _COURSE else -1
    end = said.period[1] if said.period else _NEVER
    return _start(one), course, end, said.cancel_at_period_end, said.price_id, one.event.event_id
