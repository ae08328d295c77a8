"""The HTTP server inside the node's loop: it serves until told to stop, and catches no signals."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from tongshi.app.patience import Patient
from tongshi.errors import Conflict
from tongshi.settings import split_address

FAREWELL = 3.0
"""How long open requests may take when the server stops, s."""
STUCK_MS = 60_000
"""A browser that takes nothing of its answer for so long is gone; connections inherit it."""


class _Server(uvicorn.Server):
    """Signals belong to the command, not to one of several nodes in a process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals as they are."""
        yield


class Web:
    """One listening socket and the application behind it.

    listen: ``host:port``; port 0 takes a free one.  Raises Conflict when it cannot be had.
    """

    def __init__(self, application: ASGIApp, listen: str) -> None:
        host, port = split_address(listen)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STUCK_MS)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            raise Conflict(f"web address {listen} cannot be had: {error.strerror}") from error
        self.host, self.port = self._socket.getsockname()[:2]
        self._server = _Server(
            uvicorn.Config(
                application,
                http=Patient,
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                date_header=True,
                timeout_graceful_shutdown=int(FAREWELL),
                h11_max_incomplete_event_size=64 * 1024,
                proxy_headers=False,
            )
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve; return once requests are taken."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]), name="web")
        while not self._server.started:
            if self._task.done():
                await self._task
                raise Conflict("the web server ended at its start")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Let requests under way finish for a moment, then close."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._socket.close()
