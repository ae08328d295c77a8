"""People, their sign-ins, and the register of what they looked at."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table

from tongshi.db.tables.schema import metadata

people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("shown", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("role", String, nullable=False),
    Column("password", String, nullable=False),
    Column("must_change", Boolean(create_constraint=False), nullable=False),
    Column("made_at", Float, nullable=False),
    Column("password_at", Float, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Float, nullable=False),
    Column("disabled_at", Float),
    Column("ends_at", Float),
    Column("trained_at", Float),
    Column("certified_until", Float),
    Column("totp", String),
    Column("totp_last", Integer),
    Column("oidc", String),
    Index("ix_people_oidc", "oidc", unique=True),
    sqlite_autoincrement=True,
)
"""Those who sign in.  password: argon2id.  name: as typed, in small letters.

totp: secret of one-time codes, encrypted.  totp_last: the last step that was used.
oidc: issuer and subject at a provider of sign-ins, joined by a bar.
"""

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("token_digest", String, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False, index=True),
    Column("begun_at", Float, nullable=False),
    Column("used_at", Float, nullable=False),
    Column("ends_at", Float, nullable=False),
    Column("address", String, nullable=False),
)
"""Open sign-ins.  The token itself is known to the browser only."""

register_entries = Table(
    "register_entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("begun_at", Float, nullable=False, index=True),
    Column("person_id", Integer, ForeignKey("people.id")),
    Column("person", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("action", String, nullable=False),
    Column("device_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("transport", String, nullable=False),
    Column("address", String, nullable=False),
    Column("footage_since", Float),
    Column("footage_until", Float),
    Column("what", String),
    Index("ix_register_entries_channel", "device_id", "channel_id", "begun_at"),
    Index("ix_register_entries_person", "person_id", "begun_at"),
    sqlite_autoincrement=True,
)
"""信息调用登记: every look, written before the picture flows.  footage: if of the past.

person_id: None for what the platform does by itself.
"""

register_endings = Table(
    "register_endings",
    metadata,
    Column("entry_id", Integer, ForeignKey("register_entries.id"), primary_key=True),
    Column("ended_at", Float, nullable=False),
    Column("how", String, nullable=False),
    Column("watched", Float),
    Column("bytes", BigInteger),
    Column("acts", Integer),
)
"""How each look ended.  watched: s; None where a killed process took the figure with it."""

register_progress = Table(
    "register_progress",
    metadata,
    Column("entry_id", Integer, ForeignKey("register_entries.id"), primary_key=True),
    Column("at", Float, nullable=False),
    Column("watched", Float, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("acts", Integer),
)
"""Figures of looks that go on: what is known of them if the process is killed."""
