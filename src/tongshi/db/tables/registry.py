"""Devices, the channels of their catalogs, and whether they are there."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text, text

from tongshi.db.tables.schema import metadata

devices = Table(
    "devices",
    metadata,
    Column("device_id", String, primary_key=True),
    Column("first_at", Float, nullable=False),
    Column("region", String, nullable=False, default=""),
    Column("name", String, nullable=False, default=""),
    Column("manufacturer", String, nullable=False, default=""),
    Column("model", String, nullable=False, default=""),
    Column("firmware", String, nullable=False, default=""),
    Column("described_at", Float),
    Column("host", String, nullable=False, default=""),
    Column("port", Integer, nullable=False, default=0),
    Column("transport", String, nullable=False, default=""),
    Column("version", String, nullable=False, default=""),
    Column("user_agent", String, nullable=False, default=""),
    Column("contact", String, nullable=False, default=""),
    Column("registered_at", Float),
    Column("expires_at", Float),
    Column("catalog_state", String, nullable=False, default="never"),
    Column("announced", Integer, nullable=False, default=0),
    Column("received", Integer, nullable=False, default=0),
    Column("catalog_why", String, nullable=False, default=""),
    Column("catalog_at", Float),
    Column("complete_at", Float),
    Column("cell", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

catalogs = Table(
    "catalogs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", String, ForeignKey("devices.device_id"), nullable=False, index=True),
    Column("source", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("state", String, nullable=False),
    Column("announced", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("why", String, nullable=False),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("restored", Integer, nullable=False),
    sqlite_autoincrement=True,
)
"""Every catalog that told something new: the source of the values in channels."""

channels = Table(
    "channels",
    metadata,
    Column("device_id", String, ForeignKey("devices.device_id"), primary_key=True),
    Column("channel_id", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("camera", Boolean(create_constraint=False), nullable=False),
    Column("name", String, nullable=False),
    Column("said", String, nullable=False),
    Column("manufacturer", String, nullable=False),
    Column("model", String, nullable=False),
    Column("address", String, nullable=False),
    Column("civil_code", String, nullable=False),
    Column("region", String, nullable=False),
    Column("parents", String, nullable=False),
    Column("business_group", String, nullable=False),
    Column("parental", Integer),
    Column("parent_id", String, nullable=False),
    Column("group_id", String, nullable=False),
    Column("longitude", Float),
    Column("latitude", Float),
    Column("ptz_type", Integer),
    Column("item", Text, nullable=False),
    Column("digest", String, nullable=False),
    Column("catalog_id", Integer, ForeignKey("catalogs.id"), nullable=False),
    Column("appeared_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("removed_at", Float),
    Column("cell", Integer, nullable=False, server_default="0"),
    # Each index covers one kind of query whole, so that counts and searches read no wide rows.
    Index(
        "ix_channels_parent",
        "device_id",
        "parent_id",
        "group_id",
        "camera",
        "removed_at",
        "said",
        "cell",
    ),
    Index("ix_channels_group", "device_id", "group_id"),
    Index("ix_channels_region", "region", "camera", "removed_at", "device_id", "said", "cell"),
    Index("ix_channels_name", "name", "camera", "removed_at", "said", "region", "cell"),
    Index("ix_channels_unplaced", "cell", sqlite_where=text("cell = 0")),
    sqlite_with_rowid=False,
)
"""Catalog entries.  parents, business_group, civil_code: as sent; parent_id, group_id, region:
as the standard's rules place them.  item: what has no column, as JSON.  digest: of all that was
sent, so that an unchanged entry is recognised without reading it.  cell: number of what grants
know it by, see ``tongshi.access.cell``; 0 until it is placed."""

presence = Table(
    "presence",
    metadata,
    Column("device_id", String, primary_key=True),
    Column("state", String, nullable=False, index=True),
    Column("why", String, nullable=False),
    Column("since", Float, nullable=False),
    Column("noticed", Float, nullable=False),
    Column("proof", Float),
    sqlite_with_rowid=False,
)
"""Each device's present state, for queries; memory is ahead of it by at most one flush."""

presence_changes = Table(
    "presence_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("why", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("noticed", Float, nullable=False),
    Index("ix_presence_changes_device", "device_id", "at"),
    sqlite_autoincrement=True,
)
"""Begin of each interval; the next change of the same device ends it."""

channel_changes = Table(
    "channel_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("event", String, nullable=False),
    Index("ix_channel_changes_channel", "device_id", "channel_id", "at"),
    sqlite_autoincrement=True,
)
"""What devices notified of their channels: ON, OFF, VLOST, DEFECT, ADD, DEL, UPDATE."""

subscription_wants = Table(
    "subscription_wants",
    metadata,
    Column("device_id", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("target_id", String, primary_key=True),
    Column("wanted", Boolean(create_constraint=False), nullable=False),
    Column("interval", Integer, nullable=False),
    Column("set_at", Float, nullable=False),
    Column("set_by", String, nullable=False),
)
"""What people chose to be told, or not to be told, by devices."""
