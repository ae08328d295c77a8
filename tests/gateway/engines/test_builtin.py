import asyncio
import contextlib
import gc
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from picows import WSHandshakeError, WSListener, WSTransport, ws_connect

from tongshi.errors import Conflict, EngineFailed, Exhausted, Invalid, Missing
from tongshi.gateway.engine import (
    EngineEvent,
    Figures,
    FirstMedia,
    Measured,
    PeerClosed,
    ReaderJoined,
    ReaderLeft,
    Receive,
    Stalled,
    Transport,
)
from tongshi.gateway.engines.builtin import Local
from tongshi.media.rtp import Packet
from tongshi.media.sender import frame_rfc4571
from tongshi.media.unit import AccessUnit, Codec
from tongshi.settings import MediaSettings
from tongshi.testing.clip import bursts, encode
from tongshi.testing.viewer import watch

pytestmark = pytest.mark.network
HOST = "127.0.0.1"
SETTINGS = MediaSettings(
    workers=0, listen=HOST, ports_from=0, ports_to=0, viewer_listen=f"{HOST}:0", transcodes=1
)
GOP = 10
EventT = TypeVar("EventT", bound=EngineEvent)


@pytest.fixture(scope="module")
def film() -> list[AccessUnit]:
    return encode(Codec.H264, 40, gop=GOP)


@pytest.fixture(scope="module")
def film_h265() -> list[AccessUnit]:
    return encode(Codec.H265, 40, gop=GOP)


class Stage:
    """An engine, and what it said."""

    def __init__(self, engine: Local) -> None:
        self.engine = engine
        self.events: list[EngineEvent] = []
        self._told = asyncio.Event()
        engine.subscribe(self._hear)

    async def heard(self, kind: type[EventT], count: int = 1) -> EventT:
        """Wait for the *count*-th event of a kind."""
        async with asyncio.timeout(20):
            while len(found := [event for event in self.events if isinstance(event, kind)]) < count:
                self._told.clear()
                await self._told.wait()
        return found[count - 1]

    async def until(self, true: Callable[[Figures], bool], stream: str = "s") -> Figures:
        """Wait until the figures of a stream say so."""
        for _ in range(2000):
            if true(figures := await self.engine.figures(stream)):
                return figures
            await asyncio.sleep(0.01)
        raise AssertionError(figures)

    async def view(self, ticket: str, *, transcode: bool = False) -> str:
        """Return the address for a new viewer."""
        await self.engine.admit("s", ticket, expires_s=60.0, transcode=transcode)
        return f"ws://{HOST}:{self.engine.viewer_port('s')}/play/{ticket}"

    def _hear(self, event: EngineEvent) -> None:
        self.events.append(event)
        self._told.set()


@asynccontextmanager
async def stage(settings: MediaSettings = SETTINGS) -> AsyncIterator[Stage]:
    engine = Local(settings)
    await engine.start()
    try:
        yield Stage(engine)
    finally:
        await engine.stop()
        assert engine.leased_ports() == 0


@asynccontextmanager
async def udp(port: int) -> AsyncIterator[Callable[[Iterable[list[bytes]]], None]]:
    """Yield what sends bursts to *port*."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((HOST, port))

        def send(film: Iterable[list[bytes]]) -> None:
            for packets in film:
                for packet in packets:
                    sock.send(packet)

        yield send


def address(sock: socket.socket) -> tuple[str, int]:
    host, port = sock.getsockname()
    return str(host), int(port)


def test_udp_shows_a_stream_and_says_so(film: list[AccessUnit]) -> None:
    async def run() -> None:
        async with stage() as it:
            port = await it.engine.open(Receive("s", Transport.UDP, 1, ((96, "PS"),)))
            assert it.engine.leased_ports() == 1
            with pytest.raises(Conflict):
                await it.engine.open(Receive("s", Transport.UDP))
            await it.engine.adopt("s", 1, ((96, "PS"),), HOST)
            async with udp(port) as send:
                send(bursts(film[:25], audio=True))
                first = await it.heard(FirstMedia)
                await it.until(lambda figures: figures.frames == 25)
                assert (first.track.codec, first.track.width, first.track.height) == (
                    "h264",
                    320,
                    180,
                )
                watching = asyncio.create_task(watch(await it.view("t"), messages=6, within=20))
                await it.heard(ReaderJoined)
                send(bursts(film, audio=True)[25:30])
                watched = await watching
            left = await it.heard(ReaderLeft)
            assert (left.stream, left.ticket, left.why) == ("s", "t", "left")
            assert left.bytes is not None
            assert left.bytes > sum(map(len, watched.segments))
            await it.until(lambda figures: figures.frames == 30)
            figures = await it.engine.close("s")
            assert (figures.frames, figures.lost, figures.strangers) == (30, 0, 0)
            assert figures.source.startswith(f"{HOST}:")
        assert watched.tracks[0]["audio"] == "g711a"
        assert watched.audio == 5
        # The group that had begun, in one message, then what came: pictures 20 to 29.
        assert len(list(watched.pictures())) == 10

    asyncio.run(run())


def test_viewers_may_come_before_the_first_picture(film: list[AccessUnit]) -> None:
    async def run() -> None:
        async with stage() as it:
            port = await it.engine.open(Receive("s", Transport.UDP))
            watching = asyncio.create_task(watch(await it.view("t"), messages=3, within=20))
            await it.heard(ReaderJoined)
            async with udp(port) as send:
                send(bursts(film[:5]))
                assert (await watching).messages >= 3

    asyncio.run(run())


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP_PASSIVE])
def test_media_of_another_host_than_the_answer_named_is_kept_out(
    transport: Transport, film: list[AccessUnit]
) -> None:
    def put_in(sock: socket.socket, units: list[AccessUnit]) -> None:
        for packets in bursts(units):
            if transport is Transport.UDP:
                for packet in packets:
                    sock.send(packet)
            else:
                sock.sendall(frame_rfc4571(packets))

    async def run() -> None:
        kind = socket.SOCK_DGRAM if transport is Transport.UDP else socket.SOCK_STREAM
        async with stage() as it:
            port = await it.engine.open(Receive("s", transport, 1, ((96, "PS"),)))
            await it.engine.adopt("s", 1, ((96, "PS"),), "127.0.0.2")
            with socket.socket(socket.AF_INET, kind) as stranger:
                stranger.bind(("127.0.0.3", 0))
                stranger.connect((HOST, port))
                with contextlib.suppress(ConnectionError):
                    put_in(stranger, film[:2])
                figures = await it.until(lambda figures: figures.refused > 0)
                assert (figures.packets, figures.frames) == (0, 0)
                with socket.socket(socket.AF_INET, kind) as sender:
                    sender.bind(("127.0.0.2", 0))
                    sender.connect((HOST, port))
                    put_in(sender, film[:5])
                    await it.heard(FirstMedia)
                    with contextlib.suppress(ConnectionError):
                        put_in(stranger, film[:2])
                    figures = await it.until(lambda figures: figures.frames == 5)
                    assert (figures.lost, figures.strangers) == (0, 0)
                    assert figures.source.startswith("127.0.0.2:")

    asyncio.run(run())


def test_tcp_passive_nobody_connects_and_then_the_connection_ends(film: list[AccessUnit]) -> None:
    async def run() -> None:
        async with stage(replace(SETTINGS, connect_timeout=0.5)) as it:
            port = await it.engine.open(Receive("s", Transport.TCP_PASSIVE))
            await it.engine.adopt("s", None, ())
            assert await it.heard(Stalled) == Stalled("s", "connect", "connect", 0)
            _, writer = await asyncio.open_connection(HOST, port)
            for packets in bursts(film[:5]):
                writer.write(frame_rfc4571(packets))
            await it.heard(FirstMedia)
            writer.close()
            await writer.wait_closed()
            assert await it.heard(PeerClosed) == PeerClosed("s")

    asyncio.run(run())


def test_tcp_active(film: list[AccessUnit]) -> None:
    async def run() -> None:
        async with stage() as it:
            sent = asyncio.Event()

            async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                for packets in bursts(film[:5]):
                    writer.write(frame_rfc4571(packets))
                await writer.drain()
                await sent.wait()
                writer.close()

            server = await asyncio.start_server(serve, HOST, 0)
            await it.engine.open(Receive("s", Transport.TCP_ACTIVE))
            await it.engine.adopt("s", None, ())
            await it.engine.connect("s", *address(server.sockets[0]))
            await it.heard(FirstMedia)
            with pytest.raises(Conflict):
                await it.engine.connect("s", HOST, 9)
            sent.set()
            server.close()

    asyncio.run(run())


def test_tcp_active_refused_and_never_connected() -> None:
    async def run() -> None:
        async with stage(replace(SETTINGS, connect_timeout=0.5)) as it:
            await it.engine.open(Receive("never", Transport.TCP_ACTIVE))
            await it.engine.open(Receive("s", Transport.TCP_ACTIVE))
            with socket.socket() as nobody:
                nobody.bind((HOST, 0))
                with pytest.raises(EngineFailed) as caught:
                    await it.engine.connect("s", *address(nobody))
            assert caught.value.stage == "connect"

    asyncio.run(run())


def test_silence_is_told_with_what_was_seen(film: list[AccessUnit]) -> None:
    async def run() -> None:
        async with stage(replace(SETTINGS, first_media=1.0, silence=1.0)) as it:
            for name in ("nothing", "nonsense", "s"):
                port = await it.engine.open(Receive(name, Transport.UDP))
                await it.engine.adopt(name, None, ())
                async with udp(port) as send:
                    if name == "nonsense":
                        send([[Packet(96, 1, 0, 1, b"no picture", True).encode()]])
                    elif name == "s":
                        send(bursts(film[:5]))
            await it.heard(Stalled, 3)
            stalled = {event.stream: event for event in it.events if isinstance(event, Stalled)}
            assert stalled["nothing"] == Stalled("nothing", "media", "first media", 0)
            assert stalled["nonsense"] == Stalled("nonsense", "media", "first media", 1)
            assert (stalled["s"].timer, stalled["s"].stage) == ("silence", "media")
            assert stalled["s"].packets > 0

    asyncio.run(run())


def test_loss_is_counted_and_the_next_key_frame_heals(film: list[AccessUnit]) -> None:
    async def run() -> None:
        async with stage() as it:
            port = await it.engine.open(Receive("s", Transport.UDP))
            packets = bursts(film)
            async with udp(port) as send:
                send(packets[:5])
                await it.until(lambda figures: figures.frames == 5)
                watching = asyncio.create_task(watch(await it.view("t"), messages=15, within=20))
                await it.heard(ReaderJoined)
                del packets[5][0]  # picture 5 is lost, 6 to 9 refer to it
                for burst in packets[5:]:
                    send([burst])
                    await asyncio.sleep(0.005)  # the window waits 80 ms for what is missing
                figures = await it.until(lambda figures: figures.frames >= 39)
                watched = await watching
            assert figures.lost == 1
            assert figures.damaged >= 1
            assert figures.frozen == 4
        shown = list(watched.pictures())
        assert len(shown) == 5 + 14

    asyncio.run(run())


def test_figures_come_to_viewers_and_to_the_node(film: list[AccessUnit]) -> None:
    async def run() -> None:
        async with stage() as it:
            port = await it.engine.open(Receive("s", Transport.UDP))
            async with udp(port) as send:
                send(bursts(film[:5]))
                await it.heard(FirstMedia)
                watching = asyncio.create_task(watch(await it.view("t"), messages=2, within=20))
                measured = await it.heard(Measured)
                send(bursts(film)[5:8])
                watched = await watching
            assert (measured.stream, measured.figures.frames) == ("s", 5)
            assert measured.figures.viewers == 1
            assert watched.figures[0]["packets"] == measured.figures.packets

    asyncio.run(run())


def test_a_closed_stream_tells_its_viewers_why(film: list[AccessUnit]) -> None:
    async def run() -> None:
        async with stage() as it:
            await it.engine.open(Receive("s", Transport.UDP))
            watching = asyncio.create_task(watch(await it.view("t"), messages=1, within=20))
            unused = await it.view("unused")
            await it.heard(ReaderJoined)
            await it.engine.close("s", "peer.silent", "media")
            assert (await watching).end == {"type": "end", "code": "peer.silent", "stage": "media"}
            assert (await it.heard(ReaderLeft)).why == "peer.silent"
            with pytest.raises(WSHandshakeError):
                await ws_connect(WSListener, unused)
            assert await it.engine.close("s") == Figures()
            for act in (it.engine.figures("s"), it.engine.snapshot("s"), it.view("t")):
                with pytest.raises(Missing):
                    await act

    asyncio.run(run())


def test_a_revoked_viewer_is_ended_and_a_revoked_ticket_is_none() -> None:
    async def run() -> None:
        async with stage() as it:
            await it.engine.open(Receive("s", Transport.UDP))
            watching = asyncio.create_task(watch(await it.view("t"), messages=1, within=20))
            await it.heard(ReaderJoined)
            unused = await it.view("unused")
            await it.engine.revoke("unused", "denied")
            with pytest.raises(WSHandshakeError):
                await ws_connect(WSListener, unused)
            await it.engine.revoke("t", "denied")
            await it.engine.revoke("t", "denied")
            assert (await watching).end == {"type": "end", "code": "denied", "stage": "access"}
            assert (await it.heard(ReaderLeft)).why == "denied"

    asyncio.run(run())


def test_limits_are_told(film: list[AccessUnit]) -> None:
    async def run() -> None:
        async with stage(replace(SETTINGS, sessions=1, viewers=1)) as it:
            await it.engine.open(Receive("s", Transport.UDP))
            with pytest.raises(Exhausted) as caught:
                await it.engine.open(Receive("z", Transport.UDP))
            assert caught.value.resource == "session"
            transport, _ = await ws_connect(WSListener, await it.view("one"))
            await it.heard(ReaderJoined)
            watched = await watch(await it.view("two"), messages=1, within=20)
            assert watched.end == {"type": "end", "code": "exhausted", "stage": "reader"}
            transport.disconnect()

    asyncio.run(run())


class Sleeper(WSListener):
    """A viewer whose browser has stopped to read."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        transport.underlying_transport.pause_reading()


def test_a_slow_viewer_is_left_behind_and_nobody_else(film: list[AccessUnit]) -> None:
    async def run() -> None:
        large = [unit._replace(data=unit.data + b"\0\0\1\x26" + b"\x55" * 60_000) for unit in film]
        async with stage(replace(SETTINGS, viewer_backlog=65_536)) as it:
            port = await it.engine.open(Receive("s", Transport.TCP_PASSIVE))
            _, writer = await asyncio.open_connection(HOST, port)
            transport, _ = await ws_connect(Sleeper, await it.view("slow"))
            watching = asyncio.create_task(
                watch(await it.view("quick"), messages=len(large), within=20)
            )
            await it.heard(ReaderJoined, 2)
            for packets in bursts(large):
                writer.write(frame_rfc4571(packets))
                await writer.drain()
                await asyncio.sleep(0)
            assert (await watching).messages >= len(large)
            figures = await it.until(lambda figures: figures.skips > 0)
            assert figures.frames == len(large)
            transport.disconnect(graceful=False)
            writer.close()
            await writer.wait_closed()
            await it.heard(ReaderLeft, 2)

    asyncio.run(run())


def test_relays_send_on_what_comes(film: list[AccessUnit]) -> None:
    async def run() -> None:
        async with stage() as it:
            port = await it.engine.open(Receive("s", Transport.UDP))
            received: list[bytes] = []
            done = asyncio.Event()

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                while head := await reader.read(2):
                    received.append(await reader.readexactly(int.from_bytes(head, "big")))
                    done.set()
                writer.close()

            server = await asyncio.start_server(serve, HOST, 0)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
                sink.bind((HOST, 0))
                sink.settimeout(5)
                by_udp = await it.engine.relay("s", *address(sink), 7)
                by_tcp = await it.engine.relay(
                    "s", *address(server.sockets[0]), 8, Transport.TCP_ACTIVE
                )
                with pytest.raises(Invalid):
                    await it.engine.relay("s", HOST, 9, 7, Transport.TCP_PASSIVE)
                with pytest.raises(EngineFailed):
                    await it.engine.relay("s", "no address", 9, 7)
                async with udp(port) as send:
                    send(bursts(film[:1]))
                    figures = await it.until(lambda figures: figures.frames == 1)
                    packets = [Packet.parse(sink.recv(2048)) for _ in range(figures.packets)]
                    async with asyncio.timeout(10):
                        while len(received) < figures.packets:
                            done.clear()
                            await done.wait()
                    sent = [Packet.parse(data) for data in bursts(film[:1])[0]]
                    assert [packet.payload for packet in packets] == [p.payload for p in sent]
                    assert {packet.ssrc for packet in packets} == {7}
                    assert {Packet.parse(data).ssrc for data in received} == {8}
                    assert figures.relays == 2
                    for relay in (by_udp, by_udp, by_tcp):
                        await it.engine.unrelay(relay)
                    assert (await it.engine.figures("s")).relays == 0
                    third = await it.engine.relay("s", *address(sink), 9)
                    await it.engine.close("s")
                    await it.engine.unrelay(third)
            server.close()

    asyncio.run(run())


def test_a_snapshot_is_a_picture(film: list[AccessUnit]) -> None:
    async def run() -> None:
        async with stage() as it:
            port = await it.engine.open(Receive("s", Transport.UDP))
            with pytest.raises(Missing):
                await it.engine.snapshot("s")
            async with udp(port) as send:
                send(bursts(film[:3]))
                await it.heard(FirstMedia)
                assert (await it.engine.snapshot("s"))[:2] == b"\xff\xd8"

    asyncio.run(run())


def test_h265_is_transcoded_for_those_who_need_it_once_for_all(
    film: list[AccessUnit], film_h265: list[AccessUnit]
) -> None:
    async def run() -> None:
        async with stage() as it:
            port = await it.engine.open(Receive("s", Transport.UDP))
            packets = bursts(film_h265, audio=True)
            async with udp(port) as send:
                watches = [
                    asyncio.create_task(
                        watch(await it.view(f"t{n}", transcode=n > 0), messages=15, within=30)
                    )
                    for n in range(3)
                ]
                await it.heard(ReaderJoined, 3)
                for burst in packets:
                    send([burst])
                    await asyncio.sleep(0.04)
                plain, *transcoded = await asyncio.gather(*watches)
                await it.heard(ReaderLeft, 3)
                figures = await it.until(lambda figures: not figures.transcoding)
                assert figures.viewers == 0
            assert plain.tracks[0]["codec"] == "h265"
            for watched in transcoded:
                assert watched.tracks[0]["codec"] == "h264"
                assert next(watched.pictures()).shape == (180, 320, 3)
            assert sum(watched.audio for watched in transcoded) > 0
            # A place is free again, and H.264 needs none.
            second = await it.engine.open(Receive("z", Transport.UDP))
            await it.engine.admit("z", "z", expires_s=60.0, transcode=True)
            url = f"ws://{HOST}:{it.engine.viewer_port('z')}/play/z"
            watching = asyncio.create_task(watch(url, messages=1, within=20))
            await it.heard(ReaderJoined, 4)
            async with udp(second) as send:
                send(bursts(film[:3]))
                assert (await watching).tracks[0]["codec"] == "h264"

    asyncio.run(run())


def test_no_place_for_a_transcode_is_told_to_the_viewer(film_h265: list[AccessUnit]) -> None:
    async def run() -> None:
        async with stage(replace(SETTINGS, transcodes=0)) as it:
            port = await it.engine.open(Receive("s", Transport.UDP))
            async with udp(port) as send:
                send(bursts(film_h265[:3]))
                await it.heard(FirstMedia)
                watched = await watch(await it.view("t", transcode=True), messages=1, within=20)
            assert watched.end == {"type": "end", "code": "exhausted", "stage": "transcode"}
            assert (await it.heard(ReaderLeft)).why == "exhausted"

    asyncio.run(run())


def children() -> list[int]:
    """Return the processes that this one has started and that still run."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    return [int(word) for word in path.read_text("ascii").split()]


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_nothing_is_left_behind(film: list[AccessUnit], film_h265: list[AccessUnit]) -> None:
    async def round_trip(it: Stage, number: int) -> None:
        clip = film_h265 if number % 2 else film
        port = await it.engine.open(Receive("s", Transport.UDP))
        passive = await it.engine.open(Receive("p", Transport.TCP_PASSIVE))
        await it.engine.open(Receive("a", Transport.TCP_ACTIVE))
        _, writer = await asyncio.open_connection(HOST, passive)
        writer.write(frame_rfc4571(bursts(film)[0]))
        async with udp(port) as send:
            await it.engine.relay("s", HOST, port, 7)
            await it.engine.admit("s", "never used", expires_s=60.0)
            seen = len([event for event in it.events if isinstance(event, FirstMedia)])
            send(bursts(clip[:12]))
            await it.heard(FirstMedia, seen + 2)
            url = await it.view(f"t{number}", transcode=True)
            transport, _ = await ws_connect(WSListener, url)
            await it.heard(ReaderJoined, number + 1)
            await it.engine.snapshot("s")
        for stream in ("s", "p", "a"):
            await it.engine.close(stream)
        assert it.engine.leased_ports() == 0
        await it.heard(ReaderLeft, number + 1)
        transport.disconnect(graceful=False)
        writer.close()
        await writer.wait_closed()

    async def run() -> None:
        async with stage() as it:
            await round_trip(it, 0)  # the snapshot's process and the loop's own come to stay
            await round_trip(it, 1)
            gc.collect()
            await asyncio.sleep(0.1)
            held, tasks, processes = descriptors(), len(asyncio.all_tasks()), len(children())
            for number in range(2, 6):
                await round_trip(it, number)
            gc.collect()
            await asyncio.sleep(0.1)
            assert descriptors() <= held
            assert len(asyncio.all_tasks()) <= tasks
            assert len(children()) <= processes
        assert len(asyncio.all_tasks()) == 1
        assert children() == []

    asyncio.run(run())
