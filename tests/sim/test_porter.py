"""Pictures, firmware and sound at a device on the loopback interface."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tongshi.gb28181.broadcast import G711A
from tongshi.gb28181.description import PCMA, Direction, Purpose
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.manscdp import (
    BroadcastAnswer,
    BroadcastNotify,
    DeviceConfig,
    DeviceControl,
    DeviceUpgrade,
    DeviceUpgradeResult,
    Message,
    Outcome,
    SnapShotConfig,
    UploadSnapShotFinished,
)
from tongshi.gb28181.picture_name import PictureName
from tongshi.sim import obeying, porter
from tongshi.sim.camera import Camera, Wiring
from tongshi.sim.depot import Depot
from tongshi.sim.ears import Ears
from tongshi.sim.event import DeviceEvent, Listening, Silence, Spoken
from tongshi.sim.film import Shot
from tongshi.sim.join import Join
from tongshi.sim.office import Office
from tongshi.sim.platform import Told
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.quirks import Quirks
from tongshi.sim.scene import Studio

pytestmark = pytest.mark.network

PLATFORM = "34020000002000000001"
DEVICE, CHANNEL = "34020000001320000001", "34020000001310000001"
VOICE = "34020000001370000001"
SESSION = "0123456789abcdef0123456789abcdef"
SHOT = Shot(view="orbits", width=160, height=90)


class Scene:
    def __init__(self, office: Office, camera: Camera, events: list[DeviceEvent], url: str) -> None:
        self.office = office
        self.camera = camera
        self.events = events
        self.url = url
        self.bodies: list[bytes] = []

    async def until(self, done: Callable[[], object], seconds: float = 20.0) -> None:
        for _ in range(round(seconds / 0.01)):
            if done():
                return
            await asyncio.sleep(0.01)
        raise TimeoutError

    def told(self, kind: type[Message]) -> list[Message]:
        events = [event for event in self.office.events if isinstance(event, Told)]
        return [event.message for event in events if isinstance(event.message, kind)]


@asynccontextmanager
async def scene(*names: str) -> AsyncIterator[Scene]:
    bodies: list[bytes] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"firm")

        do_PUT = do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    httpd = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    profile = Profile(DEVICE, "机", (Channel(CHANNEL, "门", SHOT),), voice=VOICE)
    events: list[DeviceEvent] = []
    try:
        async with Studio() as studio, Office() as office:
            camera = Camera(
                profile,
                Join(PLATFORM, "secret"),
                Wiring("127.0.0.1", office.port),
                Depot(studio),
                quirks=Quirks.of(names),
                on_event=lambda _, event: events.append(event),
            )
            await camera.start()
            made = Scene(office, camera, events, f"http://127.0.0.1:{httpd.server_port}/up")
            made.bodies = bodies
            await made.until(lambda: office.online(DEVICE))
            try:
                yield made
            finally:
                await camera.stop()
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


@pytest.mark.clause("9.14.2", "A.2.5.7")
@pytest.mark.parametrize(("names", "count"), [((), 2), (("upload-fewer", "upload-put"), 1)])
def test_snapshots_are_uploaded_and_told(names: tuple[str, ...], count: int) -> None:
    async def work() -> None:
        async with scene(*names) as at:
            order = SnapShotConfig(2, 1, at.url, SESSION)
            at.office.send(DEVICE, DeviceConfig(3, CHANNEL, (order,)))
            await at.until(lambda: at.told(UploadSnapShotFinished))
            [told] = at.told(UploadSnapShotFinished)
            assert isinstance(told, UploadSnapShotFinished)
            assert told.session_id == SESSION
            assert len(told.files) == len(at.bodies) == count
            name = PictureName.parse(told.files[0])
            assert name is not None
            assert (name.device_id, name.number) == (CHANNEL, 1)
            assert all(b"\xff\xd8\xff" in body for body in at.bodies)

    asyncio.run(work())


def test_snapshots_that_nobody_takes() -> None:
    async def work() -> None:
        async with scene() as at:
            order = SnapShotConfig(1, 1, "http://127.0.0.1:9/up", SESSION)
            at.office.send(DEVICE, DeviceConfig(3, CHANNEL, (order,)))
            await at.until(lambda: at.told(UploadSnapShotFinished))
            [told] = at.told(UploadSnapShotFinished)
            assert isinstance(told, UploadSnapShotFinished)
            assert told.files == ()

    asyncio.run(work())


@pytest.mark.clause("9.13.2", "A.2.5.9")
@pytest.mark.parametrize(
    ("names", "url", "result", "reason"),
    [
        ((), "", Outcome.OK, ""),
        (("upgrade-fails",), "", Outcome.ERROR, "02"),
        ((), "http://127.0.0.1:9/f", Outcome.ERROR, "99"),
    ],
)
def test_an_upgrade_is_told_after_the_restart(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], url: str, result: Outcome, reason: str
) -> None:
    monkeypatch.setattr(porter, "BOOT_S", 0.2)

    async def work() -> None:
        async with scene(*names) as at:
            order = DeviceUpgrade("2.0", url or at.url, "Tongshi", SESSION)
            at.office.send(DEVICE, DeviceControl(4, DEVICE, order))
            await at.until(lambda: at.told(DeviceUpgradeResult))
            [told] = at.told(DeviceUpgradeResult)
            assert isinstance(told, DeviceUpgradeResult)
            firmware = "2.0" if result is Outcome.OK else "1.0"
            assert (told.result, told.reason, told.firmware) == (result, reason, firmware)

    asyncio.run(work())


@pytest.mark.clause("9.12.1.2")
@pytest.mark.parametrize("names", [(), ("listen-over-tcp",), ("listen-passively",)])
def test_a_broadcast_is_asked_for(names: tuple[str, ...]) -> None:
    async def work() -> None:
        async with scene(*names) as at:
            at.office.send(DEVICE, BroadcastNotify(4, PLATFORM, DEVICE))
            # The office serves no INVITE, so the device is told so.
            await at.until(lambda: any(isinstance(event, Silence) for event in at.events))
            assert at.told(BroadcastAnswer)
            assert any(isinstance(event, Spoken) for event in at.events)
            assert len(at.camera.porter.heard) == 1
            at.camera.porter.hear(Listening(99, "127.0.0.1", 9))
            at.camera.porter.hear(Silence(99, ""))

    asyncio.run(work())


def test_what_is_under_way_ends_with_the_device() -> None:
    async def work() -> None:
        async with scene() as at:
            at.office.send(
                DEVICE, DeviceConfig(3, CHANNEL, (SnapShotConfig(9, 60, at.url, SESSION),))
            )
            await at.until(lambda: at.bodies)
            at.camera.porter.hear(Spoken(5, VOICE, False, False))
            at.camera.porter.keep(Ears("127.0.0.1"))
            at.camera.porter.heard[-1].close()

    asyncio.run(work())
    assert obeying.BOOT_S > 0


@pytest.mark.clause("9.12.2")
def test_a_talk_is_heard_and_answered() -> None:
    async def work() -> None:
        async with scene("talk-by-invite") as at:
            ears = Ears("127.0.0.1")
            offer = Offer(
                owner=PLATFORM,
                host="127.0.0.1",
                port=ears.port,
                purpose=Purpose.TALK,
                kind="audio",
                direction=Direction.SENDRECV,
                payloads=(PCMA,),
                ssrc="0200000007",
                format=G711A,
            )
            at.office.platform.invite(DEVICE, CHANNEL, offer, asyncio.get_running_loop().time())
            at.office.pump()
            await at.until(lambda: ears.counts.packets > 5)
            assert at.camera.porter.heard
            assert at.camera.streams == []
            at.camera.set_quirks(Quirks.of(["talk-by-invite"]))
            ears.close()

    asyncio.run(work())
