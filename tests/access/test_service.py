import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, event, select

from tongshi.access import service
from tongshi.access.identity import Rules
from tongshi.access.permission import Role
from tongshi.access.register import Action, Ending, Entry, EntryQuery, Look
from tongshi.access.scope import EVERYTHING
from tongshi.access.service import Given, People, Register, SignedIn
from tongshi.clock import ManualClock
from tongshi.db.connect import connect
from tongshi.db.migrate import upgrade
from tongshi.db.run import Life
from tongshi.db.tables import people as people_table
from tongshi.db.tables import web_sessions
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Denied, Exhausted, Invalid, Missing

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
RULES = Rules(idle=600.0, absolute=3600.0, attempts=3, lock=300.0)
GOOD = "a better password"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def people(engine: Engine, writer: Writer, clock: ManualClock) -> People:
    return People(engine, writer, clock, RULES, CHEAP)


@pytest.fixture
def first(people: People) -> Given:
    given = people.make_first()
    assert given is not None
    return given


@pytest.fixture
def signed_in(people: People, first: Given) -> SignedIn:
    return people.sign_in(first.name, first.password, "127.0.0.1")


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
    assert CHEAP.verify(stored, first.password)


def test_passwords_cost_what_the_standard_recommends(
    engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    """RFC 9106, second recommendation: 64 MiB, three passes."""
    People(engine, writer, clock, RULES).make_first()
    with engine.connect() as connection:
        stored = connection.execute(select(people_table.c.password)).scalar_one()
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_session_holds_until_it_is_idle(
    people: People, signed_in: SignedIn, clock: ManualClock, writer: Writer
) -> None:
    for _ in range(4):
        clock.wind(RULES.idle - 1)
        found = people.session(signed_in.token)
        assert found is not None
        assert found.person.name == "admin"
        writer.flush()
    clock.wind(RULES.idle)
    assert people.session(signed_in.token) is None


def test_a_session_ends_when_it_is_old(
    people: People, signed_in: SignedIn, clock: ManualClock, writer: Writer
) -> None:
    for _ in range(9):
        clock.wind(390)
        assert people.session(signed_in.token) is not None
        writer.flush()
    clock.wind(90)
    assert people.session(signed_in.token) is None


def test_the_store_does_not_have_the_token(
    people: People, signed_in: SignedIn, engine: Engine
) -> None:
    with engine.connect() as connection:
        row = connection.execute(select(web_sessions)).one()
    assert signed_in.token not in str(row)
    assert people.session(row.token_digest) is None


def test_signing_out_ends_the_session(people: People, signed_in: SignedIn) -> None:
    people.sign_out(signed_in.token)
    assert people.session(signed_in.token) is None
    people.sign_out(signed_in.token)


def test_old_sessions_are_forgotten(
    people: People, signed_in: SignedIn, clock: ManualClock, engine: Engine
) -> None:
    people.forget_old_sessions()
    assert people.session(signed_in.token) is not None
    clock.wind(RULES.idle)
    people.forget_old_sessions()
    with engine.connect() as connection:
        assert connection.execute(select(web_sessions)).all() == []


def test_a_changed_password_ends_all_sessions(people: People, first: Given) -> None:
    tokens = [people.sign_in("ADMIN ", first.password, "::1").token for _ in range(2)]
    (person,) = people.everybody()
    fresh = people.change_password(person.id, first.password, GOOD, "::1")
    assert [people.session(token) for token in tokens] == [None, None]
    found = people.session(fresh.token)
    assert found is not None
    assert not found.person.must_change
    with pytest.raises(Denied):
        people.sign_in("admin", first.password, "::1")
    assert people.sign_in("admin", GOOD, "::1").session.person.id == person.id


def test_a_password_is_changed_only_by_who_knows_it_and_to_a_good_one(
    people: People, first: Given
) -> None:
    (person,) = people.everybody()
    with pytest.raises(Denied):
        people.change_password(person.id, "wrong", GOOD, "::1")
    with pytest.raises(Invalid):
        people.change_password(person.id, first.password, "short", "::1")
    with pytest.raises(Invalid, match="old one"):
        people.change_password(person.id, first.password, first.password, "::1")
    with pytest.raises(Missing):
        people.change_password(999, "wrong", GOOD, "::1")


def refusal(attempt: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(Denied) as caught:
        attempt()
    return str(caught.value), caught.value.helps


def test_nothing_in_the_answer_tells_whether_there_is_an_account(
    people: People, first: Given, writer: Writer, clock: ManualClock
) -> None:
    people.add("closed", "C", "", Role.OPERATOR)
    closed = next(person for person in people.everybody() if person.name == "closed")
    people.disable(closed.id, disabled=True)
    answers = {
        refusal(lambda: people.sign_in("admin", "wrong", "::1")),
        refusal(lambda: people.sign_in("nobody", "wrong", "::1")),
        refusal(lambda: people.sign_in("", "wrong", "::1")),
        refusal(lambda: people.sign_in("closed", "wrong", "::1")),
        refusal(lambda: people.sign_in("admin", "\ud800" * 1000, "::1")),
        refusal(lambda: people.sign_in("admin", "wrong", "::1")),
    }
    writer.flush()
    # Now it is locked: the right password gets the same answer, until the lock ends.
    answers.add(refusal(lambda: people.sign_in("admin", first.password, "::1")))
    assert len(answers) == 1
    clock.wind(RULES.lock)
    assert people.sign_in("admin", first.password, "::1").token


def test_an_unknown_name_costs_the_same_work(
    people: People, first: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    verify = People._verify

    def count(self: People, hashed: str, password: str) -> bool:
        checked.append(hashed.rsplit("$", 2)[0])
        return verify(self, hashed, password)

    monkeypatch.setattr(People, "_verify", count)
    refusal(lambda: people.sign_in("admin", "wrong", "::1"))
    refusal(lambda: people.sign_in("nobody", "wrong", "::1"))
    refusal(lambda: people.sign_in("\0", "wrong", "::1"))
    assert len(checked) == 3
    assert len(set(checked)) == 1, "one kind of hash with one set of parameters"


def test_success_forgets_failures(people: People, first: Given, writer: Writer) -> None:
    for _ in range(3):
        for _ in range(RULES.attempts - 1):
            refusal(lambda: people.sign_in("admin", "wrong", "::1"))
        writer.flush()
        assert people.sign_in("admin", first.password, "::1").token


def test_a_wrong_old_password_counts_as_a_failure(
    people: People, first: Given, writer: Writer
) -> None:
    (person,) = people.everybody()
    for _ in range(RULES.attempts):
        refusal(lambda: people.change_password(person.id, "wrong", GOOD, "::1"))
        writer.flush()
    refusal(lambda: people.change_password(person.id, first.password, GOOD, "::1"))
    refusal(lambda: people.sign_in("admin", first.password, "::1"))


def test_a_closed_account_loses_its_sessions_and_may_be_opened_again(
    people: People, first: Given
) -> None:
    given = people.add("Wang", "", "Unit 1", Role.OPERATOR)
    token = people.sign_in("wang", given.password, "::1").token
    person = next(one for one in people.everybody() if one.name == "wang")
    assert (person.shown, person.unit) == ("wang", "Unit 1")
    people.disable(person.id, disabled=True)
    assert people.session(token) is None
    refusal(lambda: people.sign_in("wang", given.password, "::1"))
    people.disable(person.id, disabled=False)
    assert people.sign_in("wang", given.password, "::1").token
    with pytest.raises(Missing):
        people.disable(999, disabled=True)


def test_a_reset_password_must_be_changed(people: People, signed_in: SignedIn) -> None:
    given = people.reset(signed_in.session.person.id)
    assert people.session(signed_in.token) is None
    assert people.sign_in(given.name, given.password, "::1").session.person.must_change


def test_a_name_is_given_once(people: People, first: Given) -> None:
    with pytest.raises(Conflict):
        people.add("ADMIN", "Another", "", Role.OPERATOR)
    with pytest.raises(Invalid):
        people.add("", "Nobody", "", Role.OPERATOR)


def test_hashes_of_weaker_parameters_are_renewed(
    people: People, first: Given, engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    People(engine, writer, clock, RULES, stronger).sign_in("admin", first.password, "::1")
    writer.flush()
    with engine.connect() as connection:
        stored = connection.execute(select(people_table.c.password)).scalar_one()
    assert "m=16,t=2" in stored
    assert people.sign_in("admin", first.password, "::1").token


def test_too_many_at_once_are_refused(
    people: People, first: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "WAIT", 0.01)
    for _ in range(service.AT_ONCE):
        people._turns.acquire()
    with pytest.raises(Exhausted):
        people.sign_in("admin", first.password, "::1")


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
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'full.db'}")
    upgrade(engine)
    writer = Writer(engine, flush=60)
    given = People(engine, writer, clock, RULES, CHEAP).make_first()
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
