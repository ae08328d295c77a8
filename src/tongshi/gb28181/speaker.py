"""The platform's half of a voice broadcast: a notice, and the answer to the INVITE that follows it.

Its states are drawn in :mod:`tongshi.gb28181.broadcast`.  Source: GB/T 28181-2022 9.12.1.
"""

from dataclasses import dataclass
from enum import Enum

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.broadcast import G711A, KINDS, Expected, Hearing, hearing_of
from tongshi.gb28181.description import PCMA, Direction
from tongshi.gb28181.invite import Answer, Offer, agree
from tongshi.gb28181.session import Callee
from tongshi.gb28181.steps import Ended, Established, Failed, SessionEvent, Step
from tongshi.gb28181.steps import Stage as SessionStage
from tongshi.sip.message import Request, Response

WAIT = 10.0
"""How long the listener's INVITE may take once it has taken the notice, s: what platforms of the
field wait."""


class State(Enum):
    """Where a speaker stands."""

    IDLE = "idle"
    NOTIFYING = "notifying"
    AWAITED = "awaited"
    ANSWERING = "answering"
    ANSWERED = "answered"
    SPEAKING = "speaking"
    ENDING = "ending"
    ENDED = "ended"


class Stage(Enum):
    """Where a broadcast failed."""

    NOTICE = "notice"
    """The notice was refused, or not answered."""
    RESULT = "result"
    """The listener's Response says ERROR."""
    CALLBACK = "callback"
    """The listener's INVITE did not come, or was taken back."""
    OFFER = "offer"
    """The INVITE asks for what cannot be given: another codec, no port."""
    ACK = "ack"
    """Our answer to the INVITE was not acknowledged."""


@dataclass(frozen=True, slots=True)
class Speaking:
    """Sound may flow."""

    hearing: Hearing


@dataclass(frozen=True, slots=True)
class NotHeard:
    """The broadcast never came about.

    status: of SIP, where there was one.  reason: a phrase, or a timer's name.
    """

    stage: Stage
    status: int | None
    reason: str


SpeakerEvent = Speaking | NotHeard | Ended


class Speaker:
    """The platform's half: one broadcast to one listener.

    wait: for the INVITE, s.
    """

    def __init__(self, expected: Expected, *, wait: float = WAIT) -> None:
        self.expected = expected
        self.state = State.IDLE
        self.offer: Offer | None = None
        self._wait = wait
        self._deadline: float | None = None
        self._callee: Callee | None = None
        self._hearing: Hearing | None = None
        self._source_host = ""
        self._events: list[SpeakerEvent] = []

    def events(self) -> list[SpeakerEvent]:
        """Return and forget what happened."""
        events, self._events = self._events, []
        return events

    def steps(self) -> list[Step]:
        """Return and forget what to carry out: only BYEs."""
        return self._callee.steps() if self._callee is not None else []

    @property
    def call_id(self) -> str:
        """The Call-ID of the listener's call; "" before it."""
        return self._callee.invite.call_id if self._callee is not None else ""

    @property
    def waiting(self) -> bool:
        """Whether an INVITE would be taken now."""
        return self.state in (State.NOTIFYING, State.AWAITED)

    # The notice

    def start(self) -> None:
        """Learn that the notice is sent."""
        self.state = State.NOTIFYING

    def noted(self, status: int | None, now: float, *, why: str = "") -> None:
        """Take the final answer to the notice; None for none, *why* is the timer then."""
        if self.state is not State.NOTIFYING:
            return  # its INVITE, or its Response, was faster
        if status is not None and status < 300:
            self.state = State.AWAITED
            self._deadline = now + self._wait
        else:
            self._fail(Stage.NOTICE, status, why)

    def answered(self, accepted: bool, now: float) -> None:
        """Take the listener's Response; an ERROR after its INVITE is no news."""
        if not self.waiting:
            return
        if not accepted:
            self._fail(Stage.RESULT, None, "ERROR")
        elif self.state is State.NOTIFYING:
            self.state = State.AWAITED
            self._deadline = now + self._wait

    def deadline(self) -> float | None:
        """Return when to call :meth:`expire`; None for never."""
        return self._deadline if self.state is State.AWAITED else None

    def expire(self, now: float) -> None:
        """Give up when the INVITE did not come in time; early calls do nothing."""
        if self.state is State.AWAITED and self._deadline is not None and now >= self._deadline:
            self._fail(Stage.CALLBACK, None, "broadcast")

    # The call

    def invited(
        self, invite: Request, source_host: str, *, contact: str, tag: str
    ) -> Hearing | Response | None:
        """Take the listener's INVITE: return what it wants, or the refusal to send.

        None: it has no description, so ours is the offer (:meth:`propose`).
        contact: our URI.  tag: unguessable text for To.
        """
        callee = Callee(invite, contact=contact, tag=tag, kinds=KINDS)
        self._callee, self._source_host, self.offer = callee, source_host, callee.offer
        self.state = State.ANSWERING
        if callee.fault is not None:
            return self.refuse(callee.fault.status, str(callee.fault), Stage.OFFER)
        if callee.offer is None:
            return None
        try:
            self._hearing = hearing_of(callee.offer, source_host)
        except RemoteProtocolError as error:
            return self.refuse(error.status, str(error), Stage.OFFER)
        return self._hearing

    def accept(self, *, owner: str, host: str, port: int, ssrc: str) -> Response:
        """Return the 200 to an INVITE with an offer.

        host, port: from where we send, or where we listen.  ssrc: ten digits, ours where the
        listener named none.
        """
        callee, hearing = self._callee, self._hearing
        assert callee is not None
        assert callee.offer is not None
        assert hearing is not None
        answer = callee.offer.answer(
            owner=owner, host=host, port=port, payloads=(hearing.payload,), ssrc=ssrc, format=G711A
        )
        self.state = State.ANSWERED
        return callee.accept(answer)

    def propose(self, *, owner: str, host: str, port: int, ssrc: str) -> Response:
        """Return the 200 to an INVITE without a description: it carries our offer, over UDP."""
        callee = self._callee
        assert callee is not None
        self.offer = Offer(
            owner=owner,
            host=host,
            port=port,
            kind="audio",
            direction=Direction.SENDONLY,
            payloads=(PCMA,),
            ssrc=ssrc,
            format=G711A,
        )
        self.state = State.ANSWERED
        return callee.accept(self.offer)

    def refuse(self, status: int, reason: str, stage: Stage = Stage.CALLBACK) -> Response:
        """Return the refusal of the INVITE; the broadcast is over.  reason: for people."""
        assert self._callee is not None
        response = self._callee.refuse(status)
        self._callee.events()
        self._fail(stage, status, reason)
        return response

    def accepts(self, request: Request) -> bool:
        """Whether *request* belongs to the call and is new."""
        return self._callee is not None and self._callee.accepts(request)

    def arrived(self, request: Request) -> Response:
        """Return the answer to a BYE or another request within the call."""
        assert self._callee is not None
        response = self._callee.arrived(request)
        self._take_events()
        return response

    def acknowledged(self, ack: Request) -> None:
        """Take the ACK of our 200."""
        assert self._callee is not None
        self._callee.acknowledged(ack)
        self._take_events()

    def unacknowledged(self) -> None:
        """Learn that no ACK came."""
        assert self._callee is not None
        self._callee.unacknowledged()
        self._take_events()

    def cancelled(self) -> None:
        """Learn that the listener took its INVITE back before it was answered."""
        if self.state is State.ANSWERING:
            self._fail(Stage.CALLBACK, 487, "the listener took its INVITE back")

    def bye_over(self) -> None:
        """Learn that our BYE was answered, or that no answer came."""
        assert self._callee is not None
        self._callee.bye_over()
        self._take_events()

    def hang_up(self) -> None:
        """End it, whatever it is at; an INVITE that is being answered is to be refused first."""
        if self.state in (State.ANSWERED, State.SPEAKING):
            assert self._callee is not None
            self._callee.hang_up()
            self.state = State.ENDING
        elif self.state not in (State.ENDING, State.ENDED):
            self._fail(Stage.CALLBACK, None, "we gave up")

    def _take_events(self) -> None:
        assert self._callee is not None
        for event in self._callee.events():
            self._take(event)

    def _take(self, event: SessionEvent) -> None:
        match event:
            case Established():
                self._established(event.answer)
            case Failed():
                stage = Stage.ACK if event.stage is SessionStage.ACK else Stage.OFFER
                self._fail(stage, event.status, event.reason)
            case _:
                self.state = State.ENDED
                self._events += [event] if isinstance(event, Ended) else []

    def _established(self, answer: Answer) -> None:
        """Begin to speak; where our 200 was the offer, the ACK has told where to."""
        if self._hearing is None:
            assert self.offer is not None
            told = agree(self.offer, answer, self._source_host)
            self._hearing = Hearing(told.tcp, told.connect, told.host, told.port, told.ssrc)
            if told.tcp or not told.port:
                self.hang_up()
                self._events.append(NotHeard(Stage.OFFER, 488, "the ACK names no UDP port"))
                return
        self.state = State.SPEAKING
        self._events.append(Speaking(self._hearing))

    def _fail(self, stage: Stage, status: int | None, reason: str) -> None:
        self.state = State.ENDED
        self._events.append(NotHeard(stage, status, reason))
