"""A small town with one of everything, and lies: answers that are not what they were."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tongshi.app.node import Node
from tongshi.cli.demo import settings_for
from tongshi.cli.staff import Post, appoint
from tongshi.cli.town import Reports
from tongshi.cli.trial.site import Site
from tongshi.cli.trial.verdict import Broken, Verdict
from tongshi.gb28181.version import Version
from tongshi.sim.archive import A_DAY_WITH_GAPS, Plan
from tongshi.sim.film import Shot
from tongshi.sim.fleet import Fleet
from tongshi.sim.join import Join
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.recorder import channel_code
from tongshi.sim.town import PRESETS, Spec
from tongshi.testing.aside import Aside

SHOT = Shot(view="orbits", width=320, height=180, fps=10, gop=10, bitrate=100_000, sound=False)


def profile(number: int) -> Profile:
    """A plain device with one channel."""
    code = f"34020000001310000{number:03}"
    channel = Channel(code, f"通道{number}", SHOT, longitude=118.36, latitude=31.33)
    return Profile(f"34020000001320000{number:03}", f"设备{number}", (channel,))


def shows(plain: Profile, channel: Channel) -> Profile:
    return replace(plain, channels=(channel,))


def specs() -> list[Spec]:
    """A dome, a camera with a card, two loudspeakers, one by TCP, a ferry, a recorder."""
    first, second, third, fourth, fifth, sixth = map(profile, range(1, 7))
    head = replace(first.channels[0], ptz_type=1, presets=PRESETS)
    kept = replace(second.channels[0], plan=Plan(days=2))
    recorder = "34020000001180000001"
    plan = Plan(2, 3600, A_DAY_WITH_GAPS)
    channels = tuple(
        Channel(channel_code(recorder, place), f"通道 {place}", SHOT, plan=plan)
        for place in range(1, 5)
    )
    return [
        Spec(shows(replace(first, version=Version.V2022), head)),
        Spec(shows(replace(second, cards=(1024,)), kept)),
        Spec(replace(third, voice="34020000001370000003")),
        Spec(
            replace(fourth, voice="34020000001370000004", manufacturer="TP-LINK"),
            quirks=("listen-over-tcp",),
        ),
        Spec(fifth, tcp=True),
        Spec(replace(sixth, mobile=True), route=((118.365, 31.335), (118.372, 31.341))),
        Spec(Profile(recorder, "录像机", channels, alarms=("34020000001340000001",))),
    ]


class Nearby:
    """Devices in this process, as a town gives them."""

    def __init__(self) -> None:
        self.reports = Reports()
        self.fleet: Fleet

    async def tell(self, order: dict[str, Any]) -> None:
        await self.fleet.obey(order)

    async def ask(self, order: dict[str, Any], event: str) -> dict[str, Any]:
        return await self.reports.after(self.tell(order), event, str(order["device"]))


@asynccontextmanager
async def equipped(folder: Path) -> AsyncIterator[Site]:
    """A staff that is signed in where every device is there."""
    given = settings_for(folder, "127.0.0.1", check=True)
    events = replace(given.events, repeat=0.0)
    given = replace(given, media=replace(given.media, workers=0), events=events)
    nearby = Nearby()
    with ThreadPoolExecutor(8) as threads:
        async with Node(given) as node:
            join = Join(given.signalling.id, node.device_password, keepalive=1.0)
            report = nearby.reports.take
            async with Fleet(specs(), "127.0.0.1", node.sip_port, join, report=report) as fleet:
                nearby.fleet = fleet
                site = Site(node, nearby, specs(), Verdict(), threads)
                await enter(site)
                yield site


async def enter(site: Site) -> None:
    """Sign in, and wait until every catalog is there."""
    staff = await asyncio.get_running_loop().run_in_executor(site.threads, appoint, site.node)
    await site.admit(staff.values())
    assert set(site.visitors) == set(Post)

    async def there() -> str:
        rows = (await site.call("GET", "/devices"))["rows"]
        done = [row for row in rows if row["catalog"]["state"] == "complete"]
        return "" if len(done) == len(site.specs) else "catalogs"

    await site.until(there)


@pytest.fixture(scope="module")
def aside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aside[Site]]:
    folder = tmp_path_factory.mktemp("equipped")
    with Aside(lambda: equipped(folder)) as made:
        yield made


Check = Callable[[Site, Callable[[str], None]], Awaitable[None]]


@pytest.fixture
def holds(aside: Aside[Site]) -> Callable[[Check], str]:
    """Return a function that makes a check, and returns what it saw."""

    def make(check: Check) -> str:
        seen: list[str] = []
        aside.call(lambda site: check(site, seen.append))
        assert seen
        return "; ".join(seen)

    return make


@pytest.fixture
def breaks(holds: Callable[[Check], str]) -> Callable[[Check], str]:
    """Return a function that makes a check which must fail, and returns why it did."""

    def make(check: Check) -> str:
        with pytest.raises(Broken) as broken:
            holds(check)
        return str(broken.value)

    return make


@pytest.fixture
def lie(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[Any], Any]], None]:
    """Return a function that has answers of the interface to ``METHOD /path`` be others."""
    true = Site.call

    def plant(pattern: str, change: Callable[[Any], Any]) -> None:
        async def call(
            self: Site, method: str, path: str, body: object = None, post: Post = Post.OFFICER
        ) -> object:
            told = await true(self, method, path, body, post)
            return change(told) if re.search(pattern, f"{method} {path}") else told

        monkeypatch.setattr(Site, "call", call)

    return plant


@pytest.fixture
def mislead(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[Any], Any]], None]:
    """Return a function that has reports of the devices be others."""
    true = Nearby.ask

    def plant(event: str, change: Callable[[Any], Any]) -> None:
        async def ask(self: Nearby, order: dict[str, Any], wanted: str) -> dict[str, Any]:
            told = await true(self, order, wanted)
            return dict(change(told)) if wanted == event else told

        monkeypatch.setattr(Nearby, "ask", ask)

    return plant


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for what will never be is over soon."""
    monkeypatch.setattr(Site.until, "__defaults__", (0.5,))


async def restore(spec: Spec, site: Site) -> None:
    await site.quirks(spec, *spec.quirks)


@pytest.fixture
def odd(aside: Aside[Site]) -> Iterator[Callable[..., None]]:
    """Return a function that has a device, by its place in the town, deviate; it stops after."""
    changed: list[Spec] = []

    def deviate(place: int, *names: str) -> None:
        spec = aside.thing.specs[place]
        changed.append(spec)
        aside.call(lambda site: site.quirks(spec, *names))

    yield deviate
    for spec in changed:
        aside.call(partial(restore, spec))
