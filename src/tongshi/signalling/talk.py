"""One talk: whom it reaches, by whom it is held, how it ended; what every way there holds.

The ways there are `tongshi.signalling.broadcast` and `tongshi.signalling.dialogue`.  Whatever
fails, what was taken before it is given back in the opposite order: BYE, port, SSRC.
Source: GB/T 28181-2022 9.12.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from tongshi.errors import Conflict, Error, PeerSilent
from tongshi.gateway.engine import Speak, Spoken, Transport
from tongshi.gb28181.broadcast import Hearing
from tongshi.gb28181.ssrc import Kind as Digit
from tongshi.signalling.calls import BYE_TIMEOUT
from tongshi.signalling.event import TalkKey
from tongshi.signalling.neighbours import Neighbour
from tongshi.signalling.upstream import Means
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Response


class Mode(Enum):
    """How a talk goes about it."""

    BROADCAST = "broadcast"
    """The person speaks; whoever wants to listen watches the camera besides."""
    TALK = "talk"
    """Sound goes both ways in one session; of 2016 and some makers."""


class Talk:
    """One talk that goes on.

    holder: who holds it, for people.  stream: its name in the engine.  ssrc: ten digits.
    hears: the device's sound comes to who talks.  spoken: what it carried, once it is over.
    """

    def __init__(self, key: TalkKey, holder: str, mode: Mode, stream: str) -> None:
        self.key = key
        self.holder = holder
        self.mode = mode
        self.stream = stream
        self.transport = Transport.UDP
        self.ssrc = ""
        self.hears = False
        self.spoken: Spoken | None = None
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.closed = asyncio.Event()
        self._over: asyncio.Future[str] = loop.create_future()

    @property
    def over(self) -> bool:
        """Whether it has ended, or is ending."""
        return self._over.done()

    @property
    def why(self) -> str:
        """Why it ended; "" while it goes on."""
        return self._over.result() if self._over.done() else ""

    async def ended(self) -> str:
        """Return why it ended, once it has; see TalkEnded."""
        return await asyncio.shield(self._over)

    def end(self, why: str = "closed") -> None:
        """Let it end; the first reason counts."""
        if not self._over.done():
            self._over.set_result(why)

    def fail(self, error: Error) -> None:
        """Tell who opens it that it did not come about."""
        if not self.ready.done():
            self.ready.set_exception(error)
            self.ready.exception()  # nobody need be waiting yet


@dataclass(frozen=True, slots=True)
class Desk:
    """What talks are made with besides sessions' means.

    broadcast: s for a device's INVITE.  message: s for the answer to a notice.  transport: of
    ``s=Talk``.  reply: answers an INVITE, at any later time.  next_sn: a fresh SN at each call.
    """

    means: Means
    broadcast: float
    message: float
    transport: Transport
    reply: Callable[[RequestArrived, Response], None]
    next_sn: Callable[[], int]


class Attempt(Protocol):
    """One way to get there, and back."""

    async def run(self) -> None:
        """Return once sound goes; raises Error.  :meth:`close` is due in any case."""

    async def close(self, code: str, stage: str, patience: float) -> None:
        """Give everything back; *code* and *stage* are told to who talks."""


class Holding:
    """What both ways hold: an SSRC, a talk of the engine."""

    def __init__(self, talk: Talk, neighbour: Neighbour, desk: Desk) -> None:
        self.talk = talk
        self._neighbour = neighbour
        self._desk = desk
        self._means = desk.means
        self._held = AsyncExitStack()
        self._ending = ("", "")
        self._patience = BYE_TIMEOUT

    async def close(self, code: str, stage: str, patience: float) -> None:
        """Give everything back, once."""
        self._ending, self._patience = (code, stage), patience
        await self._held.aclose()

    def _lease(self) -> str:
        """Return an SSRC of ours, ten digits, until the end."""
        ssrcs = self._means.ssrcs
        ssrc = ssrcs.lease(Digit.LIVE, self.talk.stream)
        self._held.callback(ssrcs.release, ssrc)
        return ssrc

    async def _open(self, speak: Speak) -> int:
        """Return the port of the talk in the engine."""
        port = await self._means.engine.talks.open(speak)
        self._held.push_async_callback(self._close_talk)
        self.talk.transport, self.talk.hears = speak.transport, speak.hears
        return port

    async def _start(self, hearing: Hearing, ssrc: str, *, follow: bool) -> None:
        self.talk.ssrc = ssrc
        await self._means.engine.talks.start(
            self.talk.stream, hearing.host, hearing.port, int(ssrc), follow=follow
        )

    async def _close_talk(self) -> None:
        self.talk.spoken = await self._means.engine.talks.close(self.talk.stream, *self._ending)

    def _media_host(self) -> str:
        return self._means.host or self._means.own.facing.host(self._neighbour.address)


def ended_early(talk: Talk, why: str) -> Error:
    """Return what who opens it gets when it ended before any sound went."""
    target = talk.key.target_id
    if why == "offline":
        text = f"device {talk.key.device_id} went offline"
        return PeerSilent(text, timer="keepalive", stage="presence")
    return Conflict(f"the talk with {target} was ended: {why}")
