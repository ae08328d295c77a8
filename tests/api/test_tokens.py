import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from starlette.types import ASGIApp

from tongshi.access.identity import Person
from tongshi.api.parts import Parts
from tongshi.api.tokens import state_of
from tongshi.audit.entry import PLATFORM
from tongshi.clock import ManualClock

Ask = dict[str, object]
LOOK = {"device": "34020000001180000001", "channel": "34020000001310000001", "purpose": "patrol"}


@pytest.fixture
def ask(service: Person, clock: ManualClock) -> Ask:
    ends = datetime.fromtimestamp(clock.wall() + 86400, UTC).isoformat()
    return {
        "account": service.id,
        "name": "值班大屏",
        "scopes": ["see-live", "see-devices"],
        "ends": ends,
        "networks": ["127.0.0.0/8"],
        "quotas": {"calls_minute": 100, "stream_day": 60},
    }


def test_a_token_is_told_once_and_works(
    security: httpx.Client, site: ASGIApp, browse: Callable[[ASGIApp], httpx.Client], ask: Ask
) -> None:
    made = security.post("/api/tokens", json=ask)
    assert made.status_code == 201
    told = made.json()
    client = browse(site)
    client.headers["Authorization"] = f"Bearer {told['token']}"
    assert client.get("/api/devices").status_code == 200
    (shown,) = security.get("/api/tokens").json()
    assert shown["state"] == "counts"
    assert (shown["name"], shown["scopes"]) == ("值班大屏", ["see-devices", "see-live"])
    assert shown["quotas"] == {
        "calls_minute": 100,
        "calls_day": None,
        "stream_day": 60,
        "bytes_day": None,
    }
    secret = told["token"].rpartition("_")[2]
    assert secret not in security.get("/api/tokens").text


def test_revoking_ends_what_the_token_watches(
    security: httpx.Client,
    program: Callable[..., httpx.Client],
    parts: Parts,
    runner: asyncio.Runner,
) -> None:
    client = program()
    assert client.post("/api/live", json=LOOK).status_code == 200
    reader = parts.feed.join(lambda device_id: True, owner="token:1")
    assert len(parts.views.all()) == 1
    assert security.delete("/api/tokens/1").status_code == 204
    assert len(parts.views.all()) == 0
    assert client.get("/api/devices").status_code == 401
    assert runner.run(reader.take(0.0)) is None
    (shown,) = security.get("/api/tokens").json()
    assert (shown["state"], shown["revoked_by"]) == ("revoked", "Security")
    assert security.delete("/api/tokens/99").status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"scopes": ["manage-people"]},
        {"scopes": []},
        {"name": ""},
        {"ends": "2000-01-01T00:00:00Z"},
        {"ends": "2200-01-01T00:00:00Z"},
        {"ends": "2023-11-15T00:00:00"},
        {"networks": ["inside"]},
        {"networks": ["10.0.0.1"] * 40},
        {"quotas": {"calls_minute": 0}},
        {"quotas": {"calls_hour": 5}},
        {"id": 7},
        {"made_by": "Eve"},
        {"account": "1; drop table people"},
    ],
)
def test_what_no_token_can_be_is_refused(
    security: httpx.Client, ask: Ask, change: dict[str, object]
) -> None:
    answer = security.post("/api/tokens", json={**ask, **change})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_only_accounts_of_services_have_tokens(security: httpx.Client, ask: Ask) -> None:
    own = security.get("/api/session").json()["id"]
    assert security.post("/api/tokens", json={**ask, "account": own}).status_code == 409
    assert security.post("/api/tokens", json={**ask, "account": 99}).status_code == 404


def test_the_state_of_a_token_is_told(
    program: Callable[..., httpx.Client], parts: Parts, service: Person, clock: ManualClock
) -> None:
    def state(after: float) -> str:
        (token,) = parts.tokens.everything()
        return state_of(token, clock.wall() + after)

    program()
    assert state(0.0) == "counts"
    parts.people.disable(service.id, disabled=True, by=PLATFORM)
    assert (state(3599.0), state(3600.0)) == ("closed", "over")
    parts.tokens.revoke(1, PLATFORM)
    assert state(3600.0) == "revoked"
