"""What signing in needs beside a password, and accounts that end.

Who administered everything becomes the administrator of security, who appoints the two others.
Open sign-ins end: it is not known when their persons last proved who they are.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns and tables; give the old role its new name."""
    for name in ("password_until", "ends_at", "trained_at", "certified_until"):
        op.add_column("people", sa.Column(name, sa.Float(), nullable=True))
    for name in ("totp", "totp_next", "oidc", "email"):
        op.add_column("people", sa.Column(name, sa.String(), nullable=True))
    op.add_column("people", sa.Column("totp_last", sa.Integer(), nullable=True))
    op.create_index("ix_people_oidc", "people", ["oidc"], unique=True)
    op.create_index("ix_people_email", "people", ["email"], unique=True)
    op.drop_column("people", "failures")
    op.drop_column("people", "locked_until")
    op.execute("UPDATE people SET role = 'security' WHERE role = 'administrator'")
    op.execute("DELETE FROM web_sessions")
    with op.batch_alter_table("web_sessions") as sessions:
        sessions.add_column(sa.Column("proven_at", sa.Float(), nullable=False))
        sessions.add_column(sa.Column("way", sa.String(), nullable=False))
    _add_tables()


def _add_tables() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("code_digest", sa.String(), primary_key=True),
        sa.Column("used_at", sa.Float(), nullable=True),
    )
    op.create_table(
        "sign_in_steps",
        sa.Column("token_digest", sa.String(), primary_key=True),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("ends_at", sa.Float(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
    )
    op.create_index("ix_sign_in_steps_person_id", "sign_in_steps", ["person_id"])
    op.create_table(
        "sign_in_tallies",
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused_until", sa.Float(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
    )
    op.create_table(
        "sign_in_addresses",
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("address", sa.String(), primary_key=True),
        sa.Column("at", sa.Float(), nullable=False),
    )
