"""Flat rows of a join → nested structs: what those write by hand whose library has no nesting.

W2 and W3 in flat.sql are plain joins, one round trip each; columns stand in the order of the
structs' fields. `same` compares results by type as well as by value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from amber_sql.models import Message, MessageRole, MessageWithSession, Session, User
from benchmarks.generated.models import (
    Account,
    Installation,
    InstallationStatus,
    Plan,
    Subscription,
    SubscriptionStatus,
    WidgetPosition,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

TYPES: dict[str, Any] = {
    "W1": User,
    "W2": Account,
    "W3": list[MessageWithSession],
    "W4a": list[Message],
    "W4b": list[Message],
    "W5": Subscription,
    "W7": User,
}
ENUMS = {
    "plan": Plan,
    "subscription_status": SubscriptionStatus,
    "installation_status": InstallationStatus,
    "widget_position": WidgetPosition,
    "message_role": MessageRole,
}
VOLATILE = frozenset({"messages_used", "updated_at"})
"""What W5 itself moves."""


def account(rows: Sequence[Sequence[Any]]) -> Account | None:
    """Fold the rows of one user: 7 columns of users, 14 of subscriptions, 14 of installations."""
    if not rows:
        return None
    first = rows[0]
    return Account(
        *first[:7],
        Subscription(*first[7:21]) if first[7] is not None else None,
        [Installation(*row[21:]) for row in rows if row[21] is not None],
    )


def message_with_session(row: Sequence[Any]) -> MessageWithSession:
    """Split a row: 12 columns of messages, 10 of sessions."""
    return MessageWithSession(*row[:12], Session(*row[12:]))


def same(ours: Any, theirs: Any, path: str = "") -> str | None:
    """Return where two results differ in type or value, or None."""
    if isinstance(ours, msgspec.Struct):
        for field in ours.__struct_fields__:
            if path.startswith("W5") and field in VOLATILE:
                continue
            mine, other = getattr(ours, field), getattr(theirs, field, msgspec.UNSET)
            if found := same(mine, other, f"{path}.{field}"):
                return found
        return None
    if isinstance(ours, list):
        if not isinstance(theirs, list) or len(ours) != len(theirs):
            return f"{path}: {len(ours)} rows against {theirs!r:.60}"
        pairs = enumerate(zip(ours, theirs, strict=True))
        return next((f for n, (a, b) in pairs if (f := same(a, b, f"{path}[{n}]"))), None)
    if not isinstance(theirs, type(ours)) or ours != theirs:
        return f"{path}: {ours!r:.60} against {theirs!r:.60}"
    return None
