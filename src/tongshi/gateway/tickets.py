"""Tickets: who may open which stream, once, and until when.

A ticket that leaked is of no use to anybody else: it counts for the sign-in that it was made for,
shown as the same cookie, and from the network address that asked.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from tongshi.access.identity import digest_token


@dataclass(frozen=True, slots=True)
class Bond:
    """Whom a ticket is for.

    sign_in: digest of the token whose cookie comes along; empty for programs, which have none.
    host: address that asked; empty where a proxy hides it.
    """

    sign_in: str = ""
    host: str = ""

    def knows(self, cookies: str) -> bool:
        """Say whether the sign-in is among *cookies*, a header as it came."""
        if not self.sign_in:
            return True
        values = (part.partition("=")[2].strip() for part in cookies.split(";"))
        return any(digest_token(value) == self.sign_in for value in values if value)

    def is_at(self, host: str) -> bool:
        """Say whether *host* is the address that asked.

        Addresses of two families say nothing of each other: then it is taken for the same.
        """
        try:
            asked, came = _plain(self.host), _plain(host)
        except ValueError:
            return not self.host
        return type(asked) is not type(came) or asked == came


ANYBODY = Bond()
"""For tests and measurements: whoever shows the ticket."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to view *stream* once before *expires* (monotonic, s).  silent: without its sound."""

    token: str
    stream: str
    expires: float
    transcode: bool
    bond: Bond = ANYBODY
    silent: bool = False


class Tickets:
    """Tickets that are not used yet.  A used, revoked or late one is as if it never was."""

    def __init__(self) -> None:
        self._held: dict[str, Ticket] = {}

    def __len__(self) -> int:
        return len(self._held)

    def admit(self, ticket: Ticket) -> None:
        """Accept *ticket* when it is shown."""
        self._held[ticket.token] = ticket

    def take(self, token: str, now: float, cookies: str = "") -> Ticket | None:
        """Return the ticket and forget it; None when there is none that still counts.

        cookies: that came with it.  Somebody else's try leaves it to whom it is for.
        """
        ticket = self._held.get(token)
        if ticket is None or not ticket.bond.knows(cookies):
            return None
        del self._held[token]
        return ticket if now < ticket.expires else None

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


def _plain(host: str) -> object:
    """Return an address without its zone, one of IPv4 as such; raises ValueError."""
    address = ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
