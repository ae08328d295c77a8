"""A node with its store, a good device, and others that tell more than is good."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from tongshi.access.scope import EVERYTHING
from tongshi.alarms.alarm import Query
from tongshi.app.node import Node
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.manscdp import (
    AlarmNotify,
    CatalogNotify,
    Keepalive,
    MediaStatus,
    MobilePosition,
    Position,
    RecordInfoAnswer,
)
from tongshi.gb28181.subscription import Subject
from tongshi.registry.entry import Query as Channels
from tongshi.registry.position import Query as Where
from tongshi.settings import (
    EventSettings,
    MediaSettings,
    NodeSettings,
    Settings,
    SignallingSettings,
    StoreSettings,
    WebSettings,
)
from tongshi.signalling.tie import State
from tongshi.sip.message import Request, Response
from tongshi.testing.rogue import Rogue, agree
from tongshi.testing.weight import weigh

pytestmark = pytest.mark.network

GOOD, BAD, NOBODY = (f"3402000000132000000{number}" for number in (1, 6, 9))
CAMERA = "34020000001310000001"
WORD = "a word for devices"
AT = "2024-05-06T07:08:09"
HOME = "127.0.0.1"


class Town:
    """A node, a good device at home, and a bad one that has registered as well."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.good = Rogue(node.sip_port, GOOD, host=HOME, polite=agree)
        self.bad = Rogue(node.sip_port, BAD)

    def figure(self, name: str) -> float:
        return {**self.node.figures(), **self.node.incidents.figures()}.get(name, 0)

    async def until(self, true: Callable[[], object]) -> None:
        for _ in range(3000):
            if true():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it never came to that")

    async def settle(self) -> None:
        """Wait until the flood has been read, and everything that waits is written."""
        assert await self.bad.tell(Keepalive(1, BAD)) == 200
        await asyncio.to_thread(self.node.writer.flush)
        await self.until(lambda: not self.figure("changes.waiting"))

    def weight(self) -> int:
        node = self.node
        parts = (node.signalling, node.alarms, node.positions, node.registry.changes)
        return sum(map(weigh, (*parts, node.incidents, node.feed)))

    async def alarms_of(self, device_id: str) -> int:
        query = Query(device_id=device_id)
        return (await asyncio.to_thread(self.node.alarms.page, EVERYTHING, query)).total

    async def good_is_heard(self) -> None:
        """An alarm of the good device is answered and stored, however much else is told."""
        before = await self.alarms_of(GOOD)
        alarm = AlarmNotify(int(before) + 1, CAMERA, 1, 2, AT, alarm_type=int(before) + 1)
        assert await self.good.tell(alarm) == 200
        await asyncio.to_thread(self.node.writer.flush)
        assert await self.alarms_of(GOOD) == before + 1
        answers = [heard for heard in self.good.heard if b"<CmdType>Alarm</CmdType>" in heard.body]
        assert answers


def town(folder: Path, work: Callable[[Town], Coroutine[Any, Any, None]]) -> None:
    settings = Settings(
        NodeSettings(data=str(folder)),
        SignallingSettings(listen="127.0.0.1:0", password=WORD),
        MediaSettings(workers=0, listen=HOME, viewer_listen=f"{HOME}:0", ports_from=0, ports_to=0),
        StoreSettings(flush=0.1),
        WebSettings(listen=f"{HOME}:0"),
        events=EventSettings(reset=True),
    )

    async def main() -> None:
        async with Node(settings) as node:
            made = Town(node)
            with made.good, made.bad:
                assert await made.good.register(WORD) == 200
                assert await made.bad.register(WORD) == 200
                await made.good_is_heard()
                await work(made)
                await made.good_is_heard()
                assert made.figure("tasks.failures") == 0

    asyncio.run(main())


def alarms(rogue: Rogue, count: int) -> Iterator[bytes]:
    """Alarms no two of which are alike, each asking for its own reset."""
    for number in range(count):
        told = AlarmNotify(number, f"c{number}", 1, 2, AT, "<script>" * 100, alarm_type=1)
        yield rogue.message(told)


def test_a_flood_of_alarms_is_kept_answered_within_bounds_and_harms_nobody(tmp_path: Path) -> None:
    async def work(town: Town) -> None:
        before = town.weight()
        for _ in range(4):
            await town.bad.storm(alarms(town.bad, 1500))
            await town.good_is_heard()
        await town.settle()
        assert town.figure("notices.alarm") > 1000
        assert town.figure("notices.alarm unanswered") > 100  # it confirms none
        assert town.figure("reset left") > 0  # and holds up its own resets only
        assert town.figure("requests.open") < 150
        assert town.weight() - before < 20_000_000  # what is remembered of alarms, to know repeats
        assert await town.alarms_of(BAD) > 1000

    town(tmp_path, work)


def test_floods_of_positions_and_changes_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tongshi.registry.intake.service.ENTRIES", 500)

    def flood(rogue: Rogue) -> Iterator[bytes]:
        for number in range(1500):
            ids = [f"x{number}y{place}" for place in range(10)]
            places = tuple(Position(one, AT, 1.0 + number / 1500, 30.0) for one in ids)
            yield rogue.message(MobilePosition(number, BAD, AT, items=places))
            items = [Item(device_id=one, event="ADD", name=one) for one in ids]
            items += [Item(device_id=one, event=("ON", "OFF")[number % 2]) for one in ids]
            items += [Item(device_id="../../x", event="ADD"), Item(device_id=CAMERA, event="DEL")]
            yield rogue.message(CatalogNotify(number, BAD, len(items), tuple(items), len(items)))

    async def work(town: Town) -> None:
        await town.bad.storm(flood(town.bad))
        await town.good_is_heard()
        await town.settle()
        assert town.figure("positions.recorded") > 500
        assert town.figure("changes.beyond") > 100
        channels = Channels(device_id=BAD, cameras=False)
        page = await asyncio.to_thread(town.node.registry.channels, EVERYTHING, channels)
        assert 400 < page.total <= 500
        query = Where(device_id=BAD)
        latest = await asyncio.to_thread(town.node.positions.latest, EVERYTHING, query)
        assert latest.total > 100
        assert town.weight() < 60_000_000

    town(tmp_path, work)


def test_nobody_tells_in_the_name_of_a_device_elsewhere(tmp_path: Path) -> None:
    async def work(town: Town) -> None:
        before = town.weight()
        kept = await town.alarms_of(GOOD)
        with Rogue(town.node.sip_port, GOOD, host="127.0.0.77") as false:
            alarm = AlarmNotify(1, CAMERA, 1, 2, AT)
            where = MobilePosition(2, GOOD, AT, items=(Position(GOOD, AT, 1.0, 30.0),))
            gone = CatalogNotify(3, GOOD, 1, (Item(device_id=CAMERA, event="DEL"),), 1)
            for told in (alarm, where, gone, MediaStatus(4, CAMERA, "121")):
                assert await false.tell(told) == 403
                assert await false.tell(told, sender=NOBODY) == 403
            for event in ("presence", "Catalog;id=1", "Catalog", ""):
                notify = false.build("NOTIFY", b"x", headers=[("Event", event)])
                assert (await false.ask(notify)).status == 481
            await false.storm(alarms(false, 2000))
            await false.storm(false.build("NOTIFY", b"<a/>" * 200) for _ in range(2000))
            await town.until(lambda: town.figure("answers.message 403") > 500)
            await town.until(lambda: town.figure("subscriptions.stray") > 500)
        assert await town.alarms_of(GOOD) == kept
        assert town.weight() - before < 300_000

    town(tmp_path, work)


@pytest.mark.parametrize("granted", ["0", "1", "99999999999999", "-5", "soon", "4294967295"])
def test_absurd_grants_of_subscriptions_cost_a_little_and_end(tmp_path: Path, granted: str) -> None:
    async def work(town: Town) -> None:
        def grant(request: Request) -> Response:
            return request.response(200, headers=[("Expires", granted)])

        asked = [request for request in town.good.heard if request.method == "SUBSCRIBE"]
        town.bad.polite = grant
        ties = town.node.signalling.subscriptions
        ties.want(BAD, Subject.POSITION)
        await town.until(lambda: _asked(town.bad) >= 1)
        await asyncio.sleep(3)
        assert _asked(town.bad) < 20
        for tie in ties.standing(BAD):
            assert 0 <= tie.expires <= 600
            assert tie.state in (State.ACTIVE, State.WAITING, State.ASKING, State.FALLBACK)
        assert len(asked) < 10

    town(tmp_path, work)


def _asked(rogue: Rogue) -> int:
    return sum(request.method == "SUBSCRIBE" for request in rogue.heard)


def test_records_without_end_of_others_and_of_none_leave_nothing(tmp_path: Path) -> None:
    async def work(town: Town) -> None:
        before = town.weight()
        answer = RecordInfoAnswer(1, CAMERA, sum_num=10**9)
        await town.bad.storm(town.bad.message(answer) for _ in range(2000))
        await town.until(lambda: town.figure("queries.strays") > 500)
        assert town.weight() - before < 300_000

    town(tmp_path, work)
