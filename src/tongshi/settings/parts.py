"""All settings: one frozen dataclass a part, one field a setting; the parts stand by subject.

A field carries a line of help in both languages, its unit, its bounds and its choices.
"""

from dataclasses import dataclass, field

from tongshi.settings.access import AccessSettings, WatchSettings
from tongshi.settings.approvals import ApprovalSettings
from tongshi.settings.audit import AuditSettings
from tongshi.settings.media import DownloadSettings, MediaSettings
from tongshi.settings.node import NodeSettings, StoreSettings, WebSettings
from tongshi.settings.programs import HookSettings, TokenSettings
from tongshi.settings.signalling import EventSettings, SignallingSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """All parts together."""

    node: NodeSettings = field(default_factory=NodeSettings)
    signalling: SignallingSettings = field(default_factory=SignallingSettings)
    media: MediaSettings = field(default_factory=MediaSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    web: WebSettings = field(default_factory=WebSettings)
    events: EventSettings = field(default_factory=EventSettings)
    downloads: DownloadSettings = field(default_factory=DownloadSettings)
    access: AccessSettings = field(default_factory=AccessSettings)
    approvals: ApprovalSettings = field(default_factory=ApprovalSettings)
    watch: WatchSettings = field(default_factory=WatchSettings)
    audit: AuditSettings = field(default_factory=AuditSettings)
    tokens: TokenSettings = field(default_factory=TokenSettings)
    hooks: HookSettings = field(default_factory=HookSettings)


Part = (
    NodeSettings
    | SignallingSettings
    | MediaSettings
    | EventSettings
    | StoreSettings
    | WebSettings
    | DownloadSettings
    | AccessSettings
    | ApprovalSettings
    | WatchSettings
    | AuditSettings
    | TokenSettings
    | HookSettings
)

PARTS: dict[str, type[Part]] = {
    "node": NodeSettings,
    "signalling": SignallingSettings,
    "media": MediaSettings,
    "events": EventSettings,
    "store": StoreSettings,
    "web": WebSettings,
    "downloads": DownloadSettings,
    "access": AccessSettings,
    "approvals": ApprovalSettings,
    "watch": WatchSettings,
    "audit": AuditSettings,
    "tokens": TokenSettings,
    "hooks": HookSettings,
}
