"""Subscriptions as who tells has them, alone and against the other half."""

import pytest

from tongshi.gb28181.notifier import Notifier, judge
from tongshi.gb28181.subscription import EventName, Granted, Notified, Stage, Subject, Subscriber
from tongshi.sip.message import Request

CONTACT = "<sip:34020000001180000001@192.0.2.20:5060>"


def subscribe(
    expires: str = "600", number: int = 1, event: str = "Catalog;id=7", tag: str = ""
) -> Request:
    return Request(
        "SUBSCRIBE",
        "sip:34020000001180000001@192.0.2.20:5060",
        (
            ("From", "<sip:34020000002000000001@3402000000>;tag=theirs"),
            ("To", f"<sip:34020000001180000001@3402000000>{tag}"),
            ("Call-ID", "call"),
            ("CSeq", f"{number} SUBSCRIBE"),
            ("Event", event),
            *([("Expires", expires)] if expires else []),
            ("Contact", "<sip:34020000002000000001@192.0.2.10:5060>"),
        ),
        b"<Query/>",
    )


@pytest.mark.parametrize(
    ("event", "subject", "status"),
    [
        ("Catalog;id=1", Subject.CATALOG, None),
        ("PRESENCE", Subject.ALARM, None),
        ("dialog", Subject.ALARM, 489),
        ("", Subject.ALARM, 489),
        ("presence", None, 489),
    ],
)
def test_what_is_not_told_is_refused(event: str, subject: Subject | None, status: int) -> None:
    response = judge(subscribe(event=event), subject)
    assert (response and response.status) == status
    assert response is None or response.headers.get("Allow-Events") == "Catalog, presence"


@pytest.mark.clause("9.11.1.2", "9.11.2.2", "N.2.1.2.1", "N.2.1.2.2", "N.2.1.2.3", "N.3")
def test_a_subscription_is_granted_told_to_refreshed_and_ended() -> None:
    notifier = Notifier(subscribe(), 0.0, contact=CONTACT, longest=300)
    granted = notifier.response
    assert (granted.status, granted.headers.get("Expires")) == (200, "300")
    assert granted.headers.get("Contact") == CONTACT
    assert (notifier.event, notifier.ends_at) == (EventName("Catalog", "7"), 300.0)
    told = notifier.notify(b"<Notify/>", 100.5)
    assert told is not None
    assert told.headers.get("Event") == "Catalog;id=7"
    assert told.headers.get("Subscription-State") == "active;expires=199"
    assert (told.call_id, told.to_tag, told.from_tag) == ("call", "theirs", granted.to_tag)
    assert told.uri == "sip:34020000002000000001@192.0.2.10:5060"
    tag = f";tag={granted.to_tag}"
    refresh = subscribe("60", 2, tag=tag)
    assert notifier.owns(refresh)
    assert notifier.refresh(refresh, 200.0).headers.get("Expires") == "60"
    assert notifier.refresh(refresh, 200.0).status == 500
    assert notifier.ends_at == 260.0
    assert notifier.refresh(subscribe("0", 3, tag=tag), 210.0).status == 200
    assert notifier.over
    assert notifier.notify(b"more", 210.0) is None
    last = notifier.last()
    assert last.headers.get("Subscription-State") == "terminated;reason=timeout"
    assert "Content-Type" not in last.headers
    assert notifier.refresh(subscribe("60", 4, tag=tag), 211.0).status == 481


def test_one_without_a_wish_gets_the_longest_and_one_of_nothing_is_over() -> None:
    assert Notifier(subscribe(""), 0.0, contact=CONTACT, longest=90).ends_at == 90.0
    assert Notifier(subscribe("0"), 0.0, contact=CONTACT).over


def test_what_expired_is_told_nothing_more() -> None:
    notifier = Notifier(subscribe("60"), 0.0, contact=CONTACT)
    assert notifier.notify(b"late", 60.0) is None
    late = Notifier(subscribe("60"), 0.0, contact=CONTACT)
    assert late.refresh(subscribe("60", 2), 61.0).status == 481
    assert late.over


@pytest.mark.parametrize(
    ("status", "over"), [(200, False), (503, False), (481, True), (489, True), (None, True)]
)
def test_who_knows_of_no_subscription_ends_it(status: int | None, over: bool) -> None:
    notifier = Notifier(subscribe(), 0.0, contact=CONTACT)
    notifier.answered(status)
    assert notifier.over is over


@pytest.mark.clause("9.11.1.2", "9.11.2.2")
def test_both_halves_understand_each_other() -> None:
    subscriber = Subscriber(subscribe("60"))
    subscriber.start()
    (request,) = subscriber.requests()
    notifier = Notifier(request, 0.0, contact=CONTACT)
    subscriber.answered(notifier.response, 0.0)
    for now in (10.0, 20.0):
        told = notifier.notify(b"news", now)
        assert told is not None
        assert subscriber.owns(told)
        notifier.answered(subscriber.arrived(told, now).status)
    subscriber.expire(40.0)
    (refresh,) = subscriber.requests()
    assert notifier.owns(refresh)
    subscriber.answered(notifier.refresh(refresh, 40.0), 40.0)
    assert subscriber.ends_at == notifier.ends_at == 100.0
    subscriber.arrived(notifier.last("deactivated", b"bye"), 50.0)
    found = [type(event) for event in subscriber.events()]
    assert found[:4] == [Granted, Notified, Notified, Granted]
    assert subscriber.stage is Stage.OVER
