import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tongshi.errors import EngineFailed
from tongshi.gateway.transcode import Transcode
from tongshi.media.fmp4 import Fragmenter, Track
from tongshi.media.hub import Hub
from tongshi.media.unit import Codec
from tongshi.net.task import Supervisor
from tongshi.testing.clip import STEP, encode


class Watcher:
    """A reader of the transcoded hub."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self.messages: list[bytes] = []
        self._changed = asyncio.Event()

    def begin(self, track: Track, opening: bytes) -> None:
        self.tracks.append(track)
        self._changed.set()

    def send(self, message: bytes) -> None:
        self.messages.append(message)
        self._changed.set()

    def backlog(self) -> int:
        return 0

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not true():
                self._changed.clear()
                await self._changed.wait()


class Film:
    """Publishes H.265 pictures, 25 a second."""

    def __init__(self) -> None:
        self.hub = Hub()
        self._units = encode(Codec.H265, 20, gop=10)
        self._count = 0
        self._fragmenter = Fragmenter()

    def step(self) -> None:
        unit = self._units[self._count % 20]
        at = self._count * STEP
        self._count += 1
        fragment = self._fragmenter.fragment(unit._replace(pts=at, dts=at))
        if self._fragmenter.track is not None and self._fragmenter.track is not self.hub.track:
            self.hub.change(self._fragmenter.track)
        self.hub.publish(fragment, unit.key)

    async def run(self) -> None:
        while True:
            self.step()
            await asyncio.sleep(0.04)


@asynccontextmanager
async def transcoding(film: Film, faults: list[EngineFailed]) -> AsyncIterator[Transcode]:
    tasks = Supervisor("test")
    tasks.start(film.run(), name="film")
    transcode = Transcode(film.hub, tasks, faults.append)
    try:
        yield transcode
    finally:
        await transcode.stop()
        transcode.cancel()
        assert transcode.done()
        assert len(film.hub) == 0
        await tasks.close()
        assert tasks.failures == 0


def test_pictures_come_out_as_h264_and_sound_as_it_is() -> None:
    async def run() -> None:
        film, watcher = Film(), Watcher()
        async with transcoding(film, []) as transcode:
            assert transcode.backlog() == 0
            transcode.hub.join(watcher)
            await watcher.until(lambda: len(watcher.messages) == 3)
            assert watcher.tracks[0].codec is Codec.H264
            film.hub.publish_sound(b"\x01\x08sound")
            assert b"\x01\x08sound" in watcher.messages
            assert transcode.backlog() >= 0

    asyncio.run(run())


def test_a_coder_that_dies_is_told_once() -> None:
    async def run() -> None:
        watcher, faults = Watcher(), list[EngineFailed]()
        async with transcoding(Film(), faults) as transcode:
            transcode.hub.join(watcher)
            await watcher.until(lambda: bool(watcher.messages))
            assert transcode._child is not None
            os.kill(transcode._child.pid, signal.SIGKILL)
            for _ in range(1000):
                if transcode.done():
                    break
                await asyncio.sleep(0.01)
            assert [fault.code for fault in faults] == ["engine.failed"]

    asyncio.run(run())


def test_a_coder_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail() -> None:
        raise EngineFailed("no process", stage="worker")

    monkeypatch.setattr("tongshi.gateway.transcode.start_coder", fail)

    async def run() -> None:
        faults: list[EngineFailed] = []
        async with transcoding(Film(), faults) as transcode:
            for _ in range(1000):
                if transcode.done():
                    break
                await asyncio.sleep(0.01)
        assert [fault.stage for fault in faults] == ["worker"]

    asyncio.run(run())
