"""How the database differs from what its migrations make, found out when somebody asks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from amber_sql.deploy.connect.connection import connect
from amber_sql.deploy.drift import catalog_objects
from amber_sql.deploy.drift.differences import Difference, differences
from amber_sql.deploy.drift.role_grants import without_roles
from amber_sql.deploy.progress import log
from amber_sql.deploy.roles import Roles
from amber_sql.deploy.settings import Settings
from amber_sql.studio.page import Page

if TYPE_CHECKING:
    from amber_sql.studio.ask import Ask
    from amber_sql.studio.state import Studio


class Drift(msgspec.Struct, frozen=True):
    """What the page shows."""

    differences: list[Difference]


async def show(ask: Ask) -> Drift:
    """Migrate a scratch database, and compare: a second or two."""
    return Drift(await asyncio.to_thread(_compared, ask.studio))


def _compared(studio: Studio) -> list[Difference]:
    from amber_sql.deploy.scratch.scratch_database import scratch  # seldom asked for  # noqa: PLC0415

    with (
        connect(studio.url, Settings(), log) as conn,
        scratch(studio.project.migrations, None) as clean,
    ):
        found = differences(catalog_objects.read(clean), catalog_objects.read(conn))
    prefix = studio.project.role_prefix
    return without_roles(found, Roles.with_prefix(prefix)) if prefix else found


PAGES = (Page("/drift", show, "drift.html"),)
