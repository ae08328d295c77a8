"""What a role may do: one table that routes, pages and documentation read."""

from enum import Enum


class Role(Enum):
    """A person's part; finer grants come on top."""

    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"


class Permission(Enum):
    """One right, named by routes."""

    OWN_ACCOUNT = "own-account"
    SEE_DEVICES = "see-devices"
    SEE_LIVE = "see-live"
    REFRESH_DEVICES = "refresh-devices"
    MANAGE_PEOPLE = "manage-people"
    READ_ACCESS_REGISTER = "read-access-register"
    SEE_SYSTEM = "see-system"
    SEE_PLAYBACK = "see-playback"
    DOWNLOAD = "download"
    CONTROL_CAMERAS = "control-cameras"
    TALK = "talk"
    SEE_ALARMS = "see-alarms"
    HANDLE_ALARMS = "handle-alarms"
    CONFIGURE_DEVICES = "configure-devices"
    """Change what a device keeps: its configuration, firmware, cards; restart it."""
    MANAGE_PEERS = "manage-peers"
    """Who may register and how a peer is spoken to; record its signalling."""


_OPERATOR = frozenset(
    {
        Permission.OWN_ACCOUNT,
        Permission.SEE_DEVICES,
        Permission.SEE_LIVE,
        Permission.REFRESH_DEVICES,
        Permission.SEE_PLAYBACK,
        Permission.DOWNLOAD,
        Permission.CONTROL_CAMERAS,
        Permission.TALK,
        Permission.SEE_ALARMS,
        Permission.HANDLE_ALARMS,
    }
)
GRANTED: dict[Role, frozenset[Permission]] = {
    Role.OPERATOR: _OPERATOR,
    Role.ADMINISTRATOR: frozenset(Permission),
}
"""What each role may do."""


def allows(role: Role, permission: Permission, *, must_change: bool) -> bool:
    """Say whether *role* has *permission*.

    must_change: the password is a generated one; nothing but the own account is allowed until
    it has been changed.
    """
    if must_change and permission is not Permission.OWN_ACCOUNT:
        return False
    return permission in GRANTED[role]
