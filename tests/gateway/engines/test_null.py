"""An engine that only keeps books."""

import asyncio

import pytest

from tongshi.errors import Conflict, EngineFailed, Exhausted, Missing, PeerSilent
from tongshi.gateway.engine import Engine, EngineEvent, Figures, FirstMedia, Receive, Transport
from tongshi.gateway.engines.null import TRACK, Null


def test_it_is_an_engine_and_its_books_agree() -> None:
    async def main() -> None:
        null, told = Null(ports=2), list[EngineEvent]()
        engine: Engine = null
        engine.subscribe(told.append)
        await engine.start()
        await engine.open(Receive("a", Transport.UDP))
        with pytest.raises(Conflict):
            await engine.open(Receive("a", Transport.UDP))
        await engine.open(Receive("b", Transport.TCP_ACTIVE))
        with pytest.raises(Exhausted):
            await engine.open(Receive("c", Transport.UDP))
        await engine.adopt("a", 1, ())
        await engine.adopt("b", None, (), "192.0.2.20")
        assert told == [FirstMedia("a", TRACK)]
        await engine.connect("b", "192.0.2.20", 15060)
        assert null.connected == {"b": ("192.0.2.20", 15060)}
        await engine.admit("a", "ticket", expires_s=10)
        await engine.revoke("ticket", "denied")
        assert await engine.figures("a") == Figures()
        assert engine.viewer_port("a") == 0
        await engine.unrelay(await engine.relay("a", "192.0.2.30", 1, 2))
        with pytest.raises(Missing):
            await engine.snapshot("a")
        assert await engine.close("a", "peer.silent", "media") == Figures()
        assert null.closed == [("a", "peer.silent", "media")]
        await engine.stop()
        assert engine.leased_ports() == 0

    asyncio.run(main())


def test_unknown_streams_are_missing() -> None:
    async def main() -> None:
        null = Null()
        for act in (null.adopt("x", 1, ()), null.connect("x", "h", 1), null.figures("x")):
            with pytest.raises(Missing):
                await act
        await null.close("x")
        assert null.closed == []

    asyncio.run(main())


def test_it_fails_as_it_is_told_to() -> None:
    async def main() -> None:
        null, told = Null(), list[EngineEvent]()
        null.subscribe(told.append)
        await null.open(Receive("a", Transport.TCP_ACTIVE))
        null.answers = lambda stream: None
        await null.connect("a", "h", 1)
        assert told == []
        null.connect_fault = PeerSilent("", timer="connect", stage="connect")
        with pytest.raises(PeerSilent):
            await null.connect("a", "h", 1)
        null.close_fault = EngineFailed("", stage="worker")
        with pytest.raises(EngineFailed):
            await null.close("a")
        assert null.leased_ports() == 0

    asyncio.run(main())
