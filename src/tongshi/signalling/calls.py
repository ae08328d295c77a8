"""One INVITE with a device, from the call to the BYE, over the exchange."""

import asyncio
from collections.abc import Callable

from tongshi.errors import Conflict, Error, Exhausted, PeerRefused, PeerSilent, RemoteProtocolError
from tongshi.gb28181.invite import Answer
from tongshi.gb28181.session import Caller
from tongshi.gb28181.steps import (
    Acknowledge,
    By,
    Bye,
    Cancel,
    Ended,
    Established,
    Failed,
    Invite,
    Progress,
    SessionEvent,
    Stage,
    State,
    Step,
)
from tongshi.signalling.exchange import Exchange, Outcome
from tongshi.sip.address import Address
from tongshi.sip.event import Answered, TimedOut
from tongshi.sip.grammar import readable
from tongshi.sip.message import Request, Response

LATE = 40.0
"""An INVITE given up may still be answered for as long, s: then it is acknowledged and ended."""
BYE_TIMEOUT = 5.0
"""Wait for the answer to a BYE, s."""


class Call:
    """One call.

    on_bye: called when the peer ended it after it was established.
    source: where the answer came from; requests of the dialog go there, whatever Contact says.
    confirmed: False when the peer did not confirm its end.
    """

    def __init__(
        self,
        caller: Caller,
        target: Address,
        exchange: Exchange,
        on_bye: Callable[[], None],
    ) -> None:
        self.source = target
        self.confirmed = True
        self._caller = caller
        self._exchange = exchange
        self._on_bye = on_bye
        self._loop = asyncio.get_running_loop()
        self._handle = 0
        self._within = 0.0
        self._confirmed = True
        self._answer: asyncio.Future[Answer] = self._loop.create_future()
        self._over = asyncio.Event()

    @property
    def call_id(self) -> str:
        """The Call-ID that requests of the dialog bear."""
        return self._caller.request.call_id

    async def establish(self, *, within: float) -> Answer:
        """Call; return what the device answered, acknowledged.

        within: s.  Raises PeerSilent or PeerRefused (stage ``"invite"``), RemoteProtocolError
        when the answer cannot be used, Exhausted when too much is under way.
        """
        self._within = within
        self._caller.start()
        self._advance()
        return await self._answer

    async def hang_up(self, *, within: float = BYE_TIMEOUT) -> None:
        """End the call at whatever stage; wait *within* s at the most for the peer to confirm."""
        self._caller.hang_up()
        self._advance()
        if self._caller.state in (State.CANCELLING, State.ENDING):
            self.confirmed = False
            try:
                async with asyncio.timeout(within):
                    await self._over.wait()
            except TimeoutError:
                return
            self.confirmed = self._confirmed

    async def ask(
        self, method: str, content_type: str, body: bytes, *, within: float, stage: str
    ) -> Response:
        """Return the final answer to a request within the call, whatever its status.

        within: s.  Raises Conflict when the call is over, PeerSilent when no answer came,
        Exhausted when too much is under way.
        """
        request = self._caller.ask(method, content_type, body)
        if request is None:
            raise Conflict("the call is over")
        return await self._exchange.ask(request, self.source, within=within, stage=stage)

    def repeat_bye(self) -> None:
        """Send the BYE again, to a peer that never confirmed the first and now says it is busy."""
        if self._caller.dialog is not None:
            self._exchange.tell(self._caller.dialog.request("BYE"), self.source, within=BYE_TIMEOUT)

    def accepts(self, request: Request) -> bool:
        """Return whether *request* of the peer belongs to this call and is new."""
        return self._caller.accepts(request)

    def arrived(self, request: Request) -> Response:
        """Return the answer to a request of the peer within the call."""
        response = self._caller.arrived(request)
        self._advance()
        return response

    def _advance(self) -> None:
        """Carry out what the caller's machine asks for, and pass on what it says."""
        for step in self._caller.steps():
            self._carry_out(step)
        for event in self._caller.events():
            self._report(event)

    def _carry_out(self, step: Step) -> None:
        match step:
            case Invite():
                self._handle = self._exchange.send(
                    step.request, self.source, self._hear, within=self._within
                )
            case Cancel():
                self._exchange.cancel(self._handle)
            case Acknowledge():
                self._exchange.acknowledge(self._handle, step.request, self.source)
            case Bye():
                self._send_bye(step)

    def _report(self, event: SessionEvent) -> None:
        match event:
            case Established():
                self._settle(event.answer)
            case Failed():
                self._settle(_error_of(event, self._caller.request))
                self._close()
            case Ended():
                if event.by is By.REMOTE:
                    self._on_bye()
                self._close()
            case Progress():
                pass

    def _send_bye(self, bye: Bye) -> None:
        try:
            if bye.stray:
                self._exchange.tell(bye.request, self.source, within=BYE_TIMEOUT)
            else:
                self._exchange.send(bye.request, self.source, self._hear_bye, within=BYE_TIMEOUT)
        except Exhausted:  # it cannot be told; the device notices by itself that nobody listens
            self._caller.bye_over()

    def _settle(self, outcome: Answer | Error) -> None:
        if self._answer.done():
            return
        if isinstance(outcome, Error):
            self._answer.set_exception(outcome)
            self._answer.exception()  # nobody need be waiting any more
        else:
            self._answer.set_result(outcome)

    def _close(self) -> None:
        """Go on hearing late answers for a while, then forget the call."""
        if not self._over.is_set():
            self._over.set()
            self._loop.call_later(LATE, self._exchange.forget, self._handle)

    def _hear(self, outcome: Outcome) -> None:
        if isinstance(outcome, Answered):
            if 200 <= outcome.response.status < 300:
                self.source = outcome.source
            self._caller.answered(outcome.response)
        else:
            timer = outcome.timer if isinstance(outcome, TimedOut) else "connection"
            self._caller.unanswered(timer)
        self._advance()

    def _hear_bye(self, outcome: Outcome) -> None:
        if isinstance(outcome, Answered) and outcome.response.status < 200:
            return
        self._exchange.forget(outcome.handle)
        self._confirmed = isinstance(outcome, Answered)
        self._caller.bye_over()
        self._advance()


def _error_of(failed: Failed, request: Request) -> Error:
    """Return the error that *failed* is to whoever wanted the call."""
    to = request.to_user
    if failed.stage is Stage.INVITE and failed.status is None:
        text = f"{to} did not answer the INVITE ({failed.reason})"
        return PeerSilent(text, timer=failed.reason, stage="invite")
    if failed.stage is Stage.INVITE and failed.status is not None:
        text = f"{to} refused the INVITE: {failed.status} {readable(failed.reason)}"
        return PeerRefused(text, status=failed.status, stage="invite")
    text = f"{to} gave an answer that cannot be used: {failed.reason}"
    return RemoteProtocolError(text, clause="GB/T 28181-2022 G.1", status=488)
