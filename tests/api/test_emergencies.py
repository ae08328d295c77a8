"""Break-glass over the interface: rights at once, told at once, reviewed by the audit."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from tongshi.access.grant import Grant, Right, Selector, Subject, SubjectKind
from tongshi.access.permission import Role
from tongshi.api.parts import Parts
from tongshi.audit.entry import Actor
from tongshi.clock import ManualClock

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
LOOK = {"device": RECORDER, "channel": CHANNEL, "purpose": "alarm"}
GLASS = {
    "purpose": "alarm",
    "case": "110-7",
    "reason": "a child is missing",
    "cameras": [{"device": RECORDER, "channel": CHANNEL}],
    "minutes": 15,
}
CLOSING = {"verdict": "justified", "words": "the child was found"}
Enter = Callable[..., httpx.Client]


@pytest.fixture
def breaker(parts: Parts, enter: Enter) -> httpx.Client:
    """Somebody who may know of every camera, and look at none."""
    client = enter(Role.OPERATOR, "breaker", granted=False)
    subject = Subject(SubjectKind.PERSON, str(client.get("/api/session").json()["id"]))
    grant = Grant(0, subject, frozenset({Right.SEE}), Selector(everything=True))
    parts.rights.add(grant, Actor(person="Security"))
    return client


def test_rights_hold_at_once_and_end(
    breaker: httpx.Client, parts: Parts, clock: ManualClock, enter: Enter
) -> None:
    assert breaker.post("/api/live", json=LOOK).status_code == 403
    broken = breaker.post("/api/break-glass", json=GLASS)
    assert broken.status_code == 201
    assert (broken.json()["state"], broken.json()["own"]) == ("open", True)
    assert breaker.post("/api/live", json=LOOK).status_code == 200
    auditor = enter(Role.AUDIT, "auditor")
    (entry,) = auditor.get("/api/register").json()["rows"]
    assert entry["look"]["approval_id"] is None
    assert entry["look"]["grant_id"] is not None
    clock.wind(15 * 60)
    assert breaker.post("/api/live", json=LOOK).status_code == 403


def test_those_who_must_know_are_told_at_once(
    breaker: httpx.Client, enter: Enter, parts: Parts, runner: asyncio.Runner
) -> None:
    readers = {}
    for role, name in (
        (Role.SECURITY, "keeper"),
        (Role.AUDIT, "auditor"),
        (Role.OWNER, "owner"),
        (Role.OPERATOR, "colleague"),
    ):
        number = enter(role, name).get("/api/session").json()["id"]
        readers[name] = parts.feed.join(lambda _: True, person_id=number)
    breaker.post("/api/break-glass", json=GLASS)
    told = {}
    for name, reader in readers.items():
        notices = runner.run(reader.take(0))
        assert notices is not None
        told[name] = [notice.body["id"] for notice in notices if notice.topic == "glass"]
    assert told == {"keeper": [1], "auditor": [1], "owner": [1], "colleague": []}


def test_the_review_is_demanded_and_an_overdue_one_bars(
    breaker: httpx.Client, enter: Enter, clock: ManualClock
) -> None:
    breaker.post("/api/break-glass", json=GLASS)
    assert breaker.get("/api/break-glass").json()["blocked"] is False
    clock.wind(86400)
    breaker.post("/api/session", json={"name": "breaker", "password": "a long sentence of ope"})
    assert breaker.get("/api/break-glass").json()["blocked"] is True
    refused = breaker.post("/api/break-glass", json=GLASS)
    assert refused.status_code == 403
    assert "overdue" in refused.json()["detail"]
    auditor = enter(Role.AUDIT, "auditor")
    assert auditor.get("/api/requests/counts").json()["reviews"] == 1
    (row,) = auditor.get("/api/reviews?open=true").json()["rows"]
    assert row["state"] == "overdue"
    closed = auditor.post(f"/api/reviews/{row['id']}/close", json=CLOSING).json()
    assert (closed["state"], closed["verdict"], closed["words"]) == (
        "closed",
        "justified",
        "the child was found",
    )
    assert auditor.post(f"/api/reviews/{row['id']}/close", json=CLOSING).status_code == 409
    assert auditor.post("/api/reviews/99/close", json=CLOSING).status_code == 404
    assert breaker.post("/api/break-glass", json=GLASS).status_code == 201


@pytest.mark.parametrize(
    "more",
    [
        {"reason": ""},
        {"case": " "},
        {"minutes": 31},
        {"minutes": 0},
        {"cameras": []},
        {"purpose": "retrieval"},
        {"until": 9e9},
    ],
)
def test_glass_is_not_broken_beyond_its_bounds(
    breaker: httpx.Client, more: dict[str, object]
) -> None:
    assert breaker.post("/api/break-glass", json={**GLASS, **more}).status_code == 400


def test_only_cameras_that_one_may_know_of(enter: Enter) -> None:
    blind = enter(Role.OPERATOR, "blind", granted=False)
    assert blind.post("/api/break-glass", json=GLASS).status_code == 404
    assert blind.get("/api/reviews").json()["total"] == 0
