"""A player that stays: what it takes, waits for and reads."""

import asyncio
import itertools
import json

import pytest
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from tongshi.cli.trial.screen import Screen
from tongshi.cli.trial.verdict import Broken
from tongshi.media.fmp4 import Fragmenter, init_segment
from tongshi.sim.film import Film, Shot
from tongshi.sim.picture import build

SHOT = Shot(view="orbits", width=320, height=180, fps=10, gop=5, bitrate=100_000)


def film(numbers: range) -> tuple[bytes, list[bytes]]:
    """Return how the frames *numbers* begin, and one message each."""
    shot, fragmenter = Film(SHOT, build(SHOT.view, SHOT.tint, 320, 180), numbers[0]), Fragmenter()
    parts = [fragmenter.fragment(shot.shoot(number).units[0]) for number in numbers]
    assert fragmenter.track is not None
    return init_segment(fragmenter.track), parts


def fed(*messages: bytes) -> Screen:
    screen = Screen()
    for message in messages:
        screen._take(message)
    return screen


def test_pictures_are_read_with_their_times() -> None:
    opening, parts = film(range(100, 110))
    screen = fed(opening + b"".join(parts[:2]), b"\x01sound", *parts[2:])
    assert screen.messages == len([part for part in parts if part])
    shown = screen.shown()
    assert [one.counter for one in shown] == list(range(100, 100 + len(shown)))
    steps = {after.pts - before.pts for before, after in itertools.pairwise(shown)}
    assert steps == {9000}


def test_what_does_not_decode() -> None:
    with pytest.raises(Broken, match="do not decode"):
        fed(b"\0\0\0\x08ftyp and then nothing").shown()


def test_moments() -> None:
    screen = Screen()
    with pytest.raises(Broken, match="no moment was told"):
        screen.moment(0)
    for pts, at, rate in ((0, 50.0, 1.0), (90_000, 80.0, 2.0)):
        told = {"type": "place", "pts": pts, "at": at, "rate": rate, "jump": False}
        screen._hear(told)
    assert (screen.moment(45_000), screen.moment(180_000)) == (50.5, 82.0)
    screen._hear({"type": "figures"})
    assert screen.end is None


class Stage(WSListener):
    """Sends a picture, a place and the end."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        opening, parts = film(range(5))
        transport.send(WSMsgType.BINARY, opening + b"".join(parts))
        place = {"type": "place", "pts": 0, "at": 1.0, "rate": 1.0, "jump": False}
        transport.send(WSMsgType.TEXT, json.dumps(place).encode())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        transport.disconnect()


@pytest.mark.network
def test_over_a_wire() -> None:
    async def main() -> None:
        def meet(request: WSUpgradeRequest) -> WSListener | None:
            return Stage() if request.path == b"/play/good" else None

        server = await ws_create_server(meet, "127.0.0.1", 0)
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/play"
        with pytest.raises(Broken, match="does not open"):
            await Screen.open(f"{url}/bad")
        screen = await Screen.open(f"{url}/good")
        await screen.until(lambda seen: seen.places and seen.messages, "a picture")
        with pytest.raises(Broken, match=r"more never came, after \d pictures"):
            await screen.more(9, "more", 0.05)
        screen.leave()
        await screen.until(lambda seen: seen.end == {"code": "lost"}, "the end")
        with pytest.raises(Broken, match="it ended before more"):
            await screen.more(9, "more")
        screen.leave()
        server.close()

    asyncio.run(main())
