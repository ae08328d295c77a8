"""What the node keeps of itself."""

from sqlalchemy import Column, Float, Integer, String, Table, Text

from tongshi.db.tables.schema import metadata

kept_values = Table(
    "kept_values",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)
"""What was made once, by chance, and must stay: the node's secrets."""

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("began_at", Float, nullable=False),
    Column("alive_at", Float, nullable=False),
    Column("ended_at", Float),
    sqlite_autoincrement=True,
)
"""Each life of the process: alive_at is written every few seconds, ended_at on a clean stop."""
