"""The contenders, in the order in which they are printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.contenders.libpq import Libpq
from benchmarks.contenders.pgbench import Pgbench

if TYPE_CHECKING:
    from benchmarks.contenders.base import Contender

FLOOR = Libpq.name


def contenders(*, prisma: bool) -> list[type[Contender]]:
    """Return every contender's class; its library is imported here."""
    from benchmarks.contenders import psycopg_plain as plain
    from benchmarks.contenders import sqlalchemy_async as later
    from benchmarks.contenders import sqlalchemy_sync as now
    from benchmarks.contenders.aiosql_psycopg import Aiosql
    from benchmarks.contenders.amber import Amber
    from benchmarks.contenders.amber_async import AmberAsync
    from benchmarks.contenders.asyncpg_plain import Asyncpg
    from benchmarks.contenders.prisma import Prisma

    field: list[type[Contender]] = [
        *(Libpq, Pgbench, Amber, plain.TupleRow, plain.ClassRow, Aiosql),
        *(now.CoreAutocommit, now.Core, now.OrmTuned, now.OrmAutocommit, now.Orm),
        *(AmberAsync, Asyncpg),
        *(later.CoreAutocommit, later.Core, later.OrmAutocommit, later.Orm),
    ]
    return [*field, Prisma] if prisma else field
