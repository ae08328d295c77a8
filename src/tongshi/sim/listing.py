"""What a device says of itself in XML, rightly, and with the quirks of layer XML.

Source: GB/T 28181-2022 A.2.1.9, A.2.6, annexes J and M.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from tongshi.gb28181 import manscdp
from tongshi.gb28181.catalog import Details, Item
from tongshi.gb28181.date import write_time
from tongshi.gb28181.manscdp import Message
from tongshi.gb28181.manscdp.query import CatalogQuery, DeviceInfoQuery, DeviceStatusQuery
from tongshi.gb28181.manscdp.response import CatalogAnswer, DeviceInfoAnswer, DeviceStatusAnswer
from tongshi.gb28181.manscdp.types import Outcome
from tongshi.gb28181.parts import split_catalog
from tongshi.gb28181.version import Version
from tongshi.media.unit import Codec
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.quirks import Quirks

_STATUS_FORMS = ("ONLINE", "On", "OK", "")
_OVERSHOOT = 3


def items_of(profile: Profile, quirks: Quirks) -> list[Item]:
    """Return the catalog of *profile* as the device would list it."""
    items = [_item(profile, channel) for channel in profile.channels]
    if "self-in-catalog" in quirks:
        own = Item(
            device_id=profile.device_id,
            name=profile.name,
            manufacturer=profile.manufacturer,
            model=profile.model,
            civil_code=profile.division,
            parental=1,
            status="ON",
        )
        items.insert(0, own)
    if "status-forms" in quirks:
        forms = _STATUS_FORMS
        items = [replace(item, status=forms[at % 4]) for at, item in enumerate(items)]
    if "parental-65535" in quirks:
        items = [
            replace(item, parental=65535, civil_code="CivilCode", parent_id=profile.device_id[:10])
            for item in items
        ]
    if "unescaped-ampersand" in quirks:
        items = [replace(item, name=f"{item.name}A&B", address="R&D") for item in items]
    if "control-characters" in quirks:
        items = [replace(item, name=f"{item.name}\x07") for item in items]
    return items


def parts_of(
    profile: Profile, query: CatalogQuery, quirks: Quirks, version: Version, *, room: int, most: int
) -> Iterator[CatalogAnswer]:
    """Yield the parts of the answer to *query*.

    room: bytes a body may have.  most: items in a part.
    """
    items = items_of(profile, quirks)
    total = len(items)
    if "catalog-cut" in quirks:
        items = items[: total // 2]
    parts = list(
        split_catalog(
            items, sn=query.sn, device_id=query.device_id, version=version, room=room, most=most
        )
    )
    for at, part in enumerate(parts):
        announced = _announce(total, at, len(parts), quirks)
        for _ in range(2 if "duplicate-parts" in quirks else 1):
            yield replace(part, sum_num=announced)


def info_of(profile: Profile, query: DeviceInfoQuery) -> DeviceInfoAnswer:
    """Return the answer to a DeviceInfo query."""
    return DeviceInfoAnswer(
        query.sn,
        query.device_id,
        Outcome.OK,
        profile.name,
        profile.manufacturer,
        profile.model,
        profile.firmware,
        len(profile.channels),
    )


def status_of(query: DeviceStatusQuery, wall: float) -> DeviceStatusAnswer:
    """Return the answer to a DeviceStatus query; wall: UNIX time, s."""
    return DeviceStatusAnswer(
        query.sn,
        query.device_id,
        Outcome.OK,
        online=True,
        status=Outcome.OK,
        encode=True,
        record=False,
        device_time=write_time(wall),
    )


def write(message: Message, quirks: Quirks, version: Version) -> bytes:
    """Return *message* as this device writes it."""
    body = manscdp.write(message, version)
    if "unescaped-ampersand" in quirks:
        body = body.replace(b"&amp;", b"&")
    if "control-characters" in quirks:
        # The codec leaves away what XML cannot carry, so it is put back here.
        body = body.replace(b"</Name>", b"\x07\x01</Name>") + b"\x00\x00\x00"
    if "broken-hanzi" in quirks:
        # The first byte of a character and none to follow it.
        body = body.replace(b"</Name>", b"\xc9</Name>")
    if "padded-values" in quirks:
        body = re.sub(rb"(<(?!CmdType|SN|DeviceID)\w+>)([^<>\r\n]+)(</)", rb"\1 \2 \3", body)
        body = body.replace(b"</Item>", b"<Block>null</Block><ErrCode></ErrCode></Item>")
    if "num-wrong" in quirks:
        body = re.sub(rb'Num="(\d+)"', rb'Num="\g<1>7"', body)
    if "gb2312-utf8" in quirks:
        body = body.decode("gb18030", "replace").encode("utf-8")
        body = body.replace(b"GB18030", b"GB2312", 1)
    return body


def _announce(total: int, part: int, parts: int, quirks: Quirks) -> int:
    """Return the SumNum that part number *part* of *parts* tells."""
    if "sumnum-big" in quirks:
        return total + _OVERSHOOT
    if "sumnum-small" in quirks:
        return max(total - 1, 0)
    if "sumnum-changing" in quirks:
        return total - (parts - 1 - part)
    return total


def _item(profile: Profile, channel: Channel) -> Item:
    shot = channel.shot
    to_2022 = profile.version is Version.V2022
    return Item(
        device_id=channel.channel_id,
        name=channel.name,
        manufacturer=profile.manufacturer,
        model=profile.model,
        owner="" if to_2022 else "Tongshi",
        civil_code=profile.division,
        address=channel.address,
        parental=0,
        parent_id=profile.device_id,
        register_way=1,
        secrecy=0,
        status="ON",
        longitude=channel.longitude,
        latitude=channel.latitude,
        details=Details(
            ptz_type=channel.ptz_type,
            resolution=f"{shot.width}x{shot.height}",
            stream_number_list="0/1" if to_2022 else "",
            encode_type=_video_code(shot.codec) if to_2022 else "",
            grassroots_code="000000" if to_2022 else "",
            point_type=9 if to_2022 else None,
        ),
    )


def _video_code(codec: Codec) -> str:
    """Return the number that ``f=`` gives a video codec (annex G)."""
    return {Codec.H264: "2", Codec.H265: "5"}.get(codec, "")
