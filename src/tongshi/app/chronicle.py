"""What signalling says, handed to the parts that keep it: register, presence, open pages."""

import asyncio
import logging
from concurrent.futures import Future
from functools import partial

from tongshi.api.feed import Feed
from tongshi.api.notices import catalog_stored, presence_noticed, tell
from tongshi.errors import Error
from tongshi.gb28181.subscription import Subject
from tongshi.gb28181.version import Version
from tongshi.health.service import Health
from tongshi.health.status import Evidence
from tongshi.registry.entry import CatalogStanding, CatalogState, Description, Registration
from tongshi.registry.merge import Changes
from tongshi.registry.peers.service import Peers
from tongshi.registry.service import Registry
from tongshi.registry.state import State
from tongshi.registry.want import Want
from tongshi.signalling import tie as signalling
from tongshi.signalling.event import (
    BeatLearned,
    CatalogAbsent,
    CatalogGathered,
    DeviceDescribed,
    DevicePresence,
    DeviceRedirected,
    DeviceRegistered,
    DeviceRestarted,
    DevicesSeen,
    ProfileChosen,
    QueryFailed,
    RegistrationRefused,
    SessionFailed,
    SignallingEvent,
)
from tongshi.signalling.neighbours import Known

_log = logging.getLogger(__name__)


class Chronicle:
    """Subscribe :meth:`take`; it never blocks.  Make it in the node's running loop."""

    def __init__(self, registry: Registry, health: Health, feed: Feed, peers: Peers) -> None:
        self._registry = registry
        self._peers = peers
        self._health = health
        self._feed = feed
        self._loop = asyncio.get_running_loop()

    def take(self, event: SignallingEvent) -> None:
        """Keep what *event* says, then tell it to open pages."""
        match event:
            case DevicesSeen():
                self._health.record_seen(event.seen)
            case DevicePresence():
                state = State(event.state.value)
                evidence = Evidence(state, event.why.value, event.at, event.last_proof)
                self._health.record(event.device_id, evidence)
            case DeviceRegistered():
                self._registry.record_registration(_registration(event))
            case DeviceDescribed():
                self._registry.record_description(_description(event))
            case CatalogGathered():
                self._store_catalog(event)
            case QueryFailed(query="Catalog"):
                self._registry.record_catalog_failure(event.device_id, event.code, event.at)
                catalog_stored(self._feed, event.device_id)
            case CatalogAbsent():
                self._stand_in(event)
            case BeatLearned():
                self._peers.note_beat(event.device_id, event.interval, event.count, event.at)
            case _:
                _note(event)
        tell(self._feed, event)
        for notice in self._health.notices():
            presence_noticed(self._feed, notice)

    def _store_catalog(self, event: CatalogGathered) -> None:
        gathered = event.gathered
        standing = CatalogStanding(
            state=CatalogState.COMPLETE if gathered.complete else CatalogState.PARTIAL,
            announced=gathered.announced or 0,
            received=gathered.unique,
            why=gathered.why.value if gathered.why is not None else "",
            at=event.at,
        )
        try:
            stored = self._registry.submit_catalog(event.device_id, gathered.items, standing)
        except Error as error:
            _log.error("event=catalog-lost device_id=%s why=%s", event.device_id, error)
            return
        stored.add_done_callback(partial(self._stored, event.device_id))

    def _stand_in(self, event: CatalogAbsent) -> None:
        """Let a device without a catalog be its own channel."""
        try:
            stored = self._registry.stand_in(event.device_id, event.at)
        except Error as error:
            _log.error("event=catalog-lost device_id=%s why=%s", event.device_id, error)
            return
        if stored is not None:
            stored.add_done_callback(partial(self._stored, event.device_id))

    def _stored(self, device_id: str, done: Future[Changes]) -> None:
        """Tell pages, from the loop: the future ends in the merging thread."""
        if not done.cancelled() and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(catalog_stored, self._feed, device_id)


def _note(event: SignallingEvent) -> None:
    """Log what nobody keeps."""
    match event:
        case RegistrationRefused():
            _log.warning(
                "event=refused device_id=%s from=%s:%d why=%r",
                event.device_id,
                event.host,
                event.port,
                event.why,
            )
        case SessionFailed():
            _log.info(
                "event=session-failed channel_id=%s stage=%s code=%s why=%r",
                event.key.channel_id,
                event.stage,
                event.code,
                event.why,
            )
        case DeviceRestarted():
            _log.info("event=restarted device_id=%s by=%s", event.device_id, event.why)
        case DeviceRedirected():
            _log.info("event=redirected device_id=%s to=%s", event.device_id, event.server)
        case ProfileChosen():
            _log.info(
                "event=profile device_id=%s preset=%s by=%s",
                event.device_id,
                event.preset,
                event.ground,
            )
        case _:
            pass


def known_of(registration: Registration, last_proof: float | None) -> Known:
    """Return what signalling restores from a stored *registration*."""
    return Known(
        device_id=registration.device_id,
        host=registration.host,
        port=registration.port,
        transport=registration.transport,
        expires_at=registration.expires_at,
        version=Version.parse(registration.version),
        user_agent=registration.user_agent,
        contact=registration.contact,
        last_proof=last_proof,
    )


def want_of(want: Want) -> signalling.Want:
    """Return what signalling restores from a stored *want*."""
    subject = Subject(want.subject)
    return signalling.Want(want.device_id, subject, want.target_id, want.wanted, want.interval)


def _registration(event: DeviceRegistered) -> Registration:
    return Registration(
        device_id=event.device_id,
        host=event.host,
        port=event.port,
        transport=event.transport,
        at=event.at,
        expires_at=event.expires_at,
        version=str(event.version),
        user_agent=event.user_agent,
        contact=event.contact,
    )


def _description(event: DeviceDescribed) -> Description:
    answer = event.answer
    return Description(
        device_id=event.device_id,
        at=event.at,
        name=answer.name,
        manufacturer=answer.manufacturer,
        model=answer.model,
        firmware=answer.firmware,
    )
