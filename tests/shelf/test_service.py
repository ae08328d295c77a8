from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tongshi.access.identity import Rules
from tongshi.access.permission import Role
from tongshi.access.scope import EVERYTHING, NOTHING
from tongshi.access.service import People
from tongshi.clock import ManualClock
from tongshi.db.writer import Writer
from tongshi.errors import Exhausted, Missing
from tongshi.shelf.firmware import Firmware, State, Upgrade
from tongshi.shelf.picture import PictureQuery, Taken
from tongshi.shelf.service import DAY, SPARE, Shelf

JPEG = b"\xff\xd8 a picture \xff\xd9"
Make = Callable[[], Shelf]


class Room:
    """The free bytes of the disk."""

    def __init__(self) -> None:
        self.free = 10 * SPARE

    def __call__(self, folder: Path) -> int:
        return self.free


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def make(tmp_path: Path, engine: Engine, writer: Writer, clock: ManualClock, room: Room) -> Make:
    People(engine, writer, clock, Rules()).add("li", "Li", "", Role.OPERATOR)
    return lambda: Shelf(tmp_path, engine, writer, clock, days=2, room=room)


def taken(clock: ManualClock, name: str = "n.jpg") -> Taken:
    return Taken("d", "c", "gate", "upload", "s", name, None, clock.wall(), 640, 480, 1, "patrol")


def test_a_picture_is_kept_under_its_number(make: Make, tmp_path: Path, clock: ManualClock) -> None:
    shelf = make()
    picture = shelf.keep(taken(clock, "../../../etc/passwd"), JPEG)
    assert shelf.read(picture) == JPEG
    assert shelf.picture(EVERYTHING, picture.id) == picture
    files = [path.relative_to(tmp_path) for path in tmp_path.rglob("*.jpg")]
    assert files == [Path(f"pictures/0/{picture.id}.jpg")]
    assert shelf.pictures(EVERYTHING, PictureQuery(set_id="s")).rows == (picture,)
    with pytest.raises(Missing):
        shelf.picture(NOTHING, picture.id)
    (tmp_path / files[0]).unlink()
    with pytest.raises(Missing):
        shelf.read(picture)


def test_pictures_are_purged_when_they_are_old(
    make: Make, tmp_path: Path, clock: ManualClock
) -> None:
    shelf = make()
    shelf.keep(taken(clock), JPEG)
    clock.wind(3 * DAY)
    new = shelf.keep(taken(clock), JPEG)
    assert shelf.purge() == 1
    assert [path.stem for path in tmp_path.rglob("*.jpg")] == [str(new.id)]
    assert shelf.pictures(EVERYTHING, PictureQuery()).rows == (new,)


def test_pictures_may_be_kept_for_good(
    tmp_path: Path, engine: Engine, writer: Writer, clock: ManualClock, make: Make
) -> None:
    make().keep(taken(clock), JPEG)
    clock.wind(10_000 * DAY)
    assert Shelf(tmp_path, engine, writer, clock, days=0).purge() == 0


def test_a_full_disk_is_told_and_leaves_nothing(
    make: Make, tmp_path: Path, clock: ManualClock, room: Room
) -> None:
    shelf = make()
    room.free = SPARE
    with pytest.raises(Exhausted):
        shelf.keep(taken(clock), JPEG)
    room.free = 10 * SPARE
    folder = tmp_path / "pictures"
    folder.rmdir()
    folder.write_text("no directory")
    with pytest.raises(Exhausted):
        shelf.keep(taken(clock), JPEG)
    assert shelf.pictures(EVERYTHING, PictureQuery()).total == 0


def test_what_a_killed_process_left_is_removed(make: Make, tmp_path: Path) -> None:
    make()
    left = tmp_path / "firmware" / "half.part"
    left.write_bytes(b"half")
    make()
    assert not left.exists()


def test_firmware_is_kept_sent_and_removed(make: Make, clock: ManualClock) -> None:
    shelf = make()
    passing = shelf.passing(None, 7)
    passing.write_bytes(b"firmware")
    firmware = shelf.adopt(passing, Firmware(0, "v2.bin", 8, "00", clock.wall(), 1, "Li"))
    assert shelf.firmwares() == (firmware,)
    assert shelf.firmware(firmware.id) == firmware
    assert shelf.file_of(firmware.id).read_bytes() == b"firmware"
    assert not passing.exists()
    shelf.remove(firmware.id)
    for missing in (shelf.firmware, shelf.file_of, shelf.remove):
        with pytest.raises(Missing):
            missing(firmware.id)


def test_upgrades_are_kept_as_they_go(make: Make, clock: ManualClock) -> None:
    shelf = make()
    firmware = shelf.adopt(shelf_file(shelf), Firmware(0, "v", 1, "", clock.wall(), 1, "Li"))
    upgrade = Upgrade(
        0, "s", "d", "d", firmware.id, "m", "V", State.ASKED, "", 0, 1.0, 1.0, 1, "Li"
    )
    upgrade = shelf.begin(upgrade)
    assert shelf.open_upgrades() == (upgrade,)
    done = replace(upgrade, state=State.DONE, sent=1)
    shelf.note(done)
    assert shelf.open_upgrades() == ()
    assert shelf.upgrades(EVERYTHING, "d", 1, 10).rows == (done,)


def shelf_file(shelf: Shelf) -> Path:
    passing = shelf.passing()
    passing.write_bytes(b"v")
    return passing
