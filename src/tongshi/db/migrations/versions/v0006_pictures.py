"""Pictures that devices upload, and upgrades."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the tables."""
