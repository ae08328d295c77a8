"""The viewer against a small WebSocket server that sends what a gateway would."""

import asyncio
import json
from collections.abc import Callable, Mapping

import pytest
from picows import (
    WSCloseCode,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_create_server,
)

from tongshi.errors import PeerRefused, PeerSilent
from tongshi.media.fmp4 import Fragmenter, init_segment
from tongshi.sim.film import Film, Shot
from tongshi.sim.picture import build
from tongshi.testing.viewer import Watched, watch

pytestmark = pytest.mark.network

INIT = b"\0\0\0\x18ftypiso5 and so on"
FRAGMENT = b"\0\0\0\x10moof a picture"
SOUND = b"\x01\x08 eight bytes of time, then sound"
TRACK = {"type": "track", "codec": "h264"}


class Sender(WSListener):
    """Sends what it is told as soon as somebody connects."""

    def __init__(self, act: Callable[[WSTransport], None]) -> None:
        super().__init__()
        self._act = act

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._act(transport)


def tell(transport: WSTransport, told: Mapping[str, object]) -> None:
    transport.send(WSMsgType.TEXT, json.dumps(told).encode())


def show(transport: WSTransport, *messages: bytes) -> None:
    for message in messages:
        transport.send(WSMsgType.BINARY, message)


def seen(act: Callable[[WSTransport], None], *, messages: int, within: float = 10.0) -> Watched:
    def meet(request: WSUpgradeRequest) -> Sender | None:
        return Sender(act) if request.path == b"/play/ticket" else None

    async def main() -> Watched:
        server = await ws_create_server(meet, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            url = f"ws://127.0.0.1:{port}/play/ticket"
            return await watch(url, messages=messages, within=within)

    return asyncio.run(main())


def test_messages_are_sorted_as_a_player_does() -> None:
    def act(transport: WSTransport) -> None:
        tell(transport, TRACK)
        show(transport, INIT, FRAGMENT, SOUND, FRAGMENT)
        tell(transport, {"type": "figures", "lost": 3})
        tell(transport, {"type": "of a later version"})
        show(transport, SOUND, INIT, FRAGMENT)

    watched = seen(act, messages=5)
    assert watched.tracks == [TRACK]
    assert watched.figures == [{"type": "figures", "lost": 3}]
    assert [bytes(segment) for segment in watched.segments] == [
        INIT + FRAGMENT + FRAGMENT,
        INIT + FRAGMENT,
    ]
    assert (watched.messages, watched.audio, watched.end) == (5, 2, None)
    assert watched.first is not None


def test_pictures_are_decoded_and_their_counters_read() -> None:
    shot = Shot(width=320, height=180, gop=3)
    film, fragmenter = Film(shot, build(shot.view, shot.tint, 320, 180), 0), Fragmenter()
    numbers = [100, 101, 102, 105, 106, 107]  # a new init segment comes before the fourth
    fragments = [fragmenter.fragment(film.shoot(number).units[0]) for number in numbers]
    track = fragmenter.track
    assert track is not None
    opening = init_segment(track)

    def act(transport: WSTransport) -> None:
        show(transport, opening + fragments[0], *fragments[1:3])
        show(transport, opening + fragments[3], *fragments[4:])

    watched = seen(act, messages=6)
    assert watched.counters() == numbers
    assert [picture.shape for picture in watched.pictures()] == [(180, 320, 3)] * 6


def test_the_end_is_told_and_ends_the_watch() -> None:
    def act(transport: WSTransport) -> None:
        show(transport, INIT + FRAGMENT)
        tell(transport, {"type": "end", "code": "peer.silent", "stage": "media"})

    watched = seen(act, messages=100)
    assert watched.end == {"type": "end", "code": "peer.silent", "stage": "media"}
    assert watched.messages == 1


@pytest.mark.parametrize("close", [True, False])
def test_a_line_that_breaks_ends_the_watch(close: bool) -> None:
    def act(transport: WSTransport) -> None:
        if close:
            transport.send_close(WSCloseCode.GOING_AWAY)
        else:
            transport.disconnect()

    watched = seen(act, messages=1)
    assert (watched.messages, watched.end, watched.first) == (0, None, None)
    assert watched.counters() == []


def test_silence_is_told_with_what_came() -> None:
    with pytest.raises(PeerSilent, match=r"2 of 3 video messages in 0\.1 s") as silent:
        seen(lambda transport: show(transport, INIT, SOUND, FRAGMENT), messages=3, within=0.1)
    assert (silent.value.timer, silent.value.stage) == ("watch", "media")


def test_an_address_that_does_not_open() -> None:
    async def answer(text: bytes) -> None:
        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(text)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(meet, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            await watch(f"ws://127.0.0.1:{port}/play/x", messages=1, within=5.0)

    for text, status in ((b"HTTP/1.1 404 Not Found\r\n\r\n", 404), (b"who is there\r\n\r\n", 400)):
        with pytest.raises(PeerRefused) as refused:
            asyncio.run(answer(text))
        assert (refused.value.status, refused.value.stage) == (status, "viewer")
    with pytest.raises(OSError):
        asyncio.run(watch("ws://127.0.0.1:9/play/x", messages=1, within=5.0))
