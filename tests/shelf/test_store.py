from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, insert

from tongshi.access.scope import EVERYTHING, NOTHING
from tongshi.db.tables import people
from tongshi.shelf import store
from tongshi.shelf.firmware import Firmware, State, Upgrade
from tongshi.shelf.picture import PictureQuery, Taken

TAKEN = Taken("d", "c", "gate", "upload", "s", "n.jpg", 5.0, 10.0, 640, 480, 1, "patrol")


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        person = {
            "name": "li",
            "shown": "Li",
            "unit": "",
            "role": "operator",
            "password": "",
            "must_change": False,
            "made_at": 0.0,
            "password_at": 0.0,
            "failures": 0,
            "locked_until": 0.0,
        }
        connection.execute(insert(people), person)
        yield connection


def test_pictures_come_back_as_they_were_kept(connection: Connection) -> None:
    number = store.add_picture(connection, TAKEN, 7, "00")
    found = store.read_picture(connection, EVERYTHING, number)
    assert found is not None
    assert (found.taken, found.bytes, found.sha256) == (TAKEN, 7, "00")
    assert store.read_picture(connection, NOTHING, number) is None
    assert store.read_picture(connection, EVERYTHING, number + 1) is None


def test_pictures_are_found_by_what_they_are_of(connection: Connection) -> None:
    others = [
        replace(TAKEN, device_id="e"),
        replace(TAKEN, channel_id="f"),
        replace(TAKEN, set_id="t"),
        replace(TAKEN, got_at=20.0),
    ]
    first, *_ = [store.add_picture(connection, each, 1, "") for each in (TAKEN, *others)]

    def count(query: PictureQuery) -> int:
        rows, total = store.page_pictures(connection, EVERYTHING, query)
        assert len(rows) == min(total, query.size)
        return total

    assert count(PictureQuery()) == 5
    assert count(PictureQuery(size=2)) == 5
    assert count(PictureQuery(device_id="e")) == 1
    assert count(PictureQuery(channel_id="f")) == 1
    assert count(PictureQuery(set_id="t")) == 1
    assert count(PictureQuery(since=15.0)) == 1
    assert count(PictureQuery(until=15.0)) == 4
    rows, _ = store.page_pictures(connection, EVERYTHING, PictureQuery(number=3, size=2))
    assert [row.id for row in rows] == [first]
    assert store.page_pictures(connection, NOTHING, PictureQuery()) == ((), 0)


def test_old_pictures_are_forgotten(connection: Connection) -> None:
    old = store.add_picture(connection, TAKEN, 1, "")
    new = store.add_picture(connection, replace(TAKEN, got_at=20.0), 1, "")
    assert store.forget_pictures(connection, 15.0) == (old,)
    assert store.forget_pictures(connection, 15.0) == ()
    assert store.read_picture(connection, EVERYTHING, new) is not None


def test_firmware_and_upgrades(connection: Connection) -> None:
    firmware = Firmware(0, "v2.bin", 9, "00", 1.0, 1, "Li")
    number = store.add_firmware(connection, firmware)
    assert store.read_firmwares(connection) == (replace(firmware, id=number),)
    upgrade = Upgrade(0, "s", "d", "d", number, "m", "V2", State.ASKED, "", 0, 1.0, 1.0, 1, "Li")
    upgrade = replace(upgrade, id=store.add_upgrade(connection, upgrade))
    assert store.read_open_upgrades(connection) == (upgrade,)
    upgrade = replace(upgrade, state=State.FAILED, why="damaged", sent=9, changed_at=2.0)
    store.write_upgrade(connection, upgrade)
    assert store.read_open_upgrades(connection) == ()
    assert store.page_upgrades(connection, EVERYTHING, "d", 1, 10) == ((upgrade,), 1)
    assert store.page_upgrades(connection, EVERYTHING, "", 1, 10) == ((upgrade,), 1)
    assert store.page_upgrades(connection, EVERYTHING, "e", 1, 10) == ((), 0)
    assert store.page_upgrades(connection, NOTHING, "", 1, 10) == ((), 0)
    store.remove_firmware(connection, number, 3.0)
    assert store.read_firmwares(connection) == ()
