"""Alarms with their handling, reported positions, what channels did, what is subscribed to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables."""
    _make_alarms()
    _make_alarm_steps()
    _make_positions()
    _make_position_reports()
    _make_channel_changes()
    _make_subscription_wants()


def _make_alarms() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.Column("at", sa.Float(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("method", sa.Integer(), nullable=True),
        sa.Column("alarm_type", sa.Integer(), nullable=True),
        sa.Column("event_type", sa.Integer(), nullable=True),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_at", sa.Float(), nullable=True),
        sa.Column("assignee", sa.String(), nullable=False),
        sa.Column("occurrences", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.Float(), nullable=False),
        sa.Column("reset_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alarms_device", "alarms", ["device_id", "channel_id", "id"], unique=False)
    op.create_index(op.f("ix_alarms_received_at"), "alarms", ["received_at"], unique=False)
    op.create_index(
        "ix_alarms_state", "alarms", ["state", "id", "device_id", "channel_id"], unique=False
    )


def _make_alarm_steps() -> None:
    op.create_table(
        "alarm_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alarm_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarms.id"], name=op.f("fk_alarm_steps_alarm_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_steps")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alarm_steps_alarm_id"), "alarm_steps", ["alarm_id"], unique=False)


def _make_positions() -> None:
    op.create_table(
        "positions",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.Column("at", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("speed", sa.Float(), nullable=True),
        sa.Column("direction", sa.Float(), nullable=True),
        sa.Column("altitude", sa.Float(), nullable=True),
        sa.Column("height", sa.Float(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "channel_id", name=op.f("pk_positions")),
        sqlite_with_rowid=False,
    )


def _make_position_reports() -> None:
    op.create_table(
        "position_reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.Column("at", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("speed", sa.Float(), nullable=True),
        sa.Column("direction", sa.Float(), nullable=True),
        sa.Column("altitude", sa.Float(), nullable=True),
        sa.Column("height", sa.Float(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position_reports")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_position_reports_channel",
        "position_reports",
        ["device_id", "channel_id", "received_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_position_reports_received_at"), "position_reports", ["received_at"], unique=False
    )


def _make_channel_changes() -> None:
    op.create_table(
        "channel_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_channel_changes_channel",
        "channel_changes",
        ["device_id", "channel_id", "at"],
        unique=False,
    )


def _make_subscription_wants() -> None:
    op.create_table(
        "subscription_wants",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("target_id", sa.String(), nullable=False),
        sa.Column("wanted", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.Float(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint(
            "device_id", "subject", "target_id", name=op.f("pk_subscription_wants")
        ),
    )
