"""One body, one message: reading by root and CmdType, writing in the dialect of an edition.

Source: GB/T 28181-2022 A.1 (table A.1) and A.2.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from tongshi.errors import LocalProtocolError, RemoteProtocolError
from tongshi.gb28181.element import Element, freeze, render, tag
from tongshi.gb28181.manscdp import answer, blocks, control, notify, query, response
from tongshi.gb28181.manscdp.codec import encode, parse
from tongshi.gb28181.manscdp.recover import CLAUSE
from tongshi.gb28181.manscdp.table import (
    attributes_of,
    read_as,
    render_attributes,
    rest_lines,
    write_lines,
)
from tongshi.gb28181.manscdp.types import ENVELOPE, Envelope, open_envelope
from tongshi.gb28181.version import Version


class Root(Enum):
    """The four kinds of message, by the name of the root element."""

    CONTROL = "Control"
    QUERY = "Query"
    NOTIFY = "Notify"
    RESPONSE = "Response"


@dataclass(frozen=True, slots=True)
class Other:
    """A message that has no type of its own here; everything it holds is in *element*.

    device_id: empty where there is none, as in Broadcast.
    """

    root: Root
    cmd_type: str
    sn: int
    device_id: str
    element: Element


# Messages that are read and written by what their fields declare.
Declared = (
    query.RecordInfoQuery
    | query.AlarmQuery
    | query.ConfigDownloadQuery
    | query.PresetQuery
    | query.MobilePositionQuery
    | query.HomePositionQuery
    | query.CruiseTrackListQuery
    | query.CruiseTrackQuery
    | query.PtzPositionQuery
    | query.SdCardStatusQuery
    | answer.RecordInfoAnswer
    | answer.PresetAnswer
    | answer.HomePositionAnswer
    | answer.CruiseTrackListAnswer
    | answer.CruiseTrackAnswer
    | answer.PtzPositionAnswer
    | answer.SdCardStatusAnswer
    | answer.DeviceControlAnswer
    | answer.DeviceConfigAnswer
    | answer.AlarmAnswer
    | answer.BroadcastAnswer
    | notify.AlarmNotify
    | notify.MediaStatus
    | notify.UploadSnapShotFinished
    | notify.VideoUploadNotify
    | notify.DeviceUpgradeResult
    | notify.PtzPositionNotify
)
# Messages with ways of their own.
Own = (
    notify.Keepalive
    | notify.MobilePosition
    | notify.BroadcastNotify
    | notify.CatalogNotify
    | query.CatalogQuery
    | query.DeviceInfoQuery
    | query.DeviceStatusQuery
    | response.CatalogAnswer
    | response.DeviceInfoAnswer
    | response.DeviceStatusAnswer
    | answer.ConfigDownloadAnswer
    | control.DeviceControl
    | control.DeviceConfig
)
Message = Declared | Own | Other

NAMES: dict[type[Declared] | type[Own], tuple[Root, str]] = {
    query.CatalogQuery: (Root.QUERY, "Catalog"),
    query.DeviceInfoQuery: (Root.QUERY, "DeviceInfo"),
    query.DeviceStatusQuery: (Root.QUERY, "DeviceStatus"),
    query.RecordInfoQuery: (Root.QUERY, "RecordInfo"),
    query.AlarmQuery: (Root.QUERY, "Alarm"),
    query.ConfigDownloadQuery: (Root.QUERY, "ConfigDownload"),
    query.PresetQuery: (Root.QUERY, "PresetQuery"),
    query.MobilePositionQuery: (Root.QUERY, "MobilePosition"),
    query.HomePositionQuery: (Root.QUERY, "HomePositionQuery"),
    query.CruiseTrackListQuery: (Root.QUERY, "CruiseTrackListQuery"),
    query.CruiseTrackQuery: (Root.QUERY, "CruiseTrackQuery"),
    query.PtzPositionQuery: (Root.QUERY, "PTZPosition"),
    query.SdCardStatusQuery: (Root.QUERY, "SDCardStatus"),
    response.CatalogAnswer: (Root.RESPONSE, "Catalog"),
    response.DeviceInfoAnswer: (Root.RESPONSE, "DeviceInfo"),
    response.DeviceStatusAnswer: (Root.RESPONSE, "DeviceStatus"),
    answer.RecordInfoAnswer: (Root.RESPONSE, "RecordInfo"),
    answer.ConfigDownloadAnswer: (Root.RESPONSE, "ConfigDownload"),
    answer.PresetAnswer: (Root.RESPONSE, "PresetQuery"),
    answer.HomePositionAnswer: (Root.RESPONSE, "HomePositionQuery"),
    answer.CruiseTrackListAnswer: (Root.RESPONSE, "CruiseTrackListQuery"),
    answer.CruiseTrackAnswer: (Root.RESPONSE, "CruiseTrackQuery"),
    answer.PtzPositionAnswer: (Root.RESPONSE, "PTZPosition"),
    answer.SdCardStatusAnswer: (Root.RESPONSE, "SDCardStatus"),
    answer.DeviceControlAnswer: (Root.RESPONSE, "DeviceControl"),
    answer.DeviceConfigAnswer: (Root.RESPONSE, "DeviceConfig"),
    answer.AlarmAnswer: (Root.RESPONSE, "Alarm"),
    answer.BroadcastAnswer: (Root.RESPONSE, "Broadcast"),
    control.DeviceControl: (Root.CONTROL, "DeviceControl"),
    control.DeviceConfig: (Root.CONTROL, "DeviceConfig"),
    notify.Keepalive: (Root.NOTIFY, "Keepalive"),
    notify.AlarmNotify: (Root.NOTIFY, "Alarm"),
    notify.MediaStatus: (Root.NOTIFY, "MediaStatus"),
    notify.BroadcastNotify: (Root.NOTIFY, "Broadcast"),
    notify.MobilePosition: (Root.NOTIFY, "MobilePosition"),
    notify.CatalogNotify: (Root.NOTIFY, "Catalog"),
    notify.UploadSnapShotFinished: (Root.NOTIFY, "UploadSnapShotFinished"),
    notify.VideoUploadNotify: (Root.NOTIFY, "VideoUploadNotify"),
    notify.DeviceUpgradeResult: (Root.NOTIFY, "DeviceUpgradeResult"),
    notify.PtzPositionNotify: (Root.NOTIFY, "PTZPosition"),
}
"""Root and CmdType of every type of message."""

_ROOTS = {root.value.lower(): root for root in Root}


def _folded(cmd_type: str) -> str:
    """Return what a CmdType comes down to: devices write it in any case, some without Query."""
    return cmd_type.lower().removesuffix("query")


def _declared(kind: Callable[..., Message]) -> Callable[[Envelope], Message]:
    return lambda envelope: read_as(
        kind, envelope.tree, (envelope.sn, envelope.device_id), ENVELOPE
    )


_READERS: Mapping[tuple[Root, str], Callable[[Envelope], Message | None]] = {
    (root, _folded(name)): _declared(kind) for kind, (root, name) in NAMES.items()
} | {
    (Root.NOTIFY, "keepalive"): notify.read_keepalive,
    (Root.NOTIFY, "catalog"): notify.read_catalog,
    (Root.NOTIFY, "broadcast"): notify.read_broadcast,
    (Root.NOTIFY, "mobileposition"): notify.read_position,
    (Root.QUERY, "catalog"): query.read_catalog,
    (Root.QUERY, "deviceinfo"): query.read_device_info,
    (Root.QUERY, "devicestatus"): query.read_device_status,
    (Root.RESPONSE, "catalog"): response.read_catalog,
    (Root.RESPONSE, "deviceinfo"): response.read_device_info,
    (Root.RESPONSE, "devicestatus"): response.read_device_status,
    (Root.RESPONSE, "configdownload"): blocks.read_download,
    (Root.CONTROL, "devicecontrol"): control.read_control,
    (Root.CONTROL, "deviceconfig"): blocks.read_config,
}


def read(body: bytes) -> Message:
    """Return the message in *body*.

    Raises RemoteProtocolError, status 400 or 413, when the body cannot be read, its root is none
    of the four, or it has no CmdType.
    """
    return notify.read_usual_keepalive(body) or read_any(body)


def read_any(body: bytes) -> Message:
    """Return the message in *body* by way of the XML parser; as :func:`read` in all else."""
    tree = parse(body)
    root = _ROOTS.get(tree.tag.lower())
    if root is None:
        raise RemoteProtocolError(f"unknown root <{tree.tag[:64]}>", clause=CLAUSE)
    envelope = open_envelope(tree)
    if not envelope.cmd_type:
        raise RemoteProtocolError("body has no CmdType", clause=CLAUSE)
    reader = _READERS.get((root, _folded(envelope.cmd_type)))
    message = reader(envelope) if reader is not None else None
    if message is not None:
        return message
    return Other(root, envelope.cmd_type, envelope.sn, envelope.device_id, freeze(tree))


def write(message: Message, version: Version = Version.V2016) -> bytes:
    """Return *message* as a body for a peer that speaks *version*.

    Fields that *version* does not have are left out; commands and blocks are written in any.
    Raises LocalProtocolError for TargetTrack, which crosses the line.
    """
    if isinstance(message, Other):
        return encode(_other(message), version)
    root, cmd_type = NAMES[type(message)]
    attributes = render_attributes(attributes_of(message.others)) if message.others else ""
    document = [
        f"<{root.value}{attributes}>",
        tag("CmdType", cmd_type),
        tag("SN", message.sn),
        *_lines(message, version),
        f"</{root.value}>",
    ]
    return encode("".join(f"{line}\r\n" for line in document if line), version)


def _lines(message: Declared | Own, version: Version) -> list[str]:
    """Return the elements of *message* after its SN."""
    match message:
        case notify.Keepalive():
            known = [tag("DeviceID", message.device_id), *notify.keepalive_lines(message)]
            return known + rest_lines(message.others)
        case notify.BroadcastNotify():
            return [*notify.broadcast_lines(message), *rest_lines(message.others)]
        case notify.MobilePosition():
            device_id = message.device_id
            if notify.is_flat(message, version):
                device_id = message.items[0].device_id or device_id
            lines = notify.position_lines(message, version)
            return [tag("DeviceID", device_id), *lines]
    return [tag("DeviceID", message.device_id), *_body(message, version)]


def _body(message: Declared | Own, version: Version) -> list[str]:
    """Return the elements of *message* after its envelope."""
    match message:
        case control.DeviceControl():
            return control.control_lines(message, version)
        case control.DeviceConfig():
            return blocks.config_lines(message, version)
        case answer.ConfigDownloadAnswer():
            return blocks.download_lines(message, version)
        case (
            notify.CatalogNotify()
            | query.CatalogQuery()
            | response.CatalogAnswer()
            | response.DeviceInfoAnswer()
            | response.DeviceStatusAnswer()
        ):
            return [*_usual(message, version), *rest_lines(message.others)]
    return write_lines(message, message.others, version)


def _usual(
    message: notify.CatalogNotify
    | query.CatalogQuery
    | response.CatalogAnswer
    | response.DeviceInfoAnswer
    | response.DeviceStatusAnswer,
    version: Version,
) -> list[str]:
    match message:
        case notify.CatalogNotify():
            return notify.catalog_lines(message, version)
        case query.CatalogQuery():
            return query.catalog_lines(message)
        case response.CatalogAnswer():
            return response.catalog_lines(message, version)
        case response.DeviceInfoAnswer():
            return response.device_info_lines(message)
    return response.device_status_lines(message)


def _other(message: Other) -> str:
    """Return *message* with its root, CmdType, SN and DeviceID first, then what it kept."""
    if message.root is Root.CONTROL and control.crosses(message.element):
        raise LocalProtocolError("TargetTrack follows people: it is never sent")
    root = message.root.value
    kept = [
        render(child) for child in message.element.children if child.tag.lower() not in ENVELOPE
    ]
    head = [
        tag("CmdType", message.cmd_type),
        tag("SN", message.sn),
        tag("DeviceID", message.device_id),
    ]
    document = [f"<{root}>", *head, *kept, f"</{root}>"]
    return "".join(f"{line}\r\n" for line in document if line)
