"""One port for both transports, as the standard has it: UDP and TCP under the same number."""

from typing import Any

from tongshi.net.carrier import Carrier
from tongshi.net.tcp import TcpServer
from tongshi.net.udp import UdpServer

TRIES = 20
"""Ports that are tried where any will do: one that is free for UDP may be taken for TCP."""


def listen(
    carrier: Carrier[Any], host: str, port: int, *, limit: int = 20_000, idle: float = 30.0
) -> tuple[UdpServer, TcpServer]:
    """Return two servers at *port* of *host*; port 0 is any that both can have.

    limit, idle: as `TcpServer` has them.  Raises OSError when the port cannot be had.
    """
    for left in reversed(range(TRIES if port == 0 else 1)):
        udp = UdpServer(carrier, host, port)
        try:
            return udp, TcpServer(carrier, host, udp.port, limit=limit, idle=idle)
        except OSError:
            udp.close()
            if not left:
                raise
    raise AssertionError("one try at least")
