"""Speaking to an OpenID Connect provider: authorization code with PKCE, nonce and state.

Nothing is held between going and coming back: the trip is sealed into a cookie of the browser
that went, so an answer that another browser brings is worth nothing.  Each trip asks the provider
anew for its documents; redirects are not followed and answers are bounded.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tongshi.access.factors.seal import NONCE, Seal
from tongshi.access.oidc.claim import ALGORITHMS, Proven, Provider, Trip, prove, read_provider
from tongshi.errors import Conflict, Denied, Invalid, Missing, PeerSilent

PATIENCE = 5.0
"""s for each answer of the provider."""
LARGEST = 1024 * 1024
"""Bytes of an answer at the most."""
TRIP = 600.0
"""s from going to coming back."""
_ABOUT = "oidc trip"


@dataclass(frozen=True, slots=True)
class Registered:
    """What the provider and this node have agreed on.

    issuer: empty for no provider.  secret: empty for a public client.  back: where the provider
    sends people back to.  by_email: verified addresses let in as well.
    """

    issuer: str = ""
    client: str = ""
    secret: str = ""
    back: str = ""
    by_email: bool = False


@dataclass(frozen=True, slots=True)
class Going:
    """The way to the provider.  cookie: for the browser that goes."""

    address: str
    cookie: str


class Outer:
    """One provider.  key: the node's, for secrets at rest."""

    def __init__(self, registered: Registered, key: bytes) -> None:
        self.registered = registered
        self._seal = Seal(key)

    async def begin(self, place: str, wall: float) -> Going:
        """Return the way there.  place: where the person wants to go in the end.

        Raises Missing when there is no provider, PeerSilent, Invalid for what it says.
        """
        mine = self.registered
        if not mine.issuer:
            raise Missing("no provider of sign-ins is set")
        async with _client() as client:
            provider = await self._discover(client)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        trip = Trip(state, nonce, verifier, place, wall + TRIP)
        asked = {
            "response_type": "code",
            "client_id": mine.client,
            "redirect_uri": mine.back,
            "scope": "openid email" if mine.by_email else "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        join = "&" if urlsplit(provider.authorize).query else "?"
        cookie = self._seal.close(json.dumps(asdict(trip)), _ABOUT, secrets.token_bytes(NONCE))
        return Going(f"{provider.authorize}{join}{urlencode(asked)}", cookie)

    async def finish(self, cookie: str, told: Mapping[str, str], wall: float) -> tuple[Proven, str]:
        """Return who came back and where they want to go; raises Denied, PeerSilent.

        cookie: of this browser.  told: what the provider had it bring.
        """
        trip = self._trip(cookie, wall)
        state = told.get("state", "")
        if not hmac.compare_digest(state.encode("utf-8", "replace"), trip.state.encode()):
            raise Denied("this answer is not to what this browser asked")
        if told.get("iss", self.registered.issuer) != self.registered.issuer:
            raise Denied("this answer is of another provider")
        if not told.get("code"):
            raise Denied(f"the provider refused: {told.get('error', '')[:100]!r}")
        async with _client() as client:
            try:
                provider = await self._discover(client)
                claims = await self._exchange(client, provider, told["code"], trip)
            except Invalid as error:
                raise Denied(str(error)) from error
        return prove(claims, trip, provider, self.registered.client, wall), trip.place

    def _trip(self, cookie: str, wall: float) -> Trip:
        try:
            trip = Trip(**json.loads(self._seal.open(cookie, _ABOUT)))
        except Conflict as error:
            raise Denied("this browser did not go to the provider") from error
        if wall >= trip.ends_at:
            raise Denied("coming back took too long")
        return trip

    async def _discover(self, client: httpx.AsyncClient) -> Provider:
        issuer = self.registered.issuer
        address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        return read_provider(await _ask(client, "GET", address), issuer)

    async def _exchange(
        self, client: httpx.AsyncClient, provider: Provider, code: str, trip: Trip
    ) -> Mapping[str, object]:
        """Return the claims of the signed token that *code* is exchanged for."""
        mine = self.registered
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": mine.back,
            "code_verifier": trip.verifier,
        }
        auth = (mine.client, mine.secret) if mine.secret else None
        if auth is None:
            form["client_id"] = mine.client
        answer = await _ask(client, "POST", provider.token, form, auth)
        keys = await _ask(client, "GET", provider.keys)
        return read_token(answer.get("id_token"), keys)


def challenge(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier.  Source: RFC 7636 4.2."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def read_token(token: object, keys: Mapping[str, object]) -> Mapping[str, object]:
    """Return the claims of a token signed with one of *keys* (a JWK set); raises Denied."""
    found = keys.get("keys")
    if not isinstance(token, str) or not isinstance(found, list):
        raise Denied("the provider gave no signed token")
    # Only signing keys: a shared secret in the set could have been anybody's.
    public = [each for each in found if isinstance(each, dict) and each.get("kty") != "oct"]
    try:
        read = jwt.decode(token, KeySet.import_key_set({"keys": public}), list(ALGORITHMS))
    except (JoseError, ValueError) as error:
        raise Denied("the provider's token is not signed by it") from error
    return read.claims


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False, trust_env=False)


async def _ask(
    client: httpx.AsyncClient,
    method: str,
    address: str,
    form: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
) -> Mapping[str, object]:
    """Return the JSON object that *address* answers; raises PeerSilent, Invalid."""
    request = client.build_request(
        method, address, data=form, headers={"Accept": "application/json"}
    )
    try:
        answer = await client.send(
            request, auth=httpx.BasicAuth(*auth) if auth else None, stream=True
        )
        try:
            body = await _read(answer)
        finally:
            await answer.aclose()
    except httpx.HTTPError as error:
        raise PeerSilent(
            f"the provider of sign-ins does not answer: {type(error).__name__}",
            timer="http",
            stage="oidc",
        ) from error
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if answer.status_code != 200 or not isinstance(told, dict):
        raise Invalid(f"the provider answered {answer.status_code} at {urlsplit(address).path!r}")
    return told


async def _read(answer: httpx.Response) -> bytes:
    body = b""
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > LARGEST:
            raise Invalid("the provider's answer is too large")
    return body
