"""The registrar: REGISTER in, the answer and what it means out.

It keeps nothing of a peer.  Nonces prove themselves, so ten thousand peers that take a challenge
and go away leave no trace; who is registered is known to the caller alone.

::

    no Authorization, or one that is not Digest                      401
    a nonce that is not ours or too old                              401, if right stale=true
    a device that nobody knows, or a wrong answer to a fresh nonce   403
    the right answer, Expires 0                                      200, Unregistered
    the right answer                                                 200, Registered

The realm that a device answers with is not compared with ours: some answer with one that was
typed into them.  The nonce is ours, and the password is what counts.

Source: GB/T 28181-2022 9.1, 9.10.3, annex I; RFC 3261 10.3, 22.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tongshi.digest import Challenge, Credentials, Freshness, Nonces, verify
from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.date import write_date
from tongshi.gb28181.identifier import is_usable
from tongshi.gb28181.version import HEADER, Version
from tongshi.sip.address import Address
from tongshi.sip.grammar import readable
from tongshi.sip.message import Request, Response


@dataclass(frozen=True, slots=True)
class Terms:
    """What the registrar asks and grants.

    realm: the SIP domain.  expires_min, expires_max, expires_default: s; a shorter or longer wish
    is moved to the bound, none at all is taken for the default.
    algorithm: ``MD5`` or ``SHA-256``.  qop: ask for ``qop="auth"``.
    send_date: tell the time in a 200; some devices misbehave when their clock is set.
    """

    realm: str
    expires_min: int = 60
    expires_max: int = 86_400
    expires_default: int = 3_600
    algorithm: str = "MD5"
    qop: bool = True
    send_date: bool = True
    version: Version = Version.V2022


@dataclass(frozen=True, slots=True)
class Registered:
    """A device is registered.

    address: where it sent from, and where it is to be reached; Contact only says what it thinks.
    expires: s granted.  refreshed: it was registered before.
    """

    device_id: str
    address: Address
    expires: int
    version: Version
    user_agent: str
    contact: str
    call_id: str
    refreshed: bool


@dataclass(frozen=True, slots=True)
class Unregistered:
    """A device took its registration back.  address: where it sent from."""

    device_id: str
    address: Address


class Refusal(Enum):
    """Why a REGISTER was refused."""

    UNKNOWN_DEVICE = "unknown device"
    CREDENTIALS = "wrong credentials"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Refused:
    """A device was refused; a challenge is no refusal.

    device_id: empty when the request did not name one.
    """

    device_id: str
    address: Address
    reason: Refusal


RegistrationEvent = Registered | Unregistered | Refused

_CONTACT = re.compile(r"(?:\"[^\"\\]*\" ?)?<([^<>?]+)>(?:;expires=\d+)?", re.IGNORECASE)


class Registrar:
    """A server for REGISTER without memory.

    password_of: a device's password; "" lets it in without one, None keeps it out.
    is_registered: whether a device is registered at present.
    """

    def __init__(
        self,
        terms: Terms,
        nonces: Nonces,
        *,
        password_of: Callable[[str], str | None],
        is_registered: Callable[[str], bool],
    ) -> None:
        self._terms = terms
        self._nonces = nonces
        self._password_of = password_of
        self._is_registered = is_registered
        self._version = (HEADER, str(terms.version))
        self._qop = ("auth",) if terms.qop else ()

    def handle(
        self, request: Request, source: Address, now: float, wall: float
    ) -> tuple[Response, RegistrationEvent | None]:
        """Return the answer to a REGISTER, and what it means; None after a challenge.

        now: s of the clock of the nonces.  wall: UNIX time for the Date header.
        """
        device_id = ""
        try:
            device_id = request.from_user
            if not is_usable(device_id):
                return self._refuse(request, "", source, 400, Refusal.MALFORMED)
            return self._judge(request, device_id, source, now, wall)
        except RemoteProtocolError as error:
            return self._refuse(request, device_id, source, error.status, Refusal.MALFORMED)

    def _judge(
        self, request: Request, device_id: str, source: Address, now: float, wall: float
    ) -> tuple[Response, RegistrationEvent | None]:
        password = self._password_of(device_id)
        if password == "":  # an open door, by the operator's own wish
            return self._grant(request, device_id, source, wall)
        credentials = _credentials_of(request)
        # A nonce is good for one device on one host only: what is overheard helps nobody else.
        binding = f"{device_id} {source.host}"
        if credentials is None or not self._is_asked_for(credentials):
            return self._challenge(request, now, binding, stale=False), None
        freshness = self._nonces.judge(credentials.nonce, now, binding)
        proven = password is not None and verify(
            credentials, method=request.method, password=password, body=request.body
        )
        if freshness is not Freshness.FRESH:
            # Who knows the password only has the wrong nonce, and need not ask a person for it.
            return self._challenge(request, now, binding, stale=proven), None
        if password is None:
            return self._refuse(request, device_id, source, 403, Refusal.UNKNOWN_DEVICE)
        if not proven:
            return self._refuse(request, device_id, source, 403, Refusal.CREDENTIALS)
        return self._grant(request, device_id, source, wall)

    def _is_asked_for(self, credentials: Credentials) -> bool:
        return (credentials.algorithm or "MD5").upper() == self._terms.algorithm

    def _challenge(self, request: Request, now: float, binding: str, *, stale: bool) -> Response:
        challenge = Challenge(
            realm=self._terms.realm,
            nonce=self._nonces.issue(now, binding),
            # Named even when it is the default: Dahua devices do not answer without.
            algorithm=self._terms.algorithm,
            qop=self._qop,
            stale=stale,
        )
        headers = (("WWW-Authenticate", str(challenge)), self._version)
        return request.response(401, headers=headers)

    def _refuse(
        self, request: Request, device_id: str, source: Address, status: int, reason: Refusal
    ) -> tuple[Response, RegistrationEvent]:
        response = request.response(status, headers=(self._version,))
        return response, Refused(device_id, source, reason)

    def _grant(
        self, request: Request, device_id: str, source: Address, wall: float
    ) -> tuple[Response, RegistrationEvent]:
        terms = self._terms
        asked = request.expires
        contact = request.headers.get("Contact") or ""
        if asked == 0:
            return self._accept(request, [("Expires", "0")], wall), Unregistered(device_id, source)
        if contact == "*":
            # RFC 3261 10.2.2: an asterisk takes back every binding, and nothing else.
            return self._refuse(request, device_id, source, 400, Refusal.MALFORMED)
        expires = terms.expires_default if asked is None else asked
        expires = min(max(expires, terms.expires_min), terms.expires_max)
        uri = _uri_of(contact)
        headers = [("Contact", f"<{uri}>;expires={expires}")] if uri else []
        headers.append(("Expires", str(expires)))
        event = Registered(
            device_id=device_id,
            address=source,
            expires=expires,
            version=Version.parse(request.headers.get(HEADER)),
            user_agent=readable(request.headers.get("User-Agent") or ""),
            contact=uri,
            call_id=request.call_id,
            refreshed=self._is_registered(device_id),
        )
        return self._accept(request, headers, wall), event

    def _accept(self, request: Request, headers: list[tuple[str, str]], wall: float) -> Response:
        if self._terms.send_date:
            headers.append(("Date", write_date(wall)))
        headers.append(self._version)
        return request.response(200, headers=headers)


def _credentials_of(request: Request) -> Credentials | None:
    """Return what a Digest Authorization says; other schemes and broken ones are as none."""
    for value in request.headers.all("Authorization"):
        if value[:6].lower() == "digest":
            try:
                return Credentials.parse(value)
            except RemoteProtocolError:
                continue
    return None


def _uri_of(contact: str) -> str:
    """Return the URI of a Contact; "" when it cannot be read, for it is only informational."""
    match = _CONTACT.match(contact)
    uri = match[1] if match else contact.partition(";")[0]
    return uri.strip() if len(uri) <= 256 and "<" not in uri and uri.isprintable() else ""
