"""What devices report: alarms, with what was done about them, and positions."""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, String, Table

from tongshi.db.tables.schema import metadata

alarms = Table(
    "alarms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("received_at", Float, nullable=False, index=True),
    Column("at", Float),
    Column("priority", Integer),
    Column("method", Integer),
    Column("alarm_type", Integer),
    Column("event_type", Integer),
    Column("description", String, nullable=False),
    Column("longitude", Float),
    Column("latitude", Float),
    Column("state", String, nullable=False),
    Column("state_at", Float),
    Column("assignee", String, nullable=False),
    Column("occurrences", Integer, nullable=False),
    Column("last_at", Float, nullable=False),
    Column("reset_at", Float),
    Index("ix_alarms_device", "device_id", "channel_id", "id"),
    Index("ix_alarms_state", "state", "id", "device_id", "channel_id"),
    sqlite_autoincrement=True,
)
"""What devices reported.  state, state_at, assignee, reset_at: of the last step; the steps are
the record.  at: by the device's clock."""

alarm_steps = Table(
    "alarm_steps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alarm_id", Integer, ForeignKey("alarms.id"), nullable=False, index=True),
    Column("at", Float, nullable=False),
    Column("person_id", Integer, nullable=False),
    Column("person", String, nullable=False),
    Column("act", String, nullable=False),
    Column("assignee", String, nullable=False),
    Column("note", String, nullable=False),
    sqlite_autoincrement=True,
)
"""What people did with alarms; person_id 0 is the platform itself."""

positions = Table(
    "positions",
    metadata,
    Column("device_id", String, primary_key=True),
    Column("channel_id", String, primary_key=True),
    Column("received_at", Float, nullable=False),
    Column("at", Float),
    Column("longitude", Float, nullable=False),
    Column("latitude", Float, nullable=False),
    Column("speed", Float),
    Column("direction", Float),
    Column("altitude", Float),
    Column("height", Float),
    Column("source", String, nullable=False),
    sqlite_with_rowid=False,
)
"""The newest reported position of each device or channel."""

position_reports = Table(
    "position_reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("received_at", Float, nullable=False, index=True),
    Column("at", Float),
    Column("longitude", Float, nullable=False),
    Column("latitude", Float, nullable=False),
    Column("speed", Float),
    Column("direction", Float),
    Column("altitude", Float),
    Column("height", Float),
    Column("source", String, nullable=False),
    Index("ix_position_reports_channel", "device_id", "channel_id", "received_at"),
    sqlite_autoincrement=True,
)
"""Every position that was reported, for as long as the settings keep it."""
