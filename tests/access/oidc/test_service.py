"""Signing in at a real provider, over real sockets; and everything that is not believed."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from tongshi.access.oidc.claim import Proven
from tongshi.access.oidc.service import TRIP, Going, Outer, Registered, challenge, read_token
from tongshi.errors import Denied, Invalid, Missing, PeerSilent
from tongshi.testing.provider import BACK, CLIENT, KEYWORD, Provider, new_key

pytestmark = pytest.mark.network
WALL = 1_700_000_000.0
KEY = bytes(32)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider(WALL) as running:
        yield running


@pytest.fixture
def outer(provider: Provider) -> Outer:
    return Outer(Registered(provider.issuer, CLIENT, KEYWORD, BACK), KEY)


def go(outer: Outer, place: str = "/live") -> Going:
    return asyncio.run(outer.begin(place, WALL))


def come(outer: Outer, cookie: str, told: dict[str, str], wall: float = WALL) -> tuple[Proven, str]:
    return asyncio.run(outer.finish(cookie, told, wall))


def test_there_and_back(outer: Outer, provider: Provider) -> None:
    going = go(outer, "/alarms?state=new")
    proven, place = come(outer, going.cookie, provider.allow(going.address))
    assert (proven.oidc, proven.email) == (f"{provider.issuer}|li", "li@example.org")
    assert place == "/alarms?state=new"
    assert provider.exchanged == 1


def test_each_trip_has_words_of_its_own_and_tells_no_secret(outer: Outer) -> None:
    one, two = (parse_qs(urlsplit(go(outer).address).query) for _ in range(2))
    for name in ("state", "nonce", "code_challenge"):
        assert one[name] != two[name]
        assert len(one[name][0]) >= 43
    assert KEYWORD not in str(one)
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636 appendix B
    )


def test_an_answer_is_good_once_and_in_the_browser_that_went(
    outer: Outer, provider: Provider
) -> None:
    mine, theirs = go(outer), go(outer)
    told = provider.allow(mine.address)
    for cookie in (theirs.cookie, "", "forged", mine.cookie[:-2] + "AA"):
        with pytest.raises(Denied):
            come(outer, cookie, told)
    assert provider.exchanged == 0
    come(outer, mine.cookie, told)
    with pytest.raises(Denied):
        come(outer, mine.cookie, told)
    assert provider.exchanged == 1


def test_a_code_of_another_trip_fails_for_its_verifier(outer: Outer, provider: Provider) -> None:
    mine, theirs = go(outer), go(outer)
    stolen = provider.allow(theirs.address)["code"]
    told = {**provider.allow(mine.address), "code": stolen}
    with pytest.raises(Denied):
        come(outer, mine.cookie, told)
    assert provider.exchanged == 0


@pytest.mark.parametrize(
    "change", [{"state": "forged"}, {"state": ""}, {"iss": "https://evil"}, {"code": ""}]
)
def test_an_answer_that_was_changed(
    outer: Outer, provider: Provider, change: dict[str, str]
) -> None:
    going = go(outer)
    with pytest.raises(Denied):
        come(outer, going.cookie, {**provider.allow(going.address), **change})
    refused = {"state": provider.allow(going.address)["state"], "error": "access_denied"}
    with pytest.raises(Denied, match="access_denied"):
        come(outer, going.cookie, refused)


def test_coming_back_late(outer: Outer, provider: Provider) -> None:
    going = go(outer)
    with pytest.raises(Denied, match="too long"):
        come(outer, going.cookie, provider.allow(going.address), WALL + TRIP)


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://evil"}, {"aud": "another"}, {"nonce": "old"}, {"exp": 0}, {"iat": 0}],
)
def test_a_token_for_somebody_else(
    outer: Outer, provider: Provider, claims: dict[str, object]
) -> None:
    provider.faults.claims = claims
    going = go(outer)
    with pytest.raises(Denied, match="not believed"):
        come(outer, going.cookie, provider.allow(going.address))


def test_a_token_signed_by_somebody_else(outer: Outer, provider: Provider) -> None:
    provider.faults.key = new_key()
    going = go(outer)
    with pytest.raises(Denied, match="not signed"):
        come(outer, going.cookie, provider.allow(going.address))


@pytest.mark.parametrize("junk", [b"not json", b"[]", b"{}", b'{"id_token": 7}', b"x" * 2**21])
def test_a_provider_that_says_nonsense(outer: Outer, provider: Provider, junk: bytes) -> None:
    provider.faults.junk = junk
    going = go(outer)
    with pytest.raises(Denied):
        come(outer, going.cookie, provider.allow(going.address))


def test_a_shared_secret_is_no_signature_of_the_provider() -> None:
    """A token signed with a secret that stands among the public keys, or with none at all."""
    secret = OctKey.generate_key(256)
    token = jwt.encode({"alg": "HS256"}, {"sub": "li"}, secret)
    with pytest.raises(Denied):
        read_token(token, {"keys": [secret.as_dict(private=True)]})
    bare = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJsaSJ9."
    with pytest.raises(Denied):
        read_token(bare, {"keys": [new_key().as_dict(private=False)]})
    with pytest.raises(Denied):
        read_token(None, {})


def test_a_provider_of_another_name_and_one_that_fails(outer: Outer, provider: Provider) -> None:
    provider.faults.issuer = "https://evil"
    with pytest.raises(Invalid):
        go(outer)
    provider.faults.issuer, provider.faults.status = "", 503
    with pytest.raises(Invalid, match="503"):
        go(outer)


def test_a_provider_that_is_away(provider: Provider) -> None:
    away = Outer(Registered("http://127.0.0.1:9", CLIENT, KEYWORD, BACK), KEY)
    with pytest.raises(PeerSilent):
        go(away)


def test_by_default_there_is_no_provider() -> None:
    with pytest.raises(Missing):
        go(Outer(Registered(), KEY))


def test_a_public_client_names_itself_only(provider: Provider) -> None:
    """The provider here wants the secret: so it refuses, and what was sent can be told."""
    registered = replace(Registered(provider.issuer, CLIENT, "", BACK), by_email=True)
    public = Outer(registered, KEY)
    going = go(public)
    assert parse_qs(urlsplit(going.address).query)["scope"] == ["openid email"]
    with pytest.raises(Denied, match="400"):
        come(public, going.cookie, provider.allow(going.address))
