"""A port on request → a server that clients without Unix sockets can reach, by a password.

The socket needs none, since its folder keeps others out; a port of this machine is open to each of
its accounts.
"""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from amber_sql.server.cluster import USER

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"
HBA = f"""\
# Written by amber-sql at each start.
local  all          all               trust
local  replication  all               trust
host   all          all  {HOST}/32  scram-sha-256
"""


def port(base: Path) -> int | None:
    """Return the port that the server in `base` shall listen on; None for its socket alone."""
    try:
        return int((base / "port").read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def choose(base: Path, number: int | None) -> None:
    """Say which port that is, from the next start on."""
    if number is None:
        (base / "port").unlink(missing_ok=True)
    else:
        (base / "port").write_text(f"{number}\n")


def settings(base: Path) -> dict[str, object]:
    """Return what makes the server listen there, if anywhere."""
    number = port(base)
    return {} if number is None else {"listen_addresses": HOST, "port": number}


def require_password(data: Path) -> None:
    """Let nobody in by TCP without a password; before a start."""
    (data / "pg_hba.conf").write_text(HBA)


def password(base: Path, url: str) -> str:
    """Return the password of the running server at `url`, made when it is first asked for."""
    file = base / "password"
    with contextlib.suppress(FileNotFoundError):
        return file.read_text().strip()
    made = secrets.token_urlsafe(24)
    with psycopg.connect(url, autocommit=True) as conn:
        hashed = conn.pgconn.encrypt_password(made.encode(), USER.encode(), b"scram-sha-256")
        command = sql.SQL("ALTER ROLE {} PASSWORD {}")
        conn.execute(command.format(sql.Identifier(USER), sql.Literal(hashed.decode())))
    file.touch(mode=0o600)
    file.write_text(f"{made}\n")
    return made
