"""Metering under many connections in real processes, some of them killed."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from content import make
from domain import jobs
from domain.crowd import crowd

from amber_sql.domain import metering
from amber_sql.models import UsageEntryKind
from amber_sql.queries import subscriptions, usage_ledger

if TYPE_CHECKING:
    from uuid import UUID

    import psycopg
    from domain.crowd import Crowd

    from amber_sql.models import MessageDecision

pytestmark = pytest.mark.slow

ROUNDS = 100
LIMIT = 1000
START = datetime(2030, 1, 1, tzinfo=UTC)


def _subscriber(conn: psycopg.Connection, limit: int) -> UUID:
    """Return somebody with this limit, in a FREE period from START."""
    period = {"current_period_start": START, "current_period_end": START + timedelta(days=30)}
    user_id = make.subscription(conn, **period).user_id
    subscriptions.set_limits(conn, user_id=user_id, message_limit=limit, installation_limit=limit)
    return user_id


def _answers(heard: list[tuple[str, MessageDecision]]) -> dict[str, set[tuple[object, ...]]]:
    """Return what was heard of each key: one answer, if all is well."""
    found = defaultdict(set)
    for key, answer in heard:
        found[key].add((answer.admitted, answer.refusal, answer.used, answer.period_start))
    return found


def test_a_limit_is_exact_under_32_racers(conn: psycopg.Connection, racers: Crowd) -> None:
    """A hundred rounds for a limit of 1,000, each key four times, a process killed in one of three."""
    chance = random.Random()  # noqa: S311
    for _ in range(ROUNDS):
        user_id = _subscriber(conn, LIMIT)
        items = [(user_id, f"key {n}", START) for n in range(LIMIT + 20)] * 4
        # Whoever is killed is killed somewhere in the middle, and all that they did is done again.
        kills = {chance.randrange(len(racers.members)): chance.uniform(0.05, 1)}
        heard = racers.race(jobs.consume, items, kills=kills if chance.random() < 1 / 3 else None)
        answers = _answers(heard)
        assert [len(told) for told in answers.values()] == [1] * (LIMIT + 20)
        admitted = [told for (told,) in answers.values() if told[0]]
        assert sorted(told[2] for told in admitted) == list(range(1, LIMIT + 1))
        known = subscriptions.get_for_user(conn, user_id=user_id)
        assert known.messages_used == LIMIT
        assert metering.reconcile_usage(conn) == []
        conn.execute("DELETE FROM subscriptions")
    assert sum(member.killed for member in racers.members) >= ROUNDS / 10


def test_period_ends_are_crossed_by_24_writers(conn: psycopg.Connection, database_url: str) -> None:
    """Ten ends: no period above its limit, 80 % and 100 % told once in each, whoever's clock is late."""
    limit, periods = 50, 11
    user_id = _subscriber(conn, limit)
    heard = []
    with crowd(database_url, 6) as writers:
        for period in range(periods):
            begin = START + timedelta(days=30 * period)
            in_time = [(user_id, f"{period} {n}", begin + timedelta(seconds=n)) for n in range(150)]
            late = [
                (user_id, f"{period} late {n}", begin - timedelta(seconds=n)) for n in range(1, 50)
            ]
            heard += [
                answer for _, answer in writers.race(jobs.consume, in_time + late * bool(period))
            ]
    admitted, told_80, told_100 = defaultdict(int), defaultdict(int), defaultdict(int)
    for answer in heard:
        admitted[answer.period_start] += answer.admitted
        told_80[answer.period_start] += answer.crossed_80
        told_100[answer.period_start] += answer.crossed_100
    every = [START + timedelta(days=30 * period) for period in range(periods)]
    assert admitted == dict.fromkeys(every, limit)
    assert told_80 == told_100 == dict.fromkeys(every, 1)
    assert metering.reconcile_usage(conn) == []
    crossings = usage_ledger.list_crossings(conn, since=START - timedelta(days=9999))
    assert sum(c.crossed_80 for c in crossings) == periods


def test_refunds_beside_consumers_keep_the_ledger(conn: psycopg.Connection, racers: Crowd) -> None:
    """Keys consumed, given back and counted unasked from all sides: every unit is explained, none is lost."""
    user_id = _subscriber(conn, 300)
    acts = ("consume", "consume", "refund", "refund", "count") * 400
    items = [(user_id, f"key {number // 5}", act) for number, act in enumerate(acts)]
    racers.race(jobs.mixed, items)
    entries = usage_ledger.list_for_period(conn, user_id=user_id, period_start=START, limit=9999)
    assert all(entry.used <= 300 for entry in entries if entry.kind == UsageEntryKind.CONSUMED)
    assert sum(entry.units for entry in entries if entry.kind == UsageEntryKind.COUNTED) == 400
    assert metering.reconcile_usage(conn) == []


def test_the_last_place_is_not_shared(conn: psycopg.Connection, racers: Crowd) -> None:
    """Thirty-two ask for one place, forty times: one gets it each time."""
    for place in range(40):
        user_id = _subscriber(conn, 1)
        made = racers.race(jobs.install, [(user_id, f"client {place} {n}") for n in range(32)])
        assert sum(made) == 1


def test_a_minute_has_ten_messages_for_all_racers(conn: psycopg.Connection, racers: Crowd) -> None:
    """Ten at one moment, however many ask; ten more a minute later."""
    session = make.session(conn)
    for minute in range(5):
        now = START + timedelta(minutes=minute)
        items = [(session.installation_id, session.id, now)] * 64
        assert sum(answer.admitted for answer in racers.race(jobs.admit, items)) == 10
