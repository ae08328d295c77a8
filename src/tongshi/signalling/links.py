"""The sockets that devices reach us by: UDP and TCP under one port."""

from collections.abc import Mapping
from typing import Any

from tongshi.net.carrier import Carrier
from tongshi.net.pair import listen
from tongshi.net.tcp import TcpServer
from tongshi.net.udp import UdpServer


class Links:
    """Both servers, once :meth:`listen` was called; before, and without sockets, nothing."""

    def __init__(self) -> None:
        self._udp: UdpServer | None = None
        self._tcp: TcpServer | None = None

    def listen(self, carrier: Carrier[Any], host: str, port: int, limit: int, idle: float) -> int:
        """Return the port, which was chosen for us where *port* is 0.

        limit: TCP connections.  idle: s after which one may go.  Raises OSError when the address
        cannot be had.
        """
        self._udp, self._tcp = listen(carrier, host, port, limit=limit, idle=idle)
        return int(self._udp.port)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where we listen, as ``udp://host:port`` and ``tcp://host:port``."""
        servers = (("udp", self._udp), ("tcp", self._tcp))
        return tuple(
            f"{name}://{_bracketed(server.host)}:{server.port}"
            for name, server in servers
            if server is not None
        )

    def own_host(self, local: str) -> str:
        """Return our host on the link of that name; ``""`` when it cannot be told."""
        for server in (self._udp, self._tcp):
            host = server.own(local) if server is not None else ""
            if host:
                return host
        return ""

    def use(self, local: str, used: bool) -> None:
        """Let the idle rule spare a connection as long as a device is reached by it."""
        if self._tcp is not None:
            (self._tcp.keep if used else self._tcp.release)(local)

    def end(self, local: str, why: str) -> None:
        """Close a connection."""
        if self._tcp is not None:
            self._tcp.end(local, why)

    def figures(self) -> Mapping[str, float]:
        """Return counts since the start and present states, by dotted name."""
        found: dict[str, float] = {}
        if self._tcp is not None:
            found["tcp.connections"] = len(self._tcp)
            found |= {f"tcp.{name}": count for name, count in self._tcp.counters.items()}
        if self._udp is not None:
            udp = self._udp
            found |= {"udp.received": udp.received, "udp.sent": udp.sent}
            found |= {"udp.unsent": udp.unsent, "udp.buffer": udp.buffer}
        return found

    def close(self) -> None:
        """Close both."""
        for server in (self._udp, self._tcp):
            if server is not None:
                server.close()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
