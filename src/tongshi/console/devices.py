"""The Devices page: state, last proof of life, catalog, and what to do about it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from starlette.responses import JSONResponse, Response

from tongshi.api.notices import moment
from tongshi.api.presence import freshen, freshen_page
from tongshi.api.text import Words, catalogue
from tongshi.console.drawing import link
from tongshi.console.visit import Visit
from tongshi.console.wall import read_number
from tongshi.db.page import Page
from tongshi.registry.entry import CatalogState, Device, Query, Sort
from tongshi.registry.state import State

SIZES = (25, 50, 100, 200)
CHANNELS = 50
"""Channels of a device that come at once."""
WORDS = ("time", "tree", "state", "advice", "problem")
_PLAIN = Query()


def read_query(visit: Visit) -> Query:
    """Return what the address asks for; what cannot be read is as if it were not said."""
    asked = visit.request.query_params
    size = asked.get("size", "")
    return Query(
        text=asked.get("text", "").strip()[:100],
        state=next((each for each in State if each.value == asked.get("state")), None),
        catalog=next((each for each in CatalogState if each.value == asked.get("catalog")), None),
        sort=next((each for each in Sort if each.value == asked.get("sort")), Sort.NAME),
        descending=asked.get("descending") == "true",
        number=read_number(asked.get("number", "")),
        size=int(size) if size in map(str, SIZES) else _PLAIN.size,
    )


async def show_devices(visit: Visit) -> Response:
    """Draw the page."""
    values = {
        **await _list(visit),
        "summary": await _summary(visit),
        "words_for_page": visit.words.part(*WORDS),
    }
    return visit.draw("devices.html", values)


async def show_list(visit: Visit) -> Response:
    """Draw the list; the page's address follows."""
    values = await _list(visit)
    return visit.draw("parts/devices.html", values, place=link("/devices", values["query"]))


async def show_summary(visit: Visit) -> Response:
    """Draw the counts at the head of the page."""
    return visit.draw("parts/summary.html", {"summary": await _summary(visit)})


async def show_row(visit: Visit) -> Response:
    """Draw one device's row."""
    return visit.draw("parts/device.html", {"device": await _device(visit), **_helps(visit)})


async def show_channels(visit: Visit) -> Response:
    """Draw what is known of one device, with a page of its channels."""
    device = await _device(visit)
    number = read_number(visit.request.query_params.get("number", ""))
    query = Query(device_id=device.device_id, number=number, size=CHANNELS)
    rows = await asyncio.to_thread(visit.parts.registry.channels, visit.asker.scope, query)
    return visit.draw("parts/channels.html", {"device": device, "channels": rows, **_helps(visit)})


async def ask_catalog(visit: Visit) -> Response:
    """Ask a device for its catalog again, and draw its row: being asked."""
    device = await _device(visit)
    visit.parts.catalogs.ask(device.device_id)
    return visit.draw("parts/device.html", {"device": device, **_helps(visit)})


async def tell_proofs(visit: Visit) -> Response:
    """Return the last proof of life of each device on the page, by code."""
    rows = await list_devices(visit, read_query(visit))
    return JSONResponse({row.device_id: moment(row.last_proof_at) for row in rows.rows})


async def _device(visit: Visit) -> Device:
    device_id = str(visit.request.path_params["device_id"])
    found = await asyncio.to_thread(visit.parts.registry.device, visit.asker.scope, device_id)
    return freshen(visit.parts.health, found)


async def list_devices(visit: Visit, query: Query) -> Page[Device]:
    """Return a page of devices as they are now."""
    page = await asyncio.to_thread(visit.parts.registry.devices, visit.asker.scope, query)
    return freshen_page(visit.parts.health, page)


async def _list(visit: Visit) -> dict[str, object]:
    query = read_query(visit)
    rows = await list_devices(visit, query)
    if not rows.rows and query.number > 1:  # the list grew shorter: show its last page
        query = replace(query, number=max(1, -(-rows.total // query.size)))
        rows = await list_devices(visit, query)
    return {
        "query": query,
        "rows": rows,
        "sizes": SIZES,
        "filtered": bool(query.text or query.state or query.catalog),
        "platform": visit.parts.platform(),
        **_helps(visit),
    }


async def _summary(visit: Visit) -> dict[str, object]:
    devices, cameras = await asyncio.to_thread(visit.parts.registry.counts, visit.asker.scope)
    return {"devices": devices, "cameras": cameras}


def _helps(visit: Visit) -> dict[str, object]:
    return {"why": tell_why(visit.words), "asking": visit.parts.catalogs.asking}


def tell_why(words: Words) -> Callable[[Device], str]:
    """Return what tells why a device is in its state, in words."""

    def tell(device: Device) -> str:
        key = f"presence.{device.why}"
        return words(key) if key in catalogue() else device.why

    return tell
