"""Subscriptions and what is told by them: alarms, positions, heads, changes of the catalog."""

import pytest

from tongshi.gb28181 import manscdp
from tongshi.gb28181.manscdp import (
    AlarmAnswer,
    AlarmNotify,
    AlarmQuery,
    CatalogNotify,
    CatalogQuery,
    Message,
    MobilePosition,
    MobilePositionQuery,
    Outcome,
    PtzPositionNotify,
    PtzPositionQuery,
)
from tongshi.gb28181.subscription import Subject
from tongshi.gb28181.version import Version
from tongshi.sim.archive import NO_PLAN, Kind
from tongshi.sim.desk import CHANNEL, DEVICE, HOME, Desk
from tongshi.sim.event import Subscribed
from tongshi.sim.head import Aim
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.reporting import MOST
from tongshi.sim.route import Route
from tongshi.sip.dialog import Dialog
from tongshi.sip.message import Response

SECOND = "34020000001310000002"
PLACED = Channel(CHANNEL, "门", longitude=118.4, latitude=31.3, ptz_type=1, plan=NO_PLAN)


def desk(*quirks: str, version: Version = Version.V2022) -> Desk:
    profile = Profile(DEVICE, "机", (PLACED, Channel(SECOND, "窗")), version=version)
    return Desk(*quirks, profile=profile, version=version).enter()


def subscribe(
    at: Desk, query: Message, expires: int = 600, event: str = "presence;id=7"
) -> Response:
    headers = [("Event", event), ("Expires", str(expires))]
    response = at.send("SUBSCRIBE", manscdp.write(query), headers=headers)
    assert response is not None
    return response


def again(at: Desk, dialog: Dialog, expires: int) -> Response:
    response = at.exchange(dialog.request("SUBSCRIBE", [("Expires", str(expires))]))
    assert response is not None
    return response


@pytest.mark.clause("9.11.3.2", "9.11.4.2", "N.2.1.2.1", "N.2.1.2.2", "N.2.1.2.3", "N.3")
def test_a_subscription_from_its_beginning_to_its_end() -> None:
    at = desk()
    at.device.body.change(SECOND, "OFF")
    response = subscribe(at, CatalogQuery(3, DEVICE), event="Catalog;id=1894")
    assert (response.status, response.headers.get("Expires")) == (200, "600")
    dialog = Dialog.from_uac(at.request, response)
    [first] = at.of(CatalogNotify)
    assert [(item.device_id, item.event) for item in first.items] == [(SECOND, "OFF")]
    notify = at.requests[-1].request
    assert notify.headers.get("Event") == "Catalog;id=1894"
    assert (notify.headers.get("Subscription-State") or "").startswith("active;expires=")
    assert again(at, dialog, 600).status == 200
    assert again(at, dialog, 0).status == 200
    last = at.requests[-1].request
    assert (last.headers.get("Subscription-State") or "").startswith("terminated")
    expires = [event.expires for event in at.events(Subscribed)]
    assert expires == [600, 600, 0]
    assert again(at, dialog, 600).status == 489


@pytest.mark.clause("9.11.4.3", "N.4.3.2")
def test_every_change_of_the_catalog() -> None:
    at = desk()
    subscribe(at, CatalogQuery(3, DEVICE), event="Catalog;id=1")
    at.requests.clear()
    third = "34020000001310000003"
    changes = [(CHANNEL, "OFF"), (CHANNEL, "ON"), (CHANNEL, "VLOST"), (SECOND, "DEFECT")]
    at.device.reports.change(changes, at.world.now)
    for event in ("ADD", "UPDATE", "DEL"):
        at.device.reports.change([(third, event)], at.world.now, name="新")
    at.run()
    notices = at.of(CatalogNotify)
    told = [(item.device_id, item.event, item.name) for one in notices for item in one.items]
    assert told == [
        *((one, event, "") for one, event in changes),
        (third, "ADD", "新"),
        (third, "UPDATE", "新"),
        (third, "DEL", ""),
    ]
    tally = at.device.reports.counts[Subject.CATALOG]
    assert (tally.raised, tally.sent, tally.acknowledged) == (7, 7, 7)


def test_changes_that_nobody_subscribed_to_stay_here() -> None:
    at = desk()
    at.device.reports.change([(CHANNEL, "OFF")], at.world.now)
    at.run()
    assert at.requests == []
    at = desk("notify-by-message")
    at.device.reports.change([(CHANNEL, "OFF")], at.world.now)
    at.run()
    assert at.methods() == ["MESSAGE"]


@pytest.mark.clause("9.4.2", "9.11.2.2", "A.2.4.6")
def test_alarms_go_by_message_or_to_who_subscribed() -> None:
    at = desk()
    sn = at.device.reports.alarm(CHANNEL, at.world.now, method=5, kind=6, event_type=1,
                                 description="越界", priority=1)  # fmt: skip
    at.run()
    [alarm] = at.of(AlarmNotify)
    assert (alarm.sn, alarm.method, alarm.alarm_type, alarm.event_type) == (sn, 5, 6, 1)
    assert (alarm.longitude, alarm.description, alarm.priority) == (118.4, "越界", 1)
    assert sn is not None
    at.ask(AlarmAnswer(sn, CHANNEL, Outcome.OK))
    at.ask(AlarmAnswer(sn, CHANNEL, Outcome.OK))
    tally = at.device.reports.counts[Subject.ALARM]
    assert (tally.raised, tally.acknowledged, tally.confirmed) == (1, 1, 1)
    subscribe(at, AlarmQuery(4, DEVICE, 1, 2, (5,)))
    at.requests.clear()
    at.device.reports.alarm(CHANNEL, at.world.now, method=5, priority=2)
    at.run()
    assert at.methods() == ["NOTIFY"]
    # One that the filter leaves out goes as it always did.
    at.device.reports.alarm(CHANNEL, at.world.now, method=6, priority=2)
    at.run()
    assert at.methods() == ["NOTIFY", "MESSAGE"]


@pytest.mark.clause("A.2.5.3")
def test_no_second_device_alarm_before_the_reset() -> None:
    at = desk()
    assert at.device.reports.alarm(DEVICE, at.world.now, method=2) is not None
    assert at.device.reports.alarm(DEVICE, at.world.now, method=2) is None
    assert at.device.reports.alarm(DEVICE, at.world.now, method=5) is not None
    assert at.device.reports.counts[Subject.ALARM].raised == 2


def test_an_alarm_is_recorded() -> None:
    at = desk()
    at.device.reports.alarm(DEVICE, at.world.now, method=5)
    at.run(60)
    wall = at.device.wall()
    part = at.device.body.part(CHANNEL)
    assert part is not None
    [span] = part.archive.find(wall - 100, wall, wall)
    assert (span.kind, span.end - span.start) == (Kind.ALARM, 40)


def test_what_is_not_acknowledged_is_sent_again() -> None:
    at = desk()
    at.statuses["MESSAGE"] = 500
    at.device.reports.alarm(CHANNEL, at.world.now)
    at.run(1)
    alarms = at.of(AlarmNotify)
    assert len(alarms) == 4
    assert len({alarm.sn for alarm in alarms}) == 1
    tally = at.device.reports.counts[Subject.ALARM]
    assert (tally.raised, tally.sent, tally.lost) == (1, 4, 1)


def test_a_notice_without_answer_goes_by_message() -> None:
    at = desk()
    subscribe(at, AlarmQuery(4, DEVICE))
    at.requests.clear()
    at.statuses["NOTIFY"] = 481
    at.device.reports.alarm(CHANNEL, at.world.now)
    at.run()
    assert at.methods() == ["NOTIFY", "MESSAGE"]
    assert at.device.reports.subscriptions == []
    assert at.events(Subscribed)[-1].expires == 0


def test_alarms_wait_for_a_registration() -> None:
    at = Desk(profile=Profile(DEVICE, "机", (PLACED,)))
    at.device.reports.alarm(CHANNEL, 0.0)
    assert at.device.reports.counts[Subject.ALARM].held == 1
    at.device.connect(HOME, at.world.now)
    at.run(2)
    assert len(at.of(AlarmNotify)) == 1
    tally = at.device.reports.counts[Subject.ALARM]
    assert (tally.held, tally.acknowledged) == (0, 1)


@pytest.mark.clause("9.11.2.2", "A.2.4.9", "A.2.1.14")
@pytest.mark.parametrize("version", [Version.V2016, Version.V2022])
def test_positions_come_by_the_interval(version: Version) -> None:
    at = desk(version=version)
    at.device.reports.route = Route([(118.4, 31.3), (118.5, 31.3)], 36.0, at.world.now)
    subscribe(at, MobilePositionQuery(5, DEVICE, 2))
    at.run(9)
    positions = [one.items[0] for one in at.of(MobilePosition)]
    assert len(positions) == 5
    longitudes = [position.longitude or 0.0 for position in positions]
    assert longitudes == sorted(set(longitudes))
    assert (positions[1].speed, positions[1].direction) == (36.0, 90.0)


def test_positions_by_message_and_by_alarm() -> None:
    at = desk()
    at.device.reports.report_position(at.world.now)
    at.run()
    assert len(at.of(MobilePosition)) == 1
    at = desk("gps-by-alarm")
    at.device.reports.report_position(at.world.now)
    at.run()
    [alarm] = at.of(AlarmNotify)
    assert (alarm.method, alarm.latitude) == (4, 31.3)
    nowhere = Desk(profile=Profile(DEVICE, "机", (Channel(CHANNEL, "门"),))).enter()
    nowhere.device.reports.report_position(nowhere.world.now)
    nowhere.device.reports.alarm(CHANNEL, nowhere.world.now)
    nowhere.run()
    assert nowhere.of(MobilePosition) == []
    assert nowhere.of(AlarmNotify)[0].longitude is None


@pytest.mark.clause("9.11.2.3", "A.2.4.13")
def test_a_head_that_moves_is_told() -> None:
    at = desk()
    subscribe(at, PtzPositionQuery(6, CHANNEL))
    assert [one.pan for one in at.of(PtzPositionNotify)] == [0.0]
    at.run(5)
    assert len(at.of(PtzPositionNotify)) == 1
    part = at.device.body.part(CHANNEL)
    assert part is not None
    part.head.go(Aim(45.0), at.world.now)
    at.run(5)
    assert at.of(PtzPositionNotify)[-1].pan == 45.0
    other = desk()
    subscribe(other, PtzPositionQuery(6, DEVICE))
    assert len(other.of(PtzPositionNotify)) == 1


def test_subscriptions_end_and_are_bounded() -> None:
    at = desk()
    subscribe(at, CatalogQuery(3, DEVICE), expires=10)
    at.run(11)
    assert at.device.reports.subscriptions == []
    statuses = [subscribe(at, AlarmQuery(4, DEVICE)).status for _ in range(MOST + 1)]
    assert statuses == [200] * MOST + [503]
    at.device.vanish(5.0, at.world.now)
    assert at.device.reports.subscriptions == []


def test_subscriptions_that_cannot_be() -> None:
    at = desk()
    assert subscribe(at, CatalogQuery(3, DEVICE), event="dialog").status == 489
    response = at.send("SUBSCRIBE", b"no xml", headers=[("Event", "presence"), ("Expires", "9")])
    assert response is not None
    assert response.status == 489
    assert subscribe(desk("no-subscribe"), CatalogQuery(3, DEVICE)).status == 489
    once = desk()
    assert subscribe(once, CatalogQuery(3, DEVICE), expires=0).status == 200
    assert once.device.reports.subscriptions == []


def test_subscriptions_of_the_field() -> None:
    at = desk("subscribe-body", "notify-without-id", "unknown-notified")
    response = subscribe(at, CatalogQuery(3, DEVICE), event="Catalog;id=5")
    assert b"<Result>OK</Result>" in response.body
    assert at.requests[-1].request.headers.get("Event") == "Catalog"
    at.device.reports.change([(CHANNEL, "OFF")], at.world.now)
    at.run()
    assert len(at.of(CatalogNotify)[-1].items) == 2
    at = desk("notify-by-message")
    subscribe(at, MobilePositionQuery(5, DEVICE))
    assert at.methods() == ["MESSAGE"]
    at = desk("subscription-forgotten=3")
    subscribe(at, MobilePositionQuery(5, DEVICE, 1))
    at.run(10)
    assert len(at.of(MobilePosition)) == 3
    assert at.events(Subscribed)[-1].expires == 600


def test_untrue_changes_with_each_keepalive() -> None:
    at = desk("wrong-status-notified")
    subscribe(at, CatalogQuery(3, DEVICE))
    at.run(130)
    events = [item.event for one in at.of(CatalogNotify) for item in one.items]
    assert events[-2:] == ["OFF", "ON"]
    assert at.device.body.parts[CHANNEL].shows
