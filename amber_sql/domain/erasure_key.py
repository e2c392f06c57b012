"""Ids → keyed hashes: whoever holds the key can recognise an id, nobody can guess it back."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from typing import TYPE_CHECKING, Any

from amber_sql.domain.refusals import NoErasureKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

VARIABLE = "AMBER_ERASURE_KEY"
SHORTEST = 16

_ID = re.compile(r"(?:user|cus|sub)_.*|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.DOTALL)


def erasure_key(given: bytes | None = None) -> bytes:
    """Return the key that was given, or AMBER_ERASURE_KEY's. Raises NoErasureKey without one."""
    key = given if given is not None else os.environ.get(VARIABLE, "").encode()
    if len(key) < SHORTEST:
        raise NoErasureKey(shortest=SHORTEST)
    return key


def hashes(key: bytes, ids: Iterable[str]) -> list[bytes]:
    """Return the HMAC-SHA256 of each id, 32 bytes, sorted."""
    return sorted(hmac.digest(key, one.encode(), hashlib.sha256) for one in set(ids))


def ids_in(payload: Any) -> set[str]:
    """Return the values and keys that look like an id of Clerk's users, of Stripe's or our own."""
    return {text for text in _texts(payload) if _ID.fullmatch(text)}


def _texts(payload: Any) -> Iterator[str]:
    left = [payload]
    while left:
        value = left.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            left += [*value, *value.values()]
        elif isinstance(value, list):
            left += value
