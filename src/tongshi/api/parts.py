"""What the interface and the console work with: built by ``app``, handed over once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tongshi.access.factors.service import Factors
from tongshi.access.granting.service import Rights
from tongshi.access.marking.service import Marks
from tongshi.access.oidc.service import Outer
from tongshi.access.service import People, Register
from tongshi.access.signin.service import SignIns
from tongshi.alarms.service import Alarms
from tongshi.api.catalogs import Catalogs
from tongshi.api.deeds import Deeds
from tongshi.api.feed import Feed
from tongshi.api.files import Addresses
from tongshi.api.stamping import Stamp
from tongshi.api.talking import Talking
from tongshi.api.upgrading import Upgrades
from tongshi.api.views import Views
from tongshi.approvals.emergency.service import Emergencies
from tongshi.approvals.purposes.service import Purposes
from tongshi.approvals.service import Approvals
from tongshi.audit.checking.service import Checking
from tongshi.audit.service import Audit
from tongshi.audit.subordinates.service import Subordinates
from tongshi.clock import Clock
from tongshi.gateway.engine import Engine
from tongshi.gb28181.manscdp import AlarmCmd
from tongshi.health.service import Health
from tongshi.hooks.queue.service import Queues
from tongshi.hooks.service import Hooks
from tongshi.recording.service import Downloads
from tongshi.registry.peers.service import Peers
from tongshi.registry.positions.service import Positions
from tongshi.registry.service import Registry
from tongshi.registry.subscriptions.service import Wants
from tongshi.settings import Settings
from tongshi.shelf.service import Shelf
from tongshi.signalling.admission import Admission
from tongshi.signalling.beats import Beats
from tongshi.signalling.commands import Commands
from tongshi.signalling.configuration import Configuration
from tongshi.signalling.pictures import Pictures
from tongshi.signalling.profiles import Profiles
from tongshi.signalling.records import Records
from tongshi.signalling.subscriptions import Subscriptions
from tongshi.signalling.traces import Traces
from tongshi.tokens.service import Tokens
from tongshi.watch.service import Watch

Figures = Callable[[], Mapping[str, object]]
"""Counts and states of a part, as plain values that JSON can carry."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The node as its interface sees it.

    version: of the program.  platform: what a device must be told: its 20-digit code, SIP domain
    and address, with the keys ``id``, ``realm``, ``address``.
    figures: by name of part, asked at each look at the system's state.
    reset_alarm: has the camera of a device clear its alarms; raises as an errand does.
    address_for: returns the HTTP address at which a device reaches this node, without a slash at
    its end; raises Missing, and Conflict when it cannot.
    healthy: raises the error that makes the node unfit to serve, if there is one.
    """

    people: People
    sign_ins: SignIns
    factors: Factors
    outer: Outer
    rights: Rights
    marks: Marks
    purposes: Purposes
    approvals: Approvals
    emergencies: Emergencies
    tokens: Tokens
    hooks: Hooks
    queues: Queues
    audit: Audit
    checking: Checking
    subordinates: Subordinates
    register: Register
    registry: Registry
    health: Health
    views: Views
    talking: Talking
    catalogs: Catalogs
    alarms: Alarms
    positions: Positions
    subscriptions: Subscriptions
    wants: Wants
    reset_alarm: Callable[[str, str, AlarmCmd], Awaitable[object]]
    commands: Commands
    configuration: Configuration
    records: Records
    pictures: Pictures
    deeds: Deeds
    shelf: Shelf
    upgrades: Upgrades
    address_for: Callable[[str], str]
    downloads: Downloads
    addresses: Addresses
    stamp: Stamp
    engine: Engine
    feed: Feed
    peers: Peers
    admission: Admission
    profiles: Profiles
    beats: Beats
    traces: Traces
    watch: Watch
    settings: Settings
    clock: Clock
    version: str
    platform: Callable[[], Mapping[str, str]]
    figures: Mapping[str, Figures]
    healthy: Callable[[], Awaitable[None]]
