"""One view: what was wished for, where it stands, and what it has come to so far."""

import asyncio
from dataclasses import dataclass
from enum import Enum

from tongshi.access.identity import Session as SignIn
from tongshi.access.register import NO_BASIS, Basis
from tongshi.errors import Error
from tongshi.gateway.engine import Track, Transport
from tongshi.gateway.tickets import ANYBODY, Bond
from tongshi.signalling.event import Kind
from tongshi.signalling.history import History, Span
from tongshi.signalling.share import Session


class State(Enum):
    """Where a view stands."""

    OPENING = "opening"
    READY = "ready"
    WATCHED = "watched"
    LEFT = "left"
    FAILED = "failed"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see.  channel: its name.  hevc: their browser decodes H.265.

    transport: how the camera is to send; None leaves it to the node.  footage: of the past; None
    for the present.  basis: what it rests on.  approved: the purpose wants an approved request.
    silent: without sound.
    """

    device_id: str
    channel_id: str
    channel: str
    kind: Kind
    purpose: str
    hevc: bool = False
    transport: Transport | None = None
    footage: Span | None = None
    basis: Basis = NO_BASIS
    approved: bool = False
    silent: bool = False


class View:
    """One view of one person.

    watched: s, and sent: bytes, of the tickets that are over; None when that died with a worker.
    ended: how it ended.  bond: to whom its addresses are bound.
    """

    def __init__(
        self, view_id: str, sign_in: SignIn, wish: Wish, entry_id: int, bond: Bond = ANYBODY
    ) -> None:
        self.id = view_id
        self.bond = bond
        self.sign_in = sign_in
        self.wish = wish
        self.entry_id = entry_id
        self.state = State.OPENING
        self.session: Session | History | None = None
        self.track: Track | None = None
        self.ticket = ""
        self.tickets: set[str] = set()
        self.transcoded = False
        self.error: Error | None = None
        self.watched = 0.0
        self.sent: int | None = 0
        self.joined_at: float | None = None
        self.ended = ""
        self.settled = asyncio.Event()
        self.parted = asyncio.Event()
        self.opening: asyncio.Task[None] | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.received_before = 0

    def rest(self) -> None:
        """Stop the timer, if one runs."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
