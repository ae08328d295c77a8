"""The whole schema, as SQLAlchemy tables; migrations must lead to exactly this.

Moments are UNIX time in s.  Ids of peers are text of any form: a code of twenty digits is what
the standard wants, not what every device sends.  History is append-only: presence changes,
catalogs, register entries and their endings are inserted and never changed.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

kept_values = Table(
    "kept_values",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)
"""What was made once, by chance, and must stay: the node's secrets."""

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("began_at", Float, nullable=False),
    Column("alive_at", Float, nullable=False),
    Column("ended_at", Float),
    sqlite_autoincrement=True,
)
"""Each life of the process: alive_at is written every few seconds, ended_at on a clean stop."""

devices = Table(
    "devices",
    metadata,
    Column("device_id", String, primary_key=True),
    Column("first_at", Float, nullable=False),
    Column("region", String, nullable=False, default=""),
    Column("name", String, nullable=False, default=""),
    Column("manufacturer", String, nullable=False, default=""),
    Column("model", String, nullable=False, default=""),
    Column("firmware", String, nullable=False, default=""),
    Column("described_at", Float),
    Column("host", String, nullable=False, default=""),
    Column("port", Integer, nullable=False, default=0),
    Column("transport", String, nullable=False, default=""),
    Column("version", String, nullable=False, default=""),
    Column("user_agent", String, nullable=False, default=""),
    Column("contact", String, nullable=False, default=""),
    Column("registered_at", Float),
    Column("expires_at", Float),
    Column("catalog_state", String, nullable=False, default="never"),
    Column("announced", Integer, nullable=False, default=0),
    Column("received", Integer, nullable=False, default=0),
    Column("catalog_why", String, nullable=False, default=""),
    Column("catalog_at", Float),
    Column("complete_at", Float),
    sqlite_with_rowid=False,
)

catalogs = Table(
    "catalogs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", String, ForeignKey("devices.device_id"), nullable=False, index=True),
    Column("source", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("state", String, nullable=False),
    Column("announced", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("why", String, nullable=False),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("restored", Integer, nullable=False),
    sqlite_autoincrement=True,
)
"""Every catalog that told something new: the source of the values in channels."""

channels = Table(
    "channels",
    metadata,
    Column("device_id", String, ForeignKey("devices.device_id"), primary_key=True),
    Column("channel_id", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("camera", Boolean(create_constraint=False), nullable=False),
    Column("name", String, nullable=False),
    Column("said", String, nullable=False),
    Column("manufacturer", String, nullable=False),
    Column("model", String, nullable=False),
    Column("address", String, nullable=False),
    Column("civil_code", String, nullable=False),
    Column("region", String, nullable=False),
    Column("parents", String, nullable=False),
    Column("business_group", String, nullable=False),
    Column("parental", Integer),
    Column("parent_id", String, nullable=False),
    Column("group_id", String, nullable=False),
    Column("longitude", Float),
    Column("latitude", Float),
    Column("ptz_type", Integer),
    Column("item", Text, nullable=False),
    Column("digest", String, nullable=False),
    Column("catalog_id", Integer, ForeignKey("catalogs.id"), nullable=False),
    Column("appeared_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("removed_at", Float),
    # Each index covers one kind of query whole, so that counts and searches read no wide rows.
    Index(
        "ix_channels_parent", "device_id", "parent_id", "group_id", "camera", "removed_at", "said"
    ),
    Index("ix_channels_group", "device_id", "group_id"),
    Index("ix_channels_region", "region", "camera", "removed_at", "device_id", "said"),
    Index("ix_channels_name", "name", "camera", "removed_at", "said", "region"),
    sqlite_with_rowid=False,
)
"""Catalog entries.  parents, business_group, civil_code: as sent; parent_id, group_id, region:
as the standard's rules place them.  item: what has no column, as JSON.  digest: of all that was
sent, so that an unchanged entry is recognised without reading it."""

presence = Table(
    "presence",
    metadata,
    Column("device_id", String, primary_key=True),
    Column("state", String, nullable=False, index=True),
    Column("why", String, nullable=False),
    Column("since", Float, nullable=False),
    Column("noticed", Float, nullable=False),
    Column("proof", Float),
    sqlite_with_rowid=False,
)
"""Each device's present state, for queries; memory is ahead of it by at most one flush."""

presence_changes = Table(
    "presence_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("why", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("noticed", Float, nullable=False),
    Index("ix_presence_changes_device", "device_id", "at"),
    sqlite_autoincrement=True,
)
"""Begin of each interval; the next change of the same device ends it."""

people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("shown", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("role", String, nullable=False),
    Column("password", String, nullable=False),
    Column("must_change", Boolean(create_constraint=False), nullable=False),
    Column("made_at", Float, nullable=False),
    Column("password_at", Float, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Float, nullable=False),
    Column("disabled_at", Float),
    sqlite_autoincrement=True,
)
"""Those who sign in.  password: argon2id.  name: as typed, in small letters."""

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("token_digest", String, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False, index=True),
    Column("begun_at", Float, nullable=False),
    Column("used_at", Float, nullable=False),
    Column("ends_at", Float, nullable=False),
    Column("address", String, nullable=False),
)
"""Open sign-ins.  The token itself is known to the browser only."""

register_entries = Table(
    "register_entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("begun_at", Float, nullable=False, index=True),
    Column("person_id", Integer, ForeignKey("people.id")),
    Column("person", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("action", String, nullable=False),
    Column("device_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("transport", String, nullable=False),
    Column("address", String, nullable=False),
    Column("footage_since", Float),
    Column("footage_until", Float),
    Column("what", String),
    Index("ix_register_entries_channel", "device_id", "channel_id", "begun_at"),
    Index("ix_register_entries_person", "person_id", "begun_at"),
    sqlite_autoincrement=True,
)
"""信息调用登记: every look, written before the picture flows.  footage: if of the past.

person_id: None for what the platform does by itself.
"""

register_endings = Table(
    "register_endings",
    metadata,
    Column("entry_id", Integer, ForeignKey("register_entries.id"), primary_key=True),
    Column("ended_at", Float, nullable=False),
    Column("how", String, nullable=False),
    Column("watched", Float),
    Column("bytes", BigInteger),
    Column("acts", Integer),
)
"""How each look ended.  watched: s; None where a killed process took the figure with it."""

register_progress = Table(
    "register_progress",
    metadata,
    Column("entry_id", Integer, ForeignKey("register_entries.id"), primary_key=True),
    Column("at", Float, nullable=False),
    Column("watched", Float, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("acts", Integer),
)
"""Figures of looks that go on: what is known of them if the process is killed."""

admission_rules = Table(
    "admission_rules",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("effect", String, nullable=False),
    Column("pattern", String, nullable=False),
    Column("network", String, nullable=False),
    Column("target", String, nullable=False),
    Column("expires", Integer, nullable=False),
    Column("note", String, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("made_by", String, nullable=False),
    sqlite_autoincrement=True,
)
"""Who may register, from where, and where others are sent."""

peer_keys = Table(
    "peer_keys",
    metadata,
    Column("device_id", String, primary_key=True),
    Column("username", String, nullable=False),
    Column("realm", String, nullable=False),
    Column("md5", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("set_at", Float, nullable=False),
    Column("set_by", String, nullable=False),
)
"""What devices with a secret of their own prove: H(username:realm:secret), never the secret."""

peer_profiles = Table(
    "peer_profiles",
    metadata,
    Column("device_id", String, primary_key=True),
    Column("field", String, primary_key=True),
    Column("value", String, nullable=False),
    Column("set_at", Float, nullable=False),
    Column("set_by", String, nullable=False),
)
"""What people set of peers' profiles, field by field."""

alarms = Table(
    "alarms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("received_at", Float, nullable=False, index=True),
    Column("at", Float),
    Column("priority", Integer),
    Column("method", Integer),
    Column("alarm_type", Integer),
    Column("event_type", Integer),
    Column("description", String, nullable=False),
    Column("longitude", Float),
    Column("latitude", Float),
    Column("state", String, nullable=False),
    Column("state_at", Float),
    Column("assignee", String, nullable=False),
    Column("occurrences", Integer, nullable=False),
    Column("last_at", Float, nullable=False),
    Column("reset_at", Float),
    Index("ix_alarms_device", "device_id", "channel_id", "id"),
    Index("ix_alarms_state", "state", "id", "device_id", "channel_id"),
    sqlite_autoincrement=True,
)
"""What devices reported.  state, state_at, assignee, reset_at: of the last step; the steps are
the record.  at: by the device's clock."""

alarm_steps = Table(
    "alarm_steps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alarm_id", Integer, ForeignKey("alarms.id"), nullable=False, index=True),
    Column("at", Float, nullable=False),
    Column("person_id", Integer, nullable=False),
    Column("person", String, nullable=False),
    Column("act", String, nullable=False),
    Column("assignee", String, nullable=False),
    Column("note", String, nullable=False),
    sqlite_autoincrement=True,
)
"""What people did with alarms; person_id 0 is the platform itself."""

positions = Table(
    "positions",
    metadata,
    Column("device_id", String, primary_key=True),
    Column("channel_id", String, primary_key=True),
    Column("received_at", Float, nullable=False),
    Column("at", Float),
    Column("longitude", Float, nullable=False),
    Column("latitude", Float, nullable=False),
    Column("speed", Float),
    Column("direction", Float),
    Column("altitude", Float),
    Column("height", Float),
    Column("source", String, nullable=False),
    sqlite_with_rowid=False,
)
"""The newest reported position of each device or channel."""

position_reports = Table(
    "position_reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("received_at", Float, nullable=False, index=True),
    Column("at", Float),
    Column("longitude", Float, nullable=False),
    Column("latitude", Float, nullable=False),
    Column("speed", Float),
    Column("direction", Float),
    Column("altitude", Float),
    Column("height", Float),
    Column("source", String, nullable=False),
    Index("ix_position_reports_channel", "device_id", "channel_id", "received_at"),
    sqlite_autoincrement=True,
)
"""Every position that was reported, for as long as the settings keep it."""

channel_changes = Table(
    "channel_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("event", String, nullable=False),
    Index("ix_channel_changes_channel", "device_id", "channel_id", "at"),
    sqlite_autoincrement=True,
)
"""What devices notified of their channels: ON, OFF, VLOST, DEFECT, ADD, DEL, UPDATE."""

subscription_wants = Table(
    "subscription_wants",
    metadata,
    Column("device_id", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("target_id", String, primary_key=True),
    Column("wanted", Boolean(create_constraint=False), nullable=False),
    Column("interval", Integer, nullable=False),
    Column("set_at", Float, nullable=False),
    Column("set_by", String, nullable=False),
)
"""What people chose to be told, or not to be told, by devices."""

downloads = Table(
    "downloads",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False),
    Column("person", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("device_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("since", Float, nullable=False),
    Column("until", Float, nullable=False),
    Column("speeds", String, nullable=False),
    Column("entry_id", Integer, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("why", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("again_at", Float, nullable=False),
    Column("begun_at", Float),
    Column("ended_at", Float),
    Column("saved", Float),
    Column("written", BigInteger, nullable=False),
    Column("announced", BigInteger),
    Column("result", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Recordings of devices that were, are being or are to be fetched.  speeds: as the catalog tells
them.  entry_id: its look in the register.  result: of a finished file, as JSON; "" before."""

pictures = Table(
    "pictures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", String, nullable=False),
    Column("channel_id", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("via", String, nullable=False),
    Column("set_id", String, nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("taken_at", Float),
    Column("got_at", Float, nullable=False, index=True),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False),
    Column("purpose", String, nullable=False),
    Index("ix_pictures_channel", "device_id", "channel_id", "got_at"),
    sqlite_autoincrement=True,
)
"""Pictures that are kept; their files have their numbers for names.  set_id: of those taken at
one order.  name: what the device called it.  taken_at: as the name says.
"""

firmwares = Table(
    "firmwares",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False),
    Column("person", String, nullable=False),
    Column("removed_at", Float),
    sqlite_autoincrement=True,
)
"""Firmware for devices; its files have its numbers for names."""

upgrades = Table(
    "upgrades",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("session_id", String, nullable=False, unique=True),
    Column("device_id", String, nullable=False),
    Column("target_id", String, nullable=False),
    Column("firmware_id", Integer, ForeignKey("firmwares.id"), nullable=False),
    Column("manufacturer", String, nullable=False),
    Column("version", String, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("why", String, nullable=False),
    Column("sent", BigInteger, nullable=False),
    Column("begun_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False),
    Column("person", String, nullable=False),
    Index("ix_upgrades_device", "device_id", "id"),
    sqlite_autoincrement=True,
)
"""Upgrades of devices and how far they came.  version: what the firmware calls itself."""

peer_beats = Table(
    "peer_beats",
    metadata,
    Column("device_id", String, primary_key=True),
    Column("interval", Float, nullable=False),
    Column("count", Integer, nullable=False),
    Column("told_at", Float, nullable=False),
)
"""Rhythms of keepalives, s, that devices told, where they differ from the settings.

count: beats without an answer; 0 when untold.
"""
