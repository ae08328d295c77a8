"""Grants, what tells cameras apart, and what an entry rests on."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

INDEXES = {
    "ix_channels_parent": [
        "device_id",
        "parent_id",
        "group_id",
        "camera",
        "removed_at",
        "said",
        "cell",
    ],
    "ix_channels_region": ["region", "camera", "removed_at", "device_id", "said", "cell"],
    "ix_channels_name": ["name", "camera", "removed_at", "said", "region", "cell"],
}
"""Those that cover a query whole have the cell as well."""


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "grants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("rights", sa.String(), nullable=False),
        sa.Column("selector", sa.Text(), nullable=False),
        sa.Column("purposes", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("since", sa.Float(), nullable=True),
        sa.Column("until", sa.Float(), nullable=True),
        sa.Column("footage_age", sa.Float(), nullable=True),
        sa.Column("deny", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.Column("revoked_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_grants_revoked_at", "grants", ["revoked_at"])
    op.create_index("ix_grants_subject", "grants", ["subject_kind", "subject"])
    op.create_table(
        "camera_marks",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint(
            "device_id", "channel_id", "kind", "value", name=op.f("pk_camera_marks")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_camera_marks_value", "camera_marks", ["kind", "value"])
    op.create_table(
        "camera_cells",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_cells")),
        sa.UniqueConstraint("key", name=op.f("uq_camera_cells_key")),
        sqlite_autoincrement=True,
    )
    op.add_column("devices", sa.Column("cell", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("channels", sa.Column("cell", sa.Integer(), nullable=False, server_default="0"))
    for name, columns in INDEXES.items():
        op.drop_index(name, "channels")
        op.create_index(name, "channels", columns)
    op.create_index("ix_channels_unplaced", "channels", ["cell"], sqlite_where=sa.text("cell = 0"))
    for name in ("grant_id", "approval_id"):
        op.add_column("register_entries", sa.Column(name, sa.Integer(), nullable=True))
    for name in ("case_number", "second_person", "via"):
        op.add_column("register_entries", sa.Column(name, sa.String(), nullable=True))
