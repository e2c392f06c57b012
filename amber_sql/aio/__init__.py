"""The contract's async half: the same names as in `amber_sql`, awaited."""

from __future__ import annotations

from amber_sql.runtime.aio import AsyncConn as Conn
from amber_sql.runtime.aio import AsyncPool as Pool
from amber_sql.runtime.aio import open_pool

__all__ = ["Conn", "Pool", "open_pool"]
