"""What a catalog says of one device, region, platform or group; and what to believe of it.

:class:`Item` holds what was written.  Its properties hold what can be believed: devices write
"CivilCode" for a civil code, 0 for a longitude, OFFLINE for OFF.

Source: GB/T 28181-2022 A.2.1.9 and annex J; the fields of 2016 that 2022 removed are kept.
"""

from collections.abc import Container
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import TypeVar

from tongshi.gb28181 import civil
from tongshi.gb28181.element import Element
from tongshi.gb28181.identifier import Role, role_of

_BEFORE_2022 = "2016"
_FROM_2022 = "2022"


T = TypeVar("T")


def _wire(name: str, default: T, edition: str = "") -> T:
    """Return a field written as ``<name>``; *edition*: the only one that has it."""
    return field(default=default, metadata={"wire": name, "edition": edition})


class State(Enum):
    """What a catalog says of a node's presence."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"
    """Regions and groups have no presence."""


class Change(Enum):
    """``Event`` of an item in a notification (A.2.5, N.4.3.2)."""

    ON = "ON"
    OFF = "OFF"
    VLOST = "VLOST"
    DEFECT = "DEFECT"
    ADD = "ADD"
    DEL = "DEL"
    UPDATE = "UPDATE"


@dataclass(frozen=True, slots=True)
class Position:
    """WGS-84 from peers of 2022; of earlier ones it may be shifted (GCJ-02). Degrees."""

    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class Details:
    """The element ``Info`` of an item, in the order of the 2022 schema.  Lists are joined by /."""

    ptz_type: int | None = _wire("PTZType", None)
    """1 dome, 2 semi-dome, 3 fixed, 4 remote, 5 remote semi-dome, 6 stitched, 7 split."""
    position_type: int | None = _wire("PositionType", None, _BEFORE_2022)
    photoelectric_imaging_type: str = _wire("PhotoelectricImagingType", "", _FROM_2022)
    capture_position_type: str = _wire("CapturePositionType", "", _FROM_2022)
    room_type: int | None = _wire("RoomType", None)
    """1 outdoor, 2 indoor."""
    use_type: int | None = _wire("UseType", None, _BEFORE_2022)
    supply_light_type: int | None = _wire("SupplyLightType", None)
    """1 none, 2 infrared, 3 white, 4 laser, 9 other."""
    direction_type: int | None = _wire("DirectionType", None)
    """1 E, 2 W, 3 S, 4 N, 5 SE, 6 NE, 7 SW, 8 NW."""
    resolution: str = _wire("Resolution", "")
    stream_number_list: str = _wire("StreamNumberList", "", _FROM_2022)
    download_speed: str = _wire("DownloadSpeed", "")
    svc_space_support_mode: int | None = _wire("SVCSpaceSupportMode", None)
    svc_time_support_mode: int | None = _wire("SVCTimeSupportMode", None)
    ssvc_ratio_support_list: str = _wire("SSVCRatioSupportList", "", _FROM_2022)
    mobile_device_type: int | None = _wire("MobileDeviceType", None, _FROM_2022)
    horizontal_field_angle: float | None = _wire("HorizontalFieldAngle", None, _FROM_2022)
    vertical_field_angle: float | None = _wire("VerticalFieldAngle", None, _FROM_2022)
    max_view_distance: float | None = _wire("MaxViewDistance", None, _FROM_2022)
    grassroots_code: str = _wire("GrassrootsCode", "", _FROM_2022)
    point_type: int | None = _wire("PointType", None, _FROM_2022)
    """1, 2, 3: class of the point; 9 other."""
    point_common_name: str = _wire("PointCommonName", "", _FROM_2022)
    mac: str = _wire("MAC", "", _FROM_2022)
    function_type: str = _wire("FunctionType", "", _FROM_2022)
    encode_type: str = _wire("EncodeType", "", _FROM_2022)
    install_time: str = _wire("InstallTime", "", _FROM_2022)
    management_unit: str = _wire("ManagementUnit", "", _FROM_2022)
    contact_info: str = _wire("ContactInfo", "", _FROM_2022)
    record_save_days: int | None = _wire("RecordSaveDays", None, _FROM_2022)
    industrial_classification: str = _wire("IndustrialClassification", "", _FROM_2022)
    others: tuple[Element, ...] = ()
    """Elements that no edition has."""


@dataclass(frozen=True, slots=True)
class Item:
    """One node as written, in the order of the 2022 schema."""

    device_id: str = _wire("DeviceID", "")
    event: str = _wire("Event", "")
    """Only in notifications; see :class:`Change`."""
    name: str = _wire("Name", "")
    manufacturer: str = _wire("Manufacturer", "")
    model: str = _wire("Model", "")
    owner: str = _wire("Owner", "", _BEFORE_2022)
    civil_code: str = _wire("CivilCode", "")
    block: str = _wire("Block", "")
    address: str = _wire("Address", "")
    parental: int | None = _wire("Parental", None)
    parent_id: str = _wire("ParentID", "")
    safety_way: int | None = _wire("SafetyWay", None, _BEFORE_2022)
    register_way: int | None = _wire("RegisterWay", None)
    cert_num: str = _wire("CertNum", "", _BEFORE_2022)
    certifiable: int | None = _wire("Certifiable", None, _BEFORE_2022)
    err_code: int | None = _wire("ErrCode", None, _BEFORE_2022)
    end_time: str = _wire("EndTime", "", _BEFORE_2022)
    security_level_code: str = _wire("SecurityLevelCode", "", _FROM_2022)
    secrecy: int | None = _wire("Secrecy", None)
    ip_address: str = _wire("IPAddress", "")
    port: int | None = _wire("Port", None)
    password: str = field(default="", repr=False, metadata={"wire": "Password", "edition": ""})
    status: str = _wire("Status", "")
    longitude: float | None = _wire("Longitude", None)
    latitude: float | None = _wire("Latitude", None)
    business_group_id: str = _wire("BusinessGroupID", "")
    """2022 puts it here, 2016 inside Info; read from either place."""
    details: Details | None = None
    """The element Info; None when absent or empty."""
    others: tuple[Element, ...] = ()
    """Elements that no edition has."""

    @property
    def role(self) -> Role:
        """What kind of node it is, judged by its id."""
        return role_of(self.device_id)

    @property
    def state(self) -> State:
        """Its presence.

        A device without a status counts as on, because devices that are on leave it out; a word
        that nobody knows counts as off.
        """
        if self.role in (Role.REGION, Role.GROUP, Role.ORGANISATION):
            return State.UNKNOWN
        return State.ON if (self.status.upper() or "ON") in ("ON", "ONLINE", "OK") else State.OFF

    @property
    def division(self) -> str | None:
        """Its civil code when that is one, else None."""
        return self.civil_code if civil.is_code(self.civil_code) else None

    @property
    def position(self) -> Position | None:
        """Where it stands; None when unsaid, outside the globe, or 0, which means unsaid."""
        longitude, latitude = self.longitude, self.latitude
        if not longitude or not latitude or abs(longitude) > 180 or abs(latitude) > 90:
            return None
        return Position(longitude, latitude)

    @property
    def change(self) -> Change:
        """What a notification says of it; without a word that is known: ADD."""
        word = self.event.upper()
        return Change(word) if word in Change.__members__ else Change.ADD

    def parents(self, known: Container[str], device_id: str) -> tuple[str, ...]:
        """Return the nodes it hangs under, among *known* ids and the registering *device_id*.

        Several are joined by "/".  A parent that the catalog does not have (the server's id, its
        domain, nothing) means the registering device; no node is its own parent.
        """
        named = dict.fromkeys(part.strip() for part in self.parent_id.split("/"))
        found = tuple(
            parent
            for parent in named
            if parent != self.device_id and (parent == device_id or parent in known)
        )
        if found or self.device_id == device_id:
            return found
        return (device_id,)


@dataclass(frozen=True, slots=True)
class Column:
    """One field of :class:`Item` or :class:`Details` and its element."""

    attribute: str
    wire: str
    kind: str
    """``str``, ``int`` or ``float``."""
    edition: str
    """``2016`` or ``2022`` when only that one has it, else empty."""

    def belongs(self, to_2022: bool) -> bool:
        """Whether a message of the 2022 edition, or of an earlier one, carries it."""
        return not self.edition or (self.edition == _FROM_2022) is to_2022


def columns(owner: type[Item] | type[Details]) -> tuple[Column, ...]:
    """Return the fields of *owner* that are elements, in the order of the schema."""
    return tuple(
        Column(
            item.name,
            item.metadata["wire"],
            str(getattr(item.type, "__name__", item.type)).split(" ")[0],
            item.metadata["edition"],
        )
        for item in fields(owner)
        if "wire" in item.metadata
    )
