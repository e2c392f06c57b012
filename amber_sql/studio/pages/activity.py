"""What runs and waits in the database now: statements by the name of their query, and who waits for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from amber_sql.studio import links
from amber_sql.studio.page import Page
from amber_sql.studio.redacted import NAMED, normal, without_literals

if TYPE_CHECKING:
    from amber_sql.studio.ask import Ask

LONG_TRANSACTION = 60.0
_SESSIONS = """
    SELECT a.pid, coalesce(a.usename::text, ''), coalesce(a.application_name, ''), coalesce(a.state, ''),
        coalesce(a.wait_event_type, ''), coalesce(a.wait_event, ''), coalesce(left(a.query, 4000), ''),
        extract(epoch FROM clock_timestamp() - a.xact_start)::float8,
        extract(epoch FROM clock_timestamp() - CASE WHEN a.state = 'active' THEN a.query_start ELSE a.state_change END)::float8,
        pg_blocking_pids(a.pid), coalesce((
            SELECT string_agg(DISTINCT l.mode || coalesce(' on ' || l.relation::regclass::text, ' on ' || l.locktype), ', ')
            FROM pg_locks AS l WHERE l.pid = a.pid AND NOT l.granted), '')
    FROM pg_stat_activity AS a
    WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
    ORDER BY a.state = 'active' DESC, a.xact_start NULLS LAST, a.pid
"""


class SessionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A connection to this database."""

    pid: int
    user: str
    application: str
    state: str
    wait: str
    query: str
    """The query's name, where it is known."""
    address: str
    statement: str
    """Without its literals."""
    transaction: float | None
    """Seconds since its transaction began."""
    since: float | None
    """Seconds for which it has run, or been idle."""
    blocked_by: list[int]
    wants: str


class Waiting(msgspec.Struct, frozen=True):
    """A session, and those that wait for it."""

    session: SessionLine | None
    pid: int
    waiting: list[Waiting]


class Connections(msgspec.Struct, frozen=True):
    """The connections of one application."""

    application: str
    active: int
    idle: int
    in_transaction: int
    total: int


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows."""

    running: list[SessionLine]
    waits: list[Waiting]
    long: list[SessionLine]
    connections: list[Connections]
    partial: bool
    """Whether our role sees the statements of its own sessions alone."""


async def show(ask: Ask) -> Activity:
    """Look at the sessions, as the role that logged in: the role `read` sees none of the others."""
    async with ask.read(own_path=True, as_login=True) as conn:
        rows = await (await conn.execute(_SESSIONS.encode())).fetchall()
    named = _names(ask)
    sessions = [_session(row, named) for row in rows]
    open_ones = [one for one in sessions if one.transaction is not None]
    return Activity(
        running=[one for one in sessions if one.state == "active"],
        waits=waits(sessions),
        long=[one for one in open_ones if (one.transaction or 0) > LONG_TRANSACTION],
        connections=_connections(sessions),
        partial=any(row[6] == "<insufficient privilege>" for row in rows),
    )


def _session(row: tuple[Any, ...], named: dict[str, tuple[str, str]]) -> SessionLine:
    pid, user, application, state, kind, event, text, transaction, since, blocked, wants = row
    told = NAMED.match(text)
    name = told[1] if told else ""
    query, address = named.get(normal(text), (name, ""))
    return SessionLine(
        pid=pid, user=user, application=application, state=state, query=query, address=address,
        wait=f"{kind}: {event}" if kind and state == "active" else "", wants=wants,
        statement=without_literals(text), transaction=transaction, since=since, blocked_by=list(blocked),
    )  # fmt: skip


def _names(ask: Ask) -> dict[str, tuple[str, str]]:
    """Return the text of each query, as it is sent → its name and its page."""
    build = ask.studio.compiled.ready
    return {
        normal(one.query.sql): (
            f"{one.query.module}.{one.query.name}",
            links.query(one.query.module, one.query.name),
        )
        for one in (build.described if build else ())
    }


def waits(sessions: list[SessionLine]) -> list[Waiting]:
    """Return the trees of who waits for whom, those first who wait for nobody; a circle is cut once."""
    by_pid = {one.pid: one for one in sessions}
    behind: dict[int, list[int]] = {}
    for one in sessions:
        for pid in dict.fromkeys(one.blocked_by):
            behind.setdefault(pid, []).append(one.pid)

    seen: set[int] = set()

    def tree(pid: int, above: tuple[int, ...]) -> Waiting:
        seen.add(pid)
        inner = [
            tree(one, (*above, pid)) for one in behind.get(pid, []) if one not in (*above, pid)
        ]
        return Waiting(by_pid.get(pid), pid, inner)

    first = [pid for pid in behind if not (by_pid[pid].blocked_by if pid in by_pid else [])]
    found = [tree(pid, ()) for pid in first]
    found += [tree(pid, ()) for pid in behind if pid not in seen]
    return found


def _connections(sessions: list[SessionLine]) -> list[Connections]:
    names = sorted({one.application for one in sessions})
    states = {name: [one.state for one in sessions if one.application == name] for name in names}
    return [
        Connections(
            name or "(no name)",
            active=found.count("active"),
            idle=found.count("idle"),
            in_transaction=sum(one.startswith("idle in transaction") for one in found),
            total=len(found),
        )
        for name, found in states.items()
    ]


PAGES = (Page("/activity", show, "activity.html"),)
