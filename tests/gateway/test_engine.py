"""What every engine must do alike."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, replace

import pytest

from tongshi.errors import Conflict, Exhausted, Missing
from tongshi.gateway.engine import Engine, EngineEvent, Figures, Receive, Transport
from tongshi.gateway.engines.builtin import Local
from tongshi.gateway.engines.null import Null
from tongshi.gateway.engines.workers import Workers
from tongshi.settings import MediaSettings

SETTINGS = MediaSettings(
    workers=1,
    listen="127.0.0.1",
    ports_from=0,
    ports_to=0,
    viewer_listen="127.0.0.1:0",
    sessions=3,
)


def local() -> Engine:
    return Local(replace(SETTINGS, workers=0))


def workers() -> Engine:
    return Workers(SETTINGS)


def null() -> Engine:
    return Null(ports=3)


@pytest.mark.network
@pytest.mark.parametrize("build", [local, workers, null])
def test_the_books_of_an_engine(build: Callable[[], Engine]) -> None:
    async def run() -> None:
        engine = build()
        await engine.start()
        events: list[EngineEvent] = []
        engine.subscribe(events.append)
        ports = [await engine.open(Receive(name, Transport.UDP)) for name in "abc"]
        assert len(set(ports)) == 3
        assert engine.leased_ports() == 3
        with pytest.raises(Conflict):
            await engine.open(Receive("a", Transport.UDP))
        with pytest.raises(Exhausted):
            await engine.open(Receive("d", Transport.UDP))
        assert (await engine.figures("a")).packets == 0
        assert isinstance(engine.viewer_port("a"), int)
        relay = await engine.relay("a", "127.0.0.1", 9, 1)
        await engine.unrelay(relay)
        await engine.unrelay(relay)
        await engine.revoke("never given", "denied")
        await engine.close("a")
        assert engine.leased_ports() == 2
        assert await engine.close("a") == Figures()
        await engine.open(Receive("a", Transport.TCP_PASSIVE))
        await engine.stop()
        assert engine.leased_ports() == 0
        assert not [event for event in events if type(event).__name__ == "StreamLost"]

    asyncio.run(run())


@pytest.mark.network
@pytest.mark.parametrize("build", [local, workers, null])
def test_an_unknown_stream_is_missing(build: Callable[[], Engine]) -> None:
    async def run() -> None:
        engine = build()
        await engine.start()
        for act in (
            engine.adopt("s", None, ()),
            engine.connect("s", "127.0.0.1", 9),
            engine.admit("s", "t", expires_s=1.0),
            engine.snapshot("s"),
            engine.relay("s", "127.0.0.1", 9, 1),
            engine.figures("s"),
        ):
            with pytest.raises(Missing):
                await act
        await engine.stop()

    asyncio.run(run())


def test_figures_are_plain() -> None:
    figures = Figures(packets=1, lost=2, viewers=3, source="127.0.0.1:9")
    assert Figures(**json.loads(json.dumps(asdict(figures)))) == figures
