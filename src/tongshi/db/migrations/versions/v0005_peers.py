"""Rules of admission and profiles of peers."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the tables."""
