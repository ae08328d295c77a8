from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from tongshi.access.accounts.store import add_person
from tongshi.access.identity import Person
from tongshi.access.permission import Role
from tongshi.hooks import store
from tongshi.hooks.hook import GAP, Delivery, Hook, HookWish, Notice, Outcome, State

WISH = HookWish(1, "night", "https://hooks.example/", frozenset({"alarm", "device"}))


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        person = Person(0, "bridge", "Bridge", "Unit", Role.SERVICE, True, False)
        assert add_person(connection, person, "hash", 1.0) == 1
        assert store.add_hook(connection, WISH, "salt", "proof", "Anna", 2.0) == 1
        yield connection


def notice(number: int) -> Notice:
    return Notice("alarm", "d", "c", {"n": number}, float(number))


def hook(connection: Connection) -> Hook:
    found = store.read_hook(connection, 1)
    assert found is not None
    return found


def waiting(connection: Connection) -> list[str]:
    rows, _ = store.page_deliveries(connection, 1, State.WAITING, 1, 100)
    return [row.body for row in reversed(rows)]


def test_a_hook_comes_back_as_it_was_made_and_changed(connection: Connection) -> None:
    found = hook(connection)
    assert (found.name, found.url, found.topics) == (WISH.name, WISH.url, WISH.topics)
    assert (found.owner, found.salt, found.proof, found.made_by) == (
        "Bridge",
        "salt",
        "proof",
        "Anna",
    )
    store.write_standing(connection, 1, 3, 99.0)
    store.write_hook(connection, 1, HookWish(1, "day", "http://x/", frozenset({"ptz"}), True))
    store.write_secret(connection, 1, "salt2", "proof2")
    changed = hook(connection)
    assert (changed.name, changed.paused, changed.topics) == ("day", True, frozenset({"ptz"}))
    assert (changed.failures, changed.next_at, changed.salt) == (0, 0.0, "salt2")


def test_a_removed_hook_is_gone_and_its_deliveries_given_up(connection: Connection) -> None:
    number = store.add_notice(connection, 1, notice(1))
    store.remove_hook(connection, 1, 5.0)
    assert store.read_hook(connection, 1) is None
    assert store.read_hooks(connection) == ()
    found = store.read_delivery(connection, 1, number)
    assert found is not None
    assert (found.state, found.outcome) == (State.GIVEN_UP, Outcome(None, "removed"))


def test_deliveries_are_read_in_their_order(connection: Connection) -> None:
    first = store.add_notice(connection, 1, notice(1))
    second = store.add_notice(connection, 1, notice(2), again_of=first)
    found = store.read_next(connection, 1)
    assert found == Delivery(first, 1, "alarm", "d", "c", '{"n":1}', 1.0)
    outcome = Outcome(503, "status", "HTTP status 503", "busy")
    store.write_attempt(connection, first, 1, State.WAITING, outcome, 9.0)
    again = store.read_next(connection, 1)
    assert again is not None
    assert (again.id, again.tries, again.tried_at, again.outcome) == (first, 1, 9.0, outcome)
    store.write_attempt(connection, first, 2, State.DONE, Outcome(200), 10.0)
    last = store.read_next(connection, 1)
    assert last is not None
    assert (last.id, last.again_of) == (second, first)
    store.withhold(connection, second)
    assert store.read_next(connection, 1) is None
    rows, total = store.page_deliveries(connection, 1, None, 1, 1)
    assert (total, rows[0].state) == (2, State.WITHHELD)
    assert store.read_delivery(connection, 2, first) is None


def test_a_full_queue_tells_its_gap_once_there_is_room(connection: Connection) -> None:
    taken = store.add_notices(connection, hook(connection), [notice(n) for n in range(6)], 4, 9.0)
    assert taken == 4
    assert (hook(connection).missed, hook(connection).missed_since) == (2, 4.0)
    assert store.add_notices(connection, hook(connection), [notice(6)], 4, 9.0) == 0
    assert hook(connection).missed == 3
    found = store.read_next(connection, 1)
    assert found is not None
    store.write_attempt(connection, found.id, 1, State.DONE, Outcome(200), 10.0)
    assert store.add_notices(connection, hook(connection), [notice(7)], 5, 11.0) == 1
    assert waiting(connection)[-2:] == ['{"missed":3,"since":4.0,"until":11.0}', '{"n":7}']
    assert (hook(connection).missed, hook(connection).missed_since) == (0, None)
    rows, _ = store.page_deliveries(connection, 1, State.WAITING, 1, 100)
    assert rows[1].topic == GAP


def test_old_deliveries_are_forgotten_but_for_those_that_wait(connection: Connection) -> None:
    first = store.add_notice(connection, 1, notice(1))
    store.add_notice(connection, 1, notice(2))
    store.write_attempt(connection, first, 1, State.DONE, Outcome(200), 1.0)
    assert store.forget_old(connection, 50.0) == 1
    assert store.count_waiting(connection, 1) == 1
