"""What signalling says, as notices for open pages.

``app`` subscribes `tell` to signalling, and calls `catalog_stored` when a catalog is merged:
a page that looks earlier would still find the one before.  Signs of life are not told: there are
thousands a second where there are many devices, and pages ask for those of the rows they show.
"""

from datetime import UTC, datetime

from tongshi.api.feed import Feed
from tongshi.signalling.event import (
    DeviceDescribed,
    DevicePresence,
    DeviceRegistered,
    SessionClosed,
    SessionFailed,
    SessionOpened,
    SignallingEvent,
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
        case DeviceRegistered(refreshed=False) | DeviceDescribed():
            feed.publish("described", event.device_id, {"device": event.device_id})
        case SessionOpened() | SessionClosed() | SessionFailed():
            key = event.key
            body = {"device": key.device_id, "channel": key.channel_id, "kind": key.kind.value}
            name = f"{key.device_id}/{key.channel_id}/{key.kind.value}"
            opened = isinstance(event, SessionOpened)
            feed.publish("stream", key.device_id, {**body, "open": opened}, key=name)
        case _:
            pass


def catalog_stored(feed: Feed, device_id: str) -> None:
    """Publish that the register knows a newer catalog of *device_id*, or why it does not."""
    feed.publish("catalog", device_id, {"device": device_id})
