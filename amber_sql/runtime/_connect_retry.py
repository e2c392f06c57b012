"""How often and how long to try to connect, and what to say in the end."""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 0.5
"""Seconds between two attempts to connect, however long the server has been away."""

STEP = 0.25
"""Seconds between two looks at what went wrong so far."""

REFUSED = (
    r"authentication failed|no pg_hba\.conf entry|no password supplied|"
    r'(role|database|user) ".*" does not exist'
)
"""What a server says that time will not mend. It has no SQLSTATE here: libpq keeps only the text."""

POOLER = "unsupported startup parameter: options"


def is_hopeless(problem: Exception | None) -> bool:
    """Tell whether waiting longer cannot help."""
    text = str(problem)
    return bool(re.search(REFUSED, text) or POOLER in text)


def remedy(problem: Exception | None) -> str:
    """Return what to do about it."""
    if POOLER in str(problem):
        return "This is a pooler: call open_pool(settings=None), and put the settings on the role."
    if is_hopeless(problem):
        return "Check DATABASE_URL: user, password, host and database name."
    return "Is PostgreSQL running there? `amber-sql dev` starts one and prints its URL."


@contextmanager
def quiet(pool: str) -> Iterator[None]:
    """Keep psycopg from logging each failed attempt of `pool`: one error will tell."""
    logger = logging.getLogger("psycopg.pool")

    def is_another(record: logging.LogRecord) -> bool:
        arguments = record.args if isinstance(record.args, tuple) else ()
        return record.levelno != logging.WARNING or pool not in arguments

    logger.addFilter(is_another)
    try:
        yield
    finally:
        logger.removeFilter(is_another)
