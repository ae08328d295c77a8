"""A device's answers to the queries of its platform.

Source: GB/T 28181-2022 9.5 and annex M: parts one after another, each when the last was answered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tongshi.clock import Clock
from tongshi.errors import RemoteProtocolError
from tongshi.gb28181 import manscdp
from tongshi.gb28181.manscdp import Message
from tongshi.gb28181.manscdp.query import CatalogQuery, DeviceInfoQuery, DeviceStatusQuery
from tongshi.gb28181.parts import TCP_ROOM, Sending
from tongshi.gb28181.version import Version
from tongshi.sim import listing
from tongshi.sim.join import Join
from tongshi.sim.profile import Profile
from tongshi.sim.quirks import Quirks
from tongshi.sip.event import RequestArrived
from tongshi.sip.message import Response

_ITEM_ROOM = 600
"""Bytes of body for each item that a UDP message may hold."""


@dataclass(frozen=True, slots=True)
class Queried:
    """The platform asked something.  command: its CmdType."""

    command: str


class Owner(Protocol):
    """The device, as far as its answers need it."""

    profile: Profile
    join: Join
    quirks: Quirks
    version: Version
    clock: Clock

    @property
    def reliable(self) -> bool:
        """Whether the way to the platform is TCP."""

    def send(
        self, content: Message, now: float, settle: Callable[[Response | None, float], None]
    ) -> None:
        """Send *content* as a MESSAGE."""

    def reply(self, arrived: RequestArrived, response: Response, now: float) -> None:
        """Answer *arrived*."""

    def tell(self, event: Queried) -> None:
        """Report *event*."""


@dataclass(slots=True)
class Answers:
    """Reads MESSAGEs, and sends what they ask for."""

    owner: Owner

    def arrived(self, arrived: RequestArrived, now: float) -> None:
        """Take a MESSAGE."""
        owner, request = self.owner, arrived.request
        if "deaf" in owner.quirks:
            return
        try:
            query = manscdp.read(request.body)
        except RemoteProtocolError as error:
            owner.reply(arrived, request.response(error.status), now)
            return
        profile = owner.profile
        if query.device_id != profile.device_id and profile.channel(query.device_id) is None:
            owner.reply(arrived, request.response(404), now)
        elif "response-first" in owner.quirks:
            self._respond(query, now)
            owner.reply(arrived, request.response(200), now)
        else:
            owner.reply(arrived, request.response(200), now)
            self._respond(query, now)

    def _respond(self, query: Message, now: float) -> None:
        owner = self.owner
        match query:
            case CatalogQuery():
                owner.tell(Queried("Catalog"))
                self._list(query, now)
            case DeviceInfoQuery():
                owner.tell(Queried("DeviceInfo"))
                owner.send(listing.info_of(owner.profile, query), now, _ignore)
            case DeviceStatusQuery():
                owner.tell(Queried("DeviceStatus"))
                owner.send(listing.status_of(query, owner.clock.wall()), now, _ignore)
            case manscdp.Other():
                owner.tell(Queried(query.cmd_type))
            case _:
                pass

    def _list(self, query: CatalogQuery, now: float) -> None:
        owner, most = self.owner, self.owner.join.items
        room = TCP_ROOM if owner.reliable else _ITEM_ROOM * most
        parts = listing.parts_of(
            owner.profile, query, owner.quirks, owner.version, room=room, most=most
        )
        self._send_part(Sending(parts), now)

    def _send_part(self, sending: Sending, now: float) -> None:
        part = sending.take()
        if part is None:
            return

        def settle(response: Response | None, then: float) -> None:
            if response is None:
                sending.unanswered()
            else:
                sending.answered(response.status)
            self._send_part(sending, then)

        self.owner.send(part, now, settle)


def _ignore(response: Response | None, now: float) -> None:
    """Take an answer on which nothing depends."""
