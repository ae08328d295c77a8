"""The door by way of a real provider."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest
from pyotp import TOTP

from tongshi.access.oidc.service import Registered
from tongshi.api.parts import Parts
from tongshi.audit.entry import Actor
from tongshi.clock import ManualClock
from tongshi.testing.provider import BACK, CLIENT, KEYWORD, Provider, bring

pytestmark = pytest.mark.network


@pytest.fixture
def provider(clock: ManualClock, parts: Parts) -> Iterator[Provider]:
    with Provider(clock.wall()) as running:
        parts.outer.registered = Registered(running.issuer, CLIENT, KEYWORD, BACK)
        yield running


def come(client: httpx.Client, provider: Provider, place: str = "/devices") -> httpx.Response:
    going = client.get(f"/sign-in/oidc?next={place}")
    assert going.status_code == 303
    return client.get(f"/sign-in/oidc/callback?{bring(provider.allow(going.headers['Location']))}")


def test_the_cookie_of_a_trip_comes_along_from_the_provider(
    stranger: httpx.Client, provider: Provider
) -> None:
    going = stranger.get("/sign-in/oidc")
    cookie = going.headers["Set-Cookie"]
    assert "SameSite=lax" in cookie
    assert "HttpOnly" in cookie
    assert urlsplit(BACK).path == "/sign-in/oidc/callback"


def test_who_is_bound_comes_in_and_goes_on(
    stranger: httpx.Client, operator: httpx.Client, parts: Parts, provider: Provider
) -> None:
    refused = come(stranger, provider)
    assert (refused.status_code, "did not let you in" in refused.text) == (401, True)
    person = parts.people.named("operator")
    parts.people.bind(person.id, f"{provider.issuer}|li", "", Actor())
    arrived = come(stranger, provider, "/devices?size=25")
    assert 'content="0; url=/devices?size=25"' in arrived.text
    assert "SameSite=strict" in arrived.headers["Set-Cookie"]
    assert stranger.get("/devices").status_code == 200
    stranger.post("/sign-out")
    assert 'url=/"' in come(stranger, provider, "//evil").text


def test_who_has_codes_is_asked_for_one(
    stranger: httpx.Client,
    operator: httpx.Client,
    parts: Parts,
    provider: Provider,
    clock: ManualClock,
) -> None:
    maker = TOTP(operator.post("/api/session/totp").json()["secret"])
    operator.post("/api/session/totp/confirm", json={"code": maker.at(int(clock.wall()))})
    parts.people.bind(parts.people.named("operator").id, f"{provider.issuer}|li", "", Actor())
    clock.wind(30)
    assert "Second step" in come(stranger, provider).text
    code = {"code": maker.at(int(clock.wall())), "next": "/devices"}
    assert stranger.post("/sign-in/code", data=code).headers["Location"] == "/devices"


def test_a_provider_that_is_away_is_told(
    stranger: httpx.Client, parts: Parts, provider: Provider
) -> None:
    going = stranger.get("/sign-in/oidc")
    told = bring(provider.allow(going.headers["Location"]))
    gone = replace(parts.outer.registered, issuer="http://127.0.0.1:9")
    parts.outer.registered = gone
    answers = [
        stranger.get("/sign-in/oidc"),
        stranger.get(f"/sign-in/oidc/callback?{told.replace('iss=', 'x=')}"),
    ]
    for answer in answers:
        assert answer.status_code == 502
        assert "does not answer" in answer.text


def test_the_door_shows_the_way_only_where_there_is_one(stranger: httpx.Client) -> None:
    assert "/sign-in/oidc" not in stranger.get("/sign-in").text
    assert stranger.get("/sign-in/oidc").status_code == 404
