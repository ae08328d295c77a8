"""What devices recorded, in virtual time: day by day, shared, and never more than true."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tongshi.errors import Exhausted, Invalid, Missing, PeerRefused, PeerSilent
from tongshi.gb28181.date import read_date, write_time
from tongshi.gb28181.gather import Why
from tongshi.gb28181.manscdp import Message, Outcome, Record, RecordInfoAnswer, RecordInfoQuery
from tongshi.gb28181.profile import Profile
from tongshi.signalling.records import RecordRules, Records
from tongshi.testing.outpost import Distant, Outpost
from tongshi.testing.timeless import EPOCH, run

CHANNEL = "34020000001310000001"
DAY = 86400.0
MIDNIGHT = read_date(write_time(EPOCH)[:10] + "T00:00:00") or 0.0


class Recorder:
    """Has footage in every hour of every day; its list comes in three parts, some of them twice."""

    def __init__(self) -> None:
        self.asked: list[RecordInfoQuery] = []
        self.under_way = self.most = 0
        self.bad: dict[str, str] = {}

    def __call__(self, device: Distant, message: Message) -> int | None:
        assert isinstance(message, RecordInfoQuery)
        self.asked.append(message)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        asyncio.get_running_loop().call_later(0.5, self.rest)
        how = self.bad.get(message.start_time[8:10], "")
        if how == "deaf":
            return None
        if how == "busy":
            return 486
        records = self.hours(message)
        parts = [
            RecordInfoAnswer(message.sn, CHANNEL, "", len(records), records[at : at + 9])
            for at in range(0, len(records), 9)
        ] or [RecordInfoAnswer(message.sn, CHANNEL, "", 0)]
        if how == "lossy":
            parts = parts[1:]
        if how == "error":
            parts = [RecordInfoAnswer(message.sn, CHANNEL, result=Outcome.ERROR)]
        if how != "mute":
            device.answer(*reversed(parts), parts[0], after=0.1)
        return 200

    def rest(self) -> None:
        self.under_way -= 1

    def hours(self, query: RecordInfoQuery) -> tuple[Record, ...]:
        since, until = read_date(query.start_time), read_date(query.end_time)
        assert since is not None
        assert until is not None
        first = since - since % 3600
        starts = [first + 3600 * hour for hour in range(25) if first + 3600 * hour < until]
        return tuple(
            Record(CHANNEL, "r", start_time=write_time(at), end_time=write_time(at + 3000))
            for at in starts
        )


Work = Callable[[Records, Outpost, Distant, Recorder], Coroutine[Any, Any, None]]


def find(work: Work, rules: RecordRules | None = None) -> None:
    async def main() -> None:
        outpost, recorder = Outpost(), Recorder()
        records = Records(outpost.errands, outpost.clock, rules)
        await work(records, outpost, outpost.device(1, recorder), recorder)
        await records.close()
        await outpost.close()

    run(main())


@pytest.mark.clause("9.7.1", "9.7.2", "A.2.4.5", "A.2.6.7", "M")
def test_a_range_is_asked_for_day_by_day_and_brought_together() -> None:
    async def work(records: Records, outpost: Outpost, device: Distant, recorder: Recorder) -> None:
        since, until = MIDNIGHT + 7200, MIDNIGHT + 2 * DAY + 3600
        found = await records.find(device.id, CHANNEL, since, until)
        assert found.complete
        assert len(found.days) == len(recorder.asked) == 3
        assert recorder.asked[0].end_time.endswith("T23:59:59")
        assert recorder.asked[1].start_time.endswith("T00:00:00")
        assert {query.kind for query in recorder.asked} == {""}
        assert len(found.records) == 22 + 24 + 1
        starts = [record.since or 0.0 for record in found.records]
        assert starts == sorted(starts)
        assert len(found.footage) == len(found.gaps) == 47
        assert recorder.most == 1

    find(work)


@pytest.mark.clause("9.7.2")
def test_a_day_that_fails_is_named_and_costs_no_other() -> None:
    async def work(records: Records, outpost: Outpost, device: Distant, recorder: Recorder) -> None:
        days = [write_time(MIDNIGHT + day * DAY)[8:10] for day in range(5)]
        recorder.bad = {days[0]: "mute", days[1]: "lossy", days[2]: "error"}
        found = await records.find(device.id, CHANNEL, MIDNIGHT, MIDNIGHT + 5 * DAY)
        assert not found.complete
        errors = [type(day.error) for day in found.days]
        assert errors == [PeerSilent, type(None), PeerRefused, type(None), type(None)]
        gathered = found.days[1].gathered
        assert gathered is not None
        assert (gathered.why, gathered.announced, gathered.unique) == (Why.MISSING, 24, 15)
        assert [day.complete for day in found.days] == [False, False, False, True, True]

    find(work)


@pytest.mark.parametrize(("how", "asked"), [("deaf", 1), ("busy", 1), ("mute", 2)])
def test_a_device_that_is_gone_is_not_asked_for_every_day(how: str, asked: int) -> None:
    async def work(records: Records, outpost: Outpost, device: Distant, recorder: Recorder) -> None:
        recorder.bad = {f"{day:02}": how for day in range(32)}
        with pytest.raises(PeerRefused if how == "busy" else PeerSilent):
            await records.find(device.id, CHANNEL, MIDNIGHT, MIDNIGHT + 20 * DAY)
        assert len({query.sn for query in recorder.asked}) == asked

    find(work)


def test_devices_do_not_wait_for_each_other() -> None:
    async def work(records: Records, outpost: Outpost, device: Distant, recorder: Recorder) -> None:
        lost = [outpost.device(number, lambda device, message: 200) for number in range(2, 22)]
        waiting = [
            asyncio.create_task(records.find(each.id, CHANNEL, MIDNIGHT, MIDNIGHT + DAY))
            for each in lost
        ]
        await asyncio.sleep(0)
        await records.find(device.id, CHANNEL, MIDNIGHT, MIDNIGHT + DAY)
        assert asyncio.get_running_loop().time() < 2
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(result) for result in results} == {PeerSilent}
        assert asyncio.get_running_loop().time() == pytest.approx(20, abs=0.5)

    find(work)


def test_those_who_want_the_same_share_it_and_a_whole_day_is_remembered() -> None:
    async def work(records: Records, outpost: Outpost, device: Distant, recorder: Recorder) -> None:
        span = (MIDNIGHT - 3 * DAY, MIDNIGHT - 2 * DAY)
        first = asyncio.create_task(records.find(device.id, CHANNEL, *span))
        second = asyncio.create_task(records.find(device.id, CHANNEL, *span))
        await asyncio.sleep(0.05)
        first.cancel()
        assert (await second).complete
        await records.find(device.id, CHANNEL, *span)
        assert len(recorder.asked) == 1
        await records.find(device.id, CHANNEL, *span, kind="alarm")
        assert [query.kind for query in recorder.asked] == ["", "alarm"]
        await asyncio.sleep(301)
        await records.find(device.id, CHANNEL, *span)
        assert len(recorder.asked) == 3
        now = outpost.clock.wall()
        await records.find(device.id, CHANNEL, now - 100, now + 100)
        await asyncio.sleep(20)
        await records.find(device.id, CHANNEL, now - 100, now + 100)
        assert len(recorder.asked) == 5  # what goes on is soon out of date

    find(work)


def test_partial_days_are_asked_for_again_and_memory_is_bounded() -> None:
    async def work(records: Records, outpost: Outpost, device: Distant, recorder: Recorder) -> None:
        span = (MIDNIGHT - 3 * DAY, MIDNIGHT - 2 * DAY)
        recorder.bad = {write_time(span[0])[8:10]: "lossy"}
        await records.find(device.id, CHANNEL, *span)
        recorder.bad = {}
        await records.find(device.id, CHANNEL, *span)
        assert len(recorder.asked) == 2
        await records.find(device.id, CHANNEL, MIDNIGHT - 6 * DAY, MIDNIGHT - 4 * DAY)
        await records.find(device.id, CHANNEL, *span)
        assert len(recorder.asked) == 5  # two days drove out the first

    find(work, RecordRules(kept=60))


def test_what_differs_by_maker_is_heeded() -> None:
    async def work(records: Records, outpost: Outpost, device: Distant, recorder: Recorder) -> None:
        outpost.profile = Profile(record_type_all=True, record_days=False)
        await records.find(device.id, CHANNEL, MIDNIGHT, MIDNIGHT + DAY + 60)
        [query] = recorder.asked
        assert query.kind == "all"

    find(work)


def test_what_cannot_be_asked_is_refused() -> None:
    async def work(records: Records, outpost: Outpost, device: Distant, recorder: Recorder) -> None:
        for since, until, kind in ((5, 5, "all"), (0, 40 * DAY, "all"), (0, 5, "sometime")):
            with pytest.raises(Invalid):
                await records.find(device.id, CHANNEL, since, until, kind)
        with pytest.raises(Missing):
            await records.find("nobody", CHANNEL, 0, 5)
        asking = [
            asyncio.create_task(records.find(device.id, CHANNEL, MIDNIGHT, MIDNIGHT + 60 + place))
            for place in range(3)
        ]
        await asyncio.sleep(0.01)
        with pytest.raises(Exhausted):
            await records.find(device.id, CHANNEL, MIDNIGHT, MIDNIGHT + 30)
        await asyncio.gather(*asking)

    find(work, RecordRules(in_line=2))
