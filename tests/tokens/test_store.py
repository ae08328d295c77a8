from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from sqlalchemy import Connection, Engine

from tongshi.access.accounts.store import add_person
from tongshi.access.identity import Person
from tongshi.access.permission import Permission, Role
from tongshi.tokens import store
from tongshi.tokens.quota import Quotas
from tongshi.tokens.token import NewToken
from tongshi.tokens.usage import Slot, UsageQuery, Used

SCOPES = frozenset({Permission.SEE_LIVE, Permission.SEE_DEVICES})


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        person = Person(0, "bridge", "Bridge", "Unit", Role.SERVICE, True, False)
        assert add_person(connection, person, "hash", 1.0) == 1
        yield connection


def add(connection: Connection, name: str = "night") -> int:
    networks = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))
    wish = NewToken(1, name, SCOPES, 500.0, networks, Quotas(5, None, 7, 8))
    return store.add_token(connection, wish, "digest", "Anna", 2.0)


def test_a_token_comes_back_as_it_was_made(connection: Connection) -> None:
    found = store.read_token(connection, add(connection))
    assert found is not None
    token, digest = found
    assert digest == "digest"
    assert (token.name, token.scopes, token.quotas) == ("night", SCOPES, Quotas(5, None, 7, 8))
    assert [str(network) for network in token.networks] == ["192.0.2.0/24", "2001:db8::/32"]
    assert (token.person.name, token.made_by, token.ends_at) == ("bridge", "Anna", 500.0)
    assert store.read_token(connection, 99) is None


def test_the_newest_stands_first_and_a_revoked_one_stays(connection: Connection) -> None:
    first, second = add(connection, "a"), add(connection, "b")
    assert store.revoke_token(connection, first, "Anna", 9.0)
    assert not store.revoke_token(connection, first, "Eve", 10.0)
    assert not store.revoke_token(connection, 99, "Eve", 10.0)
    assert [token.id for token in store.read_tokens(connection)] == [second, first]
    revoked = store.read_tokens(connection)[1]
    assert (revoked.revoked_at, revoked.revoked_by) == (9.0, "Anna")


def test_the_last_use_is_kept(connection: Connection) -> None:
    number = add(connection)
    store.touch_tokens(connection, {number: (7.0, "192.0.2.9")})
    token = store.read_tokens(connection)[0]
    assert (token.used_at, token.used_from) == (7.0, "192.0.2.9")


def test_amounts_are_added_to_those_before(connection: Connection) -> None:
    number = add(connection)
    slot = Slot(number, 3600, "live")
    store.add_usage(connection, {slot: Used(1, 0, 2.0, 3), Slot(number, 7200, "live"): Used(1)})
    store.add_usage(connection, {slot: Used(1, 1, 2.0, 3)})
    assert store.sum_usage(connection, number, 0) == Used(3, 1, 4.0, 6)
    assert store.sum_usage(connection, number, 7200) == Used(1)
    assert store.sum_usage(connection, 99, 0) == Used()


def test_usage_is_read_by_time_token_and_account(connection: Connection) -> None:
    first, second = add(connection, "a"), add(connection, "b")
    store.add_usage(
        connection,
        {
            Slot(first, 3600, "live"): Used(1),
            Slot(second, 3600, "live"): Used(2),
            Slot(first, 7200, "devices"): Used(3),
        },
    )
    everything = store.read_usage(connection, UsageQuery(0, 1e9), 10)
    assert [(each.begin, each.token, each.used.calls) for each in everything] == [
        (3600, "a", 1),
        (3600, "b", 2),
        (7200, "a", 3),
    ]
    assert len(store.read_usage(connection, UsageQuery(0, 1e9), 2)) == 2
    assert len(store.read_usage(connection, UsageQuery(3700, 7200), 10)) == 2
    assert len(store.read_usage(connection, UsageQuery(0, 1e9, token_id=second), 10)) == 1
    assert not store.read_usage(connection, UsageQuery(0, 1e9, person_id=2), 10)
    assert store.forget_usage(connection, 7200) == 2
    assert len(store.read_usage(connection, UsageQuery(0, 1e9), 10)) == 1
