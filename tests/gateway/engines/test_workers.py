import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar

import pytest
from picows import WSListener, ws_connect

from tongshi.errors import Conflict, EngineFailed, Missing
from tongshi.gateway.engine import (
    EngineEvent,
    Figures,
    FirstMedia,
    ReaderJoined,
    ReaderLeft,
    Receive,
    StreamLost,
    Transport,
)
from tongshi.gateway.engines.workers import Workers, share
from tongshi.media.unit import Codec
from tongshi.settings import MediaSettings
from tongshi.testing.clip import bursts, encode
from tongshi.testing.viewer import watch

HOST = "127.0.0.1"
SETTINGS = MediaSettings(
    workers=2, listen=HOST, ports_from=0, ports_to=0, viewer_listen=f"{HOST}:0", sessions=4
)
EventT = TypeVar("EventT", bound=EngineEvent)


def test_the_settings_are_shared_out() -> None:
    settings = replace(
        SETTINGS,
        workers=3,
        ports_from=30_000,
        ports_to=30_011,
        viewer_listen="[::1]:8081",
        transcodes=4,
        viewers=10,
    )
    parts = share(settings)
    assert [(part.ports_from, part.ports_to) for part in parts] == [
        (30_000, 30_003),
        (30_004, 30_007),
        (30_008, 30_011),
    ]
    assert [part.viewer_listen for part in parts] == ["[::1]:8081", "[::1]:8082", "[::1]:8083"]
    assert [part.transcodes for part in parts] == [2, 1, 1]
    assert [part.viewers for part in parts] == [3, 3, 3]
    assert [part.sessions for part in parts] == [1, 1, 1]
    assert len(share(replace(SETTINGS, workers=0))) == 1


class Stage:
    def __init__(self, engine: Workers) -> None:
        self.engine = engine
        self.events: list[EngineEvent] = []
        self._told = asyncio.Event()
        engine.subscribe(self._hear)

    async def heard(self, kind: type[EventT], count: int = 1) -> EventT:
        async with asyncio.timeout(20):
            while len(found := [event for event in self.events if isinstance(event, kind)]) < count:
                self._told.clear()
                await self._told.wait()
        return found[count - 1]

    async def until(self, true: Callable[[Figures], bool]) -> None:
        for _ in range(2000):
            if true(await self.engine.figures("s")):
                return
            await asyncio.sleep(0.01)
        raise AssertionError(await self.engine.figures("s"))

    def _hear(self, event: EngineEvent) -> None:
        self.events.append(event)
        self._told.set()


@asynccontextmanager
async def stage(settings: MediaSettings = SETTINGS) -> AsyncIterator[Stage]:
    engine = Workers(settings)
    await engine.start()
    pids = engine.pids()
    try:
        yield Stage(engine)
    finally:
        await engine.stop()
    assert engine.leased_ports() == 0
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def send(port: int, *, sequence: int = 0) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((HOST, port))
        for packets in bursts(encode(Codec.H264, 5), sequence=sequence):
            for packet in packets:
                sock.send(packet)


@pytest.mark.network
def test_everything_that_one_process_does() -> None:
    async def run() -> None:
        async with stage() as it:
            engine = it.engine
            port = await engine.open(Receive("s", Transport.UDP, 1, ((96, "PS"),)))
            with pytest.raises(Conflict):
                await engine.open(Receive("s", Transport.UDP))
            await engine.adopt("s", 1, ((96, "PS"),), HOST)
            await send(port)
            assert (await it.heard(FirstMedia)).track.width == 320
            await it.until(lambda figures: figures.frames == 5)
            assert (await engine.snapshot("s"))[:2] == b"\xff\xd8"
            await engine.admit("s", "t", expires_s=60.0)
            address = f"ws://{HOST}:{engine.viewer_port('s')}/play/t"
            watched = await watch(address, messages=1, within=20)
            assert len(list(watched.pictures())) == 5
            assert (await it.heard(ReaderLeft)).ticket == "t"
            await engine.revoke("t", "denied")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
                sink.bind((HOST, 0))
                sink.settimeout(10)
                relay = await engine.relay("s", HOST, sink.getsockname()[1], 7)
                await send(port, sequence=5)
                assert sink.recv(2048)[8:12] == bytes([0, 0, 0, 7])
                await engine.unrelay(relay)
                await engine.unrelay(relay)
            assert (await engine.close("s")).frames > 5
            assert await engine.close("s") == Figures()
            with pytest.raises(Missing):
                engine.viewer_port("s")
            with pytest.raises(Missing):
                await engine.figures("s")

    asyncio.run(run())


@pytest.mark.network
def test_streams_are_spread_over_the_workers_and_failures_come_through() -> None:
    async def run() -> None:
        async with stage() as it:
            for name in "abcd":
                await it.engine.open(Receive(name, Transport.TCP_ACTIVE))
            assert len({it.engine.viewer_port(name) for name in "abcd"}) == 2
            assert it.engine.leased_ports() == 4
            with pytest.raises(Conflict):
                await it.engine.open(Receive("a", Transport.UDP))
            with socket.socket() as nobody:
                nobody.bind((HOST, 0))
                with pytest.raises(EngineFailed) as caught:
                    await it.engine.connect("a", HOST, nobody.getsockname()[1])
            assert caught.value.stage == "connect"

    asyncio.run(run())


@pytest.mark.network
def test_a_worker_that_dies_takes_its_streams_only_and_comes_again() -> None:
    async def run() -> None:
        async with stage() as it:
            engine = it.engine
            for name in "ab":
                await engine.open(Receive(name, Transport.UDP))
            await engine.admit("a", "t", expires_s=60.0)
            address = f"ws://{HOST}:{engine.viewer_port('a')}/play/t"
            await ws_connect(WSListener, address)
            await it.heard(ReaderJoined)
            relay = await engine.relay("a", HOST, 9, 7)
            before = engine.pids()
            asking = asyncio.create_task(engine.connect("a", HOST, 9))
            os.kill(before[0], signal.SIGKILL)
            lost = await it.heard(StreamLost)
            assert lost.stream == "a"
            assert isinstance(lost.error, EngineFailed)
            assert lost.error.stage == "worker"
            left = await it.heard(ReaderLeft)
            assert (left.stream, left.bytes, left.why) == ("a", None, "engine.failed")
            with pytest.raises((EngineFailed, Conflict)):
                await asking
            assert engine.leased_ports() == 1
            assert (await engine.figures("b")).packets == 0
            for _ in range(1000):
                if all(worker.ready for worker in engine._workers):
                    break
                await asyncio.sleep(0.02)
            await engine.unrelay(relay)  # of a worker that is no more
            port = await engine.open(Receive("a", Transport.UDP))
            await send(port)
            assert (await it.heard(FirstMedia)).stream == "a"

    asyncio.run(run())


@pytest.mark.network
def test_viewers_are_accounted_for_at_the_end() -> None:
    async def run() -> None:
        async with stage() as it:
            port = await it.engine.open(Receive("s", Transport.UDP))
            await it.engine.admit("s", "t", expires_s=60.0)
            address = f"ws://{HOST}:{it.engine.viewer_port('s')}/play/t"
            watching = asyncio.create_task(watch(address, messages=1000, within=20))
            await it.heard(ReaderJoined)
            await send(port)
            await it.heard(FirstMedia)
        assert (await watching).end == {"type": "end", "code": "closed", "stage": ""}
        left = await it.heard(ReaderLeft)
        assert left.why == "closed"
        assert left.bytes is not None
        assert left.bytes > 0
        assert not [event for event in it.events if isinstance(event, StreamLost)]

    asyncio.run(run())


@pytest.mark.network
def test_a_worker_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tongshi.gateway.engines.workers._ANSWER", -4.5)

    async def run() -> None:
        async with stage(replace(SETTINGS, workers=1)) as it:
            os.kill(it.engine.pids()[0], signal.SIGSTOP)
            with pytest.raises(EngineFailed, match="does not answer"):
                await it.engine.open(Receive("s", Transport.UDP))
            assert it.engine.leased_ports() == 0

    asyncio.run(run())


@pytest.mark.network
def test_a_taken_port_for_viewers_is_said_at_the_start() -> None:
    async def run() -> None:
        with socket.create_server((HOST, 0)) as other:
            port = other.getsockname()[1]
            engine = Workers(replace(SETTINGS, workers=1, viewer_listen=f"{HOST}:{port}"))
            with pytest.raises(EngineFailed, match=str(port)):
                await engine.start()
            assert engine.pids() == []
            with pytest.raises(EngineFailed, match="no media worker"):
                await engine.open(Receive("s", Transport.UDP))
            assert await engine.close("s") == Figures()

    asyncio.run(run())
