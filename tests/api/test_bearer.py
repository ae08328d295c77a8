"""Tokens at the door of the interface: forged, replayed, over, revoked, from elsewhere."""

from collections.abc import Callable

import httpx
import pytest
from starlette.requests import Request
from starlette.types import ASGIApp

from tongshi.access.identity import Person
from tongshi.access.permission import Permission
from tongshi.api.bearer import shows_token, stand_for
from tongshi.api.parts import Parts
from tongshi.audit.entry import PLATFORM
from tongshi.clock import ManualClock

Program = Callable[..., httpx.Client]
RECORDER = "34020000001180000001"
CHANNEL = "34020000001310000001"
LOOK = {"device": RECORDER, "channel": CHANNEL, "purpose": "patrol"}


def code(answer: httpx.Response) -> tuple[int, object]:
    return answer.status_code, answer.json().get("code")


def test_a_program_is_known_by_its_token(program: Program) -> None:
    client = program(Permission.SEE_LIVE)
    told = client.get("/api/session").json()
    assert (told["name"], told["role"], told["first"]) == ("bridge", "service", "")
    assert told["rights"] == ["own-account", "see-devices", "see-live"]
    assert client.get("/api/devices").json()["total"] == 3
    assert client.post("/api/live", json=LOOK).status_code == 200


def test_scopes_narrow_what_the_account_may(program: Program) -> None:
    client = program(Permission.SEE_DEVICES)
    assert code(client.post("/api/live", json=LOOK)) == (403, "denied")
    assert code(client.get("/api/people")) == (403, "denied")
    assert code(client.get("/api/tokens")) == (403, "denied")


def test_whatever_is_wrong_with_a_token_the_answer_is_the_same(
    program: Program, parts: Parts, clock: ManualClock, service: Person
) -> None:
    good, revoked, elsewhere, over = program(), program(), program(networks="192.0.2.0/24"), None
    text = good.headers["Authorization"].removeprefix("Bearer ")
    number, secret = text.split("_", 2)[1:]
    other = revoked.headers["Authorization"].split("_", 2)[2]
    parts.tokens.revoke(2, PLATFORM)
    forged = [
        "x",
        "tst_1_",
        f"tst_{number}_{'a' * 43}",
        f"tst_{number}_{other}",
        f"tst_99_{secret}",
        f"tst_{number}_{secret}x",
        f"tst_{number} _{secret}",
        f"tst_{number}'--_{secret}",
        f"{text}%00",
    ]
    answers = [good.get("/api/devices", headers={"Authorization": f"Bearer {t}"}) for t in forged]
    answers += [revoked.get("/api/devices"), elsewhere.get("/api/devices")]
    assert good.get("/api/devices").status_code == 200
    clock.wind(3600.0)
    over = good.get("/api/devices")
    answers.append(over)
    assert {code(answer) for answer in answers} == {(401, "denied.signin")}
    assert len({answer.text for answer in answers}) == 1
    assert all(answer.headers["WWW-Authenticate"].startswith("Bearer") for answer in answers)


def test_a_token_of_a_closed_account_counts_no_more(
    program: Program, parts: Parts, service: Person
) -> None:
    client = program()
    assert client.get("/api/devices").status_code == 200
    parts.people.disable(service.id, disabled=True, by=PLATFORM)
    assert code(client.get("/api/devices")) == (401, "denied.signin")


def test_a_token_and_a_cookie_together_are_refused(
    program: Program, operator: httpx.Client
) -> None:
    header = {"Authorization": program().headers["Authorization"]}
    assert operator.get("/api/devices").status_code == 200
    assert code(operator.get("/api/devices", headers=header)) == (400, "invalid")
    wrong = {"Authorization": "Bearer x"}
    assert code(operator.get("/api/devices", headers=wrong)) == (400, "invalid")


def test_two_tokens_at_once_are_refused(program: Program) -> None:
    client = program()
    text = client.headers.pop("Authorization")
    twice = [("Authorization", text), ("Authorization", text)]
    assert code(client.get("/api/devices", headers=twice)) == (400, "invalid")


def test_no_page_of_another_site_counts_for_a_token_but_for_a_cookie(
    program: Program, operator: httpx.Client
) -> None:
    cross = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert program().post("/api/live", json=LOOK, headers=cross).status_code == 200
    assert operator.post("/api/live", json=LOOK, headers=cross).status_code == 403


def test_a_token_changes_nothing_of_its_account(program: Program) -> None:
    client = program()
    body = {"present": "x", "new": "a long sentence of x"}
    assert code(client.post("/api/session/password", json=body)) == (403, "denied")
    assert code(client.delete("/api/session")) == (403, "denied")
    assert code(client.post("/api/session/totp")) == (403, "denied")
    assert client.get("/api/openapi.json").status_code == 200


def test_pages_are_for_people(program: Program) -> None:
    client = program()
    assert client.get("/live").status_code == 403
    assert client.get("/sign-in").status_code == 403


def test_a_basic_header_of_a_proxy_is_no_token(operator: httpx.Client) -> None:
    basic = {"Authorization": "Basic eDp5"}
    assert operator.get("/api/devices", headers=basic).status_code == 200


def test_a_spent_quota_is_named_and_ends(program: Program, clock: ManualClock) -> None:
    clock.unix = 1_700_000_040.0
    client = program(calls_minute=2)
    clock.wind(10.0)
    for _ in range(2):
        assert client.get("/api/devices").status_code == 200
    refused = client.get("/api/devices")
    assert code(refused) == (429, "exhausted")
    assert refused.json()["resource"] == "calls-minute"
    assert refused.json()["advice"]
    assert refused.headers["Retry-After"] == "50"
    clock.wind(50.0)
    assert client.get("/api/devices").status_code == 200


def test_a_call_that_was_denied_counts_as_well(program: Program) -> None:
    client = program(Permission.SEE_DEVICES, calls_day=1)
    assert client.get("/api/people").status_code == 403
    assert client.get("/api/people").status_code == 429


def test_spent_minutes_of_streams_stop_new_ones(program: Program, parts: Parts) -> None:
    client = program(stream_day=1)
    assert client.post("/api/live", json=LOOK).status_code == 200
    parts.tokens.count_flow(1, "live", 60.0, 0)
    refused = client.post("/api/live", json=LOOK)
    assert (refused.status_code, refused.json()["resource"]) == (429, "stream-day")
    assert client.get("/api/live").status_code == 200


def test_a_session_of_a_token_ends_with_what_ends_first(parts: Parts, program: Program) -> None:
    program()
    (token,) = parts.tokens.everything()
    assert stand_for(token, "x").ends_at == token.ends_at
    assert stand_for(token, "x").digest == "token:1"


@pytest.mark.parametrize(("header", "shows"), [("Bearer x", True), ("bearer x", True), ("", False)])
def test_what_shows_a_token(header: str, shows: bool, site: ASGIApp) -> None:
    raw = [(b"authorization", header.encode())]
    assert shows_token(Request({"type": "http", "headers": raw})) is shows
