"""A database → four roles that own, migrate, use and read it; safe to repeat.

    owner      owns every object, cannot log in
    migrator   logs in to deploy, and acts as owner from its first statement on
    app        reads and writes rows: no DDL, no TRUNCATE, owns nothing
    read       reads, in read-only transactions

Migrations stay free of roles, which belong to the whole server and not to one of its databases.
What later migrations create is covered by default privileges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from psycopg import sql

from amber_sql.compiler.bookkeeping import TABLES
from amber_sql.compiler.search_path import own_path
from amber_sql.deploy.history import place
from amber_sql.deploy.history.rights import take_back

if TYPE_CHECKING:
    import psycopg

_RELATIONS = """
    SELECT c.relname, c.relkind::text FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype IN ('e', 'a', 'i') AND c.relkind = 'S')
      AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname
"""
_TYPES = """
    SELECT t.typname FROM pg_type AS t
    WHERE t.typnamespace = 'public'::regnamespace
      AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c'
           AND EXISTS (SELECT FROM pg_class AS c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
      AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = t.oid AND d.deptype = 'e')
    ORDER BY t.typname
"""
_FUNCTIONS = """
    SELECT p.oid::regprocedure::text FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
    ORDER BY 1
"""
_KINDS = {"v": "VIEW", "m": "MATERIALIZED VIEW", "S": "SEQUENCE", "f": "FOREIGN TABLE"}


class Roles(msgspec.Struct, frozen=True, kw_only=True):
    """The names of the four."""

    owner: str = "amber_owner"
    migrator: str = "amber_migrator"
    app: str = "amber_app"
    read: str = "amber_read"

    @classmethod
    def with_prefix(cls, prefix: str) -> Roles:
        """Return the four under another prefix."""
        return cls(
            owner=f"{prefix}_owner",
            migrator=f"{prefix}_migrator",
            app=f"{prefix}_app",
            read=f"{prefix}_read",
        )


def provision(conn: psycopg.Connection[Any], roles: Roles) -> None:
    """Bring the database of `conn` to the four roles, in one transaction.

    `conn` is a superuser's, or of a role that may create roles and owns the database's objects. No
    role gets a password: that is for whoever keeps the secrets, with ALTER ROLE … PASSWORD.
    """
    with conn.transaction(), own_path(conn):
        # Roles are the server's: two databases may be provisioned at once.
        conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('amber-sql roles', 0))")
        _make(conn, roles)
        _own(conn, roles)
        _grant(conn, roles)
        if schema := place.schema(conn):
            take_back(conn, schema)


def _make(conn: psycopg.Connection[Any], roles: Roles) -> None:
    """Create what is missing, and set what each may do."""
    for name, login in (
        (roles.owner, "NOLOGIN"),
        (roles.migrator, "LOGIN"),
        (roles.app, "LOGIN"),
        (roles.read, "LOGIN"),
    ):
        known = conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
        rights = f"{login} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT"
        verb = "ALTER" if known else "CREATE"
        if not known or not _is(conn, name, login=login == "LOGIN"):
            _run(conn, f"{verb} ROLE {{}} {rights}", name)
    _run(conn, "GRANT {} TO {}", roles.owner, roles.migrator)
    # Who provisions and is no superuser hands its objects over, which takes membership.
    if conn.info.parameter_status("is_superuser") != "on":
        _run(conn, "GRANT {} TO CURRENT_USER", roles.owner)
    database = conn.info.dbname
    _run(conn, "ALTER ROLE {} IN DATABASE {} SET role = {}", roles.migrator, database, roles.owner)
    _run(
        conn, "ALTER ROLE {} IN DATABASE {} SET default_transaction_read_only = on",
        roles.read, database,
    )  # fmt: skip


def _is(conn: psycopg.Connection[Any], name: str, *, login: bool) -> bool:
    """Tell whether a role is what it should be already, so that a repeat needs no rights over it."""
    found = conn.execute(
        "SELECT rolcanlogin, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls"
        " FROM pg_roles WHERE rolname = %s",
        [name],
    ).fetchone()
    return found == (login, False)


def _own(conn: psycopg.Connection[Any], roles: Roles) -> None:
    """Make the owner the owner of the schema and of everything in it."""
    _run(
        conn, "GRANT CONNECT, TEMPORARY, CREATE ON DATABASE {} TO {}", conn.info.dbname, roles.owner
    )
    _run(conn, "ALTER SCHEMA public OWNER TO {}", roles.owner)
    for name, kind in conn.execute(_RELATIONS).fetchall():
        _run(
            conn,
            f"ALTER {_KINDS.get(kind, 'TABLE')} {{}} OWNER TO {{}}",
            ("public", name),
            roles.owner,
        )
    for (name,) in conn.execute(_TYPES).fetchall():
        _run(conn, "ALTER TYPE {} OWNER TO {}", ("public", name), roles.owner)
    for (signature,) in conn.execute(_FUNCTIONS).fetchall():
        # The server wrote the signature, quoted where it must be.
        escaped = signature.replace("{", "{{").replace("}", "}}")
        _run(conn, f"ALTER ROUTINE {escaped} OWNER TO {{}}", roles.owner)


def _grant(conn: psycopg.Connection[Any], roles: Roles) -> None:
    """Take from everybody what nobody should have, and give app and read what is theirs."""
    database = conn.info.dbname
    _run(conn, "REVOKE ALL ON DATABASE {} FROM PUBLIC", database)
    conn.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    # A serial column takes its default from a sequence, with the rights of whoever inserts.
    _run(conn, "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}", roles.app)
    _run(
        conn,
        "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT USAGE ON SEQUENCES TO {}",
        roles.owner, roles.app,
    )  # fmt: skip
    for name, rights in ((roles.app, "SELECT, INSERT, UPDATE, DELETE"), (roles.read, "SELECT")):
        _run(conn, "GRANT CONNECT ON DATABASE {} TO {}", database, name)
        _run(conn, "REVOKE ALL ON SCHEMA public FROM {}", name)
        _run(conn, "GRANT USAGE ON SCHEMA public TO {}", name)
        _run(conn, "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}", name)
        _run(conn, f"GRANT {rights} ON ALL TABLES IN SCHEMA public TO {{}}", name)
        _run(
            conn,
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {{}} IN SCHEMA public GRANT {rights} ON TABLES TO {{}}",
            roles.owner, name,
        )  # fmt: skip
        for table, _ in conn.execute(_RELATIONS).fetchall():
            if table in TABLES:
                _run(conn, "REVOKE ALL ON {} FROM {}", ("public", table), name)
    _run(conn, "GRANT CONNECT ON DATABASE {} TO {}", database, roles.migrator)


def _run(conn: psycopg.Connection[Any], statement: Any, *names: str | tuple[str, str]) -> None:
    """Run DDL, which takes no parameters, with names quoted; a pair is a schema and a name in it."""
    quoted = [
        sql.Identifier(*name) if isinstance(name, tuple) else sql.Identifier(name) for name in names
    ]
    conn.execute(sql.SQL(statement).format(*quoted))
