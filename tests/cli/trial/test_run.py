"""Each promise tried over a town of four cameras; then broken on purpose, which must be told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tongshi.app.node import Node
from tongshi.cli.demo import settings_for
from tongshi.cli.staff import Post
from tongshi.cli.town import Reports
from tongshi.cli.trial.run import LANES, Trial, try_all
from tongshi.cli.trial.verdict import Broken, Verdict
from tongshi.gateway.engine import Transport
from tongshi.media.unit import Codec
from tongshi.sim.camera import camera_profile
from tongshi.sim.film import Shot
from tongshi.sim.fleet import Fleet
from tongshi.sim.join import Join
from tongshi.sim.town import LOSSY, Spec
from tongshi.testing.aside import Aside
from tongshi.testing.client import Refused

pytestmark = pytest.mark.network

SHOT = Shot(view="orbits", width=320, height=180, gop=10, bitrate=500_000)


def specs() -> list[Spec]:
    """Four devices: a plain one, a lossy one, one in H.265, one over TCP."""
    hevc = replace(SHOT, codec=Codec.H265)
    return [
        Spec(camera_profile("34020000001320000001", "东门", SHOT)),
        Spec(camera_profile("34020000001320000002", "西门", SHOT), impairments=LOSSY),
        Spec(camera_profile("34020000001320000003", "北门", hevc)),
        Spec(camera_profile("34020000001320000004", "南门", SHOT), tcp=True),
    ]


class Nearby:
    """Devices in this process."""

    def __init__(self, fleet: Fleet, reports: Reports) -> None:
        self._fleet = fleet
        self._reports = reports

    async def tell(self, order: dict[str, Any]) -> None:
        await self._fleet.obey(order)

    async def ask(self, order: dict[str, Any], event: str) -> dict[str, Any]:
        return await self._reports.after(self.tell(order), event, str(order["device"]))


@asynccontextmanager
async def small_town(
    folder: Path, found: Sequence[Spec], ports: tuple[int, int] = (0, 0)
) -> AsyncIterator[tuple[Node, Nearby]]:
    """A node and the devices *found* there, whatever else is expected."""
    given = settings_for(folder, "127.0.0.1", check=True)
    signalling = replace(given.signalling, keepalive=0.5)
    media = replace(given.media, workers=0, first_media=1.0, ports_from=ports[0], ports_to=ports[1])
    async with Node(replace(given, signalling=signalling, media=media)) as node:
        join = Join(signalling.id, node.device_password, keepalive=0.5)
        reports = Reports()
        host = "127.0.0.1"
        async with Fleet(found, host, node.sip_port, join, report=reports.take) as fleet:
            yield node, Nearby(fleet, reports)


@asynccontextmanager
async def trial(folder: Path, ports: tuple[int, int] = (0, 0)) -> AsyncIterator[Trial]:
    """A staff that is signed in where every device is there."""
    with ThreadPoolExecutor(8) as threads:
        async with small_town(folder, specs(), ports) as (node, nearby):
            made = Trial(node, nearby, specs(), Verdict(), threads)
            await made.sign_in(print)
            await made.registered(print)
            await made.catalogs(print)
            yield made


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aside[Trial]]:
    folder = tmp_path_factory.mktemp("trial")
    with Aside(lambda: trial(folder)) as aside:
        yield aside


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for what will never be is over soon."""
    monkeypatch.setattr(Trial.until, "__defaults__", (0.3,))


Check = Callable[[Trial, Callable[[str], None]], Awaitable[None]]


def seen_by(town: Aside[Trial], check: Check) -> str:
    seen: list[str] = []
    town.call(lambda trial: check(trial, seen.append))
    return "; ".join(seen)


@pytest.mark.parametrize("way", Transport)
def test_live(town: Aside[Trial], way: Transport) -> None:
    seen = seen_by(town, lambda trial, tell: trial.live(way, tell))
    assert seen.startswith("4 channels, h264, h265, ")
    name = way.value.replace("-", "_")
    figures = town.thing.verdict.figures
    assert 0 < figures[f"first_picture_{name}_median_ms"] <= figures[f"first_picture_{name}_max_ms"]
    assert f"lost_{name}_packets" in figures


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (Trial.registered, "4 devices online"),
        (Trial.catalogs, "4 complete, 4 channels"),
        (Trial.loss, "packets lost"),
        (Trial.transcode, "frames, first after"),
        (Trial.snapshot, "moving on"),
        (Trial.shared, "one upstream session"),
        (Trial.refused, "486 named, silence named"),
        (Trial.offline, "back online"),
        (Trial.closed, "no session, port or SSRC left"),
    ],
)
def test_a_promise_that_holds(town: Aside[Trial], check: Check, words: str) -> None:
    assert words in seen_by(town, check)


def test_the_register_once_all_have_looked(town: Aside[Trial]) -> None:
    async def look(trial: Trial, tell: Callable[[str], None]) -> None:
        device = trial.specs[0].device_id
        while (await trial.call("GET", "/register?size=1", post=Post.AUDIT))["total"] <= 3 * 4:
            await trial.visitor.look(device, device, messages=10)
        await trial.register(tell)

    assert "entries of live" in seen_by(town, look)


# Broken on purpose


def test_a_password_that_was_changed_before(town: Aside[Trial]) -> None:
    with pytest.raises(Refused, match=r"401 denied|403 denied"):
        seen_by(town, Trial.sign_in)


@pytest.mark.usefixtures("impatient")
def test_a_device_that_is_not_there(town: Aside[Trial]) -> None:
    async def miss(trial: Trial, tell: Callable[[str], None]) -> None:
        more = Spec(camera_profile("34020000001320000009", "无", SHOT))
        other = Trial(trial.node, trial.town, [*trial.specs, more], Verdict(), trial.threads)
        other.visitors = trial.visitors
        with pytest.raises(Broken, match=r"after 0\.3 s 4 of 5 devices are known"):
            await other.registered(tell)
        with pytest.raises(Broken, match=r"channels that are not there: .'34020000001320000009'"):
            await other.catalogs(tell)
        with pytest.raises(Broken, match=r"1 of 5 failed: 404 missing"):
            await other.live(Transport.UDP, tell)

    assert seen_by(town, miss) == ""


def test_a_picture_that_stands_still(town: Aside[Trial]) -> None:
    async def freeze(trial: Trial, tell: Callable[[str], None]) -> None:
        spec = trial.specs[0]
        await trial.quirks(spec, "frozen-picture")
        try:
            with pytest.raises(Broken, match=r"1 of 4 failed: .* does not advance"):
                await trial.live(Transport.TCP_ACTIVE, tell)
        finally:
            await trial.quirks(spec)

    assert seen_by(town, freeze) == ""


@pytest.mark.usefixtures("impatient")
def test_a_view_that_is_left_open(town: Aside[Trial]) -> None:
    async def stay(trial: Trial, tell: Callable[[str], None]) -> None:
        device = trial.specs[0].device_id
        view = await trial.visitor.ask(device, device)
        try:
            with pytest.raises(Broken, match=r"after 0\.3 s left: .*'views\.open': 1"):
                await trial.closed(tell)
        finally:
            await trial.visitor.call("DELETE", f"/live/{view['view']}")

    assert seen_by(town, stay) == ""


def test_a_lossless_wire_where_losses_were_promised(town: Aside[Trial]) -> None:
    async def mend(trial: Trial, tell: Callable[[str], None]) -> None:
        order = {"do": "impair", "device": trial.specs[1].device_id}
        await trial.town.tell({**order, "impairments": "loss=0"})
        try:
            with pytest.raises(Broken, match="no lost packet was counted"):
                await trial.loss(tell)
        finally:
            await trial.town.tell({**order, "impairments": "loss=0.05"})

    assert seen_by(town, mend) == ""


def test_a_town_without_h265(town: Aside[Trial]) -> None:
    async def ask(trial: Trial, tell: Callable[[str], None]) -> None:
        plain = [trial.specs[0]] * 4
        other = Trial(trial.node, trial.town, plain, Verdict(), trial.threads)
        with pytest.raises(Broken, match=r"no simulated camera sends H\.265"):
            await other.transcode(tell)

    assert seen_by(town, ask) == ""


def test_a_node_with_too_few_ports(tmp_path: Path) -> None:
    async def main() -> None:
        async with trial(tmp_path, (30000, 30003)) as made:
            with pytest.raises(Broken, match=r"2 of 4 failed: 503 exhausted: no media port left"):
                await made.live(Transport.UDP, print)

    asyncio.run(main())


def test_every_promise_is_tried_though_some_are_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A town in which nobody ever registers: what cannot hold is told, check by check."""
    monkeypatch.setattr(Trial.until, "__defaults__", (0.2,))

    async def main() -> Verdict:
        verdict = Verdict()
        async with small_town(tmp_path, []) as (node, nearby):
            await try_all(node, nearby, specs(), verdict)
        return verdict

    verdict = asyncio.run(main())
    held = {check.name for check in verdict.checks if check.ok}
    assert held - {"tokens"} == {"sign-in", "closed"}  # a token needs no device
    assert [check.name for check in verdict.checks] == [
        "sign-in",
        "registered",
        "catalogs",
        "live.udp",
        "live.tcp-passive",
        "live.tcp-active",
        "loss",
        "transcode",
        "snapshot",
        "shared",
        "failures",
        "offline",
        *(name for lane in LANES for name, _ in lane),
        "register",
        "closed",
    ]
    assert not verdict.ok
    assert all(check.detail for check in verdict.checks)
