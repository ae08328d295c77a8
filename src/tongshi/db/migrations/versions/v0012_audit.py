"""The audit chain and its heads."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "audit_entries",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wall", sa.Float(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_wall"), "audit_entries", ["wall"], unique=False)
    op.create_index("ix_audit_entries_what", "audit_entries", ["what", "seq"], unique=False)
    _make_heads()
    _make_witnessed()


def _make_heads() -> None:
    op.create_table(
        "audit_heads",
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("wall", sa.Float(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("run", sa.Float(), nullable=False),
        sa.Column("lasted", sa.Float(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "number", name=op.f("pk_audit_heads")),
    )
    op.create_index("ix_audit_heads_seq", "audit_heads", ["purpose", "seq"], unique=False)


def _make_witnessed() -> None:
    op.create_table(
        "audit_witnessed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("wall", sa.Float(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("run", sa.Float(), nullable=False),
        sa.Column("lasted", sa.Float(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_witnessed")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_witnessed_node", "audit_witnessed", ["node", "number"], unique=False)
