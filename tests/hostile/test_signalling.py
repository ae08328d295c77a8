"""A platform on real sockets, one good camera, and peers that mean no good."""

import asyncio
import contextlib
import itertools
import random
import resource
import socket
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tongshi.clock import SystemClock
from tongshi.gateway.engines.null import Null
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.manscdp import write
from tongshi.gb28181.manscdp.notify import Keepalive
from tongshi.gb28181.manscdp.response import CatalogAnswer
from tongshi.gb28181.version import Version
from tongshi.net.carrier import Carrier
from tongshi.net.tcp import Dialer
from tongshi.net.udp import UdpServer
from tongshi.settings import MediaSettings, SignallingSettings
from tongshi.signalling.event import CatalogGathered, Presence, SignallingEvent
from tongshi.signalling.platform import Signalling
from tongshi.sim.device import Device, DeviceEvent
from tongshi.sim.join import Join
from tongshi.sim.profile import Channel, Profile
from tongshi.sip.address import Address
from tongshi.sip.message import Response, parse
from tongshi.testing.weight import weigh

pytestmark = pytest.mark.network

SERVER = "34020000002000000001"
CAMERA = "34020000001320000001"
CHANNEL = "34020000001310000001"
WORD = "12345678"
HOME, ELSEWHERE = "127.0.0.1", "127.0.0.66"
LOCAL = SignallingSettings(listen="127.0.0.1:0", keepalive=2.0, expires_min=1)


class Town:
    """A platform and its one good camera."""

    def __init__(self, settings: SignallingSettings) -> None:
        self.events: list[SignallingEvent] = []
        self.signalling = Signalling(
            settings,
            MediaSettings(),
            Null(),
            password_of=lambda device_id: WORD,
            flush=0.05,
        )
        self.signalling.subscribe(self.events.append)
        tokens = itertools.count()
        self.device = Device(
            Profile(CAMERA, "good", (Channel(CHANNEL, "门"),)),
            Join(SERVER, WORD, keepalive=0.2),
            contact=("127.0.0.1", 5060),
            new_token=lambda: f"t{next(tokens)}",
            chance=lambda: 0.5,
            clock=SystemClock(),
        )

    async def open(self, *, tcp: bool) -> None:
        await self.signalling.start()
        self.port = int(self.signalling.addresses[0].rpartition(":")[2])
        self.carrier: Carrier[DeviceEvent] = Carrier(self.device, lambda event: None)
        self.udp = UdpServer(self.carrier, "127.0.0.1", 0)
        self.dialer = Dialer(self.carrier)
        self.device.contact = ("127.0.0.1", self.udp.port)
        target = Address("127.0.0.1", self.port)
        if tcp:
            target = await self.dialer.connect("127.0.0.1", self.port)
        self.device.connect(target, asyncio.get_running_loop().time())
        self.carrier.pump()
        await self.until(lambda: any(isinstance(told, CatalogGathered) for told in self.events))

    async def close(self) -> None:
        await self.signalling.stop()
        self.carrier.close()
        self.dialer.close()
        self.udp.close()

    @property
    def state(self) -> Presence | None:
        device = self.signalling.device(CAMERA)
        return None if device is None else device.state

    def figure(self, name: str) -> float:
        return self.signalling.figures().get(name, 0)

    async def until(self, true: Callable[[], object]) -> None:
        for _ in range(4000):
            if true():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it never came to that")

    async def beats(self) -> None:
        """Wait until the good camera's keepalives have been answered some times more."""
        count = self.figure("answers.keepalive 200")
        await self.until(lambda: self.figure("answers.keepalive 200") >= count + 3)
        assert self.state is Presence.ONLINE

    def weight(self) -> int:
        return weigh(self.signalling)


def town(
    work: Callable[[Town], Coroutine[Any, Any, None]],
    settings: SignallingSettings = LOCAL,
    *,
    tcp: bool = False,
) -> None:
    async def main() -> None:
        made = Town(settings)
        await made.open(tcp=tcp)
        try:
            await work(made)
            await made.beats()
            device = made.signalling.device(CAMERA)
            assert device is not None
            assert device.host == HOME
            assert made.figure("tasks.failures") == 0
        finally:
            await made.close()

    asyncio.run(main())


def request(
    method: str,
    body: bytes = b"",
    number: int = 1,
    *,
    sender: str = CAMERA,
    headers: tuple[str, ...] = (),
    leave_out: str = "-",
) -> bytes:
    lines = (
        f"{method} sip:{SERVER}@3402000000 SIP/2.0",
        f"Via: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKh{method}{number}",
        f"From: <sip:{sender}@3402000000>;tag=1",
        f"To: <sip:{SERVER}@3402000000>",
        f"Call-ID: h{number}",
        f"CSeq: 1 {method}",
        "Content-Type: Application/MANSCDP+xml",
        *headers,
        f"Content-Length: {len(body)}",
    )
    kept = [line for line in lines if not line.startswith(leave_out)]
    return "".join(f"{line}\r\n" for line in (*kept, "")).encode() + body


class Stranger:
    """A UDP socket of somebody's, on an address of its own."""

    def __init__(self, town: Town, host: str = ELSEWHERE) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, 0))
        self.sock.connect(("127.0.0.1", town.port))
        self.sock.setblocking(False)

    def __enter__(self) -> "Stranger":
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    async def ask(self, data: bytes) -> int:
        """Return the status of the answer to *data*."""
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self.sock, data)
        async with asyncio.timeout(10):
            answer = parse(await loop.sock_recv(self.sock, 65536))
        assert isinstance(answer, Response)
        return answer.status

    async def storm(self, datagrams: Iterator[bytes]) -> int:
        """Send all, whatever is answered; return how many came to answer."""
        answered = 0
        for number, data in enumerate(datagrams):
            with contextlib.suppress(BlockingIOError):
                self.sock.send(data)
            if number % 32 == 31:
                await asyncio.sleep(0)
                answered += self.drain()
        return answered

    def drain(self) -> int:
        count = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                self.sock.recv(65536)
                count += 1
        return count


def storms() -> Iterator[bytes]:
    """Half-open registrations, INVITEs without end, long ones, answers to nothing, and garbage."""
    chance = random.Random(5)
    for number in range(10_000):
        yield request("REGISTER", b"", number, sender=f"3402000000132{number:07}")
        if number % 4 == 0:
            yield request("INVITE", b"x" * 20_000 if number % 64 == 0 else b"", number)
        if number % 4 == 1:
            yield b"SIP/2.0 200 OK" + request("INVITE", b"", number)[40:]
        if number % 4 == 2:
            yield chance.randbytes(chance.randrange(0, 1400))
        if number % 8 == 3:
            yield request("ACK", b"", number)
            yield request("CANCEL", b"", number - 3)


def test_ten_thousand_half_open_registrations_amid_storms_harm_nobody() -> None:
    async def work(town: Town) -> None:
        before = town.weight()
        with Stranger(town) as stranger:
            answered = await stranger.storm(storms())
            await town.beats()
            assert answered > 1000
        with Stranger(town) as stranger:
            assert await stranger.ask(request("OPTIONS", b"", 1)) == 200
        assert len(town.signalling.devices()) == 1
        counted = town.figure
        assert counted("answers.register 401") > 1000
        assert counted("sip.malformed") + counted("sip.stray-response") > 1000
        # INVITEs alone are remembered, and of one host so many and so long ones only.
        assert town.weight() - before < 16_000_000
        for _ in range(3):
            await town.beats()
        town.signalling._endpoint.expire(asyncio.get_running_loop().time() + 100)
        town.signalling._carrier.pump()
        assert town.weight() - before < 400_000

    town(work)


def room_for(files: int) -> None:
    """Take as many descriptors as may be had; skip where that is too few."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = files if most == resource.RLIM_INFINITY else min(files, most)
    if wanted < files:
        pytest.skip(f"only {wanted} descriptors may be had")
    now, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, wanted), most))


BEGINNINGS = (
    b"",
    request("MESSAGE", b"y" * 4000)[:600],
    b"\x16\x03\x01\x02\x00\x01\x00" * 100,
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"INVITE " + b"a" * 5000,
    request("REGISTER"),
    b"\r\n\r\n" * 50,
    b"REGISTER sip:a SIP/2.0\r\nContent-Length: 99999999999\r\n\r\n",
)


def test_two_thousand_tcp_peers_that_say_nothing_or_half_or_rubbish_go() -> None:
    room_for(6000)

    async def work(town: Town) -> None:
        loop = asyncio.get_running_loop()
        await town.beats()
        before = town.weight()
        peers: list[socket.socket] = []
        for number in range(2000):
            sock = socket.socket()
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", town.port))
            peers.append(sock)
            with contextlib.suppress(BlockingIOError, ConnectionError):
                sock.send(BEGINNINGS[number % len(BEGINNINGS)])
        assert town.state is Presence.ONLINE
        await town.beats()
        await town.until(lambda: town.figure("tcp.connections") == 1)
        assert town.figure("tcp.accepted") == 2001
        assert town.figure("tcp.idle") > 1000
        for sock in peers:
            sock.close()
        assert town.weight() - before < 1_000_000

    town(work, replace(LOCAL, connection_idle=2.0), tcp=True)


def test_peers_that_never_read_are_ended_and_cost_little() -> None:
    async def work(town: Town) -> None:
        loop = asyncio.get_running_loop()
        before = town.weight()
        peers: list[socket.socket] = []
        for _ in range(8):
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", town.port))
            peers.append(sock)
        asked = request("OPTIONS", headers=(f"Call-Info: {'x' * 200}",)) * 100
        for _ in range(400):
            for sock in peers:
                with contextlib.suppress(BlockingIOError, ConnectionError):
                    sock.send(asked)
            await asyncio.sleep(0)
            assert town.weight() - before < 8 * 1_500_000
            if town.figure("tcp.connections") == 1:
                break
        await town.until(lambda: town.figure("tcp.connections") == 1)
        for sock in peers:
            sock.close()

    town(work, replace(LOCAL, connection_idle=2.0), tcp=True)


def test_a_device_that_comes_back_on_a_new_connection_is_not_idle() -> None:
    """It registered on another, and now sends a keepalive a minute and nothing else."""

    async def work(town: Town) -> None:
        loop = asyncio.get_running_loop()
        town.dialer.close()
        await town.until(lambda: town.state is Presence.OFFLINE)
        good, silent = socket.socket(), socket.socket()
        for sock in (good, silent):
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", town.port))
        body = write(Keepalive(1, CAMERA), Version.V2016)
        await loop.sock_sendall(good, request("MESSAGE", body))
        answer = parse(await loop.sock_recv(good, 65536))
        assert isinstance(answer, Response)
        assert answer.status == 200
        assert await loop.sock_recv(silent, 1) == b""  # it came later and has gone
        await asyncio.sleep(0.7)
        assert town.figure("tcp.connections") == 1
        assert town.state is Presence.ONLINE
        good.close()
        silent.close()
        target = await town.dialer.connect("127.0.0.1", town.port)
        town.device.connect(target, loop.time())
        town.carrier.pump()

    town(work, replace(LOCAL, connection_idle=0.3, keepalive=30), tcp=True)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">%s]>
<Notify><CmdType>&z;</CmdType></Notify>""" % b"".join(
    b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in range(99, 123)
)
OPEN = b"<Notify><CmdType>Keepalive</CmdType>"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request("REGISTER", leave_out="From"), 400),
        (request("REGISTER", leave_out="CSeq"), 400),
        (request("REGISTER", leave_out="Call-ID"), 400),
        (request("REGISTER", leave_out="To"), 400),
        (request("REGISTER", sender="a%0d%0ab"), 400),
        (request("REGISTER", sender="x" * 65), 400),
        (request("REGISTER", headers=("CSeq: 2 REGISTER",)), 400),
        (request("REGISTER", headers=("Authorization: Digest username=",)), 401),
        (request("REGISTER").replace(b"SIP/2.0\r\n", b"SIP/3.0\r\n", 1), 505),
        (request("REGISTER").replace(b"REGISTER sip:", b"REGISTER tel:", 1), 416),
        (request("REGISTER", headers=("Require: none-such",)), 420),
        (request("MESSAGE", b"<"), 400),
        (request("MESSAGE", BOMB), 400),
        (request("MESSAGE", BOMB + b" " * 2048), 403),  # too long to be read for a stranger
        (request("MESSAGE", OPEN + b"</Notify>", sender="34020000001320000009"), 404),
        (request("MESSAGE", b"<a>" * 250 + b"</a>" * 250), 400),
        (request("MESSAGE", b"", headers=("Content-Encoding: gzip",)), 400),
        (request("MESSAGE", b"<Response><CmdType>Catalog</CmdType><SN>1</SN></Response>"), 403),
        (request("BYE"), 481),
        (request("CANCEL"), 481),
        (request("INVITE"), 403),  # nobody speaks for the camera from there
        (request("INVITE", b"v=0\r\n"), 403),
        (request("INVITE", sender="nobody"), 403),
        (request("INFO"), 481),
        (request("NOTIFY"), 481),
        (request("SUBSCRIBE"), 405),
        (request("NONSENSE"), 405),
    ],
)
def test_what_is_wrong_gets_the_right_answer(data: bytes, status: int) -> None:
    async def work(town: Town) -> None:
        with Stranger(town) as stranger:
            told = await stranger.ask(data)
            if told == 100:
                told = await stranger.ask(b"")
            assert told == status

    town(work)


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        b"<Notify>" + b"<a>" * 15_000 + b"</a>" * 5000,
        b"<Notify>" + b"<a/>" * 15_000,
        OPEN + b"<SN>" + b"9" * 50_000 + b"</SN></Notify>",
        b"<Notify " + b"a" * 50_000,
        b"<Notify " + b'a="' * 15_000,
        b"<!--" * 15_000,
        b"<![CDATA[" * 6000,
        b"&#x" * 20_000,
        b"\xff\xfe" * 30_000,
    ],
)
def test_bodies_that_mean_no_good_cost_little_even_from_home(body: bytes) -> None:
    async def work(town: Town) -> None:
        with Stranger(town, HOME) as stranger:
            for number in range(20):
                assert await stranger.ask(request("MESSAGE", body, number)) in (200, 400, 413)

    town(work)


def test_nobody_speaks_for_a_device_from_elsewhere() -> None:
    async def work(town: Town) -> None:
        beat = write(Keepalive(1, CAMERA), Version.V2016)
        false = write(CatalogAnswer(1, CAMERA, 1, (Item(device_id="1"),), 1), Version.V2016)
        with Stranger(town) as stranger:
            assert await stranger.ask(request("MESSAGE", beat, 1)) == 403
            assert await stranger.ask(request("MESSAGE", false, 2)) == 403
            gone = request("REGISTER", b"", 3, headers=("Expires: 0",))
            assert await stranger.ask(gone) == 401
            assert await stranger.ask(request("BYE", b"", 4)) == 481
        device = town.signalling.device(CAMERA)
        assert device is not None
        assert (device.host, device.state) == (HOME, Presence.ONLINE)

    town(work)


def test_parts_of_catalogs_that_nobody_asked_for_leave_nothing() -> None:
    def parts() -> Iterator[bytes]:
        for number in range(3000):
            items = tuple(Item(device_id=f"{number}x{place}") for place in range(5))
            part = CatalogAnswer(number, CAMERA, 10**17, items, 5)
            yield request("MESSAGE", write(part, Version.V2016), number)

    async def work(town: Town) -> None:
        before = town.weight()
        with Stranger(town, HOME) as stranger:
            await stranger.storm(parts())
            await town.until(lambda: town.figure("queries.strays") > 1000)
        assert town.weight() - before < 300_000
        assert town.figure("queries.waiting") == 0

    town(work)
