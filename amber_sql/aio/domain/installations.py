"""Create an installation, within the limit of the user's plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.aio.queries import installations, subscriptions
from amber_sql.runtime.aio import lock_then

if TYPE_CHECKING:
    from uuid import UUID

    from amber_sql.models import Installation
    from amber_sql.runtime.aio import AsyncConn


async def create(
    conn: AsyncConn,
    user_id: UUID,
    *,
    client_id: str,
    name: str,
    allowed_origins: list[str] | None = None,
) -> Installation | None:
    """Add a widget, or return None: one more than the plan allows, or no subscription.

    Decided under the subscription's lock, so that two at once never share the last place. A
    client_id that is known already raises UniqueViolation.
    """
    return await lock_then(
        conn,
        lambda own: subscriptions.lock(own, user_id=user_id),
        lambda own: installations.create_within_limit(
            own, user_id=user_id, client_id=client_id, name=name, allowed_origins=allowed_origins
        ),
    )
