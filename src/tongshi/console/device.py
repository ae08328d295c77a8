"""The page of one device: who it is, how it stands, and the tabs that lead on."""

import asyncio
from collections.abc import Mapping
from urllib.parse import quote

from starlette.responses import Response

from tongshi.access.permission import Permission
from tongshi.api import controls
from tongshi.api.deeds import Target
from tongshi.api.presence import freshen
from tongshi.api.text import Language, Words
from tongshi.console.devices import CHANNELS, tell_why
from tongshi.console.visit import Visit
from tongshi.console.wall import read_number
from tongshi.gb28181.identifier import Identifier, is_code
from tongshi.registry.entry import Device, Query

WORDS = ("time", "state", "tree", "advice", "problem", "device")
PURPOSE = "-purpose"
"""Name of the purpose among the fields of a form: no attribute has such a one."""
UPKEEP = "maintenance"
"""The purpose that most of what is done to a device has."""
TABS = (
    ("overview", "devices", Permission.SEE_DEVICES),
    ("status", "card", Permission.SEE_DEVICES),
    ("config", "gear", Permission.CONFIGURE_DEVICES),
    ("profile", "edit", Permission.MANAGE_PEERS),
    ("traces", "trace", Permission.MANAGE_PEERS),
    ("upkeep", "power", Permission.CONFIGURE_DEVICES),
)
"""Each tab with its icon and the right that it takes."""


async def find(visit: Visit) -> Device:
    """Return the device that the path names, as it is now; raises Missing."""
    device_id = str(visit.request.path_params["device_id"])
    found = await asyncio.to_thread(visit.parts.registry.device, visit.asker.scope, device_id)
    return freshen(visit.parts.health, found)


def draw(visit: Visit, device: Device, tab: str, values: Mapping[str, object]) -> Response:
    """Return the page of *device* with *tab* open."""
    may = visit.asker.person.may
    shown = {
        "device": device,
        "here_is": path_to(device.device_id),
        "tab": tab,
        "tabs": [(name, icon) for name, icon, right in TABS if may(right)],
        "why": tell_why(visit.words),
        "words_for_page": visit.words.part(*WORDS),
    }
    return visit.draw(f"device/{tab}.html", {**shown, **values})


async def show_overview(visit: Visit) -> Response:
    """Draw identity, presence, registration, channels; the rest comes by itself."""
    device = await find(visit)
    number = read_number(visit.request.query_params.get("number", ""))
    query = Query(device_id=device.device_id, number=number, size=CHANNELS)
    rows = await asyncio.to_thread(visit.parts.registry.channels, visit.asker.scope, query)
    return draw(
        visit,
        device,
        "overview",
        {"channels": rows, "kind": kind_of(device.device_id, visit.words)},
    )


async def show_presence(visit: Visit) -> Response:
    """Draw how the device stands now."""
    device = await find(visit)
    return visit.draw("device/presence.html", {"device": device, "why": tell_why(visit.words)})


async def channels_of(visit: Visit, device_id: str) -> list[tuple[str, str]]:
    """Return codes and names of a device's cameras to choose from: the first hundred."""
    query = Query(device_id=device_id, size=100)
    page = await asyncio.to_thread(visit.parts.registry.channels, visit.asker.scope, query)
    return [(row.channel_id, row.name or row.channel_id) for row in page.rows if row.camera]


async def target_of(visit: Visit) -> Target:
    """Return the channel of the device that the address names, else the device itself.

    Raises Missing when one of them is not there, or not to be seen.
    """
    device_id = str(visit.request.path_params["device_id"])
    channel_id = visit.request.query_params.get("channel", "") or device_id
    return await controls.target_of(visit.parts, visit.asker, device_id, channel_id)


def purposes(visit: Visit) -> dict[str, str]:
    """Return the purposes that ask for nothing more, by code: that of upkeep first."""
    plain = [
        each
        for each in visit.parts.purposes.offered()
        if not (each.text or each.case or each.second or each.approval)
    ]
    plain.sort(key=lambda each: each.code != UPKEEP)
    return {each.code: each.title(visit.words.language.value) for each in plain}


def path_to(device_id: str) -> str:
    """Return the address of a device's page."""
    return f"/devices/{quote(device_id, safe='')}"


def kind_of(device_id: str, words: Words) -> str:
    """Return what a code says that it stands for; empty when it is no such code."""
    if not is_code(device_id):
        return ""
    name = Identifier.parse(device_id).type_name
    return name.zh if words.language is Language.ZH else name.en
