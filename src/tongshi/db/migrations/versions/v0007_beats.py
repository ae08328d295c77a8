"""The rhythm of devices whose keepalives come otherwise than the settings say."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "peer_beats",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("interval", sa.Float(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_peer_beats")),
    )
