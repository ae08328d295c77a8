"""sipp as a platform for our simulated devices, and as a device for our platform."""

import asyncio
import os
import re
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tongshi.gateway.engine import Transport
from tongshi.gateway.engines.builtin import Local
from tongshi.settings import MediaSettings, SignallingSettings
from tongshi.signalling.event import CatalogGathered, DeviceDescribed, Presence, SignallingEvent
from tongshi.signalling.platform import Signalling
from tongshi.sim.camera import Camera, Wiring, camera_profile
from tongshi.sim.depot import Depot
from tongshi.sim.impair import CLEAN
from tongshi.sim.join import Join
from tongshi.sim.outlet import UdpOutlet
from tongshi.sim.quirks import NONE
from tongshi.sim.recorder import recorder_profile
from tongshi.sim.scene import Shot, Studio
from tongshi.sim.streaming import Stream
from tongshi.sim.witness import Witness

pytestmark = [pytest.mark.interop, pytest.mark.network]

SCENARIOS = Path(__file__).parent.parent / "vectors" / "sipp"
PLATFORM_ID = "34020000002000000001"
DEVICE = "34020000001320000001"
CHANNEL = "34020000001310000001"
WORD = "secret"
VIEWERS = "127.0.0.1:0"


@pytest.fixture(name="sipp")
def _sipp() -> str:
    path = shutil.which("sipp")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("sipp is not installed")
        pytest.skip("sipp is not installed")
    return path


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until(done: Callable[[], object], seconds: float = 20.0) -> None:
    for _ in range(round(seconds / 0.02)):
        if done():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


class Sipp:
    """One sipp process with a scenario."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder

    async def start(
        self,
        scenario: str,
        port: int,
        *,
        to: int | None = None,
        keys: dict[str, str] | None = None,
    ) -> asyncio.subprocess.Process:
        named = {
            "device_id": DEVICE,
            "channel_id": CHANNEL,
            "platform_id": PLATFORM_ID,
            "domain": PLATFORM_ID[:10],
            "password": WORD,
            **(keys or {}),
        }
        pairs = [part for name, value in named.items() for part in ("-key", name, value)]
        peer = [f"127.0.0.1:{to}", "-m", "1"] if to is not None else []
        return await asyncio.create_subprocess_exec(
            self._program,
            *peer,
            *("-sf", str(SCENARIOS / f"{scenario}.xml")),
            *("-i", "127.0.0.1", "-p", str(port), "-nostdin", "-timeout", "30"),
            *("-au", DEVICE, "-ap", WORD),
            *("-trace_logs", "-log_file", str(self._folder / f"{scenario}.log")),
            *("-trace_err", "-error_file", str(self._folder / f"{scenario}.err")),
            *pairs,
            cwd=self._folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def run(self, scenario: str, port: int, to: int, keys: dict[str, str]) -> None:
        process = await self.start(scenario, port, to=to, keys=keys)
        status = await process.wait()
        assert status == 0, self.read(f"{scenario}.err")

    def read(self, name: str) -> str:
        path = self._folder / name
        return path.read_text("utf-8", "replace") if path.exists() else ""


def camera_at(port: int, studio: Studio, password: str) -> Camera:
    shot = Shot(view="orbits", width=320, height=180)
    return Camera(
        camera_profile(DEVICE, "sipp", shot, channel_id=CHANNEL),
        Join(PLATFORM_ID, password),
        Wiring("127.0.0.1", port),
        Depot(studio),
    )


@pytest.mark.clause("9.1.2.1", "9.2.2.1")
def test_a_platform_played_by_sipp(sipp: str, tmp_path: Path) -> None:
    async def look() -> None:
        tool = Sipp(sipp, tmp_path)
        port = free_port()
        registrar = await tool.start("platform_registrar", port)
        async with Studio() as studio:
            camera = camera_at(port, studio, WORD)
            await camera.start()
            try:
                await until(lambda: camera.device.registered)
                own = camera.device.contact[1]
                # sipp verified the digest by its own code.
                await until(lambda: "verified=true expires=3600" in log())
                await tool.run("platform_catalog", free_port(), own, {})
                await until(lambda: 'CmdType>Catalog SumNum>1 Num="1' in log())
                witness = Witness()
                await tool.run("platform_invite", free_port(), own, {"rtp_port": str(witness.port)})
                assert len(witness.pictures) >= 40
                counters = [number for number in witness.counters() if number is not None]
                assert counters == sorted(set(counters))
                assert len(counters) == len(witness.pictures)
                assert not camera.streams
                await witness.close()
            finally:
                await camera.stop()
            await until(lambda: "verified=true expires=0" in log())
        registrar.terminate()
        await registrar.wait()

    def log() -> str:
        return Sipp(sipp, tmp_path).read("platform_registrar.log")

    asyncio.run(look())


def test_sipp_refuses_a_wrong_password(sipp: str, tmp_path: Path) -> None:
    async def look() -> None:
        tool = Sipp(sipp, tmp_path)
        port = free_port()
        registrar = await tool.start("platform_registrar", port)
        async with Studio() as studio:
            camera = camera_at(port, studio, "wrong")
            await camera.start()
            await until(lambda: "verified=false" in tool.read("platform_registrar.log"))
            await camera.stop()
            assert not camera.device.registered
        registrar.terminate()
        await registrar.wait()

    asyncio.run(look())


@pytest.mark.clause("M")
def test_a_recorder_sends_its_catalog_to_sipp_in_parts(sipp: str, tmp_path: Path) -> None:
    async def look() -> None:
        tool = Sipp(sipp, tmp_path)
        port = free_port()
        registrar = await tool.start("platform_registrar", port)
        async with Studio() as studio:
            camera = Camera(
                recorder_profile(DEVICE, "sipp", [f"通道{n}" for n in range(10)]),
                Join(PLATFORM_ID, WORD, items=4),
                Wiring("127.0.0.1", port),
                Depot(studio),
            )
            await camera.start()
            await until(lambda: camera.device.registered)
            await tool.run("platform_catalog", free_port(), camera.device.contact[1], {})

            def parts() -> list[str]:
                log = tool.read("platform_registrar.log")
                return re.findall(r'Catalog SumNum>10 Num="(\d+)', log)

            await until(lambda: sum(map(int, parts())) >= 10)
            assert parts() == ["4", "4", "2"]
            await camera.stop()
        registrar.terminate()
        await registrar.wait()

    asyncio.run(look())


@pytest.mark.clause("9.1.2.1", "9.6.2", "9.2.2.1")
def test_a_device_played_by_sipp(sipp: str, tmp_path: Path) -> None:
    """Register with digest, keepalive, DeviceInfo, a catalog in two parts, INVITE, BYE, logout."""

    async def look() -> None:
        tool = Sipp(sipp, tmp_path)
        told: list[SignallingEvent] = []
        media = MediaSettings(listen="127.0.0.1", ports_from=0, ports_to=0, viewer_listen=VIEWERS)
        engine = Local(media)
        await engine.start()
        platform = Signalling(
            SignallingSettings(id=PLATFORM_ID, listen="127.0.0.1:0", part_gap=0.5),
            media,
            engine,
            password_of=lambda device_id: WORD,
        )
        platform.subscribe(told.append)
        await platform.start()
        port = int(platform.addresses[0].rpartition(":")[2])
        own = free_port()
        await tool.run("device_register", own, port, {})
        known = platform.device(DEVICE)
        assert known is not None
        assert (known.state, known.port) == (Presence.ONLINE, own)
        server = await tool.start("device_serve", own, keys={"channel_id": CHANNEL[:-1]})
        try:
            # What the platform asks of itself after a registration reaches sipp a moment later.
            await until(lambda: [e for e in told if isinstance(e, DeviceDescribed)])
            await until(lambda: [e for e in told if isinstance(e, CatalogGathered)])
            [gathered] = [e.gathered for e in told if isinstance(e, CatalogGathered)]
            assert gathered.complete
            assert [(item.name, item.status) for item in gathered.items] == [
                ("sipp one", "ON"),
                ("sipp two", "OFF"),
            ]
            await watch(tool, platform)
            assert engine.leased_ports() == 0
        finally:
            server.terminate()
            await server.wait()
        await tool.run("device_leave", own, port, {})
        left = platform.device(DEVICE)
        assert left is not None
        assert left.state is Presence.OFFLINE
        await platform.stop()
        await engine.stop()

    async def watch(tool: Sipp, platform: Signalling) -> None:
        """Open a session, send pictures where sipp was asked to, and close it."""
        opening = asyncio.ensure_future(
            platform.sessions.open(DEVICE, CHANNEL, transport=Transport.UDP)
        )
        await until(lambda: "invite port=" in tool.read("device_serve.log"))
        found = re.search(r"port=(\d+) ssrc=(\d+)", tool.read("device_serve.log"))
        assert found is not None
        async with Studio() as studio:
            stream = Stream(
                Depot(studio),
                Shot(view="orbits", width=320, height=180),
                int(found[2]),
                UdpOutlet("127.0.0.1", CLEAN),
                NONE,
            )
            stream.start("127.0.0.1", int(found[1]))
            session = await opening
            stream.close()
        await platform.sessions.close(session.key)
        await until(lambda: not platform.sessions.keys())

    asyncio.run(look())
