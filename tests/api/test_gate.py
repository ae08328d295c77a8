"""What grants do to every route about a camera: not there, known of, or one's own to look at."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from tongshi.access.grant import Decision, Grant, Reason, Right, Selector, Subject, SubjectKind
from tongshi.access.permission import Role
from tongshi.access.register import Basis
from tongshi.api.gate import basis_of
from tongshi.api.parts import Parts
from tongshi.audit.entry import Actor

RECORDER, CAMERA = "34020000001180000001", "34020000001320000001"
CHANNEL, HIDDEN = "34020000001310000001", "34020000001310000002"
BY = Actor(1, "Admin")
OF_CAMERA = "/api/devices/{device}/channels/{channel}"
SPAN = {"since": "2023-11-14T00:00:00Z", "until": "2023-11-14T00:10:00Z"}
WHY: dict[str, object] = {"purpose": "patrol"}


@pytest.fixture
def newcomer(enter: Callable[..., httpx.Client]) -> httpx.Client:
    """The browser of an operator to whom nothing is granted."""
    return enter(Role.OPERATOR, name="newcomer", granted=False)


@pytest.fixture
def fitter(enter: Callable[..., httpx.Client]) -> httpx.Client:
    """The browser of a contractor to whom nothing is granted."""
    return enter(Role.CONTRACTOR, name="fitter", granted=False)


def give(parts: Parts, name: str, *rights: Right, **selected: frozenset[tuple[str, str]]) -> int:
    subject = Subject(SubjectKind.PERSON, str(parts.people.named(name).id))
    cameras = selected.get("cameras", frozenset({(RECORDER, CHANNEL)}))
    grant = Grant(0, subject, frozenset(rights), Selector(cameras=cameras))
    return parts.rights.add(grant, BY).id


def ask(
    client: httpx.Client, method: str, path: str, body: dict[str, object] | None, *key: str
) -> httpx.Response:
    device, channel = key
    told = body
    if body is not None and "{" not in path:
        told = {**body, "device": device, "channel": channel}
    return client.request(method, path.format(device=device, channel=channel), json=told)


LOOKS: list[tuple[str, str, dict[str, object] | None]] = [
    ("POST", "/api/live", WHY),
    ("POST", "/api/playback", {**WHY, **SPAN}),
    ("POST", "/api/downloads", {**WHY, **SPAN}),
    ("POST", "/api/snapshots", WHY),
    ("POST", "/api/talks", WHY),
    ("POST", f"{OF_CAMERA}/control", {"do": "stop", **WHY}),
    ("GET", f"{OF_CAMERA}/presets", None),
    ("GET", f"{OF_CAMERA}/home", None),
    ("GET", f"{OF_CAMERA}/cruises", None),
    ("GET", f"{OF_CAMERA}/cruises/0", None),
    ("GET", f"{OF_CAMERA}/ptz", None),
    ("GET", f"{OF_CAMERA}/records?since={SPAN['since']}&until={SPAN['until']}", None),
]
DEEDS: list[tuple[str, str, dict[str, object] | None]] = [
    ("GET", f"{OF_CAMERA}/config", None),
    ("PUT", f"{OF_CAMERA}/config/BasicParam", {"values": {}, **WHY}),
]


@pytest.mark.parametrize(("method", "path", "body"), LOOKS)
def test_a_hidden_camera_is_not_there_and_a_known_one_is_refused(
    parts: Parts, newcomer: httpx.Client, method: str, path: str, body: dict[str, object] | None
) -> None:
    give(parts, "newcomer", Right.SEE)
    hidden = ask(newcomer, method, path, body, RECORDER, HIDDEN)
    absent = ask(newcomer, method, path, body, RECORDER, "34020000001310000099")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.json() == {
        **absent.json(),
        "detail": absent.json()["detail"].replace("34020000001310000099", HIDDEN),
    }
    refused = ask(newcomer, method, path, body, RECORDER, CHANNEL)
    assert refused.status_code == 403, refused.text
    assert refused.json()["code"] == "denied.grant"
    assert refused.json()["reason"] == "right"
    assert "a grant of" in refused.json()["helps"]
    assert "approval" in refused.json()["advice"] or "grant" in refused.json()["advice"]


@pytest.mark.parametrize(("method", "path", "body"), DEEDS)
def test_so_it_is_for_who_maintains(
    parts: Parts, fitter: httpx.Client, method: str, path: str, body: dict[str, object] | None
) -> None:
    give(parts, "fitter", Right.SEE)
    assert ask(fitter, method, path, body, RECORDER, HIDDEN).status_code == 404
    refused = ask(fitter, method, path, body, RECORDER, CHANNEL)
    assert refused.status_code in (400, 403)
    if refused.status_code == 403:
        assert refused.json()["code"] == "denied.grant"


def test_lists_and_counts_have_what_is_granted(parts: Parts, newcomer: httpx.Client) -> None:
    assert newcomer.get("/api/channels").json()["total"] == 0
    assert newcomer.get("/api/devices").json()["total"] == 0
    assert newcomer.get(f"/api/devices/{RECORDER}").status_code == 404
    give(parts, "newcomer", Right.LIVE)
    told = newcomer.get("/api/channels").json()
    assert [row["channel_id"] for row in told["rows"]] == [CHANNEL]
    assert told["total"] == 1
    (device,) = newcomer.get("/api/devices").json()["rows"]
    assert device["device_id"] == RECORDER
    assert device["counts"]["online"] == 1
    counts = newcomer.get("/api/counts").json()
    assert counts["cameras"]["online"] == 1
    assert newcomer.get("/api/channels", params={"text": "通道 2"}).json()["total"] == 0
    assert newcomer.get(f"/api/devices/{CAMERA}").status_code == 404


def test_a_look_says_what_it_rests_on(
    parts: Parts, newcomer: httpx.Client, auditor: httpx.Client
) -> None:
    number = give(parts, "newcomer", Right.LIVE)
    body = {"device": RECORDER, "channel": CHANNEL, **WHY}
    assert newcomer.post("/api/live", json=body).status_code == 200
    (entry,) = auditor.get("/api/register").json()["rows"]
    assert entry["look"]["grant_id"] == number
    assert entry["look"]["approval_id"] is None


def test_the_basis_of_a_decision() -> None:
    decision = Decision(True, Reason.GRANTED, 4, "approval:9")
    assert basis_of(decision) == Basis(4, 9)


def test_a_file_is_fetched_under_a_grant_alone(
    parts: Parts, newcomer: httpx.Client, runner: asyncio.Runner
) -> None:
    number = give(parts, "newcomer", Right.DOWNLOAD)
    body = {"device": RECORDER, "channel": CHANNEL, **WHY, **SPAN}
    made = newcomer.post("/api/downloads", json=body)
    assert made.status_code == 201, made.text
    path = f"/api/downloads/{made.json()['id']}"
    assert newcomer.get(path).status_code == 200
    parts.rights.end(number, BY)
    assert newcomer.get(f"{path}/file").status_code == 404
    give(parts, "newcomer", Right.SEE)
    assert newcomer.get(f"{path}/file").json()["code"] == "denied.grant"
    assert newcomer.get(f"{path}/file", params={"key": "t1"}).json()["code"] == "denied.grant"
