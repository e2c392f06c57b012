"""API keys: neither rows nor parts of one show the hash by which a key is known."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from content import make

from amber_sql.domain import api_keys, key_text
from amber_sql.queries import api_keys as queries

if TYPE_CHECKING:
    import psycopg

HASH = bytes(range(32))


def _hidden(shown: str) -> bool:
    forms = (repr(HASH), repr(HASH)[2:20], HASH.hex(), base64.b64encode(HASH).decode(), "key_hash=")
    return not any(form in shown for form in forms)


def _shown(value: Any) -> str:
    return f"{value} {value!r} {msgspec.json.encode(value)} {msgspec.to_builtins(value)}"


def test_a_key_shows_no_hash(conn: psycopg.Connection) -> None:
    """By repr and as JSON, alone, in a list and inside what create returns."""
    key = make.api_key(conn, key_hash=HASH)
    new = api_keys.NewApiKey("text", key)
    assert all(_hidden(_shown(value)) for value in (key, [key], {"k": key}, new))
    assert queries.get_by_key_id(conn, key_id=key.key_id) == key
    assert key.key_hash == HASH


def test_parts_of_a_key_show_no_hash() -> None:
    """What is read out of a request."""
    parts = key_text.KeyParts("id", HASH)
    assert _hidden(_shown(parts))
    assert repr(parts) == "KeyParts(key_id='id')"
    assert parts.key_hash == HASH


def test_an_error_of_a_call_shows_no_hash(conn: psycopg.Connection) -> None:
    """A key for nobody: neither the error nor its notes name what was given."""
    with pytest.raises(Exception, match="api_keys") as refused:
        queries.create(
            conn, user_id=HASH[:16].hex(), key_id="k", key_hash=HASH, name="n", scopes=[],
            expires_at=None,
        )  # fmt: skip
    assert _hidden(f"{refused.value} {getattr(refused.value, '__notes__', '')}")


def test_rich_shows_no_text_of_a_new_key(conn: psycopg.Connection) -> None:
    """What rich prints of a struct, in a log or a traceback's locals, is what __rich_repr__ gives."""
    new = api_keys.create(conn, make.user(conn).id, name="CI", scopes=[])
    assert new.text not in str(new.__rich_repr__())
