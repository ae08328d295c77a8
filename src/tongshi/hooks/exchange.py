"""The bytes of one delivery and of its answer, without sockets: HTTP/1.1 through h11."""

import h11

from tongshi.hooks.hook import Outcome
from tongshi.hooks.target import Target

KEPT = 1024
"""Bytes of an answer's body that are kept, at the most."""
_AGENT = "Tongshi"
_TYPE = "application/json; charset=utf-8"


class Exchange:
    """One request and what came back.

    Gives the request's bytes; takes the answer's until it has enough: headers, and the first bytes
    of the body.  Nothing of what a redirect says is followed.
    """

    def __init__(self, target: Target, body: bytes, headers: dict[str, str]) -> None:
        self._link = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=16 * 1024)
        self._status: int | None = None
        self._answer = b""
        self._over = False
        lines = [
            ("Host", target.authority),
            ("User-Agent", _AGENT),
            ("Content-Type", _TYPE),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            *headers.items(),
        ]
        head = h11.Request(method="POST", target=target.path, headers=lines)
        parts = (self._link.send(head), self._link.send(h11.Data(body)))
        end = self._link.send(h11.EndOfMessage())
        self.request = b"".join(part or b"" for part in (*parts, end))

    def take(self, data: bytes) -> bool:
        """Take bytes of the answer, ``b""`` at their end; return whether that is enough."""
        try:
            self._link.receive_data(data)
            self._read()
        except h11.RemoteProtocolError:
            self._over = True
        return self._over or not data

    def outcome(self) -> Outcome:
        """Return how it went: taken for a status of 200 to 299."""
        answer = self._answer[:KEPT].decode("utf-8", "replace")
        if self._status is None:
            return Outcome(None, "no-http", "the receiver answered no HTTP")
        if 200 <= self._status < 300:
            return Outcome(self._status, "", "", answer)
        why = "redirect" if 300 <= self._status < 400 else "status"
        return Outcome(self._status, why, f"HTTP status {self._status}", answer)

    def _read(self) -> None:
        while not self._over:
            event = self._link.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            if isinstance(event, h11.Response):
                self._status = event.status_code
            elif isinstance(event, h11.Data):
                self._answer += bytes(event.data)
                self._over = len(self._answer) >= KEPT
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                self._over = True
