"""Which of our own addresses a peer is told."""

import socket
from collections.abc import Callable

from tongshi.errors import Invalid
from tongshi.settings import split_address
from tongshi.sip.address import Address

_REMEMBERED = 4096


class Facing:
    """Our address as each peer has to write it.

    advertise: ``host`` or ``host:port`` told to everyone; empty for the address that faces the
    peer: the one it sent to where that is known, else the one from which the kernel would send.
    port: of our listener, told when *advertise* names none.
    own: returns our host on the link of that name, ``""`` when it cannot tell.
    """

    def __init__(self, advertise: str, port: int, own: Callable[[str], str]) -> None:
        self._host, self._port = _split(advertise, port)
        self._own = own
        self._routes: dict[str, str] = {}

    def host(self, peer: Address) -> str:
        """Return the host to tell *peer*."""
        return self._host or self._own(peer.local) or self._route(peer.host)

    def sent_by(self, peer: Address) -> str:
        """Return ``host:port`` to tell *peer*, for Via and Contact."""
        host = self.host(peer)
        return f"[{host}]:{self._port}" if ":" in host else f"{host}:{self._port}"

    def _route(self, host: str) -> str:
        known = self._routes.get(host)
        if known is None:
            if len(self._routes) >= _REMEMBERED:
                self._routes.clear()
            known = self._routes[host] = route_to(host)
        return known


def route_to(host: str) -> str:
    """Return the own address from which packets to *host* leave; loopback when there is no way.

    Connecting a UDP socket sends nothing: it asks the kernel's routing table.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, 9))
        except OSError:
            return "::1" if family == socket.AF_INET6 else "127.0.0.1"
        return str(probe.getsockname()[0])


def _split(advertise: str, port: int) -> tuple[str, int]:
    """Return host and port of ``host``, ``host:port``, ``v6`` or ``[v6]:port``."""
    if not advertise:
        return "", port
    if advertise.count(":") == 1 or advertise.startswith("["):
        try:
            return split_address(advertise)
        except Invalid:
            return advertise.strip("[]"), port
    return advertise, port
