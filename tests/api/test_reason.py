"""What a purpose requires is asked before a look, a deed, a download and a talk begin."""

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from tongshi.access.permission import Role
from tongshi.api.parts import Parts
from tongshi.approvals.purpose import Purpose
from tongshi.audit.entry import Actor

RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
CAMERA = {"device": RECORDER, "channel": CHANNEL}
SPAN = {"since": "2023-11-14T20:00:00Z", "until": "2023-11-14T21:00:00Z"}
CONTROL = f"/api/devices/{RECORDER}/channels/{CHANNEL}/control"
BEGINNINGS = [
    ("/api/live", CAMERA),
    ("/api/playback", {**CAMERA, **SPAN}),
    ("/api/downloads", {**CAMERA, **SPAN}),
    ("/api/snapshots", CAMERA),
    ("/api/talks", CAMERA),
    (CONTROL, {"do": "stop"}),
]
STRICT = Purpose("raid", "搜查", "Raid", case=True, second=True, text=True)
Enter = Callable[..., httpx.Client]


@pytest.fixture(autouse=True)
def strict(parts: Parts) -> None:
    parts.purposes.add(Actor(person="Security"), STRICT)


@pytest.mark.parametrize(("path", "body"), BEGINNINGS)
@pytest.mark.parametrize("purpose", ["raid", "raid: at dawn", "", "other"])
def test_nothing_begins_without_what_the_purpose_asks(
    operator: httpx.Client, enter: Enter, path: str, body: dict[str, str], purpose: str
) -> None:
    refused = operator.post(path, json={**body, "purpose": purpose})
    assert refused.status_code == 400
    assert refused.json()["code"] == "invalid"
    assert enter(Role.AUDIT, "auditor").get("/api/register").json()["total"] == 0


@pytest.mark.parametrize(("path", "body"), BEGINNINGS)
def test_a_purpose_that_wants_an_approval_has_one(
    operator: httpx.Client, parts: Parts, path: str, body: dict[str, str]
) -> None:
    wants = replace(STRICT, case=False, second=False, text=False, approval=True)
    parts.purposes.change(Actor(person="Security"), wants)
    refused = operator.post(path, json={**body, "purpose": "raid"})
    assert refused.json()["code"] == "denied.grant", "whatever other grants there are"


def test_the_register_has_case_and_second_person(operator: httpx.Client, enter: Enter) -> None:
    enter(Role.OPERATOR, "second")
    stated = {"purpose": "raid: at dawn", "case": "A 17", "second": "Second"}
    view = operator.post("/api/live", json={**CAMERA, **stated}).json()["view"]
    for second in ("operator", "nobody", ""):
        answer = operator.post("/api/live", json={**CAMERA, **stated, "second": second})
        assert answer.status_code == 400
    # What is done under the open view has its reason: nothing is asked again.
    for path, body in BEGINNINGS[3:]:
        operator.post(path, json={**body, "view": view, "purpose": ""})
    looks = [
        row["look"] for row in enter(Role.AUDIT, "auditor").get("/api/register").json()["rows"]
    ]
    assert {look["action"] for look in looks} >= {"live", "snapshot", "control", "talk"}
    for look in looks:
        assert look["purpose"] == "raid: at dawn"
        assert (look["case_number"], look["second_person"]) == ("A 17", "Operator")


def test_words_alone_are_of_the_purpose_other(operator: httpx.Client, enter: Enter) -> None:
    assert operator.post("/api/live", json={**CAMERA, "purpose": "lost child"}).status_code == 200
    (row,) = enter(Role.AUDIT, "auditor").get("/api/register").json()["rows"]
    assert row["look"]["purpose"] == "other: lost child"
