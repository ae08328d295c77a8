"""Addresses of files: each for one sign-in, for a while, and one entry of the access register.

An address counts from the network address that asked for it, until the whole file has left by it,
the sign-in ends, or its time is over.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tongshi.access.identity import Session
from tongshi.access.register import NO_BASIS, Action, Basis, Look
from tongshi.access.service import Register
from tongshi.api.bond import Binding, bind_nobody
from tongshi.clock import Clock
from tongshi.errors import Denied
from tongshi.gateway.tickets import ANYBODY, Bond
from tongshi.recording.download import Download

LASTS = 600.0
"""After its last use an address of a file leads nowhere, s."""
LONGEST = 6 * 3600.0
"""After that it leads nowhere even while it is used, s."""
EACH = 100
"""Addresses of one sign-in at the most: its oldest goes first."""
_MOST = 5000
"""Addresses at the most: then the oldest of those who have the most."""


@dataclass(slots=True)
class Address:
    """One address of one file.  sent: bytes that left by it.  bond: whom it is for."""

    download_id: int
    sign_in: str
    person_id: int
    entry_id: int
    used: float
    sent: int = 0
    begun: float = 0.0
    bond: Bond = ANYBODY


class Addresses:
    """Where files can be fetched for a while; each is one entry of the register."""

    def __init__(
        self,
        register: Register,
        clock: Clock,
        new_token: Callable[[], str],
        bind: Binding = bind_nobody,
    ) -> None:
        """bind: to whom they are bound."""
        self._bind = bind
        self._register = register
        self._clock = clock
        self._new_token = new_token
        self._addresses: dict[str, Address] = {}

    async def make(
        self, download: Download, sign_in: Session, address: str, basis: Basis = NO_BASIS
    ) -> str:
        """Return a key to a file, written into the register before.

        address: from where it is asked for.  basis: what it rests on.
        """
        self._expire()
        asked, person = download.request, sign_in.person
        look = Look(
            person_id=person.id,
            person=person.shown,
            unit=person.unit,
            action=Action.DOWNLOAD,
            device_id=asked.device_id,
            channel_id=asked.channel_id,
            channel=asked.channel,
            purpose=asked.purpose,
            at=self._clock.wall(),
            transport="http",
            address=address,
            since=asked.since,
            until=asked.until,
        )
        entry_id = await asyncio.wrap_future(self._register.submit(look.on(basis)))
        key, now = self._new_token(), self._clock.now()
        self._addresses[key] = Address(
            download.id,
            sign_in.digest,
            person.id,
            entry_id,
            now,
            begun=now,
            bond=self._bind(sign_in, address),
        )
        self._make_room(sign_in.digest)
        return key

    def take(self, key: str, download_id: int, sign_in: str, host: str = "") -> Address:
        """Return what *key* leads to; raises Denied when it leads nowhere, or not this asker.

        host: from where it is used.
        """
        self._expire()
        found = self._addresses.get(key)
        if found is None or found.download_id != download_id or found.sign_in != sign_in:
            raise Denied("this address of the file does not count any more")
        if not found.bond.is_at(host):
            raise Denied("this address of the file does not count any more")
        found.used = self._clock.now()
        return found

    def sent(self, address: Address, size: int) -> None:
        """Note that *size* bytes have left."""
        address.sent += size
        address.used = self._clock.now()

    def rest(self, address: Address, *, whole: bool) -> None:
        """Write down what has left so far; a whole file ends the entry, and the address."""
        seconds = self._clock.now() - address.begun
        if whole:
            self._register.close(address.entry_id, "closed", seconds, address.sent)
            self._forget(lambda each: each is address)
        else:
            self._register.note(address.entry_id, seconds, address.sent)

    def end_sign_in(self, digest: str) -> None:
        """End the addresses of a sign-in that is over."""
        self._forget(lambda each: each.sign_in == digest)

    def end_person(self, person_id: int) -> None:
        """End the addresses of a person, whichever sign-in asked for them."""
        self._forget(lambda each: each.person_id == person_id)

    def close(self) -> None:
        """End every address."""
        self._forget(lambda each: True)

    def _forget(self, over: Callable[[Address], bool]) -> None:
        for key in [key for key, address in self._addresses.items() if over(address)]:
            self._end(key)

    def _expire(self) -> None:
        now = self._clock.now()
        for key, address in list(self._addresses.items()):
            if now - address.used > LASTS or now - address.begun > LONGEST:
                self._end(key)

    def _make_room(self, sign_in: str) -> None:
        """End an address that is one too many: of *sign_in* itself, or of who has the most."""
        held = Counter(address.sign_in for address in self._addresses.values())
        if held[sign_in] > EACH:
            self._end(self._oldest(sign_in))
        elif len(self._addresses) > _MOST:
            self._end(self._oldest(held.most_common(1)[0][0]))

    def _oldest(self, sign_in: str) -> str:
        """Return the key of a sign-in that was used longest ago."""
        own = (key for key, address in self._addresses.items() if address.sign_in == sign_in)
        return min(own, key=lambda key: self._addresses[key].used)

    def _end(self, key: str) -> None:
        address = self._addresses.pop(key)
        seconds = self._clock.now() - address.begun
        self._register.close(address.entry_id, "closed", seconds, address.sent)
