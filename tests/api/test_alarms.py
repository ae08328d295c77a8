"""Alarms over the interface: found, handled, reset at the device, each with who and why."""

from collections.abc import Callable

import httpx
import pytest

from tongshi.access.permission import Role
from tongshi.alarms.alarm import Alarm, Report, State
from tongshi.api.alarms import command_for
from tongshi.api.parts import Parts
from tongshi.gb28181.manscdp import AlarmCmd

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
GONE = "34020000001320000002"


@pytest.fixture
def alarms(parts: Parts, flush: Callable[[], None]) -> Parts:
    at = parts.clock.wall()
    for report in (
        Report(RECORDER, CHANNEL, at, at - 2, 1, 2, 1, None, "video lost", 117.1, 31.8),
        Report(RECORDER, CHANNEL, at, None, 4, 5, 2),
        Report("unseen", "unseen", at + 1),
    ):
        parts.alarms.record(report)
    flush()
    return parts


def test_a_list_with_names_and_filters(alarms: Parts, operator: httpx.Client) -> None:
    page = operator.get("/api/alarms").json()
    assert (page["total"], [row["id"] for row in page["rows"]]) == (3, [3, 2, 1])
    row = page["rows"][2]
    assert (row["device_name"], row["channel_name"], row["camera"]) == (
        "物流园录像机",
        "通道 1",
        True,
    )
    assert (row["state"], row["needs_reset"], row["occurrences"]) == ("new", True, 1)
    assert page["rows"][1]["needs_reset"] is False
    for params, found in (
        ({"state": "open"}, [3, 2, 1]),
        ({"state": "closed"}, []),
        ({"method": 2}, [1]),
        ({"priority": 4}, [2]),
        ({"device": RECORDER, "channel": CHANNEL}, [2, 1]),
        ({"text": "lost"}, [1]),
        ({"until": "2001-01-01T00:00:00Z"}, []),
    ):
        rows = operator.get("/api/alarms", params=params).json()["rows"]
        assert [row["id"] for row in rows] == found, params
    assert operator.get("/api/alarms", params={"method": 9}).status_code == 400
    counts = operator.get("/api/alarms/counts").json()
    assert counts == {"new": 3, "acknowledged": 0, "assigned": 0, "closed": 0}


def test_people_work_through_it(alarms: Parts, operator: httpx.Client) -> None:
    def act(word: str, body: dict[str, str] | None = None, number: int = 1) -> httpx.Response:
        return operator.post(f"/api/alarms/{number}/{word}", json=body)

    reader = alarms.feed.join(lambda device_id: True)
    assert act("acknowledge").json()["state"] == "acknowledged"
    assert act("acknowledge", {"note": "again"}).status_code == 409
    assigned = act("assign", {"to": "维修班", "note": "go there"}).json()
    assert (assigned["state"], assigned["assignee"]) == ("assigned", "维修班")
    assert act("close", {"note": ""}).status_code == 400
    assert act("assign", {"to": " "}).status_code == 400
    assert act("close", {"note": "cable replaced"}).json()["state"] == "closed"
    assert act("close", {"note": "x"}, number=99).status_code == 404
    whole = operator.get("/api/alarms/1").json()
    assert whole["alarm"]["state"] == "closed"
    assert [(step["act"], step["person"], step["note"]) for step in whole["steps"]] == [
        ("acknowledge", "Operator", ""),
        ("assign", "Operator", "go there"),
        ("close", "Operator", "cable replaced"),
    ]
    assert operator.get("/api/alarms/99").status_code == 404
    alarms.feed.leave(reader)


@pytest.mark.clause("A.2.3.1.6")
def test_a_reset_is_registered_before_it_is_sent(
    alarms: Parts, operator: httpx.Client, auditor: httpx.Client
) -> None:
    told = operator.post("/api/alarms/1/reset").json()
    assert told["needs_reset"] is False
    assert told["reset_at"] is not None
    steps = operator.get("/api/alarms/1").json()["steps"]
    assert [(step["act"], step["person"]) for step in steps] == [("reset", "Operator")]
    (entry,) = auditor.get("/api/register", params={"channel": CHANNEL}).json()["rows"]
    assert (entry["look"]["action"], entry["look"]["purpose"]) == ("control", "alarm")


def test_a_reset_that_the_device_does_not_answer(
    parts: Parts, flush: Callable[[], None], operator: httpx.Client, auditor: httpx.Client
) -> None:
    parts.alarms.record(Report(GONE, GONE, parts.clock.wall(), method=2))
    flush()
    assert operator.post("/api/alarms/1/reset").status_code == 504
    flush()
    (entry,) = auditor.get("/api/register", params={"device": GONE}).json()["rows"]
    assert entry["ending"]["how"] == "peer.silent"
    assert operator.get("/api/alarms/1").json()["alarm"]["needs_reset"] is True


def test_what_is_reset() -> None:
    def alarm(report: Report) -> Alarm:
        return Alarm(1, report, "", "", False, State.NEW, None, "", 1, 0.0, None)

    full = Report("d", "c", 0.0, method=2, alarm_type=1)
    assert command_for(alarm(full)) == AlarmCmd(methods=(2,), types=(1,))
    assert command_for(alarm(Report("d", "c", 0.0))) == AlarmCmd()


def test_who_may_see_them(enter: Callable[[Role], httpx.Client], alarms: Parts) -> None:
    for role in (Role.OPERATOR, Role.SYSTEM, Role.OWNER):
        assert enter(role).get("/api/alarms").status_code == 200
    for role in (Role.SECURITY, Role.AUDIT, Role.CONTRACTOR):
        assert enter(role).get("/api/alarms").status_code == 403
