"""Entries of what the platform does by itself, which have no person."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Let an entry be nobody's."""
    with op.batch_alter_table(
        "register_entries", table_kwargs={"sqlite_autoincrement": True}
    ) as entries:
        entries.alter_column("person_id", existing_type=sa.Integer(), nullable=True)
