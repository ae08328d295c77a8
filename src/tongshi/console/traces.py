"""Traces of a device: started, ended, listed, and each drawn as a ladder."""

import asyncio

from starlette.responses import Response

from tongshi.api import traces
from tongshi.api.peers import check_sight
from tongshi.api.problem import describe
from tongshi.console import device
from tongshi.console.ladder import lanes_of, rungs_of
from tongshi.console.people import read_form
from tongshi.console.visit import Visit
from tongshi.errors import Error
from tongshi.signalling.traces import LONGEST, SHOWN

USUAL = 10
"""Minutes of a trace when nothing else is said."""


async def show_traces(visit: Visit) -> Response:
    """Draw the traces of a device, and how to start one."""
    found = await device.find(visit)
    return device.draw(visit, found, "traces", await _list(visit))


async def show_list(visit: Visit) -> Response:
    """Draw the list of a device's traces."""
    return visit.draw("device/trace_list.html", await _list(visit))


async def start(visit: Visit) -> Response:
    """Begin to record what is said with the device."""
    form = await read_form(visit)
    text = form["minutes"]
    minutes = int(text) if text.isdecimal() and len(text) < 6 else USUAL
    limits = traces.Limits(seconds=min(max(minutes, 1) * 60, LONGEST))
    try:
        await traces.trace_device(visit.parts, visit.asker, _device_id(visit), limits)
    except Error as error:
        return visit.draw("device/trace_list.html", await _list(visit, error))
    return await show_list(visit)


async def end(visit: Visit) -> Response:
    """End one trace of the device."""
    try:
        await traces.end_trace(visit.parts, visit.asker, _name(visit))
    except Error as error:
        return visit.draw("device/trace_list.html", await _list(visit, error))
    return await show_list(visit)


async def delete(visit: Visit) -> Response:
    """Delete one trace of the device."""
    try:
        await traces.delete_trace(visit.parts, visit.asker, _name(visit))
    except Error as error:
        return visit.draw("device/trace_list.html", await _list(visit, error))
    return await show_list(visit)


async def show_ladder(visit: Visit) -> Response:
    """Draw a trace as a ladder: actors side by side, messages as arrows."""
    name = _name(visit)
    shown = await traces.read_ladder(visit.parts, visit.asker, name)
    rungs = await asyncio.to_thread(rungs_of, shown)
    known = await visit.parts.traces.kept()
    wanted = next((trace.wanted for trace in known if trace.name == name), None)
    values = {
        "name": name,
        "device_id": wanted.device_id if wanted is not None else "",
        "lanes": lanes_of(shown),
        "rungs": rungs,
        "shown": SHOWN,
        "words_for_page": visit.words.part(*device.WORDS),
    }
    return visit.draw("ladder.html", values)


async def _list(visit: Visit, error: Error | None = None) -> dict[str, object]:
    device_id = _device_id(visit)
    await check_sight(visit.parts, visit.asker, device_id)
    kept = await visit.parts.traces.kept()
    rows = [trace for trace in kept if trace.wanted.device_id == device_id]
    return {
        "rows": rows,
        "running": any(not trace.why for trace in rows),
        "here_is": device.path_to(device_id),
        "again": None,
        "problem": describe(error, visit.words) if error is not None else None,
    }


def _device_id(visit: Visit) -> str:
    return str(visit.request.path_params["device_id"])


def _name(visit: Visit) -> str:
    return str(visit.request.path_params["trace_id"])
