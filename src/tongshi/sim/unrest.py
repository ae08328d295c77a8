"""Many devices to which things happen: alarms, positions, changes of channels, at given rates.

What happens to whom is decided by a seed; how many notices were raised, acknowledged, confirmed and
lost is counted, so that a platform can be held against it.

As a process: ``python -m tongshi.sim.unrest --platform HOST:PORT --count 1000 --seconds 600
--alarms 600 --positions 6000 --changes 600``; rates are of all devices together, a minute.  It
prints JSON lines: ``ready``, ``counts`` every ten seconds, ``done`` with the final counts and the
digest of what channels there are by then.  To use several processes give each its own ``--first``.
With ``--wait`` nothing happens until a line comes to its standard input.
"""

import argparse
import asyncio
import hashlib
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import uvloop

from tongshi.errors import Invalid
from tongshi.gb28181.identifier import is_code
from tongshi.gb28181.version import Version
from tongshi.settings import split_address
from tongshi.sim.camera import Camera
from tongshi.sim.film import Shot
from tongshi.sim.fleet import Fleet, password_from, write_line
from tongshi.sim.join import Join
from tongshi.sim.listing import item_of
from tongshi.sim.orders import carry_out, counts_of, total_of
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.route import Route
from tongshi.sim.town import Spec

TICK_S = 0.05
REPORT_S = 10.0
SETTLE_S = 30.0
"""How long notices under way are waited for at the end."""
_SHOT = Shot(view="orbits", width=160, height=90, fps=5, gop=10, bitrate=40_000, sound=False)
_CYCLE = ("OFF", "ON", "VLOST", "ON", "DEFECT", "ON", "UPDATE", "ADD", "DEL")


@dataclass(frozen=True, slots=True)
class Rates:
    """How often something happens, of all devices together, times a minute."""

    alarms: float = 0.0
    positions: float = 0.0
    changes: float = 0.0


@dataclass(slots=True)
class Unrest:
    """Lets things happen to *cameras* at *rates*, by a seed.

    happened: alarms, positions and changes so far.
    """

    cameras: Sequence[Camera]
    rates: Rates
    seed: int = 1
    happened: dict[str, int] = field(default_factory=dict)
    _owed: dict[str, float] = field(default_factory=dict)
    _steps: dict[str, int] = field(default_factory=dict)
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)

    def pass_time(self, seconds: float) -> None:
        """Let as much happen as belongs into *seconds*."""
        acts: tuple[tuple[str, float, Callable[[Camera], None]], ...] = (
            ("alarms", self.rates.alarms, self._alarm),
            ("positions", self.rates.positions, self._position),
            ("changes", self.rates.changes, self._change),
        )
        for name, rate, act in acts:
            owed = self._owed.get(name, 0.0) + rate * seconds / 60
            while owed >= 1:
                owed -= 1
                act(self._random.choice(self.cameras))
                self.happened[name] = self.happened.get(name, 0) + 1
            self._owed[name] = owed

    async def run(self, seconds: float) -> None:
        """Let things happen for *seconds*."""
        loop = asyncio.get_running_loop()
        last = loop.time()
        end = last + seconds
        while last < end:
            await asyncio.sleep(TICK_S)
            now = min(loop.time(), end)
            self.pass_time(now - last)
            last = now

    def under_way(self) -> int:
        """Return how many notices are neither acknowledged nor given up."""
        return sum(
            tally.raised - tally.acknowledged - tally.lost
            for camera in self.cameras
            for tally in camera.device.reports.counts.values()
        )

    async def settle(self, seconds: float = SETTLE_S) -> bool:
        """Wait until nothing is under way; return whether that came to be."""
        for _ in range(round(seconds / TICK_S)):
            if self.under_way() <= 0:
                return True
            await asyncio.sleep(TICK_S)
        return False

    def _alarm(self, camera: Camera) -> None:
        choose = self._random.randrange
        order = {"do": "alarm", "method": 5, "priority": 1 + choose(4), "kind": 1 + choose(13)}
        carry_out(camera, order)

    def _position(self, camera: Camera) -> None:
        reports = camera.device.reports
        if reports.route is None:
            start = 118 + self._random.random(), 31 + self._random.random()
            line = [start, (start[0] + 0.05, start[1] + 0.02)]
            reports.route = Route(line, 40.0, camera.now, loop=True)
        carry_out(camera, {"do": "position"})

    def _change(self, camera: Camera) -> None:
        """Take the next step of the cycle of a device: what comes also goes."""
        own = camera.profile.device_id
        step = self._steps.get(own, 0)
        self._steps[own] = step + 1
        event = _CYCLE[step % len(_CYCLE)]
        channel_id = camera.profile.channels[0].channel_id
        if event in ("ADD", "DEL"):
            channel_id = f"{channel_id[:-6]}9{channel_id[-5:]}"
        name = f"通道 {step}"
        carry_out(camera, {"do": "change", "changes": [[channel_id, event]], "name": name})


def specs_of(first: str, count: int, channels: int = 2) -> list[Spec]:
    """Return *count* devices whose codes count on from *first*; raises Invalid."""
    if not is_code(first) or count < 1 or int(first[14:]) + count > 10**6:
        raise Invalid(f"no room for {count} codes from {first!r}")
    return [
        _spec(f"{first[:14]}{int(first[14:]) + number:06}", channels) for number in range(count)
    ]


def _spec(device_id: str, channels: int) -> Spec:
    made = tuple(
        Channel(f"{device_id[:10]}131{number}{device_id[14:]}", f"通道 {number}", _SHOT)
        for number in range(channels)
    )
    profile = Profile(device_id, f"设备 {device_id[14:]}", made, mobile=True, version=Version.V2022)
    return Spec(profile)


def digest_of(channels: Iterable[tuple[str, str, str, str]]) -> str:
    """Return a digest of *channels*: device, channel, ``"on"`` or ``"off"``, name."""
    lines = sorted("\t".join(channel) for channel in channels)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def channels_of(cameras: Iterable[Camera]) -> list[tuple[str, str, str, str]]:
    """Return the channels that *cameras* have now, as :func:`digest_of` takes them."""
    found = []
    for camera in cameras:
        body = camera.device.body
        for item in (item_of(body, part) for part in body.parts.values()):
            found.append((camera.profile.device_id, item.device_id, item.state.value, item.name))
    return found


async def disturb(fleet: Fleet, rates: Rates, seconds: float, seed: int) -> dict[str, Any]:
    """Let things happen to a fleet that runs, and return the final counts."""
    unrest = Unrest(list(fleet.cameras.values()), rates, seed)
    running = asyncio.create_task(unrest.run(seconds))
    while not running.done():
        await asyncio.wait([running], timeout=REPORT_S)
        write_line({"event": "counts", **_counts(unrest)})
    await running
    settled = await unrest.settle()
    channels = digest_of(channels_of(unrest.cameras))
    return {"event": "done", "settled": settled, "channels": channels, **_counts(unrest)}


def _counts(unrest: Unrest) -> dict[str, Any]:
    total = total_of({"counts": counts_of(camera)} for camera in unrest.cameras)
    return {"happened": dict(unrest.happened), "counts": total}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run devices to which things happen as a process; 0 when no notice was lost."""
    parser = argparse.ArgumentParser(prog="python -m tongshi.sim.unrest")
    parser.add_argument("--platform", required=True, metavar="HOST:PORT")
    parser.add_argument("--platform-id", default="34020000002000000001")
    parser.add_argument("--domain", default="")
    parser.add_argument("--password-env", default="TONGSHI_SIMULATE_PASSWORD", metavar="NAME")
    parser.add_argument("--first", default="34020000001320500001", help="code of the first device")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--alarms", type=float, default=600.0, help="a minute, of all together")
    parser.add_argument("--positions", type=float, default=600.0)
    parser.add_argument("--changes", type=float, default=600.0)
    parser.add_argument("--keepalive", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wait", action="store_true", help="for a line, before anything happens")
    given = parser.parse_args(arguments)
    host, port = split_address(given.platform)
    specs = specs_of(given.first, given.count)
    password = password_from(given.password_env)
    join = Join(given.platform_id, password, domain=given.domain, keepalive=given.keepalive)
    rates = Rates(given.alarms, given.positions, given.changes)

    async def run() -> int:
        async with Fleet(specs, host, port, join) as fleet:
            cameras = list(fleet.cameras.values())
            await fleet.registered()
            write_line({"event": "ready", "devices": len(cameras)})
            if given.wait:
                await asyncio.to_thread(sys.stdin.readline)
            done = await disturb(fleet, rates, given.seconds, given.seed)
            write_line(done)
        lost = sum(tally.get("lost", 0) for tally in done["counts"].values())
        return 0 if done["settled"] and not lost else 1

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


if __name__ == "__main__":
    sys.exit(main())
