from sqlalchemy import Engine

from tongshi.access.accounts.store import read_account_of
from tongshi.access.factors import store
from tongshi.access.service import Given


def test_a_step_is_spent_once_and_never_backwards(engine: Engine, first: Given) -> None:
    assert first
    with engine.begin() as connection:
        assert store.use_step(connection, 1, 100)
        assert not store.use_step(connection, 1, 100)
        assert not store.use_step(connection, 1, 99)
        assert store.use_step(connection, 1, 101)
        assert not store.use_step(connection, 2, 1)


def test_a_recovery_code_is_spent_once_and_replaced_with_all(engine: Engine, first: Given) -> None:
    assert first
    with engine.begin() as connection:
        store.write_codes(connection, 1, ["a", "b"])
        assert store.use_code(connection, 1, "a", 5.0)
        assert not store.use_code(connection, 1, "a", 6.0)
        assert not store.use_code(connection, 2, "b", 6.0)
        assert store.count_codes(connection, 1) == 1
        store.write_codes(connection, 1, ["c"])
        assert not store.use_code(connection, 1, "b", 7.0)
        assert store.count_codes(connection, 1) == 1


def test_nothing_is_left_of_a_factor_that_was_taken_off(engine: Engine, first: Given) -> None:
    assert first
    with engine.begin() as connection:
        store.write_next(connection, 1, "next")
        store.write_secret(connection, 1, "sealed", 7)
        store.write_codes(connection, 1, ["a"])
        account = read_account_of(connection, 1)
        assert account is not None
        assert (account.totp, account.totp_next, account.totp_last) == ("sealed", None, 7)
        store.clear(connection, 1)
        account = read_account_of(connection, 1)
        assert account is not None
        assert (account.totp, account.totp_last) == (None, None)
        assert store.count_codes(connection, 1) == 0
