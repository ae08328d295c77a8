"""Tickets: who may open which stream, once, and until when."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to view *stream* once before *expires* (monotonic, s)."""

    token: str
    stream: str
    expires: float
    transcode: bool


class Tickets:
    """Tickets that are not used yet.  A used, revoked or late one is as if it never was."""

    def __init__(self) -> None:
        self._held: dict[str, Ticket] = {}

    def __len__(self) -> int:
        return len(self._held)

    def admit(self, ticket: Ticket) -> None:
        """Accept *ticket* when it is shown."""
        self._held[ticket.token] = ticket

    def take(self, token: str, now: float) -> Ticket | None:
        """Return the ticket and forget it; None when there is none that still counts."""
        ticket = self._held.pop(token, None)
        return ticket if ticket is not None and now < ticket.expires else None

    def revoke(self, token: str) -> None:
        """Forget a ticket."""
        self._held.pop(token, None)

    def close(self, stream: str) -> None:
        """Forget the tickets of *stream*."""
        for token in [token for token, held in self._held.items() if held.stream == stream]:
            del self._held[token]

    def expire(self, now: float) -> None:
        """Forget the tickets whose time has passed."""
        for token in [token for token, held in self._held.items() if held.expires <= now]:
            del self._held[token]
