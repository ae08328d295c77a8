"""Findings of the watch over accounts, and how far it has come."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table

from tongshi.db.tables.schema import metadata

findings = Table(
    "findings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("rule", String, nullable=False),
    Column("account", String, nullable=False),
    Column("person_id", Integer, ForeignKey("people.id")),
    Column("person", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("role", String, nullable=False),
    Column("address", String, nullable=False),
    Column("day", Integer, nullable=False),
    Column("window", Float, nullable=False),
    Column("since", Float, nullable=False),
    Column("until", Float, nullable=False),
    Column("figure", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("usual", Float),
    Column("made_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("closed_by", Integer, ForeignKey("people.id")),
    Column("closed_person", String, nullable=False),
    Column("closed_at", Float),
    Column("reason", String, nullable=False),
    Index("ix_findings_account", "account", "day", "rule"),
    sqlite_autoincrement=True,
)
"""What rules found.  account: ``person:7``, or ``address:...`` where no account is known."""

finding_entries = Table(
    "finding_entries",
    metadata,
    Column("finding_id", Integer, ForeignKey("findings.id"), primary_key=True),
    Column("source", String, primary_key=True),
    Column("entry", BigInteger, primary_key=True, autoincrement=False),
)
"""The entries behind a finding: of the access register, or of the audit chain."""

watch_cursors = Table(
    "watch_cursors",
    metadata,
    Column("source", String, primary_key=True),
    Column("position", BigInteger, nullable=False),
)
"""Up to which entry each source has been read."""

watch_hours = Table(
    "watch_hours",
    metadata,
    Column("person_id", Integer, ForeignKey("people.id"), primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("looks", Integer, nullable=False),
)
"""How many looks an account made in an hour.  hour: its number since 1970, UTC."""

watch_places = Table(
    "watch_places",
    metadata,
    Column("person_id", Integer, ForeignKey("people.id"), primary_key=True),
    Column("division", String, primary_key=True),
    Column("first_at", Float, nullable=False),
)
"""County-level divisions that an account has looked at, and when it did first."""
