"""The text of an API key: amb_live_, a key id, a secret, a check sum.

    amb_live_0aZ3kQ9xWm2LpR7t_4fG…28 characters…K2c0x1Yz
             └ id, public   ┘ └ secret, 166 bits ┘└ CRC ┘

The check sum is CRC-32 in base 62: any one wrong character is known before a query is made. It is
no protection: only the SHA-256 of the secret decides.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib

from amber_sql.domain.refusals import InvalidApiKey
from amber_sql.runtime import RedactedStruct

PREFIX = "amb_live_"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_LENGTH, SECRET_LENGTH, SUM_LENGTH = 16, 28, 6

_SHAPE = re.compile(
    rf"({PREFIX}([0-9A-Za-z]{{{ID_LENGTH}}})_([0-9A-Za-z]{{{SECRET_LENGTH}}}))([0-9A-Za-z]{{{SUM_LENGTH}}})"
)


class KeyParts(RedactedStruct, frozen=True):
    """What is stored of a key: its id, and the SHA-256 of its secret, 32 bytes."""

    __secret__ = ("key_hash",)

    key_id: str
    key_hash: bytes


def make() -> tuple[str, KeyParts]:
    """Return the text of a new key, and what may be stored of it."""
    key_id, secret = _random(ID_LENGTH), _random(SECRET_LENGTH)
    body = f"{PREFIX}{key_id}_{secret}"
    return body + _check_sum(body), KeyParts(key_id, _hash(secret))


def read(text: str) -> KeyParts:
    """Return the parts of a key. Raises InvalidApiKey for a text that no key has."""
    found = _SHAPE.fullmatch(text)
    if found is None or _check_sum(found[1]) != found[4]:
        raise InvalidApiKey
    return KeyParts(found[2], _hash(found[3]))


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _check_sum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(SUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
