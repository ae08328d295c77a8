"""Subscriptions from both sides: whatever a peer answers and notifies, each ends once."""

import contextlib

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.notifier import Notifier, judge
from tongshi.gb28181.subscription import (
    LONGEST,
    Ended,
    EventName,
    Failed,
    Granted,
    Lost,
    Stage,
    Standing,
    Subject,
    Subscriber,
)
from tongshi.sip.message import Request, parse
from tongshi.testing.targets.feed import Target, hold, of_text, parts

CAMERA = "34020000001320000001"
SERVER = "34020000002000000001"


def new_subscriber() -> Subscriber:
    """Return a subscriber that has asked."""
    headers = (
        ("From", f"<sip:{SERVER}@3402000000>;tag=own"),
        ("To", f"<sip:{CAMERA}@3402000000>"),
        ("Call-ID", "1@192.0.2.7"),
        ("CSeq", "1 SUBSCRIBE"),
        ("Event", "Catalog;id=1894"),
        ("Expires", "600"),
        ("Contact", f"<sip:{SERVER}@192.0.2.10:5060>"),
    )
    subscriber = Subscriber(
        Request("SUBSCRIBE", f"sip:{CAMERA}@192.0.2.7:5060", headers, b"<Query/>")
    )
    subscriber.start()
    return subscriber


def _subscriber(data: bytes) -> None:
    subscriber = new_subscriber()
    over = 0
    for index, part in enumerate(parts(data)):
        now = float(index * 50)
        with contextlib.suppress(RemoteProtocolError):
            message = parse(part)
            if not isinstance(message, Request):
                subscriber.answered(message, now)
            elif subscriber.owns(message):
                assert subscriber.arrived(message, now).status == 200
        subscriber.expire(now)
        for request in subscriber.requests():
            parse(request.encode())
        for event in subscriber.events():
            over += isinstance(event, Failed | Lost | Ended)
            assert not isinstance(event, Granted) or 0 < event.expires <= LONGEST
    assert over == (subscriber.stage is Stage.OVER)
    hold(subscriber, 400_000 + 4 * len(data))


def _notifier(data: bytes) -> None:
    notifier: Notifier | None = None
    for index, part in enumerate(parts(data)):
        with contextlib.suppress(RemoteProtocolError):
            request = parse(part)
            if not isinstance(request, Request):
                continue
            if notifier is not None and notifier.owns(request):
                parse(notifier.refresh(request, float(index)).encode())
            elif judge(request, Subject.ALARM) is None:
                notifier = Notifier(request, float(index), contact="<sip:a@192.0.2.7>")
                assert notifier.ends_at <= index + LONGEST
            if notifier is not None:
                told = notifier.notify(b"<Notify/>", float(index))
                assert notifier.over is (told is None)
                parse((told or notifier.last()).encode())


def _event(text: str) -> None:
    name, standing = EventName.parse(text), Standing.parse(text)
    assert name.matches(name)
    assert standing.expires is None or 0 <= standing.expires <= LONGEST


TARGETS: dict[str, Target] = {
    "gb28181.subscriber": _subscriber,
    "gb28181.notifier": _notifier,
    "gb28181.event": of_text(_event),
}
"""Name -> target."""
