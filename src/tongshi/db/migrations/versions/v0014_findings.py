"""Findings of the watch over accounts; copies of downloads with the mark burnt in."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add them."""
    op.add_column("downloads", sa.Column("marked", sa.Text(), nullable=True))
    _make_findings()
    op.create_table(
        "finding_entries",
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.id"], name=op.f("fk_finding_entries_finding_id_findings")
        ),
        sa.PrimaryKeyConstraint("finding_id", "source", "entry", name=op.f("pk_finding_entries")),
    )
    op.create_table(
        "watch_cursors",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_watch_cursors")),
    )
    op.create_table(
        "watch_hours",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_watch_hours_person_id_people")
        ),
        sa.PrimaryKeyConstraint("person_id", "hour", name=op.f("pk_watch_hours")),
    )
    op.create_table(
        "watch_places",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("division", sa.String(), nullable=False),
        sa.Column("first_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_watch_places_person_id_people")
        ),
        sa.PrimaryKeyConstraint("person_id", "division", name=op.f("pk_watch_places")),
    )


def _make_findings() -> None:
    op.create_table(
        "findings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("window", sa.Float(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("figure", sa.Float(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("usual", sa.Float(), nullable=True),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("closed_person", sa.String(), nullable=False),
        sa.Column("closed_at", sa.Float(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_findings_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["people.id"], name=op.f("fk_findings_closed_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_findings_account", "findings", ["account", "day", "rule"], unique=False)
    op.create_index(op.f("ix_findings_state"), "findings", ["state"], unique=False)
