"""How a database stands with its project: its migrations, the releases that may run, the findings."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg

from amber_sql import deploy
from amber_sql.errors import AmberError
from amber_sql.studio import links
from amber_sql.studio.error_pages import primary

if TYPE_CHECKING:
    from collections.abc import Callable

    from amber_sql.compiler.pipeline import Build
    from amber_sql.deploy.history.verdicts import Verdict
    from amber_sql.errors import Finding
    from amber_sql.studio.state import Studio

FIRST = 20
"""How many findings are shown."""


class ReleaseLine(msgspec.Struct, frozen=True):
    """A release that may be running."""

    name: str
    deployed_at: str
    queries: int


class FindingLine(msgspec.Struct, frozen=True):
    """What `check` finds, and the page of its query."""

    place: str
    says: str
    hint: str
    rule: str
    address: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the overview says of the project; what could not be found out is a sentence."""

    migrations: list[Verdict]
    no_migrations: str
    releases: list[ReleaseLine]
    no_releases: str
    findings: list[FindingLine] | None
    """None while the queries are being described."""
    more_findings: int
    no_findings: str
    queries: int


async def standing(studio: Studio) -> Standing:
    """Ask the database and the files; what is slow is not waited for."""
    build = studio.compiled.ready
    (migrations, no_migrations), (live, no_releases) = await asyncio.gather(
        _asked(deploy.status, studio.url, studio.project.migrations),
        _asked(deploy.live_releases, studio.url),
    )
    releases = [
        ReleaseLine(one.release, f"{one.deployed_at:%Y-%m-%d %H:%M}", len(one.manifest.queries))
        for one in live
    ]
    found = [*build.errors, *build.advice] if build else []
    return Standing(
        migrations=migrations, no_migrations=no_migrations, releases=releases,
        no_releases=no_releases, no_findings=studio.compiled.failure,
        findings=[_line(build, one) for one in found[:FIRST]] if build else None,
        more_findings=max(len(found) - FIRST, 0), queries=len(build.described) if build else 0,
    )  # fmt: skip


async def _asked(ask: Callable[..., Any], *given: Any) -> tuple[list[Any], str]:
    """Return what `ask` says, or why it says nothing."""
    try:
        return await asyncio.to_thread(ask, *given), ""
    except AmberError as error:
        return [], str(error)
    except psycopg.Error as error:
        return [], primary(error)


def _line(build: Build | None, finding: Finding) -> FindingLine:
    module, _, name = finding.query.partition(".")
    known = {(one.query.module, one.query.name) for one in build.described} if build else set()
    return FindingLine(
        f"{finding.file}:{finding.line}", finding.message, finding.hint, finding.rule,
        links.query(module, name) if (module, name) in known else "",
    )  # fmt: skip
