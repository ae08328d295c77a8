"""What people set of single devices, and what those told of their rhythm."""

from sqlalchemy import Column, Float, Integer, String, Table

from tongshi.db.tables.schema import metadata

admission_rules = Table(
    "admission_rules",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("effect", String, nullable=False),
    Column("pattern", String, nullable=False),
    Column("network", String, nullable=False),
    Column("target", String, nullable=False),
    Column("expires", Integer, nullable=False),
    Column("note", String, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("made_by", String, nullable=False),
    sqlite_autoincrement=True,
)
"""Who may register, from where, and where others are sent."""

peer_keys = Table(
    "peer_keys",
    metadata,
    Column("device_id", String, primary_key=True),
    Column("username", String, nullable=False),
    Column("realm", String, nullable=False),
    Column("md5", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("set_at", Float, nullable=False),
    Column("set_by", String, nullable=False),
)
"""What devices with a secret of their own prove: H(username:realm:secret), never the secret."""

peer_profiles = Table(
    "peer_profiles",
    metadata,
    Column("device_id", String, primary_key=True),
    Column("field", String, primary_key=True),
    Column("value", String, nullable=False),
    Column("set_at", Float, nullable=False),
    Column("set_by", String, nullable=False),
)
"""What people set of peers' profiles, field by field."""

peer_beats = Table(
    "peer_beats",
    metadata,
    Column("device_id", String, primary_key=True),
    Column("interval", Float, nullable=False),
    Column("count", Integer, nullable=False),
    Column("told_at", Float, nullable=False),
)
"""Rhythms of keepalives, s, that devices told, where they differ from the settings.

count: beats without an answer; 0 when untold.
"""
