"""Requests on pages: asked for, decided, given back, and the way out of a refusal."""

import re
from collections.abc import Callable

import httpx
import pytest

from tongshi.access.grant import Grant, Right, Selector, Subject, SubjectKind
from tongshi.access.permission import Role
from tongshi.api.parts import Parts
from tongshi.approvals.content import Kind
from tongshi.approvals.request import State
from tongshi.approvals.store import RequestQuery
from tongshi.audit.entry import Actor
from tongshi.console.approvals import hours_for

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
HX = {"HX-Request": "true"}
WAY = {"device": RECORDER, "channel": CHANNEL, "purpose": "patrol"}
Enter = Callable[..., httpx.Client]


@pytest.fixture
def asker(parts: Parts, enter: Enter) -> httpx.Client:
    """The browser of somebody who may know of every camera, and look at none."""
    client = enter(Role.OPERATOR, "asker", granted=False)
    number = client.get("/api/session").json()["id"]
    subject = Subject(SubjectKind.PERSON, str(number))
    grant = Grant(0, subject, frozenset({Right.SEE}), Selector(everything=True))
    parts.rights.add(grant, Actor(person="Security"))
    return client


def post(client: httpx.Client, path: str, **fields: str) -> str:
    answer = client.post(path, data=fields, headers=HX)
    assert answer.status_code == 200, answer.text
    return answer.text


def ask(client: httpx.Client, **more: str) -> str:
    fields = {"kind": "live", "purpose": "patrol", "reason": "a child is missing", "hours": "1"}
    cameras = f"{RECORDER}/{CHANNEL}"
    return post(client, "/approvals/new", **{**fields, "cameras": cameras, **more})


def test_what_is_asked_is_decided_and_given_back(
    asker: httpx.Client, enter: Enter, parts: Parts
) -> None:
    other = enter(Role.OPERATOR, "decider")
    assert "Request 1 was made" in ask(asker)
    assert "a child is missing" in asker.get("/approvals").text
    assert ">1<" in other.get("/approvals/badge").text
    assert ">1<" not in asker.get("/approvals/badge").text
    inbox = other.get("/approvals").text
    assert 'hx-post="/approvals/1/decide"' in inbox
    assert asker.post("/api/live", json=WAY).status_code == 403
    assert "Nothing waits" in post(other, "/approvals/1/decide", verdict="approve", reason="go")
    assert asker.post("/api/live", json=WAY).status_code == 200
    assert "Withdrawn" in post(asker, "/approvals/1/withdraw")
    assert asker.post("/api/live", json=WAY).status_code == 403
    assert "conflict" in post(asker, "/approvals/1/withdraw")


def test_a_refusal_says_its_reason(asker: httpx.Client, enter: Enter) -> None:
    other = enter(Role.OPERATOR, "decider")
    ask(asker)
    assert "invalid" in post(other, "/approvals/1/decide", verdict="refuse")
    post(other, "/approvals/1/decide", verdict="refuse", reason="not <needed>")
    assert "not &lt;needed&gt;" in asker.get("/approvals/list", headers=HX).text


def test_the_way_out_of_a_refusal_is_drawn(asker: httpx.Client) -> None:
    refused = asker.post("/api/live", json=WAY)
    assert refused.json()["code"] == "denied.grant"
    way = asker.get("/approvals/way", params=WAY, headers=HX).text
    assert 'name="kind" value="live"' in way
    assert 'hx-post="/approvals/glass"' in way
    past = asker.get("/approvals/way", params={**WAY, "since": "1000", "until": "2000"}).text
    assert 'name="kind" value="footage"' in past
    approved = asker.get("/approvals/way", params={**WAY, "purpose": "retrieval"}).text
    assert "/approvals/glass" not in approved
    assert '<select name="purpose"' in asker.get("/approvals/way", params={"purpose": ""}).text


def test_the_way_leads_to_a_request(asker: httpx.Client, parts: Parts) -> None:
    fields = {"kind": "footage", "since": "1000.5", "until": "2000"}
    assert "Request 1 was made" in ask(asker, **fields)
    (request,) = parts.approvals.everybody(RequestQuery()).rows
    assert (request.ask.kind, request.ask.since, request.state) == (
        Kind.FOOTAGE,
        1000.5,
        State.WAITING,
    )


def test_glass_is_broken_from_the_tile(asker: httpx.Client) -> None:
    fields = {**WAY, "case": "110-7", "reason": "a child", "minutes": "15"}
    answer = asker.post("/approvals/glass", data=fields, headers=HX)
    assert answer.headers["HX-Trigger"] == "glass-broken"
    assert asker.post("/api/live", json=WAY).status_code == 200
    assert "invalid" in post(asker, "/approvals/glass", **{**fields, "reason": ""})


def test_the_blocked_read_why(asker: httpx.Client, parts: Parts, enter: Enter) -> None:
    fields = {**WAY, "case": "110-7", "reason": "a child", "minutes": "15"}
    post(asker, "/approvals/glass", **fields)
    now = parts.clock.wall()
    glass = parts.emergencies.read(1)
    assert glass.review_by > now
    way = asker.get("/approvals/way", params=WAY, headers=HX).text
    assert "overdue" not in way


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_its_form(asker: httpx.Client, kind: Kind) -> None:
    page = asker.get(f"/approvals/new?kind={kind.value}&camera={RECORDER}/{CHANNEL}").text
    assert f'name="kind" value="{kind.value}"' in page
    assert ('name="since"' in page) == (kind not in (Kind.LIVE, Kind.PURPOSE))
    assert re.search(rf"<textarea[^>]*>{RECORDER}/{CHANNEL}</textarea>", page)
    assert hours_for(kind)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (
            "retrieval",
            {
                "purpose": "retrieval",
                "case": "A 17",
                "basis": "CPL 54",
                "document": "2026-17",
                "officer-0-name": "Li",
                "officer-0-unit": "U",
                "officer-0-document": "110101199001011234",
                "officer-1-name": "Wu",
                "officer-1-unit": "U",
                "officer-1-document": "P7654321",
            },
        ),
        (
            "publication",
            {
                "purpose": "publication",
                "where": "web",
                **{f"mask-{each}": "1" for each in ("faces", "plates", "names", "licences")},
            },
        ),
        (
            "citizen",
            {
                "purpose": "citizen",
                "citizen-name": "Zhao",
                "citizen-document": "110101199001011234",
                "citizen-relation": "self",
                "citizen-interest": "property",
                "citizen-supervisor": "Sun",
            },
        ),
        ("purpose", {"before": "duty", "since": "", "until": ""}),
    ],
)
def test_what_the_law_wants_to_know_is_asked(
    asker: httpx.Client, parts: Parts, kind: str, fields: dict[str, str]
) -> None:
    span = {"since": "2023-11-14T20:00:00", "until": "2023-11-14T21:00:00"}
    assert "Request 1 was made" in ask(asker, **{"kind": kind, **span, **fields})
    lacking = {name: "" for name in fields if name not in ("purpose", "case")}
    if kind != "purpose":
        assert "invalid" in ask(asker, **{"kind": kind, **span, **fields, **lacking})
    assert "1101011990" not in asker.get("/approvals").text


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "nothing"},
        {"cameras": ""},
        {"cameras": "elsewhere/none"},
        {"reason": ""},
        {"kind": "footage", "since": "never", "until": "x"},
        {"purpose": ""},
    ],
)
def test_what_a_request_lacks_is_told(asker: httpx.Client, more: dict[str, str]) -> None:
    text = ask(asker, **more)
    assert 'role="alert"' in text
    assert "was made" not in text


def test_a_delegate_is_appointed_and_dismissed(enter: Enter) -> None:
    giver = enter(Role.OPERATOR, "giver")
    taker = enter(Role.OPERATOR, "taker")
    dates = {"since": "2023-11-14T20:00:00", "until": "2023-12-14T20:00:00"}
    text = post(giver, "/approvals/delegates", delegate="taker", **dates)
    assert "/approvals/delegates/1" in text
    assert "in the place of" in taker.get("/approvals").text
    assert "invalid" in post(giver, "/approvals/delegates", delegate="nobody", **dates)
    assert "invalid" in post(giver, "/approvals/delegates", delegate="taker", since="", until="")
    gone = giver.delete("/approvals/delegates/1", headers=HX)
    assert "/approvals/delegates/1" not in gone.text
    assert "missing" in giver.delete("/approvals/delegates/x", headers=HX).text


def test_the_audit_reads_all(asker: httpx.Client, enter: Enter) -> None:
    ask(asker)
    auditor = enter(Role.AUDIT, "auditor")
    page = auditor.get("/approvals").text
    assert "All requests" in page
    assert "a child is missing" in page
    assert "/decide" not in page
