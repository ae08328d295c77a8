"""The first schema: devices, channels, presence, people, web sessions, the access register."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table of the first release."""
    _make_devices()
    _make_kept_values()
    _make_people()
    _make_presence()
    _make_presence_changes()
    _make_runs()
    _make_catalogs()
    _make_register_entries()
    _make_web_sessions()
    _make_channels()
    _make_register_endings()
    _make_register_progress()


def _make_devices() -> None:
    op.create_table(
        "devices",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("first_at", sa.Float(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("manufacturer", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("firmware", sa.String(), nullable=False),
        sa.Column("described_at", sa.Float(), nullable=True),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("transport", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("user_agent", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("registered_at", sa.Float(), nullable=True),
        sa.Column("expires_at", sa.Float(), nullable=True),
        sa.Column("catalog_state", sa.String(), nullable=False),
        sa.Column("announced", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("catalog_why", sa.String(), nullable=False),
        sa.Column("catalog_at", sa.Float(), nullable=True),
        sa.Column("complete_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_devices")),
        sqlite_with_rowid=False,
    )


def _make_kept_values() -> None:
    op.create_table(
        "kept_values",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_kept_values")),
    )


def _make_people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("password_at", sa.Float(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.Float(), nullable=False),
        sa.Column("disabled_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("name", name=op.f("uq_people_name")),
        sqlite_autoincrement=True,
    )


def _make_presence() -> None:
    op.create_table(
        "presence",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("noticed", sa.Float(), nullable=False),
        sa.Column("proof", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_presence")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_presence_state"), "presence", ["state"], unique=False)


def _make_presence_changes() -> None:
    op.create_table(
        "presence_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("noticed", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_presence_changes_device", "presence_changes", ["device_id", "at"], unique=False
    )


def _make_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.Float(), nullable=False),
        sa.Column("alive_at", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sqlite_autoincrement=True,
    )


def _make_catalogs() -> None:
    op.create_table(
        "catalogs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("announced", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("restored", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.device_id"], name=op.f("fk_catalogs_device_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogs")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_catalogs_device_id"), "catalogs", ["device_id"], unique=False)


def _make_register_entries() -> None:
    op.create_table(
        "register_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.Float(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("transport", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_register_entries_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_entries")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_register_entries_begun_at"), "register_entries", ["begun_at"], unique=False
    )
    op.create_index(
        "ix_register_entries_channel",
        "register_entries",
        ["device_id", "channel_id", "begun_at"],
        unique=False,
    )
    op.create_index(
        "ix_register_entries_person", "register_entries", ["person_id", "begun_at"], unique=False
    )


def _make_web_sessions() -> None:
    op.create_table(
        "web_sessions",
        sa.Column("token_digest", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.Float(), nullable=False),
        sa.Column("used_at", sa.Float(), nullable=False),
        sa.Column("ends_at", sa.Float(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_web_sessions_person_id")
        ),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_web_sessions")),
    )
    op.create_index(op.f("ix_web_sessions_person_id"), "web_sessions", ["person_id"], unique=False)


def _make_channels() -> None:
    op.create_table(
        "channels",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("camera", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("manufacturer", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("civil_code", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("parents", sa.String(), nullable=False),
        sa.Column("business_group", sa.String(), nullable=False),
        sa.Column("parental", sa.Integer(), nullable=True),
        sa.Column("parent_id", sa.String(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("ptz_type", sa.Integer(), nullable=True),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("catalog_id", sa.Integer(), nullable=False),
        sa.Column("appeared_at", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("removed_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["catalog_id"], ["catalogs.id"], name=op.f("fk_channels_catalog_id")
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.device_id"], name=op.f("fk_channels_device_id")
        ),
        sa.PrimaryKeyConstraint("device_id", "channel_id", name=op.f("pk_channels")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_channels_group", "channels", ["device_id", "group_id"], unique=False)
    op.create_index(
        "ix_channels_name",
        "channels",
        ["name", "camera", "removed_at", "said", "region"],
        unique=False,
    )
    op.create_index(
        "ix_channels_parent",
        "channels",
        ["device_id", "parent_id", "group_id", "camera", "removed_at", "said"],
        unique=False,
    )
    op.create_index(
        "ix_channels_region",
        "channels",
        ["region", "camera", "removed_at", "device_id", "said"],
        unique=False,
    )


def _make_register_endings() -> None:
    op.create_table(
        "register_endings",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("watched", sa.Float(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["register_entries.id"], name=op.f("fk_register_endings_entry_id")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_register_endings")),
    )


def _make_register_progress() -> None:
    op.create_table(
        "register_progress",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("watched", sa.Float(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["register_entries.id"], name=op.f("fk_register_progress_entry_id")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_register_progress")),
    )
