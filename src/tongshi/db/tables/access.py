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
    Column("password_until", Float),
    Column("disabled_at", Float),
    Column("ends_at", Float),
    Column("trained_at", Float),
    Column("certified_until", Float),
    Column("totp", String),
    Column("totp_next", String),
    Column("totp_last", Integer),
    Column("oidc", String),
    Column("email", String),
    Index("ix_people_oidc", "oidc", unique=True),
    Index("ix_people_email", "email", unique=True),
    sqlite_autoincrement=True,
)
"""Those who sign in.  password: argon2id.  name: as typed, in small letters.

password_until: when a generated password stops; None for one's own.  totp, totp_next: secrets of
one-time codes, encrypted, in use and being enrolled.  totp_last: the last step that was used.
oidc: issuer and subject at a provider of sign-ins, joined by a bar.  email: as such a provider
verifies it, in small letters.
"""

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("person_id", Integer, ForeignKey("people.id"), primary_key=True),
    Column("code_digest", String, primary_key=True),
    Column("used_at", Float),
)
"""Codes for who has lost the device that makes them; each opens once."""

sign_in_steps = Table(
    "sign_in_steps",
    metadata,
    Column("token_digest", String, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False, index=True),
    Column("way", String, nullable=False),
    Column("ends_at", Float, nullable=False),
    Column("address", String, nullable=False),
)
"""Sign-ins whose first step was right and whose second is awaited; no session yet."""

sign_in_tallies = Table(
    "sign_in_tallies",
    metadata,
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("paused_until", Float, nullable=False),
    Column("at", Float, nullable=False),
)
"""Failed sign-ins in a row, by name, by address and by both; of names that exist or do not."""

sign_in_addresses = Table(
    "sign_in_addresses",
    metadata,
    Column("person_id", Integer, ForeignKey("people.id"), primary_key=True),
    Column("address", String, primary_key=True),
    Column("at", Float, nullable=False),
)
"""From where somebody signed in, and when last: who guesses elsewhere cannot shut them out."""

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("token_digest", String, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False, index=True),
    Column("begun_at", Float, nullable=False),
    Column("used_at", Float, nullable=False),
    Column("ends_at", Float, nullable=False),
    Column("address", String, nullable=False),
    Column("proven_at", Float, nullable=False),
    Column("way", String, nullable=False),
)
"""Open sign-ins.  The token itself is known to the browser only.

proven_at, way: when and by what the person last proved who they are.
"""

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
    Column("grant_id", Integer),
    Column("approval_id", Integer),
    Column("case_number", String),
    Column("second_person", String),
    Column("via", String),
    Index("ix_register_entries_channel", "device_id", "channel_id", "begun_at"),
    Index("ix_register_entries_person", "person_id", "begun_at"),
    sqlite_autoincrement=True,
)
"""信息调用登记: every look, written before the picture flows.  footage: if of the past.

person_id: None for what the platform does by itself.  grant_id, approval_id: what it rests on.
via: code of the superior through which it came.
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
