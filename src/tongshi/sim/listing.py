"""What a device says of itself in XML, rightly, and with the quirks of layer XML.

Source: GB/T 28181-2022 A.2.1.9, A.2.6, annexes J and M.
"""

from collections.abc import Iterator
from dataclasses import replace

from tongshi.gb28181 import manscdp
from tongshi.gb28181.catalog import Details, Item
from tongshi.gb28181.date import write_time
from tongshi.gb28181.manscdp import Message
from tongshi.gb28181.manscdp.query import CatalogQuery, DeviceInfoQuery, DeviceStatusQuery
from tongshi.gb28181.manscdp.response import (
    CatalogAnswer,
    DeviceInfoAnswer,
    DeviceStatusAnswer,
    Duty,
)
from tongshi.gb28181.manscdp.types import Outcome
from tongshi.gb28181.parts import split_catalog
from tongshi.gb28181.version import Version
from tongshi.media.unit import Codec
from tongshi.sim import wording
from tongshi.sim.archive import DOWNLOAD_SPEEDS
from tongshi.sim.body import Body, Guard, Part
from tongshi.sim.profile import Branch, Profile
from tongshi.sim.quirks import Quirks

_STATUS_FORMS = ("ONLINE", "On", "OK", "")
_OVERSHOOT = 3


def items_of(body: Body, quirks: Quirks, platform: str = "") -> list[Item]:
    """Return the catalog of a device as it would list it.  platform: whose id a parent may be."""
    profile = body.profile
    items = [_branch(profile, branch) for branch in profile.branches]
    items += [item_of(body, part) for part in body.parts.values()]
    items += [_accessory(profile, one, name) for one, name in profile.accessories]
    if "self-in-catalog" in quirks:
        own = Item(
            device_id=profile.device_id,
            name=body.name,
            manufacturer=profile.manufacturer,
            model=profile.model,
            civil_code=profile.division,
            parental=1,
            status="ON",
        )
        items.insert(0, own)
    return [_twist(item, at, profile, quirks, platform) for at, item in enumerate(items)]


def _twist(item: Item, at: int, profile: Profile, quirks: Quirks, platform: str) -> Item:
    """Return item number *at* as this device writes it."""
    if "status-forms" in quirks:
        item = replace(item, status=_STATUS_FORMS[at % 4])
    if "parental-65535" in quirks:
        domain = profile.device_id[:10]
        item = replace(item, parental=65535, civil_code="CivilCode", parent_id=domain)
    if "parent-forms" in quirks:
        forms = (platform, f"{profile.device_id}/{profile.device_id[:10]}", "")
        item = replace(item, parent_id=forms[at % 3])
    if "civil-forms" in quirks:
        item = replace(item, civil_code=(profile.device_id[:10], profile.device_id, "")[at % 3])
    if "odd-places" in quirks:
        place = 0.0 if at % 2 else None
        item = replace(item, longitude=place, latitude=place, address="Address")
    if "unescaped-ampersand" in quirks:
        item = replace(item, name=f"{item.name}A&B", address="R&D")
    if "unescaped-less" in quirks:
        item = replace(item, name=f"{item.name}<3")
    if "control-characters" in quirks:
        item = replace(item, name=f"{item.name}\x07")
    return item


def parts_of(
    body: Body,
    query: CatalogQuery,
    quirks: Quirks,
    version: Version,
    *,
    room: int,
    most: int,
    platform: str = "",
) -> Iterator[CatalogAnswer]:
    """Yield the parts of the answer to *query*.

    room: bytes a body may have.  most: items in a part.  platform: who asks.
    """
    items = items_of(body, quirks, platform)
    if query.device_id in body.parts and query.device_id != body.profile.device_id:
        items = [item for item in items if item.device_id == query.device_id]
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


def info_of(body: Body, query: DeviceInfoQuery) -> DeviceInfoAnswer:
    """Return the answer to a DeviceInfo query."""
    profile = body.profile
    return DeviceInfoAnswer(
        query.sn,
        query.device_id,
        Outcome.OK,
        body.name,
        profile.manufacturer,
        profile.model,
        body.firmware,
        len(profile.channels),
    )


def status_of(body: Body, query: DeviceStatusQuery, wall: float) -> DeviceStatusAnswer:
    """Return the answer to a DeviceStatus query; wall: the device's clock, UNIX time, s."""
    asked = body.part(query.device_id)
    parts = [asked] if asked is not None else list(body.parts.values())
    whole = all(part.shows for part in parts)
    return DeviceStatusAnswer(
        query.sn,
        query.device_id,
        Outcome.OK,
        online=True,
        status=Outcome.OK if whole else Outcome.ERROR,
        reason="" if whole else "video lost",
        encode=whole,
        record=any(part.archive.records(wall) for part in parts),
        device_time=write_time(wall),
        duties=tuple(Duty(one, _duty(guard)) for one, guard in body.guarded()),
    )


def _duty(guard: Guard) -> str:
    if guard.alarmed:
        return "ALARM"
    return "ONDUTY" if guard.on else "OFFDUTY"


def write(message: Message, quirks: Quirks, version: Version) -> bytes:
    """Return *message* as this device writes it."""
    return wording.alter(manscdp.write(message, version), quirks)


def _announce(total: int, part: int, parts: int, quirks: Quirks) -> int:
    """Return the SumNum that part number *part* of *parts* tells."""
    if "sumnum-big" in quirks:
        return total + _OVERSHOOT
    if "sumnum-small" in quirks:
        return max(total - 1, 0)
    if "sumnum-changing" in quirks:
        return total - (parts - 1 - part)
    return total


def item_of(body: Body, part: Part) -> Item:
    """Return the item of a channel."""
    profile, channel = body.profile, part.channel
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
        parent_id=channel.parent_id or profile.device_id,
        register_way=1,
        secrecy=0,
        status="ON" if part.shows else "OFF",
        longitude=channel.longitude,
        latitude=channel.latitude,
        details=Details(
            ptz_type=channel.ptz_type,
            resolution=f"{shot.width}x{shot.height}",
            download_speed="/".join(DOWNLOAD_SPEEDS),
            stream_number_list="0/1" if to_2022 else "",
            encode_type=_video_code(shot.codec) if to_2022 else "",
            grassroots_code="000000" if to_2022 else "",
            point_type=9 if to_2022 else None,
            record_save_days=part.archive.plan.days if to_2022 else None,
        ),
    )


def _branch(profile: Profile, branch: Branch) -> Item:
    """Return the item of a node; a civil code has nothing but its name (annex J)."""
    if len(branch.node_id) < 20:
        return Item(device_id=branch.node_id, name=branch.name)
    parent = branch.parent_id or profile.device_id
    group = branch.parent_id if branch.node_id[10:13] == "216" else ""
    return Item(
        device_id=branch.node_id, name=branch.name, parent_id=parent, business_group_id=group
    )


def _accessory(profile: Profile, one: str, name: str) -> Item:
    """Return the item of an alarm input or a voice output."""
    return Item(
        device_id=one,
        name=name,
        manufacturer=profile.manufacturer,
        model=profile.model,
        civil_code=profile.division,
        parental=0,
        parent_id=profile.device_id,
        register_way=1,
        secrecy=0,
        status="ON",
    )


def _video_code(codec: Codec) -> str:
    """Return the number that ``f=`` gives a video codec (annex G)."""
    return {Codec.H264: "2", Codec.H265: "5"}.get(codec, "")
