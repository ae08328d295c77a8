import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest

from tongshi.access.scope import EVERYTHING
from tongshi.api.feed import Feed, Reader
from tongshi.app.chronicle import Chronicle, known_of
from tongshi.clock import ManualClock
from tongshi.db.connect import connect, store_url
from tongshi.db.migrate import upgrade
from tongshi.db.writer import Writer
from tongshi.errors import Exhausted
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.gather import Gathered
from tongshi.gb28181.gather import Why as GatherWhy
from tongshi.gb28181.manscdp.response import DeviceInfoAnswer
from tongshi.gb28181.version import Version
from tongshi.health.service import Health
from tongshi.registry.entry import CatalogStanding, CatalogState, Query, Registration
from tongshi.registry.merge import Changes
from tongshi.registry.peers.service import Peers
from tongshi.registry.service import Registry
from tongshi.registry.state import State
from tongshi.signalling.event import (
    CatalogAbsent,
    CatalogGathered,
    DeviceDescribed,
    DevicePresence,
    DeviceRedirected,
    DeviceRegistered,
    DeviceRestarted,
    DevicesSeen,
    Kind,
    Presence,
    ProfileChosen,
    QueryFailed,
    RegistrationRefused,
    SessionFailed,
    SessionKey,
    SignallingEvent,
    Why,
)

DEVICE = "34020000001320000001"
CHANNEL = "34020000001310000001"
REGISTERED = DeviceRegistered(
    DEVICE, "192.0.2.7", 5060, "udp", 100.0, 3700.0, Version.V2022, "sim/1.0", "sip:x", False
)
EMPTY = CatalogStanding(CatalogState.COMPLETE, 0, 0, "", 1.0)
ONLINE = DevicePresence(DEVICE, Presence.ONLINE, Why.REGISTERED, 100.0, 100.0)


class Desk:
    """A chronicle over a real store, and one page that listens."""

    def __init__(self, folder: Path) -> None:
        store = connect(store_url("", folder))
        upgrade(store)
        self.writer = Writer(store, flush=0.05)
        self.registry = Registry(store, self.writer)
        self.health = Health(store, self.writer, ManualClock())
        self.health.start(None)
        self.feed = Feed("boot")
        self.peers = Peers(store, self.writer, ManualClock(), realm="3402000000", fallback="x")
        self.page: Reader = self.feed.join(lambda _: True)
        self.chronicle = Chronicle(self.registry, self.health, self.feed, self.peers)

    async def topics(self) -> list[str]:
        return [notice.topic for notice in await self.page.take(1.0) or []]

    def close(self) -> None:
        self.registry.close()
        self.writer.close()


def with_desk(folder: Path, work: Callable[[Desk], object]) -> None:
    async def run() -> None:
        desk = Desk(folder)
        try:
            found = work(desk)
            if asyncio.iscoroutine(found):
                await found
        finally:
            desk.close()

    asyncio.run(run())


def gathered(*, complete: bool) -> Gathered[Item]:
    item = Item(device_id=CHANNEL, name="东门")
    why = None if complete else GatherWhy.MISSING
    return Gathered((item,), 1, 1 if complete else 2, 1, 0, 0, 0, 0, complete, why)


def test_a_device_comes_up_and_is_kept(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        answer = DeviceInfoAnswer(1, DEVICE, name="枪机", manufacturer="ACME", model="X1")
        for event in (REGISTERED, ONLINE, DeviceDescribed(DEVICE, answer, 101.0)):
            desk.chronicle.take(event)
        assert set(await desk.topics()) == {"device", "described"}
        await asyncio.to_thread(desk.writer.flush)
        device = desk.registry.device(EVERYTHING, DEVICE)
        assert (device.name, device.manufacturer, device.state) == ("枪机", "ACME", State.ONLINE)
        assert device.registration is not None
        assert device.registration.version == "3.0"

    with_desk(tmp_path, work)


def test_signs_of_life_reach_health_and_trouble_no_page(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        desk.chronicle.take(ONLINE)
        desk.chronicle.take(DevicesSeen({DEVICE: 160.0}))
        status = desk.health.status(DEVICE)
        assert status is not None
        assert status.proof == 160.0
        assert await desk.topics() == ["device"]

    with_desk(tmp_path, work)


@pytest.mark.parametrize("complete", [True, False])
def test_a_catalog_is_stored_then_told(tmp_path: Path, complete: bool) -> None:
    async def work(desk: Desk) -> None:
        desk.chronicle.take(CatalogGathered(DEVICE, gathered(complete=complete), 102.0))
        assert await desk.topics() == ["catalog"]
        device = desk.registry.device(EVERYTHING, DEVICE)
        state = CatalogState.COMPLETE if complete else CatalogState.PARTIAL
        assert device.catalog.state is state
        assert device.catalog.why == ("" if complete else "missing")
        page = desk.registry.channels(EVERYTHING, Query())
        assert [channel.name for channel in page.rows] == ["东门"]

    with_desk(tmp_path, work)


def test_a_failed_query_is_kept_with_its_reason(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        desk.chronicle.take(REGISTERED)
        await asyncio.to_thread(desk.writer.flush)
        await desk.topics()
        desk.chronicle.take(QueryFailed(DEVICE, "Catalog", "peer.silent", "no answer", 103.0))
        assert await desk.topics() == ["catalog"]
        await asyncio.to_thread(desk.writer.flush)
        catalog = desk.registry.device(EVERYTHING, DEVICE).catalog
        assert (catalog.state, catalog.why) == (CatalogState.NEVER, "peer.silent")

    with_desk(tmp_path, work)


def test_a_catalog_that_finds_no_place_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(
        device_id: str, items: object, standing: CatalogStanding, *, source: str = "query"
    ) -> Future[Changes]:
        raise Exhausted(f"{device_id} {items} {standing} {source}", resource="store")

    def work(desk: Desk) -> None:
        monkeypatch.setattr(desk.registry, "submit_catalog", refuse)
        desk.chronicle.take(CatalogGathered(DEVICE, gathered(complete=True), 102.0))

    with_desk(tmp_path, work)
    assert "event=catalog-lost" in caplog.text


KEY = SessionKey(DEVICE, CHANNEL, Kind.MAIN)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (RegistrationRefused(DEVICE, "192.0.2.7", 5060, 100.0, "wrong password"), "wrong password"),
        (SessionFailed(KEY, "peer.refused", "invite", "486 busy", 100.0), "stage=invite"),
        (SessionFailed(KEY, "x", "invite", "a\x1b[2J event=started", 1.0), r"'a\x1b[2J event="),
        (QueryFailed(DEVICE, "DeviceInfo", "peer.silent", "no answer", 1.0), ""),
    ],
)
def test_what_is_only_logged(
    tmp_path: Path, event: SignallingEvent, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with_desk(tmp_path, lambda desk: desk.chronicle.take(event))
    assert words in caplog.text


def test_what_a_start_restores() -> None:
    row = Registration(DEVICE, "192.0.2.7", 5061, "tcp", 1.0, 3600.0, "1.0", "ua", "sip:x")
    known = known_of(row, 55.0)
    assert (known.device_id, known.host, known.port) == (DEVICE, "192.0.2.7", 5061)
    assert (known.transport, known.expires_at) == ("tcp", 3600.0)
    assert (known.version, known.last_proof) == (Version.V2011, 55.0)


def test_a_device_without_a_catalog_is_its_own_channel_until_a_real_one_comes(
    tmp_path: Path,
) -> None:
    async def work(desk: Desk) -> None:
        async def listed(*events: SignallingEvent) -> list[str]:
            for event in events:
                desk.chronicle.take(event)
            await asyncio.to_thread(desk.registry.submit_catalog("x", (), EMPTY).result)
            page = await asyncio.to_thread(desk.registry.channels, EVERYTHING, Query())
            return [row.channel_id for row in page.rows]

        absent = CatalogAbsent(DEVICE, 200.0)
        platform = CatalogAbsent("34020000002000000009", 200.0)  # which is no camera
        assert await listed(REGISTERED, absent, platform, absent) == [DEVICE]
        real = CatalogGathered(DEVICE, gathered(complete=False), 300.0)
        assert await listed(real) == [CHANNEL]  # a partial one is real as well
        assert await listed(absent) == [CHANNEL]

    with_desk(tmp_path, work)


def test_what_nobody_keeps_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def work(desk: Desk) -> None:
        desk.chronicle.take(DeviceRestarted(DEVICE, "call-id", 1.0))
        desk.chronicle.take(DeviceRedirected(DEVICE, "192.0.2.7", "x@192.0.2.9:5060", 1.0))
        desk.chronicle.take(ProfileChosen(DEVICE, "dahua", "user-agent", "Dahua", (), 1.0))

    with caplog.at_level("INFO", "tongshi.app.chronicle"):
        with_desk(tmp_path, work)
    assert [record.message.partition(" ")[0] for record in caplog.records] == [
        "event=restarted",
        "event=redirected",
        "event=profile",
    ]
