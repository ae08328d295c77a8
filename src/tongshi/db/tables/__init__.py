"""The whole schema, as SQLAlchemy tables; migrations must lead to exactly this.

Moments are UNIX time in s.  Ids of peers are text of any form: a code of twenty digits is what
the standard wants, not what every device sends.  History is append-only: presence changes,
catalogs, register entries and their endings are inserted and never changed.

A module a subject.  Each table is named here, for those who use it: a module that is named nowhere
is missing from the schema.
"""

from tongshi.db.tables.access import (
    people,
    recovery_codes,
    register_endings,
    register_entries,
    register_progress,
    sign_in_addresses,
    sign_in_steps,
    sign_in_tallies,
    web_sessions,
)
from tongshi.db.tables.approvals import (
    broken_glass,
    delegates,
    glass_cameras,
    glass_reviews,
    purposes,
    request_cameras,
    request_decisions,
    requests,
)
from tongshi.db.tables.audit import audit_entries, audit_heads, audit_witnessed
from tongshi.db.tables.files import downloads, firmwares, pictures, upgrades
from tongshi.db.tables.grants import camera_cells, camera_marks, grants
from tongshi.db.tables.node import kept_values, runs
from tongshi.db.tables.peers import admission_rules, peer_beats, peer_keys, peer_profiles
from tongshi.db.tables.registry import (
    catalogs,
    channel_changes,
    channels,
    devices,
    presence,
    presence_changes,
    subscription_wants,
)
from tongshi.db.tables.reports import alarm_steps, alarms, position_reports, positions
from tongshi.db.tables.schema import metadata
from tongshi.db.tables.tokens import api_tokens, hook_deliveries, hooks, token_usage
from tongshi.db.tables.watch import (
    finding_entries,
    findings,
    watch_cursors,
    watch_hours,
    watch_places,
)

__all__ = [
    "admission_rules",
    "alarm_steps",
    "alarms",
    "api_tokens",
    "audit_entries",
    "audit_heads",
    "audit_witnessed",
    "broken_glass",
    "camera_cells",
    "camera_marks",
    "catalogs",
    "channel_changes",
    "channels",
    "delegates",
    "devices",
    "downloads",
    "finding_entries",
    "findings",
    "firmwares",
    "glass_cameras",
    "glass_reviews",
    "grants",
    "hook_deliveries",
    "hooks",
    "kept_values",
    "metadata",
    "peer_beats",
    "peer_keys",
    "peer_profiles",
    "people",
    "pictures",
    "position_reports",
    "positions",
    "presence",
    "presence_changes",
    "purposes",
    "recovery_codes",
    "register_endings",
    "register_entries",
    "register_progress",
    "request_cameras",
    "request_decisions",
    "requests",
    "runs",
    "sign_in_addresses",
    "sign_in_steps",
    "sign_in_tallies",
    "subscription_wants",
    "token_usage",
    "upgrades",
    "watch_cursors",
    "watch_hours",
    "watch_places",
    "web_sessions",
]
