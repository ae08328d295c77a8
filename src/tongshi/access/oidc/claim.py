"""What a provider's documents and tokens must say before they are believed.

Source: OpenID Connect Core 1.0 3.1.3.7, Discovery 1.0 4.3; RFC 7636 (PKCE), RFC 9207 (iss).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tongshi.errors import Denied, Invalid

ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA")
"""Signatures that are believed; none of them can be made by who knows only the public key."""
SLACK = 60.0
"""s by which the provider's clock may differ."""
OLDEST = 600.0
"""s from a token's making, beyond which it is no answer to a question asked now."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a provider answers, as its discovery document says."""

    issuer: str
    authorize: str
    token: str
    keys: str


@dataclass(frozen=True, slots=True)
class Trip:
    """What is remembered between going to the provider and coming back.

    place: where the person wanted to go.  ends_at: UNIX time, s.
    """

    state: str
    nonce: str
    verifier: str
    place: str
    ends_at: float


@dataclass(frozen=True, slots=True)
class Proven:
    """Who somebody is.  email: empty unless the provider says that it verified it."""

    issuer: str
    subject: str
    email: str

    @property
    def oidc(self) -> str:
        """Issuer and subject, as an account is bound to them."""
        return f"{self.issuer}|{self.subject}"


def read_provider(document: Mapping[str, object], issuer: str) -> Provider:
    """Return what a discovery document says; raises Invalid when it is not of *issuer*.

    What it names is reached by TLS, unless the issuer itself is not.
    """
    told = [
        _text(document, name)
        for name in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    ]
    if told[0] != issuer:
        raise Invalid("the discovery document is of another issuer")
    scheme = issuer.partition("://")[0]
    for address in told[1:]:
        if address.partition("://")[0] not in ("https", scheme):
            raise Invalid(f"the provider names an address without TLS: {address[:200]!r}")
    return Provider(*told)


def prove(
    claims: Mapping[str, object], trip: Trip, provider: Provider, client: str, wall: float
) -> Proven:
    """Return who *claims* of a signed token say somebody is; raises Denied.

    wall: UNIX time, s.
    """
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    subject = claims.get("sub")
    faults = {
        "issuer": claims.get("iss") != provider.issuer,
        "audience": not isinstance(audiences, list) or client not in audiences,
        "party": claims.get("azp", client) != client,
        "parties": isinstance(audiences, list) and len(audiences) > 1 and "azp" not in claims,
        "nonce": claims.get("nonce") != trip.nonce,
        "end": _number(claims, "exp") <= wall - SLACK,
        "making": not -SLACK <= wall - _number(claims, "iat") <= OLDEST,
        "subject": not isinstance(subject, str) or not 0 < len(subject) <= 255,
    }
    wrong = [name for name, fault in faults.items() if fault]
    if wrong or not isinstance(subject, str):
        raise Denied(f"the provider's token is not believed: {', '.join(wrong)}")
    email = claims.get("email")
    verified = claims.get("email_verified") is True
    return Proven(provider.issuer, subject, email if verified and isinstance(email, str) else "")


def _text(document: Mapping[str, object], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise Invalid(f"the discovery document does not say its {name}")
    return value


def _number(claims: Mapping[str, object], name: str) -> float:
    value = claims.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
