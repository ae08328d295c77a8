"""The parts that let people in, and somebody who has come in."""

from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from pyotp import TOTP
from sqlalchemy import Engine

from tongshi.access.accounts.terms import Terms
from tongshi.access.factors.service import Factors
from tongshi.access.hashing.service import Hashing
from tongshi.access.identity import Person, Rules
from tongshi.access.permission import Role
from tongshi.access.service import Given, People
from tongshi.access.signin.service import SignIns
from tongshi.access.signin.step import SignedIn
from tongshi.audit.store import AuditQuery, page_entries
from tongshi.clock import ManualClock
from tongshi.db.writer import Writer

Join = Callable[..., tuple[Person, str]]
Told = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def rules() -> Rules:
    return Rules(idle=600.0, absolute=3600.0, attempts=3, lock=300.0)


@pytest.fixture
def hashing() -> Hashing:
    return Hashing(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def factors(engine: Engine, writer: Writer, clock: ManualClock) -> Factors:
    return Factors(engine, writer, clock, bytes(32), "Node")


@pytest.fixture
def people(
    engine: Engine, writer: Writer, clock: ManualClock, rules: Rules, hashing: Hashing
) -> People:
    return People(engine, writer, clock, rules, hashing)


@pytest.fixture
def sign_ins(
    engine: Engine,
    writer: Writer,
    clock: ManualClock,
    rules: Rules,
    hashing: Hashing,
    factors: Factors,
) -> SignIns:
    return SignIns(engine, writer, clock, rules, hashing, factors)


@pytest.fixture
def first(people: People) -> Given:
    given = people.make_first()
    assert given is not None
    return given


@pytest.fixture
def signed_in(sign_ins: SignIns, first: Given) -> SignedIn:
    return sign_ins.sign_in(first.name, first.password, "127.0.0.1")


@pytest.fixture
def join(people: People, sign_ins: SignIns) -> Join:
    """Return what makes somebody with a password of their own; it gives person and password."""

    def make(
        name: str = "li", role: Role = Role.OPERATOR, terms: Terms | None = None
    ) -> tuple[Person, str]:
        given = people.add(name, name.title(), "Unit", role, terms=terms or Terms())
        person = people.named(name)
        sign_ins.change_password(person.id, given.password, f"the words of {name[:2]} x", "")
        return people.named(name), f"the words of {name[:2]} x"

    return make


@pytest.fixture
def enrol(
    sign_ins: SignIns, factors: Factors, clock: ManualClock
) -> Callable[[SignedIn], tuple[TOTP, SignedIn, tuple[str, ...]]]:
    """Return what enrols one-time codes; it gives their maker, a fresh sign-in, recovery codes."""

    def give(found: SignedIn) -> tuple[TOTP, SignedIn, tuple[str, ...]]:
        maker = TOTP(factors.enrol(found.session.person.id).secret)
        done = sign_ins.confirm_factor(found.session, maker.at(int(clock.wall())), "127.0.0.1")
        return maker, done.signed_in, done.codes

    return give


@pytest.fixture
def told(engine: Engine) -> Told:
    """Return what gives the acts of the audit chain with their outcomes, the oldest first."""

    def read() -> list[tuple[str, str]]:
        with engine.connect() as connection:
            entries, _ = page_entries(connection, AuditQuery(size=200))
        return [(entry.act.what, entry.act.outcome) for entry in reversed(entries)]

    return read
