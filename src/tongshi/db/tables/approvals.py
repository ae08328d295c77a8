"""Purposes, requests with their decisions, delegates, and broken glass with its reviews."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from tongshi.db.tables.schema import metadata

purposes = Table(
    "purposes",
    metadata,
    Column("code", String, primary_key=True),
    Column("zh", String, nullable=False),
    Column("en", String, nullable=False),
    Column("needs_case", Boolean(create_constraint=False), nullable=False),
    Column("needs_approval", Boolean(create_constraint=False), nullable=False),
    Column("needs_second", Boolean(create_constraint=False), nullable=False),
    Column("needs_text", Boolean(create_constraint=False), nullable=False),
    Column("place", Integer, nullable=False),
    Column("retired", Boolean(create_constraint=False), nullable=False),
)
"""Why people look, and what stating it requires.  No row is ever deleted: the register reads it."""

requests = Table(
    "requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False),
    Column("person", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("case_number", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("footage_since", Float),
    Column("footage_until", Float),
    Column("lasts", Float, nullable=False),
    Column("content", Text, nullable=False),
    Column("steps", String, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("waits_until", Float, nullable=False),
    Column("holds_until", Float),
    Column("state", String, nullable=False),
    Column("state_at", Float, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("grant_id", Integer),
    Index("ix_requests_person", "person_id", "id"),
    Index("ix_requests_state", "state", "id"),
    sqlite_autoincrement=True,
)
"""What people asked for.  steps: those it must pass, by name, as the policy was when it was made.

content: what its kind asks for besides, JSON; identity documents in it are encrypted.
state, state_at, holds_until, uses, grant_id: how it stands; the decisions are the record.
"""

request_cameras = Table(
    "request_cameras",
    metadata,
    Column("request_id", Integer, ForeignKey("requests.id"), primary_key=True),
    Column("device_id", String, primary_key=True),
    Column("channel_id", String, primary_key=True),
    Column("channel", String, nullable=False),
    Index("ix_request_cameras_channel", "device_id", "channel_id"),
)
"""Of which cameras.  channel: its name as it was then."""

request_decisions = Table(
    "request_decisions",
    metadata,
    Column("request_id", Integer, ForeignKey("requests.id"), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False, index=True),
    Column("person", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("behalf_id", Integer, ForeignKey("people.id")),
    Column("behalf", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("confirmed", Boolean(create_constraint=False), nullable=False),
    Column("at", Float, nullable=False),
)
"""What was decided at each step.  behalf: for whom a delegate decided."""

delegates = Table(
    "delegates",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("giver_id", Integer, ForeignKey("people.id"), nullable=False, index=True),
    Column("taker_id", Integer, ForeignKey("people.id"), nullable=False, index=True),
    Column("since", Float, nullable=False),
    Column("until", Float, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("ended_at", Float),
    sqlite_autoincrement=True,
)
"""Who decides in whose place, and when."""

broken_glass = Table(
    "broken_glass",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False, index=True),
    Column("person", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("case_text", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("until", Float, nullable=False),
    Column("review_by", Float, nullable=False, index=True),
    Column("address", String, nullable=False),
    Column("grant_id", Integer),
    Column("told_overdue_at", Float),
    sqlite_autoincrement=True,
)
"""Rights that were taken at once.  review_by: when its after-review is due.

told_overdue_at: when the audit learned that the review is overdue.
"""

glass_cameras = Table(
    "glass_cameras",
    metadata,
    Column("glass_id", Integer, ForeignKey("broken_glass.id"), primary_key=True),
    Column("device_id", String, primary_key=True),
    Column("channel_id", String, primary_key=True),
    Column("channel", String, nullable=False),
)
"""Of which cameras."""

glass_reviews = Table(
    "glass_reviews",
    metadata,
    Column("glass_id", Integer, ForeignKey("broken_glass.id"), primary_key=True),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False),
    Column("person", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("words", String, nullable=False),
    Column("at", Float, nullable=False),
)
"""What the audit found afterwards, once and for good."""
