"""The history belongs to those who deploy: what default privileges gave to others is taken back.

`ALTER DEFAULT PRIVILEGES … GRANT … ON TABLES TO app` means the application's tables, and the
server grants it on those of deploys too, in the moment in which they are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from psycopg import sql

from amber_sql.compiler.bookkeeping import TABLES
from amber_sql.compiler.search_path import own_path

if TYPE_CHECKING:
    from typing import Any

    import psycopg

_GRANTED = """
    SELECT n.nspname, c.relname, CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END,
           string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type),
           pg_has_role(c.relowner, 'USAGE')
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace, aclexplode(c.relacl) AS a
    WHERE n.nspname = %s AND c.relname = ANY (%s::text[]) AND a.grantee <> c.relowner
      AND EXISTS (SELECT FROM pg_default_acl AS d, aclexplode(d.defaclacl) AS x
                  WHERE d.defaclrole = c.relowner AND d.defaclobjtype = 'r'
                    AND d.defaclnamespace IN (0, n.oid) AND x.grantee = a.grantee)
    GROUP BY 1, 2, 3, 5 ORDER BY 1, 2, 3
"""


class Granted(msgspec.Struct, frozen=True):
    """What default privileges gave to a role on one table; the empty role is PUBLIC."""

    schema: str
    table: str
    role: str
    privileges: str
    may_revoke: bool

    def __str__(self) -> str:
        """One phrase."""
        return f"{self.role or 'PUBLIC'} has {self.privileges} on {self.schema}.{self.table}"


def granted(conn: psycopg.Connection[Any], schema: str) -> list[Granted]:
    """Return what others may do with the history in `schema`."""
    with own_path(conn):
        return [Granted(*row) for row in conn.execute(_GRANTED, [schema, list(TABLES)])]


def take_back(conn: psycopg.Connection[Any], schema: str) -> list[Granted]:
    """Revoke it, where the current role may, and return what was revoked."""
    found = [one for one in granted(conn, schema) if one.may_revoke]
    for one in found:
        table = sql.Identifier(one.schema, one.table)
        role = sql.Identifier(one.role) if one.role else sql.SQL("PUBLIC")
        conn.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(table, role))
    return found
