"""Who holds which of a pool's connections: a task where there is one, otherwise a thread.

So a statement that is given the pool, though its caller has a transaction open on one of the
pool's connections, can be refused. A task that was created inside the transaction is another
owner, and is not.
"""

from __future__ import annotations

import asyncio
from threading import get_ident
from typing import Any

from psycopg.pq import TransactionStatus

FREE = (TransactionStatus.IDLE, TransactionStatus.UNKNOWN)


def caller() -> object:
    """Return what stands for the code that is running now."""
    try:
        return asyncio.current_task() or get_ident()
    except RuntimeError:  # no event loop in this thread
        return get_ident()


class Checkouts:
    """The connections that are out, by who took them."""

    def __init__(self) -> None:
        self._held: dict[object, list[Any]] = {}

    def check_out(self, connection: Any) -> None:
        """Note that the caller holds `connection`."""
        owner = caller()
        vars(connection)["_amber_owner"] = owner
        self._held.setdefault(owner, []).append(connection)

    def check_in(self, connection: Any) -> None:
        """Note that nobody holds `connection`, whoever brings it."""
        owner = vars(connection).pop("_amber_owner", None)
        if owner is None:
            return
        held = self._held[owner]
        held.remove(connection)
        if not held:
            del self._held[owner]

    def in_transaction(self) -> bool:
        """Tell whether the caller has a transaction open on a connection it holds."""
        if not self._held:
            return False
        held = self._held.get(caller(), ())
        return any(connection.pgconn.transaction_status not in FREE for connection in held)
