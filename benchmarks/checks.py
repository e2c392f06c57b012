"""Contenders → proof that they did the same work: compared with amber-sql before anything is timed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from benchmarks.rows import same

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contenders.base import Contender
    from benchmarks.world import World

WRITTEN = """
SELECT count(*), md5(string_agg(
    concat_ws('|', seq, role, content, model, prompt_tokens, completion_tokens, latency_ms,
        extract(epoch FROM created_at), session_id),
    ',' ORDER BY seq))
FROM messages"""


def compare(work: str, field: Sequence[Contender], keys: Sequence[Any], sample: int = 20) -> int:
    """Raise AssertionError where a contender's typed result differs from the first one's.

    Return how many results were compared.
    """
    typed = [one for one in field if one.typed]
    compared = 0
    for key in keys[:sample]:
        ours = typed[0].result(work, key)
        for one in typed[1:]:
            if found := same(ours, one.result(work, key), work):
                raise AssertionError(f"{one.name}: {found}")
            compared += 1
    return compared


def compare_written(field: Sequence[Contender], rows: Sequence[Any], bulk: World) -> int:
    """Do the same for W6: let each contender write, and compare what is in the table."""
    seen: dict[str, Any] = {}
    with psycopg.connect(bulk.url, autocommit=True) as conn:
        for one in field:
            conn.execute("TRUNCATE messages")
            one.block("W6", [rows])
            seen[one.name] = conn.execute(WRITTEN).fetchone()
        conn.execute("TRUNCATE messages")
    first = next(iter(seen.values()))
    for name, written in seen.items():
        if written != first or not written[0]:
            raise AssertionError(f"{name} wrote {written}, not {first}")
    return len(seen)
