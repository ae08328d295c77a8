from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Engine, select

from tongshi.access.accounts.store import add_person, read_account_of
from tongshi.access.identity import Person
from tongshi.access.permission import Permission, Role
from tongshi.audit.entry import Actor
from tongshi.clock import ManualClock
from tongshi.db.tables import audit_entries, hooks
from tongshi.db.writer import Writer
from tongshi.errors import Conflict, Invalid, Missing
from tongshi.hooks import store
from tongshi.hooks.hook import HookWish, Notice, Outcome, State
from tongshi.hooks.service import Hooks, holder

ANNA = Actor(2, "Anna", "System", "192.0.2.2")
WISH = HookWish(1, "night", "https://hooks.example/", frozenset({"alarm"}))


def add(writer: Writer, name: str, role: Role) -> None:
    person = Person(0, name, name.title(), "Unit", role, True, False)
    writer.commit(lambda connection: add_person(connection, person, "", 1.0))


@pytest.fixture
def kept(engine: Engine, writer: Writer, clock: ManualClock) -> Hooks:
    add(writer, "bridge", Role.SERVICE)
    add(writer, "anna", Role.SYSTEM)
    return Hooks(engine, writer, clock, b"k" * 32)


@pytest.fixture
def put(kept: Hooks, writer: Writer) -> Callable[[State], int]:
    """Return what keeps a delivery of the hook 1."""

    def give(state: State) -> int:
        notice = Notice("alarm", "d", "c", {"n": 1}, 5.0)
        number = writer.commit(lambda connection: store.add_notice(connection, 1, notice))
        if state is not State.WAITING:
            writer.commit(
                lambda connection: store.write_attempt(
                    connection, number, 1, state, Outcome(200), 9.0
                )
            )
        return number

    return give


def acts(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(select(audit_entries.c.what)).scalars())


def test_a_secret_is_told_once_and_kept_nowhere(kept: Hooks, engine: Engine) -> None:
    heard: list[int] = []
    kept.changed = heard.append
    made = kept.make(WISH, ANNA)
    assert kept.secret_of(made.hook) == made.secret
    with engine.connect() as connection:
        row = connection.execute(select(hooks)).one()
    assert all(made.secret not in str(value) for value in row)
    renewed = kept.renew(made.hook.id, ANNA)
    assert renewed.secret != made.secret
    assert kept.secret_of(renewed.hook) == renewed.secret
    assert heard == [1, 1]
    assert acts(engine) == ["hook.added", "hook.changed"]


def test_a_lost_key_is_noticed(
    kept: Hooks, engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    made = kept.make(WISH, ANNA)
    assert Hooks(engine, writer, clock, b"l" * 32).secret_of(made.hook) == ""


def test_a_hook_is_changed_and_removed(kept: Hooks, engine: Engine) -> None:
    kept.make(WISH, ANNA)
    changed = kept.change(1, replace(WISH, name="day", paused=True), ANNA)
    assert (changed.name, changed.paused) == ("day", True)
    assert [hook.name for hook in kept.everything()] == ["day"]
    assert kept.find(1).name == "day"
    kept.remove(1, ANNA)
    assert kept.everything() == ()
    for ask in (
        lambda: kept.find(1),
        lambda: kept.remove(1, ANNA),
        lambda: kept.change(1, WISH, ANNA),
        lambda: kept.renew(1, ANNA),
        lambda: kept.deliveries(1),
        lambda: kept.redeliver(1, 1, ANNA),
    ):
        with pytest.raises(Missing):
            ask()
    assert acts(engine) == ["hook.added", "hook.changed", "hook.removed"]


def test_only_a_service_owns_hooks_that_can_be_called(kept: Hooks) -> None:
    with pytest.raises(Conflict):
        kept.make(replace(WISH, owner_id=2), ANNA)
    with pytest.raises(Missing):
        kept.make(replace(WISH, owner_id=99), ANNA)
    with pytest.raises(Invalid):
        kept.make(replace(WISH, url="ftp://hooks.example/"), ANNA)
    with pytest.raises(Invalid):
        kept.make(replace(WISH, name=""), ANNA)


def test_something_is_told_again_by_hand(kept: Hooks, put: Callable[[State], int]) -> None:
    kept.make(WISH, ANNA)
    done = put(State.DONE)
    again = kept.redeliver(1, done, ANNA)
    assert (again.again_of, again.body, again.state) == (done, '{"n":1}', State.WAITING)
    for state in (State.WAITING, State.WITHHELD):
        number = put(state)
        with pytest.raises(Conflict):
            kept.redeliver(1, number, ANNA)
    with pytest.raises(Missing):
        kept.redeliver(1, 99, ANNA)
    page = kept.deliveries(1, State.DONE)
    assert ([row.id for row in page.rows], page.total) == ([done], 1)


def test_nothing_is_told_as_an_account_that_is_over(
    kept: Hooks, engine: Engine, clock: ManualClock
) -> None:
    with engine.connect() as connection:
        account = read_account_of(connection, 1)
    assert account is not None
    told = holder(account, 5.0)
    assert told is not None
    assert told.may(Permission.SEE_ALARMS), "a password that nobody has is no hindrance"
    for change in ({"disabled": True}, {"ends_at": 5.0}, {"role": Role.OPERATOR}):
        assert holder(replace(account, person=replace(account.person, **change)), 5.0) is None
