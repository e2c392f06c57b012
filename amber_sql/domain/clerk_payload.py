"""A Clerk webhook's payload → what we keep of a person. Written by hand; used by both halves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from amber_sql.models import WebhookEvent


class Address(msgspec.Struct, frozen=True):
    """One of a person's e-mail addresses."""

    id: str
    email_address: str


class Person(msgspec.Struct, frozen=True):
    """`data` of user.created and user.updated, as far as we read it."""

    id: str
    email_addresses: list[Address] = []
    primary_email_address_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    image_url: str | None = None
    created_at: int = 0
    updated_at: int = 0
    """By Clerk's clock, in milliseconds: finer than the moment of an event may be."""

    @property
    def email(self) -> str:
        """The primary address, else the first, else one that says that there is none."""
        by_id = {address.id: address.email_address for address in reversed(self.email_addresses)}
        first = next(reversed(by_id.values()), None)
        return by_id.get(self.primary_email_address_id or "") or first or placeholder(self.id)

    @property
    def name(self) -> str | None:
        """Both names, or the one there is."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or None


class _Event(msgspec.Struct, frozen=True):
    data: Person


def person(event: WebhookEvent) -> Person:
    """Return whom an event is about. A payload of another shape raises msgspec.ValidationError."""
    return msgspec.convert(event.payload, _Event).data


def is_person(event: WebhookEvent) -> bool:
    """Tell whether an event says what `person` reads: somebody may have marked another as done."""
    try:
        person(event)
    except msgspec.ValidationError:
        return False
    return True


def order(event: WebhookEvent) -> tuple[bool, int, bytes]:
    """Return where an event stands among those of one moment: created first, then as the user was updated.

    What says the same stands at the same place, whatever its id.
    """
    said = person(event)
    return event.type != "user.created", said.updated_at, msgspec.json.encode(said)


def placeholder(clerk_id: str) -> str:
    """Return the address of somebody whose own has moved to another user."""
    return f"{clerk_id}@moved.invalid"
