"""Responses: what a device answers to a query, in a MESSAGE of its own.

Source: GB/T 28181-2022 A.2.6.
"""

from dataclasses import dataclass
from xml.etree.ElementTree import Element as Tree

from tongshi.gb28181.catalog import Item
from tongshi.gb28181.element import Element, tag
from tongshi.gb28181.manscdp.item import KNOWN, read_listed, write_listed
from tongshi.gb28181.manscdp.types import Envelope, Outcome, count, outcome, switch, text
from tongshi.gb28181.version import Version


@dataclass(frozen=True, slots=True)
class CatalogAnswer:
    """One part of a catalog.

    sum_num: items in all parts together, as announced; None when not said.
    num: items in this part, as announced; None when not said.
    unreadable: items of this part without a usable DeviceID, which are left out.
    """

    sn: int
    device_id: str
    sum_num: int | None
    items: tuple[Item, ...] = ()
    num: int | None = None
    unreadable: int = 0
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceInfoAnswer:
    """Who made a device.

    channels: its video inputs; None when not said.
    """

    sn: int
    device_id: str
    result: Outcome = Outcome.OK
    name: str = ""
    manufacturer: str = ""
    model: str = ""
    firmware: str = ""
    channels: int | None = None
    others: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """An alarm part and its state: ``ONDUTY``, ``OFFDUTY`` or ``ALARM``."""

    device_id: str
    status: str


@dataclass(frozen=True, slots=True)
class DeviceStatusAnswer:
    """How a device is; None where it does not say.

    device_time: its own clock, ``2024-05-06T07:08:09``, Beijing time.
    """

    sn: int
    device_id: str
    result: Outcome = Outcome.OK
    online: bool | None = None
    status: Outcome = Outcome.UNKNOWN
    reason: str = ""
    encode: bool | None = None
    record: bool | None = None
    device_time: str = ""
    duties: tuple[Duty, ...] = ()
    others: tuple[Element, ...] = ()


_INFO = frozenset({"devicename", "result", "manufacturer", "model", "firmware", "channel"})
_STATUS = frozenset(
    {
        "result",
        "online",
        "status",
        "reason",
        "encode",
        "record",
        "devicetime",
        "alarmstatus",
    }
)


def read_catalog(envelope: Envelope) -> CatalogAnswer:
    """Return the part of a catalog in *envelope*."""
    listed = read_listed(envelope)
    return CatalogAnswer(
        envelope.sn,
        envelope.device_id,
        listed.sum_num,
        listed.items,
        listed.num,
        listed.unreadable,
        envelope.rest(KNOWN),
    )


def read_device_info(envelope: Envelope) -> DeviceInfoAnswer:
    """Return the DeviceInfo answer in *envelope*."""
    return DeviceInfoAnswer(
        envelope.sn,
        envelope.device_id,
        outcome(envelope.text("result")),
        envelope.text("devicename"),
        envelope.text("manufacturer"),
        envelope.text("model"),
        envelope.text("firmware"),
        count(envelope.text("channel")),
        envelope.rest(_INFO),
    )


def read_device_status(envelope: Envelope) -> DeviceStatusAnswer:
    """Return the DeviceStatus answer in *envelope*."""
    return DeviceStatusAnswer(
        envelope.sn,
        envelope.device_id,
        outcome(envelope.text("result")),
        switch(envelope.text("online")),
        outcome(envelope.text("status")),
        envelope.text("reason"),
        switch(envelope.text("encode")),
        switch(envelope.text("record")),
        envelope.text("devicetime"),
        tuple(_duty(child) for child in envelope.children("alarmstatus")),
        envelope.rest(_STATUS),
    )


def catalog_lines(answer: CatalogAnswer, version: Version) -> list[str]:
    """Return the elements of *answer* after its envelope."""
    return write_listed(answer.sum_num, answer.items, version)


def device_info_lines(answer: DeviceInfoAnswer) -> list[str]:
    """Return the elements of *answer* after its envelope."""
    return [
        tag("DeviceName", answer.name),
        tag("Result", answer.result.value),
        tag("Manufacturer", answer.manufacturer),
        tag("Model", answer.model),
        tag("Firmware", answer.firmware),
        tag("Channel", answer.channels),
    ]


def device_status_lines(answer: DeviceStatusAnswer) -> list[str]:
    """Return the elements of *answer* after its envelope."""
    duties = "".join(
        f"<Item>{tag('DeviceID', duty.device_id)}{tag('DutyStatus', duty.status)}</Item>"
        for duty in answer.duties
    )
    return [
        tag("Result", answer.result.value),
        tag("Online", _word(answer.online, "ONLINE", "OFFLINE")),
        tag("Status", answer.status.value),
        tag("Reason", answer.reason),
        tag("Encode", _word(answer.encode, "ON", "OFF")),
        tag("Record", _word(answer.record, "ON", "OFF")),
        tag("DeviceTime", answer.device_time),
        # The schema's own spelling, with a small s.
        f'<Alarmstatus Num="{len(answer.duties)}">{duties}</Alarmstatus>' if duties else "",
    ]


def _word(value: bool | None, yes: str, no: str) -> str:
    return "" if value is None else yes if value else no


def _duty(tree: Tree) -> Duty:
    fields = {child.tag.lower(): text(child.text or "") for child in tree}
    return Duty(fields.get("deviceid", ""), fields.get("dutystatus", ""))
