"""The web server of the review page."""

from __future__ import annotations

import secrets
import socket
import threading
import webbrowser
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from tag2mask.core.contracts import InputError
from tag2mask.review.annotations import LONGEST_SIDE
from tag2mask.review.guard import EVERYWHERE, Guard, Rules
from tag2mask.review.routes import Routes
from tag2mask.review.source import Source

PORT = 8765
_TRIED = 20

LARGEST_BODY = LONGEST_SIDE * LONGEST_SIDE
"""Maximum size of a request in bytes: a mask of the largest size that the page shows."""


@dataclass(frozen=True)
class Address:
    """The address of the page."""

    host: str
    port: int
    token: str

    @property
    def url(self) -> str:
        """Return the URL to open, including the token."""
        host = socket.gethostname() if self.host in EVERYWHERE else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/?token={self.token}"


def make_app(source: Source, address: Address) -> ASGIApp:
    """Return the application of the page, wrapped by the guard."""
    rules = Rules(address.token, address.host, address.port, LARGEST_BODY)
    return Guard(Routes(source, address.token).app(), rules)


def bind(host: str, port: int | None) -> tuple[socket.socket, Address]:
    """Bind a socket to the requested port, or to the first free one from `PORT` on.

    Raises:
        InputError: the port is in use, or the host is not an address of this machine.
    """
    reason = ""
    for number in [port] if port is not None else range(PORT, PORT + _TRIED):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, number))
        except OSError as error:
            listening.close()
            reason = error.strerror or str(error)
            continue
        listening.listen(128)  # connections wait until the server runs
        return listening, Address(host, listening.getsockname()[1], secrets.token_urlsafe(24))
    where = f"{host}:{port}" if port is not None else f"{host}:{PORT} to {PORT + _TRIED - 1}"
    raise InputError(f"{where} cannot be listened on ({reason}); choose another --port or --host.")


def serve(source: Source, listening: socket.socket, address: Address, *, browser: bool) -> None:
    """Serve the page until the process is stopped.

    Args:
        source: the photos and masks to review.
        listening: the socket from `bind`.
        address: the address from `bind`.
        browser: whether to open the page in the user's browser.
    """
    config = uvicorn.Config(make_app(source, address), log_level="warning", access_log=False,
                            server_header=False, timeout_graceful_shutdown=2)
    if browser:
        threading.Timer(0.3, webbrowser.open, [address.url]).start()
    uvicorn.Server(config).run(sockets=[listening])
