"""Grants, what tells cameras apart, and what an entry rests on."""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add them."""
