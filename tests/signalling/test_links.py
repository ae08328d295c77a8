"""Both servers under one port; without them, nothing is known and nothing breaks."""

import asyncio

import pytest

from tongshi.net.carrier import Carrier
from tongshi.signalling.links import Links
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Event


def test_without_sockets_there_is_nothing() -> None:
    links = Links()
    links.use("tcp/192.0.2.1:5060", True)
    links.end("tcp/192.0.2.1:5060", "for this test")
    assert links.own_host("udp/192.0.2.1:5060") == ""
    assert links.addresses == ()
    assert links.figures() == {}
    links.close()


@pytest.mark.network
@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
def test_both_listen_at_one_port(host: str, shown: str) -> None:
    async def work() -> None:
        links = Links()
        carrier: Carrier[Event] = Carrier(Endpoint(new_token=lambda: "t"), lambda event: None)
        port = links.listen(carrier, host, 0, 10, 30.0)
        try:
            assert links.addresses == (f"udp://{shown}:{port}", f"tcp://{shown}:{port}")
            _, writer = await asyncio.open_connection(host, port)
            for _ in range(1000):
                if links.figures()["tcp.connections"]:
                    break
                await asyncio.sleep(0.01)
            assert links.figures()["tcp.accepted"] == 1
            assert links.figures()["udp.received"] == 0
            writer.close()
            await writer.wait_closed()
        finally:
            links.close()
            carrier.close()

    asyncio.run(work())
