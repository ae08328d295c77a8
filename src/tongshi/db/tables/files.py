"""What has files on the disk: downloads, pictures, firmware and its upgrades."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from tongshi.db.tables.schema import metadata

downloads = Table(
    "downloads",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False),
    Column("person", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("device_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("since", Float, nullable=False),
    Column("until", Float, nullable=False),
    Column("speeds", String, nullable=False),
    Column("entry_id", Integer, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("why", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("again_at", Float, nullable=False),
    Column("begun_at", Float),
    Column("ended_at", Float),
    Column("saved", Float),
    Column("written", BigInteger, nullable=False),
    Column("announced", BigInteger),
    Column("result", Text, nullable=False),
    Column("marked", Text),
    sqlite_autoincrement=True,
)
"""Recordings of devices that were, are being or are to be fetched.  speeds: as the catalog tells
them.  entry_id: its look in the register.  result: of a finished file, as JSON; "" before.
marked: of the copy with the mark burnt in."""

pictures = Table(
    "pictures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("via", String, nullable=False),
    Column("set_id", String, nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("taken_at", Float),
    Column("got_at", Float, nullable=False, index=True),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False),
    Column("purpose", String, nullable=False),
    Index("ix_pictures_channel", "device_id", "channel_id", "got_at"),
    sqlite_autoincrement=True,
)
"""Pictures that are kept; their files have their numbers for names.  set_id: of those taken at
one order.  name: what the device called it.  taken_at: as the name says.
"""

firmwares = Table(
    "firmwares",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False),
    Column("person", String, nullable=False),
    Column("removed_at", Float),
    sqlite_autoincrement=True,
)
"""Firmware for devices; its files have its numbers for names."""

upgrades = Table(
    "upgrades",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("session_id", String, nullable=False, unique=True),
    Column("device_id", String, nullable=False),
    Column("target_id", String, nullable=False),
    Column("firmware_id", Integer, ForeignKey("firmwares.id"), nullable=False),
    Column("manufacturer", String, nullable=False),
    Column("version", String, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("why", String, nullable=False),
    Column("sent", BigInteger, nullable=False),
    Column("begun_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False),
    Column("person", String, nullable=False),
    Index("ix_upgrades_device", "device_id", "id"),
    sqlite_autoincrement=True,
)
"""Upgrades of devices and how far they came.  version: what the firmware calls itself."""
