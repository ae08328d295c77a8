"""A UDP socket under a core, on loopback."""

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tongshi.net import udp
from tongshi.net.carrier import Carrier
from tongshi.net.udp import RECEIVE_BUFFER, UdpServer
from tongshi.sip.address import Address

pytestmark = pytest.mark.network


class Echo:
    """A core that sends back what it gets and keeps where it came from."""

    def __init__(self) -> None:
        self.out: list[tuple[bytes, Address]] = []
        self.sources: list[Address] = []

    def receive(self, data: bytes, source: Address, now: float) -> None:
        self.out.append((data, source))
        self.sources.append(source)

    def link_lost(self, address: Address, now: float) -> None: ...

    def expire(self, now: float) -> None: ...

    def deadline(self) -> float | None:
        return None

    def outgoing(self) -> list[tuple[bytes, Address]]:
        out, self.out = self.out, []
        return out

    def events(self) -> list[str]:
        return []


Work = Callable[[Echo, Carrier[str]], Coroutine[Any, Any, None]]


def run(work: Work) -> None:
    async def main() -> None:
        core = Echo()
        await work(core, Carrier(core, lambda event: None))

    asyncio.run(main())


async def ask(port: int, data: bytes, host: str = "127.0.0.1") -> tuple[bytes, Any]:
    """Send *data* to *port* and return the answer and where it came from."""
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        await loop.sock_sendto(sock, data, (host, port))
        async with asyncio.timeout(5):
            return await loop.sock_recvfrom(sock, 65536)


def test_datagrams_go_in_and_out_and_are_counted() -> None:
    async def work(core: Echo, carrier: Carrier[str]) -> None:
        server = UdpServer(carrier, "127.0.0.1", 0)
        answer, source = await ask(server.port, b"x" * 60_000)
        assert (answer, source[:2]) == (b"x" * 60_000, ("127.0.0.1", server.port))
        assert (server.received, server.sent, server.unsent) == (1, 1, 0)
        assert core.sources[0].local == server.name
        assert server.own(server.name) == "127.0.0.1"
        server.close()
        server.close()

    run(work)


@pytest.mark.parametrize("destination", ["127.0.0.1", "127.0.0.2"])
def test_a_wildcard_listener_answers_from_the_address_asked(destination: str) -> None:
    async def work(core: Echo, carrier: Carrier[str]) -> None:
        server = UdpServer(carrier, "0.0.0.0", 0)
        for _ in range(2):
            answer, source = await ask(server.port, b"ping", destination)
            assert (answer, source[0]) == (b"ping", destination)
        assert server.own(core.sources[0].local) == destination
        assert (server.own(server.name), server.own("else")) == ("", "")
        server.close()

    run(work)


@pytest.mark.parametrize("host", ["::", "::1"])
def test_ipv6(host: str) -> None:
    async def work(core: Echo, carrier: Carrier[str]) -> None:
        try:
            server = UdpServer(carrier, host, 0)
        except OSError:
            pytest.skip("no IPv6 on this machine")
        answer, source = await ask(server.port, b"ping", "::1")
        assert (answer, source[0]) == (b"ping", "::1")
        server.close()

    run(work)


def test_many_datagrams_are_drained_in_batches() -> None:
    async def work(core: Echo, carrier: Carrier[str]) -> None:
        server = UdpServer(carrier, "127.0.0.1", 0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for number in range(3 * udp.BATCH):
                sock.sendto(b"%d" % number, ("127.0.0.1", server.port))
            for _ in range(10_000):
                if server.sent == 3 * udp.BATCH:
                    break
                await asyncio.sleep(0)
        assert server.received == server.sent == 3 * udp.BATCH
        server.close()

    run(work)


def test_what_the_kernel_refuses_is_counted() -> None:
    async def work(core: Echo, carrier: Carrier[str]) -> None:
        server = UdpServer(carrier, "127.0.0.1", 0)
        server.send(b"x" * 70_000, Address("127.0.0.1", server.port))
        server.send(b"x", Address("256.0.0.1", 1))
        assert (server.sent, server.unsent) == (0, 2)
        server.close()

    run(work)


def test_the_granted_buffer_is_read_back_and_a_small_one_warned_of(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(core: Echo, carrier: Carrier[str]) -> None:
        server = UdpServer(carrier, "127.0.0.1", 0)
        assert server.buffer > 0
        assert ("rmem_max" in caplog.text) == (server.buffer < udp.RECEIVE_BUFFER)
        server.close()

    with caplog.at_level(logging.WARNING):
        run(work)
        monkeypatch.setattr(udp, "RECEIVE_BUFFER", RECEIVE_BUFFER * 64)
        run(work)
    assert "rmem_max" in caplog.text


def test_a_taken_port_is_refused() -> None:
    async def work(core: Echo, carrier: Carrier[str]) -> None:
        server = UdpServer(carrier, "127.0.0.1", 0)
        with pytest.raises(OSError, match="in use"):
            UdpServer(carrier, "127.0.0.1", server.port)
        server.close()

    run(work)
