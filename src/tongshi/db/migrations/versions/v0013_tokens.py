"""Tokens, what they used, and webhooks."""

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add them."""
