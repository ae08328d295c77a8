"""What signalling itself does about what it tells, before anybody else is told.

| told | done |
|---|---|
| a device is online | asked for DeviceInfo and catalog; subscribed to |
| it is offline | its media are ended, its dead connection is closed |
| it began anew, or other parts of it are faulty | asked again |
| it describes itself, or its catalog came | another profile may hold |
"""

from collections.abc import Callable
from typing import Any

from tongshi.signalling.event import (
    CatalogGathered,
    DeviceDescribed,
    DevicePresence,
    DeviceRestarted,
    PartsFaulty,
    Presence,
    SignallingEvent,
    Why,
)
from tongshi.signalling.holders import Holders
from tongshi.signalling.links import Links
from tongshi.signalling.neighbours import Neighbours
from tongshi.signalling.profiles import Profiles
from tongshi.signalling.queries import Queries
from tongshi.signalling.subscriptions import Subscriptions


class Reactions:
    """Hands each event to the parts that it concerns.

    emit: gets ProfileChosen.  ask: whether devices that come online are asked what they are.
    """

    def __init__(
        self,
        neighbours: Neighbours,
        links: Links,
        profiles: Profiles,
        queries: Queries,
        subscriptions: Subscriptions,
        holders: Holders,
        emit: Callable[[SignallingEvent], None],
        *,
        ask: bool,
    ) -> None:
        self._neighbours = neighbours
        self._links = links
        self._profiles = profiles
        self._queries = queries
        self._subscriptions = subscriptions
        self._holders = holders
        self._emit = emit
        self._ask = ask
        self._by_kind: dict[type[SignallingEvent], Callable[[Any], None]] = {
            DevicePresence: self._presence_changed,
            DeviceRestarted: self._restarted,
            DeviceDescribed: self._described,
            CatalogGathered: self._listed,
        }
        if ask:  # how its channels are, now that it says that others are faulty
            self._by_kind[PartsFaulty] = lambda event: queries.plan(event.device_id)

    def take(self, event: SignallingEvent) -> None:
        """Do what *event* asks for, if anything."""
        reaction = self._by_kind.get(type(event))
        if reaction is not None:
            reaction(event)

    def _presence_changed(self, event: DevicePresence) -> None:
        self._subscriptions.presence_changed(event)
        if event.state is Presence.ONLINE and event.why is Why.REGISTERED:
            if self._ask:
                self._queries.plan(event.device_id)
        elif event.state is Presence.OFFLINE:
            self._queries.forget(event.device_id)
            self._holders.end_device(event.device_id)
            self._free_link(event)

    def _restarted(self, event: DeviceRestarted) -> None:
        self._subscriptions.device_restarted(event.device_id)
        if self._ask:
            self._queries.plan(event.device_id)

    def _described(self, event: DeviceDescribed) -> None:
        maker = event.answer.manufacturer
        chosen = self._profiles.described(event.device_id, maker, event.at)
        if chosen is not None:
            self._emit(chosen)

    def _listed(self, event: CatalogGathered) -> None:
        chosen = self._profiles.listed(event.device_id, event.gathered.items, event.at)
        if chosen is not None:
            self._emit(chosen)

    def _free_link(self, event: DevicePresence) -> None:
        """Close a connection whose peer is dead, unless another device lives on it."""
        neighbour = self._neighbours.get(event.device_id)
        if neighbour is None or neighbour.address.transport != "tcp":
            return
        local = neighbour.address.local
        if event.why in (Why.MISSED, Why.EXPIRED) and not self._neighbours.reached_by(local):
            self._links.end(local, "its device is gone")
