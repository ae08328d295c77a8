"""Statements that no use case reaches in every way; the others are tested with the services."""

from dataclasses import replace

from sqlalchemy import Engine

from tongshi.access.accounts import store
from tongshi.access.identity import Person
from tongshi.access.permission import Role

LI = Person(0, "li", "Li", "Unit", Role.SECURITY, must_change=True, disabled=False)


def test_an_account_is_read_as_it_was_written(engine: Engine) -> None:
    dated = replace(LI, ends_at=9.0, trained_at=1.0, certified_until=5.0)
    with engine.begin() as connection:
        number = store.add_person(connection, dated, "hash", 1.0, until=8.0)
        account = store.read_account(connection, "li")
    assert account is not None
    assert account.person == replace(dated, id=number)
    assert (account.password, account.password_until, account.totp) == ("hash", 8.0, None)


def test_a_generated_password_is_spent_once(engine: Engine) -> None:
    with engine.begin() as connection:
        number = store.add_person(connection, LI, "hash", 1.0, until=8.0)
        assert not store.spend_password(connection, number, 8.0)
        assert store.spend_password(connection, number, 7.0)
        assert not store.spend_password(connection, number, 7.0)


def test_who_keeps_the_people(engine: Engine) -> None:
    with engine.begin() as connection:
        one = store.add_person(connection, LI, "hash", 1.0)
        assert store.count_keepers(connection, without=one) == 0
        assert store.count_keepers(connection, without=0) == 1
        store.add_person(connection, replace(LI, name="guest", ends_at=9.0), "hash", 1.0)
        other = store.add_person(connection, replace(LI, name="wu"), "hash", 1.0)
        assert store.count_keepers(connection, without=one) == 1
        store.write_disabled(connection, other, 2.0)
        assert store.count_keepers(connection, without=one) == 0


def test_nobody_is_nobody(engine: Engine) -> None:
    with engine.connect() as connection:
        assert store.count_people(connection) == 0
        assert store.read_account(connection, "li") is None
        assert store.read_account_of(connection, 1) is None
        assert store.read_bound(connection, "", "") is None
        assert not store.is_taken(connection, 1, "", "")
