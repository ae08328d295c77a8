"""Downloads of recordings of devices."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the tables."""
