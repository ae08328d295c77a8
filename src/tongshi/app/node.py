"""One node: every part built, joined, started in order, and stopped in the reverse order.

::

    settings -> store -> writer -> registry, health, people, register
                engine (in this process, or in workers)
                signalling (uses the engine) --events--> chronicle -> registry, health, pages
                views (register, sessions, engine) <- engine events
                api and console (all of the above) <- web
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

from sqlalchemy import Engine as Store

from tongshi.access.granting.service import Rights
from tongshi.access.identity import PLATFORM
from tongshi.access.marking.service import Marks
from tongshi.access.placing.service import Cells
from tongshi.access.register import Look
from tongshi.access.service import Given, Register
from tongshi.alarms.service import Alarms
from tongshi.api.alarms import PURPOSE
from tongshi.api.bond import binding
from tongshi.api.catalogs import Catalogs
from tongshi.api.deeds import STEERING, Deeds, Doer, Target
from tongshi.api.feed import Feed
from tongshi.api.files import Addresses
from tongshi.api.mark import EXPORT, lines_of
from tongshi.api.metering import Meter
from tongshi.api.outreach import device_address
from tongshi.api.oversight import Oversight
from tongshi.api.parts import Parts
from tongshi.api.stamping import Stamping
from tongshi.api.talking import Talking
from tongshi.api.upgrading import Upgrades
from tongshi.api.views import Views
from tongshi.app.aftermath import MOST, STOPPING, WINDOW, Aftermath
from tongshi.app.chronicle import Chronicle, known_of, want_of
from tongshi.app.claim import Claim
from tongshi.app.desk import Round, open_desk
from tongshi.app.door import open_door
from tongshi.app.incidents import Incidents, Keep
from tongshi.app.ledger import open_ledger
from tongshi.app.programs import open_programs
from tongshi.app.web import Web
from tongshi.clock import Clock, SystemClock
from tongshi.console.site import application
from tongshi.db.connect import connect, store_url
from tongshi.db.kept import keep
from tongshi.db.migrate import upgrade
from tongshi.db.run import Run
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Exhausted
from tongshi.gateway.engine import Engine
from tongshi.gateway.engines.builtin import Local
from tongshi.gateway.engines.workers import Workers
from tongshi.gb28181.manscdp import AlarmCmd, PtzCmd
from tongshi.gb28181.ptz import Stop
from tongshi.health.service import Health
from tongshi.recording.download import Download, Limits, Request
from tongshi.recording.service import Downloads
from tongshi.registry.peers.service import Peers
from tongshi.registry.positions.service import Positions
from tongshi.registry.service import Registry
from tongshi.registry.subscriptions.service import Wants
from tongshi.settings import Settings
from tongshi.shelf.service import Shelf
from tongshi.signalling.platform import Signalling
from tongshi.watch.service import Watch

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Node:
    """One platform with its store, gateway and pages.  Use as an async context manager.

    first: name and one-time password of the first administrator; None when accounts exist.
    device_password: what devices without a password of their own register with.
    """

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.first: Given | None = None
        self.device_password = settings.signalling.password
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._open_store()
            await self._open_engine()
            await self._open_signalling()
            await self._open_web()
        except BaseException:
            await self._stack.aclose()
            raise
        _log.info("event=started sip=%s web=%s", self.signalling.addresses, self.web_address)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
        _log.info("event=stopped")

    @property
    def web_address(self) -> str:
        """Where the console answers, as ``http://host:port``."""
        host = "127.0.0.1" if self._web.host in ("0.0.0.0", "::") else self._web.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._web.port}"

    @property
    def sip_port(self) -> int:
        """The port at which devices register, over UDP and TCP."""
        return int(self.signalling.addresses[0].rpartition(":")[2])

    def figures(self) -> Mapping[str, float]:
        """Return signalling's counts and what is leased now; all 0 when nobody watches."""
        return {
            **self.signalling.figures(),
            "ports.leased": self.engine.leased_ports(),
            "views.open": len(self.views.all()),
        }

    # Starting, in order

    async def _open_store(self) -> None:
        settings = self.settings
        self._stack.callback(Claim(Path(settings.node.data)).release)
        self.store = connect(store_url(settings.store.url, Path(settings.node.data)))
        self._stack.callback(self.store.dispose)
        await _wait_for(upgrade, self.store)
        self.device_password = await _wait_for(device_password, settings, self.store)
        run = await _wait_for(Run, self.store, self.clock)
        self.writer = Writer(self.store, flush=settings.store.flush, queue=settings.store.queue)
        self._stack.push_async_callback(asyncio.to_thread, self.writer.close)
        self.writer.attach(run)
        self.ledger = await _wait_for(
            open_ledger, settings, self.store, self.writer, self.clock, version("tongshi")
        )
        self._stack.push_async_callback(self.ledger.stop)
        self.ledger.start()
        self.registry = Registry(self.store, self.writer)
        realm = settings.signalling.realm or settings.signalling.id[:10]
        self.peers = await _wait_for(
            Peers,
            self.store,
            self.writer,
            self.clock,
            realm=realm,
            fallback=self.device_password,
        )
        self.health = Health(self.store, self.writer, self.clock)
        self.wants = Wants(self.store, self.writer, self.clock)
        days, window = settings.events.position_days, settings.events.repeat
        self.positions = Positions(self.store, self.writer, self.clock, days=days)
        self.alarms = await _wait_for(Alarms, self.store, self.writer, self.clock, window=window)
        self.door = await _wait_for(open_door, settings, self.store, self.writer, self.clock)
        self.people = self.door.people
        await _wait_for(self.door.sign_ins.end_old)
        self.cells = Cells(self.store, self.writer)
        await _wait_for(self.cells.place)
        self.rights = Rights(self.store, self.writer, self.clock, self.cells)
        changed = self.rights.changed
        self.marks = Marks(self.store, self.writer, self.clock, changed)
        self.programs = await _wait_for(
            open_programs, settings, self.store, self.writer, self.clock, self.rights
        )
        self.register = Register(self.store, self.writer, self.clock)
        days, folder = settings.store.picture_days, Path(settings.node.data)
        self.shelf = await _wait_for(Shelf, folder, self.store, self.writer, self.clock, days=days)
        self._stack.push_async_callback(self._close_run, run)
        await _wait_for(self.health.start, run.previous)
        await _wait_for(self.register.close_left_open, run.previous)

    async def _close_run(self, run: Run) -> None:
        await asyncio.to_thread(self.registry.close)
        self.health.note_proofs()
        self.writer.call(run.end())

    async def _open_engine(self) -> None:
        media = self.settings.media
        self.engine: Engine = Workers(media) if media.workers else Local(media)
        self._stack.push_async_callback(self.engine.stop)  # also of one that is half started
        await self.engine.start()

    async def _open_signalling(self) -> None:
        settings = self.settings
        self.feed = Feed(secrets.token_hex(4))
        self.signalling = Signalling(
            settings.signalling,
            settings.media,
            self.engine,
            password_of=self.peers.password_of,
            peers=self.peers,
            traces=Path(settings.node.data) / "traces",
            clock=self.clock,
            flush=settings.store.flush,
            events=settings.events,
            wants=map(want_of, await _wait_for(self.wants.all)),
        )
        chronicle = Chronicle(self.registry, self.health, self.feed, self.peers)
        self.signalling.subscribe(chronicle.take)
        self.deeds = Deeds(
            self.register, lambda view, person: self.views.find(view, person), self.clock
        )
        self._stack.callback(self.deeds.stop)
        self.incidents = Incidents(
            self.alarms,
            self.positions,
            self.registry,
            self.feed,
            lambda device_id: self.signalling.queries.plan(device_id),
            self._reset_by_itself if settings.events.reset else None,
            Keep(settings.events.alarm_days, settings.events.change_days, self.clock.wall),
        )
        self.signalling.subscribe(self.incidents.take)
        self._stack.push_async_callback(self.incidents.stop)
        since = self.clock.wall() - WINDOW
        left = await _wait_for(self.register.cut_off, STEERING, STOPPING, since, MOST)
        self.aftermath = Aftermath(left, self._stop_left)
        self.signalling.subscribe(self.aftermath.take)
        rows = await _wait_for(self.registry.registrations, self.clock.wall())
        self.signalling.restore(known_of(row, self._proof(row.device_id)) for row in rows)
        try:
            await self.signalling.start()
        except OSError as error:
            listen = settings.signalling.listen
            raise Conflict(f"SIP address {listen} cannot be had: {error.strerror}") from error
        self._stack.push_async_callback(self.signalling.stop)
        self._stack.push_async_callback(self.aftermath.stop)
        loop = asyncio.get_running_loop()
        self.peers.changed = lambda device_id: self._decide(loop, device_id)
        self.incidents.start()

    async def _reset_alarm(self, device_id: str, channel_id: str, command: AlarmCmd) -> None:
        await self.signalling.commands.control(device_id, channel_id, command)

    async def _reset_by_itself(self, device_id: str, channel_id: str, command: AlarmCmd) -> None:
        """Reset an alarm because the settings say so: the platform's own act, on its register."""
        target = Target(device_id, channel_id, "")
        async with self.deeds.enter(Doer(PLATFORM, "", PURPOSE), target, "reset-alarm"):
            await self._reset_alarm(device_id, channel_id, command)

    async def _stop_left(self, look: Look) -> None:
        """Stop what a killed process left moving: the platform's own act, on its register."""
        target = Target(look.device_id, look.channel_id, look.channel)
        async with self.deeds.enter(Doer(PLATFORM, "", "maintenance"), target, STOPPING) as outcome:
            command = PtzCmd(Stop())
            fate = await self.signalling.commands.control(look.device_id, look.channel_id, command)
            outcome.how = fate.value

    def _decide(self, loop: asyncio.AbstractEventLoop, device_id: str) -> None:
        """Let what was decided hold; called in the thread of whoever decided."""
        if not loop.is_closed():
            loop.call_soon_threadsafe(self.signalling.decided, device_id, self.peers.book)

    def _proof(self, device_id: str) -> float | None:
        presence = self.health.status(device_id)
        return presence.proof if presence is not None else None

    async def _open_web(self) -> None:
        self.views = Views(
            self.register,
            self.signalling.sessions,
            self.engine,
            self.feed,
            self.clock,
            lambda: secrets.token_urlsafe(24),
            limit=self.settings.media.viewers,
            histories=self.signalling.histories,
            bind=binding(self.settings.access),
        )
        self.engine.subscribe(self.views.heard)
        self.upgrades = Upgrades(self.shelf, self.signalling.commands, self.feed, self.clock)
        self.signalling.subscribe(self.upgrades.take)
        self._stack.push_async_callback(self.upgrades.stop)
        await self.upgrades.start()
        self.talking = Talking(
            self.register,
            self.signalling.talks,
            self.engine,
            self.feed,
            self.clock,
            lambda: secrets.token_urlsafe(24),
            binding(self.settings.access),
        )
        self.engine.subscribe(self.talking.heard)
        self.watch = Watch(self.store, self.writer, self.clock, self.settings.watch)
        self._stack.push_async_callback(self.watch.stop)
        self.stamping = Stamping()
        self._stack.push_async_callback(self.stamping.stop)
        self.stamping.start()
        self.catalogs = Catalogs(self.signalling.queries.catalog, self.feed)
        self._stack.push_async_callback(self.catalogs.stop)
        await self._open_downloads()
        await self._open_programs()
        await self._open_desk()
        self._web = Web(application(self._parts()), self.settings.web.listen)
        self._stack.push_async_callback(self._web.stop)
        # Before the server stops: requests that wait for news or for a picture end thereby.
        self._stack.callback(self.feed.close)
        self._stack.push_async_callback(self.views.stop)
        self.views.start()
        self.watch.start()
        self._stack.push_async_callback(self.talking.stop)
        self.talking.start()
        self.oversight = Oversight(self.rights, self.cells, self.views, self.talking)
        self._stack.push_async_callback(self.oversight.stop)
        self.oversight.start()
        await self._web.start()
        # Last, because it is told once: a start that fails must not take the password with it.
        self.first = await _wait_for(self.people.make_first)

    async def _open_desk(self) -> None:
        """Take purposes, requests and emergencies, and let time end them."""
        self.desk = await _wait_for(
            open_desk, self.settings, self.store, self.writer, self.clock, self.rights
        )
        turns = Round(self.desk, self.feed)
        self._stack.push_async_callback(turns.stop)
        turns.start()

    async def _open_programs(self) -> None:
        """Tell webhooks what changes, and count what programs use."""
        self._stack.push_async_callback(self.programs.stop)
        await self.programs.queues.start()
        self.feed.subscribe(self.programs.publish)
        meter = Meter(self.programs.tokens, self.views, self.talking, self.clock)
        self._stack.push_async_callback(meter.stop)
        meter.start()

    async def _open_downloads(self) -> None:
        settings = self.settings.downloads
        path = Path(settings.path) if settings.path else Path(self.settings.node.data) / "downloads"
        self.downloads = Downloads(
            self.store,
            self.writer,
            self.signalling.histories,
            self.register,
            self.clock,
            Limits(
                total=settings.at_once,
                device=settings.per_device,
                speed=settings.speed,
                patience=settings.patience * 3600,
                keep=settings.keep * 86400,
                quota=int(settings.quota * 1e9),
            ),
            path,
            reserve=int(settings.reserve * 1e9),
            changed=self._tell_download,
            mark=self._mark if self.settings.access.watermark == EXPORT else None,
        )
        self._stack.push_async_callback(self.downloads.stop)
        self.addresses = Addresses(
            self.register,
            self.clock,
            lambda: secrets.token_urlsafe(24),
            binding(self.settings.access),
        )
        self._stack.callback(self.addresses.close)
        await self.downloads.start()

    def _mark(self, wanted: Request) -> str:
        return lines_of(wanted.person, wanted.unit, self.clock.wall())

    def _tell_download(self, download: Download) -> None:
        told = {"id": download.id, "state": download.state.value}
        self.feed.publish("download", download.request.device_id, told, key=str(download.id))

    def _parts(self) -> Parts:
        return Parts(
            people=self.people,
            sign_ins=self.door.sign_ins,
            factors=self.door.factors,
            outer=self.door.outer,
            rights=self.rights,
            marks=self.marks,
            purposes=self.desk.purposes,
            approvals=self.desk.approvals,
            emergencies=self.desk.emergencies,
            tokens=self.programs.tokens,
            hooks=self.programs.hooks,
            queues=self.programs.queues,
            audit=self.ledger.audit,
            checking=self.ledger.checking,
            subordinates=self.ledger.subordinates,
            register=self.register,
            registry=self.registry,
            health=self.health,
            views=self.views,
            talking=self.talking,
            catalogs=self.catalogs,
            alarms=self.alarms,
            positions=self.positions,
            subscriptions=self.signalling.subscriptions,
            wants=self.wants,
            reset_alarm=self._reset_alarm,
            commands=self.signalling.commands,
            configuration=self.signalling.on_demand.configuration,
            records=self.signalling.on_demand.records,
            pictures=self.signalling.on_demand.pictures,
            deeds=self.deeds,
            shelf=self.shelf,
            upgrades=self.upgrades,
            address_for=self._address_for,
            downloads=self.downloads,
            addresses=self.addresses,
            stamp=self.stamping.stamp,
            engine=self.engine,
            feed=self.feed,
            peers=self.peers,
            admission=self.signalling.admission,
            profiles=self.signalling.profiles,
            beats=self.signalling.beats,
            traces=self.signalling.traces,
            watch=self.watch,
            settings=self.settings,
            clock=self.clock,
            version=version("tongshi"),
            platform=self._platform,
            figures={
                "node": self.figures,
                "events": self.incidents.figures,
                "aftermath": self.aftermath.figures,
                "audit": self.ledger.audit.figures,
                "hooks": self.programs.queues.figures,
            },
            healthy=self._check,
        )

    def _address_for(self, device_id: str) -> str:
        facing = self.signalling.on_demand.errands.host_for(device_id)
        advertise = self.settings.web.advertise
        return device_address(advertise, self._web.host, self._web.port, facing)

    def _platform(self) -> Mapping[str, str]:
        signalling = self.settings.signalling
        return {
            "id": signalling.id,
            "realm": signalling.realm or signalling.id[:10],
            "address": signalling.advertise or self.signalling.addresses[0].split("//")[1],
        }

    async def _check(self) -> None:
        """Raise Exhausted while the store cannot be written."""
        fault = self.writer.health().fault
        if fault:
            raise Exhausted(f"the store cannot be written: {fault}", resource="disk")


async def _wait_for(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Return what *work* returns, from a thread that is waited for even when this is cancelled.

    What is given back after a start that was cancelled must not be in use any more.
    """
    working = asyncio.ensure_future(asyncio.to_thread(work, *given, **named))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.gather(working, return_exceptions=True)
        raise


def open_store(settings: Settings) -> Store:
    """Open the store, made if there is none, and bring it up to date.  Blocks.

    Raises Invalid (no such store), Conflict (of a later version), Exhausted (not writable).
    """
    store = connect(store_url(settings.store.url, Path(settings.node.data)))
    try:
        upgrade(store)
    except BaseException:
        store.dispose()
        raise
    return store


def device_password(settings: Settings, store: Store) -> str:
    """Return what devices register with: as set, or made once and kept in *store*.  Blocks."""
    return settings.signalling.password or keep(store, "device-password", _spell_password)


def _spell_password() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(16))
