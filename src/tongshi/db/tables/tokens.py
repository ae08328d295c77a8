"""Tokens of programs, what they used, and webhooks with their deliveries."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from tongshi.db.tables.schema import metadata

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("scopes", String, nullable=False),
    Column("networks", String, nullable=False),
    Column("calls_minute", BigInteger),
    Column("calls_day", BigInteger),
    Column("stream_day", BigInteger),
    Column("bytes_day", BigInteger),
    Column("made_at", Float, nullable=False),
    Column("made_by", String, nullable=False),
    Column("ends_at", Float, nullable=False),
    Column("revoked_at", Float),
    Column("revoked_by", String, nullable=False),
    Column("used_at", Float),
    Column("used_from", String, nullable=False),
    sqlite_autoincrement=True,
)
"""digest: SHA-256 of the secret.  scopes, networks: words with spaces between.

stream_day: minutes.  A quota of None is no limit.  Rows stay, so that usage keeps its name.
"""

token_usage = Table(
    "token_usage",
    metadata,
    Column("token_id", Integer, ForeignKey("api_tokens.id"), primary_key=True),
    Column("hour", BigInteger, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Index("ix_token_usage_hour", "hour"),
)
"""What a token used in an hour.  hour: UNIX time of its begin, s.  kind: first word of the path.

refused: calls beyond a quota.  seconds: of streams.
"""

hooks = Table(
    "hooks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner_id", Integer, ForeignKey("people.id"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("url", String, nullable=False),
    Column("topics", String, nullable=False),
    Column("salt", String, nullable=False),
    Column("proof", String, nullable=False),
    Column("paused", Boolean(create_constraint=False), nullable=False),
    Column("made_at", Float, nullable=False),
    Column("made_by", String, nullable=False),
    Column("removed_at", Float),
    Column("failures", Integer, nullable=False),
    Column("next_at", Float, nullable=False),
    Column("missed", BigInteger, nullable=False),
    Column("missed_since", Float),
    sqlite_autoincrement=True,
)
"""salt: from which, with the node's key, the secret is made; the secret itself is not kept.

proof: digest of the secret, by which a key that was lost is noticed.  failures: in a row.
missed: notices for which the queue had no room, not yet told.
"""

hook_deliveries = Table(
    "hook_deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hook_id", Integer, ForeignKey("hooks.id"), nullable=False),
    Column("topic", String, nullable=False),
    Column("device_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("again_of", Integer),
    Column("state", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("tried_at", Float),
    Column("status", Integer),
    Column("why", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("answer", Text, nullable=False),
    Index("ix_hook_deliveries_hook", "hook_id", "state", "id"),
    Index("ix_hook_deliveries_made", "made_at"),
    sqlite_autoincrement=True,
)
"""What a hook tells, in the order of its numbers, and how the last attempt went.

status: of HTTP, None when there was no answer.  answer: its first bytes.
"""
