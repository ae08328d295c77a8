"""Somebody who looks: at real cameras through a node, and at streams that are not as they ought."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tongshi.app.node import Node
from tongshi.cli.demo import settings_for
from tongshi.cli.staff import Post, enter
from tongshi.cli.trial.verdict import Broken
from tongshi.cli.trial.visitor import Visitor, judge, still
from tongshi.media.fmp4 import Fragmenter, init_segment
from tongshi.media.unit import Codec
from tongshi.sim.camera import camera_profile
from tongshi.sim.film import Film, Shot
from tongshi.sim.fleet import Fleet
from tongshi.sim.join import Join
from tongshi.sim.picture import build
from tongshi.sim.town import Spec
from tongshi.testing.aside import Aside
from tongshi.testing.client import Refused
from tongshi.testing.viewer import Watched, watch

SHOT = Shot(view="orbits", width=320, height=180, gop=10, bitrate=200_000)
CAMERA, HEVC, MUTE = (f"3402000000132000000{number}" for number in (1, 2, 3))


def specs() -> list[Spec]:
    hevc = replace(SHOT, codec=Codec.H265)
    return [
        Spec(camera_profile(CAMERA, "东门", SHOT)),
        Spec(camera_profile(HEVC, "西门", hevc)),
        Spec(camera_profile(MUTE, "北门", SHOT), quirks=("no-media",)),
    ]


class Stage:
    """A visitor who is signed in to a node with three cameras."""

    def __init__(self, node: Node, visitor: Visitor) -> None:
        self.node = node
        self.visitor = visitor


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    given = settings_for(folder, "127.0.0.1", check=True)
    given = replace(given, media=replace(given.media, workers=0, first_media=1.0))
    with ThreadPoolExecutor(4) as threads:
        async with Node(given) as node:
            beat = given.signalling.keepalive
            join = Join(given.signalling.id, node.device_password, keepalive=beat)
            async with Fleet(specs(), "127.0.0.1", node.sip_port, join):
                loop = asyncio.get_running_loop()
                client = await loop.run_in_executor(threads, enter, node, Post.OFFICER)
                visitor = Visitor(client, threads)
                while len((await visitor.call("GET", "/channels"))["rows"]) < 3:
                    await visitor.call("GET", "/health")
                yield Stage(node, visitor)


@pytest.fixture(scope="module")
def at_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aside[Stage]]:
    folder = tmp_path_factory.mktemp("visitor")
    with Aside(lambda: stage(folder)) as aside:
        yield aside


@pytest.mark.network
def test_a_look_tells_what_was_seen(at_home: Aside[Stage]) -> None:
    async def look(stage: Stage) -> None:
        seen = await stage.visitor.look(CAMERA, CAMERA, messages=15, transport="tcp-passive")
        assert (seen.codec, seen.transport, seen.transcoded) == ("h264", "tcp-passive", False)
        assert seen.frames >= 15
        assert seen.advanced == seen.frames - 1
        assert (seen.lost, seen.first > 0) == (0, True)
        assert seen.audio > 0
        assert stage.node.figures()["views.open"] == 0

    at_home.call(look)


@pytest.mark.network
def test_what_a_browser_cannot_decode_comes_transcoded(at_home: Aside[Stage]) -> None:
    async def look(stage: Stage) -> None:
        seen = await stage.visitor.look(HEVC, HEVC, messages=12, plays=["h264"])
        assert (seen.codec, seen.transcoded) == ("h264", True)
        seen = await stage.visitor.look(HEVC, HEVC, messages=12, plays=["h264", "hevc"])
        assert (seen.codec, seen.transcoded) == ("h265", False)

    at_home.call(look)


@pytest.mark.network
def test_snapshots_tell_their_counter(at_home: Aside[Stage]) -> None:
    async def look(stage: Stage) -> None:
        first = await stage.visitor.picture(CAMERA, CAMERA)
        while (second := await stage.visitor.picture(CAMERA, CAMERA)) == first:
            pass
        assert second > first

    at_home.call(look)


@pytest.mark.network
def test_a_refusal_is_wanted_or_it_is_a_fault(at_home: Aside[Stage]) -> None:
    async def look(stage: Stage) -> None:
        problem = await stage.visitor.refusal(MUTE, MUTE)
        assert (problem["code"], problem["stage"]) == ("peer.silent", "media")
        with pytest.raises(Refused) as refused:
            await stage.visitor.look(MUTE, "no such channel", messages=1)
        assert refused.value.problem["code"] == "missing"
        with pytest.raises(Broken, match="a picture came where none can be"):
            await stage.visitor.refusal(CAMERA, CAMERA)
        assert stage.node.figures()["views.open"] == 0

    at_home.call(look)


@pytest.mark.network
def test_a_view_that_ended_by_itself_is_closed_quietly(at_home: Aside[Stage]) -> None:
    async def look(stage: Stage) -> None:
        view = (await stage.visitor.ask(CAMERA, CAMERA))["view"]
        await stage.visitor.close(view)
        await stage.visitor.close(view)
        with pytest.raises(Refused):
            await stage.visitor.call("DELETE", f"/live/{view}")

    at_home.call(look)


@pytest.mark.network
def test_an_address_that_does_not_open_is_a_fault(
    at_home: Aside[Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look(stage: Stage) -> None:
        async def used(device: str, channel: str, **wish: object) -> dict[str, Any]:
            view = await ask(device, channel, **wish)
            await watch(view["url"], messages=1, within=10.0, cookie=stage.visitor.client.cookie)
            return view

        ask = stage.visitor.ask
        monkeypatch.setattr(stage.visitor, "ask", used)
        with pytest.raises(Broken, match=f"{CAMERA}: .* 404"):
            await stage.visitor.look(CAMERA, CAMERA, messages=1)
        assert stage.node.figures()["views.open"] == 0

    at_home.call(look)


# Judging what was watched


def film(numbers: list[int]) -> Watched:
    """Return what somebody has seen who watched the frames *numbers*."""
    shot, fragmenter = Film(SHOT, build(SHOT.view, SHOT.tint, 320, 180), 0), Fragmenter()
    data = b"".join(fragmenter.fragment(shot.shoot(number).units[0]) for number in numbers)
    assert fragmenter.track is not None
    track = {"type": "track", "codec": "h264"}
    opening = init_segment(fragmenter.track)
    return Watched(tracks=[track], segments=[bytearray(opening + data)], first=0.1)


VIEW = {"transport": "udp", "transcoded": False}


def test_pictures_that_move_on() -> None:
    watched = film([*range(100, 110), *range(130, 135)])
    watched.figures = [{"lost": 1}, {"lost": 7}]
    seen = judge("c", VIEW, watched, 0.25)
    assert (seen.frames, seen.advanced, seen.lost, seen.audio) == (15, 34, 7, 0)
    assert seen.first == pytest.approx(0.35)


def test_pictures_that_stand_still_or_run_back() -> None:
    repeated = film(list(range(100, 112)))
    repeated.segments *= 2
    with pytest.raises(Broken, match="the counter does not advance"):
        judge("c", VIEW, repeated, 0.0)


def test_too_few_pictures() -> None:
    watched = film([1, 2, 3])
    watched.end = {"code": "closed"}
    with pytest.raises(Broken, match=r"c: 3 readable pictures, end=\{'code': 'closed'\}"):
        judge("c", VIEW, watched, 0.0)
    with pytest.raises(Broken, match="0 readable pictures, end=None"):
        judge("c", VIEW, Watched(), 0.0)


def test_no_track_was_told() -> None:
    watched = film(list(range(12)))
    watched.tracks.clear()
    with pytest.raises(Broken, match="no track"):
        judge("c", VIEW, watched, 0.0)


def test_what_does_not_decode() -> None:
    broken = Watched(segments=[bytearray(b"\0\0\0\x08ftyp and then nothing of use")])
    with pytest.raises(Broken, match="c: the stream does not decode"):
        judge("c", VIEW, broken, 0.0)
    for data in (b"", b"no picture at all"):
        with pytest.raises(Broken, match="c: the snapshot does not decode"):
            still("c", data)
