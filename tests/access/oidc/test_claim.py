from typing import Any

import pytest

from tongshi.access.oidc.claim import Proven, Provider, Trip, prove, read_provider
from tongshi.errors import Denied, Invalid

ISSUER = "https://idp.example"
PROVIDER = Provider(ISSUER, f"{ISSUER}/authorize", f"{ISSUER}/token", f"{ISSUER}/keys")
DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": PROVIDER.authorize,
    "token_endpoint": PROVIDER.token,
    "jwks_uri": PROVIDER.keys,
}
TRIP = Trip("state", "nonce", "verifier", "/live", 600.0)
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "tongshi",
    "sub": "li",
    "nonce": "nonce",
    "iat": 1000,
    "exp": 1300,
    "email": "li@example.org",
    "email_verified": True,
}


def test_a_document_says_where_the_provider_answers() -> None:
    assert read_provider(DOCUMENT, ISSUER) == PROVIDER


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": None},
        {"jwks_uri": ""},
        {"token_endpoint": "http://idp.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
    ],
)
def test_a_document_that_is_not_believed(change: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        read_provider({**DOCUMENT, **change}, ISSUER)


def test_a_token_says_who() -> None:
    found = prove(CLAIMS, TRIP, PROVIDER, "tongshi", 1100.0)
    assert found == Proven(ISSUER, "li", "li@example.org")
    assert found.oidc == "https://idp.example|li"
    several = {**CLAIMS, "aud": ["tongshi", "other"], "azp": "tongshi"}
    assert prove(several, TRIP, PROVIDER, "tongshi", 1100.0).subject == "li"


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_nobody_verified_is_none(verified: object) -> None:
    claims = {**CLAIMS, "email_verified": verified}
    assert prove(claims, TRIP, PROVIDER, "tongshi", 1100.0).email == ""


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"iss": "https://evil.example"}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": ["tongshi", "other"]}, "parties"),
        ({"azp": "another"}, "party"),
        ({"nonce": "replayed"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": 1000}, "end"),
        ({"exp": None}, "end"),
        ({"iat": 400}, "making"),
        ({"iat": 2000}, "making"),
        ({"iat": "now"}, "making"),
        ({"sub": ""}, "subject"),
        ({"sub": 7}, "subject"),
        ({"sub": "x" * 256}, "subject"),
    ],
)
def test_a_token_that_is_not_believed(change: dict[str, object], fault: str) -> None:
    with pytest.raises(Denied, match=fault):
        prove({**CLAIMS, **change}, TRIP, PROVIDER, "tongshi", 1100.0)
