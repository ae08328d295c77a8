"""Many simulated devices together, in this process or in one of their own.

As a process: ``python -m tongshi.sim.fleet --platform HOST:PORT --platform-id ID --password-env
NAME``.  It prints one JSON object a line for each event, reads one a line as commands, and ends
with its standard input.

    {"do": "start", "device": ID}                          start it, anew if it runs
    {"do": "figures"}                                      prints what runs now
    {"do": "counts"}                                       prints notices of all devices together
    {"do": "stop"}

and whatever :mod:`tongshi.sim.orders` carries out for one device.

Events: ``ready`` once with counts, then those of :mod:`tongshi.sim.diary`, each with ``device``;
``figures``, ``counts``, ``digest``, ``heard``, ``state`` for what was asked; ``refused`` for a
command that could not be carried out; ``stopped`` as the last.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import uvloop

from tongshi.errors import Error, Invalid, Missing
from tongshi.settings import split_address
from tongshi.sim.camera import Camera, Wiring
from tongshi.sim.depot import Depot
from tongshi.sim.diary import describe
from tongshi.sim.event import DeviceEvent
from tongshi.sim.join import Join
from tongshi.sim.orders import carry_out, digest, total_of
from tongshi.sim.quirks import Quirks
from tongshi.sim.route import Route
from tongshi.sim.scene import Studio
from tongshi.sim.town import FERRY_KM_H, Spec, demo_town

Report = Callable[[dict[str, Any]], None]


class Fleet:
    """Devices of a list of specs, joined to one platform.  Use it with ``async with``.

    join: how all of them join.  report: gets each event as plain data.  local: own address;
    empty: the one that faces the platform.
    """

    def __init__(
        self,
        specs: Sequence[Spec],
        host: str,
        port: int,
        join: Join,
        *,
        report: Report | None = None,
        local: str = "",
    ) -> None:
        self.specs = {spec.device_id: spec for spec in specs}
        self.cameras: dict[str, Camera] = {}
        self.studio = Studio()
        self._depot = Depot(self.studio)
        self._platform = (host, port)
        self._join = join
        self._report = report or _unheard
        self._local = local
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.studio.__aenter__()
        try:
            for device_id, spec in self.specs.items():
                await self.start(device_id)
                for channel in spec.profile.channels:
                    self.studio.prepare(channel.shot)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    async def start(self, device_id: str) -> None:
        """Start a device, anew if it runs already.  Raises Missing and OSError."""
        spec = self.specs.get(device_id)
        if spec is None:
            raise Missing(f"no such device: {device_id}")
        running = self.cameras.pop(device_id, None)
        if running is not None:
            await running.stop()
        host, port = self._platform
        camera = Camera(
            spec.profile,
            replace(self._join, password=spec.password or self._join.password),
            Wiring(host, port, spec.tcp, self._local, spec.impairments),
            self._depot,
            quirks=Quirks.of(spec.quirks),
            on_event=self._tell,
        )
        self.cameras[device_id] = camera
        if spec.route:
            # There and back again.
            line = [*spec.route, *spec.route[-2:0:-1]]
            camera.device.reports.route = Route(line, FERRY_KM_H, camera.now, loop=True)
        await camera.start()

    async def registered(self) -> None:
        """Return when every device is registered."""
        while not all(camera.device.registered for camera in self.cameras.values()):
            self._news.clear()
            await self._news.wait()

    def camera(self, device_id: str) -> Camera:
        """Return a running device; raises Missing."""
        try:
            return self.cameras[device_id]
        except KeyError:
            raise Missing(f"no such device: {device_id}") from None

    async def obey(self, order: dict[str, Any]) -> None:
        """Carry out one command of the module's list, except ``stop``.  Raises Invalid, Missing."""
        match order:
            case {"do": "start", "device": str(device_id)}:
                await self.start(device_id)
            case {"do": "figures"}:
                self._report(self.figures())
            case {"do": "counts"} if "device" not in order:
                counts = [carry_out(one, {"do": "counts"}) for one in self.cameras.values()]
                self._report({"event": "counts", "total": total_of(counts)})
            case {"do": "digest", "device": str(device_id)}:
                self._report(await digest(self.camera(device_id), self.studio.vault, order))
            case {"do": str(), "device": str(device_id)}:
                told = carry_out(self.camera(device_id), order)
                if told is not None:
                    self._report({**told, "device": device_id})
            case _:
                raise Invalid(f"not a command: {order!r}"[:200])

    def figures(self) -> dict[str, Any]:
        """Return what runs now as plain data."""
        streams = [stream for camera in self.cameras.values() for stream in camera.streams]
        films = [reel for reel in self.studio.running() if reel.film is not None]
        return {
            "event": "figures",
            "registered": sum(camera.device.registered for camera in self.cameras.values()),
            "streams": len(streams),
            "frames": sum(stream.counts.frames for stream in streams),
            "dropped": sum(stream.counts.dropped for stream in streams),
            "films": [
                {
                    "view": reel.shot.view,
                    "codec": reel.shot.codec.value,
                    "width": reel.shot.width,
                    "frames": reel.film.frames,
                    "skipped": reel.film.skipped,
                    "cpu_ms_per_frame": round(1000 * reel.film.cpu / max(reel.film.frames, 1), 2),
                }
                for reel in films
                if reel.film is not None
            ],
        }

    async def _close(self) -> None:
        cameras, self.cameras = list(self.cameras.values()), {}
        await asyncio.gather(*(camera.stop() for camera in cameras))
        await self.studio.__aexit__(None, None, None)

    def _tell(self, camera: Camera, event: DeviceEvent) -> None:
        self._news.set()
        self._report({**describe(event), "device": camera.profile.device_id})


def _unheard(told: dict[str, Any]) -> None:
    """Take a report that nobody wants."""


def write_line(told: dict[str, Any]) -> None:
    """Print one object as one line."""
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    sys.stdout.flush()


async def serve(fleet: Fleet) -> None:
    """Run *fleet* until standard input ends, or says stop."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        async with fleet:
            channels = sum(len(spec.profile.channels) for spec in fleet.specs.values())
            write_line({"event": "ready", "devices": len(fleet.specs), "channels": channels})
            while line := await reader.readline():
                if not await _take(fleet, line):
                    break
    finally:
        transport.close()
    write_line({"event": "stopped"})


async def _take(fleet: Fleet, line: bytes) -> bool:
    """Carry out one line; return whether to go on."""
    try:
        order = json.loads(line)
    except ValueError:
        order = None
    if isinstance(order, dict) and order.get("do") == "stop":
        return False
    try:
        await fleet.obey(order if isinstance(order, dict) else {})
    except (Error, OSError) as error:
        write_line({"event": "refused", "why": str(error)})
    return True


def password_from(name: str) -> str:
    """Return the password in the environment variable *name*; raises Invalid when it is unset."""
    try:
        return os.environ[name]
    except KeyError:
        raise Invalid(f"environment variable {name} is not set") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration's devices as a process."""
    parser = argparse.ArgumentParser(prog="python -m tongshi.sim.fleet")
    parser.add_argument("--platform", required=True, metavar="HOST:PORT")
    parser.add_argument("--platform-id", default="34020000002000000001")
    parser.add_argument("--domain", default="")
    parser.add_argument("--password-env", default="TONGSHI_SIMULATE_PASSWORD", metavar="NAME")
    parser.add_argument("--cameras", type=int, default=24, help="of the town's 24")
    parser.add_argument("--no-recorder", action="store_true")
    parser.add_argument("--keepalive", type=float, default=60.0)
    parser.add_argument("--expires", type=int, default=3600)
    given = parser.parse_args(arguments)
    host, port = split_address(given.platform)
    town = demo_town()
    specs = town[: min(given.cameras, 24)] + ([] if given.no_recorder else town[24:])
    join = Join(
        given.platform_id,
        password_from(given.password_env),
        domain=given.domain,
        keepalive=given.keepalive,
        expires=given.expires,
    )

    async def run() -> None:
        await serve(Fleet(specs, host, port, join, report=write_line))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
