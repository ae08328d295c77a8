"""A device's live sessions, and how quirky devices answer INVITEs.

Theory of operation.  An INVITE becomes a call and the event :class:`Invited`; the shell opens a
way for the media and accepts or refuses.  :class:`Agreed` follows with the ACK, and
:class:`CallEnded` once, whatever ended it.

Source: GB/T 28181-2022 9.2, annexes D and G.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from tongshi.gb28181.description import PS, Direction, Purpose
from tongshi.gb28181.invite import Answer, Offer, channels_of
from tongshi.gb28181.media_format import MediaFormat
from tongshi.gb28181.session import Callee
from tongshi.gb28181.ssrc import number_of
from tongshi.gb28181.steps import Bye, Ended, Established, Failed
from tongshi.media.unit import Codec
from tongshi.sim.film import Shot
from tongshi.sim.profile import STREAM_MAIN, Channel, Profile
from tongshi.sim.quirks import Quirks
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Request, Response

LIMIT = 64
"""Sessions of a device at once; more are refused with 486."""
_PRIVATE = b"192.168.1.64"
_VIDEO = {Codec.H264: 2, Codec.H265: 5}


@dataclass(slots=True, eq=False)
class Call:
    """One session.

    stream: 0 main, 1 sub.  ssrc: agreed, ten digits.  answered: the ACK has come.
    """

    channel: Channel
    stream: int
    callee: Callee
    arrived: RequestArrived
    ssrc: str
    target: tuple[str, int]
    answered: bool = False
    over: bool = False

    @property
    def offer(self) -> Offer | None:
        """What the platform asks for; None when its INVITE had no description."""
        return self.callee.offer

    @property
    def tcp(self) -> bool:
        """Whether media go over TCP."""
        return self.offer is not None and self.offer.tcp

    @property
    def active(self) -> bool:
        """Whether the device opens the TCP connection."""
        return (
            self.tcp
            and self.offer is not None
            and (self.offer.setup is None or self.offer.setup.value == "passive")
        )

    @property
    def shot(self) -> Shot:
        """What is to be shown."""
        return self.channel.shot_of(self.stream)

    @property
    def ssrc_number(self) -> int:
        """The SSRC as RTP carries it."""
        return number_of(self.ssrc) or 0


@dataclass(frozen=True, slots=True)
class Invited:
    """The platform wants a picture: open a way for it, then accept or refuse."""

    call: Call


@dataclass(frozen=True, slots=True)
class Agreed:
    """The ACK is there: send to ``call.target``."""

    call: Call


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The session is over, or never came about.  why: in words."""

    call: Call
    why: str


CallEvent = Invited | Agreed | CallEnded


class Owner(Protocol):
    """The device, as far as its sessions need it."""

    profile: Profile
    quirks: Quirks
    contact: tuple[str, int]

    def ask(
        self, request: Request, now: float, settle: Callable[[Response | None, float], None]
    ) -> int | None:
        """Send *request* to the platform."""

    def reply(self, arrived: RequestArrived, response: Response, now: float) -> None:
        """Answer *arrived*."""

    def tell(self, event: CallEvent) -> None:
        """Report *event*."""

    def token(self) -> str:
        """Return fresh text."""


@dataclass(slots=True)
class Calls:
    """All sessions of one device, by Call-ID."""

    owner: Owner
    _calls: dict[str, Call] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self._calls.values()))

    def arrived(self, arrived: RequestArrived, now: float) -> None:
        """Take an INVITE, or a request within a session."""
        request = arrived.request
        call = self._calls.get(request.call_id)
        if call is not None and call.callee.accepts(request):
            self.owner.reply(arrived, call.callee.arrived(request), now)
            self._carry(call, now)
        elif request.method == "INVITE" and call is None:
            self._invite(arrived, now)
        else:
            self.owner.reply(arrived, request.response(481), now)

    def accept(self, call: Call, host: str, port: int, now: float) -> None:
        """Answer 200: media come from, or are awaited at, *host* and *port*."""
        quirks = self.owner.quirks
        if call.over:
            return
        if "provisional-101" in quirks:
            self.owner.reply(call.arrived, call.callee.progress(101), now)
        response = call.callee.accept(self._describe(call, host, port))
        response.body = disfigure(response.body, quirks, awaited=call.tcp and not call.active)
        if "no-contact" in quirks:
            response.headers.remove("Contact")
        self.owner.reply(call.arrived, response, now)
        self._carry(call, now)

    def refuse(self, call: Call, status: int, now: float) -> None:
        """Answer *status*, 300..699."""
        if not call.over:
            self.owner.reply(call.arrived, call.callee.refuse(status), now)
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
        quirks, request = self.owner.quirks, arrived.request
        if "ignore-invite" in quirks:
            return
        contact = f"sip:{self.owner.profile.device_id}@{_uri_host(self.owner.contact)}"
        callee = Callee(request, contact=contact, tag=self.owner.token())
        channel = self._channel(request, callee.offer)
        status = self._judge(callee, channel)
        if status or channel is None:
            self.owner.reply(arrived, callee.refuse(status or 404), now)
            return
        self.owner.reply(arrived, callee.progress(), now)
        offer = callee.offer
        target = (offer.host, offer.port) if offer is not None else ("", 0)
        stream = (offer.stream if offer is not None else None) or STREAM_MAIN
        call = Call(channel, stream, callee, arrived, self._ssrc(offer), target)
        self._calls[request.call_id] = call
        self.owner.tell(Invited(call))

    def _judge(self, callee: Callee, channel: Channel | None) -> int:
        """Return the status to refuse with, 0 to go on."""
        offer = callee.offer
        if callee.fault is not None:
            return callee.fault.status
        if channel is None:
            return 404
        if "refuse-invite" in self.owner.quirks or len(self._calls) >= LIMIT:
            return 486
        if offer is None:
            return 0
        ps = any(payload.name.upper() == "PS" or payload.number == 96 for payload in offer.payloads)
        live = offer.purpose is Purpose.PLAY and offer.kind == "video"
        return 0 if ps and live and offer.direction is not Direction.SENDONLY else 488

    def _channel(self, request: Request, offer: Offer | None) -> Channel | None:
        """Return the first of our channels that the INVITE names anywhere."""
        profile = self.owner.profile
        named = channels_of(request, offer)
        exact = [item for name in named for item in profile.channels if item.channel_id == name]
        if exact:
            return exact[0]
        return next(filter(None, (profile.channel(name) for name in named)), None)

    def _ssrc(self, offer: Offer | None) -> str:
        asked = offer.ssrc if offer is not None else ""
        if "other-y" in self.owner.quirks:
            return "070399" + (asked[-4:] if len(asked) == 10 else "0001")
        # Some platforms leave y= away, or write zeros: then the device chooses (10 digits).
        return asked if asked.strip("0") else f"0{self.owner.profile.device_id[3:8]}0001"

    def _describe(self, call: Call, host: str, port: int) -> Answer | Offer:
        shot, owner = call.shot, call.channel.channel_id
        form = MediaFormat(
            video=_VIDEO.get(shot.codec),
            resolution=f"{shot.width}x{shot.height}",
            fps=shot.fps,
            rate_type=1,
            kbps=shot.bitrate // 1000,
            audio=1 if shot.sound else None,
            audio_rate=8 if shot.sound else None,
            sampling=1 if shot.sound else None,
        )
        if call.offer is None:
            return Offer(
                owner=owner,
                host=host,
                port=port,
                direction=Direction.SENDONLY,
                payloads=(PS,),
                ssrc=call.ssrc,
                format=form,
            )
        return call.offer.answer(
            owner=owner, host=host, port=port, payloads=(PS,), ssrc=call.ssrc, format=form
        )

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
                    self.owner.tell(Agreed(call))
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

        if self.owner.ask(step.request, now, settle) is None:
            settle(None, now)

    def _end(self, call: Call, why: str) -> None:
        call.over = True
        self._calls.pop(call.arrived.request.call_id, None)
        self.owner.tell(CallEnded(call, why))


def disfigure(body: bytes, quirks: Quirks, *, awaited: bool) -> bytes:
    """Return an answer's description as this device writes it.

    awaited: the platform is to connect to what the answer names, so address and port stay true.
    """
    if not awaited:
        if "port-zero" in quirks:
            body = re.sub(rb"(?m)^(m=\w+) \d+", rb"\1 0", body)
        if "private-c" in quirks:
            body = re.sub(rb"(?m)^(c=IN IP4) \S+", rb"\1 " + _PRIVATE, body)
    if "no-y-no-f" in quirks:
        body = re.sub(rb"(?m)^[yf]=.*\r\n", b"", body)
    if "no-setup" in quirks:
        body = re.sub(rb"(?m)^a=setup:.*\r\n", b"", body)
    if "crcrlf" in quirks:
        body = body.replace(b"\r\n", b"\r\r\n")
    if "no-final-crlf" in quirks:
        body = body.rstrip(b"\r\n")
    return body


def _uri_host(contact: tuple[str, int]) -> str:
    host, port = contact
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
