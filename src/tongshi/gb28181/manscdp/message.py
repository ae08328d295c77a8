"""One body, one message: reading by root and CmdType, writing in the dialect of an edition.

Source: GB/T 28181-2022 A.1 (table A.1) and A.2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.element import Element, freeze, render, tag
from tongshi.gb28181.manscdp import notify, query, response
from tongshi.gb28181.manscdp.codec import encode, parse
from tongshi.gb28181.manscdp.notify import Keepalive
from tongshi.gb28181.manscdp.query import CatalogQuery, DeviceInfoQuery, DeviceStatusQuery
from tongshi.gb28181.manscdp.recover import CLAUSE
from tongshi.gb28181.manscdp.response import (
    CatalogAnswer,
    DeviceInfoAnswer,
    DeviceStatusAnswer,
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


Message = (
    Keepalive
    | CatalogQuery
    | CatalogAnswer
    | DeviceInfoQuery
    | DeviceInfoAnswer
    | DeviceStatusQuery
    | DeviceStatusAnswer
    | Other
)

_ROOTS = {root.value.lower(): root for root in Root}
_READERS: dict[tuple[Root, str], Callable[[Envelope], Message]] = {
    (Root.NOTIFY, "keepalive"): notify.read_keepalive,
    (Root.QUERY, "catalog"): query.read_catalog,
    (Root.QUERY, "deviceinfo"): query.read_device_info,
    (Root.QUERY, "devicestatus"): query.read_device_status,
    (Root.RESPONSE, "catalog"): response.read_catalog,
    (Root.RESPONSE, "deviceinfo"): response.read_device_info,
    (Root.RESPONSE, "devicestatus"): response.read_device_status,
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
    reader = _READERS.get((root, envelope.cmd_type.lower()))
    if reader is not None:
        return reader(envelope)
    return Other(root, envelope.cmd_type, envelope.sn, envelope.device_id, freeze(tree))


def write(message: Message, version: Version = Version.V2016) -> bytes:
    """Return *message* as a body for a peer that speaks *version*."""
    if isinstance(message, Other):
        return encode(_other(message), version)
    root, cmd_type, lines = _lines(message, version)
    document = [
        f"<{root.value}>",
        tag("CmdType", cmd_type),
        tag("SN", message.sn),
        tag("DeviceID", message.device_id),
        *lines,
        *(render(element) for element in message.others),
        f"</{root.value}>",
    ]
    return encode("".join(f"{line}\r\n" for line in document if line), version)


def _lines(
    message: Keepalive
    | CatalogQuery
    | CatalogAnswer
    | DeviceInfoQuery
    | DeviceInfoAnswer
    | DeviceStatusQuery
    | DeviceStatusAnswer,
    version: Version,
) -> tuple[Root, str, list[str]]:
    match message:
        case Keepalive():
            return Root.NOTIFY, "Keepalive", notify.keepalive_lines(message)
        case CatalogQuery():
            return Root.QUERY, "Catalog", query.catalog_lines(message)
        case CatalogAnswer():
            return Root.RESPONSE, "Catalog", response.catalog_lines(message, version)
        case DeviceInfoQuery():
            return Root.QUERY, "DeviceInfo", []
        case DeviceInfoAnswer():
            return Root.RESPONSE, "DeviceInfo", response.device_info_lines(message)
        case DeviceStatusQuery():
            return Root.QUERY, "DeviceStatus", []
    return Root.RESPONSE, "DeviceStatus", response.device_status_lines(message)


def _other(message: Other) -> str:
    """Return *message* with its root, CmdType, SN and DeviceID first, then what it kept."""
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
