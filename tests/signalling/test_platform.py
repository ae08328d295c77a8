"""The face on real sockets: simulated devices, restarts, and peers that mean no good."""

import asyncio
import logging
import random
import socket
from collections.abc import Callable, Coroutine
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from tongshi.clock import SystemClock
from tongshi.gateway.engine import Transport
from tongshi.gateway.engines.null import Null
from tongshi.net import pair
from tongshi.net.carrier import Carrier
from tongshi.net.tcp import Dialer, TcpServer
from tongshi.net.udp import UdpServer
from tongshi.settings import MediaSettings, SignallingSettings
from tongshi.signalling import platform
from tongshi.signalling.event import (
    CatalogGathered,
    DeviceDescribed,
    DevicePresence,
    DeviceRegistered,
    DevicesSeen,
    Kind,
    Presence,
    RegistrationRefused,
    SignallingEvent,
    Why,
)
from tongshi.signalling.neighbours import Known
from tongshi.signalling.platform import Signalling
from tongshi.sim.calling import Invited
from tongshi.sim.device import Device, DeviceEvent
from tongshi.sim.join import Join
from tongshi.sim.load import Devices, Tally, Target
from tongshi.sim.profile import Channel, Profile
from tongshi.sip.address import Address

pytestmark = pytest.mark.network

SERVER = "34020000002000000001"
WORD = "12345678"


class Camera:
    """A simulated device on a socket of its own."""

    def __init__(self, number: int = 1) -> None:
        self.id = f"340200000013200{number:05}"
        self.channel = f"340200000013100{number:05}"
        self.events: list[DeviceEvent] = []
        tokens = count()
        self.device = Device(
            Profile(self.id, f"camera {number}", (Channel(self.channel, "门"),)),
            Join(SERVER, WORD, keepalive=0.2),
            contact=("127.0.0.1", 5060),
            new_token=lambda: f"{number}t{next(tokens)}",
            chance=lambda: 0.5,
            clock=SystemClock(),
        )
        self.carrier: Carrier[DeviceEvent] = Carrier(self.device, self.hear)
        self.udp = UdpServer(self.carrier, "127.0.0.1", 0)
        self.dialer = Dialer(self.carrier)
        self.device.contact = ("127.0.0.1", self.udp.port)

    def hear(self, event: DeviceEvent) -> None:
        self.events.append(event)
        if isinstance(event, Invited):
            loop = asyncio.get_running_loop()
            self.device.calls.accept(event.call, "127.0.0.1", 15060, loop.time())

    async def join(self, port: int, *, tcp: bool = False) -> None:
        target = Address("127.0.0.1", port)
        if tcp:
            target = await self.dialer.connect("127.0.0.1", port)
        self.device.connect(target, asyncio.get_running_loop().time())
        self.carrier.pump()

    def leave(self) -> None:
        self.device.leave(asyncio.get_running_loop().time())
        self.carrier.pump()

    def close(self) -> None:
        self.carrier.close()
        self.dialer.close()
        self.udp.close()


class Bench:
    """A platform on a free port of the loopback interface, and all that it told."""

    def __init__(self, settings: SignallingSettings) -> None:
        self.word = WORD
        self.engine = Null()
        self.events: list[SignallingEvent] = []
        self.signalling = Signalling(
            settings,
            MediaSettings(grace=0),
            self.engine,
            password_of=lambda device_id: self.word,
            flush=0.05,
        )
        self.signalling.subscribe(self.events.append)
        self.cameras: list[Camera] = []

    @property
    def port(self) -> int:
        return int(self.signalling.addresses[0].rpartition(":")[2])

    async def camera(self, number: int = 1, *, tcp: bool = False) -> Camera:
        camera = Camera(number)
        self.cameras.append(camera)
        await camera.join(self.port, tcp=tcp)
        return camera

    async def until(self, true: Callable[[], object]) -> None:
        for _ in range(2000):
            if true():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it never came to that")

    def told(self, kind: type[SignallingEvent]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def state(self, camera: Camera) -> tuple[Presence, Why] | None:
        device = self.signalling.device(camera.id)
        return None if device is None else (device.state, device.why)

    async def load(self, work: Callable[[Devices], Tally | int], devices: int) -> Tally | int:
        """Return what *work* finds, in a thread of its own."""

        def carry_out() -> Tally | int:
            with Devices(Target("127.0.0.1", self.port, WORD), devices) as many:
                return work(many)

        return await asyncio.to_thread(carry_out)


LOCAL = SignallingSettings(listen="127.0.0.1:0", keepalive=0.4, expires_min=1, connections=1000)


def bench(
    work: Callable[[Bench], Coroutine[Any, Any, None]], settings: SignallingSettings = LOCAL
) -> None:
    async def main() -> None:
        made = Bench(settings)
        await made.signalling.start()
        try:
            await work(made)
        finally:
            await made.signalling.stop()
            for camera in made.cameras:
                camera.close()
        assert made.signalling.figures()["tasks.failures"] == 0

    asyncio.run(main())


@pytest.mark.parametrize("tcp", [False, True])
def test_a_camera_registers_is_asked_shows_and_leaves(tcp: bool) -> None:
    async def work(bench: Bench) -> None:
        camera = await bench.camera(tcp=tcp)
        await bench.until(lambda: bench.told(CatalogGathered) and bench.told(DeviceDescribed))
        gathered = bench.told(CatalogGathered)[0].gathered
        assert gathered.complete
        assert [item.device_id for item in gathered.items] == [camera.channel]
        for transport in Transport:
            session = await bench.signalling.sessions.open(
                camera.id, camera.channel, Kind.MAIN, transport
            )
            session.release()
            await session.ended()
        await bench.until(lambda: bench.told(DevicesSeen))
        camera.leave()
        await bench.until(lambda: bench.state(camera) == (Presence.OFFLINE, Why.UNREGISTERED))
        assert bench.engine.leased_ports() == 0

    bench(work, replace(LOCAL, queries=2))


def test_a_camera_that_dies_silently_is_offline_and_its_sessions_end() -> None:
    async def work(bench: Bench) -> None:
        camera = await bench.camera()
        await bench.until(lambda: bench.state(camera) == (Presence.ONLINE, Why.REGISTERED))
        session = await bench.signalling.sessions.open(camera.id, camera.channel)
        camera.device.kill()
        assert await session.ended() == "offline"
        assert bench.state(camera) == (Presence.OFFLINE, Why.MISSED)
        last = bench.told(DevicePresence)[-1]
        assert 1.2 <= last.at - last.last_proof < 10

    bench(work)


def test_who_is_forgotten_leaves_no_maker_and_who_tells_too_late_is_asked() -> None:
    async def work(bench: Bench) -> None:
        signalling = bench.signalling
        camera = await bench.camera()
        await bench.until(lambda: bench.told(CatalogGathered) and bench.told(DeviceDescribed))
        chosen = signalling.profiles.chosen
        signalling.profiles.described(camera.id, "Dahua", 1.0)
        assert chosen(camera.id).preset == "dahua"
        signalling.neighbours.forgotten(camera.id)
        assert chosen(camera.id).preset != "dahua"
        asked = len(bench.told(CatalogGathered))
        signalling.subscriptions.ask_catalog(camera.id)
        await bench.until(lambda: len(bench.told(CatalogGathered)) > asked)

    bench(work)


def test_a_lost_connection_is_offline_at_once_and_a_keepalive_on_a_new_one_brings_it_back() -> None:
    async def work(bench: Bench) -> None:
        camera = await bench.camera(tcp=True)
        await bench.until(lambda: bench.told(CatalogGathered))
        camera.dialer.close()
        await bench.until(lambda: bench.state(camera) == (Presence.OFFLINE, Why.LINK_LOST))
        await camera.join(bench.port, tcp=True)
        await bench.until(lambda: (bench.state(camera) or [None])[0] is Presence.ONLINE)

    bench(work, replace(LOCAL, keepalive=30))


def test_a_dead_device_frees_its_connection() -> None:
    async def work(bench: Bench) -> None:
        camera = await bench.camera(tcp=True)
        await bench.until(lambda: bench.state(camera) == (Presence.ONLINE, Why.REGISTERED))
        camera.device.kill()
        await bench.until(lambda: bench.state(camera) == (Presence.OFFLINE, Why.MISSED))
        await bench.until(lambda: bench.signalling.figures()["tcp.connections"] == 0)

    bench(work)


def test_after_a_restart_a_keepalive_is_enough() -> None:
    async def work(bench: Bench) -> None:
        camera = await bench.camera()
        await bench.until(lambda: bench.told(DeviceRegistered))
        kept = bench.told(DeviceRegistered)[-1]
        await bench.signalling.stop()

        second = Bench(replace(LOCAL, listen=f"127.0.0.1:{bench.port}"))
        row = Known(
            kept.device_id, kept.host, kept.port, kept.transport, kept.expires_at, kept.version
        )
        second.signalling.restore([row])
        before = second.signalling.device(camera.id)
        assert before is not None
        assert (before.state, before.expires_in is not None) == (Presence.UNKNOWN, True)
        await second.signalling.start()
        await second.until(lambda: second.state(camera) == (Presence.ONLINE, Why.KEEPALIVE))
        assert not second.told(DeviceRegistered)
        await second.signalling.stop()

    bench(work)


def test_wrong_passwords_are_refused_and_told() -> None:
    async def work(bench: Bench) -> None:
        bench.word = "another"
        camera = await bench.camera()
        await bench.until(lambda: bench.told(RegistrationRefused))
        assert bench.told(RegistrationRefused)[0].device_id == camera.id
        assert bench.state(camera) is None

    bench(work)


def test_ten_thousand_half_open_registrations_leave_no_trace() -> None:
    async def work(bench: Bench) -> None:
        camera = await bench.camera()
        answered = await bench.load(lambda many: many.challenge(10_000), 10_000)
        assert answered == 10_000
        assert len(bench.signalling.devices()) == 1
        assert bench.signalling.figures()["requests.open"] <= 2  # the camera's own queries
        assert bench.signalling._endpoint.servers == 0
        assert bench.state(camera) == (Presence.ONLINE, Why.REGISTERED)

    bench(work, replace(LOCAL, keepalive=5))


def test_a_storm_of_registrations_is_answered_and_keepalives_with_it() -> None:
    async def work(bench: Bench) -> None:
        def storm(many: Devices) -> Tally:
            tally = many.register(window=1000)
            beats = many.keep_alive(0.5, window=100)
            assert not beats.refused
            return tally

        tally = await bench.load(storm, 2000)
        assert isinstance(tally, Tally)
        assert (tally.done, tally.refused, tally.lost) == (2000, {}, 0)
        assert bench.signalling.figures()["devices.online"] == 2000
        assert bench.signalling.queries.backlog > 0  # silent ones, asked in turn

    bench(work, replace(LOCAL, keepalive=30))


def test_datagrams_of_every_kind_are_answered_or_counted() -> None:
    async def work(bench: Bench) -> None:
        chance = random.Random(7)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            sock.setblocking(False)
            for number in range(500):
                junk = chance.randbytes(chance.randrange(0, 300))
                if number % 3 == 0:
                    junk = b"REGISTER sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=" + junk
                sock.sendto(junk, ("127.0.0.1", bench.port))
                await asyncio.sleep(0)
            await bench.until(lambda: bench.signalling.figures()["udp.received"] >= 500)
        counted = bench.signalling.figures()
        assert counted["sip.malformed"] + counted["sip.blank"] > 300
        camera = await bench.camera()
        await bench.until(lambda: bench.state(camera) == (Presence.ONLINE, Why.REGISTERED))

    bench(work)


def test_tcp_peers_that_send_nothing_or_rubbish_or_never_read_harm_nobody() -> None:
    async def work(bench: Bench) -> None:
        loop = asyncio.get_running_loop()
        camera = await bench.camera(tcp=True)
        await bench.until(lambda: bench.state(camera) == (Presence.ONLINE, Why.REGISTERED))
        peers = list[socket.socket]()
        for number in range(150):
            sock = socket.socket()
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", bench.port))
            peers.append(sock)
            if number % 3 == 1:
                await loop.sock_sendall(sock, b"\x00rubbish\r\n" * 100)
            elif number % 3 == 2:
                ask = b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK%d\r\n" % number
                ask += b"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: %d\r\n" % number
                ask += b"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
                sock.send(ask * 100)
        udp = await bench.camera(2)
        await bench.until(lambda: bench.state(udp) == (Presence.ONLINE, Why.REGISTERED))
        await bench.until(lambda: bench.signalling.figures()["tcp.connections"] <= 40)
        assert (bench.state(camera) or [None])[0] is Presence.ONLINE
        for sock in peers:
            sock.close()

    bench(work, replace(LOCAL, connections=40))


def test_leaks_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(bench: Bench) -> None:
        looked = list[int]()
        monkeypatch.setattr(bench.signalling.sessions, "reconcile", lambda _: looked.append(1))
        await bench.until(lambda: looked)

    monkeypatch.setattr(platform, "RECONCILE", 0.01)
    bench(work)


def test_a_taken_port_is_told() -> None:
    async def work(bench: Bench) -> None:
        second = Bench(replace(LOCAL, listen=f"127.0.0.1:{bench.port}"))
        with pytest.raises(OSError, match="in use"):
            await second.signalling.start()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            third = Bench(replace(LOCAL, listen=f"127.0.0.1:{taken.getsockname()[1]}"))
            with pytest.raises(OSError, match="in use"):
                await third.signalling.start()

    bench(work)


def test_a_free_port_has_to_be_free_for_both_transports(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = list[int]()

    def reluctant(carrier: Carrier[Any], host: str, port: int, **options: float) -> TcpServer:
        if len(refused) < 3:
            refused.append(port)
            raise OSError("in use, for this test")
        return TcpServer(carrier, host, port)

    async def work(bench: Bench) -> None:
        udp, tcp = bench.signalling.addresses
        assert udp.rpartition(":")[2] == tcp.rpartition(":")[2]
        assert len(refused) == 3

    monkeypatch.setattr(pair, "TcpServer", reluctant)
    bench(work)


def test_addresses_and_wildcards() -> None:
    async def work(bench: Bench) -> None:
        udp, tcp = bench.signalling.addresses
        assert udp.startswith("udp://0.0.0.0:")
        assert tcp.startswith("tcp://0.0.0.0:")
        camera = await bench.camera()
        await bench.until(lambda: bench.told(CatalogGathered))
        assert bench.state(camera) == (Presence.ONLINE, Why.REGISTERED)

    bench(work, replace(LOCAL, listen="0.0.0.0:0"))


def test_quiet_logs(caplog: pytest.LogCaptureFixture) -> None:
    async def work(bench: Bench) -> None:
        await bench.camera()
        await bench.until(lambda: bench.told(CatalogGathered))

    with caplog.at_level(logging.WARNING):
        bench(work)
    assert [record.getMessage() for record in caplog.records if "rmem_max" not in record.msg] == []
