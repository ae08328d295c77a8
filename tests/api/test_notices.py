import asyncio

import pytest

from tongshi.alarms.alarm import Alarm, Report, State
from tongshi.api.feed import Feed, Notice
from tongshi.api.notices import (
    alarm_changed,
    alarms_stored,
    catalog_stored,
    moment,
    position_known,
    presence_noticed,
    tell,
)
from tongshi.gateway.engine import Transport
from tongshi.gb28181.manscdp import PtzPositionNotify
from tongshi.gb28181.subscription import Subject
from tongshi.gb28181.version import Version
from tongshi.health.stability import Notice as Unsteady
from tongshi.health.stability import Told
from tongshi.registry.position import Report as Position
from tongshi.signalling.event import (
    CommandRefused,
    DevicePresence,
    DeviceRegistered,
    DevicesSeen,
    Kind,
    PartsFaulty,
    Presence,
    PtzReported,
    SessionClosed,
    SessionFailed,
    SessionKey,
    SessionOpened,
    SignallingEvent,
    SubscriptionChanged,
    VideoOffered,
    Why,
)

KEY = SessionKey("device", "channel", Kind.SUB)


def registered(*, refreshed: bool) -> DeviceRegistered:
    return DeviceRegistered("d", "h", 1, "udp", 0.0, 60.0, Version.V2016, "", "", refreshed)


def told(event: SignallingEvent) -> list[Notice]:
    async def listen() -> list[Notice]:
        feed = Feed("boot")
        reader = feed.join(lambda device_id: True)
        tell(feed, event)
        return await reader.take(0) or []

    return asyncio.run(listen())


def test_presence_is_told_with_its_reason() -> None:
    event = DevicePresence("d", Presence.OFFLINE, Why.MISSED, 60.0, 0.0)
    [notice] = told(event)
    assert (notice.topic, notice.device_id) == ("device", "d")
    assert dict(notice.body) == {
        "device": "d",
        "state": "offline",
        "why": "missed",
        "at": "1970-01-01T00:01:00+00:00",
        "last_proof": "1970-01-01T00:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("event", "open_"),
    [
        (SessionOpened(KEY, "s", Transport.UDP, 1, 0.0, 0.1), True),
        (SessionClosed(KEY, "s", "unused", 0.0, None), False),
        (SessionFailed(KEY, "peer.silent", "invite", "silent", 0.0), False),
    ],
)
def test_streams_are_told_by_channel_and_kind(event: SignallingEvent, open_: bool) -> None:
    [notice] = told(event)
    assert (notice.topic, notice.key) == ("stream", "device/channel/sub")
    assert notice.body["open"] is open_


def test_a_refresh_and_signs_of_life_are_not_told() -> None:
    assert [notice.topic for notice in told(registered(refreshed=False))] == ["described"]
    assert told(registered(refreshed=True)) == []
    assert told(DevicesSeen({"d": 1.0})) == []


def test_a_stored_catalog_is_told() -> None:
    async def listen() -> list[Notice]:
        feed = Feed("boot")
        reader = feed.join(lambda device_id: True)
        catalog_stored(feed, "d")
        return await reader.take(0) or []

    assert [notice.topic for notice in asyncio.run(listen())] == ["catalog"]


def test_moments() -> None:
    assert moment(None) is None
    assert moment(1.9) == "1970-01-01T00:00:01+00:00"


@pytest.mark.parametrize(
    ("event", "topic", "body"),
    [
        (
            SubscriptionChanged("d", Subject.PTZ, "c", "fallback", "refused 489", 0.0),
            "subscription",
            {"subject": "ptz", "target": "c", "state": "fallback", "why": "refused 489"},
        ),
        (PartsFaulty("d", ("a", "b"), 0.0), "fault", {"parts": ["a", "b"]}),
        (VideoOffered("d", "c", 0.0), "video", {"channel": "c"}),
        (
            PtzReported("d", "c", PtzPositionNotify(1, "c", 10.0, 20.0, 2.0), 0.0),
            "ptz",
            {"channel": "c", "pan": 10.0, "tilt": 20.0, "zoom": 2.0},
        ),
        (
            CommandRefused("d", "c", "PtzCmd", "no motor", 0.0),
            "refused",
            {"channel": "c", "command": "PtzCmd", "why": "no motor"},
        ),
    ],
)
def test_what_devices_tell(event: SignallingEvent, topic: str, body: dict[str, object]) -> None:
    [notice] = told(event)
    assert notice.topic == topic
    assert notice.body == {"device": "d", **body}


def test_alarms_and_positions_that_are_kept() -> None:
    async def listen() -> list[Notice]:
        feed = Feed("boot")
        reader = feed.join(lambda device_id: True)
        report = Report("d", "c", 60.0, method=5, alarm_type=2, priority=1)
        alarms_stored(feed, {7: report})
        first = await reader.take(0) or []
        alarm = Alarm(7, report, "", "", False, State.CLOSED, None, "", 1, 60.0, None)
        alarm_changed(feed, alarm)
        position_known(feed, Position("d", "c", 60.0, 117.1, 31.8))
        return first + (await reader.take(0) or [])

    raised, closed, position = asyncio.run(listen())
    assert (raised.topic, raised.key) == ("alarm", "7")
    assert raised.body == {
        "id": 7,
        "state": "new",
        "device": "d",
        "channel": "c",
        "priority": 1,
        "method": 5,
        "alarm_type": 2,
        "at": "1970-01-01T00:01:00+00:00",
    }
    assert closed.body["state"] == "closed"
    assert (position.topic, position.body["longitude"]) == ("position", 117.1)


def test_coming_and_going_is_told_as_a_notice() -> None:
    async def listen() -> list[Notice]:
        feed = Feed("boot")
        reader = feed.join(lambda device_id: True)
        presence_noticed(feed, Unsteady("d", Told.UNSTABLE, False, 6, 60.0))
        return await reader.take(0) or []

    (notice,) = asyncio.run(listen())
    assert (notice.topic, notice.body["told"], notice.body["changes"]) == ("notice", "unstable", 6)
