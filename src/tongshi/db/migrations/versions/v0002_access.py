"""Footage that a look was about."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("register_entries", sa.Column("footage_since", sa.Float(), nullable=True))
    op.add_column("register_entries", sa.Column("footage_until", sa.Float(), nullable=True))
