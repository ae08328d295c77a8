"""Findings of the watch over accounts."""

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add them."""
