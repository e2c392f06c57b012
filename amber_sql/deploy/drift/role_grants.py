"""Differences between a database and its migrations → those that `amber-sql roles` did not make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import astuple

if TYPE_CHECKING:
    from amber_sql.deploy.drift.differences import Difference
    from amber_sql.deploy.roles import Roles


def without_roles(found: list[Difference], roles: Roles) -> list[Difference]:
    """Leave out what `amber-sql roles` grants and takes back: it is no migration's."""
    names = {f'"{name}"' for name in astuple(roles)} | {*astuple(roles)}
    given = [one for one in found if one.kind == "grant" and _grantee(one) in names]
    return [
        one
        for one in found
        if one not in given
        and not (given and one.kind == "grant" and one.name.startswith("SCHEMA public PUBLIC "))
    ]


def _grantee(grant: Difference) -> str:
    """Return the role in `GRANT … TO role`."""
    sql = grant.found or grant.expected
    return sql.rpartition(" TO ")[2].removesuffix(" WITH GRANT OPTION")
