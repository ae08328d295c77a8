"""A voice broadcast: the platform tells the device, the device calls.

::

    notice --> (Response) --> the device's INVITE --> 200 --> ACK --> sound goes

Source: GB/T 28181-2022 9.12.
"""

import asyncio
from collections.abc import Callable

from tongshi.errors import Error, Exhausted, PeerRefused, PeerSilent, RemoteProtocolError
from tongshi.gateway.engine import Speak, Transport
from tongshi.gb28181.broadcast import Expected, Hearing
from tongshi.gb28181.description import PCMA, PCMU
from tongshi.gb28181.manscdp import BroadcastNotify, write
from tongshi.gb28181.speaker import NotHeard, Speaker, Speaking, Stage, State
from tongshi.gb28181.ssrc import text_of
from tongshi.gb28181.steps import Bye, Ended
from tongshi.signalling.calls import BYE_TIMEOUT
from tongshi.signalling.exchange import Outcome
from tongshi.signalling.neighbours import Neighbour
from tongshi.signalling.talk import Desk, Holding, Talk
from tongshi.sip.event import Answered, RequestArrived, TimedOut
from tongshi.sip.grammar import readable
from tongshi.sip.message import Request, Response

_VOICE = "136"
"""Type code of a voice input, digits 11 to 13 of an id."""


class Broadcast(Holding):
    """A voice broadcast.

    on_call: told the Call-ID once the device has called.
    """

    def __init__(
        self, talk: Talk, neighbour: Neighbour, desk: Desk, on_call: Callable[[str], None]
    ) -> None:
        super().__init__(talk, neighbour, desk)
        self.sn = desk.next_sn()
        own = self._means.own
        source = source_of(own.id, voice=_by_voice(desk, neighbour.device_id))
        expected = Expected(neighbour.device_id, talk.key.target_id, source, neighbour.address.host)
        self.speaker = Speaker(expected, wait=desk.broadcast)
        self._on_call = on_call
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._arrived: RequestArrived | None = None
        self._called: asyncio.Future[Hearing | None] = self._loop.create_future()
        self._speaking: asyncio.Future[Hearing] = self._loop.create_future()
        self._parted = asyncio.Event()

    async def run(self) -> None:
        """See Attempt.

        Raises PeerSilent (stages ``query``, ``broadcast``, ``ack``, ``connect``), PeerRefused
        (``query``; ``broadcast`` with status 0 for ERROR, 487 for an INVITE taken back),
        RemoteProtocolError (what it asks for cannot be given), Exhausted, EngineFailed.
        """
        self._held.push_async_callback(self._hang_up)
        self._notify()
        wanted = await self._called
        arrived = self._arrived
        assert arrived is not None
        hosts = [arrived.source.host, *([wanted.host] if wanted is not None else [])]
        speak = Speak(
            self.talk.stream,
            _transport(wanted),
            tuple(dict.fromkeys(hosts)),
            wanted.payload.number if wanted is not None else PCMA.number,
            hears=wanted is not None and wanted.hears,
            mu_law=wanted is not None and wanted.payload.name == PCMU.name,
        )
        ssrc = self._lease() if wanted is None or wanted.ssrc is None else text_of(wanted.ssrc)
        port = await self._open(speak)
        described = {"owner": self._means.own.id, "host": self._media_host(), "ssrc": ssrc}
        give = self.speaker.accept if wanted is not None else self.speaker.propose
        self._desk.reply(arrived, give(port=port, **described))
        hearing = await self._speaking
        told = self.speaker.offer.host if self.speaker.offer is not None else ""
        follow = wanted is not None and told != hearing.host
        await self._start(hearing, ssrc, follow=follow)

    # What arrives

    def answered(self, accepted: bool) -> None:
        """Take the device's Response."""
        self.speaker.answered(accepted, self._loop.time())
        self._advance()

    def invited(self, arrived: RequestArrived) -> None:
        """Take the device's INVITE."""
        self._arrived = arrived
        own = self._means.own
        wanted = self.speaker.invited(
            arrived.request,
            arrived.source.host,
            contact=own.contact_uri(arrived.source),
            tag=own.new_token()[:16],
        )
        if isinstance(wanted, Response):
            self._desk.reply(arrived, wanted)
        else:
            self._on_call(self.speaker.call_id)
            if not self._called.done():
                self._called.set_result(wanted)
        self._advance()

    def claim(self, request: Request) -> Response | None:
        """Return the answer to a request of the call; None when it is not of it."""
        speaker = self.speaker
        if not speaker.accepts(request):
            return None
        if request.method == "ACK":
            speaker.acknowledged(request)
            self._advance()
            return request.response(200)  # goes nowhere
        response = speaker.arrived(request)
        self._advance()
        return response

    def cancelled(self) -> None:
        """Learn that the device took its INVITE back."""
        self.speaker.cancelled()
        self._advance()

    def unacknowledged(self) -> None:
        """Learn that the device never acknowledged our answer."""
        self.speaker.unacknowledged()
        self._advance()

    # What is done

    def _notify(self) -> None:
        expected = self.speaker.expected
        notice = BroadcastNotify(self.sn, expected.source_id, expected.target_id)
        request = self._means.own.message(self._neighbour, write(notice, self._neighbour.version))
        self.speaker.start()
        within = (
            self._means.own.profile_of(self._neighbour.device_id).message_timeout
            or self._desk.message
        )
        self._means.exchange.send(request, self._neighbour.address, self._noted, within=within)

    def _noted(self, outcome: Outcome) -> None:
        now = self._loop.time()
        if isinstance(outcome, Answered):
            if outcome.response.status < 200:
                return
            self.speaker.noted(outcome.response.status, now, why=outcome.response.reason)
        else:
            timer = outcome.timer if isinstance(outcome, TimedOut) else "connection"
            self.speaker.noted(None, now, why=timer)
        self._means.exchange.forget(outcome.handle)
        self._advance()

    def _advance(self) -> None:
        """Carry out what the speaker asks for, pass on what it says, and set its timer."""
        for step in self.speaker.steps():
            if isinstance(step, Bye):
                self._send_bye(step)
        for event in self.speaker.events():
            match event:
                case Speaking(hearing):
                    if not self._speaking.done():
                        self._speaking.set_result(hearing)
                case NotHeard():
                    self._fail(_error_of(event, self._neighbour.device_id))
                case Ended():
                    self._parted.set()
                    self.talk.end("peer")
        self._rest()
        deadline = self.speaker.deadline()
        if deadline is not None:
            self._timer = self._loop.call_at(deadline, self._expire)

    def _expire(self) -> None:
        self.speaker.expire(self._loop.time())
        self._advance()

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fail(self, error: Error) -> None:
        self._parted.set()
        for waited in (self._called, self._speaking):
            if not waited.done():
                waited.set_exception(error)
                waited.exception()  # nobody need be waiting any more

    def _send_bye(self, bye: Bye) -> None:
        assert self._arrived is not None
        source, exchange = self._arrived.source, self._means.exchange
        try:
            if bye.stray:
                exchange.tell(bye.request, source, within=BYE_TIMEOUT)
            else:
                exchange.send(bye.request, source, self._hear_bye, within=BYE_TIMEOUT)
        except Exhausted:  # it cannot be told; the device notices that no sound comes
            self._parted.set()

    def _hear_bye(self, outcome: Outcome) -> None:
        if isinstance(outcome, Answered) and outcome.response.status < 200:
            return
        self._means.exchange.forget(outcome.handle)
        self.speaker.bye_over()
        self._advance()

    async def _hang_up(self) -> None:
        """End the call, at whatever it is; wait for the device to agree, but not for long."""
        speaker = self.speaker
        if speaker.state is State.ANSWERING and self._arrived is not None:
            self._desk.reply(self._arrived, speaker.refuse(480, "we gave up"))
        speaker.hang_up()
        self._advance()
        if speaker.state is State.ENDING:
            try:
                async with asyncio.timeout(self._patience):
                    await self._parted.wait()
            except TimeoutError:
                pass
        self._rest()


def source_of(own_id: str, *, voice: bool) -> str:
    """Return SourceID: our own id, or that of a voice input (136) in our domain."""
    return f"{own_id[:10]}{_VOICE}{own_id[13:]}" if voice else own_id


def _by_voice(desk: Desk, device_id: str) -> bool:
    return desk.means.own.profile_of(device_id).broadcast_source.value == "voice"


def _transport(wanted: Hearing | None) -> Transport:
    if wanted is None or not wanted.tcp:
        return Transport.UDP
    return Transport.TCP_ACTIVE if wanted.connect else Transport.TCP_PASSIVE


def _error_of(event: NotHeard, device_id: str) -> Error:
    """Return the error that *event* is to who wanted to talk."""
    reason = readable(event.reason)
    match event.stage:
        case Stage.NOTICE if event.status is not None:
            text = f"{device_id} refused the notice of the broadcast: {event.status} {reason}"
            return PeerRefused(text, status=event.status, stage="query")
        case Stage.NOTICE:
            text = f"{device_id} did not answer the notice of the broadcast ({reason})"
            return PeerSilent(text, timer=reason, stage="query")
        case Stage.RESULT:
            text = f"{device_id} answered the notice of the broadcast with ERROR"
            return PeerRefused(text, status=0, stage="broadcast")
        case Stage.CALLBACK if event.status is not None:
            text = f"{device_id} asked for the sound and gave up: {event.status} {reason}"
            return PeerRefused(text, status=event.status, stage="broadcast")
        case Stage.CALLBACK:
            text = f"{device_id} took the notice of the broadcast and never asked for the sound"
            return PeerSilent(text, timer=reason, stage="broadcast")
        case Stage.ACK:
            text = f"{device_id} never acknowledged our answer"
            return PeerSilent(text, timer="ack", stage="ack")
        case _:
            text = f"{device_id} asks for sound that cannot be given: {reason}"
            return RemoteProtocolError(
                text, clause="GB/T 28181-2022 9.12.1", status=event.status or 488
            )
