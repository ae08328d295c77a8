import asyncio
import socket
from collections.abc import Callable

import pytest

from tongshi.net import pair
from tongshi.net.carrier import Carrier
from tongshi.net.tcp import TcpServer
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Event

pytestmark = pytest.mark.network


def made() -> Carrier[Event]:
    return Carrier(Endpoint(new_token=iter(map(str, range(9))).__next__), lambda event: None)


def failing(times: int) -> Callable[..., TcpServer]:
    """Return what says so often that the port is taken, then listens."""
    left = [times]

    def listen(carrier: Carrier[Event], host: str, port: int, **rest: float) -> TcpServer:
        if left[0]:
            left[0] -= 1
            raise OSError(98, "Address already in use")
        return TcpServer(carrier, host, port, limit=int(rest["limit"]), idle=rest["idle"])

    return listen


def test_another_port_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair, "TcpServer", failing(3))

    async def main() -> None:
        udp, tcp = pair.listen(made(), "127.0.0.1", 0)
        assert udp.port == tcp.port
        tcp.close()
        udp.close()

    asyncio.run(main())


@pytest.mark.parametrize("given", [0, 1])
def test_what_cannot_be_had_is_told_and_nothing_is_kept(
    given: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pair, "TcpServer", failing(pair.TRIES))

    async def main() -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            free = probe.getsockname()[1]
        with pytest.raises(OSError, match="already in use"):
            pair.listen(made(), "127.0.0.1", given and free)

    asyncio.run(main())
