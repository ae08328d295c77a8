from collections.abc import Callable

import httpx

from tongshi.api.parts import Parts
from tongshi.clock import ManualClock
from tongshi.console.subscriptions import Row, rows_of
from tongshi.gb28181.subscription import Subject
from tongshi.registry.position import Report
from tongshi.signalling.tie import State, Subscribed

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
HX = {"HX-Request": "true"}


def test_every_subject_has_a_row() -> None:
    standing = [
        Subscribed(RECORDER, Subject.POSITION, CHANNEL, State.ACTIVE, "", 0.0, 600, 5, True, 7),
        Subscribed(RECORDER, Subject.ALARM, "", State.FALLBACK, "489", 0.0, 0, 5, False, 0),
    ]
    rows = rows_of(standing)
    assert [(row.subject, row.target_id, row.state) for row in rows] == [
        ("catalog", "", "ended"),
        ("alarm", "", "fallback"),
        ("position", "", "ended"),
        ("position", CHANNEL, "active"),
        ("ptz", "", "ended"),
    ]
    assert rows[3] == Row("position", "active", CHANNEL, "", 600, 7, True)


def test_a_subscription_is_wanted_and_ended(admin: httpx.Client, parts: Parts) -> None:
    place = f"/devices/{RECORDER}/subscriptions"
    offered = admin.get(place, headers=HX).text
    assert offered.count(">Subscribe<") == 4
    assert offered.count('name="interval"') == 1
    assert 'max="3600" value="5"' in offered
    wanted = admin.post(f"{place}/position", data={"interval": "30"}, headers=HX).text
    assert wanted.count(">Subscribe<") == 3
    assert "chosen" in wanted
    assert parts.subscriptions.standing(RECORDER)[0].interval == 30
    ended = admin.delete(f"{place}/position?target=", headers=HX).text
    assert ended.count(">Subscribe<") == 4


def test_what_cannot_be_is_told_in_place(admin: httpx.Client) -> None:
    place = f"/devices/{RECORDER}/subscriptions"
    for answer in (admin.post(f"{place}/gossip"), admin.delete(f"{place}/gossip")):
        assert answer.status_code == 200
        assert "Input breaks a rule" in answer.text


def test_last_positions(
    operator: httpx.Client, parts: Parts, clock: ManualClock, flush: Callable[[], None]
) -> None:
    place = f"/devices/{RECORDER}/positions"
    assert "No position received" in operator.get(place, headers=HX).text
    parts.positions.record(
        Report(RECORDER, CHANNEL, clock.wall(), 121.473702, 31.230416, clock.wall(), 42.5)
    )
    flush()
    text = operator.get(place, headers=HX).text
    assert "121.473702" in text
    assert "42.5" in text
    assert CHANNEL in text
