"""Alarms, positions, changes, subscriptions: what holds, and what is told when it does not."""

from collections.abc import Callable
from typing import Any

import pytest

from tongshi.cli.staff import Post
from tongshi.cli.trial import notices
from tongshi.cli.trial.site import Site
from tongshi.testing.aside import Aside

pytestmark = pytest.mark.network

Make = Callable[[Any], str]
Plant = Callable[[str, Callable[[Any], Any]], None]


RECORDER, INPUT = "34020000001180000001", "34020000001340000001"


@pytest.fixture(autouse=True)
def _calm(aside: Aside[Site]) -> None:
    """An alarm input that is in alarm raises no other."""
    aside.call(lambda site: site.order(RECORDER, INPUT, "reset-alarm"))


def test_what_holds(holds: Make) -> None:
    assert "listed once, answered" in holds(notices.alarm)
    assert "on its way, none lost" in holds(notices.locate)
    assert "UPDATE, DEL, ADD appear" in holds(notices.change)
    assert "14 stand at 7 devices; 489" in holds(notices.subscribe)


def test_an_alarm_that_is_listed_twice(breaks: Make, lie: Plant) -> None:
    lie("GET /alarms", lambda told: {**told, "rows": told["rows"] * 2})
    assert breaks(notices.alarm) == "one alarm is listed 2 times"


@pytest.mark.usefixtures("impatient")
def test_an_alarm_that_is_lost(breaks: Make, lie: Plant) -> None:
    lie("GET /alarms", lambda told: {**told, "rows": []})
    assert "the alarm is not listed" in breaks(notices.alarm)


def test_an_alarm_that_nobody_answers(breaks: Make, mislead: Plant) -> None:
    def unanswered(told: dict[str, Any]) -> dict[str, Any]:
        row = {**told["counts"]["alarm"], "acknowledged": 0}
        return {**told, "counts": {**told["counts"], "alarm": row}}

    mislead("counts", unanswered)
    assert "raised, acknowledged, lost at the device: [1, 0, 0]" in breaks(notices.alarm)


def test_an_alarm_that_is_not_reset_at_the_device(
    breaks: Make, mislead: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Site.until, "__defaults__", (3.0,))
    on = {INPUT: {"on": True, "alarm": True}}
    mislead("state", lambda told: {**told, "guards": on})
    assert "still stands in alarm" in breaks(notices.alarm)


def test_a_ferry_that_does_not_move(breaks: Make, lie: Plant) -> None:
    lie("/positions.size", lambda told: {**told, "rows": told["rows"][:1] * len(told["rows"])})
    assert "does not move" in breaks(notices.locate)


def test_a_ferry_on_land(breaks: Make, lie: Plant) -> None:
    def ashore(told: dict[str, Any]) -> dict[str, Any]:
        rows = [{**row, "longitude": row["longitude"] + 1} for row in told["rows"]]
        return {**told, "rows": rows}

    lie("/positions.size", ashore)
    assert "is not on its way" in breaks(notices.locate)


@pytest.mark.usefixtures("impatient")
def test_changes_that_are_not_believed(aside: Aside[Site], breaks: Make) -> None:
    path = f"/devices/{RECORDER}/profile"
    wish = {"fields": {"status_notify": "false"}}
    aside.call(lambda site: site.call("PUT", path, wish, Post.SYSTEM))
    try:
        assert "OFF was notified, and it is {'state': 'online'}" in breaks(notices.change)
    finally:
        aside.call(lambda site: site.call("PUT", path, {"fields": {}}, Post.SYSTEM))


@pytest.mark.usefixtures("impatient")
def test_a_subscription_that_does_not_stand(breaks: Make, lie: Plant) -> None:
    lie("/subscriptions$", lambda told: [{**row, "state": "waiting"} for row in told or ()])
    assert "'state': 'waiting'" in breaks(notices.subscribe)
    lie("/subscriptions$", lambda told: [{**row, "expires": 0} for row in told or ()])
    assert "granted for no time" in breaks(notices.subscribe)
