"""The command line: click commands, one module a group; they print, write files, set exit codes."""

from __future__ import annotations

from amber_sql.cli.main import main

__all__ = ["main"]
