"""A device that is spoken to: it takes the notice of a broadcast and asks for the sound.

Theory of operation.  A notice becomes the event :class:`~tongshi.sim.event.Spoken`; the shell opens
a way for the sound and :meth:`Hearings.open` answers and invites.  ``Listening`` follows when the
platform agreed, ``Silence`` once, whatever ended it.

Source: GB/T 28181-2022 9.12.1.
"""

import re
from dataclasses import dataclass

from tongshi.gb28181.description import Setup
from tongshi.gb28181.listener import Listener, Respond, wish
from tongshi.gb28181.manscdp import BroadcastAnswer, BroadcastNotify, Outcome
from tongshi.gb28181.steps import (
    Acknowledge,
    Bye,
    Cancel,
    Ended,
    Established,
    Failed,
    Invite,
    Parties,
    Step,
)
from tongshi.gb28181.subject import Subject
from tongshi.sim.event import Listening, Silence, Spoken
from tongshi.sim.host import Host, Settle, ignore
from tongshi.sim.join import host_port
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Request, Response

MOST = 4
"""Broadcasts at once; more are refused."""


@dataclass(slots=True, eq=False)
class Hearing:
    """One broadcast.  handle: of its INVITE."""

    number: int
    notice: BroadcastNotify
    target_id: str
    listener: Listener | None = None
    handle: int | None = None


class Hearings:
    """All broadcasts to one device."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._hearings: dict[int, Hearing] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._hearings)

    def notified(self, notice: BroadcastNotify, now: float) -> None:
        """Take the notice that somebody speaks."""
        host, quirks = self._host, self._host.quirks
        voice = host.profile.voice
        if not voice or "broadcast-refused" in quirks or len(self) >= MOST:
            self._respond(notice, voice or notice.target_id, Outcome.ERROR, now)
            return
        if "broadcast-no-invite" in quirks:
            self._respond(notice, voice, Outcome.OK, now)
            return
        self._count += 1
        self._hearings[self._count] = Hearing(self._count, notice, voice)
        passive = "listen-passively" in quirks
        tcp = passive or "listen-over-tcp" in quirks
        host.tell(Spoken(self._count, voice, tcp, tcp and not passive))

    def open(self, number: int, own_host: str, port: int, now: float) -> None:
        """Answer the notice, and ask for the sound to be sent to *own_host* and *port*."""
        hearing, host = self._hearings.get(number), self._host
        if hearing is None:
            return
        quirks, target = host.quirks, hearing.target_id
        tcp = "listen-passively" in quirks or "listen-over-tcp" in quirks
        active = Setup.PASSIVE if "listen-passively" in quirks else Setup.ACTIVE
        ssrc = "" if "listen-without-y" in quirks else f"0{target[3:8]}{number % 10_000:04}"
        setup = active if tcp else None
        offer = wish(owner=target, host=own_host, port=port, tcp=tcp, setup=setup, ssrc=ssrc)
        join, source = host.join, hearing.notice.source_id
        parties = Parties(
            target,
            source,
            join.realm,
            f"sip:{source}@{join.realm}",
            f"sip:{host.profile.device_id}@{host_port(host.contact)}",
            join.user_agent,
        )
        hearing.listener = Listener(parties, offer, seq=str(number), new_token=host.token)
        steps = hearing.listener.notified()
        if "invite-before-response" in quirks:
            steps.reverse()
        for step in steps:
            if isinstance(step, Respond):
                self._respond(hearing.notice, target, Outcome.OK, now)
            else:
                self._do(hearing, step, now)

    def refuse(self, number: int, now: float) -> None:
        """Answer the notice ERROR: there is no way for the sound."""
        hearing = self._hearings.get(number)
        if hearing is not None:
            self._respond(hearing.notice, hearing.target_id, Outcome.ERROR, now)
            self._end(hearing, "no way for the sound")

    def hang_up(self, number: int, now: float) -> None:
        """End a broadcast from our side."""
        hearing = self._hearings.get(number)
        if hearing is not None and hearing.listener is not None:
            hearing.listener.call.hang_up()
            self._carry(hearing, now)

    def drop_all(self) -> None:
        """Forget every broadcast, as after a restart."""
        for hearing in list(self._hearings.values()):
            self._end(hearing, "the device is gone")

    def owns(self, request: Request) -> bool:
        """Whether *request* belongs to a broadcast."""
        return self._find(request) is not None

    def arrived(self, arrived: RequestArrived, now: float) -> None:
        """Take a BYE within a broadcast."""
        hearing = self._find(arrived.request)
        if hearing is not None and hearing.listener is not None:
            response = hearing.listener.call.arrived(arrived.request)
            self._host.reply(arrived, response, now)
            self._carry(hearing, now)

    def _find(self, request: Request) -> Hearing | None:
        for hearing in self._hearings.values():
            if hearing.listener is not None and hearing.listener.call.accepts(request):
                return hearing
        return None

    def _respond(self, notice: BroadcastNotify, own: str, result: Outcome, now: float) -> None:
        self._host.send(BroadcastAnswer(notice.sn, own, result), now, ignore)

    def _carry(self, hearing: Hearing, now: float) -> None:
        """Carry out what the call wants, and report."""
        if hearing.listener is None:
            return
        call = hearing.listener.call
        for step in call.steps():
            self._do(hearing, step, now)
        for event in call.events():
            match event:
                case Established(answer=answer):
                    self._host.tell(Listening(hearing.number, answer.host, answer.port))
                case Failed(stage=stage, reason=reason):
                    self._end(hearing, f"{stage.value}: {reason}")
                case Ended(by=by):
                    self._end(hearing, f"ended by {by.value}")
                case _:
                    pass

    def _do(self, hearing: Hearing, step: Step, now: float) -> None:
        host = self._host
        match step:
            case Invite(request=request):
                made = disfigure(request, host)
                hearing.handle = host.ask(made, now, self._settle_invite(hearing))
                if hearing.handle is None:
                    self._end(hearing, "no way to the platform")
            case Acknowledge(request=request) if hearing.handle is not None:
                host.acknowledge(hearing.handle, request, now)
            case Bye(request=request, stray=stray):
                self._bye(hearing, request, stray, now)
            case Cancel() | Acknowledge():
                pass

    def _settle_invite(self, hearing: Hearing) -> Settle:
        def settle(response: Response | None, then: float) -> None:
            if hearing.listener is None:
                return
            call = hearing.listener.call
            if response is None:
                call.unanswered("timeout")
            else:
                call.answered(response)
            self._carry(hearing, then)

        return settle

    def _bye(self, hearing: Hearing, request: Request, stray: bool, now: float) -> None:
        def settle(response: Response | None, then: float) -> None:
            if hearing.listener is not None and not stray:
                hearing.listener.call.bye_over()
                self._carry(hearing, then)

        if self._host.ask(request, now, settle) is None:
            settle(None, now)

    def _end(self, hearing: Hearing, why: str) -> None:
        if self._hearings.pop(hearing.number, None) is not None:
            self._host.tell(Silence(hearing.number, why))


def disfigure(request: Request, host: Host) -> Request:
    """Return an INVITE for sound as this device writes it."""
    quirks = host.quirks
    if "pcma-mono" in quirks:
        request.body = request.body.replace(b"PCMA/8000", b"PCMA/8000/1")
    if "no-rtpmap" in quirks:
        request.body = re.sub(rb"(?m)^a=rtpmap:.*\r\n", b"", request.body).rstrip(b"\r\n")
    subject = Subject.parse(request.headers.get("Subject"))
    if "swapped-subject" in quirks and subject is not None:
        told = f"{subject.receiver}:{subject.receiver_seq},{subject.sender}:{subject.sender_seq}"
        request.headers.set("Subject", told)
    return request
