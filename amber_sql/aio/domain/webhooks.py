"""Recorded events → effects, each once; the events of one object one at a time and in order.

A claim commits attempt and lease first, so that an event which kills its worker still reaches DEAD.
Effect and mark then share one transaction, which is the only one at work on the object. What the
handler did before it raised is rolled back to a savepoint.
"""

from __future__ import annotations

import os
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from psycopg import AsyncConnection

from amber_sql.aio.queries import erased_people, webhook_events
from amber_sql.domain.erasure_key import SHORTEST, VARIABLE, hashes, ids_in
from amber_sql.domain.refusals import NoErasureKey
from amber_sql.domain.webhook_errors import name_of
from amber_sql.models import WebhookEvent, WebhookProvider, WebhookStatus

if TYPE_CHECKING:
    from datetime import datetime

    from amber_sql.runtime.aio import AsyncPool

Handler: TypeAlias = Callable[[AsyncConnection[Any], WebhookEvent], Awaitable[None]]
"""Takes a connection with a transaction open, and the event; what it raises is a failed attempt."""

Handlers: TypeAlias = Mapping[tuple[WebhookProvider, str], Handler]
"""By provider and type of event; a type that is missing has no effect, and is done."""

LEASE = timedelta(seconds=40)
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=1)
BUSY_DELAY = timedelta(seconds=1)


class Processed(msgspec.Struct):
    """What one call of `process` came to."""

    processed: int = 0
    failed: int = 0
    dead: int = 0
    busy: int = 0
    """Left for later: another worker has its object, or somebody it mentions is being erased."""


class _Work(msgspec.Struct, frozen=True):
    """What an attempt needs to know besides its event."""

    pool: AsyncPool
    handlers: Handlers
    now: datetime | None
    lease: timedelta
    key: bytes


async def process(
    pool: AsyncPool,
    handlers: Handlers,
    *,
    limit: int | None = None,
    now: datetime | None = None,
    lease: timedelta = LEASE,
    erasure_key: bytes | None = None,
) -> Processed:
    """Process what is due, `limit` events at most, until nothing is; then return what came of it.

    Any number of workers may call this at once, in any number of processes. An attempt has `lease` to
    itself: if its worker dies or freezes, another takes the event after that. An event about somebody who
    was erased has no effect and is forgotten; `erasure_key` is AMBER_ERASURE_KEY unless given. Raises
    NoErasureKey without one where anybody was erased, since they would come back.
    """
    key = erasure_key if erasure_key is not None else os.environ.get(VARIABLE, "").encode()
    if not key and await erased_people.is_anybody_known(pool):
        raise NoErasureKey(shortest=SHORTEST)
    work = _Work(pool, handlers, now, lease, key)
    done = Processed()
    while limit is None or done.processed + done.failed + done.dead + done.busy < limit:
        event = await webhook_events.claim(pool, lease=lease, now=now)
        if event is None:
            break
        if event.status == WebhookStatus.DEAD:
            done.dead += 1
            continue
        try:
            outcome = await _attempt(work, event)
        except Exception as problem:  # noqa: BLE001  # the transaction itself was lost, with its connection perhaps
            outcome = await _failed(pool, event, problem, now)
        match outcome:
            case WebhookStatus.PROCESSED:
                done.processed += 1
            case WebhookStatus.FAILED:
                done.failed += 1
            case WebhookStatus.DEAD:
                done.dead += 1
            case _:
                done.busy += 1
    return done


async def _attempt(work: _Work, event: WebhookEvent) -> WebhookStatus | None:
    """Make one attempt; return what the event is now, or None where it is not ours to try."""
    async with work.pool.connection() as conn, conn.transaction():
        alone = await webhook_events.lock_object(
            conn,
            provider=event.provider,
            object_key=event.object_key,
            patience=f"{round(work.lease.total_seconds() * 1000)}ms",
        )
        # Whom else it mentions is not being erased, or the erasure would not see the event. The object
        # itself is locked, and erased by the handler perhaps.
        others = sorted(ids_in(event.payload) - {event.object_key})
        if alone and others:
            alone = await erased_people.try_share_ids(conn, ids=others)
        # In a statement of its own: the lock may have been waited for by what this has to see.
        if not alone or not await webhook_events.hold(conn, id=event.id, attempts=event.attempts):
            await webhook_events.release(
                conn, id=event.id, attempts=event.attempts, delay=BUSY_DELAY, now=work.now
            )
            return None
        try:
            async with conn.transaction():
                await _effect(conn, event, work)
        except Exception as problem:
            if conn.closed:
                raise
            return await _failed(conn, event, problem, work.now)
        await webhook_events.settle(conn, id=event.id, attempts=event.attempts, now=work.now)
        return WebhookStatus.PROCESSED


async def _effect(conn: AsyncConnection[Any], event: WebhookEvent, work: _Work) -> None:
    if work.key and (erased := await _erased_in(conn, event, work.key)):
        await webhook_events.forget(conn, ids=erased, texts=[], id=event.id)
        left = await webhook_events.get(conn, id=event.id)
        if left is None or left.status == WebhookStatus.PROCESSED:
            return  # it was about them
        event = left
    handler = work.handlers.get((event.provider, event.type))
    if handler is not None:
        await handler(conn, event)


async def _erased_in(conn: AsyncConnection[Any], event: WebhookEvent, key: bytes) -> list[str]:
    """Return the ids in an event that are those of people who were erased."""
    by_hash = {
        one: text
        for text in ids_in(event.payload) | {event.object_key}
        for one in hashes(key, [text])
    }
    known = await erased_people.list_known(conn, hashes=sorted(by_hash))
    return [by_hash[one] for one in known]


async def _failed(
    conn: AsyncConnection[Any] | AsyncPool,
    event: WebhookEvent,
    problem: Exception,
    now: datetime | None,
) -> WebhookStatus | None:
    """Note a failed attempt, unless the event has become another's in the meantime."""
    return await webhook_events.fail(
        conn,
        id=event.id,
        attempts=event.attempts,
        last_error=name_of(problem),
        delay=backoff(event.attempts),
        now=now,
    )


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: twice as long each time, and up to half of it less.

    5 s after the first, an hour at most; the jitter keeps events that failed together from coming back together.
    """
    longest = min(FIRST_DELAY * float(2 ** (attempts - 1)), LONGEST_DELAY)
    return longest * random.uniform(0.5, 1)  # noqa: S311  # nothing secret
