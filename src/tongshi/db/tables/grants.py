"""Grants, and what tells cameras apart for them."""

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text

from tongshi.db.tables.schema import metadata

grants = Table(
    "grants",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject_kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("rights", String, nullable=False),
    Column("selector", Text, nullable=False),
    Column("purposes", Text, nullable=False),
    Column("hours", Text, nullable=False),
    Column("since", Float),
    Column("until", Float),
    Column("footage_age", Float),
    Column("deny", Boolean(create_constraint=False), nullable=False),
    Column("note", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("revoked_by", String),
    Column("revoked_at", Float, index=True),
    Index("ix_grants_subject", "subject_kind", "subject"),
    sqlite_autoincrement=True,
)
"""Who may do what with which cameras.  A row is never changed but once: when it is revoked.

rights: words with commas.  selector, purposes, hours: JSON.  footage_age: s.
"""

camera_cells = Table(
    "camera_cells",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    sqlite_autoincrement=True,
)
"""What grants know cameras by, each combination once.  key: see ``tongshi.access.cell``."""

camera_marks = Table(
    "camera_marks",
    metadata,
    Column("device_id", String, primary_key=True),
    Column("channel_id", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("value", String, primary_key=True),
    Index("ix_camera_marks_value", "kind", "value"),
    sqlite_with_rowid=False,
)
"""What grants know a camera by, beside its division: class, sector, unit, tag; one value each but
of tags.  The device itself has its own code as channel_id."""
