"""What changed, told to open pages: one publisher, bounded readers, newest state wins."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tongshi.errors import Exhausted


@dataclass(frozen=True, slots=True)
class Notice:
    """One change: ``topic`` is the event's name, ``device_id`` decides who may see it.

    people: who is told, by number, whatever they may see; None for a notice about a device.
    """

    topic: str
    device_id: str
    key: str
    body: Mapping[str, object]
    number: int = 0
    people: frozenset[int] | None = None


Sees = Callable[[Notice], bool | None]
"""Whether a reader may be told of this; None: not known yet, whoever takes it asks."""


class Reader:
    """One page's unread notices.

    A later notice of the same topic and key replaces an earlier one, so a storm costs a page
    no more than *backlog* entries; beyond that it is told to load anew.
    """

    def __init__(
        self, sees: Sees, backlog: int, owner: str, *, stale: bool, person_id: int = 0
    ) -> None:
        self.owner = owner
        self._person_id = person_id
        self._sees = sees
        self._backlog = backlog
        self._unread: OrderedDict[tuple[str, str], Notice] = OrderedDict()
        self._reload = stale
        self._closed = False
        self._woken = asyncio.Event()
        if stale:
            self._woken.set()

    def is_of(self, person_id: int) -> bool:
        """Say whether it is this person's page."""
        return self._person_id == person_id

    def put(self, notice: Notice) -> None:
        """Queue *notice* if this reader may see it."""
        if notice.people is None:
            told = self._sees(notice) is not False
        else:
            told = self._person_id in notice.people
        if not told:
            return
        key = (notice.topic, notice.key)
        self._unread.pop(key, None)
        if len(self._unread) >= self._backlog:
            self._unread.clear()
            self._reload = True
        if not self._reload:
            self._unread[key] = notice
        self._woken.set()

    def close(self) -> None:
        """End the stream: `take` returns None from now on."""
        self._closed = True
        self._woken.set()

    async def take(self, wait: float) -> list[Notice] | None:
        """Return what is unread, oldest first; empty after *wait* s of quiet, None at the end.

        A notice of the topic ``reload`` stands for everything that was missed.
        """
        try:
            async with asyncio.timeout(wait):
                await self._woken.wait()
        except TimeoutError:
            return []
        if self._closed:
            return None
        self._woken.clear()
        unread = list(self._unread.values())
        self._unread.clear()
        if self._reload:
            self._reload = False
            return [Notice("reload", "", "", {})]
        return unread


class Feed:
    """The node's notices.  Used from the node's loop only.

    boot: a word that differs at each start, so that a page which reconnects after a restart
    knows that it missed something.
    """

    def __init__(self, boot: str, *, readers: int = 2000, backlog: int = 256) -> None:
        self._boot = boot
        self._limit = readers
        self._backlog = backlog
        self._number = 0
        self._readers: set[Reader] = set()
        self._takers: list[Callable[[Notice], None]] = []

    def subscribe(self, taker: Callable[[Notice], None]) -> None:
        """Hand every notice about a device to *taker*, which decides by itself who may see it."""
        self._takers.append(taker)

    def publish(
        self, topic: str, device_id: str, body: Mapping[str, object], *, key: str = ""
    ) -> None:
        """Tell every reader who may know of *device_id*; *key* tells equal things apart."""
        self._number += 1
        notice = Notice(topic, device_id, key or device_id, body, self._number)
        for reader in self._readers:
            reader.put(notice)
        for taker in self._takers:
            taker(notice)

    def tell(
        self, topic: str, people: frozenset[int], body: Mapping[str, object], *, key: str
    ) -> None:
        """Tell the readers of *people* what concerns them, not a device."""
        self._number += 1
        notice = Notice(topic, "", key, body, self._number, people)
        for reader in self._readers:
            reader.put(notice)

    def join(
        self, sees: Sees, last_seen: str = "", owner: str = "", *, person_id: int = 0
    ) -> Reader:
        """Return a new reader; one that missed notices since *last_seen* starts with a reload.

        owner: the sign-in behind it, see `end`.  person_id: whose it is, see `tell`.  Raises
        Exhausted when too many pages listen.
        """
        if len(self._readers) >= self._limit:
            raise Exhausted("too many pages listen for events", resource="reader")
        stale = bool(last_seen) and last_seen != self.mark()
        reader = Reader(sees, self._backlog, owner, stale=stale, person_id=person_id)
        self._readers.add(reader)
        return reader

    def leave(self, reader: Reader) -> None:
        """Forget *reader*."""
        self._readers.discard(reader)

    def end(self, owner: str) -> None:
        """End the streams of the sign-in *owner*."""
        for reader in self._readers:
            if reader.owner == owner:
                reader.close()

    def end_person(self, person_id: int) -> None:
        """End the streams of a person, whichever sign-in is behind them."""
        for reader in self._readers:
            if reader.is_of(person_id):
                reader.close()

    def close(self) -> None:
        """End all readers' streams: the node stops."""
        for reader in self._readers:
            reader.close()

    def mark(self, number: int | None = None) -> str:
        """Return the id of the notice *number*, by default of the newest."""
        return f"{self._boot}.{self._number if number is None else number}"

    def encode(self, notice: Notice) -> bytes:
        """Return *notice* as one server-sent event."""
        mark = self.mark(notice.number or None)
        body = json.dumps(dict(notice.body), ensure_ascii=False, separators=(",", ":"))
        return f"id: {mark}\nevent: {notice.topic}\ndata: {body}\n\n".encode()

    def __len__(self) -> int:
        return len(self._readers)
