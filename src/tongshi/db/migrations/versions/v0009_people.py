"""What signing in needs beside a password, and accounts that end.

Who administered everything becomes the administrator of security, who appoints the two others.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns; give the old role its new name."""
    for name in ("ends_at", "trained_at", "certified_until"):
        op.add_column("people", sa.Column(name, sa.Float(), nullable=True))
    for name in ("totp", "oidc"):
        op.add_column("people", sa.Column(name, sa.String(), nullable=True))
    op.add_column("people", sa.Column("totp_last", sa.Integer(), nullable=True))
    op.create_index("ix_people_oidc", "people", ["oidc"], unique=True)
    op.execute("UPDATE people SET role = 'security' WHERE role = 'administrator'")
