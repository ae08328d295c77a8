"""A device's sessions: live, playback, download, talk; and how quirky devices answer INVITEs.

Theory of operation.  An INVITE becomes a call and the event :class:`Invited`; the shell opens a
way for the media and accepts or refuses.  :class:`Agreed` follows with the ACK, :class:`Steered`
with each order to a playback, and :class:`CallEnded` once, whatever ended it.

Source: GB/T 28181-2022 9.2, 9.8, 9.9, annexes B, D and G.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tongshi.gb28181.description import Direction, Purpose, StreamStyle
from tongshi.gb28181.invite import Offer, channels_of
from tongshi.gb28181.manscdp import CONTENT_TYPE
from tongshi.gb28181.manscdp.notify import MediaStatus
from tongshi.gb28181.mansrtsp import CONTENT_TYPE as MANSRTSP
from tongshi.gb28181.session import Callee
from tongshi.gb28181.steps import Bye, Ended, Established, Failed
from tongshi.sim.call import Agreed, Call, CallEnded, CallEvent, Invited, Steered
from tongshi.sim.history import History, open_history, steer
from tongshi.sim.host import Host, ignore
from tongshi.sim.join import host_port
from tongshi.sim.profile import STREAM_MAIN, Channel
from tongshi.sim.reply import describe, disfigure, is_strict
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Request, Response

__all__ = ["LIMIT", "Agreed", "Call", "CallEnded", "CallEvent", "Calls", "Invited", "Steered"]

LIMIT = 64
"""Sessions of a device at once; more are refused with 486."""
FINISHED = "121"
"""NotifyType of a MediaStatus: the recording has been sent to its end."""
_STYLES = {
    "substream-stream": StreamStyle.STREAM,
    "substream-streamprofile": StreamStyle.STREAMPROFILE,
    "substream-streammode": StreamStyle.STREAMMODE,
}


@dataclass(slots=True)
class Calls:
    """All sessions of one device, by Call-ID."""

    host: Host
    _calls: dict[str, Call] = field(default_factory=dict)
    _taken: int = 0

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self._calls.values()))

    def arrived(self, arrived: RequestArrived, now: float) -> None:
        """Take an INVITE, or a request within a session."""
        request = arrived.request
        call = self._calls.get(request.call_id)
        if call is not None and call.history is not None and request.method == "INFO":
            self._steer(call, call.history, arrived, now)
        elif call is not None and call.callee.accepts(request):
            self.host.reply(arrived, call.callee.arrived(request), now)
            self._carry(call, now)
        elif request.method == "INVITE" and call is None:
            self._invite(arrived, now)
        else:
            self.host.reply(arrived, request.response(481), now)

    def accept(self, call: Call, host: str, port: int, now: float) -> None:
        """Answer 200: media come from, or are awaited at, *host* and *port*."""
        quirks = self.host.quirks
        if call.over:
            return
        if "provisional-101" in quirks:
            self.host.reply(call.arrived, call.callee.progress(101), now)
        response = call.callee.accept(describe(call, host, port, quirks))
        response.body = disfigure(response.body, quirks, awaited=call.tcp and not call.active)
        if "no-contact" in quirks:
            response.headers.remove("Contact")
        if "no-to-tag" in quirks:
            response.headers.set("To", (response.headers.get("To") or "").partition(";tag=")[0])
        self.host.reply(call.arrived, response, now)
        self._carry(call, now)

    def refuse(self, call: Call, status: int, now: float) -> None:
        """Answer *status*, 300..699."""
        if not call.over:
            self.host.reply(call.arrived, call.callee.refuse(status), now)
            self._carry(call, now)

    def hang_up(self, call: Call, now: float) -> None:
        """End *call* from our side."""
        if not call.over:
            call.callee.hang_up()
            self._carry(call, now)

    def hang_up_all(self, now: float) -> None:
        """End every session."""
        for call in list(self._calls.values()):
            self.hang_up(call, now)

    def drop_all(self) -> None:
        """Forget every session without a word; CallEnded follows for each."""
        for call in list(self._calls.values()):
            self._end(call, "the device is gone")
        self._taken = 0

    def finished(self, call: Call, now: float) -> None:
        """Say that a recording has been sent to its end, as this device says it."""
        quirks, dialog = self.host.quirks, call.callee.dialog
        if call.over or dialog is None or "end-silent" in quirks:
            return
        if "end-by-bye" in quirks:
            self.hang_up(call, now)
            return
        target = call.channel.channel_id
        notice = MediaStatus(self.host.number(), target, FINISHED)
        if "end-outside" in quirks:
            self.host.send(notice, now, ignore, sender=target)
            return
        headers = [("Content-Type", CONTENT_TYPE)]
        self.host.ask(dialog.request("MESSAGE", headers, self.host.write(notice)), now, ignore)

    def acknowledged(self, ack: Request, now: float) -> None:
        """Take an ACK."""
        call = self._calls.get(ack.call_id)
        if call is not None:
            call.callee.acknowledged(ack)
            self._carry(call, now)

    def unacknowledged(self, arrived: RequestArrived, now: float) -> None:
        """Learn that no ACK came."""
        call = self._calls.get(arrived.request.call_id)
        if call is not None:
            call.callee.unacknowledged()
            self._carry(call, now)

    def cancelled(self, arrived: RequestArrived, now: float) -> None:
        """Learn that the platform took an INVITE back."""
        call = self._calls.get(arrived.request.call_id)
        if call is not None:
            call.callee.cancelled()
            self._carry(call, now)

    def _invite(self, arrived: RequestArrived, now: float) -> None:
        quirks, request = self.host.quirks, arrived.request
        if "ignore-invite" in quirks:
            return
        contact = f"sip:{self.host.profile.device_id}@{host_port(self.host.contact)}"
        callee = Callee(request, contact=contact, tag=self.host.token())
        channel = self._channel(request, callee.offer)
        status = self._judge(callee, channel)
        if status or channel is None:
            self.host.reply(arrived, callee.refuse(status or 404), now)
            return
        offer, history = callee.offer, None
        if offer is not None and offer.purpose in (Purpose.PLAYBACK, Purpose.DOWNLOAD):
            history = self._open(offer, channel, now)
            if history is None:
                self.host.reply(arrived, callee.refuse(404), now)
                return
        self._taken += 1
        self.host.reply(arrived, callee.progress(), now)
        target = (offer.host, offer.port) if offer is not None else ("", 0)
        call = Call(
            channel,
            self._stream(offer),
            callee,
            arrived,
            self._ssrc(offer),
            target,
            history=history,
            over_udp="udp-for-tcp" in quirks,
        )
        self._calls[request.call_id] = call
        self.host.tell(Invited(call))

    def _open(self, offer: Offer, channel: Channel, now: float) -> History | None:
        part = self.host.body.part(channel.channel_id)
        if part is None:
            return None
        wall = self.host.wall()
        return open_history(offer, channel.recorded, part.archive, wall=wall, now=now)

    def _steer(self, call: Call, history: History, arrived: RequestArrived, now: float) -> None:
        """Carry out an INFO, and answer it with an inner answer."""
        quirks, request = self.host.quirks, arrived.request
        reply = steer(history, request.body, quirks, now)
        if "info-without-body" in quirks:
            response = request.response(200 if reply.done else reply.status)
        else:
            headers = [("Content-Type", MANSRTSP)]
            response = request.response(200, headers=headers, body=reply.build())
        if not reply.done and "inner-status-outside" in quirks:
            response = request.response(400)
        self.host.reply(arrived, response, now)
        self.host.tell(Steered(call))

    def _judge(self, callee: Callee, channel: Channel | None) -> int:
        """Return the status to refuse with, 0 to go on."""
        quirks, offer = self.host.quirks, callee.offer
        if callee.fault is not None:
            return callee.fault.status
        if channel is None:
            return 404
        most = quirks.value("sessions")
        if "refuse-invite" in quirks or len(self._calls) >= (LIMIT if most is None else most):
            return 486
        after = quirks.value("refuse-after")
        if after is not None and self._taken >= after:
            return 400
        if "strict-sdp" in quirks and not is_strict(callee.invite.body):
            return 415
        return 0 if offer is None else self._judge_offer(offer)

    def _judge_offer(self, offer: Offer) -> int:
        if "one-payload" in self.host.quirks and len(offer.payloads) > 1:
            return 488
        if offer.direction is Direction.SENDONLY:
            return 488
        if offer.kind == "audio":
            talk = offer.purpose is Purpose.TALK and bool(self.host.profile.voice)
            return 0 if talk and "talk-by-invite" in self.host.quirks else 488
        if offer.purpose in (Purpose.PLAYBACK, Purpose.DOWNLOAD):
            playing = sum(call.history is not None for call in self._calls.values())
            if playing >= self.host.profile.histories:
                return 486
        ps = any(payload.name.upper() == "PS" or payload.number == 96 for payload in offer.payloads)
        return 0 if ps and offer.purpose is not Purpose.TALK else 488

    def _stream(self, offer: Offer | None) -> int:
        """Return the stream that is asked for in a way that this device reads."""
        if offer is None or offer.stream is None:
            return STREAM_MAIN
        for name, style in _STYLES.items():
            if name in self.host.quirks and offer.stream_style is not style:
                return STREAM_MAIN
        return offer.stream

    def _channel(self, request: Request, offer: Offer | None) -> Channel | None:
        """Return the first of our channels that the INVITE names anywhere."""
        profile = self.host.profile
        named = channels_of(request, offer)
        exact = [item for name in named for item in profile.channels if item.channel_id == name]
        if exact:
            return exact[0]
        return next(filter(None, (profile.channel(name) for name in named)), None)

    def _ssrc(self, offer: Offer | None) -> str:
        asked = offer.ssrc if offer is not None else ""
        if "other-y" in self.host.quirks:
            return "070399" + (asked[-4:] if len(asked) == 10 else "0001")
        # Some platforms leave y= away, or write zeros: then the device chooses (10 digits).
        return asked if asked.strip("0") else f"0{self.host.profile.device_id[3:8]}0001"

    def _carry(self, call: Call, now: float) -> None:
        """Carry out what the callee wants, and report."""
        for step in call.callee.steps():
            if isinstance(step, Bye):
                self._bye(call, step, now)
        for event in call.callee.events():
            match event:
                case Established(answer=answer):
                    call.answered = True
                    if call.offer is None:
                        call.target = (answer.host, answer.port)
                    self.host.tell(Agreed(call))
                case Failed(stage=stage, reason=reason):
                    self._end(call, f"{stage.value}: {reason}")
                case Ended(by=by):
                    self._end(call, f"ended by {by.value}")
                case _:
                    pass

    def _bye(self, call: Call, step: Bye, now: float) -> None:
        def settle(response: Response | None, then: float) -> None:
            if not step.stray:
                call.callee.bye_over()
                self._carry(call, then)

        if self.host.ask(step.request, now, settle) is None:
            settle(None, now)

    def _end(self, call: Call, why: str) -> None:
        call.over = True
        self._calls.pop(call.arrived.request.call_id, None)
        self.host.tell(CallEnded(call, why))
