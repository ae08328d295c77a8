"""Answers of devices on their way: who waits for which SN, and how long still.

A query's answer is a MESSAGE of its own, or many.  It is matched by SN, command and the host that
was asked: nobody else may answer for a device, whatever id is in From.  An SN of ours is never used
twice at a time, so that a device that answers under another id (some do) is matched as well.

| wait | for |
|---|---|
| ``One`` | one answer |
| ``Parts`` | a list whose parts announce a total: the catalog, records, presets, cruises, cards |
| ``Several`` | answers that together are enough: ConfigDownload, one a type |

Source: GB/T 28181-2022 A.1, annex M.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from tongshi.errors import PeerSilent
from tongshi.gb28181.gather import Gathered, Gathering
from tongshi.signalling.answers import Answer, Listing, refusal
from tongshi.sip.address import Address

A = TypeVar("A", bound=Answer)
R = TypeVar("R")
T = TypeVar("T")
LAST_SN = 2**31 - 1
LONGEST = 900.0
"""How long an answer in parts may take in all, s, however many parts come."""


class Wait(Generic[R]):
    """One query under way.

    sn: to ask with.  sign: called whenever something comes.
    """

    def __init__(self, sn: int, device_id: str, host: str, sign: Callable[[], None]) -> None:
        self.sn = sn
        self.device_id = device_id
        self.host = host
        self.sign = sign
        self.loop = asyncio.get_running_loop()
        self.done: asyncio.Future[R] = self.loop.create_future()
        self.timer: asyncio.TimerHandle | None = None

    def take(self, answer: Answer) -> bool:
        """Take *answer*; False when it is of another kind."""
        raise NotImplementedError

    def due(self) -> None:
        """See whether the wait is over: by default it is, and in vain."""
        if not self.done.done():
            text = f"{self.device_id} took the query and never answered it"
            self.done.set_exception(PeerSilent(text, timer="first part", stage="answer"))

    def arm(self, at: float) -> None:
        """Call :meth:`due` at loop time *at*, s, and not before."""
        if self.timer is not None:
            self.timer.cancel()
        self.timer = self.loop.call_at(at, self.due)

    def end(self) -> None:
        """Wait no longer."""
        if self.timer is not None:
            self.timer.cancel()
        if not self.done.done():
            self.done.cancel()
        elif not self.done.cancelled():
            self.done.exception()  # nobody need have asked for it


class One(Wait[A]):
    """A query with one answer."""

    def __init__(
        self, kind: type[A], sn: int, device_id: str, host: str, sign: Callable[[], None]
    ) -> None:
        super().__init__(sn, device_id, host, sign)
        self._kind: type[A] = kind

    def take(self, answer: Answer) -> bool:
        """Take the answer."""
        if not isinstance(answer, self._kind):
            return False
        if not self.done.done():
            self.done.set_result(answer)
        return True


class Parts(Wait[Gathered[T]], Generic[A, T]):
    """A query whose answer is a list in parts."""

    def __init__(
        self,
        listing: Listing[A, T],
        gathering: Gathering[T],
        sn: int,
        device_id: str,
        host: str,
        sign: Callable[[], None],
    ) -> None:
        super().__init__(sn, device_id, host, sign)
        self._listing = listing
        self._gathering = gathering
        self._came = False

    def take(self, answer: Answer) -> bool:
        """Take one part."""
        if not isinstance(answer, self._listing.kind):
            return False
        refused = refusal(answer)
        if refused is not None and not self._came:
            if not self.done.done():
                self.done.set_exception(refused)
            return True
        before = self._gathering.deadline()
        self._gathering.add(self._listing.part(answer), self.loop.time())
        self._came = True
        if self._gathering.deadline() < before:  # a later one is seen when the timer fires
            self.arm(self._gathering.deadline())
        return True

    def due(self) -> None:
        """Take what has come for the result, if nothing more is expected."""
        if not self._gathering.over(self.loop.time()):
            self.arm(self._gathering.deadline())
        elif not self._came:
            super().due()
        elif not self.done.done():
            self.done.set_result(self._gathering.result())


class Several(Wait[tuple[A, ...]]):
    """A query that is answered once for each thing it asked for.

    enough: says whether nothing else is expected.  gap: s of silence after which nothing comes.
    most: answers kept; the wait ends with them.
    """

    def __init__(
        self,
        kind: type[A],
        enough: Callable[[tuple[A, ...]], bool],
        gap: float,
        most: int,
        sn: int,
        device_id: str,
        host: str,
        sign: Callable[[], None],
    ) -> None:
        super().__init__(sn, device_id, host, sign)
        self._kind = kind
        self._enough = enough
        self._gap = gap
        self._most = most
        self._came: tuple[A, ...] = ()

    def take(self, answer: Answer) -> bool:
        """Take one answer."""
        if not isinstance(answer, self._kind):
            return False
        if not self.done.done():
            self._came = (*self._came, answer)
            if self._enough(self._came) or len(self._came) >= self._most:
                self.done.set_result(self._came)
            else:
                self.arm(self.loop.time() + self._gap)
        return True

    def due(self) -> None:
        """Take what has come for the result; nothing at all is silence."""
        if not self._came:
            super().due()
        elif not self.done.done():
            self.done.set_result(self._came)


class _Awaited(Protocol):
    """A wait, whatever its result."""

    @property
    def sn(self) -> int: ...
    @property
    def host(self) -> str: ...
    @property
    def sign(self) -> Callable[[], None]: ...
    def take(self, answer: Answer) -> bool: ...


W = TypeVar("W", bound=_Awaited)


class Waiting:
    """The queries under way, by SN.

    sn: the last one used.  first: s to wait for the first part of an answer.  gap: s of silence
    after which a catalog has ended.  taken: answers and parts.  strays: those nobody waits for.
    """

    def __init__(self, sn: int, *, first: float, gap: float) -> None:
        self.taken = self.strays = 0
        self._sn = sn
        self._first = first
        self._gap = gap
        self._loop = asyncio.get_running_loop()
        self._hosts: Counter[str] = Counter()
        self._waits: dict[int, _Awaited] = {}

    def __len__(self) -> int:
        return len(self._waits)

    def one(
        self,
        device_id: str,
        address: Address,
        kind: type[A],
        sign: Callable[[], None],
        *,
        within: float | None = None,
    ) -> Wait[A]:
        """Wait from now on for one answer of *kind*.  within: s; None for the usual."""
        wait = One(kind, self._next(), device_id, address.host, sign)
        wait.arm(self._loop.time() + (self._first if within is None else within))
        return self._keep(wait)

    def parts(
        self,
        device_id: str,
        address: Address,
        listing: Listing[A, T],
        sign: Callable[[], None],
        *,
        first: float | None = None,
        gap: float | None = None,
    ) -> Parts[A, T]:
        """Wait from now on for a list.

        first: s for its first part; gap: s of silence after which it ends; None for the usual.
        """
        gathering = Gathering(
            listing.key,
            self._loop.time(),
            first=self._first if first is None else first,
            gap=self._gap if gap is None else gap,
            longest=LONGEST,
            limit=listing.limit,
            uncounted=listing.uncounted,
            twins=listing.twins,
        )
        wait = Parts(listing, gathering, self._next(), device_id, address.host, sign)
        wait.arm(gathering.deadline())
        return self._keep(wait)

    def several(
        self,
        device_id: str,
        address: Address,
        kind: type[A],
        enough: Callable[[tuple[A, ...]], bool],
        sign: Callable[[], None],
        *,
        within: float,
        gap: float,
        most: int = 64,
    ) -> Several[A]:
        """Wait from now on for answers of *kind* until they are *enough*; see `Several`."""
        wait = Several(kind, enough, gap, most, self._next(), device_id, address.host, sign)
        wait.arm(self._loop.time() + within)
        return self._keep(wait)

    async def result(self, wait: Wait[R]) -> R:
        """Return what came; raises PeerSilent (stage ``"answer"``) when nothing did."""
        try:
            return await wait.done
        finally:
            self.end(wait)

    def end(self, wait: Wait[R]) -> None:
        """Wait no longer."""
        if self._waits.pop(wait.sn, None) is not None:
            self._hosts[wait.host] -= 1
            if not self._hosts[wait.host]:
                del self._hosts[wait.host]
        wait.end()

    def arrived(self, source: Address, answer: Answer) -> bool:
        """Take an answer, or a part of one; False when nobody waits for it from there."""
        wait = self._waits.get(answer.sn)
        if wait is None or wait.host != source.host or not wait.take(answer):
            self.strays += 1
            return False
        self.taken += 1
        wait.sign()
        return True

    def expects(self, host: str) -> bool:
        """Return whether anything is awaited from *host*."""
        return host in self._hosts

    def _keep(self, wait: W) -> W:
        self._waits[wait.sn] = wait
        self._hosts[wait.host] += 1
        return wait

    def _next(self) -> int:
        """Return an SN that no query under way has."""
        self._sn = self._sn % LAST_SN + 1
        while self._sn in self._waits:
            self._sn = self._sn % LAST_SN + 1
        return self._sn
