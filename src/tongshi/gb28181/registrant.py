"""A device's, or a subordinate platform's, side of registration.

::

    IDLE --start--> REGISTERING --200--> REGISTERED --80..90 % of expiry--> REGISTERING
                     |  ^ 401: answered at once
                     |  +---------------------- WAITING (a minute and a random extra)
                     +--refused, silent-------------^
                     +--302: the same with the server that the answer names
    any --leave--> LEAVING --200, refused, silent--> LEFT

The owner sends what :meth:`Registrant.outgoing` gives to :attr:`Registrant.server` and reports
the final answer, or that none came.  A server that a redirector named is left when it refuses, is
silent or is found dead (:meth:`Registrant.start`), and when the redirection ends: then the
redirector is asked again.

Source: GB/T 28181-2022 9.1.1, 9.1.2, 9.1.2.3; RFC 3261 10.2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import inf

from tongshi.digest import Challenge, answer
from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.date import read_date
from tongshi.gb28181.identifier import domain_of, is_code, is_usable
from tongshi.gb28181.version import HEADER, Version
from tongshi.sip.message import Request, Response

_ROUNDS = 3
"""Challenges answered in a row: the first, and two nonces that went stale meanwhile."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who registers where.

    domain: host part of the URIs, the server's SIP domain.  contact: URI, ``sip:id@ip:port``.
    username: for the digest; empty: the device id.  expires: s asked for.
    """

    device_id: str
    server_id: str
    domain: str
    contact: str
    password: str = ""
    username: str = ""
    expires: int = 3_600
    user_agent: str = "Tongshi"
    version: Version = Version.V2022


_DETOURS = 3
"""Redirections in a row: more go round in a circle."""


@dataclass(frozen=True, slots=True)
class Server:
    """With whom to register.  host, port: where it is; empty and 0 for where the owner knows."""

    server_id: str
    domain: str
    host: str = ""
    port: int = 0


@dataclass(frozen=True, slots=True)
class Patience:
    """When to try again.

    retry: s after a failure; the standard asks for 60 at least.
    spread: s at most added to it by chance, so that devices do not come all at once after a
    power cut.  early, late: fractions of the expiry between which a refresh falls by chance.
    """

    retry: float = 60.0
    spread: float = 30.0
    early: float = 0.8
    late: float = 0.9


class State(Enum):
    """Where a registrant stands."""

    IDLE = "idle"
    REGISTERING = "registering"
    REGISTERED = "registered"
    WAITING = "waiting"
    LEAVING = "leaving"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Online:
    """The server has registered us.

    expires: s.  wall: its clock, UNIX time, when it said.  refreshed: we were registered before.
    """

    expires: int
    wall: float | None
    version: Version
    refreshed: bool


@dataclass(frozen=True, slots=True)
class Offline:
    """A registration failed; another is tried later.

    status: of the answer, None when none came.  reason: in the server's words.
    """

    status: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Left:
    """We are no longer registered, by our own wish."""


@dataclass(frozen=True, slots=True)
class Redirected:
    """The server named another, which is asked at once.  expires: s; None when unsaid."""

    server: Server
    expires: int | None


RegistrantEvent = Online | Offline | Left | Redirected


class Registrant:
    """One registration kept alive.

    new_token: unguessable text at each call.  chance: uniform in [0, 1) at each call.
    """

    def __init__(
        self,
        account: Account,
        *,
        new_token: Callable[[], str],
        chance: Callable[[], float],
        patience: Patience | None = None,
    ) -> None:
        self.account = account
        self.state = State.IDLE
        self._token = new_token
        self._chance = chance
        self._patience = patience or Patience()
        self._call_id = ""
        self._tag = ""
        self._sequence = 0
        self._rounds = 0
        self._was_online = False
        self._expires = account.expires
        self._at: float | None = None
        self._request: Request | None = None
        self._events: list[RegistrantEvent] = []
        self._elsewhere: Server | None = None
        self._elsewhere_until = inf
        self._detours = 0

    @property
    def server(self) -> Server:
        """With whom it registers at present."""
        return self._elsewhere or Server(self.account.server_id, self.account.domain)

    def start(self, now: float) -> None:
        """Register now; also after keepalives had no answer."""
        self._return()
        self._begin(State.REGISTERING)

    def leave(self, now: float) -> None:
        """Take the registration back."""
        if self.state in (State.IDLE, State.LEFT) or (
            self.state is State.WAITING and not self._was_online
        ):
            self._end()
        elif self.state is not State.LEAVING:
            self._begin(State.LEAVING)

    def outgoing(self) -> Request | None:
        """Return and forget the request to send, without Via; None when there is none."""
        request, self._request = self._request, None
        return request

    def events(self) -> list[RegistrantEvent]:
        """Return and forget what happened."""
        events, self._events = self._events, []
        return events

    def deadline(self) -> float | None:
        """Return when to call :meth:`expire`, s; None for never."""
        return self._at

    def expire(self, now: float) -> None:
        """Do what is due at *now*; early calls do nothing."""
        if self._at is not None and now >= self._at:
            if now >= self._elsewhere_until:
                self._return()
            self._begin(State.REGISTERING)

    def answered(self, response: Response, now: float) -> None:
        """Take the final answer to the last request."""
        if self.state not in (State.REGISTERING, State.LEAVING) or response.status < 200:
            return
        if response.headers.get("CSeq") != f"{self._sequence} REGISTER":
            return  # the answer to a request that another has overtaken
        if response.status in (401, 407):
            self._authenticate(response, now)
        elif response.status == 423 and self.state is State.REGISTERING:
            self._lengthen(response, now)
        elif response.status == 302 and self.state is State.REGISTERING:
            self._redirect(response, now)
        elif 200 <= response.status < 300 and self.state is State.REGISTERING:
            self._succeed(response, now)
        else:
            self._fail(response.status, response.reason, now)

    def unanswered(self, now: float) -> None:
        """Learn that no answer came, or that the connection was lost."""
        if self.state in (State.REGISTERING, State.LEAVING):
            self._fail(None, "no answer", now)

    def _begin(self, state: State) -> None:
        if not self._call_id or (state is State.REGISTERING and not self._was_online):
            # A series keeps its Call-ID; after a failure another series begins.
            self._call_id = self._token()
            self._sequence = 0
        self.state = state
        self._tag = self._token()
        self._at = None
        self._rounds = 0
        self._request = self._build()

    def _build(self, *extra: tuple[str, str]) -> Request:
        account = self.account
        self._sequence += 1
        server = self.server
        own = f"<sip:{account.device_id}@{server.domain}>"
        expires = 0 if self.state is State.LEAVING else self._expires
        headers = [
            ("From", f"{own};tag={self._tag}"),
            ("To", own),
            ("Call-ID", self._call_id),
            ("CSeq", f"{self._sequence} REGISTER"),
            ("Contact", f"<{account.contact}>"),
            ("Max-Forwards", "70"),
            ("User-Agent", account.user_agent),
            (HEADER, str(account.version)),
            ("Expires", str(expires)),
            *extra,
        ]
        return Request("REGISTER", f"sip:{server.server_id}@{server.domain}", headers)

    def _authenticate(self, response: Response, now: float) -> None:
        account, server = self.account, self.server
        proxy = response.status == 407
        try:
            challenge = _challenge_of(response, "Proxy-" if proxy else "WWW-")
            if (self._rounds and not challenge.stale) or self._rounds >= _ROUNDS:
                self._fail(response.status, response.reason, now)
                return
            credentials = answer(
                challenge,
                method="REGISTER",
                uri=f"sip:{server.server_id}@{server.domain}",
                username=account.username or account.device_id,
                password=account.password,
                cnonce=self._token(),
            )
        except RemoteProtocolError as error:
            self._fail(response.status, str(error), now)
            return
        self._rounds += 1
        name = "Proxy-Authorization" if proxy else "Authorization"
        self._request = self._build((name, str(credentials)))

    def _lengthen(self, response: Response, now: float) -> None:
        """Ask for the shortest expiry that the server grants (RFC 3261 10.3, step 7)."""
        text = response.headers.get("Min-Expires") or ""
        least = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
        if least <= self._expires:
            self._fail(response.status, response.reason, now)
            return
        self._expires = least
        self._rounds = 0
        self._request = self._build()

    def _redirect(self, response: Response, now: float) -> None:
        """Begin a series of its own with the server that a 302 names."""
        server = _server_of(response)
        self._detours += 1
        if server is None or self._detours > _DETOURS:
            self._detours = 0
            self._fail(response.status, response.reason, now)
            return
        expires = response.expires
        self._elsewhere = server
        self._elsewhere_until = now + expires if expires else inf
        self._was_online = False
        self._events.append(Redirected(server, expires))
        self._begin(State.REGISTERING)

    def _return(self) -> None:
        """Ask the server of the account again, as at the beginning."""
        if self._elsewhere is not None:
            self._elsewhere = None
            self._elsewhere_until = inf
            self._was_online = False

    def _succeed(self, response: Response, now: float) -> None:
        granted = response.expires
        expires = granted if granted else self._expires
        patience = self._patience
        share = patience.early + (patience.late - patience.early) * self._chance()
        self._at = min(now + expires * share, self._elsewhere_until)
        self.state = State.REGISTERED
        version = Version.parse(response.headers.get(HEADER))
        wall = read_date(response.headers.get("Date"))
        self._events.append(Online(expires, wall, version, self._was_online))
        self._was_online = True
        self._detours = 0

    def _fail(self, status: int | None, reason: str, now: float) -> None:
        if self.state is State.LEAVING:
            self._end()
            return
        self._return()
        self._was_online = False
        self.state = State.WAITING
        self._at = now + self._patience.retry + self._patience.spread * self._chance()
        self._events.append(Offline(status, reason))

    def _end(self) -> None:
        self.state = State.LEFT
        self._at = None
        self._request = None
        self._was_online = False
        self._events.append(Left())


def _server_of(response: Response) -> Server | None:
    """Return whom the Contact of a 302 names; None when it cannot be read."""
    try:
        contact = response.contact
    except RemoteProtocolError:
        return None
    if contact is None or not is_usable(contact.uri.user):
        return None
    uri = contact.uri
    # The domain is the server's own: the first ten digits of its code (6.1.2).
    domain = domain_of(uri.user) if is_code(uri.user) else uri.host
    return Server(uri.user, domain, uri.host, uri.port or 5060)


def _challenge_of(response: Response, prefix: str) -> Challenge:
    """Return the first Digest challenge that can be read; raises RemoteProtocolError."""
    fault = RemoteProtocolError("no Digest challenge", clause="RFC 3261 22.2")
    for value in response.headers.all(f"{prefix}Authenticate"):
        try:
            return Challenge.parse(value)
        except RemoteProtocolError as error:
            fault = error
    raise fault
