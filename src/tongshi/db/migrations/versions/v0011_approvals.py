"""Purposes, requests and their steps, delegates, broken glass and its reviews."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add them, with the purposes that there were before and those of the law."""
    _add_purposes()
    _add_requests()
    _add_decisions()
    _add_glass()
    _add_reviews()


def _add_purposes() -> None:
    table = op.create_table(
        "purposes",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("zh", sa.String(), nullable=False),
        sa.Column("en", sa.String(), nullable=False),
        sa.Column("needs_case", sa.Boolean(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("needs_second", sa.Boolean(), nullable=False),
        sa.Column("needs_text", sa.Boolean(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_purposes")),
    )
    names = ("code", "zh", "en", "needs_case", "needs_approval", "needs_second", "needs_text")
    rows = (
        ("patrol", "日常巡查", "Routine patrol", False, False, False, False),
        ("alarm", "警情核实", "Check an alarm", False, False, False, False),
        ("duty", "值班值守", "On duty", False, False, False, False),
        ("maintenance", "设备维护", "Maintenance", False, False, False, False),
        ("request", "群众求助", "Request for help", False, False, False, False),
        ("other", "其他…", "Other…", False, False, False, True),
        ("case", "案件侦查", "Case inquiry", True, False, False, False),
        ("retrieval", "依法调取", "Retrieval by an authority", True, True, False, False),
        ("citizen", "公民查阅", "Citizen viewing", False, True, True, False),
        ("publication", "依法公开", "Lawful publication", False, True, False, True),
    )
    op.bulk_insert(
        table,
        [
            {**dict(zip(names, row, strict=True)), "place": number * 10, "retired": False}
            for number, row in enumerate(rows, 1)
        ],
    )


def _add_requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("footage_since", sa.Float(), nullable=True),
        sa.Column("footage_until", sa.Float(), nullable=True),
        sa.Column("lasts", sa.Float(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("steps", sa.String(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("waits_until", sa.Float(), nullable=False),
        sa.Column("holds_until", sa.Float(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_at", sa.Float(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("grant_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_requests_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_requests_person", "requests", ["person_id", "id"])
    op.create_index("ix_requests_state", "requests", ["state", "id"])
    op.create_table(
        "request_cameras",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_request_cameras_request_id_requests")
        ),
        sa.PrimaryKeyConstraint(
            "request_id", "device_id", "channel_id", name=op.f("pk_request_cameras")
        ),
    )
    op.create_index("ix_request_cameras_channel", "request_cameras", ["device_id", "channel_id"])


def _add_decisions() -> None:
    op.create_table(
        "request_decisions",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("behalf_id", sa.Integer(), nullable=True),
        sa.Column("behalf", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_request_decisions_request_id_requests")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_request_decisions_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["behalf_id"], ["people.id"], name=op.f("fk_request_decisions_behalf_id_people")
        ),
        sa.PrimaryKeyConstraint("request_id", "step", name=op.f("pk_request_decisions")),
    )
    op.create_index(op.f("ix_request_decisions_person_id"), "request_decisions", ["person_id"])
    op.create_table(
        "delegates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("giver_id", sa.Integer(), nullable=False),
        sa.Column("taker_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["giver_id"], ["people.id"], name=op.f("fk_delegates_giver_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["taker_id"], ["people.id"], name=op.f("fk_delegates_taker_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegates")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_delegates_giver_id"), "delegates", ["giver_id"])
    op.create_index(op.f("ix_delegates_taker_id"), "delegates", ["taker_id"])


def _add_glass() -> None:
    op.create_table(
        "broken_glass",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("case_text", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("review_by", sa.Float(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("grant_id", sa.Integer(), nullable=True),
        sa.Column("told_overdue_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_broken_glass_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broken_glass")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_broken_glass_person_id"), "broken_glass", ["person_id"])
    op.create_index(op.f("ix_broken_glass_review_by"), "broken_glass", ["review_by"])
    op.create_table(
        "glass_cameras",
        sa.Column("glass_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["glass_id"], ["broken_glass.id"], name=op.f("fk_glass_cameras_glass_id_broken_glass")
        ),
        sa.PrimaryKeyConstraint(
            "glass_id", "device_id", "channel_id", name=op.f("pk_glass_cameras")
        ),
    )


def _add_reviews() -> None:
    op.create_table(
        "glass_reviews",
        sa.Column("glass_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["glass_id"], ["broken_glass.id"], name=op.f("fk_glass_reviews_glass_id_broken_glass")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_glass_reviews_person_id_people")
        ),
        sa.PrimaryKeyConstraint("glass_id", name=op.f("pk_glass_reviews")),
    )
