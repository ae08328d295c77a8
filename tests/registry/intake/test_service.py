"""Changes that devices notify, from a notice to the stored channel."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, insert, select

from tongshi.access.register import Action, Look
from tongshi.access.scope import EVERYTHING
from tongshi.access.store import add_entry
from tongshi.db.tables import alarms, catalogs, channel_changes, channels
from tongshi.db.writer import Writer
from tongshi.errors import Exhausted
from tongshi.gb28181.catalog import Item
from tongshi.registry.entry import CatalogStanding, CatalogState, Channel, Query
from tongshi.registry.intake import service as module
from tongshi.registry.intake import store
from tongshi.registry.intake.service import Intake
from tongshi.registry.service import Registry

RECORDER = "34020000001180000001"
CAMERAS = [f"3402000000131000000{number}" for number in range(1, 5)]


def camera(number: int, **more: str) -> Item:
    given = {"name": f"camera {number}", "parent_id": RECORDER, "status": "ON", **more}
    return Item(device_id=CAMERAS[number - 1], **given)  # type: ignore[arg-type]


@pytest.fixture
def registry(engine: Engine, writer: Writer) -> Iterator[Registry]:
    registry = Registry(engine, writer)
    standing = CatalogStanding(CatalogState.COMPLETE, 3, 3, at=10.0)
    registry.merge_catalog(RECORDER, [camera(1), camera(2), camera(3)], standing)
    yield registry
    registry.close()


def said(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "select channel_id, said from channels where removed_at is null"
        )
        return {str(key): str(value) for key, value in rows}


def history(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        c = channel_changes.c
        rows = connection.execute(select(c.channel_id, c.event).order_by(c.id))
        return [(key, event) for key, event in rows]


def settle(registry: Registry, writer: Writer) -> None:
    """Wait until all that waits is merged and written."""
    registry._merges.submit(int).result(10)
    writer.flush()


def one(registry: Registry, number: int) -> Channel:
    return registry.channel(EVERYTHING, RECORDER, CAMERAS[number - 1])


@pytest.mark.clause("9.11.4.1", "N.4.3.2")
def test_states_are_written_with_the_next_flush_and_kept_in_the_history(
    registry: Registry, engine: Engine, writer: Writer
) -> None:
    told: list[set[str]] = []
    registry.changes.subscribe(told.append)
    items = [
        Item(device_id=CAMERAS[0], event="OFF"),
        Item(device_id=CAMERAS[1], event="VLOST"),
        Item(device_id="nobody", event="ON"),
    ]
    assert registry.changes.take(RECORDER, items, 20.0)
    assert len(registry.changes) == 3
    writer.flush()
    assert said(engine) == {CAMERAS[0]: "off", CAMERAS[1]: "off", CAMERAS[2]: "on"}
    assert sorted(history(engine)) == [(CAMERAS[0], "OFF"), (CAMERAS[1], "VLOST")]
    assert told[-1] == {RECORDER}
    assert registry.changes.counters["unknown"] == 1
    assert len(registry.changes) == 0
    device = registry.device(EVERYTHING, RECORDER)
    assert device.catalog.state is CatalogState.COMPLETE
    assert one(registry, 1).changed_at == 20.0


def test_the_next_catalog_has_the_last_word(
    registry: Registry, engine: Engine, writer: Writer
) -> None:
    registry.changes.take(RECORDER, [Item(device_id=CAMERAS[0], event="OFF")], 20.0)
    writer.flush()
    standing = CatalogStanding(CatalogState.COMPLETE, 3, 3, at=30.0)
    registry.merge_catalog(RECORDER, [camera(1), camera(2), camera(3)], standing)
    assert said(engine)[CAMERAS[0]] == "on"


@pytest.mark.clause("9.11.4.1", "N.4.3.2")
def test_entries_are_added_changed_and_removed_with_a_date(
    registry: Registry, engine: Engine, writer: Writer
) -> None:
    items = [
        camera(4, event="ADD"),
        camera(1, event="UPDATE", name="new name"),
        Item(device_id=CAMERAS[1], event="DEL"),
        Item(device_id="nobody", event="DEL"),
        Item(device_id=CAMERAS[2], status="OFF"),
        Item(device_id=CAMERAS[3], event="OFF"),
    ]
    registry.changes.take(RECORDER, items, 20.0)
    settle(registry, writer)
    assert said(engine) == {CAMERAS[0]: "on", CAMERAS[2]: "off", CAMERAS[3]: "off"}
    assert one(registry, 1).name == "new name"
    assert one(registry, 2).removed_at == 20.0
    with engine.connect() as connection:
        row = connection.execute(select(catalogs).order_by(catalogs.c.id.desc())).first()
    assert row is not None
    assert (row.source, row.added, row.changed, row.removed) == ("notify", 1, 1, 1)
    assert dict(history(engine)) == {
        CAMERAS[3]: "ADD",
        CAMERAS[0]: "UPDATE",
        CAMERAS[1]: "DEL",
        CAMERAS[2]: "UPDATE",
    }
    assert registry.device(EVERYTHING, RECORDER).catalog.state is CatalogState.COMPLETE
    registry.changes.take(RECORDER, [camera(2)], 30.0)
    settle(registry, writer)
    assert one(registry, 2).removed_at is None
    assert registry.channels(EVERYTHING, Query()).total == 4


def test_a_device_without_a_catalog_begins_one(
    registry: Registry, engine: Engine, writer: Writer
) -> None:
    registry.changes.take("new device", [camera(4, event="ADD")], 20.0)
    registry.changes.take("other device", [Item(device_id="x", event="DEL")], 20.0)
    settle(registry, writer)
    assert registry.device(EVERYTHING, "new device").catalog.state is CatalogState.NEVER
    assert registry.channel(EVERYTHING, "new device", CAMERAS[3]).name == "camera 4"


def test_notices_that_wait_are_merged_together(
    registry: Registry, engine: Engine, writer: Writer
) -> None:
    held = threading.Event()
    registry._merges.submit(held.wait, 10)
    for name in ("a", "b", "c"):
        registry.changes.take(RECORDER, [camera(1, event="UPDATE", name=name)], 20.0)
    assert len(registry.changes) == 1
    held.set()
    settle(registry, writer)
    assert one(registry, 1).name == "c"
    with engine.connect() as connection:
        assert len(connection.execute(select(catalogs)).all()) == 2


def test_what_is_beyond_the_bound_is_dropped_counted_and_told(
    registry: Registry, engine: Engine, writer: Writer
) -> None:
    held = threading.Event()

    def hold(_: Connection) -> None:
        held.wait(10)

    intake = Intake(engine, writer, registry._merges.submit, registry._store, limit=2)
    registry._merges.submit(held.wait, 10)
    writer.flush()
    busy = writer.call(hold)
    assert intake.take(RECORDER, [camera(1, event="UPDATE"), camera(2, event="UPDATE")], 20.0)
    assert not intake.take(RECORDER, [camera(3, event="UPDATE")], 20.0)
    assert intake.take(RECORDER, [camera(2, event="UPDATE", name="again")], 20.0)
    states = [Item(device_id=key, event="OFF") for key in ("x", "y", "z")]
    assert not intake.take("other", states, 20.0)
    assert intake.counters["dropped"] == 2
    held.set()
    busy.result(10)
    settle(registry, writer)
    assert one(registry, 2).name == "again"
    assert len(intake) == 0


def test_what_the_store_refuses_is_counted(
    registry: Registry, engine: Engine, writer: Writer
) -> None:
    def refuse(*_: object) -> None:
        raise Exhausted("disk full", resource="disk")

    intake = Intake(engine, writer, registry._merges.submit, refuse)
    intake.take(RECORDER, [camera(1, event="UPDATE", name="x")], 20.0)
    settle(registry, writer)
    assert intake.counters["lost"] == 1


def test_a_restless_channel_is_written_when_it_rests(
    registry: Registry, engine: Engine, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    for number in range(21):
        event = "ON" if number % 2 else "OFF"
        registry.changes.take(RECORDER, [Item(device_id=CAMERAS[0], event=event)], 20.0)
        writer.flush()
    assert len(history(engine)) == 4
    assert registry.changes.held == 17
    assert said(engine)[CAMERAS[0]] == "on"
    now[0] += 31
    writer.flush()
    assert said(engine)[CAMERAS[0]] == "off"
    assert len(history(engine)) == 5


def test_a_device_that_invents_channels_adds_so_many(
    registry: Registry, engine: Engine, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ENTRIES", 4)
    items = [Item(device_id=f"made up {number}", event="ADD", name="x") for number in range(5)]
    registry.changes.take(RECORDER, [*items, camera(1, event="UPDATE", name="n")], 20.0)
    settle(registry, writer)
    assert set(said(engine)) == {*CAMERAS[:3], "made up 0"}
    assert one(registry, 1).name == "n"
    assert registry.changes.counters["beyond"] == 4
    assert [key for key, event in history(engine) if event == "ADD"] == ["made up 0"]


def ids(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(select(channels.c.channel_id)).scalars())


def test_partial_catalogs_add_so_many_too(
    registry: Registry, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They remove nothing: so ever new ones would fill the store."""
    monkeypatch.setattr(module, "ENTRIES", 5)
    for round_ in range(4):
        items = [camera(1), Item(device_id=f"made up {round_}")]
        standing = CatalogStanding(CatalogState.PARTIAL, 9, 2, "silent", at=20.0 + round_)
        registry.merge_catalog(RECORDER, items, standing)
    assert ids(engine) == {*CAMERAS[:3], "made up 0", "made up 1"}
    assert registry.changes.counters["beyond"] == 2


def test_whole_catalogs_of_ever_new_channels_leave_so_many_behind(
    registry: Registry, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REMOVED", 4)
    monkeypatch.setattr(module, "CHUNK", 2)
    for round_ in range(6):
        items = [Item(device_id=f"made up {round_} {number}") for number in range(3)]
        standing = CatalogStanding(CatalogState.COMPLETE, 3, 3, at=20.0 + round_)
        registry.merge_catalog(RECORDER, items, standing)
    newest = {f"made up {round_} {number}" for round_ in (4, 5) for number in range(3)}
    assert ids(engine) == newest | {"made up 3 2"}  # of one removal the last by id
    assert registry.changes.counters["forgotten"] == 14


def test_so_do_notices_that_add_and_remove(
    registry: Registry, engine: Engine, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REMOVED", 1)
    for at, number in enumerate((1, 2, 3)):
        registry.changes.take(RECORDER, [camera(number, event="DEL")], 20.0 + at)
        settle(registry, writer)
    assert ids(engine) == {CAMERAS[2]}
    assert registry.changes.counters["forgotten"] == 2


def test_what_is_spoken_of_is_not_forgotten(
    registry: Registry, engine: Engine, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REMOVED", 0)
    alarm = {"device_id": RECORDER, "channel_id": CAMERAS[0], "received_at": 1.0, "last_at": 1.0}
    alarm |= dict.fromkeys(("priority", "method", "alarm_type", "event_type"), 1)
    with engine.begin() as connection:
        connection.execute(
            insert(alarms).values(**alarm, description="", assignee="", occurrences=1, state="new")
        )
        look = Look(None, "王", "", Action.LIVE, RECORDER, CAMERAS[1], "门", "patrol", 1.0, "", "")
        add_entry(connection, look)
        # Of another device: it keeps nothing here.
        add_entry(connection, replace(look, device_id="other", channel_id=CAMERAS[2]))
    registry.merge_catalog(
        RECORDER, [camera(4)], CatalogStanding(CatalogState.COMPLETE, 1, 1, at=20.0)
    )
    assert ids(engine) == {CAMERAS[0], CAMERAS[1], CAMERAS[3]}
    assert registry.changes.counters["forgotten"] == 1


def test_while_the_store_is_full_nothing_is_forgotten_and_the_catalog_stands(
    registry: Registry, engine: Engine, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise Exhausted("full", resource="disk")

    monkeypatch.setattr(module, "REMOVED", 0)
    monkeypatch.setattr(store, "forget_removed", refuse)
    standing = CatalogStanding(CatalogState.COMPLETE, 1, 1, at=20.0)
    assert registry.merge_catalog(RECORDER, [camera(4)], standing).added == 1
    assert ids(engine) == set(CAMERAS)
    assert registry.changes.counters["forgotten"] == 0


def test_the_history_of_channels_is_kept_for_so_long(
    registry: Registry, engine: Engine, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 2)
    with engine.begin() as connection:
        rows = [(RECORDER, CAMERAS[0], float(at), "ON") for at in range(7)]
        store.add_events(connection, rows)
    assert registry.changes.prune(0.0) == 0
    assert registry.changes.prune(5.0) == 5
    assert len(history(engine)) == 2
