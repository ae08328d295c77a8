"""How long a connection may keep the web server waiting.

uvicorn waits without end for a request that comes a byte at a time, and for one that never comes:
a few thousand such connections take every descriptor of the node, and cost their maker nothing.
"""

import asyncio
from typing import cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD = 20.0
"""How long the head of a request may take, from the connection or the answer before it, s."""
GRACE = 30.0
"""How long a body may take whatever its size, s; beyond it counts what has come."""
PACE = 1000.0
"""Bytes a second of a body at the least, over all of it."""
LOOK = 5.0
"""Between looks at a connection, s."""


class Patient(H11Protocol):
    """One connection, closed when the other side keeps us waiting longer than the rules above.

    What we make the other side wait for does not count: answers, and bodies that nobody reads.
    """

    owed_since = 0.0
    came = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection over."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._owe()
        self._timer = self.loop.call_later(LOOK, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        before = self.conn.their_state
        self.came += len(data)
        super().data_received(data)
        if self.conn.their_state is not before:
            self._owe()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._owe()

    def _owe(self) -> None:
        """Count from here what the other side owes us."""
        self.owed_since, self.came = self.loop.time(), 0

    def _look(self) -> None:
        if self.is_overdue(self.loop.time()):
            self.transport.abort()
            return
        self._timer = self.loop.call_later(LOOK, self._look)

    def is_overdue(self, now: float) -> bool:
        """Say whether the other side has kept us waiting too long at *now*, of the loop, s."""
        waited = now - self.owed_since
        if self.conn.their_state is h11.IDLE:
            return waited > HEAD and self.conn.our_state is h11.IDLE
        if self.conn.their_state is not h11.SEND_BODY:
            return False
        if self.conn.our_state is h11.DONE:  # answered already, and more of it still comes
            return waited > LOOK
        if self.flow.read_paused:
            self._owe()
            return False
        return waited > GRACE and self.came < (waited - GRACE) * PACE
