import asyncio

import pytest

from tongshi.api.feed import Feed, Notice
from tongshi.api.notices import catalog_stored, moment, tell
from tongshi.gateway.engine import Transport
from tongshi.gb28181.version import Version
from tongshi.signalling.event import (
    DevicePresence,
    DeviceRegistered,
    DevicesSeen,
    Kind,
    Presence,
    SessionClosed,
    SessionFailed,
    SessionKey,
    SessionOpened,
    SignallingEvent,
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
