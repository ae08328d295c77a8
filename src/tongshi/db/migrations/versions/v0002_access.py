"""Footage that a look was about."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables."""
