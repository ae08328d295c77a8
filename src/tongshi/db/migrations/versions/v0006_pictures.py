"""Pictures that are kept, firmware, upgrades; what a control was about."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the tables and columns."""
    op.add_column("register_entries", sa.Column("what", sa.String(), nullable=True))
    op.add_column("register_endings", sa.Column("acts", sa.Integer(), nullable=True))
    op.add_column("register_progress", sa.Column("acts", sa.Integer(), nullable=True))
    _make_pictures()
    _make_firmwares()
    _make_upgrades()


def _make_pictures() -> None:
    op.create_table(
        "pictures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("set_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("taken_at", sa.Float(), nullable=True),
        sa.Column("got_at", sa.Float(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_pictures_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_pictures_channel", "pictures", ["device_id", "channel_id", "got_at"], unique=False
    )
    op.create_index(op.f("ix_pictures_got_at"), "pictures", ["got_at"], unique=False)
    op.create_index(op.f("ix_pictures_set_id"), "pictures", ["set_id"], unique=False)


def _make_firmwares() -> None:
    op.create_table(
        "firmwares",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("removed_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_firmwares_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firmwares")),
        sqlite_autoincrement=True,
    )


def _make_upgrades() -> None:
    op.create_table(
        "upgrades",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("target_id", sa.String(), nullable=False),
        sa.Column("firmware_id", sa.Integer(), nullable=False),
        sa.Column("manufacturer", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["firmware_id"], ["firmwares.id"], name=op.f("fk_upgrades_firmware_id_firmwares")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_upgrades_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upgrades")),
        sa.UniqueConstraint("session_id", name=op.f("uq_upgrades_session_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_upgrades_device", "upgrades", ["device_id", "id"], unique=False)
    op.create_index(op.f("ix_upgrades_state"), "upgrades", ["state"], unique=False)
