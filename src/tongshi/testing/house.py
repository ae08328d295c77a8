"""A device of three cameras, and people with every part in requests, in a store: for tests."""

from dataclasses import dataclass, field

from sqlalchemy import Engine, insert, select

from tongshi.access.accounts.store import read_account_of
from tongshi.access.grant import Grant, Right, Selector, Subject, SubjectKind
from tongshi.access.granting.service import Rights
from tongshi.access.identity import Person
from tongshi.access.permission import Role
from tongshi.access.placing.service import Cells
from tongshi.approvals.content import Ask, Content, Kind, Place
from tongshi.approvals.emergency.service import Emergencies
from tongshi.approvals.glass import Limits
from tongshi.approvals.purposes.service import Purposes
from tongshi.approvals.service import Approvals
from tongshi.audit.entry import Actor
from tongshi.clock import ManualClock
from tongshi.db.tables import audit_entries, people
from tongshi.db.writer import Writer
from tongshi.gb28181.catalog import Item
from tongshi.registry.entry import CatalogStanding, CatalogState, Registration
from tongshi.registry.service import Registry

DEVICE = "34020000001110000001"
CAMERAS = tuple(f"3402000000131000000{number}" for number in (1, 2, 3))
ADDRESS = "192.0.2.7"
HOUR = 3600.0


@dataclass
class House:
    """The services, and people who use them."""

    engine: Engine
    writer: Writer
    clock: ManualClock
    rights: Rights
    purposes: Purposes
    approvals: Approvals
    emergencies: Emergencies
    people: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Person:
        """Return the person of this name as the store has them now."""
        with self.engine.connect() as connection:
            account = read_account_of(connection, self.people[name])
        assert account is not None
        return account.person

    def join(self, name: str, role: Role, unit: str = "Unit 1") -> None:
        """Add an account."""
        row = {
            "name": name,
            "shown": name.title(),
            "unit": unit,
            "role": role.value,
            "password": "",
            "must_change": False,
            "made_at": 0.0,
            "password_at": 0.0,
            "failures": 0,
            "locked_until": 0.0,
        }
        kept = {key: value for key, value in row.items() if key in people.c}
        statement = insert(people).values(kept).returning(people.c.id)
        self.people[name] = self.writer.commit(
            lambda connection: connection.execute(statement).scalar_one()
        )

    def grant(self, name: str, *rights: Right, cameras: tuple[str, ...] = CAMERAS) -> None:
        """Let somebody know of cameras, and have *rights* to them."""
        subject = Subject(SubjectKind.PERSON, str(self.people[name]))
        selector = Selector(cameras=frozenset((DEVICE, each) for each in cameras))
        grant = Grant(0, subject, frozenset({Right.SEE, *rights}), selector)
        self.rights.add(grant, Actor(person="Security"))

    def acts(self) -> list[str]:
        """Return the kinds of what the audit has of this package, oldest first."""
        own = ("purpose", "request", "delegate", "break-glass")
        with self.engine.connect() as connection:
            found = (
                connection.execute(select(audit_entries.c.what).order_by(audit_entries.c.seq))
                .scalars()
                .all()
            )
        return [what for what in found if what.startswith(own)]

    def may(self, name: str, right: Right, purpose: str, camera: str = CAMERAS[0]) -> bool:
        """Say whether somebody may do something now, by grants alone."""
        tested = self.rights.test_as(self[name], DEVICE, camera, purpose=purpose)
        return tested.visible and tested.decisions[right].allowed

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.wind(seconds)


def ask_of(
    kind: Kind = Kind.LIVE,
    purpose: str = "patrol",
    content: Content = None,
    *,
    since: float | None = None,
    until: float | None = None,
) -> Ask:
    """Return what somebody asks for about the first camera, for an hour."""
    cameras = (Place(DEVICE, CAMERAS[0], "东门"),)
    return Ask(
        kind,
        purpose,
        "somebody is missing",
        cameras,
        HOUR,
        "A 17",
        since,
        until,
        content,
    )


def furnish(engine: Engine, writer: Writer, clock: ManualClock) -> House:
    """Return a house whose operators, owner and administrators have what a test needs.

    first, second and owner decide about every camera; asker knows of them all, stranger of none.
    """
    fill_registry(engine, writer, clock)
    rights = Rights(engine, writer, clock, Cells(engine, writer))
    purposes = Purposes(engine, writer, clock)
    approvals = Approvals(engine, writer, clock, rights, purposes, bytes(32))
    limits = Limits(minutes=30, cameras=2, review=24 * HOUR, footage=HOUR)
    emergencies = Emergencies(engine, writer, clock, rights, purposes, limits)
    made = House(engine, writer, clock, rights, purposes, approvals, emergencies)
    for name in ("asker", "first", "second", "helper", "stranger"):
        made.join(name, Role.OPERATOR)
    made.join("owner", Role.OWNER)
    made.join("auditor", Role.AUDIT)
    made.join("security", Role.SECURITY)
    made.grant("asker")
    for name in ("first", "second", "owner"):
        made.grant(name, Right.APPROVE)
    return made


def fill_registry(engine: Engine, writer: Writer, clock: ManualClock) -> None:
    """Let the register know the device and its cameras, as signalling would."""
    registry, at = Registry(engine, writer), clock.wall()
    registry.record_registration(
        Registration(DEVICE, "192.0.2.20", 5060, "udp", at, at + 3600, "2.0", "Simulator", "")
    )
    items = [
        Item(device_id=channel, name=f"通道 {number}", parent_id=DEVICE, status="ON")
        for number, channel in enumerate(CAMERAS, 1)
    ]
    standing = CatalogStanding(CatalogState.COMPLETE, 3, 3, "", at)
    registry.merge_catalog(DEVICE, items, standing)
    registry.close()
    writer.flush()
