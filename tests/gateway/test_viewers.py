import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from picows import WSFrame, WSHandshakeError, WSListener, WSMsgType, WSTransport, ws_connect

from tongshi.access.identity import digest_token
from tongshi.errors import EngineFailed
from tongshi.gateway.tickets import ANYBODY, Bond, Ticket
from tongshi.gateway.viewers import Callbacks, Door, Viewer
from tongshi.media.fmp4 import Track
from tongshi.media.unit import Codec

pytestmark = pytest.mark.network
HOST = "127.0.0.1"
TRACK = Track(Codec.H264, "avc1.64001f", 640, 360, (), b"")


class House:
    """What an engine is to the door."""

    def __init__(self) -> None:
        self.inside: list[Viewer] = []
        self.left: list[Viewer] = []
        self.changed = asyncio.Event()
        self.door = Door(HOST, 0, Callbacks(self._joined, self._left))

    def admit(self, token: str, seconds: float = 60.0, bond: Bond = ANYBODY) -> None:
        expires = asyncio.get_running_loop().time() + seconds
        self.door.tickets.admit(Ticket(token, "s", expires, transcode=False, bond=bond))

    def _joined(self, viewer: Viewer) -> None:
        self.inside.append(viewer)
        self.changed.set()

    def _left(self, viewer: Viewer) -> None:
        self.left.append(viewer)
        self.changed.set()


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    built = House()
    await built.door.start()
    try:
        yield built
    finally:
        await built.door.stop()


class Client(WSListener):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[dict[str, object]] = []
        self.binaries: list[bytes] = []
        self.closed = asyncio.Event()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.TEXT:
            self.texts.append(json.loads(frame.get_payload_as_bytes()))
        elif frame.msg_type is WSMsgType.BINARY:
            self.binaries.append(frame.get_payload_as_bytes())
        elif frame.msg_type is WSMsgType.CLOSE:
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.closed.set()


async def enter(
    port: int, path: str, cookie: str = "", source: str = HOST
) -> tuple[WSTransport, Client]:
    transport, client = await ws_connect(
        Client,
        f"ws://{HOST}:{port}{path}",
        extra_headers={"Cookie": cookie} if cookie else {},
        local_addr=(source, 0),
    )
    assert isinstance(client, Client)
    return transport, client


async def wait(event: asyncio.Event) -> None:
    async with asyncio.timeout(10):
        await event.wait()


async def ask(port: int, request: str) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(request.encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def test_a_viewer_gets_what_its_stream_sends_and_the_reason_of_its_end() -> None:
    async def run() -> None:
        async with house() as it:
            it.admit("t")
            _, client = await enter(it.door.port, "/play/t")
            await wait(it.changed)
            (viewer,) = it.inside
            assert viewer.ticket.stream == "s"
            assert len(it.door) == 1
            viewer.audio = "g711a"
            viewer.begin(TRACK, b"\0opening")
            viewer.send(b"\0" * 20_000)
            viewer.say(json.dumps({"type": "figures"}))
            assert viewer.backlog() >= 0
            viewer.end("peer.silent", "media", "peer.silent")
            await wait(client.closed)
            assert client.binaries == [b"\0opening", b"\0" * 20_000]
            assert client.texts == [
                {
                    "type": "track",
                    "mime": 'video/mp4; codecs="avc1.64001f"',
                    "codec": "h264",
                    "width": 640,
                    "height": 360,
                    "audio": "g711a",
                },
                {"type": "figures"},
                {"type": "end", "code": "peer.silent", "stage": "media"},
            ]
            it.changed.clear()
            if not it.left:
                await wait(it.changed)
            assert it.left[0].why == "peer.silent"
            assert len(it.door) == 0
            # Nothing happens to who is gone.
            viewer.send(b"x")
            viewer.say("x")
            viewer.end("x", "x", "peer.silent")
            viewer.abort()

    asyncio.run(run())


def test_used_late_and_unknown_tickets_are_refused_alike() -> None:
    async def run() -> None:
        async with house() as it:
            it.admit("used")
            it.admit("late", seconds=-1.0)
            transport, client = await enter(it.door.port, "/play/used")
            answers = set()
            for token in ("used", "late", "never", "", "\xe9"):
                key = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                key += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                request = f"GET /play/{token} HTTP/1.1\r\nHost: h\r\n{key}\r\n"
                answers.add(await ask(it.door.port, request))
            assert len(answers) == 1
            assert answers.pop().startswith(b"HTTP/1.1 404 ")
            assert it.door.refused == 5
            transport.disconnect()
            await wait(client.closed)

    asyncio.run(run())


def test_a_ticket_that_leaked_opens_for_nobody_else() -> None:
    async def run() -> None:
        async with house() as it:
            it.admit("t", bond=Bond(digest_token("mine"), HOST))
            for cookie in ("", "tongshi_session=theirs", "mine"):
                with pytest.raises(WSHandshakeError):
                    await enter(it.door.port, "/play/t", cookie)
            for guessed in ("T", "", "t%20", "tt"):
                with pytest.raises(WSHandshakeError):
                    await enter(it.door.port, f"/play/{guessed}", "tongshi_session=mine")
            transport, client = await enter(it.door.port, "/play/t", "a=b; tongshi_session=mine")
            await wait(it.changed)
            assert len(it.inside) == 1
            transport.disconnect()
            await wait(client.closed)

    asyncio.run(run())


def test_from_another_address_nothing_is_shown() -> None:
    async def run() -> None:
        async with house() as it:
            it.admit("t", bond=Bond(host=HOST))
            _, client = await enter(it.door.port, "/play/t", source="127.0.0.2")
            await wait(client.closed)
            assert (it.inside, it.left, client.texts, client.binaries) == ([], [], [], [])
            with pytest.raises(WSHandshakeError):  # and it is spent
                await enter(it.door.port, "/play/t")

    asyncio.run(run())


def test_a_plain_request_does_not_use_the_ticket_up() -> None:
    async def run() -> None:
        async with house() as it:
            it.admit("t")
            request = "GET /play/t HTTP/1.1\r\nHost: h\r\n\r\n"
            assert (await ask(it.door.port, request)).startswith(b"HTTP/1.1 404 ")
            with pytest.raises(WSHandshakeError):
                await enter(it.door.port, "/watch/t")
            transport, client = await enter(it.door.port, "/play/t")
            transport.disconnect()
            await wait(client.closed)

    asyncio.run(run())


def test_a_viewer_that_says_goodbye_has_left() -> None:
    async def run() -> None:
        async with house() as it:
            it.admit("t")
            transport, client = await enter(it.door.port, "/play/t")
            transport.send(WSMsgType.TEXT, b"nobody listens")
            transport.send_close()
            await wait(client.closed)
            async with asyncio.timeout(10):
                while not it.left:
                    it.changed.clear()
                    await it.changed.wait()
            assert it.left[0].why == "left"

    asyncio.run(run())


def test_the_door_closes_on_those_inside() -> None:
    async def run() -> None:
        async with house() as it:
            it.admit("t")
            _, client = await enter(it.door.port, "/play/t")
            await it.door.stop()
            await wait(client.closed)
            assert len(it.left) == 1

    asyncio.run(run())


def test_peers_that_say_nothing_harm_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tongshi.gateway.viewers._HANDSHAKE", 0.5)

    async def run() -> None:
        async with house() as it:
            idle = [await asyncio.open_connection(HOST, it.door.port) for _ in range(300)]
            idle[0][1].write(b"GET /play/" + b"x" * 100_000)
            it.admit("t")
            transport, client = await enter(it.door.port, "/play/t")
            for reader, writer in idle:
                with contextlib.suppress(ConnectionResetError):
                    assert await reader.read() == b""
                writer.close()
                with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                    await writer.wait_closed()
            assert len(it.door) == 1
            transport.disconnect()
            await wait(client.closed)

    asyncio.run(run())


def test_a_taken_address_is_said() -> None:
    async def run() -> None:
        with socket.create_server((HOST, 0)) as other:
            door = Door(HOST, other.getsockname()[1], Callbacks(lambda _: None, lambda _: None))
            with pytest.raises(EngineFailed):
                await door.start()
            await door.stop()

    asyncio.run(run())
