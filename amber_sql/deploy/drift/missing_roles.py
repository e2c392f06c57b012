"""Differences → those that a scratch server can show: it does not have all roles of another server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from amber_sql.deploy.drift.differences import Difference


def of_known_roles(found: Iterable[Difference], clean: psycopg.Connection[Any]) -> list[Difference]:
    """Leave out rights of roles that `clean`'s server lacks: nothing could give them there."""
    rows = clean.execute("SELECT pg_catalog.quote_ident(rolname) FROM pg_catalog.pg_roles")
    known = {"PUBLIC", *(name for (name,) in rows)}
    return [one for one in found if one.kind != "grant" or one.expected or _grantee(one) in known]


def _grantee(grant: Difference) -> str:
    return grant.found.rpartition(" TO ")[2].removesuffix(" WITH GRANT OPTION")
