"""Deploys: everything that changes a database's shape.

The functions here go the same path as `amber-sql migrate deploy` and plain
`yoyo apply`. yoyo itself is imported only when one of them runs.
"""

from __future__ import annotations

from amber_sql.deploy.api import (
    live_releases,
    mark,
    migrate,
    pending,
    retire,
    rollback,
    status,
    unmark,
)
from amber_sql.deploy.progress import Event, Progress

__all__ = [
    "Event",
    "Progress",
    "live_releases",
    "mark",
    "migrate",
    "pending",
    "retire",
    "rollback",
    "status",
    "unmark",
]
