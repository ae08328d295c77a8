"""Signing in, step by step, with what it must withstand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ParamSpec

import pytest
from argon2 import PasswordHasher
from pyotp import TOTP
from sqlalchemy import Engine, select, update

from tongshi.access.accounts.terms import Terms
from tongshi.access.factors.service import Factors
from tongshi.access.hashing.service import Hashing
from tongshi.access.identity import Bar, Certificate, Person, Rules, Way
from tongshi.access.permission import Permission, Role
from tongshi.access.service import Given, People
from tongshi.access.signin.service import SignIns
from tongshi.access.signin.step import SignedIn, Step
from tongshi.audit.entry import Actor
from tongshi.audit.store import AuditQuery, page_entries
from tongshi.clock import ManualClock
from tongshi.db.tables import people as people_table
from tongshi.db.tables import web_sessions
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Denied, Invalid, Missing

Join = Callable[..., tuple[Person, str]]
Enrol = Callable[[SignedIn], tuple[TOTP, SignedIn, tuple[str, ...]]]
Told = Callable[[], list[tuple[str, str]]]
GOOD = "a better password"
HERE, THERE = "192.0.2.1", "192.0.2.2"


P = ParamSpec("P")


def refusal(
    attempt: Callable[P, object], *given: P.args, **named: P.kwargs
) -> tuple[str, str, str]:
    with pytest.raises(Denied) as caught:
        attempt(*given, **named)
    return caught.value.code, str(caught.value), caught.value.helps


def step(found: SignedIn | Step) -> Step:
    assert isinstance(found, Step)
    return found


# Sessions


def test_a_session_holds_until_it_is_idle(
    sign_ins: SignIns, signed_in: SignedIn, clock: ManualClock, writer: Writer, rules: Rules
) -> None:
    for _ in range(4):
        clock.wind(rules.idle - 1)
        found = sign_ins.session(signed_in.token)
        assert found is not None
        assert found.person.name == "admin"
        writer.flush()
    clock.wind(rules.idle)
    assert sign_ins.session(signed_in.token) is None


def test_a_session_ends_when_it_is_old(
    sign_ins: SignIns, signed_in: SignedIn, clock: ManualClock, writer: Writer
) -> None:
    for _ in range(9):
        clock.wind(390)
        assert sign_ins.session(signed_in.token) is not None
        writer.flush()
    clock.wind(90)
    assert sign_ins.session(signed_in.token) is None


def test_the_store_does_not_have_the_token(
    sign_ins: SignIns, signed_in: SignedIn, engine: Engine
) -> None:
    with engine.connect() as connection:
        row = connection.execute(select(web_sessions)).one()
    assert signed_in.token not in str(row)
    assert sign_ins.session(row.token_digest) is None


def test_signing_out_ends_the_session(sign_ins: SignIns, signed_in: SignedIn, told: Told) -> None:
    sign_ins.sign_out(signed_in.token)
    assert sign_ins.session(signed_in.token) is None
    sign_ins.sign_out(signed_in.token)
    assert told()[-2:] == [("session.begun", "done"), ("session.ended", "done")]


def test_old_sessions_are_forgotten(
    sign_ins: SignIns, signed_in: SignedIn, clock: ManualClock, engine: Engine, rules: Rules
) -> None:
    sign_ins.end_old()
    assert sign_ins.session(signed_in.token) is not None
    clock.wind(rules.idle)
    sign_ins.end_old()
    with engine.connect() as connection:
        assert connection.execute(select(web_sessions)).all() == []


def test_own_sessions_are_listed_and_ended(
    sign_ins: SignIns, join: Join, clock: ManualClock
) -> None:
    li, password = join()
    wu, other = join("wu")
    clock.wind(1)
    one = sign_ins.sign_in("li", password, HERE)
    clock.wind(1)
    two = sign_ins.sign_in("li", password, THERE)
    theirs = sign_ins.sign_in("wu", other, HERE)
    held = sign_ins.open_sessions(li.id)
    assert [each.digest for each in held][-2:] == [one.session.digest, two.session.digest]
    assert sign_ins.count_open()[wu.id] == 2  # one was left by changing the password
    with pytest.raises(Missing):
        sign_ins.end_session(li.id, theirs.session.digest, Actor())
    with pytest.raises(Missing):
        sign_ins.end_session(li.id, "nonsense", Actor())
    sign_ins.end_session(li.id, one.session.digest, Actor())
    assert sign_ins.session(one.token) is None
    assert sign_ins.session(two.token) is not None
    assert sign_ins.session(theirs.token) is not None


# Nobody shares an account


def test_other_places_are_told_and_bounded(
    people: People, sign_ins: SignIns, clock: ManualClock, writer: Writer
) -> None:
    given = people.add("li", "Li", "", Role.OPERATOR)
    first = sign_ins.sign_in("li", given.password, "192.0.2.9")
    fresh = sign_ins.change_password(first.session.person.id, given.password, GOOD, HERE)
    second = sign_ins.sign_in("li", GOOD, THERE)
    clock.wind(20)
    assert (second.elsewhere, second.ended) == ((HERE,), ())
    here = sign_ins.session(fresh.token)
    assert here is not None
    assert here.elsewhere == 1
    writer.flush()
    clock.wind(20)
    third = sign_ins.sign_in("li", GOOD, "192.0.2.3")
    assert third.elsewhere == (HERE,), "it was used last"
    assert third.ended == (second.session.digest,)
    assert sign_ins.session(second.token) is None
    assert sign_ins.session(fresh.token) is not None


# Passwords


def test_a_changed_password_ends_all_sessions(sign_ins: SignIns, join: Join) -> None:
    person, password = join()
    tokens = [sign_ins.sign_in("LI ", password, HERE).token for _ in range(2)]
    fresh = sign_ins.change_password(person.id, password, GOOD, HERE)
    assert [sign_ins.session(token) for token in tokens] == [None, None]
    assert sign_ins.session(fresh.token) is not None
    refusal(sign_ins.sign_in, "li", password, HERE)
    assert sign_ins.sign_in("li", GOOD, HERE).session.person.id == person.id


def test_a_password_is_changed_only_by_who_knows_it_and_to_a_good_one(
    sign_ins: SignIns, join: Join
) -> None:
    person, password = join()
    refusal(sign_ins.change_password, person.id, "wrong", GOOD, HERE)
    with pytest.raises(Invalid):
        sign_ins.change_password(person.id, password, "short", HERE)
    with pytest.raises(Invalid, match="old one"):
        sign_ins.change_password(person.id, password, password, HERE)
    with pytest.raises(Missing):
        sign_ins.change_password(999, "wrong", GOOD, HERE)


def test_a_generated_password_opens_once_and_for_a_day(
    people: People, sign_ins: SignIns, clock: ManualClock, rules: Rules
) -> None:
    given = people.add("li", "Li", "", Role.OPERATOR)
    clock.wind(rules.once - 1)
    found = sign_ins.sign_in("li", given.password, HERE)
    assert found.session.person.bar is Bar.CHANGE
    refusal(sign_ins.sign_in, "li", given.password, HERE)
    assert sign_ins.change_password(found.session.person.id, given.password, GOOD, HERE)
    late = people.add("wu", "Wu", "", Role.OPERATOR)
    clock.wind(rules.once)
    refusal(sign_ins.sign_in, "wu", late.password, HERE)


def test_hashes_of_weaker_parameters_are_renewed(
    engine: Engine,
    writer: Writer,
    clock: ManualClock,
    rules: Rules,
    factors: Factors,
    join: Join,
) -> None:
    _, password = join()
    stronger = Hashing(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    SignIns(engine, writer, clock, rules, stronger, factors).sign_in("li", password, HERE)
    with engine.connect() as connection:
        stored = connection.execute(select(people_table.c.password)).scalar_one()
    assert "m=16,t=2" in stored


# Guessing


def test_nothing_in_the_answer_tells_whether_there_is_an_account(
    people: People, sign_ins: SignIns, join: Join, clock: ManualClock, rules: Rules
) -> None:
    _, password = join()
    closed, word = join("closed")
    people.disable(closed.id, disabled=True)
    given = people.add("ended", "E", "", Role.CONTRACTOR, terms=Terms(clock.wall() - 1))
    tries = [("li", "wrong"), ("nobody", "wrong"), ("", "wrong"), ("a\0", "x")]
    tries += [("closed", word), ("ended", given.password), ("li", "\ud800" * 1000), ("li", "x")]
    answers = {refusal(sign_ins.sign_in, name, secret, HERE) for name, secret in tries}
    # Now it is paused: the right password gets the same answer, until the pause ends.
    answers.add(refusal(sign_ins.sign_in, "li", password, HERE))
    assert len(answers) == 1
    clock.wind(rules.lock)
    assert sign_ins.sign_in("li", password, HERE).token


def test_names_that_nobody_has_are_counted_alike(
    sign_ins: SignIns, engine: Engine, join: Join
) -> None:
    join()
    for name in ("li", "nobody"):
        for _ in range(2):
            refusal(sign_ins.sign_in, name, "wrong", HERE)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT kind, key, failures FROM sign_in_tallies ORDER BY kind, key"
        ).all()
    assert [tuple(row) for row in rows] == [
        ("address", HERE, 4),
        ("name", "li", 2),
        ("name", "nobody", 2),
        ("pair", f"{HERE} li", 2),
        ("pair", f"{HERE} nobody", 2),
    ]


def test_success_forgets_failures(sign_ins: SignIns, join: Join, rules: Rules) -> None:
    _, password = join()
    for _ in range(3):
        for _ in range(rules.attempts - 1):
            refusal(sign_ins.sign_in, "li", "wrong", HERE)
        assert sign_ins.sign_in("li", password, HERE).token


def test_a_wrong_old_password_counts_as_a_failure(
    sign_ins: SignIns, join: Join, rules: Rules
) -> None:
    person, password = join()
    for _ in range(rules.attempts):
        refusal(sign_ins.change_password, person.id, "wrong", GOOD, HERE)
    refusal(sign_ins.change_password, person.id, password, GOOD, HERE)
    refusal(sign_ins.sign_in, "li", password, HERE)


def test_strangers_do_not_lock_an_administrator_out(
    sign_ins: SignIns, join: Join, clock: ManualClock, rules: Rules
) -> None:
    _, password = join("boss", Role.SECURITY)
    assert sign_ins.sign_in("boss", password, HERE).token
    for number in range(60):
        refusal(sign_ins.sign_in, "boss", "wrong", f"198.51.100.{number}")
    assert sign_ins.sign_in("boss", password, HERE).token, "from where they came before"
    # Elsewhere they wait as long as a pause at the most, whoever goes on guessing.
    for number in range(60):
        refusal(sign_ins.sign_in, "boss", "wrong", f"203.0.113.{number}")
    refusal(sign_ins.sign_in, "boss", password, THERE)
    clock.wind(rules.lock)
    assert sign_ins.sign_in("boss", password, THERE).token


def test_one_address_does_not_guess_at_many_names(
    sign_ins: SignIns, join: Join, rules: Rules
) -> None:
    _, password = join()
    for number in range(10 * rules.attempts):
        refusal(sign_ins.sign_in, f"name{number}", "wrong", THERE)
    refusal(sign_ins.sign_in, "li", password, THERE)
    assert sign_ins.sign_in("li", password, HERE).token


def test_pauses_are_in_the_audit_chain_and_what_was_typed_is_not(
    sign_ins: SignIns, join: Join, engine: Engine, rules: Rules
) -> None:
    join()
    refusal(sign_ins.sign_in, "my secret words", "x", HERE)
    for _ in range(rules.attempts + 4):
        refusal(sign_ins.sign_in, "li", "wrong", HERE)
    with engine.connect() as connection:
        entries, _ = page_entries(connection, AuditQuery(size=200))
    acts = [entry.act for entry in reversed(entries)]
    refused = [act for act in acts if act.outcome == "refused"]
    assert len(refused) == 1 + rules.attempts, "tries during a pause are not written down"
    assert [act.person for act in refused] == [""] + ["Li"] * rules.attempts
    assert [act.object for act in acts if act.what == "person.locked"] == ["pair"]
    assert "my secret words" not in str(acts)
    assert "wrong" not in str(acts)


# Two steps


def test_a_code_is_asked_for_and_opens_once(
    sign_ins: SignIns, join: Join, enrol: Enrol, clock: ManualClock
) -> None:
    _, password = join("boss", Role.SYSTEM)
    maker, fresh, _ = enrol(sign_ins.sign_in("boss", password, HERE))
    assert fresh.session.person.bar is None
    refusal(sign_ins.sign_in, "boss", password, HERE, maker.at(int(clock.wall())))
    clock.wind(30)
    code = maker.at(int(clock.wall()))
    way = step(sign_ins.begin("boss", password, HERE))
    assert sign_ins.session(way.token) is None, "a step is no session"
    found = sign_ins.second(way.token, code, HERE)
    assert found.token != way.token
    assert found.session.way is Way.TOTP
    refusal(sign_ins.second, way.token, code, HERE)
    refusal(sign_ins.sign_in, "boss", password, HERE, code)
    clock.wind(30)
    assert sign_ins.sign_in("boss", password, HERE, maker.at(int(clock.wall()))).token


def test_a_step_holds_for_its_place_and_time(
    sign_ins: SignIns, join: Join, enrol: Enrol, clock: ManualClock, rules: Rules
) -> None:
    _, password = join("boss", Role.SYSTEM)
    maker, _, _ = enrol(sign_ins.sign_in("boss", password, HERE))
    clock.wind(30)
    way = step(sign_ins.begin("boss", password, HERE))
    refusal(sign_ins.second, way.token, maker.at(int(clock.wall())), THERE)
    refusal(sign_ins.second, "forged", maker.at(int(clock.wall())), HERE)
    clock.wind(rules.step)
    refusal(sign_ins.second, way.token, maker.at(int(clock.wall())), HERE)


def test_guessing_codes_ends_in_a_pause(
    sign_ins: SignIns, join: Join, enrol: Enrol, clock: ManualClock, rules: Rules
) -> None:
    _, password = join("boss", Role.SYSTEM)
    maker, _, _ = enrol(sign_ins.sign_in("boss", password, HERE))
    clock.wind(30)
    right = maker.at(int(clock.wall()))
    wrong = f"{(int(right) + 1) % 1000000:06d}"
    way = step(sign_ins.begin("boss", password, HERE))
    for _ in range(rules.attempts):
        refusal(sign_ins.second, way.token, wrong, HERE)
    refusal(sign_ins.second, way.token, right, HERE)
    refusal(sign_ins.begin, "boss", password, HERE)


def test_a_recovery_code_opens_once(
    sign_ins: SignIns, join: Join, enrol: Enrol, factors: Factors
) -> None:
    person, password = join("boss", Role.SYSTEM)
    _, _, codes = enrol(sign_ins.sign_in("boss", password, HERE))
    found = sign_ins.sign_in("boss", password, HERE, codes[0].lower())
    assert found.session.way is Way.RECOVERY
    refusal(sign_ins.sign_in, "boss", password, HERE, codes[0])
    assert factors.count_codes(person.id) == 9


def test_a_secret_of_another_key_opens_nothing_but_recovery_does(
    engine: Engine,
    writer: Writer,
    clock: ManualClock,
    rules: Rules,
    hashing: Hashing,
    sign_ins: SignIns,
    join: Join,
    enrol: Enrol,
) -> None:
    _, password = join("boss", Role.SYSTEM)
    maker, _, codes = enrol(sign_ins.sign_in("boss", password, HERE))
    clock.wind(30)
    other = Factors(engine, writer, clock, b"x" * 32, "Node")
    restored = SignIns(engine, writer, clock, rules, hashing, other)
    with pytest.raises(Conflict, match="key"):
        restored.sign_in("boss", password, HERE, maker.at(int(clock.wall())))
    assert restored.sign_in("boss", password, HERE, codes[0]).token


def test_until_codes_are_enrolled_an_administrator_has_the_own_account_only(
    sign_ins: SignIns, join: Join, enrol: Enrol
) -> None:
    _, password = join("boss", Role.SECURITY)
    found = sign_ins.sign_in("boss", password, HERE)
    assert found.session.person.bar is Bar.TOTP
    seen = sign_ins.session(found.token)
    assert seen is not None
    assert [each for each in Permission if seen.person.may(each)] == [Permission.OWN_ACCOUNT]
    _, fresh, codes = enrol(found)
    assert sign_ins.session(found.token) is None
    assert fresh.session.person.may(Permission.MANAGE_PEOPLE)
    assert len(set(codes)) == 10


def test_a_wrong_code_enrols_nothing(sign_ins: SignIns, join: Join, factors: Factors) -> None:
    person, password = join()
    found = sign_ins.sign_in("li", password, HERE)
    refusal(sign_ins.confirm_factor, found.session, "123456", HERE)
    factors.enrol(person.id)
    refusal(sign_ins.confirm_factor, found.session, "nonsense", HERE)
    refusal(sign_ins.confirm_factor, found.session, "nonsense", HERE)
    refusal(sign_ins.confirm_factor, found.session, "nonsense", HERE)
    assert not sign_ins.open_sessions(person.id)[0].person.totp


# Proving anew


def test_a_proof_is_a_fresh_token(
    sign_ins: SignIns, join: Join, clock: ManualClock, rules: Rules
) -> None:
    _, password = join()
    found = sign_ins.sign_in("li", password, HERE)
    assert sign_ins.is_fresh(found.session)
    clock.wind(rules.idle - 1)
    for _ in range(2):
        assert sign_ins.session(found.token) is not None
    aged = replace(found.session, proven_at=clock.wall() - rules.proof)
    assert not sign_ins.is_fresh(aged)
    refusal(sign_ins.prove, aged, "wrong", HERE)
    proven = sign_ins.prove(aged, password, HERE)
    assert proven.ended == (found.session.digest,)
    assert sign_ins.session(found.token) is None
    seen = sign_ins.session(proven.token)
    assert seen is not None
    assert (seen.begun_at, seen.ends_at) == (found.session.begun_at, found.session.ends_at)
    assert sign_ins.is_fresh(seen)
    refusal(sign_ins.prove, aged, password, HERE)


def test_who_has_codes_proves_by_a_code(
    sign_ins: SignIns, join: Join, enrol: Enrol, clock: ManualClock
) -> None:
    _, password = join()
    maker, fresh, codes = enrol(sign_ins.sign_in("li", password, HERE))
    refusal(sign_ins.prove, fresh.session, password, HERE)
    refusal(sign_ins.prove, fresh.session, codes[0], HERE)
    refusal(sign_ins.prove, fresh.session, maker.at(int(clock.wall())), HERE)
    clock.wind(30)
    proven = sign_ins.prove(fresh.session, maker.at(int(clock.wall())), HERE)
    assert proven.session.way is Way.TOTP


# By another way


def test_who_comes_from_a_provider_takes_the_second_step_as_well(
    people: People, sign_ins: SignIns, join: Join, enrol: Enrol, clock: ManualClock
) -> None:
    person, password = join()
    found = sign_ins.admit(person.id, HERE)
    assert isinstance(found, SignedIn)
    assert found.session.way is Way.OIDC
    maker, _, _ = enrol(sign_ins.sign_in("li", password, HERE))
    clock.wind(30)
    way = step(sign_ins.admit(person.id, HERE))
    assert sign_ins.second(way.token, maker.at(int(clock.wall())), HERE).token
    people.reset(person.id)
    refusal(sign_ins.admit, person.id, HERE)
    people.disable(person.id, disabled=True)
    refusal(sign_ins.admit, person.id, HERE)


def test_a_stranger_from_a_provider_is_written_down(sign_ins: SignIns, told: Told) -> None:
    sign_ins.note_stranger(HERE)
    assert told() == [("session.begun", "refused")]


# Certificates


@pytest.mark.parametrize(
    ("how", "barred"),
    [(Certificate.OFF, False), (Certificate.WARN, False), (Certificate.BLOCK, True)],
)
def test_a_certificate_that_ran_out_bars_where_it_is_set_so(
    engine: Engine,
    writer: Writer,
    clock: ManualClock,
    rules: Rules,
    hashing: Hashing,
    factors: Factors,
    join: Join,
    how: Certificate,
    barred: bool,
) -> None:
    strict = replace(rules, certificate=how)
    sign_ins = SignIns(engine, writer, clock, strict, hashing, factors)
    wall = clock.wall()
    _, password = join(terms=Terms(None, wall - 1, wall + 100))
    found = sign_ins.sign_in("li", password, HERE)
    assert found.session.person.bar is None
    clock.wind(100)
    seen = sign_ins.session(found.token)
    assert seen is not None
    assert (seen.person.bar is Bar.CERTIFICATE) is barred
    assert seen.person.may(Permission.SEE_LIVE) is not barred


def test_only_administrators_need_codes_unless_everybody_does(
    engine: Engine,
    writer: Writer,
    clock: ManualClock,
    rules: Rules,
    hashing: Hashing,
    factors: Factors,
    sign_ins: SignIns,
    join: Join,
) -> None:
    person, password = join()
    assert not sign_ins.needs_factor(person)
    everybody = replace(rules, everybody_totp=True)
    strict = SignIns(engine, writer, clock, everybody, hashing, factors)
    assert strict.needs_factor(person)
    assert strict.sign_in("li", password, HERE).session.person.bar is Bar.TOTP


def test_a_role_that_changes_below_a_step_is_that_of_the_session(
    engine: Engine, sign_ins: SignIns, join: Join
) -> None:
    """A session always has the role that the store has now, not the one of its sign-in."""
    person, password = join()
    found = sign_ins.sign_in("li", password, HERE)
    with engine.begin() as connection:
        changed: dict[str, Any] = {"role": Role.OWNER.value}
        where = people_table.c.id == person.id
        connection.execute(update(people_table).where(where).values(changed))
    seen = sign_ins.session(found.token)
    assert seen is not None
    assert seen.person.role is Role.OWNER
    assert not seen.person.may(Permission.SEE_LIVE)


def test_the_first_administrator_comes_in(sign_ins: SignIns, first: Given) -> None:
    found = sign_ins.sign_in(first.name, first.password, HERE)
    assert found.session.person.bar is Bar.CHANGE
