"""A node without sockets for the tests of its interface and its pages.

Everything is real but the ends: a store in a directory, an engine that receives nothing, a camera
on a wire in memory, and a browser whose requests go straight into the application.
"""

import asyncio
import shutil
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from pyotp import TOTP
from sqlalchemy import Engine
from starlette.types import ASGIApp

from tongshi.access.accounts.terms import Terms
from tongshi.access.factors.service import Factors
from tongshi.access.grant import Grant, Right, Selector, Subject, SubjectKind
from tongshi.access.granting.service import Rights
from tongshi.access.hashing.service import Hashing
from tongshi.access.identity import Person, Rules, needs_totp
from tongshi.access.marking.service import Marks
from tongshi.access.oidc.service import Outer, Registered
from tongshi.access.permission import Permission, Role
from tongshi.access.placing.service import Cells
from tongshi.access.service import People, Register
from tongshi.access.signin.service import SignIns
from tongshi.alarms.service import Alarms
from tongshi.api.application import application as interface
from tongshi.api.catalogs import Catalogs
from tongshi.api.deeds import Deeds
from tongshi.api.feed import Feed
from tongshi.api.files import Addresses
from tongshi.api.parts import Parts
from tongshi.api.talking import Talking
from tongshi.api.upgrading import Upgrades
from tongshi.api.views import Views
from tongshi.approvals.emergency.service import Emergencies
from tongshi.approvals.glass import Limits as GlassLimits
from tongshi.approvals.purposes.service import Purposes
from tongshi.approvals.service import Approvals
from tongshi.audit.checking.service import Checking
from tongshi.audit.entry import Actor
from tongshi.audit.service import Audit, Sealing
from tongshi.audit.subordinates.service import Subordinates
from tongshi.clock import ManualClock
from tongshi.console.site import application
from tongshi.db.connect import connect
from tongshi.db.migrate import upgrade
from tongshi.db.writer import Writer
from tongshi.errors import Error, PeerSilent
from tongshi.gateway.engine import ReaderLeft, Transport
from tongshi.gateway.engines.null import Null
from tongshi.gateway.tickets import ANYBODY, Bond
from tongshi.gb28181.catalog import Item
from tongshi.gb28181.description import PS
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.manscdp import AlarmCmd, Message, read
from tongshi.gb28181.profile import STANDARD, Profile
from tongshi.gb28181.ssrc import SsrcPool
from tongshi.gb28181.version import Version
from tongshi.health.service import Health
from tongshi.health.status import Evidence
from tongshi.hooks.queue.service import Queues
from tongshi.hooks.sending.service import Sender, SendRules
from tongshi.hooks.service import Hooks
from tongshi.net.carrier import Carrier
from tongshi.recording.download import Limits
from tongshi.recording.service import Downloads
from tongshi.registry.entry import CatalogStanding, CatalogState, Description, Registration
from tongshi.registry.peers.service import Peers
from tongshi.registry.positions.service import Positions
from tongshi.registry.service import Registry
from tongshi.registry.state import State
from tongshi.registry.subscriptions.service import Wants
from tongshi.settings import Settings
from tongshi.shelf.service import Shelf
from tongshi.signalling.admission import Admission, LockRules
from tongshi.signalling.answers import Answer
from tongshi.signalling.beats import BeatRules, Beats
from tongshi.signalling.commands import Commands
from tongshi.signalling.configuration import Configuration
from tongshi.signalling.errands import ErrandRules, Errands
from tongshi.signalling.event import DeviceRegistered
from tongshi.signalling.exchange import Exchange
from tongshi.signalling.facing import Facing
from tongshi.signalling.histories import Histories, HistoryRules
from tongshi.signalling.neighbours import Neighbours
from tongshi.signalling.neighbours import Rules as Patience
from tongshi.signalling.own import Own
from tongshi.signalling.pictures import PictureRules, Pictures
from tongshi.signalling.profiles import Profiles
from tongshi.signalling.records import RecordRules, Records
from tongshi.signalling.sessions import SessionRules, Sessions
from tongshi.signalling.subscriptions import Subscriptions
from tongshi.signalling.talks import TalkRules, Talks
from tongshi.signalling.tie import Rules as Ties
from tongshi.signalling.traces import Traces
from tongshi.signalling.upstream import Means
from tongshi.signalling.waiting import Waiting
from tongshi.sip.dialog import Dialog
from tongshi.sip.endpoint import Endpoint
from tongshi.sip.event import Answered, Event, LinkLost, RequestArrived, TimedOut
from tongshi.testing.timeless import Network, Peer
from tongshi.tokens.quota import Quotas
from tongshi.tokens.service import Tokens
from tongshi.tokens.token import OFFERED, NewToken, read_networks
from tongshi.watch.service import Watch

Browse = Callable[[ASGIApp], httpx.Client]
Build = Callable[[Parts], ASGIApp]
Answers = dict[type[Message], Callable[[Message], Answer]]

PLATFORM = "34020000002000000001"
PLATFORM_ACTOR = Actor()
RECORDER = "34020000001180000001"
CAMERA = "34020000001320000001"
GONE = "34020000001320000002"
CHANNELS = [f"3402000000131000000{number}" for number in range(1, 5)]
JPEG = b"\xff\xd8 a picture \xff\xd9"


class Inside(httpx.BaseTransport):
    """Carries httpx's requests into an ASGI application, on the tests' loop."""

    def __init__(self, app: ASGIApp, runner: asyncio.Runner) -> None:
        self._inner = httpx.ASGITransport(app)
        self._runner = runner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._runner.run(self._carry(request))

    async def _carry(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        inner = httpx.Request(request.method, request.url, headers=request.headers, content=body)
        answer = await self._inner.handle_async_request(inner)
        return httpx.Response(
            answer.status_code, headers=answer.headers, content=await answer.aread()
        )


class Booked(Null):
    """A null engine that shows a picture, and tells of a viewer whose ticket is revoked."""

    def __init__(self) -> None:
        super().__init__()
        self.tickets: dict[str, tuple[str, bool]] = {}
        self.watching: dict[str, str] = {}
        self.silent: dict[str, bool] = {}

    async def admit(
        self,
        stream: str,
        ticket: str,
        *,
        expires_s: float,
        transcode: bool = False,
        silent: bool = False,
        bond: Bond = ANYBODY,
    ) -> None:
        await super().admit(
            stream, ticket, expires_s=expires_s, transcode=transcode, silent=silent, bond=bond
        )
        self.silent[ticket] = silent
        self.tickets[ticket] = (stream, transcode)

    async def revoke(self, ticket: str, code: str) -> None:
        self.tickets.pop(ticket, None)
        stream = self.watching.pop(ticket, None)
        if stream is not None:
            self.tell(ReaderLeft(stream, ticket, 1.5, 1000, code))

    async def snapshot(self, stream: str) -> bytes:
        self._find(stream)
        return JPEG

    def viewer_port(self, stream: str) -> int:
        return 8081


class Device:
    """A recorder on the wire: answers INVITEs with *statuses* in turn, then with 200.

    answers: what it says to a message, by its type.  told: the messages that it heard.
    """

    def __init__(self, network: Network) -> None:
        self.statuses: list[int | None] = []
        self.heard: list[str] = []
        self.told: list[Message] = []
        self.answers: Answers = {}
        self.deliver: Callable[[Answer], object] = lambda answer: None
        self.peer = Peer(network, "192.0.2.20", 5060, self._hear)

    def _hear(self, peer: Peer, event: Event) -> None:
        if not isinstance(event, RequestArrived):
            return
        request = event.request
        self.heard.append(request.method)
        if request.method != "INVITE":
            peer.endpoint.reply_once(event, request.response(200))
            if request.method == "MESSAGE":
                self._obey(read(request.body))
            return
        status = self.statuses.pop(0) if self.statuses else 200
        if status is None:
            return
        if status >= 300:
            peer.endpoint.reply(event, request.response(status), peer.now)
            return
        answer = Offer.parse(request.body).answer(
            owner=request.to_user, host="192.0.2.20", port=15060, payloads=(PS,)
        )
        response = request.response(
            200,
            headers=[("Contact", "<sip:x@192.0.2.20:5060>"), ("Content-Type", "APPLICATION/SDP")],
            body=answer.build(),
        )
        Dialog.from_uas(request, response)
        peer.endpoint.reply(event, response, peer.now)

    def _obey(self, message: Message) -> None:
        self.told.append(message)
        answer = self.answers.get(type(message))
        if answer is not None:
            asyncio.get_running_loop().call_later(0.01, self.deliver, answer(message))


def spelt(value: object) -> object:
    """Return *value* with lone surrogates spelt out, which no wire carries."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {spelt(key): spelt(kept) for key, kept in value.items()}
        case list() | tuple():
            return type(value)(map(spelt, value))
        case _:
            return value


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, object, object]:
    """Let a test that fails over the bytes of broken peers be told by a worker at all."""
    return spelt((yield))


@pytest.fixture
def answers() -> Answers:
    """What the recorder says to a message, by its type; to all else it says nothing."""
    return {}


@pytest.fixture
def told() -> list[Message]:
    """The messages that the recorder heard."""
    return []


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as running:
        yield running


@pytest.fixture
def browse(runner: asyncio.Runner) -> Iterator[Browse]:
    """Return a function that gives a browser of an application."""
    opened: list[httpx.Client] = []

    def give(app: ASGIApp) -> httpx.Client:
        client = httpx.Client(
            transport=Inside(app, runner),
            base_url="http://console:8080",
            headers={"Accept-Language": "en"},
        )
        opened.append(client)
        return client

    yield give
    for client in opened:
        client.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def null_engine() -> Booked:
    return Booked()


@pytest.fixture
def statuses() -> list[int | None]:
    """What the recorder answers to the next INVITEs; None is silence, nothing left is 200."""
    return []


@pytest.fixture
def asked() -> list[str]:
    """Which devices were asked for their catalog; an id put in before makes that fail."""
    return []


@pytest.fixture(scope="session")
def blank_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store of the present schema, to be copied."""
    path = tmp_path_factory.mktemp("blank") / "tongshi.db"
    store = connect(f"sqlite:///{path}")
    upgrade(store)
    with store.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.dispose()
    return path


@pytest.fixture
def engine(tmp_path: Path, blank_store: Path) -> Iterator[Engine]:
    """A store of the present schema in a file of its own."""
    engine = connect(f"sqlite:///{shutil.copy(blank_store, tmp_path / 'tongshi.db')}")
    yield engine
    engine.dispose()


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer]:
    writer = Writer(engine, flush=0.05)
    yield writer
    writer.close()


@pytest.fixture
def house_writer(tmp_path: Path, blank_store: Path) -> Iterator[tuple[Engine, Writer]]:
    """A store in a directory, and its writer."""
    store = connect(f"sqlite:///{shutil.copy(blank_store, tmp_path / 'tongshi.db')}")
    writer = Writer(store, flush=0.02)
    yield store, writer
    writer.close()
    store.dispose()


@pytest.fixture
def flush(house_writer: tuple[Engine, Writer]) -> Callable[[], None]:
    """Return a function that returns when all that was recorded is in the store."""
    return house_writer[1].flush


def chain(store: Engine, writer: Writer, clock: ManualClock, folder: Path) -> Audit:
    """Return an audit chain that has begun."""
    audit = Audit(store, writer, clock, folder, Sealing())
    audit.begin({}, {})
    return audit


@pytest.fixture
def parts(
    tmp_path: Path,
    house_writer: tuple[Engine, Writer],
    runner: asyncio.Runner,
    clock: ManualClock,
    null_engine: Booked,
    statuses: list[int | None],
    asked: list[str],
    answers: Answers,
    told: list[Message],
) -> Iterator[Parts]:
    """The parts of a node that knows a recorder of four cameras, a camera, and one never heard."""
    store, writer = house_writer
    people, sign_ins, factors = door(store, writer, clock)
    rights = Rights(store, writer, clock, Cells(store, writer))
    purposes = Purposes(store, writer, clock)
    register = Register(store, writer, clock)
    audit = chain(store, writer, clock, tmp_path)
    near = Neighbours(Patience(), lambda event: None)
    traces = Traces(tmp_path / "traces", near, clock, lambda tap: None, tokens())
    registry = Registry(store, writer)
    health = Health(store, writer, clock)
    feed = Feed("boot")
    peers = Peers(store, writer, clock, realm=PLATFORM[:10], fallback="")

    async def build() -> tuple[
        Views, Catalogs, Sessions, Subscriptions, Talking, Downloads, Errands
    ]:
        sessions, subscriptions, talks, histories, errands = join(
            clock, null_engine, statuses, answers, told
        )
        talking = Talking(register, talks, null_engine, feed, clock, tokens())
        null_engine.subscribe(talking.heard)
        views = Views(
            register,
            sessions,
            null_engine,
            feed,
            clock,
            tokens(),
            limit=20,
            histories=histories,
        )
        downloads = Downloads(
            store, writer, histories, register, clock, Limits(), tmp_path / "downloads"
        )
        await downloads.start()
        null_engine.subscribe(views.heard)

        async def ask(device_id: str) -> None:
            silent = device_id in asked
            asked.append(device_id)
            await asyncio.sleep(0)
            if silent:
                raise PeerSilent("no answer", timer="F", stage="message")

        return views, Catalogs(ask, feed), sessions, subscriptions, talking, downloads, errands

    views, catalogs, sessions, subscriptions, talking, downloads, errands = runner.run(build())
    shelf = Shelf(tmp_path, store, writer, clock, room=lambda folder: 2**40)
    equipment = runner.run(equip(errands, shelf, feed, clock))
    deeds = Deeds(register, views.find, clock)
    fill(registry, health, clock)
    writer.flush()
    faults: list[Error] = []

    async def healthy() -> None:
        if faults:
            raise faults[0]

    hooks, queues = tell_programs(store, writer, clock, rights)
    yield Parts(
        people=people,
        sign_ins=sign_ins,
        factors=factors,
        outer=Outer(Registered(), bytes(32)),
        rights=rights,
        marks=Marks(store, writer, clock, rights.changed),
        purposes=purposes,
        approvals=Approvals(store, writer, clock, rights, purposes, bytes(32)),
        emergencies=Emergencies(store, writer, clock, rights, purposes, GlassLimits()),
        tokens=Tokens(store, writer, clock),
        hooks=hooks,
        queues=queues,
        audit=audit,
        checking=Checking(store, audit, clock, "Town"),
        subordinates=Subordinates(store, writer, clock, tmp_path / "subordinates", months=36),
        register=register,
        registry=registry,
        health=health,
        views=views,
        talking=talking,
        catalogs=catalogs,
        alarms=Alarms(store, writer, clock),
        positions=Positions(store, writer, clock, days=30),
        subscriptions=subscriptions,
        wants=Wants(store, writer, clock),
        reset_alarm=reset_alarm,
        commands=equipment.commands,
        configuration=Configuration(errands, equipment.commands),
        records=equipment.records,
        pictures=equipment.pictures,
        deeds=deeds,
        shelf=shelf,
        upgrades=equipment.upgrades,
        address_for=lambda device_id: "http://console:8080",
        downloads=downloads,
        addresses=Addresses(register, clock, tokens()),
        stamp=stamp,
        engine=null_engine,
        feed=feed,
        peers=peers,
        admission=Admission(
            LockRules(),
            clock,
            is_known=lambda device_id: False,
            is_at_home=lambda device_id, host: False,
        ),
        profiles=Profiles(near, peers.fields_of, peers.makers),
        beats=Beats(BeatRules(), near, lambda event: None, clock, peers.beats),
        traces=traces,
        watch=Watch(store, writer, clock, Settings().watch),
        settings=Settings(),
        clock=clock,
        version="1.2.3",
        platform=lambda: {"id": PLATFORM, "realm": "3402000000", "address": "192.0.2.10:5060"},
        figures={"node": lambda: {"faults": len(faults)}},
        healthy=healthy,
    )

    async def end() -> None:
        deeds.stop()
        await equipment.close()
        await traces.stop()
        await downloads.stop()
        await views.stop()
        await talking.stop()
        await catalogs.stop()
        await sessions.close_all(within=0.2)

    runner.run(end())
    registry.close()


def door(store: Engine, writer: Writer, clock: ManualClock) -> tuple[People, SignIns, Factors]:
    """Return what lets people in, with hashes that cost little."""
    rules = Rules(attempts=3)
    hashing = Hashing(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    factors = Factors(store, writer, clock, bytes(32), "Tongshi")
    sign_ins = SignIns(store, writer, clock, rules, hashing, factors)
    return People(store, writer, clock, rules, hashing), sign_ins, factors


def tell_programs(
    store: Engine, writer: Writer, clock: ManualClock, rights: Rights
) -> tuple[Hooks, Queues]:
    """Return webhooks in a network without names, and their queues."""
    hooks = Hooks(store, writer, clock, b"k" * 32)
    sender = Sender(SendRules(), nowhere)
    return hooks, Queues(hooks, sender, store, writer, clock, rights.seen)


async def reset_alarm(device_id: str, channel_id: str, command: AlarmCmd) -> None:
    """Have a camera reset its alarm; the one that is gone does not answer."""
    if device_id == GONE:
        raise PeerSilent("no answer", timer="F", stage="query")


async def nowhere(host: str, port: int) -> list[str]:
    """Return the addresses of a name in a network without names."""
    raise OSError(f"no address of {host}")


@dataclass
class Equipment:
    """What is built on errands."""

    commands: Commands
    records: Records
    pictures: Pictures
    upgrades: Upgrades

    async def close(self) -> None:
        await self.upgrades.stop()
        await self.commands.close()
        await self.records.close()


async def equip(errands: Errands, shelf: Shelf, feed: Feed, clock: ManualClock) -> Equipment:
    """Return what asks and tells the recorder; it is patient for half a second only."""
    commands = Commands(errands, lambda event: None, clock)
    rules = PictureRules(patience=0.5, settle=0.2)
    pictures = Pictures(errands, commands, lambda event: None, clock, rules)
    upgrades = Upgrades(shelf, commands, feed, clock)
    await upgrades.start()
    return Equipment(commands, Records(errands, clock, RecordRules(first=1.0)), pictures, upgrades)


async def stamp(jpeg: bytes, text: str) -> bytes:
    """Return the picture with the words of its mark behind it, so that tests read them."""
    return jpeg + text.encode()


def tokens() -> Callable[[], str]:
    """Return a source of tokens: t1, t2, ..."""
    count = iter(range(1, 100_000))
    return lambda: f"t{next(count)}"


def join(
    clock: ManualClock,
    engine: Null,
    statuses: list[int | None],
    answers: Answers,
    told: list[Message],
) -> tuple[Sessions, Subscriptions, Talks, Histories, Errands]:
    """Return real sessions with a recorder at the other end of a wire in memory, and ties to it.

    It is spoken to by one INVITE.
    """
    network = Network()
    device = Device(network)
    device.statuses = statuses
    device.answers, device.told = answers, told
    loop = asyncio.get_running_loop()
    new_token = tokens()
    endpoint = Endpoint(new_token=new_token)

    def hear(event: Event) -> None:
        match event:
            case Answered() | TimedOut() | LinkLost():
                exchange.settle(event)
            case RequestArrived(request=request):
                endpoint.reply_once(event, request.response(200))
            case _:
                pass

    carrier: Carrier[Event] = Carrier(endpoint, hear)
    network.join(carrier, "192.0.2.10", 5060)
    facing = Facing("192.0.2.10", 5060, str)
    exchange = Exchange(endpoint, carrier.pump, facing.sent_by)
    neighbours = Neighbours(Patience(), lambda event: None)
    own = Own(PLATFORM, PLATFORM[:10], facing, new_token)
    means = Means(
        own=own,
        exchange=exchange,
        engine=engine,
        ssrcs=SsrcPool(PLATFORM),
        invite=0.4,
        media=0.4,
    )
    sessions = Sessions(SessionRules(grace=0.0), means, neighbours, lambda event: None, clock)
    engine.subscribe(sessions.heard)
    histories = Histories(
        HistoryRules(Transport.UDP, control=0.4),
        means,
        neighbours,
        lambda device_id: STANDARD,
        lambda event: None,
        clock,
    )
    engine.subscribe(histories.heard)
    for device_id in (RECORDER, CAMERA):
        wall = clock.wall()
        granted = DeviceRegistered(
            device_id, "192.0.2.20", 5060, "udp", wall, wall + 86400, Version.V2016, "", "", False
        )
        neighbours.register(granted, device.peer.address, loop.time())
    subscriptions = Subscriptions(
        Ties(),
        own,
        exchange,
        neighbours,
        lambda device_id: STANDARD,
        lambda neighbour, message, arrived: 200,
        lambda event: None,
        clock,
    )
    speaker = Own(PLATFORM, PLATFORM[:10], facing, new_token)
    speaker.profile_of = lambda device_id: Profile(talk_by_invite=True)
    talks = Talks(
        TalkRules(),
        replace(means, own=speaker),
        neighbours,
        lambda event: None,
        clock,
        endpoint,
        carrier.pump,
    )
    engine.subscribe(talks.heard)
    waiting = Waiting(0, first=0.4, gap=0.2)
    device.deliver = lambda answer: waiting.arrived(device.peer.address, answer)
    rules = ErrandRules(message=0.4, answer=0.4, first=0.4, gap=0.2)
    errands = Errands(rules, own, exchange, waiting, neighbours)
    return sessions, subscriptions, talks, histories, errands


def fill(registry: Registry, health: Health, clock: ManualClock) -> None:
    """Let the register know some devices, as signalling would."""
    at = clock.wall()
    for number, device_id in enumerate((RECORDER, CAMERA, GONE)):
        registration = Registration(
            device_id, "192.0.2.20", 5060 + number, "udp", at, at + 3600, "2.0", "Simulator", ""
        )
        registry.record_registration(registration)
    names = [(RECORDER, "物流园录像机"), (CAMERA, "东门 <b>"), (GONE, "")]
    for device_id, name in names:
        registry.record_description(Description(device_id, at, name, "Tongshi", "T-1", "1.0"))
    items = [
        Item(device_id=channel, name=f"通道 {number}", parent_id=RECORDER, status="ON")
        for number, channel in enumerate(CHANNELS, 1)
    ]
    complete = CatalogStanding(CatalogState.COMPLETE, 4, 4, "", at)
    registry.merge_catalog(RECORDER, items, complete)
    partial = CatalogStanding(CatalogState.PARTIAL, 2, 1, "parts missing", at)
    registry.merge_catalog(CAMERA, [Item(device_id=CAMERA, name="东门 <b>", status="ON")], partial)
    for device_id in (RECORDER, CAMERA):
        health.record(device_id, Evidence(State.ONLINE, "registered", at, at))
    health.record(GONE, Evidence(State.OFFLINE, "missed", at, at - 200))


@pytest.fixture(scope="session")
def interfaces() -> list[FastAPI]:
    """The interface, once it has been made: its schemas take longer than most tests."""
    return []


@pytest.fixture
def build(interfaces: list[FastAPI], monkeypatch: pytest.MonkeyPatch) -> Build:
    """Return what makes the application of a node, one at a time."""

    def seat(parts: Parts) -> FastAPI:
        if not interfaces:
            interfaces.append(interface(parts))
        interfaces[0].state.parts = parts
        return interfaces[0]

    monkeypatch.setattr("tongshi.console.site.interface", seat)
    return application


@pytest.fixture
def site(parts: Parts, build: Build) -> ASGIApp:
    return build(parts)


@pytest.fixture
def stranger(site: ASGIApp, browse: Browse) -> httpx.Client:
    """A browser in which nobody is signed in."""
    return browse(site)


@pytest.fixture
def enter(
    parts: Parts, site: ASGIApp, browse: Browse, clock: ManualClock
) -> Callable[[Role], httpx.Client]:
    """Return a function that gives the browser of somebody with a role and a password.

    They have every right with every camera, unless *granted* is turned off.
    """

    def give(role: Role, name: str = "", *, granted: bool = True) -> httpx.Client:
        client = browse(site)
        ends_at = clock.wall() + 30 * 86400 if role is Role.CONTRACTOR else None
        given = parts.people.add(
            name or role.value, role.value.title(), "Unit 1", role, terms=Terms(ends_at)
        )
        if granted:
            person = next(one for one in parts.people.everybody() if one.name == given.name)
            subject = Subject(SubjectKind.PERSON, str(person.id))
            whole = Selector(everything=True)
            parts.rights.add(Grant(0, subject, frozenset(Right), whole), PLATFORM_ACTOR)
        body = {"name": given.name, "password": given.password}
        assert client.post("/api/session", json=body).status_code == 200
        change = {"present": given.password, "new": f"a long sentence of {role.value[:3]}"}
        assert client.post("/api/session/password", json=change).status_code == 204
        if needs_totp(role, Rules()):
            secret = client.post("/api/session/totp").json()["secret"]
            code = {"code": TOTP(secret).at(int(clock.wall()))}
            assert client.post("/api/session/totp/confirm", json=code).status_code == 200
        return client

    return give


@pytest.fixture
def admin(enter: Callable[[Role], httpx.Client]) -> httpx.Client:
    """The browser of an administrator of the system, who works with devices."""
    return enter(Role.SYSTEM)


@pytest.fixture
def security(enter: Callable[[Role], httpx.Client]) -> httpx.Client:
    """The browser of an administrator of security, who works with people."""
    return enter(Role.SECURITY)


@pytest.fixture
def auditor(enter: Callable[[Role], httpx.Client]) -> httpx.Client:
    """The browser of an administrator of audit, who reads the records."""
    return enter(Role.AUDIT)


@pytest.fixture
def another(enter: Callable[..., httpx.Client]) -> httpx.Client:
    """The browser of a second operator."""
    return enter(Role.OPERATOR, name="another")


@pytest.fixture
def operator(enter: Callable[[Role], httpx.Client]) -> httpx.Client:
    return enter(Role.OPERATOR)


@pytest.fixture
def service(parts: Parts) -> Person:
    """An account of a service with every right with every camera, without a token."""
    given = parts.people.add("bridge", "Bridge", "Unit 2", Role.SERVICE)
    person = next(one for one in parts.people.everybody() if one.name == given.name)
    subject = Subject(SubjectKind.PERSON, str(person.id))
    whole = Selector(everything=True)
    parts.rights.add(Grant(0, subject, frozenset(Right), whole), PLATFORM_ACTOR)
    return person


@pytest.fixture
def program(
    parts: Parts, service: Person, site: ASGIApp, browse: Browse, clock: ManualClock
) -> Callable[..., httpx.Client]:
    """Return a function that gives a program with a token of these scopes and quotas."""

    def give(*scopes: Permission, networks: str = "", **quotas: int) -> httpx.Client:
        wish = NewToken(
            service.id,
            "test",
            frozenset(scopes or OFFERED),
            clock.wall() + 3600.0,
            read_networks(networks.split()),
            Quotas(**quotas),
        )
        given = parts.tokens.make(wish, PLATFORM_ACTOR)
        client = browse(site)
        client.headers["Authorization"] = f"Bearer {given.text}"
        return client

    return give
