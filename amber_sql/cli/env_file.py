"""A project's .env → the database of a command, where the environment names none.

Only the commands read it, and only three names of it. Values are taken as they stand: an expanded
`${…}` would let somebody's .env send what is in the environment to their server.
"""

from __future__ import annotations

import os
import stat
from io import StringIO
from typing import TYPE_CHECKING

import click

from amber_sql.deploy.connect.target import ENVIRONMENT, describe
from amber_sql.errors import BadEnvFile

if TYPE_CHECKING:
    from pathlib import Path

KIND = "AMBER_ENV"
"""It may say that the database is production's; nothing else says that of a local one."""
LONGEST = 1_000_000


def find_database(root: Path) -> str | None:
    """Return the database that `root/.env` names, and say so on stderr; None where it names none."""
    file = root / ".env"
    found = _read(file)
    for name in ENVIRONMENT:
        if url := (found.get(name) or "").strip():
            if "${" in url:
                raise BadEnvFile(file=file, what=f"{name} holds ${{…}}, which is not expanded")
            if kind := found.get(KIND):
                _assume(kind)
            click.echo(f"{name} is not set: using the one in {file}, {describe(url)}", err=True)
            return url
    return None


def _read(file: Path) -> dict[str, str | None]:
    """Return what the file sets. Raises BadEnvFile where it cannot be read as text."""
    try:
        found = file.stat()
        if not stat.S_ISREG(found.st_mode):  # a pipe would be waited for
            return {}
        if found.st_size > LONGEST:
            raise BadEnvFile(file=file, what=f"is longer than {LONGEST} bytes")
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BadEnvFile(file=file, what=error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        raise BadEnvFile(file=file, what=f"is not UTF-8 (byte {error.start})") from None
    if "\0" in text:
        raise BadEnvFile(file=file, what="holds a NUL byte")
    from dotenv import dotenv_values  # seldom needed  # noqa: PLC0415

    return dict(dotenv_values(stream=StringIO(text), interpolate=False))


def _assume(kind: str) -> None:
    """Let the rest of this command see the kind of database that the file speaks of."""
    if KIND not in os.environ:
        os.environ[KIND] = kind
        click.get_current_context().call_on_close(lambda: os.environ.pop(KIND, None))
