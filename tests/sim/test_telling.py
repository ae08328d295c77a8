"""Every query, at a device that can answer it and at one that answers in its own way."""

import pytest

from tongshi.gb28181 import manscdp
from tongshi.gb28181.date import write_time
from tongshi.gb28181.manscdp import (
    AlarmAnswer,
    AlarmNotify,
    AlarmQuery,
    CatalogAnswer,
    CatalogQuery,
    CruiseStop,
    CruiseTrack,
    CruiseTrackAnswer,
    CruiseTrackListAnswer,
    CruiseTrackListQuery,
    CruiseTrackQuery,
    DeviceInfoAnswer,
    DeviceInfoQuery,
    DeviceStatusAnswer,
    DeviceStatusQuery,
    HomePosition,
    HomePositionAnswer,
    HomePositionQuery,
    MobilePosition,
    MobilePositionQuery,
    Outcome,
    PresetAnswer,
    PresetQuery,
    PtzPositionAnswer,
    PtzPositionQuery,
    RecordInfoAnswer,
    RecordInfoQuery,
    SdCardStatusAnswer,
    SdCardStatusQuery,
)
from tongshi.gb28181.version import Version
from tongshi.sim.archive import A_DAY_WITH_GAPS, Plan
from tongshi.sim.desk import CHANNEL, DEVICE, PLATFORM, Desk
from tongshi.sim.head import Aim, Home, Round
from tongshi.sim.join import Join
from tongshi.sim.profile import Channel, Profile

FIXED = "34020000001310000002"


def desk(*quirks: str) -> Desk:
    dome = Channel(
        CHANNEL,
        "球机",
        longitude=118.4,
        latitude=31.3,
        ptz_type=1,
        presets=tuple((f"点{number}", Aim(number * 10.0)) for number in range(1, 11)),
        plan=Plan(days=400, hours=A_DAY_WITH_GAPS),
    )
    fixed = Channel(FIXED, "枪机")
    profile = Profile(DEVICE, "机", (dome, fixed), cards=(1000,), version=Version.V2022)
    return Desk(*quirks, profile=profile, join=Join(PLATFORM, items=2)).enter()


def records(
    at: Desk, hours: float = 24.0, kind: str = "", target: str = CHANNEL, **more: object
) -> list[RecordInfoAnswer]:
    """Ask for the records of the last *hours*."""
    wall = at.device.wall()
    query = RecordInfoQuery(
        9,
        target,
        write_time(wall - 3600 * hours),
        write_time(wall),
        kind=kind,
        **more,  # type: ignore[arg-type]
    )
    return at.of(RecordInfoAnswer, at.ask(query))


@pytest.mark.clause("9.7.2", "9.7.3", "A.2.6.7", "M")
def test_records_in_parts() -> None:
    at = desk()
    parts = records(at)
    assert {part.sum_num for part in parts} == {len([r for part in parts for r in part.items])}
    assert all(len(part.items) <= 2 for part in parts)
    assert parts[0].name == "球机"
    found = [record for part in parts for record in part.items]
    assert {record.kind for record in found} == {"time", "manual", "alarm"}
    times = [(record.since or 0, record.until or 0) for record in found]
    assert times == sorted(times)
    assert sum(until - since for since, until in times) < 24 * 3600 - 3000
    assert found[0].file_path.startswith("/record/")
    assert found[0].size


@pytest.mark.clause("A.2.4.5")
@pytest.mark.parametrize(
    ("more", "count"),
    [
        ({"kind": "alarm"}, 1),
        ({"kind": "manual"}, 1),
        ({"kind": "secret"}, 0),
        ({"stream_number": 1}, 0),
        ({"secrecy": 1}, 0),
        ({"alarm_methods": (5,)}, 1),
        ({"file_path": "nowhere"}, 0),
        ({"target": DEVICE}, 0),
        ({"target": FIXED, "hours": 1.0, "kind": "alarm"}, 0),
    ],
)
def test_records_are_filtered(more: dict[str, object], count: int) -> None:
    [part] = records(desk(), **more)  # type: ignore[arg-type]
    assert (part.sum_num, len(part.items)) == (count, count)


def test_records_without_times_are_not_asked_for() -> None:
    assert desk().ask(RecordInfoQuery(9, CHANNEL, "then", "now")) == []


def test_records_of_the_field() -> None:
    found = [record.key for part in records(desk()) for record in part.items]
    mixed = [record.key for part in records(desk("records-unsorted")) for record in part.items]
    assert mixed != found
    assert sorted(mixed) == sorted(found)
    twice = [record.key for part in records(desk("records-twice")) for record in part.items]
    assert len(twice) == 2 * len(found)
    assert records(desk("records-need-all"))[0].sum_num == 0
    assert records(desk("records-need-all"), kind="all")[0].sum_num == len(found)
    assert records(desk("records-day-only"), 25.0) == []
    assert records(desk("records-day-only"), 24.0)


def test_a_clock_that_is_off_moves_what_is_recorded() -> None:
    at = desk("clock-off=7200")
    [answer] = at.of(DeviceStatusAnswer, at.ask(DeviceStatusQuery(1, DEVICE)))
    assert answer.device_time == write_time(at.world.clock.wall() + 7200 - 0.5)


@pytest.mark.clause("A.2.6.10", "A.2.6.12", "A.2.6.15")
def test_presets_home_and_where_it_looks() -> None:
    at = desk()
    parts = at.of(PresetAnswer, at.ask(PresetQuery(2, CHANNEL)))
    presets = [preset for part in parts for preset in part.presets]
    assert [(preset.number, preset.name) for preset in presets][:2] == [(1, "点1"), (2, "点2")]
    assert {part.sum_num for part in parts} == {10}
    [none] = at.of(PresetAnswer, at.ask(PresetQuery(2, FIXED)))
    assert (none.sum_num, none.presets) == (0, ())
    part = at.device.body.part(CHANNEL)
    assert part is not None
    part.head.home = Home(True, 30, 2)
    [home] = at.of(HomePositionAnswer, at.ask(HomePositionQuery(3, CHANNEL)))
    assert home.home == HomePosition(True, 30, 2)
    [home] = at.of(HomePositionAnswer, at.ask(HomePositionQuery(3, DEVICE)))
    assert home.home is None
    part.head.go(Aim(33.333, 5.0, 2.0), at.world.now)
    at.run(10)
    [position] = at.of(PtzPositionAnswer, at.ask(PtzPositionQuery(4, CHANNEL)))
    assert (position.pan, position.tilt, position.zoom) == (33.33, 5.0, 2.0)
    assert position.horizontal_field_angle == 29.0
    [position] = at.of(PtzPositionAnswer, at.ask(PtzPositionQuery(4, FIXED)))
    assert position.result is Outcome.ERROR


@pytest.mark.clause("A.2.6.13", "A.2.6.14")
def test_cruises_and_their_points() -> None:
    at = desk()
    part = at.device.body.part(CHANNEL)
    assert part is not None
    part.head.rounds = {0: Round((1, 2, 3), 5, 9, "东"), 3: Round((), 5, 400, "西")}
    [tracks] = at.of(CruiseTrackListAnswer, at.ask(CruiseTrackListQuery(5, CHANNEL)))
    assert tracks.tracks == (CruiseTrack(0, "东"), CruiseTrack(3, "西"))
    [track] = at.of(CruiseTrackAnswer, at.ask(CruiseTrackQuery(6, CHANNEL, 0)))
    assert track.points == tuple(CruiseStop(point, 5, 9) for point in (1, 2, 3))
    [track] = at.of(CruiseTrackAnswer, at.ask(CruiseTrackQuery(6, CHANNEL, 8)))
    assert track.result is Outcome.ERROR
    [tracks] = at.of(CruiseTrackListAnswer, at.ask(CruiseTrackListQuery(5, DEVICE)))
    assert tracks.sum_num == 0


@pytest.mark.clause("A.2.6.5", "A.2.6.6", "A.2.6.16")
def test_who_it_is_and_how() -> None:
    at = desk()
    [info] = at.of(DeviceInfoAnswer, at.ask(DeviceInfoQuery(1, DEVICE)))
    assert (info.name, info.channels, info.firmware) == ("机", 2, "1.0")
    [status] = at.of(DeviceStatusAnswer, at.ask(DeviceStatusQuery(1, DEVICE)))
    assert (status.status, status.encode, status.record) == (Outcome.OK, True, True)
    at.device.body.change(FIXED, "VLOST")
    [status] = at.of(DeviceStatusAnswer, at.ask(DeviceStatusQuery(1, DEVICE)))
    assert (status.status, status.reason) == (Outcome.ERROR, "video lost")
    [status] = at.of(DeviceStatusAnswer, at.ask(DeviceStatusQuery(1, CHANNEL)))
    assert status.status is Outcome.OK
    [cards] = at.of(SdCardStatusAnswer, at.ask(SdCardStatusQuery(1, DEVICE)))
    assert [(card.card_id, card.status, card.free) for card in cards.cards] == [(1, "ok", 600)]


def test_the_catalog_of_one_channel_and_none() -> None:
    at = desk()
    [part] = at.of(CatalogAnswer, at.ask(CatalogQuery(1, FIXED)))
    assert [item.device_id for item in part.items] == [FIXED]
    assert desk("no-catalog").ask(CatalogQuery(1, DEVICE)) == []


@pytest.mark.clause("A.2.4.6", "A.2.4.9")
def test_alarms_and_positions_that_are_asked_for() -> None:
    at = desk()
    at.device.reports.alarm(CHANNEL, at.world.now, method=5, priority=2, kind=2)
    at.run()
    told = at.ask(AlarmQuery(8, DEVICE, 1, 3, (5,)))
    assert at.of(AlarmAnswer, told)[0].sn == 8
    assert [alarm.alarm_type for alarm in at.of(AlarmNotify, told)] == [2]
    assert at.of(AlarmNotify, at.ask(AlarmQuery(8, DEVICE, 3, 4))) == []
    [position] = at.of(MobilePosition, at.ask(MobilePositionQuery(9, DEVICE)))
    assert (position.items[0].longitude, position.items[0].latitude) == (118.4, 31.3)


def test_answers_in_other_words() -> None:
    [answer] = desk("ptz-position-error").ask(PtzPositionQuery(4, CHANNEL))
    assert isinstance(answer, PtzPositionAnswer)
    assert (answer.result, answer.reason) == (Outcome.ERROR, "Cann't get ptz position")
    at = desk("presets-no-sumnum")
    assert {part.sum_num for part in at.of(PresetAnswer, at.ask(PresetQuery(2, CHANNEL)))} == {None}
    at = desk("home-cmdtype")
    at.ask(HomePositionQuery(3, CHANNEL))
    assert b"<CmdType>HomePosition<" in at.requests[-1].request.body
    assert isinstance(manscdp.read(at.requests[-1].request.body), HomePositionAnswer)
