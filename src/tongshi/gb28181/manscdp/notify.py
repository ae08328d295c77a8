"""Notifications: what a device tells unasked.

Source: GB/T 28181-2022 A.2.5.
"""

import re
from dataclasses import dataclass, replace

from tongshi.gb28181.catalog import Item
from tongshi.gb28181.element import Element, tag
from tongshi.gb28181.manscdp import field, nest
from tongshi.gb28181.manscdp.item import KNOWN, read_listed, write_listed
from tongshi.gb28181.manscdp.table import read_as, write_lines
from tongshi.gb28181.manscdp.types import ENVELOPE, Envelope, Outcome, outcome, text
from tongshi.gb28181.version import Version


@dataclass(frozen=True, slots=True)
class Keepalive:
    """A device's report that it is alive, and how.

    faulty: ids of its faulty parts.
    """

    sn: int
    device_id: str
    status: Outcome = Outcome.OK
    faulty: tuple[str, ...] = ()
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class AlarmNotify:
    """An alarm.

    priority: 1 first to 4 last.
    method: 1 telephone, 2 device, 3 short message, 4 GPS, 5 video, 6 device fault, 7 other.
    alarm_type: depends on the method; None with method 2 is any alarm of a device.
    event_type: with an intrusion, 1 came in, 2 went out.
    """

    sn: int
    device_id: str
    priority: int | None = field.whole("AlarmPriority", choices=(1, 2, 3, 4), required=True)
    method: int | None = field.whole("AlarmMethod", low=1, high=7, required=True)
    time: str = field.time("AlarmTime", required=True)
    description: str = field.text("AlarmDescription")
    longitude: float | None = field.number("Longitude", low=-180, high=180, unit="°")
    latitude: float | None = field.number("Latitude", low=-90, high=90, unit="°")
    alarm_type: int | None = field.whole("Info/AlarmType", aliases=("AlarmType",))
    event_type: int | None = field.whole("Info/AlarmTypeParam/EventType", choices=(1, 2))
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class MediaStatus:
    """Something happened to media.  notify_type: ``121``, a history has been sent to its end."""

    sn: int
    device_id: str
    notify_type: str = field.text("NotifyType", required=True)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class BroadcastNotify:
    """Announces a voice broadcast.

    source_id: of the voice input, or the platform.  target_id: of the voice output, or its device.
    """

    sn: int
    source_id: str
    target_id: str
    others: tuple[Element, ...] = ()

    @property
    def device_id(self) -> str:
        """Whom it is for: the message has no DeviceID."""
        return self.target_id


@dataclass(frozen=True, slots=True)
class Position:
    """Where something was; WGS-84 from peers of 2022.

    speed: km/h.  direction: ° from north.  altitude: m above the sea, height: above the ground.
    """

    device_id: str = field.text("DeviceID")
    time: str = field.time("CaptureTime", aliases=("Time",), required=True)
    longitude: float | None = field.number("Longitude", low=-180, high=180, unit="°", required=True)
    latitude: float | None = field.number("Latitude", low=-90, high=90, unit="°", required=True)
    speed: float | None = field.number("Speed", low=0, unit="km/h")
    direction: float | None = field.number("Direction", low=0, high=360, unit="°")
    altitude: float | None = field.number("Altitude", unit="m")
    height: float | None = field.number("Height", unit="m", since=Version.V2022)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class MobilePosition:
    """Positions: one in the form of 2016, a list in that of 2022.

    time: of the message.  sum_num: positions in all parts together; None when not said.
    The position of a message of 2016 has the message's id and time.
    """

    sn: int
    device_id: str
    time: str = field.time("Time", required=True)
    sum_num: int | None = field.whole("SumNum", low=0)
    items: tuple[Position, ...] = nest.items("DeviceList", Position)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogNotify:
    """Changes in a catalog; what became of each item is its ``change``.

    sum_num, num: as announced; None when not said.  unreadable: items without a usable DeviceID.
    """

    sn: int
    device_id: str
    sum_num: int | None
    items: tuple[Item, ...] = ()
    num: int | None = None
    unreadable: int = 0
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class UploadSnapShotFinished:
    """The pictures of an order were uploaded; fewer names than ordered: some failed."""

    sn: int
    device_id: str
    session_id: str = field.text("SessionID", form=field.SESSION_ID, required=True)
    files: tuple[str, ...] = nest.leaves("SnapShotList", "SnapShotFileID", most=10)
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class VideoUploadNotify:
    """A mobile device says that it can send its picture now."""

    sn: int
    device_id: str
    time: str = field.time("Time")
    longitude: float | None = field.number("Longitude", low=-180, high=180, unit="°")
    latitude: float | None = field.number("Latitude", low=-90, high=90, unit="°")
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceUpgradeResult:
    """What became of an upgrade.

    firmware: that runs now.  reason: ``01`` time-out, ``02`` damaged file, ``03`` system, ``99``.
    """

    sn: int
    device_id: str
    session_id: str = field.text("SessionID", form=field.SESSION_ID, required=True)
    result: Outcome = field.outcome("UpgradeResult", aliases=("Result",), required=True)
    firmware: str = field.text("Firmware")
    reason: str = field.text("UpgradeFailedReason")
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class PtzPositionNotify:
    """Where a camera looks now; its fields are those of the answer (A.2.6.15).

    The root is Notify (9.11.2.3 d); peers that write the answer instead send a
    :class:`~tongshi.gb28181.manscdp.answer.PtzPositionAnswer`.
    """

    sn: int
    device_id: str
    pan: float | None = field.number("Pan", unit="°")
    tilt: float | None = field.number("Tilt", unit="°")
    zoom: float | None = field.number("Zoom")
    horizontal_field_angle: float | None = field.number("HorizontalFieldAngle", unit="°")
    vertical_field_angle: float | None = field.number("VerticalFieldAngle", unit="°")
    max_view_distance: float | None = field.number("MaxViewDistance", unit="m")
    others: tuple[Element, ...] = ()


_USUAL = re.compile(
    rb"<\?xml [^<>?]{0,80}\?>\s*<Notify>\s*<CmdType>Keepalive</CmdType>\s*<SN>(\d{1,18})</SN>\s*"
    rb"<DeviceID>([0-9A-Za-z]{1,32})</DeviceID>\s*<Status>(OK|ERROR)</Status>\s*"
    rb"(?:<Info>\s*</Info>\s*)?</Notify>\s*"
)
_OUTCOMES = {b"OK": Outcome.OK, b"ERROR": Outcome.ERROR}
_KNOWN = frozenset({"status", "info"})


def read_usual_keepalive(body: bytes) -> Keepalive | None:
    """Return the keepalive that *body* is if it has the usual form, else None.

    Most of what a platform receives are these; they do not need a parser.
    """
    match = _USUAL.fullmatch(body)
    if match is None:
        return None
    sn, device_id, status = match.groups()
    return Keepalive(int(sn), device_id.decode("ascii"), _OUTCOMES[status])


def read_keepalive(envelope: Envelope) -> Keepalive:
    """Return the keepalive in *envelope*."""
    parts = (text(child.text or "") for child in envelope.children("info"))
    return Keepalive(
        envelope.sn,
        envelope.device_id,
        outcome(envelope.text("status")),
        tuple(part for part in parts if part),
        envelope.rest(_KNOWN),
    )


def keepalive_lines(keepalive: Keepalive) -> list[str]:
    """Return the elements of *keepalive* after its envelope."""
    parts = "".join(tag("DeviceID", part) for part in keepalive.faulty)
    return [tag("Status", keepalive.status.value), f"<Info>{parts}</Info>" if parts else ""]


def read_catalog(envelope: Envelope) -> CatalogNotify:
    """Return the changes in *envelope*."""
    listed = read_listed(envelope)
    return CatalogNotify(
        envelope.sn,
        envelope.device_id,
        listed.sum_num,
        listed.items,
        listed.num,
        listed.unreadable,
        envelope.rest(KNOWN),
    )


def catalog_lines(notify: CatalogNotify, version: Version) -> list[str]:
    """Return the elements of *notify* after its envelope."""
    return write_listed(notify.sum_num, notify.items, version)


_ENDS = frozenset({"sourceid", "targetid"})


def read_broadcast(envelope: Envelope) -> BroadcastNotify:
    """Return the announcement in *envelope*."""
    ends = envelope.text("sourceid"), envelope.text("targetid")
    return BroadcastNotify(envelope.sn, *ends, envelope.rest(_ENDS))


def broadcast_lines(notify: BroadcastNotify) -> list[str]:
    """Return the elements of *notify* after its SN."""
    return [tag("SourceID", notify.source_id), tag("TargetID", notify.target_id)]


_PLACE = frozenset({"longitude", "latitude"})


def read_position(envelope: Envelope) -> MobilePosition:
    """Return the positions in *envelope*, in the form of either edition."""
    head = (envelope.sn, envelope.device_id)
    if "devicelist" in envelope.fields or not _PLACE & envelope.fields.keys():
        return read_as(MobilePosition, envelope.tree, head, ENVELOPE)
    position = read_as(Position, envelope.tree, (envelope.device_id,), ENVELOPE | {"sumnum"})
    others, position = position.others, replace(position, others=())
    return MobilePosition(*head, position.time, 1, (position,), others)


def position_lines(notify: MobilePosition, version: Version) -> list[str]:
    """Return the elements of *notify* after its envelope: those of 2016 for one position."""
    if not is_flat(notify, version):
        return write_lines(notify, notify.others, version)
    position = notify.items[0]
    bare = replace(position, device_id="", time="")
    return [
        tag("Time", position.time or notify.time),
        *write_lines(bare, (*position.others, *notify.others), version),
    ]


def is_flat(notify: MobilePosition, version: Version) -> bool:
    """Whether *notify* goes in the form of 2016, which has room for one position."""
    return version.value < Version.V2022.value and len(notify.items) == 1


def flatten(notify: MobilePosition) -> tuple[MobilePosition, ...]:
    """Return *notify* as one message a position: all that a peer before 2022 understands."""
    return tuple(
        replace(
            notify,
            device_id=position.device_id or notify.device_id,
            sum_num=1,
            items=(position,),
        )
        for position in notify.items
    )
