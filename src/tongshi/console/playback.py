"""The Playback page: the tree of cameras beside a day's line of time; and the downloads."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from starlette.datastructures import QueryParams
from starlette.responses import Response

from tongshi.api.downloads import page_of
from tongshi.api.live import list_purposes
from tongshi.console.devices import SIZES
from tongshi.console.visit import Visit
from tongshi.console.wall import name_tile, read_number, tree_of

SPEEDS = (0.25, 0.5, 1, 2, 4, 8)
WORDS = (
    "playback",
    "reason",
    "tree",
    "state",
    "stage",
    "trouble",
    "tile",
    "advice",
    "problem",
    "time",
)
GOOD = frozenset({"done"})
ENDED = frozenset({"done", "failed", "cancelled", "gone"})


@dataclass(frozen=True, slots=True)
class Begun:
    """What the address asks for.  day: ISO 8601, of the node's zone.  at: UNIX time, s."""

    day: str
    at: float | None = None
    camera: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page of the downloads."""

    number: int = 1
    size: int = field(default=50)


def read_begun(asked: QueryParams, wall: float) -> Begun:
    """Return what an address asks for; what cannot be read is as if it were not said.

    wall: UNIX time now: today is where nothing is said.
    """
    device, _, channel = asked.get("camera", "").partition("/")
    at = asked.get("at", "")
    moment = float(at) if at.isascii() and at.isdigit() and len(at) < 12 else None
    try:
        day = datetime.fromisoformat(asked.get("day", "")[:10])
    except ValueError:
        day = datetime.fromtimestamp(wall if moment is None else moment, UTC).astimezone()
    camera = (device, channel) if device and channel else None
    return Begun(day.strftime("%Y-%m-%d"), moment, camera)


async def show_playback(visit: Visit) -> Response:
    """Draw the page; its address says camera, day and moment."""
    begun = read_begun(visit.request.query_params, visit.parts.clock.wall())
    person = visit.asker.person
    begin = {
        "person": person.id,
        "day": begun.day,
        "at": begun.at,
        "channel": None if begun.camera is None else await name_tile(visit, *begun.camera),
        "purposes": [asdict(purpose) for purpose in await list_purposes(visit.parts, visit.asker)],
    }
    values = {
        **await tree_of(visit),
        "begin": begin,
        "speeds": SPEEDS,
        "words_for_page": visit.words.part(*WORDS),
    }
    return visit.draw("playback.html", values)


async def show_downloads(visit: Visit) -> Response:
    """Draw the page of downloads."""
    words = visit.words.part("time", "problem", "advice", "trouble")
    return visit.draw("downloads.html", {**await _list(visit), "words_for_page": words})


async def show_download_list(visit: Visit) -> Response:
    """Draw their list."""
    return visit.draw("parts/downloads.html", await _list(visit))


async def _list(visit: Visit) -> dict[str, object]:
    asked = visit.request.query_params
    size = asked.get("size", "")
    wanted = Wanted(
        read_number(asked.get("number", "")), int(size) if size in map(str, SIZES) else 50
    )
    rows = await page_of(visit.parts, visit.asker, wanted.number, wanted.size)
    return {"rows": rows, "query": wanted, "sizes": SIZES, "good": GOOD, "over": ENDED}
