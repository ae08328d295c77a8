import asyncio

import pytest

from tongshi.errors import EngineFailed, Missing
from tongshi.gateway.engine import EngineEvent, FirstMedia, PeerClosed, Receive, Transport
from tongshi.gateway.engines.null import TRACK, Null


def test_it_says_what_it_is_told_to_say() -> None:
    async def run() -> None:
        engine = Null()
        events: list[EngineEvent] = []
        engine.subscribe(events.append)
        await engine.open(Receive("u", Transport.UDP))
        await engine.open(Receive("a", Transport.TCP_ACTIVE))
        await engine.adopt("u", 7, (), "192.0.2.1")
        await engine.adopt("a", None, ())
        assert events == [FirstMedia("u", TRACK)]
        engine.answers = PeerClosed
        await engine.connect("a", "192.0.2.1", 9)
        assert events[1:] == [PeerClosed("a")]
        engine.answers = lambda _: None
        await engine.adopt("u", 8, ())
        assert len(events) == 2
        assert engine.adopted == {"u": (8, ""), "a": (None, "")}
        assert engine.connected == {"a": ("192.0.2.1", 9)}
        await engine.admit("u", "t", expires_s=1.0)
        with pytest.raises(Missing):
            await engine.snapshot("u")

    asyncio.run(run())


def test_faults_are_raised_where_they_are_put() -> None:
    async def run() -> None:
        engine = Null()
        await engine.open(Receive("a", Transport.TCP_ACTIVE))
        engine.connect_fault = EngineFailed("refused", stage="connect")
        engine.close_fault = EngineFailed("gone", stage="worker")
        with pytest.raises(EngineFailed, match="refused"):
            await engine.connect("a", "192.0.2.1", 9)
        with pytest.raises(EngineFailed, match="gone"):
            await engine.close("a", "peer.silent", "media")
        assert engine.closed == [("a", "peer.silent", "media")]
        assert engine.leased_ports() == 0

    asyncio.run(run())
