"""Statements that no use case reaches in every way; the others are tested in test_service."""

from sqlalchemy import Engine, func, select

from tongshi.access.identity import Way
from tongshi.access.service import Given
from tongshi.access.signin import store
from tongshi.access.signin.pace import Kind, Tally, keys_of
from tongshi.access.signin.step import Awaited
from tongshi.db.tables import sign_in_addresses, sign_in_steps, sign_in_tallies

KEYS = keys_of("li", "192.0.2.1")


def test_what_is_over_is_forgotten_and_what_holds_is_kept(engine: Engine, first: Given) -> None:
    assert first
    wall = 1000 * 86400.0
    with engine.begin() as connection:
        for digest, ends_at in (("old", wall), ("new", wall + 1)):
            store.add_step(connection, digest, Awaited(1, Way.PHRASE, ends_at, ""))
        tallies = {
            Kind.PAIR: Tally(1, 0.0, wall - store.QUIET),
            Kind.NAME: Tally(9, wall + 1, wall - store.QUIET),
            Kind.ADDRESS: Tally(1, 0.0, wall - 1),
        }
        store.write_tallies(connection, KEYS, tallies)
        store.remember_address(connection, 1, "192.0.2.1", wall - store.STALE)
        store.remember_address(connection, 1, "192.0.2.2", wall)
        store.end_old(connection, wall, 60.0)
        steps = connection.execute(select(sign_in_steps.c.token_digest)).scalars().all()
        kinds = connection.execute(select(sign_in_tallies.c.kind)).scalars().all()
        places = connection.execute(select(sign_in_addresses.c.address)).scalars().all()
    assert steps == ["new"]
    assert sorted(kinds) == ["address", "name"]
    assert places == ["192.0.2.2"]


def test_failures_of_a_name_are_forgotten_from_wherever(engine: Engine) -> None:
    with engine.begin() as connection:
        for name in ("li", "li%", "wu"):
            for address in ("192.0.2.1", "192.0.2.2"):
                tallies = dict.fromkeys(Kind, Tally(1, 0.0, 1.0))
                store.write_tallies(connection, keys_of(name, address), tallies)
        store.clear_name(connection, "li")
        left = store.read_tallies(connection, KEYS)
        count = select(func.count()).select_from(sign_in_tallies)
        assert set(left) == {Kind.ADDRESS}
        assert connection.execute(count).scalar_one() == 2 + 2 * 3
        store.clear_tallies(connection, keys_of("wu", "192.0.2.1"))
        assert connection.execute(count).scalar_one() == 2 + 2 * 3 - 2


def test_a_place_is_known_once_somebody_came_from_it(engine: Engine, first: Given) -> None:
    assert first
    with engine.begin() as connection:
        assert not store.is_known(connection, 1, "192.0.2.1")
        for wall in (1.0, 2.0):
            store.remember_address(connection, 1, "192.0.2.1", wall)
        assert store.is_known(connection, 1, "192.0.2.1")
        assert not store.is_known(connection, 2, "192.0.2.1")
