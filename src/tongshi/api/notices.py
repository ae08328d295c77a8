"""What signalling says, as notices for open pages.

``app`` subscribes `tell` to signalling, and calls `catalog_stored` when a catalog is merged:
a page that looks earlier would still find the one before.  Signs of life are not told: there are
thousands a second where there are many devices, and pages ask for those of the rows they show.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from tongshi.alarms.alarm import Alarm, Report, State
from tongshi.api.feed import Feed
from tongshi.health.stability import Notice
from tongshi.registry.position import Report as Position
from tongshi.signalling.event import (
    CommandRefused,
    DeviceDescribed,
    DevicePresence,
    DeviceRegistered,
    PartsFaulty,
    ProfileChosen,
    PtzReported,
    SessionClosed,
    SessionFailed,
    SessionOpened,
    SignallingEvent,
    SubscriptionChanged,
    VideoOffered,
)


def moment(at: float | None) -> str | None:
    """Return UNIX time *at*, s, as ISO 8601 in UTC; None stays None."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def tell(feed: Feed, event: SignallingEvent) -> None:
    """Publish *event* to the pages that show it."""
    match event:
        case DevicePresence():
            body = {
                "device": event.device_id,
                "state": event.state.value,
                "why": event.why.value,
                "at": moment(event.at),
                "last_proof": moment(event.last_proof),
            }
            feed.publish("device", event.device_id, body)
        case DeviceRegistered(refreshed=False) | DeviceDescribed() | ProfileChosen():
            feed.publish("described", event.device_id, {"device": event.device_id})
        case SessionOpened() | SessionClosed() | SessionFailed():
            key = event.key
            body = {"device": key.device_id, "channel": key.channel_id, "kind": key.kind.value}
            name = f"{key.device_id}/{key.channel_id}/{key.kind.value}"
            opened = isinstance(event, SessionOpened)
            feed.publish("stream", key.device_id, {**body, "open": opened}, key=name)
        case SubscriptionChanged():
            tied = {"device": event.device_id, "subject": event.subject.value}
            how = {"target": event.target_id, "state": event.state, "why": event.why}
            name = f"{event.device_id}/{event.subject.value}/{event.target_id}"
            feed.publish("subscription", event.device_id, {**tied, **how}, key=name)
        case PartsFaulty():
            faulty = {"device": event.device_id, "parts": list(event.parts)}
            feed.publish("fault", event.device_id, faulty)
        case VideoOffered():
            offered = {"device": event.device_id, "channel": event.channel_id}
            name = f"{event.device_id}/{event.channel_id}"
            feed.publish("video", event.device_id, offered, key=name)
        case PtzReported():
            told = event.position
            where = {"pan": told.pan, "tilt": told.tilt, "zoom": told.zoom}
            whose = {"device": event.device_id, "channel": event.channel_id}
            name = f"{event.device_id}/{event.channel_id}"
            feed.publish("ptz", event.device_id, {**whose, **where}, key=name)
        case CommandRefused():
            aimed = {"device": event.device_id, "channel": event.target}
            said = {"command": event.command, "why": event.why}
            feed.publish("refused", event.device_id, {**aimed, **said}, key=event.target)
        case _:
            pass


def presence_noticed(feed: Feed, notice: Notice) -> None:
    """Publish what people are told of a device's coming and going."""
    body = {
        "device": notice.device_id,
        "told": notice.told.value,
        "online": notice.online,
        "changes": notice.changes,
        "at": moment(notice.at),
    }
    feed.publish("notice", notice.device_id, body)


def catalog_stored(feed: Feed, device_id: str) -> None:
    """Publish that the register knows a newer catalog of *device_id*, or why it does not."""
    feed.publish("catalog", device_id, {"device": device_id})


def alarms_stored(feed: Feed, stored: Mapping[int, Report]) -> None:
    """Publish that devices raised alarms, which a list asked for now has."""
    for alarm_id, report in stored.items():
        _tell_alarm(feed, alarm_id, report, State.NEW)


def alarm_changed(feed: Feed, alarm: Alarm) -> None:
    """Publish that somebody did something with an alarm."""
    _tell_alarm(feed, alarm.id, alarm.report, alarm.state)


def _tell_alarm(feed: Feed, alarm_id: int, report: Report, state: State) -> None:
    body = {
        "id": alarm_id,
        "state": state.value,
        "device": report.device_id,
        "channel": report.channel_id,
        "priority": report.priority,
        "method": report.method,
        "alarm_type": report.alarm_type,
        "at": moment(report.received_at),
    }
    feed.publish("alarm", report.device_id, body, key=str(alarm_id))


def position_known(feed: Feed, report: Position) -> None:
    """Publish where a device or channel is now."""
    body = {
        "device": report.device_id,
        "channel": report.channel_id,
        "longitude": report.longitude,
        "latitude": report.latitude,
        "at": moment(report.received_at),
    }
    feed.publish("position", report.device_id, body, key=f"{report.device_id}/{report.channel_id}")
