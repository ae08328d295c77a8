"""Purposes, requests and their steps."""

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add them."""
