"""A Stripe webhook's payload → what we keep of a subscription or an invoice.

Reads what API versions before and after 2025-03 send: the period stood on the subscription, and
stands on its item; an invoice named its subscription, and names it in its parent.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import msgspec

from amber_sql.models import SubscriptionStatus

if TYPE_CHECKING:
    from amber_sql.models import WebhookEvent

T = TypeVar("T")

IN_FORCE = frozenset(
    {SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE}
)
"""The statuses in which a subscription's period is one that we count in."""


class Expanded(msgspec.Struct, frozen=True):
    """An object in the place of its id."""

    id: str


class Price(msgspec.Struct, frozen=True):
    """What is sold, by Stripe's price_… id."""

    id: str


class Item(msgspec.Struct, frozen=True):
    """A line of a subscription."""

    price: Price
    current_period_start: int | None = None
    current_period_end: int | None = None


class Items(msgspec.Struct, frozen=True):
    """The lines of a subscription; we sell one."""

    data: list[Item]


class StripeSubscription(msgspec.Struct, frozen=True):
    """`data.object` of customer.subscription.*, as far as we read it."""

    id: str
    customer: str | Expanded
    status: str
    created: int
    items: Items
    cancel_at_period_end: bool = False
    current_period_start: int | None = None
    current_period_end: int | None = None
    metadata: dict[str, str] = {}

    @property
    def customer_id(self) -> str:
        """Stripe's cus_… id."""
        return _id(self.customer)

    @property
    def state(self) -> SubscriptionStatus:
        """The status; one that is unknown raises ValueError."""
        return SubscriptionStatus(self.status.upper())

    @property
    def begun_at(self) -> datetime:
        """When it was made."""
        return _time(self.created)

    @property
    def price_id(self) -> str:
        """What is sold."""
        return self.items.data[0].price.id

    @property
    def user_id(self) -> UUID | None:
        """Our own id of the user, as checkout wrote it into the metadata."""
        return _uuid(self.metadata)

    @property
    def period(self) -> tuple[datetime, datetime] | None:
        """Start and end of the current period."""
        item = self.items.data[0]
        start = item.current_period_start or self.current_period_start
        end = item.current_period_end or self.current_period_end
        return (_time(start), _time(end)) if start and end else None


class Details(msgspec.Struct, frozen=True):
    """Which subscription an invoice is for."""

    subscription: str | Expanded | None = None
    metadata: dict[str, str] | None = None


class Parent(msgspec.Struct, frozen=True):
    """What an invoice is for."""

    subscription_details: Details | None = None


class _Event(msgspec.Struct, frozen=True):
    data: dict[str, Any]


class Invoice(msgspec.Struct, frozen=True):
    """`data.object` of invoice.*, as far as we read it."""

    customer: str | Expanded
    created: int = 0
    subscription: str | Expanded | None = None
    parent: Parent | None = None
    subscription_details: Details | None = None

    @property
    def customer_id(self) -> str:
        """Stripe's cus_… id."""
        return _id(self.customer)

    @property
    def details(self) -> Details:
        """What is said of the subscription, wherever it stands."""
        inner = self.parent.subscription_details if self.parent else None
        return inner or self.subscription_details or Details()

    @property
    def subscription_id(self) -> str | None:
        """Stripe's sub_… id; None for an invoice of something else."""
        found = self.subscription or self.details.subscription
        return _id(found) if found else None

    @property
    def user_id(self) -> UUID | None:
        """Our own id of the user, as checkout wrote it into the subscription's metadata."""
        return _uuid(self.details.metadata or {})


def data(event: WebhookEvent) -> dict[str, Any]:
    """Return `data` of an event. Another shape raises msgspec.ValidationError."""
    return msgspec.convert(event.payload, _Event).data


def read(event: WebhookEvent, kind: type[T]) -> T:
    """Return `data.object` of an event. Another shape raises msgspec.ValidationError."""
    return msgspec.convert(msgspec.convert(event.payload, _Event).data["object"], kind)


def _id(value: str | Expanded) -> str:
    return value if isinstance(value, str) else value.id


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _uuid(metadata: dict[str, str]) -> UUID | None:
    try:
        return UUID(metadata.get("user_id", ""))
    except ValueError:
        return None
