"""What the SQLAlchemy contenders execute, written as its documentation has it.

A statement is made in the call, as services do; SQLAlchemy caches the compiled form and both
drivers prepare on the server. Collections load by selectinload, single objects by joinedload.
`TUNED` is the best that we found beyond that: statements made once, W2 by joins alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import joinedload, selectinload

from benchmarks.contenders import sqlalchemy_models as m
from benchmarks.contenders.flat import COPY_COLUMNS
from benchmarks.world import BIG

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OPTIONS = {"pool_size": 10, "max_overflow": 0, "native_inet_types": False}
"""The engine's options; addresses as text, like everybody's."""


def _columns(model: Any) -> list[Any]:
    """Return a table's columns in the order of our structs: the two moments at the end."""
    columns = list(model.__table__.columns)
    moments = [c for c in columns if c.name in {"created_at", "updated_at"}]
    return [c for c in columns if c not in moments] + moments


_U, _S, _I = m.User.__table__, m.Subscription.__table__, m.Installation.__table__
_M, _V = m.Message.__table__, m.Session.__table__
_USER, _PAID, _WIDGET = _columns(m.User), _columns(m.Subscription), _columns(m.Installation)
_MESSAGE, _VISIT = _columns(m.Message), _columns(m.Session)

ORM: dict[str, Callable[[Any], Any]] = {
    "w1": lambda key: select(m.User).where(m.User.clerk_id == key),
    "w2": lambda key: (
        select(m.User)
        .where(m.User.clerk_id == key)
        .options(joinedload(m.User.subscription), selectinload(m.User.installations))
    ),
    "w3": lambda key: (
        select(m.Message)
        .where(m.Message.installation_id == key)
        .options(joinedload(m.Message.session, innerjoin=True))
        .order_by(m.Message.created_at.desc(), m.Message.id.desc())
        .limit(10)
    ),
    "w4": lambda key: (
        select(m.Message)
        .where(m.Message.installation_id == BIG, m.Message.session_id == BIG)
        .order_by(m.Message.seq)
        .limit(key)
    ),
    "w5": lambda key: (
        update(m.Subscription)
        .where(m.Subscription.user_id == key)
        .values(messages_used=m.Subscription.messages_used + 1, updated_at=func.now())
        .returning(m.Subscription)
        .execution_options(synchronize_session=False)
    ),
}
CORE: dict[str, Callable[[Any], Any]] = {
    "w1": lambda key: select(*_USER).where(_U.c.clerk_id == key),
    "w2": lambda key: (
        select(*_USER, *_PAID, *_WIDGET)
        .select_from(_U.outerjoin(_S, _S.c.user_id == _U.c.id))
        .outerjoin(_I, _I.c.user_id == _U.c.id)
        .where(_U.c.clerk_id == key)
        .order_by(_I.c.id)
    ),
    "w3": lambda key: (
        select(*_MESSAGE, *_VISIT)
        .join_from(_M, _V)
        .where(_M.c.installation_id == key)
        .order_by(_M.c.created_at.desc(), _M.c.id.desc())
        .limit(10)
    ),
    "w4": lambda key: (
        select(*_MESSAGE)
        .where(_M.c.installation_id == BIG, _M.c.session_id == BIG)
        .order_by(_M.c.seq)
        .limit(key)
    ),
    "w5": lambda key: (
        update(_S)  # type: ignore[arg-type]
        .where(_S.c.user_id == key)
        .values(messages_used=_S.c.messages_used + 1, updated_at=func.now())
        .returning(*_PAID)
    ),
}
INSERT: Any = insert(_M)  # type: ignore[arg-type]

_KEY: Any = bindparam("key")
TUNED: dict[str, Any] = {name: make(_KEY) for name, make in ORM.items()}
TUNED["w2"] = (
    select(m.User)
    .where(m.User.clerk_id == _KEY)
    .options(joinedload(m.User.subscription), joinedload(m.User.installations))
)


def named(rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Return W6's rows as insert() takes them."""
    return [dict(zip(COPY_COLUMNS, row, strict=True)) for row in rows]


def entities(rows: Sequence[tuple[Any, ...]]) -> list[m.Message]:
    """Return W6's rows as add_all() takes them."""
    return [m.Message(**row) for row in named(rows)]
