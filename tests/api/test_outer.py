"""Signing in at a real provider, through the interface."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from pyotp import TOTP

from tongshi.access.oidc.service import Outer, Registered
from tongshi.api.parts import Parts
from tongshi.audit.entry import Actor
from tongshi.clock import ManualClock
from tongshi.testing.provider import BACK, CLIENT, KEYWORD, Provider, bring

pytestmark = pytest.mark.network
BY = Actor()


@pytest.fixture
def provider(clock: ManualClock) -> Iterator[Provider]:
    with Provider(clock.wall()) as running:
        yield running


@pytest.fixture
def outer(parts: Parts, provider: Provider) -> Outer:
    """The node's provider, set after it was built: no other part looks at it."""
    parts.outer.registered = Registered(provider.issuer, CLIENT, KEYWORD, BACK)
    return parts.outer


def go(client: httpx.Client, provider: Provider) -> httpx.Response:
    address = client.post("/api/session/oidc").json()["address"]
    return client.get(f"/api/session/oidc/callback?{bring(provider.allow(address))}")


def test_by_default_there_is_none(stranger: httpx.Client) -> None:
    assert stranger.post("/api/session/oidc").status_code == 404
    assert stranger.get("/api/session/oidc/callback?code=x&state=y").status_code == 401


def test_who_is_bound_comes_in(
    operator: httpx.Client, stranger: httpx.Client, parts: Parts, outer: Outer, provider: Provider
) -> None:
    unknown = go(stranger, provider)
    assert (unknown.status_code, "tongshi_session" in stranger.cookies) == (401, False)
    person = parts.people.named("operator")
    parts.people.bind(person.id, f"{provider.issuer}|li", "", BY)
    told = go(stranger, provider)
    assert told.json()["name"] == "operator"
    assert "tongshi_trip" not in stranger.cookies
    assert stranger.get("/api/session").status_code == 200


def test_a_verified_address_lets_in_only_where_it_is_set_so(
    operator: httpx.Client, stranger: httpx.Client, parts: Parts, outer: Outer, provider: Provider
) -> None:
    parts.people.bind(parts.people.named("operator").id, "", "li@example.org", BY)
    assert go(stranger, provider).status_code == 401
    outer.registered = replace(outer.registered, by_email=True)
    provider.faults.claims = {"email_verified": False}
    assert go(stranger, provider).status_code == 401
    provider.faults.claims = {}
    assert go(stranger, provider).status_code == 200


def test_the_second_step_is_taken_as_well(
    operator: httpx.Client,
    stranger: httpx.Client,
    parts: Parts,
    outer: Outer,
    provider: Provider,
    clock: ManualClock,
) -> None:
    maker = TOTP(operator.post("/api/session/totp").json()["secret"])
    operator.post("/api/session/totp/confirm", json={"code": maker.at(int(clock.wall()))})
    clock.wind(30)
    parts.people.bind(parts.people.named("operator").id, f"{provider.issuer}|li", "", BY)
    assert go(stranger, provider).status_code == 202
    assert stranger.get("/api/session").status_code == 401
    code = {"code": maker.at(int(clock.wall()))}
    assert stranger.post("/api/session/code", json=code).status_code == 200


def test_what_another_browser_began_is_nothing(
    operator: httpx.Client,
    stranger: httpx.Client,
    parts: Parts,
    outer: Outer,
    provider: Provider,
) -> None:
    """Sign-in forgery: an attacker has a victim's browser take the attacker's answer."""
    parts.people.bind(parts.people.named("operator").id, f"{provider.issuer}|li", "", BY)
    address = operator.post("/api/session/oidc").json()["address"]
    told = bring(provider.allow(address))
    assert stranger.get(f"/api/session/oidc/callback?{told}").status_code == 401
    stranger.post("/api/session/oidc")
    assert stranger.get(f"/api/session/oidc/callback?{told}").status_code == 401
    assert "tongshi_session" not in stranger.cookies


def test_a_provider_that_is_away(stranger: httpx.Client, outer: Outer) -> None:
    outer.registered = replace(outer.registered, issuer="http://127.0.0.1:9")
    answer = stranger.post("/api/session/oidc")
    assert (answer.status_code, answer.json()["code"]) == (504, "peer.silent")
