import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.access.identity import (
    LONGEST_NAME,
    Account,
    Bar,
    Certificate,
    Person,
    Rules,
    Session,
    bar_of,
    check_password,
    digest_token,
    fold_name,
    is_certified,
    needs_totp,
    spell_password,
)
from tongshi.access.permission import ADMINISTRATORS, Permission, Role
from tongshi.errors import Denied, FirstNeeded, Invalid

RULES = Rules(idle=100.0, absolute=1000.0, proof=60.0)


def person(*, must_change: bool = False, disabled: bool = False) -> Person:
    return Person(1, "li", "Li", "Unit", Role.OPERATOR, must_change, disabled)


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


@pytest.mark.parametrize(
    ("bar", "first"),
    [(Bar.CHANGE, "password"), (Bar.TOTP, "totp"), (Bar.CERTIFICATE, "certificate")],
)
def test_a_bar_leaves_the_own_account_only(bar: Bar, first: str) -> None:
    held = replace(person(), bar=bar)
    held.require(Permission.OWN_ACCOUNT)
    for permission in set(Permission) - {Permission.OWN_ACCOUNT}:
        with pytest.raises(FirstNeeded) as caught:
            held.require(permission)
        assert caught.value.first == first
        assert caught.value.helps


def test_what_must_be_done_first_comes_one_by_one() -> None:
    block = Rules(certificate=Certificate.BLOCK)
    new = replace(person(must_change=True), role=Role.SYSTEM)
    assert bar_of(new, 50.0, block) is Bar.CHANGE
    changed = replace(new, must_change=False)
    assert bar_of(changed, 50.0, block) is Bar.TOTP
    enrolled = replace(changed, totp=True)
    assert bar_of(enrolled, 50.0, block) is Bar.CERTIFICATE
    certified = replace(enrolled, trained_at=10.0, certified_until=100.0)
    assert bar_of(certified, 50.0, block) is None
    assert bar_of(certified, 100.0, block) is Bar.CERTIFICATE
    assert bar_of(enrolled, 50.0, Rules()) is None, "by default it is told only"


@pytest.mark.parametrize("role", Role)
def test_key_posts_need_a_certificate(role: Role) -> None:
    somebody = replace(person(), role=role)
    needed = role in {Role.SYSTEM, Role.AUDIT, Role.OPERATOR, Role.CONTRACTOR}
    assert is_certified(somebody, 50.0) is not needed
    for trained, until, holds in ((10.0, 100.0, True), (60.0, 100.0, False), (10.0, 50.0, False)):
        dated = replace(somebody, trained_at=trained, certified_until=until)
        assert is_certified(dated, 50.0) is (holds or not needed)
    assert is_certified(replace(somebody, certified_until=100.0), 50.0) is not needed


def test_who_may_be_let_in() -> None:
    open_ = Account(person(), "hash")
    assert open_.is_open(0.0)
    for shut in (
        Account(person(disabled=True), "hash"),
        Account(replace(person(), ends_at=50.0), "hash"),
        Account(replace(person(), role=Role.SERVICE), "hash"),
        Account(person(must_change=True), "hash", password_until=50.0),
    ):
        assert not shut.is_open(50.0)
    assert Account(replace(person(), ends_at=50.0), "hash").is_open(49.0)
    assert Account(person(must_change=True), "hash", password_until=50.0).is_open(49.0)


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


def test_a_session_ends_when_its_account_does() -> None:
    session = Session("digest", replace(person(), ends_at=50.0), 0.0, 40.0, 1000.0, "")
    assert session.is_live(49.0, RULES)
    assert not session.is_live(50.0, RULES)


def test_a_proof_is_fresh_for_a_while() -> None:
    session = Session("digest", person(), 0.0, 0.0, 1000.0, "", proven_at=100.0)
    assert session.is_fresh(100.0, RULES)
    assert session.is_fresh(159.0, RULES)
    assert not session.is_fresh(160.0, RULES)
    assert not session.is_fresh(99.0, RULES), "a proof from the future is none"


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


@pytest.mark.parametrize("role", Role)
def test_who_must_have_codes(role: Role) -> None:
    assert needs_totp(role, Rules()) is (role in ADMINISTRATORS)
    assert needs_totp(role, Rules(everybody_totp=True)) is (role is not Role.SERVICE)
    assert not needs_totp(role, Rules(administrators_totp=False))
