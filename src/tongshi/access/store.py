"""The statements of access: the scope as a condition, people, web sessions, the register."""

from sqlalchemy import ColumnElement, false, true

from tongshi.access.scope import Scope


def visible(
    scope: Scope, device_id: ColumnElement[str], channel_id: ColumnElement[str] | None = None
) -> ColumnElement[bool]:
    """Return the condition under which a row of this device, or this channel, may be seen.

    The one place where a scope becomes SQL; `Scope.sees` says the same of one row.
    """
    del device_id, channel_id  # a scope of everything or nothing asks for no column
    return true() if scope.everything else false()
