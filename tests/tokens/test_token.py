from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.access.identity import Person
from tongshi.access.permission import Permission, Role
from tongshi.errors import Invalid
from tongshi.tokens.quota import Quotas
from tongshi.tokens.token import (
    OFFERED,
    NewToken,
    Token,
    check,
    counts,
    digest,
    lets_in,
    matches,
    narrow,
    owner_of,
    read,
    read_bearer,
    read_networks,
    read_scopes,
    spell,
    token_of,
)

SECRET = "s" * 43
SERVICE = Person(7, "bridge", "Bridge", "Unit", Role.SERVICE, must_change=True, disabled=False)
TOKEN = Token(
    3,
    SERVICE,
    "night",
    frozenset({Permission.SEE_DEVICES, Permission.SEE_LIVE}),
    (),
    Quotas(),
    100.0,
    "Anna",
    1000.0,
)


def test_a_token_is_read_as_it_was_spelt() -> None:
    assert read(spell(12, SECRET)) == (12, SECRET)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tst_",
        f"tst_0_{SECRET}",
        f"tst_01_{SECRET}",
        f"tst_-1_{SECRET}",
        f"tst_١_{SECRET}",
        f"tst_1_{SECRET}x",
        f"tst_1_{SECRET[1:]}",
        f"tst_1_{SECRET[1:]} ",
        f"tst_1_{SECRET}\n",
        f" tst_1_{SECRET}",
        f"TST_1_{SECRET}",
        f"tst_{'9' * 19}_{SECRET}",
        f"tst_1_{SECRET[1:]}'",
    ],
)
def test_what_is_no_token_is_none(text: str) -> None:
    assert read(text) is None


@given(st.text())
def test_any_text_is_a_token_or_none(text: str) -> None:
    found = read(text)
    assert found is None or spell(*found) == text
    assert read_bearer(f"Bearer {text}") == text.strip()


def test_a_header_of_another_scheme_carries_no_token() -> None:
    assert read_bearer("bearer  abc") == "abc"
    assert read_bearer("Basic abc") == ""
    assert read_bearer("Bearer") == ""
    assert read_bearer("") == ""


def test_only_the_secret_itself_matches() -> None:
    assert matches(SECRET, digest(SECRET))
    assert not matches(SECRET[1:] + "t", digest(SECRET))
    assert not matches(SECRET, "")
    assert SECRET not in digest(SECRET)


def test_a_token_counts_until_something_ends_it() -> None:
    assert counts(TOKEN, 999.0, "192.0.2.1")
    closed = replace(SERVICE, disabled=True)
    ended = replace(SERVICE, ends_at=500.0)
    promoted = replace(SERVICE, role=Role.SECURITY)
    for token in (
        replace(TOKEN, ends_at=999.0),
        replace(TOKEN, revoked_at=5.0),
        replace(TOKEN, person=closed),
        replace(TOKEN, person=ended),
        replace(TOKEN, person=promoted),
        replace(TOKEN, networks=(ip_network("198.51.100.0/24"),)),
    ):
        assert not counts(token, 999.0, "192.0.2.1")


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("::ffff:192.0.2.7", True),
        ("2001:db8::1", True),
        ("2001:db8::1%eth0", True),
        ("2001:db9::1", False),
        ("", False),
        ("192.0.2.7, 198.51.100.1", False),
        ("testclient", False),
    ],
)
def test_a_network_lets_in_its_own(address: str, inside: bool) -> None:
    networks = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))
    assert lets_in(networks, address) is inside
    assert lets_in((), address)


def test_a_holder_may_what_account_and_token_both_allow() -> None:
    holder = TOKEN.holder
    assert holder.may(Permission.SEE_LIVE)
    assert holder.may(Permission.OWN_ACCOUNT)
    assert not holder.may(Permission.SEE_PLAYBACK)
    beyond = narrow(SERVICE, frozenset({Permission.MANAGE_PEOPLE}))
    assert not beyond.may(Permission.MANAGE_PEOPLE)


def test_the_owner_of_views_is_told_from_a_session() -> None:
    assert TOKEN.owner == owner_of(3)
    assert token_of(TOKEN.owner) == 3
    assert token_of(digest(SECRET)) is None
    assert token_of("token:x") is None


def test_networks_are_read_with_every_fault() -> None:
    assert read_networks(["192.0.2.7/24", "192.0.2.0/24", "::1"]) == (
        ip_network("192.0.2.0/24"),
        ip_network("::1/128"),
    )
    with pytest.raises(Invalid) as caught:
        read_networks(["inside", "10.0.0.0/33"])
    assert len(caught.value.faults) == 2
    with pytest.raises(Invalid):
        read_networks([f"10.0.0.{number}" for number in range(33)])


def test_scopes_are_what_a_service_may() -> None:
    assert read_scopes(["see-live"]) == {Permission.SEE_LIVE}
    assert Permission.OWN_ACCOUNT not in OFFERED
    for names in (["see-live", "manage-people"], ["own-account"], ["x"], []):
        with pytest.raises(Invalid):
            read_scopes(names)


def test_a_wish_is_checked_with_every_fault() -> None:
    wish = NewToken(7, "night", frozenset({Permission.SEE_LIVE}), ends_at=1000.0)
    check(wish, 0.0, 2000.0)
    bad = NewToken(7, "a\nb", frozenset({Permission.MANAGE_PEOPLE}), ends_at=3000.0)
    with pytest.raises(Invalid) as caught:
        check(bad, 0.0, 2000.0)
    assert len(caught.value.faults) == 3
    with pytest.raises(Invalid):
        check(replace(wish, ends_at=1.0), 0.0, 2000.0)
    with pytest.raises(Invalid):
        check(replace(wish, scopes=frozenset()), 0.0, 2000.0)
    with pytest.raises(Invalid):
        check(replace(wish, ends_at=float("nan")), 0.0, 2000.0)
