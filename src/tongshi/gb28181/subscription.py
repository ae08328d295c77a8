"""Subscriptions as who wants to be told has them; ``notifier`` is the other half.

A subscriber owns no transaction.  It is told what arrived and when, and gives requests to send and
events.  Its owner decides what to do about a loss: a new subscription is a new subscriber.

::

    IDLE --start--> ASKING --2xx--> ACTIVE --refresh is due--> REFRESHING --2xx--> ACTIVE
                      | other, none   | terminated               | other, none, expired
                      v               v                          v
                    OVER, Failed    OVER, Lost                 OVER, Lost
    any --end--> ENDING (SUBSCRIBE with Expires 0) --any answer, none--> OVER, Ended

What devices leave out is not asked for: a NOTIFY without Subscription-State counts as active, one
before the answer to its SUBSCRIBE counts, and an Event that comes back without its id is the same
event.  Which NOTIFY is news, which a repetition and which was overtaken, says ``sequence``.

Sources: GB/T 28181-2022 9.11, annex N; RFC 6665.
"""

from dataclasses import dataclass, field
from enum import Enum
from math import inf

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.sequence import Order, Sequence
from tongshi.sip.dialog import Dialog
from tongshi.sip.message import Request, Response

LONGEST = 86_400
"""No subscription is granted or believed for longer than this, s."""
_EARLY = 2 / 3
"""Part of the time granted after which a subscription is refreshed."""


class Subject(Enum):
    """What can be subscribed to."""

    CATALOG = "catalog"
    ALARM = "alarm"
    POSITION = "position"
    PTZ = "ptz"
    """Precise position of a pan-tilt head; since 2022."""

    @property
    def package(self) -> str:
        """The event package: N.4.2 names the catalog's; of the others practice is ``presence``."""
        return "Catalog" if self is Subject.CATALOG else "presence"


_BY_COMMAND = {
    "catalog": Subject.CATALOG,
    "alarm": Subject.ALARM,
    "mobileposition": Subject.POSITION,
    "ptzposition": Subject.PTZ,
}


def subject_of(cmd_type: str) -> Subject | None:
    """Return what a body of this CmdType subscribes to, or tells of; None for any other."""
    return _BY_COMMAND.get(cmd_type.strip().lower())


@dataclass(frozen=True, slots=True)
class EventName:
    """The header Event: ``Catalog;id=1894``.  id: empty when there is none."""

    package: str
    id: str = ""

    @classmethod
    def parse(cls, text: str) -> "EventName":
        """Return what *text* says; empty for empty."""
        package, *parameters = (part.strip() for part in text.split(";"))
        return cls(package, _parameters(parameters).get("id", ""))

    def matches(self, other: "EventName") -> bool:
        """Whether *other* may be the same: case does not count, and an absent part is any."""
        same = not other.package or self.package.lower() == other.package.lower()
        return same and (self.id == other.id or not self.id or not other.id)

    def __str__(self) -> str:
        return f"{self.package};id={self.id}" if self.id else self.package


@dataclass(frozen=True, slots=True)
class Standing:
    """The header Subscription-State.

    word: ``active``, ``pending``, ``terminated``, in small letters.  expires, retry_after: s.
    """

    word: str = "active"
    expires: int | None = None
    reason: str = ""
    retry_after: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Standing":
        """Return what *text* says; active when it says nothing."""
        word, *rest = (part.strip() for part in text.split(";"))
        given = _parameters(rest)
        return cls(
            word.lower() or "active",
            _seconds(given.get("expires", "")),
            given.get("reason", "").lower(),
            _seconds(given.get("retry-after", "")),
        )


def _parameters(parts: list[str]) -> dict[str, str]:
    pairs = (part.partition("=") for part in parts)
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _seconds(text: str) -> int | None:
    digits = text.isascii() and text.isdigit() and len(text) < 10
    return min(int(text), LONGEST) if digits else None


class Stage(Enum):
    """Where a subscriber stands."""

    IDLE = "idle"
    ASKING = "asking"
    ACTIVE = "active"
    REFRESHING = "refreshing"
    ENDING = "ending"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Granted:
    """The notifier will tell for *expires* s; told again at each refresh."""

    expires: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The first SUBSCRIBE was refused, or with status None not answered.  retry_after: s."""

    status: int | None
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Notified:
    """Something was told.  body: never empty."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Something was told before what was taken already: as a state it is past.

    body: never empty.
    """

    body: bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """A subscription that was granted is no more.

    why: ``silent``, ``expired``, ``refused`` (a refresh, with its status), ``terminated`` (with
    the notifier's reason).
    """

    why: str
    status: int | None = None
    reason: str = ""
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """It was ended by us."""


SubscriberEvent = Granted | Failed | Notified | Overtaken | Lost | Ended


@dataclass(slots=True)
class Subscriber:
    """One subscription of ours.

    request: the first SUBSCRIBE, with Event, Expires, Contact and the query that is its body.
    """

    request: Request
    stage: Stage = Stage.IDLE
    ends_at: float = inf
    """When it lapses unless refreshed, s of the caller's clock."""
    repeated: int = 0
    _dialog: Dialog | None = None
    _refresh_at: float = inf
    _wanted: int = 0
    _sequence: Sequence = field(default_factory=Sequence)
    _give_up: bool = False
    _requests: list[Request] = field(default_factory=list)
    _events: list[SubscriberEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._wanted = min(self.request.expires or 0, LONGEST)

    def requests(self) -> list[Request]:
        """Return and forget what to send; the outcome of each is to be told."""
        requests, self._requests = self._requests, []
        return requests

    def events(self) -> list[SubscriberEvent]:
        """Return and forget what happened."""
        events, self._events = self._events, []
        return events

    def deadline(self) -> float:
        """Return when to call :meth:`expire`, s; inf for never."""
        return self._refresh_at if self.stage is Stage.ACTIVE else inf

    def start(self) -> None:
        """Ask."""
        if self.stage is Stage.IDLE:
            self.stage = Stage.ASKING
            self._requests.append(self.request)

    def expire(self, now: float) -> None:
        """Refresh when that is due."""
        if self.stage is not Stage.ACTIVE or now < self._refresh_at:
            return
        if now >= self.ends_at:
            self._finish(Lost("expired"))
        else:
            self.stage = Stage.REFRESHING
            self._ask_within(self._wanted)

    def end(self) -> None:
        """Want no more of it: unsubscribe if there is anything to end."""
        if self.stage is Stage.ASKING:
            self._give_up = True  # the answer decides whether there is
        elif self.stage in (Stage.ACTIVE, Stage.REFRESHING):
            self.stage = Stage.ENDING
            self._ask_within(0)
        elif self.stage is Stage.IDLE:
            self.stage = Stage.OVER
            self._events.append(Ended())

    def answered(self, response: Response, now: float) -> None:
        """Take the answer to the request that was sent last; provisional ones say nothing."""
        if response.status < 200:
            return
        if self.stage is Stage.ENDING:
            self._finish(Ended())
        elif self.stage in (Stage.ASKING, Stage.REFRESHING):
            expires = _granted(response, self._wanted)
            if response.status < 300 and expires > 0:
                self._grant(response, expires, now)
            elif not self._ask_longer(response):
                self._refused(response)

    def unanswered(self, now: float) -> None:
        """Learn that no answer came to the request that was sent last."""
        if self.stage is Stage.ENDING or (self.stage is Stage.ASKING and self._give_up):
            self._finish(Ended())
        elif self.stage is Stage.ASKING:
            self._finish(Failed(None))
        elif self.stage is Stage.REFRESHING:
            self._finish(Lost("expired" if now >= self.ends_at else "silent"))

    def owns(self, request: Request) -> bool:
        """Whether *request* bears the identifiers of this subscription."""
        if self._dialog is not None:
            return self._dialog.matches(request)
        own = self.request
        return request.call_id == own.call_id and request.to_tag in (own.from_tag, "")

    def arrived(self, request: Request, now: float) -> Response:
        """Take a NOTIFY that it owns, or that its owner takes for its; return the answer."""
        order = self._order_of(request)
        if order is Order.REPEATED:
            self.repeated += 1
            return request.response(200)
        late = order is Order.OVERTAKEN
        if request.body and self.stage is not Stage.OVER:
            self._events.append(Overtaken(request.body) if late else Notified(request.body))
        standing = Standing.parse(request.headers.get("Subscription-State") or "")
        if standing.word == "terminated":
            self._terminated(standing)
        elif standing.expires is not None and self.stage is Stage.ACTIVE and not late:
            self._shorten(standing.expires, now)
        return request.response(200)

    def _order_of(self, request: Request) -> Order:
        if not self.owns(request):
            return Order.NEXT  # its numbers are of another dialog
        if self._dialog is not None:
            self._dialog.accepts(request)  # which may name another target
        return self._sequence.place(request.cseq[0], request.body)

    def _grant(self, response: Response, expires: int, now: float) -> None:
        if self._dialog is None:
            try:
                self._dialog = Dialog.from_uac(self.request, response)
            except RemoteProtocolError:
                self._finish(Failed(response.status))
                return
        self.stage = Stage.ACTIVE
        self.ends_at = now + expires
        self._refresh_at = now + expires * _EARLY
        self._events.append(Granted(expires))
        if self._give_up:
            self.end()

    def _shorten(self, expires: int, now: float) -> None:
        """Heed a NOTIFY that says that less time is left than was granted (RFC 6665 4.1.2.2)."""
        if now + expires < self.ends_at:
            self.ends_at = now + expires
            self._refresh_at = min(self._refresh_at, now + expires * _EARLY)

    def _ask_within(self, expires: int) -> None:
        """Send a SUBSCRIBE of the dialog: the first one's query, for *expires* s."""
        assert self._dialog is not None  # only what was granted is refreshed or ended
        headers = [
            (name, str(expires) if name == "Expires" else value)
            for name, value in self.request.headers
            if name in ("Event", "Expires", "Accept", "User-Agent", "X-GB-Ver", "Content-Type")
        ]
        self._requests.append(self._dialog.request("SUBSCRIBE", headers, self.request.body))

    def _ask_longer(self, response: Response) -> bool:
        """Ask again, once, for as long as a 423 demands (RFC 6665 4.2.1.1)."""
        least = _seconds((response.headers.get("Min-Expires") or "").strip())
        if response.status != 423 or not least or least <= self._wanted or self._give_up:
            return False
        self._wanted = least
        if self._dialog is not None:
            self._ask_within(least)
            return True
        again = self.request
        again.headers.set("Expires", str(least))
        again.headers.set("CSeq", f"{again.cseq[0] + 1} SUBSCRIBE")
        self._requests.append(again)
        return True

    def _refused(self, response: Response) -> None:
        wait = _seconds((response.headers.get("Retry-After") or "").strip())
        if self.stage is Stage.REFRESHING:
            self._finish(Lost("refused", response.status, retry_after=wait))
        elif self._give_up:
            self._finish(Ended())
        else:
            self._finish(Failed(response.status, wait))

    def _terminated(self, standing: Standing) -> None:
        if self.stage in (Stage.ACTIVE, Stage.REFRESHING):
            self._finish(Lost("terminated", None, standing.reason, standing.retry_after))

    def _finish(self, event: SubscriberEvent) -> None:
        self.stage = Stage.OVER
        self._refresh_at = inf
        self._events.append(event)


def _granted(response: Response, wanted: int) -> int:
    """Return for how long a 2xx grants, s: never longer than *wanted*, which is meant by none."""
    try:
        expires = response.expires
    except RemoteProtocolError:
        expires = None
    return wanted if expires is None else min(expires, wanted)
