"""The lists of the control panel: presets, cruises, position, home, as the camera tells them.

Each is asked of the camera when somebody opens it; a refusal is drawn in its place, because what
the camera cannot list can mostly be used by number all the same.
"""

from collections.abc import Awaitable
from typing import TypeVar

from starlette.responses import Response

from tongshi.api import controls
from tongshi.api.problem import Problem, describe
from tongshi.console.visit import Visit
from tongshi.console.wall import read_number
from tongshi.errors import Error, PeerSilent
from tongshi.gb28181.gather import Gathered, Why

T = TypeVar("T")
LAST_PRESET = 255
LAST_CRUISE = 255


async def show_presets(visit: Visit) -> Response:
    """Draw the presets of a camera, and the first number that is free."""
    device_id, channel_id = await _camera(visit)
    found, problem = await attempt(visit, visit.parts.commands.presets(device_id, channel_id))
    presets = sorted(
        (preset for preset in (found.items if found else ()) if preset.number is not None),
        key=lambda preset: preset.number or 0,
    )
    taken = {preset.number for preset in presets}
    values = {
        "presets": presets,
        "vacant": _first_free(taken, 1, LAST_PRESET),
        "problem": problem,
        "partial": tell_partial(visit, found),
    }
    return visit.draw("parts/control/presets.html", values)


async def show_cruises(visit: Visit) -> Response:
    """Draw the cruises of a camera."""
    device_id, channel_id = await _camera(visit)
    found, problem = await attempt(visit, visit.parts.commands.cruises(device_id, channel_id))
    tracks = [track for track in (found.items if found else ()) if track.number is not None]
    taken = {track.number for track in tracks}
    values = {
        "tracks": tracks,
        "vacant": _first_free(taken, 0, LAST_CRUISE),
        "problem": problem,
        "partial": tell_partial(visit, found),
        "device": device_id,
        "channel": channel_id,
    }
    return visit.draw("parts/control/cruises.html", values)


async def show_cruise(visit: Visit) -> Response:
    """Draw the points of one cruise, to be edited."""
    device_id, channel_id = await _camera(visit)
    text = visit.request.query_params.get("number", "")
    number = min(read_number(text), LAST_CRUISE) if text != "0" else 0
    commands = visit.parts.commands
    points, problem = await attempt(visit, commands.cruise(device_id, channel_id, number))
    presets, _ = await attempt(visit, commands.presets(device_id, channel_id))
    named = {
        preset.number: preset.name or str(preset.number)
        for preset in (presets.items if presets else ())
        if preset.number is not None
    }
    values = {
        "number": number,
        "name": "",
        "points": points.items if points else (),
        "problem": problem,
        "named": dict(sorted(named.items())),
    }
    return visit.draw("parts/control/cruise.html", values)


async def show_position(visit: Visit) -> Response:
    """Draw where a camera looks."""
    device_id, channel_id = await _camera(visit)
    at, problem = await attempt(visit, visit.parts.commands.position(device_id, channel_id))
    values = {"at": at, "problem": problem, "device": device_id, "channel": channel_id}
    return visit.draw("parts/control/position.html", values)


async def show_home(visit: Visit) -> Response:
    """Draw the home position of a camera."""
    device_id, channel_id = await _camera(visit)
    answer, problem = await attempt(visit, visit.parts.commands.home(device_id, channel_id))
    values = {"home": answer.home if answer is not None else None, "problem": problem}
    return visit.draw("parts/control/home.html", values)


async def attempt(visit: Visit, asked: Awaitable[T]) -> tuple[T | None, Problem | None]:
    """Return what *asked* gives, or the cause why not; a list of which nothing came is a cause."""
    try:
        found = await asked
        if isinstance(found, Gathered) and found.why is Why.SILENT:
            raise PeerSilent("no part of the list came", timer="answer", stage="answer")
    except Error as error:
        return None, describe(error, visit.words)
    return found, None


def tell_partial(visit: Visit, found: Gathered[T] | None) -> str:
    """Return what is missing of a list; empty when nothing is, or nobody can know."""
    if found is None or found.why in (None, Why.UNCOUNTED, Why.SURPLUS):
        return ""
    return visit.words("control.partial", received=found.unique, announced=found.announced or "?")


async def _camera(visit: Visit) -> tuple[str, str]:
    """Return the codes of the channel that is asked for; raises Missing when it is not seen."""
    asked = visit.request.query_params
    device_id, channel_id = asked.get("device", ""), asked.get("channel", "")
    target = await controls.target_of(visit.parts, visit.asker, device_id, channel_id)
    return target.device_id, target.channel_id


def _first_free(taken: "set[int | None]", first: int, last: int) -> int:
    return next((number for number in range(first, last) if number not in taken), last)
