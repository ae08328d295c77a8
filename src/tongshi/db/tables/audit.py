"""The audit chain, its heads, and heads of subordinate nodes."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table, Text

from tongshi.db.tables.schema import metadata

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("wall", Float, nullable=False, index=True),
    Column("what", String, nullable=False),
    Column("person_id", Integer),
    Column("person", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("address", String, nullable=False),
    Column("object", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("details", Text, nullable=False),
    Column("digest", String, nullable=False),
    Index("ix_audit_entries_what", "what", "seq"),
)
"""Every act, in its order.  details: canonical JSON.  digest: over the one before and this one."""

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("purpose", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("node", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("digest", String, nullable=False),
    Column("wall", Float, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("run", Float, nullable=False),
    Column("lasted", Float, nullable=False),
    Column("signature", String, nullable=False),
    Index("ix_audit_heads_seq", "purpose", "seq"),
)
"""The node's own signed heads and anchors."""

audit_witnessed = Table(
    "audit_witnessed",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("node", String, nullable=False),
    Column("key", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("digest", String, nullable=False),
    Column("wall", Float, nullable=False),
    Column("kept", BigInteger, nullable=False),
    Column("run", Float, nullable=False),
    Column("lasted", Float, nullable=False),
    Column("signature", String, nullable=False),
    Column("received_at", Float, nullable=False),
    Column("by", String, nullable=False),
    Column("address", String, nullable=False),
    Column("fault", String, nullable=False),
    Index("ix_audit_witnessed_node", "node", "number"),
    sqlite_autoincrement=True,
)
"""Heads that subordinate nodes handed over, as they came.  fault: what disagrees with others."""
