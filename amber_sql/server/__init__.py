"""The embedded PostgreSQL: found on this machine, started when somebody needs it, healed by itself.

embedded()            this user's persistent development server, shared by all processes
servers()             all that this user has, of every major version
temporary()           a throw-away server in a folder of its own, gone with its owner
Server(folder)        either of them, in a folder of your choice
"""

from __future__ import annotations

from amber_sql.server.binaries import available_majors, find_binaries
from amber_sql.server.lifecycle import Server
from amber_sql.server.shared import embedded, servers, temporary

__all__ = ["Server", "available_majors", "embedded", "find_binaries", "servers", "temporary"]
