# Derived from aio/domain/api_keys.py by tools/async_to_sync.py: change that file, never this one.
"""API keys: made, verified, rotated. The text of a key is shown once and never stored."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from amber_sql.domain import key_text
from amber_sql.domain.refusals import InvalidApiKey, MissingScope
from amber_sql.domain.transactions import transaction
from amber_sql.models import ApiKey  # noqa: TC001  # msgspec resolves it when it encodes
from amber_sql.queries import api_keys

if TYPE_CHECKING:
    from uuid import UUID

    from amber_sql.runtime import Conn

USED_LATELY = timedelta(minutes=1)
NOBODY = bytes(32)


class NewApiKey(msgspec.Struct, frozen=True):
    """A key that was just made. `text` is its owner's to keep: it cannot be had again."""

    text: str
    key: ApiKey

    def __repr__(self) -> str:
        """Leave the secret out of logs."""
        return f"NewApiKey({self.key.key_id})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Leave the secret out of what rich prints: msgspec's own would show every field."""
        return [("key", self.key)]


def create(
    conn: Conn,
    user_id: UUID,
    *,
    name: str,
    scopes: list[str],
    expires_at: datetime | None = None,
) -> NewApiKey:
    """Make a key for a user; without scopes it may do nothing, without `expires_at` it lasts."""
    text, parts = key_text.make()
    key = api_keys.create(
        conn,
        user_id=user_id,
        key_id=parts.key_id,
        key_hash=parts.key_hash,
        name=name,
        scopes=scopes,
        expires_at=expires_at,
    )
    return NewApiKey(text, key)


def verify(conn: Conn, text: str, *scopes: str, now: datetime | None = None) -> ApiKey:
    """Return the key that a request carries, if it may do all that `scopes` name.

    Raises InvalidApiKey, the same for a key that is mistyped, unknown, wrong, revoked or expired: a typing
    error without any query, the others behind one look-up and a comparison in constant time. Raises
    MissingScope for a valid key that may not. Notes the use, at most once a minute.
    """
    parts = key_text.read(text)
    moment = now or datetime.now(UTC)
    key = api_keys.get_by_key_id(conn, key_id=parts.key_id)
    same = hmac.compare_digest(parts.key_hash, key.key_hash if key else NOBODY)
    if key is None or not same or not is_alive(key, moment):
        raise InvalidApiKey
    for scope in scopes:
        if scope not in key.scopes:
            raise MissingScope(scope=scope)
    if key.last_used_at is None or key.last_used_at <= moment - USED_LATELY:
        api_keys.touch(conn, user_id=key.user_id, id=key.id, now=now)
    return key


def rotate(
    conn: Conn, user_id: UUID, id: UUID, *, overlap: timedelta, now: datetime | None = None
) -> NewApiKey:
    """Make a key that replaces another, with its name, scopes and end; the old one lives for `overlap` on.

    Without an overlap it is revoked, so that of several calls at once one succeeds. Raises InvalidApiKey
    for a key that is not the user's, or is revoked or expired.
    """
    with transaction(conn, "api_keys.rotate") as own:
        old = api_keys.lock(own, user_id=user_id, id=id)
        # In a statement behind the lock: whether it is alive is asked when nobody else is at it.
        if old is None or not api_keys.retire(
            own, user_id=user_id, id=id, overlap=overlap, now=now
        ):
            raise InvalidApiKey
        return create(own, user_id, name=old.name, scopes=old.scopes, expires_at=old.expires_at)


def is_alive(key: ApiKey, moment: datetime) -> bool:
    """Tell whether a key is neither revoked nor expired."""
    return key.revoked_at is None and (key.expires_at is None or moment < key.expires_at)
