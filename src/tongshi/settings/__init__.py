"""What an operator sets before start: TOML, then ``TONGSHI_<PART>_<FIELD>`` variables.

Enters: a file and the environment.  Leaves: frozen parts, or every fault at once.

``docs/settings.md`` is written from the fields.  What changes at run time is no setting but a row
in the store.
"""

from tongshi.settings.access import AccessSettings, WatchSettings
from tongshi.settings.approvals import ApprovalSettings
from tongshi.settings.audit import AuditSettings
from tongshi.settings.media import DownloadSettings, MediaSettings
from tongshi.settings.node import NodeSettings, StoreSettings, WebSettings
from tongshi.settings.parts import PARTS, Part, Settings
from tongshi.settings.programs import HookSettings, TokenSettings
from tongshi.settings.reading import load, split_address
from tongshi.settings.signalling import EventSettings, SignallingSettings

__all__ = [
    "PARTS",
    "AccessSettings",
    "ApprovalSettings",
    "AuditSettings",
    "DownloadSettings",
    "EventSettings",
    "HookSettings",
    "MediaSettings",
    "NodeSettings",
    "Part",
    "Settings",
    "SignallingSettings",
    "StoreSettings",
    "TokenSettings",
    "WatchSettings",
    "WebSettings",
    "load",
    "split_address",
]
