"""What a role may do: one table that routes, pages and documentation read.

Three administrators share what one had: the system, the people, the records.  None has a right of
another, none sees a picture, and no role has everything.
"""

from enum import Enum


class Role(Enum):
    """A person's part; a grant is needed as well for whatever touches a camera."""

    SYSTEM = "system"
    """Administrator of the system: devices, peers, the node itself."""
    SECURITY = "security"
    """Administrator of security: people, grants, purposes, tokens."""
    AUDIT = "audit"
    """Administrator of audit: reads the records, reviews, changes nothing."""
    OPERATOR = "operator"
    """Looks, for a purpose."""
    CONTRACTOR = "contractor"
    """Maintains devices until a date; sees no pictures."""
    OWNER = "owner"
    """Owner of cameras: reads who looked at them, decides on requests."""
    SERVICE = "service"
    """A program with tokens; nobody signs in as one."""


class Permission(Enum):
    """One right, named by routes."""

    OWN_ACCOUNT = "own-account"
    SEE_DEVICES = "see-devices"
    SEE_LIVE = "see-live"
    REFRESH_DEVICES = "refresh-devices"
    MANAGE_PEOPLE = "manage-people"
    MANAGE_GRANTS = "manage-grants"
    MANAGE_PURPOSES = "manage-purposes"
    MANAGE_TOKENS = "manage-tokens"
    MANAGE_HOOKS = "manage-hooks"
    READ_ACCESS_REGISTER = "read-access-register"
    READ_OWN_LOOKS = "read-own-looks"
    READ_AUDIT = "read-audit"
    REVIEW = "review"
    """Judge after-reviews and findings."""
    ASK = "ask"
    """Ask for an approval, or look at once in an emergency."""
    APPROVE = "approve"
    """Decide on requests whose step names the person."""
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


ADMINISTRATORS = frozenset({Role.SYSTEM, Role.SECURITY, Role.AUDIT})
"""The three that are kept apart."""
COMMON = frozenset({Permission.OWN_ACCOUNT, Permission.SEE_DEVICES})
"""What every role has."""
PICTURES = frozenset(
    {Permission.SEE_LIVE, Permission.SEE_PLAYBACK, Permission.DOWNLOAD, Permission.TALK}
)
"""What shows pictures or carries sound."""
_WORK = frozenset(
    {
        Permission.SEE_LIVE,
        Permission.SEE_PLAYBACK,
        Permission.DOWNLOAD,
        Permission.CONTROL_CAMERAS,
        Permission.TALK,
        Permission.SEE_ALARMS,
        Permission.HANDLE_ALARMS,
        Permission.REFRESH_DEVICES,
    }
)
_BESIDE: dict[Role, frozenset[Permission]] = {
    Role.SYSTEM: frozenset(
        {
            Permission.REFRESH_DEVICES,
            Permission.CONFIGURE_DEVICES,
            Permission.MANAGE_PEERS,
            Permission.SEE_SYSTEM,
            Permission.SEE_ALARMS,
            Permission.MANAGE_HOOKS,
        }
    ),
    Role.SECURITY: frozenset(
        {
            Permission.MANAGE_PEOPLE,
            Permission.MANAGE_GRANTS,
            Permission.MANAGE_PURPOSES,
            Permission.MANAGE_TOKENS,
        }
    ),
    Role.AUDIT: frozenset(
        {Permission.READ_ACCESS_REGISTER, Permission.READ_AUDIT, Permission.REVIEW}
    ),
    Role.OPERATOR: _WORK | {Permission.ASK, Permission.APPROVE, Permission.READ_OWN_LOOKS},
    Role.CONTRACTOR: frozenset({Permission.REFRESH_DEVICES, Permission.CONFIGURE_DEVICES}),
    Role.OWNER: frozenset(
        {Permission.READ_ACCESS_REGISTER, Permission.SEE_ALARMS, Permission.APPROVE}
    ),
    Role.SERVICE: _WORK,
}
GRANTED: dict[Role, frozenset[Permission]] = {role: COMMON | _BESIDE[role] for role in Role}
"""What each role may do.  For a service it is the most that a token of it can carry."""


def allows(role: Role, permission: Permission, *, held: bool) -> bool:
    """Say whether *role* has *permission*.

    held: something must be done first, as changing a generated password; nothing but the own
    account is allowed until it has been.
    """
    if held and permission is not Permission.OWN_ACCOUNT:
        return False
    return permission in GRANTED[role]
