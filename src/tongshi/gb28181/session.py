"""One media session, INVITE to BYE: the caller's half and the callee's half.

Neither owns a transaction; :class:`tongshi.sip.endpoint.Endpoint` does.  A half is told what
arrived, and gives steps to carry out and events.

::

    Caller   IDLE --start--> CALLING --2xx--> ESTABLISHED --hang_up--> ENDING --answer--> ENDED
                               | hang_up           | BYE from the peer ------------------>
                               v                   v
                           CANCELLING --487--> ENDED;  --2xx--> ACK, BYE, ENDING

    Callee   RINGING --accept--> ANSWERED --ACK--> ESTABLISHED --hang_up--> ENDING --> ENDED
                |                   | no ACK: BYE, Failed
                +--refuse, CANCEL--> ENDED

Source: GB/T 28181-2022 9.2; RFC 3261 9, 13, 15.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.invite import Answer, Offer
from tongshi.gb28181.subject import Subject
from tongshi.sip.dialog import Dialog
from tongshi.sip.message import Request, Response

SDP = "APPLICATION/SDP"
"""Content-Type of descriptions, in the spelling of the standard's examples."""


class State(Enum):
    """Where a half stands."""

    IDLE = "idle"
    CALLING = "calling"
    CANCELLING = "cancelling"
    RINGING = "ringing"
    ANSWERED = "answered"
    ESTABLISHED = "established"
    ENDING = "ending"
    ENDED = "ended"


class Stage(Enum):
    """Where a session failed."""

    INVITE = "invite"
    """No final answer, or a refusal."""
    ANSWER = "answer"
    """The answer's description is not usable."""
    OFFER = "offer"
    """The offer's description is not usable."""
    ACK = "ack"
    """The acknowledgement did not come."""


class By(Enum):
    """Who ended a session."""

    LOCAL = "local"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class Progress:
    """A provisional answer, 100..199."""

    status: int


@dataclass(frozen=True, slots=True)
class Established:
    """Media may flow.

    answer: the description of the side that answered.
    """

    answer: Answer


@dataclass(frozen=True, slots=True)
class Failed:
    """The session never came about.

    status: the final answer's; None when there was none.  reason: a phrase, or a timer's name.
    """

    stage: Stage
    status: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over, after Established or by our own :meth:`hang_up` before it."""

    by: By


SessionEvent = Progress | Established | Failed | Ended


@dataclass(frozen=True, slots=True)
class Invite:
    """Send the INVITE."""

    request: Request


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel the INVITE."""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Send the ACK of a 2xx, to where that came from, and again when it is repeated."""

    request: Request


@dataclass(frozen=True, slots=True)
class Bye:
    """Send the BYE; report its end by :meth:`bye_over` unless *stray*.

    stray: it ends a dialog of its own, as that of a second device that answered.
    """

    request: Request
    stray: bool = False


Step = Invite | Cancel | Acknowledge | Bye


@dataclass(frozen=True, slots=True)
class Parties:
    """Who calls whom.

    local_id, remote_id: the platform and the channel.  domain: host part of From and To.
    target: Request-URI.  contact: our URI, ``sip:id@ip:port``.
    """

    local_id: str
    remote_id: str
    domain: str
    target: str
    contact: str
    user_agent: str = "Tongshi"


@dataclass(slots=True)
class _Half:
    """What both halves share: steps, events, the dialog and its end."""

    state: State
    dialog: Dialog | None = None
    _steps: list[Step] = field(default_factory=list)
    _events: list[SessionEvent] = field(default_factory=list)

    def steps(self) -> list[Step]:
        """Return and forget what to carry out, in order."""
        steps, self._steps = self._steps, []
        return steps

    def events(self) -> list[SessionEvent]:
        """Return and forget what happened."""
        events, self._events = self._events, []
        return events

    def accepts(self, request: Request) -> bool:
        """Whether *request* belongs to this session's dialog."""
        return self.dialog is not None and self.dialog.accepts(request)

    def bye_over(self) -> None:
        """Learn that our BYE was answered, whatever the answer, or that none came."""
        if self.state is State.ENDING:
            self._end(Ended(By.LOCAL))

    def _bye_arrived(self, request: Request) -> Response:
        if self.state in (State.ESTABLISHED, State.ANSWERED, State.ENDING):
            # In ENDING the peer's BYE crosses ours: both ended it, ours was first.
            self._end(Ended(By.LOCAL if self.state is State.ENDING else By.REMOTE))
        return request.response(200)

    def _send_bye(self) -> None:
        if self.dialog is not None:
            self._steps.append(Bye(self.dialog.request("BYE")))
        self.state = State.ENDING

    def _end(self, event: SessionEvent) -> None:
        self.state = State.ENDED
        self._events.append(event)


class Caller(_Half):
    """The side that wants media: sends INVITE, ACK, BYE, CANCEL.

    new_token: unguessable text at each call.
    """

    def __init__(
        self, parties: Parties, offer: Offer, subject: Subject, *, new_token: Callable[[], str]
    ) -> None:
        super().__init__(State.IDLE)
        self.offer = offer
        host = offer.host
        own = f"<sip:{parties.local_id}@{parties.domain}>"
        self.request = Request(
            "INVITE",
            parties.target,
            [
                ("From", f"{own};tag={new_token()}"),
                ("To", f"<sip:{parties.remote_id}@{parties.domain}>"),
                ("Call-ID", f"{new_token()}@{host}"),
                ("CSeq", "1 INVITE"),
                ("Max-Forwards", "70"),
                ("Contact", f"<{parties.contact}>"),
                ("Subject", str(subject)),
                ("User-Agent", parties.user_agent),
                ("Content-Type", SDP),
            ],
            offer.build(),
        )
        self._failed = False

    def start(self) -> None:
        """Call."""
        self.state = State.CALLING
        self._steps.append(Invite(self.request))

    def answered(self, response: Response) -> None:
        """Take an answer to the INVITE: provisional, final, repeated or late."""
        if response.status < 200:
            if self.state is State.CALLING:
                self._events.append(Progress(response.status))
        elif response.status < 300:
            self._accepted(response)
        elif self.state is State.CALLING:
            self._end(Failed(Stage.INVITE, response.status, response.reason))
        elif self.state is State.CANCELLING:
            self._end(Ended(By.LOCAL))  # 487, as it should be, or a refusal that crossed

    def unanswered(self, why: str) -> None:
        """Learn that no final answer came.  why: the timer, or ``"link"``."""
        if self.state is State.CALLING:
            self._end(Failed(Stage.INVITE, None, why))
        elif self.state is State.CANCELLING:
            self._end(Ended(By.LOCAL))

    def arrived(self, request: Request) -> Response:
        """Return the answer to a BYE, re-INVITE or other request within the dialog."""
        if request.method == "BYE":
            return self._bye_arrived(request)
        return request.response(_other_status(request.method))

    def hang_up(self) -> None:
        """End it, whatever it is at.  Ended follows when the peer agreed or stayed silent."""
        if self.state is State.IDLE:
            self._end(Ended(By.LOCAL))
        elif self.state is State.CALLING:
            self.state = State.CANCELLING
            self._steps.append(Cancel())
        elif self.state is State.ESTABLISHED:
            self._send_bye()

    def _accepted(self, response: Response) -> None:
        dialog = _dialog_of(self.request, response)
        if dialog is None:
            if self.state is State.CALLING:
                reason = "the 2xx makes no dialog"
                self._end(Failed(Stage.ANSWER, response.status, reason))
            return
        if self.dialog is not None and dialog.remote.tag == self.dialog.remote.tag:
            return  # the same 2xx again: whoever acknowledged it does so again
        self._steps.append(Acknowledge(dialog.acknowledge()))
        if self.state is State.CALLING:
            self.dialog = dialog
            self._read_answer(response)
        elif self.state is State.CANCELLING:
            # The CANCEL crossed the 200 (RFC 3261 15.1.1): the session exists, so it is ended.
            self.dialog = dialog
            self._send_bye()
        else:
            # Too late, or a second device answered (RFC 3261 13.2.2.4).
            self._steps.append(Bye(dialog.request("BYE"), stray=True))

    def _read_answer(self, response: Response) -> None:
        try:
            answer = Answer.parse(response.body)
        except RemoteProtocolError as error:
            self._steps.append(Bye(self._dialog().request("BYE"), stray=True))
            self._end(Failed(Stage.ANSWER, response.status, str(error)))
            return
        self.state = State.ESTABLISHED
        self._events.append(Established(answer))
