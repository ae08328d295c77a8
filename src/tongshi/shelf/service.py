"""The shelf of one node: files under its data directory, rows in its store.

Every method blocks on the disk or the store: call through ``asyncio.to_thread``.  A picture is
written under a passing name, then gets its row, then its own name; so a row whose file is missing
is one that a power cut took, and reads as Missing.
"""

import contextlib
import hashlib
import secrets
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, Engine

from tongshi.access.scope import Scope
from tongshi.audit.entry import PLATFORM, Actor
from tongshi.audit.store import append
from tongshi.clock import Clock
from tongshi.db.page import Page, bound
from tongshi.db.text import storable
from tongshi.db.writer import Writer
from tongshi.errors import Exhausted, Missing
from tongshi.shelf import store
from tongshi.shelf.firmware import Firmware, Upgrade
from tongshi.shelf.picture import Picture, PictureQuery, Taken

DAY = 86400.0
SPARE = 512 * 1024 * 1024
"""Bytes that stay free on the disk: the store needs room more than anything here."""


class Shelf:
    """Pictures and firmware.  days: how long pictures are kept; 0 keeps them for good.

    room: returns the free bytes of a directory's disk.
    """

    def __init__(
        self,
        folder: Path,
        engine: Engine,
        writer: Writer,
        clock: Clock,
        *,
        days: float = 30.0,
        room: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._pictures = folder / "pictures"
        self._firmware = folder / "firmware"
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._days = days
        self._room = room
        for place in (self._pictures, self._firmware):
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            for left in place.glob("*.part"):  # of a process that was killed
                left.unlink(missing_ok=True)

    # Pictures

    def keep(self, taken: Taken, data: bytes) -> Picture:
        """Keep a picture; raises Exhausted when the disk is full or the store cannot be written."""
        passing = self.passing(self._pictures, len(data))
        try:
            _write(passing, data)
            digest = hashlib.sha256(data).hexdigest()
            taken = replace(
                taken,
                channel=storable(taken.channel),
                name=storable(taken.name, 64),
                purpose=storable(taken.purpose),
            )
            number = self._writer.commit(
                lambda connection: store.add_picture(connection, taken, len(data), digest)
            )
            place = self._place(number)
            place.parent.mkdir(exist_ok=True, mode=0o700)
            passing.rename(place)
        except OSError as error:
            raise Exhausted(
                f"a picture cannot be kept: {error.strerror}", resource="disk"
            ) from None
        finally:
            with contextlib.suppress(OSError):
                passing.unlink()
        return Picture(number, taken, len(data), digest)

    def picture(self, scope: Scope, picture_id: int) -> Picture:
        """Return what is known of a picture; raises Missing."""
        with self._engine.connect() as connection:
            found = store.read_picture(connection, scope, picture_id)
        if found is None:
            raise Missing("no such picture")
        return found

    def pictures(self, scope: Scope, query: PictureQuery) -> Page[Picture]:
        """Return a page of pictures, newest first."""
        number, size = bound(query.number, query.size)
        query = replace(query, number=number, size=size)
        with self._engine.connect() as connection:
            rows, total = store.page_pictures(connection, scope, query)
        return Page(rows, total, number, size)

    def read(self, picture: Picture) -> bytes:
        """Return a picture's file; raises Missing when it is gone."""
        try:
            return self._place(picture.id).read_bytes()
        except OSError:
            raise Missing("the picture's file is gone") from None

    def purge(self) -> int:
        """Delete pictures that are older than they are kept, and return how many."""
        if not self._days:
            return 0
        before = self._clock.wall() - self._days * DAY
        gone = self._writer.commit(lambda connection: store.forget_pictures(connection, before))
        for number in gone:
            self._place(number).unlink(missing_ok=True)
        return len(gone)

    # Firmware and upgrades

    def passing(self, folder: Path | None = None, size: int = 0) -> Path:
        """Return a path for a file on its way in; raises Exhausted when *size* bytes do not fit."""
        folder = folder or self._firmware
        if self._room(folder) < size + SPARE:
            raise Exhausted("the disk is full", resource="disk")
        return folder / f"{secrets.token_hex(8)}.part"

    def adopt(self, passing: Path, firmware: Firmware, actor: Actor | None = None) -> Firmware:
        """Keep the file *passing* as *firmware*, which gets its number.

        actor: who brings it, with unit and address; None for what *firmware* tells of them.
        """
        firmware = replace(
            firmware, name=storable(firmware.name, 128), person=storable(firmware.person)
        )

        def add(connection: Connection) -> int:
            number = store.add_firmware(connection, firmware)
            who = actor or Actor(firmware.person_id, firmware.person)
            act = who.act("firmware.added", str(number), name=firmware.name, sha256=firmware.sha256)
            append(connection, firmware.at, act)
            return number

        number = self._writer.commit(add, durable=True)
        passing.rename(self._firmware / f"{number}.bin")
        return replace(firmware, id=number)

    def firmwares(self) -> tuple[Firmware, ...]:
        """Return every firmware, newest first."""
        with self._engine.connect() as connection:
            return store.read_firmwares(connection)

    def firmware(self, firmware_id: int) -> Firmware:
        """Return one firmware; raises Missing."""
        for firmware in self.firmwares():
            if firmware.id == firmware_id:
                return firmware
        raise Missing("no such firmware")

    def file_of(self, firmware_id: int) -> Path:
        """Return where a firmware's file is; raises Missing when it is gone."""
        place = self._firmware / f"{firmware_id}.bin"
        if not place.is_file():
            raise Missing("the firmware's file is gone")
        return place

    def remove(self, firmware_id: int, actor: Actor = PLATFORM) -> None:
        """Delete a firmware's file; raises Missing."""
        firmware = self.firmware(firmware_id)
        wall = self._clock.wall()

        def remove(connection: Connection) -> None:
            store.remove_firmware(connection, firmware.id, wall)
            act = actor.act("firmware.removed", str(firmware.id), name=firmware.name)
            append(connection, wall, act)

        self._writer.commit(remove, durable=True)
        (self._firmware / f"{firmware.id}.bin").unlink(missing_ok=True)

    def begin(self, upgrade: Upgrade) -> Upgrade:
        """Record an upgrade before its device is asked; it gets its number."""
        upgrade = replace(
            upgrade,
            manufacturer=storable(upgrade.manufacturer, 64),
            version=storable(upgrade.version, 64),
            person=storable(upgrade.person),
        )

        def add(connection: Connection) -> int:
            number = store.add_upgrade(connection, upgrade)
            who = Actor(upgrade.person_id, upgrade.person)
            act = who.act(
                "device.upgraded",
                upgrade.device_id,
                firmware=upgrade.firmware_id,
                version=upgrade.version,
                upgrade=number,
            )
            append(connection, upgrade.begun_at, act)
            return number

        number = self._writer.commit(add, durable=True)
        return replace(upgrade, id=number)

    def note(self, upgrade: Upgrade) -> None:
        """Record how far an upgrade has come."""
        upgrade = replace(upgrade, why=storable(upgrade.why, 200))
        self._writer.commit(lambda connection: store.write_upgrade(connection, upgrade))

    def open_upgrades(self) -> tuple[Upgrade, ...]:
        """Return the upgrades that are not over."""
        with self._engine.connect() as connection:
            return store.read_open_upgrades(connection)

    def upgrades(self, scope: Scope, device_id: str, number: int, size: int) -> Page[Upgrade]:
        """Return a page of upgrades, newest first; of one device where it is named."""
        number, size = bound(number, size)
        with self._engine.connect() as connection:
            rows, total = store.page_upgrades(connection, scope, device_id, number, size)
        return Page(rows, total, number, size)

    def _place(self, number: int) -> Path:
        """Return where a picture's file is: a thousand to a folder."""
        return self._pictures / str(number // 1000) / f"{number}.jpg"


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
