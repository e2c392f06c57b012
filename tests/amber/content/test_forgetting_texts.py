"""webhook_events.forget and usage_logs.forget, against the same in Python, on hostile JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from content import make
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amber_sql.queries import usage_logs, webhook_events

if TYPE_CHECKING:
    import psycopg

NOBODY = UUID(int=1)
ADDRESSES = [
    "ann@example.com", "o'brien+tag(1)@ex-ample.com", 'a"b@x.org', "a\\b@x.org", "a\\@x.org", "ÄNN@x.org",
    "[a]|b*?{2}@x.org", "^a$@x.org", "\t@x.org", "a@" + "b" * 200, "😀@x.org", "$1\\1\\m@x.org",
]  # fmt: skip
IDS = ["user_12", "cus_aB9", "sub_\\d", "0192f0c1-0000-7000-8000-000000000001"]


def _fold(text: str) -> str:
    """Fold the letters A to Z, as users_email_key does."""
    return text.encode().lower().decode()


def _without(value: Any, ids: set[str], addresses: set[str]) -> Any:
    """Return a JSON value as it has to be afterwards."""
    if isinstance(value, str):
        return "erased" if value in ids or _fold(value) in addresses else value
    if isinstance(value, list):
        return [_without(item, ids, addresses) for item in value]
    if isinstance(value, dict):
        return {
            _without(key, ids, addresses): _without(item, ids, addresses)
            for key, item in value.items()
        }
    return value


def _variants(text: str) -> list[str]:
    changed = [
        text.upper(),
        text.swapcase(),
        text[:-1],
        text[1:],
        f"x{text}",
        f"{text}x",
        f'"{text}"',
    ]
    more = [
        f"{text}, {text}",
        f'{text}"',
        f'"{text}',
        f"\\{text}",
        f"{text}\\",
        f"<{text}>",
        f" {text}",
    ]
    return [text, *changed, *more]


TEXTS = st.sampled_from(
    [v for text in (*ADDRESSES, *IDS) for v in _variants(text)] + ["", "@", '"@"']
)
JSON = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers(-9, 9),
    # Keys that become one when they are taken out would be one in PostgreSQL too, but which is open.
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(TEXTS, inner, max_size=3).filter(lambda d: _merges(d) < 2)
    ),
    max_leaves=12,
)


def _merges(given_: dict[str, Any]) -> int:
    return sum(key in IDS or _fold(key) in set(map(_fold, ADDRESSES)) for key in given_)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    JSON,
    st.lists(st.sampled_from(IDS), unique=True),
    st.lists(st.sampled_from(ADDRESSES), unique=True),
)
def test_exactly_the_whole_texts_are_taken_out(
    conn: psycopg.Connection, said: Any, ids: list[str], addresses: list[str]
) -> None:
    """Values, keys, in arrays, at any depth; whatever a regular expression or a quote would make of them."""
    with conn.transaction(force_rollback=True):
        # Behind a name of their own, so that no object is the owner.
        event = make.event(conn, payload={"said": said}, object_key="other").id
        usage_logs.record(conn, event="x", properties={"said": said})
        webhook_events.forget(conn, ids=ids, texts=addresses)
        usage_logs.forget(conn, user_id=NOBODY, texts=[*ids, *addresses])
        expected = {"said": _without(said, set(ids), set(map(_fold, addresses)))}
        found = webhook_events.get(conn, id=event)
        (log,) = conn.execute("SELECT properties FROM usage_logs").fetchone()
        assert (found and found.payload, log) == (expected, expected)


@pytest.mark.parametrize("payload", ["ann@example.com", ["ann@example.com"], None, 1, True, {}, []])
def test_a_payload_may_be_any_json(conn: psycopg.Connection, payload: Any) -> None:
    """A bare text, an array, null: nothing raises, and the text goes."""
    event = (
        make.event(conn, payload=payload, object_key="other").id if payload is not None else None
    )
    if event is None:
        conn.execute(
            "INSERT INTO webhook_events (provider, event_id, object_key, type, payload, occurred_at)"
            " VALUES ('CLERK', 'e', 'k', 't', 'null', %s)",
            [datetime.now(UTC)],
        )
    webhook_events.forget(conn, ids=["user_12"], texts=["ann@example.com"])
    left = conn.execute("SELECT payload FROM webhook_events").fetchone()
    assert left == (_without(payload, set(), {"ann@example.com"}),)


def test_a_deep_and_a_large_payload_are_read(conn: psycopg.Connection) -> None:
    """Two hundred levels, and five megabytes."""
    deep: Any = "ann@example.com"
    for _ in range(100):
        deep = {"a": [deep]}
    large = {"x": ["y" * 1000] * 5_000, "mail": "ann@example.com"}
    ids = [make.event(conn, payload={"n": n}, object_key="other").id for n in (deep, large)]
    assert webhook_events.forget(conn, ids=[], texts=["ANN@example.com"]) == 2
    for id_ in ids:
        event = webhook_events.get(conn, id=id_)
        assert event is not None
        assert "ann@" not in str(event.payload)
