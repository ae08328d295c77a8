from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from tongshi.db.connect import connect
from tongshi.db.migrate import upgrade
from tongshi.db.tables import catalogs, channels, devices
from tongshi.gb28181.catalog import Item
from tongshi.registry.branch import Place
from tongshi.registry.entry import CatalogStanding, CatalogState, Description, Registration
from tongshi.registry.intake import store
from tongshi.registry.merge import merge

DEVICE = "34020000001180000001"
ITEMS = [Item(device_id=f"3402000000131000000{number}", name="门") for number in range(3)]
WHOLE = CatalogStanding(CatalogState.COMPLETE, 3, 3, "", at=100.0, complete_at=100.0)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{tmp_path / 'tongshi.db'}")
    upgrade(engine)
    yield engine
    engine.dispose()


def fill(engine: Engine) -> int:
    changes = merge(DEVICE, {}, ITEMS, complete=True)
    with engine.begin() as connection:
        store.ensure_device(connection, DEVICE, 100.0)
        number = store.add_catalog(connection, DEVICE, "query", WHOLE, changes)
        store.write_channels(connection, DEVICE, changes.rows, number, 100.0)
        store.write_standing(connection, DEVICE, WHOLE)
    return number


def test_what_a_merge_wrote_the_next_one_reads(engine: Engine) -> None:
    fill(engine)
    with engine.connect() as connection:
        stored = store.read_stored(connection, DEVICE)
        assert store.read_region(connection, DEVICE) == "3402"
        assert store.read_region(connection, "nobody") == ""
    assert merge(DEVICE, stored, ITEMS, complete=True).nothing
    assert stored.keys() == {item.device_id for item in ITEMS}


def test_every_value_has_its_source(engine: Engine) -> None:
    number = fill(engine)
    with engine.connect() as connection:
        sources = connection.execute(select(channels.c.catalog_id, channels.c.appeared_at)).all()
        (row,) = connection.execute(select(catalogs)).all()
    assert {tuple(source) for source in sources} == {(number, 100.0)}
    assert (row.source, row.at, row.state, row.added) == ("query", 100.0, "complete", 3)


def test_entries_are_moved_removed_and_restored(engine: Engine) -> None:
    number = fill(engine)
    one, two, three = (item.device_id for item in ITEMS)
    with engine.begin() as connection:
        store.move_channels(connection, DEVICE, [(one, Place(two, three, False))], 200.0)
        store.move_channels(connection, DEVICE, [], 300.0)
        store.remove_channels(connection, DEVICE, [three], 200.0)
        store.remove_channels(connection, DEVICE, [], 300.0)
    with engine.connect() as connection:
        stored = store.read_stored(connection, DEVICE)
    assert stored[one].place == Place(two, three, camera=False)
    assert [stored[key].removed for key in (one, two, three)] == [False, False, True]
    rows = merge(DEVICE, stored, [ITEMS[2]], complete=False).rows
    with engine.begin() as connection:
        store.write_channels(connection, DEVICE, rows, number, 400.0)
        row = connection.execute(select(channels).where(channels.c.channel_id == three)).one()
    assert (row.removed_at, row.appeared_at, row.changed_at) == (None, 100.0, 400.0)


def test_a_failed_query_takes_nothing_away(engine: Engine) -> None:
    fill(engine)
    with engine.begin() as connection:
        store.write_failure(connection, DEVICE, "silent", 200.0)
        store.write_failure(connection, "another", "silent", 200.0)
        rows = {row.device_id: row for row in connection.execute(select(devices))}
    known = rows[DEVICE]
    assert (known.catalog_state, known.catalog_why, known.complete_at) == (
        "complete",
        "silent",
        100.0,
    )
    assert rows["another"].catalog_state == "never"


def test_a_partial_standing_keeps_the_date_of_the_last_complete_one(engine: Engine) -> None:
    fill(engine)
    partial = CatalogStanding(CatalogState.PARTIAL, 9, 3, "missing", at=200.0)
    with engine.begin() as connection:
        store.write_standing(connection, DEVICE, partial)
        row = connection.execute(select(devices)).one()
    assert (row.catalog_state, row.catalog_at, row.complete_at) == ("partial", 200.0, 100.0)


def test_registrations_and_descriptions_do_not_disturb_each_other(engine: Engine) -> None:
    first = Registration(DEVICE, "10.0.0.1", 5060, "udp", 1.0, 3601.0, "2016", "agent", "contact")
    again = Registration(DEVICE, "10.0.0.2", 5061, "tcp", 2.0, 3602.0)
    with engine.begin() as connection:
        store.write_registrations(connection, {DEVICE: first})
        store.write_descriptions(connection, {DEVICE: Description(DEVICE, 1.5, "Gate", "A", "B")})
        store.write_registrations(connection, {DEVICE: again})
        row = connection.execute(select(devices)).one()
    assert (row.name, row.host, row.transport, row.user_agent) == ("Gate", "10.0.0.2", "tcp", "")
    assert (row.first_at, row.registered_at, row.expires_at) == (1.0, 2.0, 3602.0)
