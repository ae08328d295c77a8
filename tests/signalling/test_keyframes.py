"""When cameras are asked for a key frame, and when they are left alone."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tongshi.errors import PeerSilent
from tongshi.gb28181.profile import STANDARD, KeyFrame, Profile
from tongshi.gb28181.version import Version
from tongshi.signalling import keyframes as module
from tongshi.signalling.event import DeviceRegistered, Kind, SessionKey
from tongshi.signalling.keyframes import GAP, REST, KeyFrames
from tongshi.signalling.neighbours import Neighbours, Rules
from tongshi.sip.address import Address
from tongshi.testing.timeless import run

CAMERA = "34020000001320000001"
KEY = SessionKey(CAMERA, "34020000001310000001", Kind.MAIN)


class Bench:
    """Requests, and a device that takes them or does not."""

    def __init__(self, version: Version = Version.V2016, profile: Profile = STANDARD) -> None:
        self.asked: list[str] = []
        self.silent = False
        near = Neighbours(Rules(), lambda event: None)
        granted = DeviceRegistered(
            CAMERA, "192.0.2.20", 5060, "udp", 0.0, 1e9, version, "", "", False
        )
        near.register(granted, Address("192.0.2.20", 5060), 0.0)
        self.frames = KeyFrames(self.ask, near, lambda device_id: profile)

    async def ask(self, device_id: str, channel_id: str) -> None:
        self.asked.append(channel_id)
        await asyncio.sleep(1.0)
        if self.silent:
            raise PeerSilent("no answer", timer="F", stage="query")


def bench(work: Callable[[Bench], Awaitable[None]], made: Callable[[], Bench] = Bench) -> None:
    async def main() -> None:
        held = made()
        await work(held)
        await held.frames.close()

    run(main())


@pytest.mark.clause("A.2.3.1.7")
def test_a_key_frame_is_asked_for_and_not_too_often() -> None:
    async def work(held: Bench) -> None:
        for _ in range(10):
            held.frames.want(KEY)
            await asyncio.sleep(GAP / 4)
        assert len(held.asked) == 3
        held.frames.want(SessionKey(CAMERA, "another", Kind.MAIN))
        await asyncio.sleep(0.1)
        assert held.asked[-1] == "another"
        assert held.frames.counters["failed"] == 0

    bench(work)


def test_who_does_not_take_it_is_left_alone_for_a_while() -> None:
    async def work(held: Bench) -> None:
        held.silent = True
        for _ in range(round(REST / 2)):
            held.frames.want(KEY)
            await asyncio.sleep(1.0)
        assert len(held.asked) == 1
        await asyncio.sleep(REST)
        held.silent = False
        held.frames.want(KEY)
        await asyncio.sleep(5.0)
        held.frames.want(KEY)
        await asyncio.sleep(0.1)
        assert len(held.asked) == 3
        assert held.frames.counters == {"asked": 3, "failed": 1}

    bench(work)


@pytest.mark.parametrize(
    "made",
    [
        lambda: Bench(Version.V2011),
        lambda: Bench(Version.V2011A),
        lambda: Bench(profile=Profile(key_frame=KeyFrame.NEVER)),
    ],
)
def test_who_has_no_such_command_is_not_asked(made: Callable[[], Bench]) -> None:
    async def work(held: Bench) -> None:
        held.frames.want(KEY)
        held.frames.want(SessionKey("nobody", "x", Kind.MAIN))
        await asyncio.sleep(1.0)
        assert held.asked == []

    bench(work, made)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 2)

    async def work(held: Bench) -> None:
        for channel in "abc":
            held.frames.want(SessionKey(CAMERA, channel, Kind.MAIN))
        held.frames.want(SessionKey(CAMERA, "a", Kind.MAIN))  # forgotten, so it is asked anew
        held.frames.want(SessionKey(CAMERA, "c", Kind.MAIN))
        await asyncio.sleep(0.1)
        assert held.asked == ["a", "b", "c", "a"]

    bench(work)
