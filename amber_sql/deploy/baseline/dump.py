"""A database → what pg_dump says of its schema: PostgreSQL's own order of what depends on what."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from amber_sql.compiler.bookkeeping import TABLES
from amber_sql.errors import DumpFailed, NoPgDump, NoPostgresBinaries
from amber_sql.server.binaries import available_majors, find_binaries

if TYPE_CHECKING:
    from pathlib import Path

_LEFT_OUT = (
    "--no-publications",
    "--no-subscriptions",  # their connections hold passwords
    "--no-security-labels",
    "--no-tablespaces",
)
_SECRET = re.compile(r"(?i)(password\s*=?\s*)\S+")


def dump(url: str, version: int) -> str:
    """Return `pg_dump --schema-only` of a server of this major version. Raises NoPgDump, DumpFailed."""
    given = {name: str(value) for name, value in conninfo_to_dict(url).items() if value}
    password = given.pop("password", "")
    command = [str(_program(version)), "--schema-only", *_LEFT_OUT]
    command += [f"--exclude-table=*.{name}" for name in TABLES]
    given["options"] = f"{given.get('options', '')} -c standard_conforming_strings=on".strip()
    command += [f"--dbname={make_conninfo(**given)}"]  # without a password: others see the line
    environment = dict(os.environ) | ({"PGPASSWORD": password} if password else {})
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise DumpFailed(reason=_SECRET.sub(r"\1…", said))
    return done.stdout.decode()


def _program(version: int) -> Path:
    """Return a pg_dump that knows the server: of its version or a newer one."""
    try:
        folders = [find_binaries(), *(path for _, path in sorted(available_majors().items()))]
    except NoPostgresBinaries:
        folders = []
    for folder in folders:
        program = folder / "pg_dump"
        if program.is_file() and _major(program) >= version:
            return program
    raise NoPgDump(version=version)


def _major(program: Path) -> int:
    done = subprocess.run([program, "--version"], capture_output=True, check=False, text=True)
    match = re.search(r"(\d+)", done.stdout.partition(")")[2])
    return int(match[1]) if match else 0
