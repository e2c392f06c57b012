"""A studio → a server on this machine's loopback, until Ctrl-C."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import uvicorn

from amber_sql.errors import PortTaken
from amber_sql.studio.app import application

if TYPE_CHECKING:
    from amber_sql.studio.state import Studio

LOOPBACK = "127.0.0.1"


def listen(port: int) -> socket.socket:
    """Return a socket that listens on `port` of the loopback; 0 takes a free one. Raises PortTaken."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # A port whose last connections are still closing is free; one that somebody listens on is not.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((LOOPBACK, port))
        made.listen(128)
    except (OSError, OverflowError) as error:
        made.close()
        raise PortTaken(port=port, reason=getattr(error, "strerror", None) or error) from None
    return made


def server(studio: Studio) -> uvicorn.Server:
    """Return the server of `studio`, not yet running: `run(sockets=[…])`."""
    config = uvicorn.Config(
        application(studio), log_level="error", access_log=False, server_header=False,
        date_header=False, proxy_headers=False, ws="none", lifespan="on",
        timeout_graceful_shutdown=2, timeout_keep_alive=60,
    )  # fmt: skip
    return uvicorn.Server(config)
