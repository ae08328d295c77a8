"""Pictures that a device takes and uploads by HTTP, ordered from here.

::

    order -> DeviceConfig(SnapShotConfig) -> Response -> the device uploads to a one-time address
                                                  -> UploadSnapShotFinished

An order has a key that nobody can guess, and as many places as pictures were ordered.  It is over
when the device says so and nothing is on its way any more, when every picture has come, or when
its time is up; its key opens nothing afterwards.  Who receives the bytes (the web server) takes a
place, and gives it back or fills it.

Source: GB/T 28181-2022 9.14, A.2.1.24, A.2.5.7.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tongshi.clock import Clock
from tongshi.errors import Error, Exhausted, Invalid, Missing, PeerSilent
from tongshi.gb28181.manscdp import Message, SnapShotConfig, UploadSnapShotFinished
from tongshi.signalling.commands import Commands
from tongshi.signalling.errands import Errands
from tongshi.signalling.event import PictureUploaded, SignallingEvent
from tongshi.signalling.neighbours import Neighbour
from tongshi.sip.event import RequestArrived

Keep = Callable[[str, bytes], Awaitable[str]]
"""Keeps a picture under the name that its sender gave it; returns what is to be noted of it."""
MOST = 10
"""Pictures in one order (A.2.1.24)."""


@dataclass(frozen=True, slots=True)
class PictureRules:
    """patience: s for an order beside its intervals.  settle: s after its end for what is on the
    way.  orders: at once.
    """

    patience: float = 30.0
    settle: float = 3.0
    orders: int = 1000


@dataclass(slots=True, eq=False)
class Order:
    """Pictures ordered from one channel.

    key: of the address that takes them.  host: of the device, from where it uploads unless its
    profile allows others.
    keep: keeps a picture for who ordered it.  kept: what that noted, one a picture.
    under_way: uploads going on.
    names: what the device says it uploaded; None while it has said nothing.
    """

    session_id: str
    key: str
    device_id: str
    channel_id: str
    ordered: int
    host: str
    keep: Keep
    kept: list[str] = field(default_factory=list)
    under_way: int = 0
    names: tuple[str, ...] | None = None
    over: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def full(self) -> bool:
        """Whether every picture has come."""
        return len(self.kept) >= self.ordered

    @property
    def settled(self) -> bool:
        """Whether nothing else is to come."""
        return self.full or (self.names is not None and self.under_way == 0)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What came of an order.

    kept: as `Keep` noted them, in order of arrival.
    why: ``""`` when all came; ``"fewer"``, the device said that it has uploaded less;
    ``"lost"``, it said more than came; ``"late"``, it said nothing in time.
    """

    session_id: str
    ordered: int
    kept: tuple[str, ...]
    why: str


class Pictures:
    """The orders under way.

    emit: gets PictureUploaded.
    """

    def __init__(
        self,
        errands: Errands,
        commands: Commands,
        emit: Callable[[SignallingEvent], None],
        clock: Clock,
        rules: PictureRules | None = None,
    ) -> None:
        self._errands = errands
        self._commands = commands
        self._emit = emit
        self._clock = clock
        self._rules = rules or PictureRules()
        self._by_key: dict[str, Order] = {}
        self._by_session: dict[str, Order] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    async def order(
        self,
        device_id: str,
        channel_id: str,
        count: int,
        interval: int,
        address_of: Callable[[str], str],
        keep: Keep,
    ) -> Uploaded:
        """Have a channel take *count* pictures, *interval* s apart, and return what came.

        address_of: returns the HTTP address of a key.  keep: gets each picture that comes.
        Raises what `Commands.configure` raises, PeerSilent (stage ``"upload"``) when nothing came.
        """
        if not 1 <= count <= MOST or not 1 <= interval <= 3600:
            raise Invalid(f"an order has 1 to {MOST} pictures, at least a second apart")
        if len(self._by_key) >= self._rules.orders:
            raise Exhausted(f"{len(self._by_key)} orders of pictures go on", resource="snapshot")
        host = self._errands.neighbour(device_id).address.host
        order = Order(
            secrets.token_hex(20), secrets.token_hex(24), device_id, channel_id, count, host, keep
        )
        block = SnapShotConfig(count, interval, address_of(order.key), order.session_id)
        self._by_key[order.key] = self._by_session[order.session_id] = order
        try:
            await self._commands.configure(device_id, channel_id, block)
            await self._wait(order, self._rules.patience + interval * (count - 1))
        finally:
            order.over = True
            del self._by_key[order.key], self._by_session[order.session_id]
        return self._result(order)

    def take(self, key: str) -> Order:
        """Return the order of *key* with one place of it taken: `fill` or `leave` it.

        Raises Missing for a key that is unknown or over, Exhausted when all places are taken.
        """
        order = self._by_key.get(key)
        if order is None:
            raise Missing("no such upload")
        if len(order.kept) + order.under_way >= order.ordered:
            raise Exhausted("every picture of this order has come", resource="snapshot")
        order.under_way += 1
        return order

    def fill(self, order: Order, kept: str) -> None:
        """Note that a picture has come, as *kept*."""
        order.under_way -= 1
        order.kept.append(kept)
        order.news.set()

    def leave(self, order: Order) -> None:
        """Give a place back: nothing usable came."""
        order.under_way -= 1
        order.news.set()

    def finished(self, neighbour: Neighbour, message: Message, arrived: RequestArrived) -> int:
        """Take UploadSnapShotFinished; return the status to answer: 200, also to strangers'."""
        assert isinstance(message, UploadSnapShotFinished)
        order = self._by_session.get(message.session_id)
        if order is not None and order.device_id == neighbour.device_id:
            order.names = message.files
            order.news.set()
        return 200

    async def _wait(self, order: Order, within: float) -> None:
        """Return when nothing else is to come, or the time is up."""
        try:
            async with asyncio.timeout(within):
                while not order.settled:
                    order.news.clear()
                    await order.news.wait()
        except TimeoutError:
            return
        expected = min(len(order.names or ()), order.ordered)
        if order.full or len(order.kept) >= expected:
            return
        try:  # what it says to have uploaded may still be on its way
            async with asyncio.timeout(self._rules.settle):
                while len(order.kept) < expected:
                    order.news.clear()
                    await order.news.wait()
        except TimeoutError:
            pass

    def _result(self, order: Order) -> Uploaded:
        why = "" if order.full else _why(order)
        event = PictureUploaded(
            order.device_id,
            order.channel_id,
            order.session_id,
            len(order.kept),
            order.ordered,
            why,
            self._clock.wall(),
        )
        self._emit(event)
        if not order.kept:
            said = "it uploaded none" if order.names is not None else "it uploaded nothing in time"
            raise _nothing(f"{order.device_id} took the order of pictures, and {said}")
        return Uploaded(order.session_id, order.ordered, tuple(order.kept), why)


def _why(order: Order) -> str:
    if order.names is None:
        return "late"
    return "lost" if len(order.names) > len(order.kept) else "fewer"


def _nothing(text: str) -> Error:
    return PeerSilent(text, timer="upload", stage="upload")
