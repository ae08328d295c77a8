import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.access.identity import (
    LONGEST_NAME,
    Account,
    Person,
    Rules,
    Session,
    check_password,
    digest_token,
    fail,
    fold_name,
    spell_password,
)
from tongshi.access.permission import Permission, Role
from tongshi.errors import Denied, Invalid

RULES = Rules(idle=100.0, absolute=1000.0, attempts=3, lock=50.0)


def person(*, must_change: bool = False, disabled: bool = False) -> Person:
    return Person(1, "li", "Li", "Unit", Role.OPERATOR, must_change, disabled)


def account(failures: int = 0, locked_until: float = 0.0, *, disabled: bool = False) -> Account:
    return Account(person(disabled=disabled), "hash", failures, locked_until)


def test_rights_and_what_would_help() -> None:
    person().require(Permission.SEE_LIVE)
    assert not person(disabled=True).may(Permission.SEE_LIVE)
    with pytest.raises(Denied) as caught:
        person().require(Permission.MANAGE_PEOPLE)
    assert caught.value.helps == "manage-people"
    with pytest.raises(Denied) as caught:
        person(must_change=True).require(Permission.SEE_LIVE)
    assert "password" in caught.value.helps


def test_scopes_of_a_token_narrow_and_never_widen() -> None:
    scopes = frozenset({Permission.SEE_LIVE, Permission.MANAGE_PEOPLE})
    narrowed = replace(person(), scopes=scopes)
    assert narrowed.may(Permission.SEE_LIVE)
    assert not narrowed.may(Permission.SEE_PLAYBACK)
    assert not narrowed.may(Permission.MANAGE_PEOPLE)


def test_so_many_failures_lock_for_a_while() -> None:
    now = account()
    for expected in ((1, 0.0), (2, 0.0), (0, 150.0)):
        failures, until = fail(now, 100.0, RULES)
        assert (failures, until) == expected
        now = account(failures, until)
    assert not now.is_open(149.0)
    assert now.is_open(150.0)
    assert fail(now, 120.0, RULES) == (0, 150.0), "a try while locked does not lengthen the lock"
    assert fail(now, 150.0, RULES) == (1, 0.0)


def test_a_closed_account_is_not_open() -> None:
    assert account().is_open(0.0)
    assert not account(disabled=True).is_open(0.0)


@pytest.mark.parametrize(
    ("wall", "live"), [(100.0, True), (299.0, True), (300.0, False), (50.0, True), (1000.0, False)]
)
def test_a_session_ends_when_idle_or_old(wall: float, live: bool) -> None:
    session = Session("digest", person(), 0.0, 200.0, 1000.0, "127.0.0.1")
    assert session.is_live(wall, RULES) is live


def test_a_session_ends_with_its_account() -> None:
    session = Session("digest", person(disabled=True), 0.0, 0.0, 1000.0, "")
    assert not session.is_live(1.0, RULES)
    busy = Session("digest", person(), 0.0, 999.0, 1000.0, "")
    assert not busy.is_live(1000.0, RULES)


def test_names_are_folded() -> None:
    assert fold_name("  Ａlice ") == "alice"
    assert fold_name("张三") == "张三"
    for bad in ("", "  ", "a\nb", "a\0", "x" * (LONGEST_NAME + 1)):
        with pytest.raises(Invalid):
            fold_name(bad)


@given(st.text(st.characters()))
def test_any_text_is_a_name_or_is_refused(text: str) -> None:
    try:
        folded = fold_name(text)
    except Invalid:
        return
    assert folded == folded.strip()
    assert 0 < len(folded) <= LONGEST_NAME


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short-1", "less than 10"),
        ("aaaaaaaaaaaa", "different"),
        ("my-name-alice-1", "name"),
        ("x1y2z3" * 50, "more than 256"),
    ],
)
def test_poor_passwords_are_refused_with_every_fault(password: str, fault: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_password(password, "alice")
    assert any(fault in found for found in caught.value.faults)


def test_other_passwords_are_accepted() -> None:
    check_password("correct horse battery", "alice")
    check_password("天地玄黄宇宙洪荒日月", "ab")
    with pytest.raises(Invalid) as caught:
        check_password("aaa", "a")
    assert len(caught.value.faults) == 2


@given(st.binary(min_size=20, max_size=32))
def test_a_generated_password_is_one(draw: bytes) -> None:
    password = spell_password(draw)
    groups = password.split("-")
    assert [len(group) for group in groups] == [5, 5, 5, 5]
    assert not set(password) & set("ilo01")
    assert spell_password(draw[:20]) == password


def test_generated_passwords_differ() -> None:
    draws = [hashlib.sha256(bytes([number])).digest() for number in range(200)]
    assert len({spell_password(draw) for draw in draws}) == 200


def test_of_a_token_only_the_digest_is_stored() -> None:
    assert digest_token("token") == hashlib.sha256(b"token").hexdigest()
    assert digest_token("\ud800") != digest_token("token")
