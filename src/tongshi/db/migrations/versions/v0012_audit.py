"""The audit chain and its heads."""

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add them."""
