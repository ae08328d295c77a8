"""One media session, INVITE to BYE: the caller's half and the callee's half.

Neither owns a transaction; :class:`tongshi.sip.endpoint.Endpoint` does.  A half is told what
arrived, and gives steps to carry out and events.

::

    Caller   IDLE --start--> CALLING --2xx--> ESTABLISHED --hang_up--> ENDING --answer--> ENDED
                               | hang_up           | BYE from the peer ------------------->
                               v                   v
                           CANCELLING --487--> ENDED;  --2xx--> ACK, BYE, ENDING

    Callee   RINGING --accept--> ANSWERED --ACK--> ESTABLISHED --hang_up--> ENDING --> ENDED
                |                   | no ACK: BYE, Failed
                +--refuse, CANCEL--> ENDED

Source: GB/T 28181-2022 9.2; RFC 3261 9, 13, 15.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.invite import Answer, Offer
from tongshi.gb28181.steps import (
    SDP,
    Acknowledge,
    By,
    Bye,
    Cancel,
    Ended,
    Established,
    Failed,
    Invite,
    Parties,
    Progress,
    SessionEvent,
    Stage,
    State,
    Step,
)
from tongshi.gb28181.subject import Subject
from tongshi.sip.dialog import Dialog
from tongshi.sip.message import Request, Response

# What comes within a dialog besides BYE, and the answer to it.  A description is never changed
# in mid-session; what INFO and MESSAGE mean is the owner's affair, taken up before it comes here.
_OTHERS = {"INVITE": 488, "UPDATE": 488, "INFO": 200, "MESSAGE": 200, "OPTIONS": 200}
_ALLOW = ("Allow", "INVITE, ACK, INFO, CANCEL, BYE, OPTIONS, MESSAGE")


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
        """Whether *request* belongs to this session's dialog and is new.

        A BYE is never too old: devices number it as they please.
        """
        if self.dialog is None:
            return False
        if request.method == "BYE":
            return self.dialog.matches(request)
        return self.dialog.accepts(request)

    def bye_over(self) -> None:
        """Learn that our BYE was answered, whatever the answer, or that none came."""
        if self.state is State.ENDING:
            self._end(Ended(By.LOCAL))

    def _arrived(self, request: Request) -> Response:
        if request.method != "BYE":
            return request.response(_OTHERS.get(request.method, 405), headers=(_ALLOW,))
        if self.state in (State.ESTABLISHED, State.ANSWERED, State.ENDING):
            # In ENDING the peer's BYE crosses ours: both ended it, ours was first.
            self._end(Ended(By.LOCAL if self.state is State.ENDING else By.REMOTE))
        return request.response(200)

    def _send_bye(self, dialog: Dialog) -> None:
        self._steps.append(Bye(dialog.request("BYE")))
        self.state = State.ENDING

    def _give_up(self, dialog: Dialog, event: Failed) -> None:
        """End a dialog that nobody gets to know of."""
        self._steps.append(Bye(dialog.request("BYE"), stray=True))
        self._end(event)

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
        return self._arrived(request)

    def hang_up(self) -> None:
        """End it, whatever it is at.  Ended follows when the peer agreed or stayed silent."""
        if self.state is State.IDLE:
            self._end(Ended(By.LOCAL))
        elif self.state is State.CALLING:
            self.state = State.CANCELLING
            self._steps.append(Cancel())
        elif self.dialog is not None and self.state is State.ESTABLISHED:
            self._send_bye(self.dialog)

    def ask(self, method: str, content_type: str, body: bytes) -> Request | None:
        """Return a request within the dialog, as an INFO; None when there is no dialog."""
        if self.dialog is None or self.state is not State.ESTABLISHED:
            return None
        return self.dialog.request(method, [("Content-Type", content_type)], body)

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
            self._read_answer(dialog, response)
        elif self.state is State.CANCELLING:
            # The CANCEL crossed the 200 (RFC 3261 15.1.1): the session exists, so it is ended.
            self.dialog = dialog
            self._send_bye(dialog)
        else:
            # Too late, or a second device answered (RFC 3261 13.2.2.4).
            self._steps.append(Bye(dialog.request("BYE"), stray=True))

    def _read_answer(self, dialog: Dialog, response: Response) -> None:
        try:
            answer = Answer.parse(response.body)
        except RemoteProtocolError as error:
            self._give_up(dialog, Failed(Stage.ANSWER, response.status, str(error)))
            return
        self.state = State.ESTABLISHED
        self._events.append(Established(answer))


class Callee(_Half):
    """The side that has media: answers an INVITE.

    offer: what the caller asks for; None when the INVITE has no description, so that ours is the
    offer and the ACK brings the answer.
    fault: why the description cannot be used; then :meth:`refuse` with its status.
    contact: our URI.  tag: unguessable text for To.  kinds: which media counts first.
    """

    def __init__(
        self,
        invite: Request,
        *,
        contact: str,
        tag: str,
        user_agent: str = "Tongshi",
        kinds: tuple[str, ...] = ("video", "audio"),
    ) -> None:
        super().__init__(State.RINGING)
        self.invite = invite
        self.offer: Offer | None = None
        self.fault: RemoteProtocolError | None = None
        self._headers = [("Contact", f"<{contact}>"), ("User-Agent", user_agent)]
        self._tag = tag
        self._answer: Answer | None = None
        self._leaving = False
        if invite.body.strip():
            try:
                self.offer = Offer.parse(invite.body, kinds)
            except RemoteProtocolError as error:
                self.fault = error

    def progress(self, status: int = 100) -> Response:
        """Return a provisional answer, 100..199."""
        tag = None if status == 100 else self._tag
        return self.invite.response(status, to_tag=tag)

    def accept(self, description: Answer | Offer) -> Response:
        """Return the 200 with *description*: an Answer, or an Offer where the INVITE had none."""
        headers = [*self._headers, ("Content-Type", SDP)]
        response = self.invite.response(
            200, to_tag=self._tag, headers=headers, body=description.build()
        )
        self.dialog = Dialog.from_uas(self.invite, response)
        self._answer = description if isinstance(description, Answer) else None
        self.state = State.ANSWERED
        return response

    def refuse(self, status: int, reason: str | None = None) -> Response:
        """Return the refusal, 300..699."""
        response = self.invite.response(status, reason, to_tag=self._tag, headers=self._headers)
        stage = Stage.OFFER if self.fault else Stage.INVITE
        self._end(Failed(stage, status, response.reason))
        return response

    def cancelled(self) -> None:
        """Learn that the caller took the INVITE back; a late answer to it is not sent."""
        if self.state is State.RINGING:
            self._end(Ended(By.REMOTE))

    def acknowledged(self, ack: Request) -> None:
        """Take the ACK of our 200; repeated ones do nothing."""
        if self.dialog is None or self.state is not State.ANSWERED:
            return
        if self._leaving:
            self._send_bye(self.dialog)
            return
        try:
            answer = self._answer or Answer.parse(ack.body)
        except RemoteProtocolError as error:
            self._give_up(self.dialog, Failed(Stage.ANSWER, None, str(error)))
            return
        self.state = State.ESTABLISHED
        self._events.append(Established(answer))

    def unacknowledged(self) -> None:
        """Learn that no ACK came in time."""
        if self.dialog is not None and self.state is State.ANSWERED:
            self._give_up(self.dialog, Failed(Stage.ACK, None, "no ACK"))

    def arrived(self, request: Request) -> Response:
        """Return the answer to a BYE or other request within the dialog."""
        return self._arrived(request)

    def hang_up(self) -> None:
        """End it after :meth:`accept`; before that, :meth:`refuse` it.

        A BYE before the ACK is forbidden (RFC 3261 15), so then it waits for that.
        """
        if self.dialog is not None and self.state is State.ESTABLISHED:
            self._send_bye(self.dialog)
        elif self.state is State.ANSWERED:
            self._leaving = True


def _dialog_of(request: Request, response: Response) -> Dialog | None:
    try:
        return Dialog.from_uac(request, response)
    except RemoteProtocolError:
        return None
