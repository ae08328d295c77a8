"""The registrar: REGISTER in, the answer and what it means out.

It keeps nothing of a peer that has not proved itself.  Nonces prove themselves, so ten thousand
peers that take a challenge and go away leave no trace; who is registered is known to the caller
alone, and the proofs used lately are held in a bounded space.

::

    one that the doorkeeper keeps out                                403
    no Authorization, or one that is not Digest                      401
    a nonce that is not ours or too old                              401, if right stale=true
    a device that nobody knows, or a wrong answer to a fresh nonce   403
    the right answer, used before for another request                401, stale=true
    the right answer, to be sent elsewhere                           302, Redirected
    the right answer, Expires 0                                      200, Unregistered
    the right answer                                                 200, Registered

The realm that a device answers with is not compared with ours: some answer with one that was
typed into them.  The nonce is ours, and the password is what counts.

Source: GB/T 28181-2022 9.1, 9.1.2.3, 9.10.3, annex I; RFC 3261 10.3, 22.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from tongshi.digest import (
    Challenge,
    Credentials,
    Freshness,
    Hashed,
    Nonces,
    Use,
    Uses,
    verify,
)
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
    DENIED = "denied by a rule"
    SOURCE = "not allowed from this address"
    QUARANTINED = "new, waits for approval"
    LOCKED = "locked after failures"


@dataclass(frozen=True, slots=True)
class Refused:
    """A device was refused; a challenge is no refusal.

    device_id: empty when the request did not name one.
    """

    device_id: str
    address: Address
    reason: Refusal


@dataclass(frozen=True, slots=True)
class Redirected:
    """A device was sent to another server.  server: as :attr:`Elsewhere.server`."""

    device_id: str
    address: Address
    server: str


RegistrationEvent = Registered | Unregistered | Refused | Redirected


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a device is to register instead.

    server: ``id@host:port``.  expires: s for which that holds.  Source: GB/T 28181-2022 9.1.2.3.
    """

    server: str
    expires: int = 3_600


class Doorkeeper(Protocol):
    """Who is let in from where: asked before and after a proof."""

    def bar(self, device_id: str, source: Address) -> Refusal | None:
        """Return why *device_id* is kept out, whatever it could prove; None lets it try."""

    def opens(self, device_id: str, source: Address) -> bool:
        """Return whether *device_id* needs no password."""

    def failed(self, device_id: str, source: Address) -> None:
        """Take a wrong answer to a nonce of ours."""

    def proved(self, device_id: str, source: Address) -> Refusal | Elsewhere | None:
        """Take a right answer; return why it is refused nevertheless, or where it is to go."""


class Anyone:
    """Lets everybody try and stay."""

    def bar(self, device_id: str, source: Address) -> Refusal | None:
        """Bar nobody."""
        return None

    def opens(self, device_id: str, source: Address) -> bool:
        """Ask everybody for a password."""
        return False

    def failed(self, device_id: str, source: Address) -> None:
        """Count nothing."""

    def proved(self, device_id: str, source: Address) -> Refusal | Elsewhere | None:
        """Keep everybody."""
        return None


_CONTACT = re.compile(r"(?:\"[^\"\\]*\" ?)?<([^<>?]+)>(?:;expires=\d+)?", re.IGNORECASE)


class Registrar:
    """A server for REGISTER without memory of those who prove nothing.

    password_of: a device's password; "" lets it in without one, None keeps it out.
    is_registered: whether a device is registered at present.
    terms_of: what is asked of a device, by its id and the User-Agent it names; None: *terms*.
    """

    def __init__(
        self,
        terms: Terms,
        nonces: Nonces,
        *,
        password_of: Callable[[str], str | Hashed | None],
        is_registered: Callable[[str], bool],
        doorkeeper: Doorkeeper | None = None,
        terms_of: Callable[[str, str], Terms] | None = None,
    ) -> None:
        self.uses = Uses(lifetime=nonces.lifetime)
        self._nonces = nonces
        self._password_of = password_of
        self._is_registered = is_registered
        self._doorkeeper = doorkeeper or Anyone()
        self._terms_of = terms_of or (lambda device_id, user_agent: terms)
        self._version = (HEADER, str(terms.version))

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
            barred = self._doorkeeper.bar(device_id, source)
            if barred is not None:
                return self._refuse(request, device_id, source, 403, barred)
            return self._judge(request, device_id, source, now, wall)
        except RemoteProtocolError as error:
            return self._refuse(request, device_id, source, error.status, Refusal.MALFORMED)

    def _judge(
        self, request: Request, device_id: str, source: Address, now: float, wall: float
    ) -> tuple[Response, RegistrationEvent | None]:
        password = self._password_of(device_id)
        terms = self._terms_of(device_id, request.headers.get("User-Agent") or "")
        if password == "" or self._doorkeeper.opens(
            device_id, source
        ):  # an open door, by the operator's own wish
            return self._welcome(request, device_id, source, terms, wall)
        credentials = _credentials_of(request)
        # A nonce is good for one device on one host only: what is overheard helps nobody else.
        binding = f"{device_id} {source.host}"
        if credentials is None or not _is_asked_for(credentials, terms):
            return self._challenge(request, terms, now, binding, stale=False), None
        freshness = self._nonces.judge(credentials.nonce, now, binding)
        proven = password is not None and verify(
            credentials, method=request.method, password=password, body=request.body
        )
        if freshness is not Freshness.FRESH:
            # Who knows the password only has the wrong nonce, and need not ask a person for it.
            return self._challenge(request, terms, now, binding, stale=proven), None
        if not proven:
            self._doorkeeper.failed(device_id, source)
            known = password is not None
            reason = Refusal.CREDENTIALS if known else Refusal.UNKNOWN_DEVICE
            return self._refuse(request, device_id, source, 403, reason)
        use = self.uses.judge(credentials.nonce, credentials.nc, _mark(request, source), now)
        if use is Use.REPLAY:
            return self._challenge(request, terms, now, binding, stale=True), None
        return self._welcome(request, device_id, source, terms, wall)

    def _welcome(
        self,
        request: Request,
        device_id: str,
        source: Address,
        terms: Terms,
        wall: float,
    ) -> tuple[Response, RegistrationEvent]:
        """Answer one that proved itself, or need not."""
        match self._doorkeeper.proved(device_id, source):
            case Refusal() as reason:
                return self._refuse(request, device_id, source, 403, reason)
            case Elsewhere() as place if request.expires != 0:
                headers = [("Contact", f"<sip:{place.server}>"), ("Expires", str(place.expires))]
                response = request.response(302, headers=(*headers, self._version))
                return response, Redirected(device_id, source, place.server)
        return self._grant(request, device_id, source, terms, wall)

    def _challenge(
        self, request: Request, terms: Terms, now: float, binding: str, *, stale: bool
    ) -> Response:
        challenge = Challenge(
            realm=terms.realm,
            nonce=self._nonces.issue(now, binding),
            # Named even when it is the default: Dahua devices do not answer without.
            algorithm=terms.algorithm,
            qop=("auth",) if terms.qop else (),
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
        self,
        request: Request,
        device_id: str,
        source: Address,
        terms: Terms,
        wall: float,
    ) -> tuple[Response, RegistrationEvent]:
        asked = request.expires
        contact = request.headers.get("Contact") or ""
        if asked == 0:
            response = self._accept(request, [("Expires", "0")], terms, wall)
            return response, Unregistered(device_id, source)
        if contact == "*":
            # RFC 3261 10.2.2: an asterisk takes back every binding, and nothing else.
            return self._refuse(request, device_id, source, 400, Refusal.MALFORMED)
        expires = terms.expires_default if asked is None else asked
        expires = min(max(expires, terms.expires_min), terms.expires_max)
        uri = _uri_of(contact)
        headers = [("Contact", f"<{uri}>;expires={expires}")] if uri else []
        headers.append(("Expires", str(expires)))
        event = Registered(
            device_id,
            source,
            expires,
            Version.parse(request.headers.get(HEADER)),
            readable(request.headers.get("User-Agent") or ""),
            uri,
            request.call_id,
            self._is_registered(device_id),
        )
        return self._accept(request, headers, terms, wall), event

    def _accept(
        self, request: Request, headers: list[tuple[str, str]], terms: Terms, wall: float
    ) -> Response:
        if terms.send_date:
            headers.append(("Date", write_date(wall)))
        headers.append(self._version)
        return request.response(200, headers=headers)


def _is_asked_for(credentials: Credentials, terms: Terms) -> bool:
    return (credentials.algorithm or "MD5").upper() == terms.algorithm


def _mark(request: Request, source: Address) -> int:
    """Return a number that tells this request from others that come under the same proof."""
    headers = request.headers
    return hash((request.call_id, headers.get("CSeq"), headers.get("Expires"), source.port))


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
