"""The statements of what people want to be told."""

from sqlalchemy import Connection, select

from tongshi.db.tables import subscription_wants
from tongshi.db.upsert import upsert
from tongshi.registry.want import Want


def write_want(connection: Connection, want: Want, at: float, by: str) -> None:
    """Record a choice; the last one of a device, subject and target counts."""
    row = {
        "device_id": want.device_id,
        "subject": want.subject,
        "target_id": want.target_id,
        "wanted": want.wanted,
        "interval": want.interval,
        "set_at": at,
        "set_by": by,
    }
    upsert(connection, subscription_wants, [row], update=("wanted", "interval", "set_at", "set_by"))


def read_wants(connection: Connection) -> list[Want]:
    """Return every choice."""
    rows = connection.execute(select(subscription_wants))
    return [
        Want(row.device_id, row.subject, row.target_id, row.wanted, row.interval) for row in rows
    ]
