import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select

from tongshi.access import service
from tongshi.access.accounts.terms import OPEN_TERMS, Terms
from tongshi.access.hashing.service import Hashing
from tongshi.access.identity import Person, Rules
from tongshi.access.permission import ADMINISTRATORS, Role
from tongshi.access.register import Action, Ending, Entry, EntryQuery, Look
from tongshi.access.scope import EVERYTHING
from tongshi.access.service import Given, People, Register
from tongshi.access.signin.service import SignIns
from tongshi.access.signin.step import SignedIn
from tongshi.audit.entry import Actor
from tongshi.clock import ManualClock
from tongshi.db.connect import connect
from tongshi.db.migrate import upgrade
from tongshi.db.run import Life
from tongshi.db.tables import people as people_table
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Denied, Exhausted, Invalid, Missing

Join = Callable[..., tuple[Person, str]]
Told = Callable[[], list[tuple[str, str]]]
SOMEBODY = Actor(999, "Somebody", "Unit", "192.0.2.1")
DAY = 86400.0


def test_the_first_administrator_is_made_once_with_a_password_of_his_own(
    people: People, first: Given, engine: Engine
) -> None:
    assert people.make_first() is None
    (person,) = people.everybody()
    assert (person.role, person.must_change) == (Role.SECURITY, True)
    with engine.connect() as connection:
        stored = connection.execute(select(people_table.c.password)).scalar_one()
    assert stored.startswith("$argon2id$")
    assert first.password not in stored


def test_a_first_password_that_ran_out_unused_is_replaced(
    people: People, sign_ins: SignIns, first: Given, clock: ManualClock
) -> None:
    clock.wind(DAY)
    with pytest.raises(Denied):
        sign_ins.sign_in(first.name, first.password, "::1")
    again = people.make_first()
    assert again is not None
    assert again.password != first.password
    sign_ins.sign_in(again.name, again.password, "::1")
    clock.wind(DAY)
    assert people.make_first() is None, "it has been used: the machine resets it"


def test_a_first_password_is_not_replaced_once_there_are_others(
    people: People, first: Given, clock: ManualClock
) -> None:
    people.add("li", "Li", "", Role.OPERATOR)
    clock.wind(DAY)
    assert people.make_first() is None


def test_a_name_is_given_once(people: People, first: Given) -> None:
    with pytest.raises(Conflict):
        people.add("ADMIN", "Another", "", Role.OPERATOR)
    with pytest.raises(Invalid):
        people.add("", "Nobody", "", Role.OPERATOR)
    with pytest.raises(Missing):
        people.named("nobody")
    with pytest.raises(Missing):
        people.person(999)


def test_a_contractor_has_an_end_and_is_out_then(
    people: People, sign_ins: SignIns, clock: ManualClock
) -> None:
    with pytest.raises(Invalid, match="end date"):
        people.add("wu", "Wu", "", Role.CONTRACTOR)
    given = people.add("wu", "Wu", "", Role.CONTRACTOR, terms=Terms(clock.wall() + 300))
    token = sign_ins.sign_in("wu", given.password, "::1").token
    clock.wind(299)
    assert sign_ins.session(token) is not None
    clock.wind(1)
    assert sign_ins.session(token) is None
    with pytest.raises(Denied):
        sign_ins.sign_in("wu", given.password, "::1")
    with pytest.raises(Invalid, match="end date"):
        people.change(people.named("wu").id, "Wu", "", Role.CONTRACTOR, OPEN_TERMS, SOMEBODY)


@pytest.mark.parametrize(
    ("role", "terms", "ends"),
    [
        (Role.OPERATOR, OPEN_TERMS, False),
        (Role.OWNER, OPEN_TERMS, True),
        (Role.OPERATOR, Terms(ends_at=2e9), True),
    ],
)
def test_a_change_of_rights_ends_the_sign_ins(
    people: People, sign_ins: SignIns, join: Join, role: Role, terms: Terms, ends: bool
) -> None:
    person, password = join()
    token = sign_ins.sign_in("li", password, "::1").token
    after = people.change(person.id, "Li Si", "Unit 2", role, terms, SOMEBODY)
    assert (after.shown, after.unit, after.role) == ("Li Si", "Unit 2", role)
    assert people.person(person.id) == after
    assert (sign_ins.session(token) is None) is ends


def test_nobody_changes_their_own_account(people: People, join: Join) -> None:
    person, _ = join(role=Role.SECURITY)
    oneself = Actor(person.id, "Li", "", "")
    acts: list[Callable[[], object]] = [
        lambda: people.change(person.id, "Li", "", Role.AUDIT, OPEN_TERMS, oneself),
        lambda: people.reset(person.id, oneself),
        lambda: people.disable(person.id, disabled=True, by=oneself),
        lambda: people.remove_factor(person.id, oneself),
        lambda: people.bind(person.id, "issuer|x", "", oneself),
    ]
    for act in acts:
        with pytest.raises(Denied, match="their own account"):
            act()
    assert people.person(person.id) == person


def test_the_last_administrator_of_security_stays(people: People, first: Given) -> None:
    last = people.named(first.name)
    acts: list[Callable[[], object]] = [
        lambda: people.disable(last.id, disabled=True, by=SOMEBODY),
        lambda: people.change(last.id, "A", "", Role.SECURITY, Terms(ends_at=2e9), SOMEBODY),
    ]
    for act in acts:
        with pytest.raises(Conflict, match="last administrator"):
            act()
    people.change(last.id, "Another name", "", Role.SECURITY, OPEN_TERMS, SOMEBODY)
    people.add("passing", "P", "", Role.SECURITY, terms=Terms(ends_at=2e9))
    with pytest.raises(Conflict):
        people.disable(last.id, disabled=True)
    people.add("second", "S", "", Role.SECURITY)
    people.disable(last.id, disabled=True)
    assert people.person(last.id).disabled


def test_a_closed_account_loses_its_sessions_and_may_be_opened_again(
    people: People, sign_ins: SignIns, join: Join
) -> None:
    person, password = join()
    token = sign_ins.sign_in("li", password, "::1").token
    people.disable(person.id, disabled=True)
    assert sign_ins.session(token) is None
    with pytest.raises(Denied):
        sign_ins.sign_in("li", password, "::1")
    people.disable(person.id, disabled=False)
    assert sign_ins.sign_in("li", password, "::1").token
    with pytest.raises(Missing):
        people.disable(999, disabled=True)


def test_a_reset_password_opens_once_and_must_be_changed(
    people: People, sign_ins: SignIns, join: Join, clock: ManualClock
) -> None:
    person, password = join()
    token = sign_ins.sign_in("li", password, "::1").token
    given = people.reset(person.id)
    assert sign_ins.session(token) is None
    found = sign_ins.sign_in("li", given.password, "::1")
    assert found.session.person.must_change
    for secret in (given.password, password):
        with pytest.raises(Denied):
            sign_ins.sign_in("li", secret, "::1")
    assert sign_ins.change_password(person.id, given.password, "other good words", "::1")


def test_a_reset_opens_for_who_was_paused(
    people: People, sign_ins: SignIns, join: Join, rules: Rules
) -> None:
    person, password = join()
    for _ in range(rules.attempts):
        with pytest.raises(Denied):
            sign_ins.sign_in("li", "wrong", "::1")
    with pytest.raises(Denied):
        sign_ins.sign_in("li", password, "::1")
    assert sign_ins.sign_in("li", people.reset(person.id).password, "::1")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SERVICE])
def test_an_administrator_does_not_become_another(
    people: People, join: Join, role: Role, clock: ManualClock
) -> None:
    """Demoted, stripped of the second factor and appointed again, they would be somebody else."""
    people.add("keeper", "K", "", Role.SECURITY)
    terms = Terms(ends_at=clock.wall() + DAY)
    person, _ = join(role=Role.AUDIT)
    if role is not Role.AUDIT:
        with pytest.raises(Conflict, match="for good"):
            people.change(person.id, "Li", "", role, terms, SOMEBODY)
    other, _ = join("wu")
    assert people.change(other.id, "Wu", "", role, terms, SOMEBODY).role is role


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SERVICE])
def test_the_second_factor_of_an_administrator_goes_on_the_machine_only(
    people: People,
    sign_ins: SignIns,
    join: Join,
    enrol: Callable[[SignedIn], object],
    role: Role,
    clock: ManualClock,
) -> None:
    people.add("keeper", "K", "", Role.SECURITY)
    person, password = join(role=role, terms=Terms(ends_at=clock.wall() + DAY))
    enrol(sign_ins.sign_in("li", password, "::1"))
    assert people.person(person.id).totp
    if role in ADMINISTRATORS:
        with pytest.raises(Denied, match="on the machine"):
            people.remove_factor(person.id, SOMEBODY)
        people.reset(person.id, SOMEBODY)
        assert people.person(person.id).totp, "a reset password alone opens nothing"
        people.reset(person.id, factor=True)
    else:
        people.remove_factor(person.id, SOMEBODY)
    assert not people.person(person.id).totp


def test_a_service_is_no_person(people: People, sign_ins: SignIns, join: Join) -> None:
    given = people.add("robot", "Robot", "", Role.SERVICE)
    with pytest.raises(Denied):
        sign_ins.sign_in("robot", given.password, "::1")
    person, _ = join()
    with pytest.raises(Invalid):
        people.change(person.id, "Li", "", Role.SERVICE, OPEN_TERMS, SOMEBODY)
    with pytest.raises(Invalid):
        people.change(people.named("robot").id, "R", "", Role.OPERATOR, OPEN_TERMS, SOMEBODY)


def test_an_outer_identity_is_one_persons(people: People, join: Join) -> None:
    li, _ = join("li")
    wu, _ = join("wu")
    people.bind(li.id, "https://idp|li", " Li@Example.ORG ", SOMEBODY)
    assert people.binding(li.id) == ("https://idp|li", "li@example.org")
    for oidc, email in (("https://idp|li", ""), ("", "li@example.org")):
        with pytest.raises(Conflict):
            people.bind(wu.id, oidc, email, SOMEBODY)
    people.bind(wu.id, "", "wu@example.org", SOMEBODY)
    found = people.bound("https://idp|li", "")
    assert found is not None
    assert found.id == li.id
    by_mail = people.bound("https://idp|new", "WU@example.org")
    assert by_mail is not None
    assert by_mail.id == wu.id
    assert people.bound("https://idp|other", "li@example.org") is None, "bound to another identity"
    assert people.bound("https://idp|other", "") is None
    people.bind(li.id, "", "", SOMEBODY)
    people.bind(li.id, "", "", SOMEBODY)
    assert people.bound("https://idp|li", "") is None


def test_every_change_stands_in_the_audit_chain(people: People, join: Join, told: Told) -> None:
    person, _ = join()
    before = len(told())
    people.change(person.id, "Li", "U", Role.OWNER, OPEN_TERMS, SOMEBODY)
    people.reset(person.id, SOMEBODY)
    people.disable(person.id, disabled=True, by=SOMEBODY)
    people.disable(person.id, disabled=False, by=SOMEBODY)
    people.remove_factor(person.id, SOMEBODY)
    people.bind(person.id, "https://idp|li", "", SOMEBODY)
    assert told()[before:] == [
        ("person.changed", "done"),
        ("person.password-reset", "done"),
        ("person.disabled", "done"),
        ("person.enabled", "done"),
        ("person.totp-removed", "done"),
        ("person.oidc-bound", "done"),
    ]


# The access register


@pytest.fixture
def register(engine: Engine, writer: Writer, clock: ManualClock) -> Register:
    return Register(engine, writer, clock)


def look(person_id: int, at: float = 100.0, channel_id: str = "c", purpose: str = "patrol") -> Look:
    return Look(
        person_id, "Li", "Unit", Action.LIVE, "d", channel_id, "门", purpose, at, "ws", "::1"
    )


def entries(register: Register, query: EntryQuery | None = None) -> tuple[Entry, ...]:
    return register.page(EVERYTHING, query or EntryQuery()).rows


def test_an_entry_is_there_before_the_picture_and_ended_after(
    register: Register, signed_in: SignedIn, writer: Writer, clock: ManualClock
) -> None:
    given = look(signed_in.session.person.id)
    number = register.open(given)
    assert entries(register) == (Entry(number, given, None),)
    clock.wind(60)
    register.close(number, "closed", 59.5, 12_000_000)
    register.close(number, "again", 0.0, 0)
    writer.flush()
    register.close(number, "and again", 0.0, 0)
    writer.flush()
    (entry,) = entries(register)
    assert entry.ending == Ending(clock.wall(), "closed", 59.5, 12_000_000)


def test_text_of_any_kind_is_kept_as_far_as_it_can_be(
    register: Register, signed_in: SignedIn
) -> None:
    register.open(look(signed_in.session.person.id, purpose="a\0b\ud800"))
    assert entries(register)[0].look.purpose == "a?b?"


def test_no_entry_no_picture(
    tmp_path: Path,
    clock: ManualClock,
    rules: Rules,
    hashing: Hashing,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'full.db'}")
    upgrade(engine)
    writer = Writer(engine, flush=60)
    given = People(engine, writer, clock, rules, hashing).make_first()
    assert given is not None
    register = Register(engine, writer, clock)
    number = register.open(look(1))
    state = ["ON"]
    event.listen(
        engine, "checkout", lambda driver, *_: driver.execute(f"PRAGMA query_only={state[0]}")
    )
    with pytest.raises(Exhausted) as caught:
        register.open(look(1))
    assert caught.value.resource == "disk"
    # An ending waits until it can be written.
    register.close(number, "closed", 1.0, 1)
    with pytest.raises(Exhausted):
        writer.flush()
    state[0] = "OFF"
    writer.flush()
    assert [entry.ending is not None for entry in entries(register)] == [True]
    monkeypatch.setattr(service, "WAIT", 0.0)
    held = threading.Event()
    writer.call(lambda _: held.wait(10))
    with pytest.raises(Exhausted, match="too long"):
        register.open(look(1))
    held.set()
    writer.close()
    engine.dispose()


def test_an_entry_is_safe_from_a_power_cut(
    register: Register, signed_in: SignedIn, engine: Engine, writer: Writer
) -> None:
    """Each transaction that writes the register waits for the disk itself."""
    levels: list[str] = []

    def note(*facts: object) -> None:
        statement = str(facts[2])
        if statement.startswith(("PRAGMA synchronous", "INSERT INTO register_")):
            levels.append(statement.split("(")[0].strip())

    event.listen(engine, "before_cursor_execute", note)
    number = register.open(look(signed_in.session.person.id))
    register.close(number, "closed", 1.0, 1)
    writer.flush()
    written = [at for at, level in enumerate(levels) if level.startswith("INSERT")]
    assert len(written) == 2
    assert {levels[at - 1] for at in written} == {"PRAGMA synchronous=FULL"}


def test_what_a_killed_process_left_open_is_closed_with_what_is_known(
    register: Register, signed_in: SignedIn, writer: Writer, clock: ManualClock
) -> None:
    person_id = signed_in.session.person.id
    begun = clock.wall()
    silent, watched, ended = (register.open(look(person_id, begun + at)) for at in range(3))
    clock.wind(30)
    register.note(watched, 28.0, 5000)
    register.close(ended, "closed", 1.0, 1)
    writer.flush()
    clock.wind(100)
    assert register.close_left_open(Life(0.0, begun + 20, clean=False)) == 2
    assert register.close_left_open(None) == 0
    found = {entry.id: entry.ending for entry in entries(register)}
    assert found[silent] == Ending(begun + 20, "process-ended", None, None)
    assert found[watched] == Ending(begun + 30, "process-ended", 28.0, 5000)
    assert found[ended] == Ending(begun + 30, "closed", 1.0, 1)


def test_a_camera_that_two_steered_is_told_once(register: Register, signed_in: SignedIn) -> None:
    person_id = signed_in.session.person.id
    for at in range(3):
        channel_id = "one" if at else "other"
        steering = look(person_id, 100.0 + at, channel_id)
        register.open(replace(steering, action=Action.CONTROL, what="steer"))
    register.close_left_open(None)
    found = register.cut_off("steer", "stop-left", 0.0, 10)
    assert {(one.channel_id, one.at) for one in found} == {("one", 102.0), ("other", 100.0)}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (EntryQuery(), [3, 2, 1, 0]),
        (EntryQuery(since=101.0), [3, 2, 1]),
        (EntryQuery(until=101.0), [0]),
        (EntryQuery(person_id=1), [3, 2, 1, 0]),
        (EntryQuery(person_id=2), []),
        (EntryQuery(device_id="d", channel_id="c2"), [2]),
        (EntryQuery(text="purpose 1"), [1]),
        (EntryQuery(text="%"), []),
        (EntryQuery(text="li"), [3, 2, 1, 0]),
        (EntryQuery(open=True), [3, 2, 1]),
        (EntryQuery(number=2, size=3), [0]),
        (EntryQuery(number=-1, size=2), [3, 2]),
    ],
)
def test_entries_are_filtered(
    register: Register,
    signed_in: SignedIn,
    writer: Writer,
    query: EntryQuery,
    expected: list[int],
) -> None:
    person_id = signed_in.session.person.id
    assert person_id == 1
    for at in range(4):
        number = register.open(look(person_id, 100.0 + at, f"c{at}", f"purpose {at}"))
        if at == 0:
            register.close(number, "closed", 1.0, 1)
    writer.flush()
    assert [int(entry.look.at - 100) for entry in entries(register, query)] == expected
