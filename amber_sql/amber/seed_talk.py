"""A widget of the seed's world → its sessions and messages, the same ones every time."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from amber_sql.models import MessageRole, MessagesInsertManyParams, SessionsInsertManyParams

if TYPE_CHECKING:
    from datetime import datetime

    from amber_sql.amber.seed_world import Widget

DAYS = 28
"""How far back the conversations go."""
BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15",
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/138.0 Mobile Safari/537.36",
)


def talk(
    widget: Widget, installation_id: UUID, now: datetime
) -> tuple[list[SessionsInsertManyParams], list[MessagesInsertManyParams]]:
    """Return what was said at `widget` before `now`; the first session is the latest."""
    sessions, messages = [], []
    for number in range(widget.visits):
        dice = Random(f"{widget.client_id} {number}")  # noqa: S311  # for looks, not for secrets
        ago = timedelta(days=DAYS) * (number + dice.uniform(0.1, 0.9)) / widget.visits
        key = time_key(now - ago, dice)
        said = _conversation(widget, installation_id, key, now - ago, dice)
        messages += said
        sessions.append(
            SessionsInsertManyParams(
                installation_id=installation_id,
                id=key,
                session_key=f"visitor_{number + 1}",
                user_agent=dice.choice(BROWSERS),
                ip=f"203.0.113.{dice.randrange(1, 255)}",
                referrer=f"{widget.origin}/",
                message_count=0,  # installations.recount_messages counts them
                last_seen_at=said[-1].created_at,
                created_at=now - ago,
            )
        )
    return sessions, messages


def _conversation(
    widget: Widget, installation_id: UUID, session_id: UUID, began: datetime, dice: Random
) -> list[MessagesInsertManyParams]:
    """Let a visitor ask one to four of the widget's questions, and be answered."""
    said: list[MessagesInsertManyParams] = []
    at = began
    for question, answer in dice.sample(widget.talk, dice.randint(1, min(4, len(widget.talk)))):
        at += timedelta(seconds=dice.uniform(5, 60))
        latency = timedelta(milliseconds=dice.randrange(600, 2400))
        said.append(
            MessagesInsertManyParams(
                installation_id=installation_id,
                session_id=session_id,
                seq=len(said) + 1,
                role=MessageRole.USER,
                content=question,
                model=None,
                prompt_tokens=None,
                completion_tokens=None,
                latency_ms=None,
                created_at=at,
            )
        )
        at += latency
        said.append(
            MessagesInsertManyParams(
                installation_id=installation_id,
                session_id=session_id,
                seq=len(said) + 1,
                role=MessageRole.ASSISTANT,
                content=answer,
                model="amber-small",
                prompt_tokens=dice.randrange(180, 420),
                completion_tokens=len(answer) // 4,
                latency_ms=latency // timedelta(milliseconds=1),
                created_at=at,
            )
        )
    return said


def time_key(at: datetime, dice: Random) -> UUID:
    """Return a version 7 uuid of a moment, as uuidv7() would have made it then."""
    milliseconds = round(at.timestamp() * 1000)
    head = milliseconds << 80 | 7 << 76 | dice.getrandbits(12) << 64
    return UUID(int=head | 2 << 62 | dice.getrandbits(62))
