"""Requests over the interface: asked, decided, withdrawn; told to nobody who has no part in it."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from tongshi.access.grant import Grant, Right, Selector, Subject, SubjectKind
from tongshi.access.permission import Role
from tongshi.api.parts import Parts
from tongshi.audit.entry import Actor

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
LOOK = {"device": RECORDER, "channel": CHANNEL, "purpose": "patrol"}
ASK = {
    "kind": "live",
    "purpose": "patrol",
    "reason": "a child is missing",
    "cameras": [{"device": RECORDER, "channel": CHANNEL}],
    "hours": 1,
}
Enter = Callable[..., httpx.Client]


@pytest.fixture
def asker(parts: Parts, enter: Enter) -> httpx.Client:
    """Somebody who may know of every camera, and look at none."""
    client = enter(Role.OPERATOR, "asker", granted=False)
    subject = Subject(SubjectKind.PERSON, str(client.get("/api/session").json()["id"]))
    grant = Grant(0, subject, frozenset({Right.SEE}), Selector(everything=True))
    parts.rights.add(grant, Actor(person="Security"))
    return client


@pytest.fixture
def decider(enter: Enter) -> httpx.Client:
    return enter(Role.OPERATOR, "decider")


def test_a_yes_opens_the_camera_for_its_purpose(
    asker: httpx.Client, decider: httpx.Client, enter: Enter
) -> None:
    assert asker.post("/api/live", json=LOOK).json()["code"] == "denied.grant"
    made = asker.post("/api/requests", json=ASK)
    assert made.status_code == 201
    told = made.json()
    assert (told["state"], told["step"], told["own"]) == ("waiting", "approve", True)
    assert told["purpose_title"] == "Routine patrol"
    waiting = decider.get("/api/requests/counts").json()
    assert waiting == {"decide": 1, "reviews": 0}
    (row,) = decider.get("/api/requests?list=decide").json()["rows"]
    assert (row["id"], row["own"]) == (told["id"], False)
    verdict = {"verdict": "approve", "reason": "go"}
    granted = decider.post(f"/api/requests/{told['id']}/decide", json=verdict).json()
    assert granted["state"] == "granted"
    assert granted["decisions"][0]["person"] == "Operator"
    assert asker.post("/api/live", json=LOOK).status_code == 200
    assert asker.post("/api/live", json={**LOOK, "purpose": "duty"}).status_code == 403
    auditor = enter(Role.AUDIT, "auditor")
    (entry,) = auditor.get("/api/register").json()["rows"]
    assert entry["look"]["approval_id"] == told["id"]
    assert entry["look"]["grant_id"] is not None


def test_who_is_concerned_is_told(
    parts: Parts, asker: httpx.Client, decider: httpx.Client, runner: asyncio.Runner
) -> None:
    number = {
        name: client.get("/api/session").json()["id"]
        for name, client in (("asker", asker), ("decider", decider))
    }
    mine = parts.feed.join(lambda _: False, person_id=number["asker"])
    theirs = parts.feed.join(lambda _: False, person_id=number["decider"])
    other = parts.feed.join(lambda _: True, person_id=99)
    asker.post("/api/requests", json=ASK)
    for reader, expected in ((mine, 1), (theirs, 1), (other, 0)):
        notices = runner.run(reader.take(0))
        assert notices is not None
        found = [notice for notice in notices if notice.topic == "request"]
        assert [dict(each.body) for each in found] == [{"id": 1, "state": "waiting"}] * expected


def test_a_camera_that_is_not_there_and_one_not_to_be_seen_are_alike(
    enter: Enter, parts: Parts
) -> None:
    blind = enter(Role.OPERATOR, "blind", granted=False)
    known = blind.post("/api/requests", json=ASK)
    missing = {**ASK, "cameras": [{"device": "none", "channel": "none"}]}
    unknown = blind.post("/api/requests", json=missing)
    assert known.status_code == unknown.status_code == 404
    assert known.json().keys() == unknown.json().keys()
    assert known.json()["title"] == unknown.json()["title"]


def test_those_without_a_part_learn_nothing(
    asker: httpx.Client, enter: Enter, decider: httpx.Client
) -> None:
    asker.post("/api/requests", json=ASK)
    other = enter(Role.OPERATOR, "other", granted=False)
    for number in (1, 99):
        answers = [
            other.get(f"/api/requests/{number}"),
            other.post(f"/api/requests/{number}/withdraw"),
            other.post(f"/api/requests/{number}/decide", json={"verdict": "approve"}),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert {answer.json()["detail"] for answer in answers} == {"no such request"}
    assert other.get("/api/requests").json()["total"] == 0
    assert other.get("/api/requests?list=all").status_code == 403
    assert decider.get("/api/requests/1").status_code == 200


def test_nobody_decides_his_own(enter: Enter) -> None:
    everything = enter(Role.OPERATOR, "both")
    everything.post("/api/requests", json=ASK)
    answer = everything.post("/api/requests/1/decide", json={"verdict": "approve"})
    assert answer.status_code == 403


def test_what_was_given_is_given_back(asker: httpx.Client, decider: httpx.Client) -> None:
    asker.post("/api/requests", json=ASK)
    decider.post("/api/requests/1/decide", json={"verdict": "approve"})
    assert asker.post("/api/requests/1/withdraw").json()["state"] == "withdrawn"
    assert asker.post("/api/live", json=LOOK).status_code == 403
    assert asker.post("/api/requests/1/withdraw").status_code == 409
    assert [each["state"] for each in asker.get("/api/requests").json()["rows"]] == ["withdrawn"]
    assert asker.get("/api/requests?state=granted").json()["total"] == 0


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "retrieval"},
        {"kind": "footage"},
        {"hours": 0},
        {"hours": 700},
        {"cameras": []},
        {"reason": " "},
        {"purpose": "nothing"},
        {"state": "granted"},
        {"grant_id": 1},
    ],
)
def test_a_request_is_whole_and_has_nothing_else(
    asker: httpx.Client, more: dict[str, object]
) -> None:
    assert asker.post("/api/requests", json={**ASK, **more}).status_code == 400


def test_an_authority_is_served_within_its_span_alone(
    asker: httpx.Client, decider: httpx.Client, enter: Enter
) -> None:
    second = enter(Role.OWNER, "second")
    officers = [
        {"name": name, "unit": "U", "document": f"11010119900101{number}"}
        for number, name in ((1234, "Li"), (5678, "Wu"))
    ]
    span = {"since": "2023-11-14T20:00:00Z", "until": "2023-11-14T21:00:00Z"}
    legal = {"basis": "CPL 54", "document": "2026-17", "officers": officers}
    body = {**ASK, "kind": "retrieval", "purpose": "retrieval", "case": "A 17", **span}
    made = asker.post("/api/requests", json={**body, "retrieval": legal}).json()
    assert made["steps"] == ["approve", "second"]
    assert made["content"]["officers"][0]["document"] == "**************1234"
    seen = decider.get("/api/requests/1").json()
    assert seen["content"]["officers"][0]["document"] == "110101199001011234"
    for client in (decider, second):
        client.post("/api/requests/1/decide", json={"verdict": "approve"})
    assert asker.get("/api/requests/1").json()["state"] == "granted"
    offered = {each["code"] for each in asker.get("/api/live/purposes").json()}
    assert "retrieval" in offered
    look = {**LOOK, "purpose": "retrieval", "case": "A 17"}
    assert asker.post("/api/playback", json={**look, **span}).status_code == 200
    early = {**span, "since": "2023-11-14T19:59:00Z"}
    assert asker.post("/api/playback", json={**look, **early}).json()["code"] == "denied.grant"
    late = {**span, "until": "2023-11-14T23:00:00Z"}
    shown = asker.post("/api/playback", json={**look, **late})
    assert shown.status_code == 200
    ends = {each["until"] for each in asker.get("/api/playback").json()}
    assert ends == {1699995600.0}, "cut off where the approval ends"
    assert asker.post("/api/downloads", json={**look, **late}).json()["code"] == "denied.grant"
    for _ in range(3):
        assert asker.post("/api/downloads", json={**look, **span}).status_code == 201
    assert asker.get("/api/requests/1").json()["state"] == "used-up"
    assert asker.post("/api/downloads", json={**look, **span}).status_code == 403


def test_a_delegate_decides(asker: httpx.Client, decider: httpx.Client, enter: Enter) -> None:
    helper = enter(Role.OPERATOR, "helper", granted=False)
    asker.post("/api/requests", json=ASK)
    assert helper.get("/api/requests?list=decide").json()["total"] == 0
    dates = {"since": "2023-11-14T00:00:00Z", "until": "2023-12-14T00:00:00Z"}
    body = {"delegate": "helper", **dates}
    made = decider.post("/api/requests/delegates", json=body)
    assert made.status_code == 201
    (row,) = helper.get("/api/requests/delegates").json()
    assert row["given"] is False
    decided = helper.post("/api/requests/1/decide", json={"verdict": "approve"}).json()
    assert decided["decisions"][0]["behalf"] == "Operator"
    assert decider.delete(f"/api/requests/delegates/{row['id']}").status_code == 204
    assert decider.delete(f"/api/requests/delegates/{row['id']}").status_code == 404
