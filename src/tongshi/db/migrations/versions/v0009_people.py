"""What signing in needs beside a password, and accounts that end."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add them."""
