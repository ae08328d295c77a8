"""Talks in worker processes."""

import asyncio

import pytest

from tongshi.errors import Conflict, EngineFailed, Missing
from tongshi.gateway.engine import (
    EngineEvent,
    ReaderJoined,
    ReaderLeft,
    Speak,
    Spoken,
    StreamLost,
    Transport,
)
from tongshi.gateway.engines.talks import WorkerTalks
from tongshi.gateway.engines.workers import Workers
from tongshi.settings import MediaSettings
from tongshi.testing.voice import Mouth, UdpEar, poll, tone

HOST = "127.0.0.1"
SETTINGS = MediaSettings(
    workers=2, listen=HOST, ports_from=0, ports_to=0, viewer_listen=f"{HOST}:0", talks=8
)


class Answering:
    """A process that answers what it is told to."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    async def ask(self, act: str, **given: object) -> object:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


def test_answers_that_are_none() -> None:
    async def act() -> None:
        forgotten: list[str] = []
        home = Answering("nonsense")
        talks = WorkerTalks(lambda name: home, lambda name: home, forgotten.append)
        with pytest.raises(EngineFailed):
            await talks.open(Speak("t", Transport.UDP))
        with pytest.raises(EngineFailed):
            await talks.figures("t")
        with pytest.raises(EngineFailed):
            await talks.close("t")
        home.answer = EngineFailed("dead", stage="worker")
        with pytest.raises(EngineFailed):
            await talks.open(Speak("t", Transport.UDP))
        assert forgotten == ["t", "t"]
        nowhere = WorkerTalks(lambda name: home, lambda name: None, forgotten.append)
        assert await nowhere.close("t") == Spoken()
        with pytest.raises(Missing):
            await nowhere.admit("t", "k", expires_s=1)

    asyncio.run(act())


@pytest.mark.clause("9.12.1.2")
@pytest.mark.network
def test_a_voice_through_a_worker_and_what_becomes_of_it_when_that_dies() -> None:
    async def act() -> None:
        engine = Workers(SETTINGS)
        events: list[EngineEvent] = []
        engine.subscribe(events.append)
        await engine.start()
        try:
            ear = UdpEar()
            port = await engine.talks.open(Speak("t", Transport.UDP, (HOST,)))
            assert port > 0
            with pytest.raises(Conflict):
                await engine.talks.open(Speak("t", Transport.UDP))
            await engine.talks.start("t", HOST, ear.port, 77)
            await engine.talks.admit("t", "k", expires_s=5)
            mouth = await Mouth.open(f"ws://{HOST}:{engine.viewer_port('t')}/talk/k")
            said = tone(0.5)
            await mouth.say(said)
            await ear.until(lambda ear: said in ear.samples())
            assert ReaderJoined("t", "k") in events
            assert (await engine.talks.figures("t")).voice == 0.5
            spoken = await engine.talks.close("t")
            assert (spoken.voice, spoken.dropped) == (0.5, 0)
            async with asyncio.timeout(5):
                await mouth.over.wait()
            await engine.talks.open(Speak("u", Transport.UDP, (HOST,)))
            await engine.talks.start("u", HOST, ear.port, 78)
            await engine.talks.admit("u", "k2", expires_s=5)
            mouth = await Mouth.open(f"ws://{HOST}:{engine.viewer_port('u')}/talk/k2")
            await poll(lambda: ReaderJoined("u", "k2") in events)
            worker = engine._homes["u"]
            assert worker._child is not None
            worker._child.kill()
            await poll(lambda: any(isinstance(event, StreamLost) for event in events))
            left = [event for event in events if isinstance(event, ReaderLeft)]
            assert (left[-1].ticket, left[-1].why) == ("k2", "engine.failed")
            assert (await engine.talks.close("u")) == Spoken()
            assert engine.leased_ports() == 0
            await ear.close()
        finally:
            await engine.stop()

    asyncio.run(act())
