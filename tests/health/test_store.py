import pytest
from sqlalchemy import Engine, select

from tongshi.access.scope import EVERYTHING, NOTHING
from tongshi.db.tables import presence_changes
from tongshi.health import store
from tongshi.health.status import RESTARTED, Change, Presence
from tongshi.registry.state import State

ONLINE, OFFLINE, UNKNOWN = State.ONLINE, State.OFFLINE, State.UNKNOWN


def fill(engine: Engine) -> None:
    states = {
        "on": Presence(ONLINE, "registered", 100.0, 100.0, 150.0),
        "late": Presence(OFFLINE, "unregistered", 300.0, 300.0, None),
        "dark": Presence(UNKNOWN, RESTARTED, 50.0, 60.0, 40.0),
    }
    with engine.begin() as connection:
        store.write_states(connection, states)
        store.add_changes(
            connection,
            [
                Change(key, one.state, one.why, one.since, one.noticed)
                for key, one in states.items()
            ],
        )
        store.add_changes(connection, [])


def test_states_are_read_as_written(engine: Engine) -> None:
    fill(engine)
    with engine.begin() as connection:
        store.write_proofs(connection, {"on": 170.0, "nobody": 1.0})
        store.write_proofs(connection, {})
        known = store.read_all(connection)
    assert known["on"] == Presence(ONLINE, "registered", 100.0, 100.0, 170.0)
    assert known.keys() == {"on", "late", "dark"}


def test_states_are_forgotten_since_the_last_breath(engine: Engine) -> None:
    fill(engine)
    with engine.begin() as connection:
        assert store.forget_states(connection, 200.0, 400.0) == 2
        known = store.read_all(connection)
        changes = connection.execute(select(presence_changes.c.device_id)).scalars().all()
    assert known["on"] == Presence(UNKNOWN, RESTARTED, 200.0, 400.0, 150.0)
    assert known["late"].since == 300.0, "no state begins before the one that it ends"
    assert known["dark"].since == 50.0, "what was unknown goes on being so"
    assert sorted(changes) == ["dark", "late", "late", "on", "on"]
    with engine.begin() as connection:
        assert store.forget_states(connection, 500.0, 600.0) == 0


def test_a_window_begins_with_the_state_before_it(engine: Engine) -> None:
    changes = [
        Change("d", state, "why", at, at)
        for at, state in ((10.0, ONLINE), (20.0, OFFLINE), (30.0, ONLINE), (40.0, OFFLINE))
    ]
    with engine.begin() as connection:
        store.add_changes(connection, changes)
        found = store.read_changes(connection, EVERYTHING, ["d", "nobody", "d"], 25.0, 40.0)
        assert found == {"d": changes[1:3]}
        assert store.read_changes(connection, NOTHING, ["d"], 25.0, 40.0) == {}


def test_many_devices_are_read_in_parts(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_AT_ONCE", 2)
    ids = [f"d{number}" for number in range(5)]
    with engine.begin() as connection:
        store.add_changes(connection, [Change(key, ONLINE, "why", 1.0, 1.0) for key in ids])
        assert store.read_changes(connection, EVERYTHING, ids, 0.0, 9.0).keys() == set(ids)
