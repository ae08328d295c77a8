"""The Live page: the tree of cameras beside the wall."""

import asyncio
from dataclasses import asdict, dataclass

from starlette.datastructures import QueryParams
from starlette.responses import Response

from tongshi.access.permission import Permission
from tongshi.api.live import list_purposes
from tongshi.console.visit import Visit
from tongshi.errors import Missing
from tongshi.registry.entry import Channel, Node, NodeKind, Query, View
from tongshi.registry.state import State
from tongshi.signalling.event import Kind

LAYOUTS = (1, 4, 9, 16, 25)
FIRST_LAYOUT = 4
LEVEL = 100
"""Nodes of a level that come at once."""
FOUND = 60
"""Cameras that a search shows."""
WORDS = (
    "tile",
    "reason",
    "live",
    "control",
    "talk",
    "tree",
    "state",
    "stage",
    "trouble",
    "advice",
    "problem",
    "time",
)
_SHAPES = {
    NodeKind.REGION: "region",
    NodeKind.PLATFORM: "platform",
    NodeKind.GROUP: "folder",
    NodeKind.ORGANISATION: "folder",
    NodeKind.DEVICE: "recorder",
    NodeKind.CAMERA: "camera",
    NodeKind.OTHER: "dot",
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A camera in the tree.  path: where it is, when it stands outside of its place."""

    device_id: str
    channel_id: str
    title: str
    state: State
    path: str = ""


async def show_live(visit: Visit) -> Response:
    """Draw the page; its address says layout, stream and channels."""
    asked = visit.request.query_params
    person = visit.asker.person
    layout, tiles = read_wall(asked)
    begin = {
        "person": person.id,
        "layout": layout,
        "stream": read_kind(asked.get("stream", "")).value,
        "tiles": await asyncio.gather(*(name_tile(visit, *tile) for tile in tiles)),
        "talks": person.may(Permission.TALK),
        "purposes": [asdict(purpose) for purpose in await list_purposes(visit.parts, visit.asker)],
    }
    values = {
        **await tree_of(visit),
        "begin": begin,
        "counts": await _counts(visit),
        "words_for_page": visit.words.part(*WORDS),
    }
    return visit.draw("live.html", values)


async def show_tree(visit: Visit) -> Response:
    """Draw the tree's top, or what a search finds."""
    return visit.draw("parts/tree.html", await tree_of(visit))


async def show_level(visit: Visit) -> Response:
    """Draw one level of the tree."""
    asked = visit.request.query_params
    view, under = read_view(asked.get("view", "")), asked.get("under", "")
    level = await _level(visit, view, under, read_number(asked.get("number", "")))
    return visit.draw("parts/level.html", level)


async def show_counts(visit: Visit) -> Response:
    """Draw how many cameras are in which state."""
    return visit.draw("parts/counts.html", {"counts": await _counts(visit)})


def read_wall(asked: QueryParams) -> tuple[int, list[tuple[str, str]]]:
    """Return layout and channels of an address; what cannot be read is left out."""
    given = asked.get("layout", "")
    layout = int(given) if given in map(str, LAYOUTS) else FIRST_LAYOUT
    named = [tile.partition("/") for tile in asked.get("tiles", "").split(",")]
    tiles = [(device, channel) for device, _, channel in named][:layout]
    return layout, tiles if any(device for device, _ in tiles) else []


def read_kind(text: str) -> Kind:
    """Return the stream that *text* names, else the main one."""
    return Kind.SUB if text == Kind.SUB.value else Kind.MAIN


def read_view(text: str) -> View:
    """Return the view that *text* names, else that by devices."""
    return View.REGIONS if text == View.REGIONS.value else View.DEVICES


def read_number(text: str) -> int:
    """Return the page that *text* names, else the first."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1


async def name_tile(visit: Visit, device_id: str, channel_id: str) -> dict[str, str] | None:
    """Return a channel of the address with its name; None for a vacant tile, or one not seen."""
    if not device_id or not channel_id:
        return None
    try:
        channel = await asyncio.to_thread(
            visit.parts.registry.channel, visit.asker.scope, device_id, channel_id
        )
    except Missing:
        return None
    return {"device": device_id, "channel": channel_id, "name": channel.name or channel_id}


async def _counts(visit: Visit) -> object:
    _, cameras = await asyncio.to_thread(visit.parts.registry.counts, visit.asker.scope)
    return cameras


async def tree_of(visit: Visit) -> dict[str, object]:
    """Return what the tree is drawn from: its top, or what the address searches for."""
    asked = visit.request.query_params
    view, text = read_view(asked.get("view", "")), asked.get("text", "").strip()[:100]
    if not text:
        return {**await _level(visit, view, "", 1), "found": None, "text": ""}
    query = Query(text=text, size=FOUND)
    page = await asyncio.to_thread(visit.parts.registry.channels, visit.asker.scope, query)
    found = {"rows": [_found(channel) for channel in page.rows], "total": page.total}
    return {"found": found, "text": text, "view": view.value}


async def _level(visit: Visit, view: View, under: str, number: int) -> dict[str, object]:
    page = await asyncio.to_thread(
        visit.parts.registry.level,
        visit.asker.scope,
        view,
        under,
        number=number,
        size=LEVEL,
        language=visit.words.language.value,
    )
    return {
        "rows": [(node, _leaf(node), _SHAPES[node.kind]) for node in page.rows],
        "left": max(0, page.total - page.number * page.size),
        "number": page.number,
        "view": view.value,
        "under": under,
    }


def _leaf(node: Node) -> Leaf | None:
    """Return a camera of a level as a leaf; None for what may have something below."""
    if node.kind is not NodeKind.CAMERA:
        return None
    title = node.title or node.channel_id
    return Leaf(node.device_id, node.channel_id, title, node.state or State.UNKNOWN)


def _found(channel: Channel) -> Leaf:
    title = channel.name or channel.channel_id
    return Leaf(channel.device_id, channel.channel_id, title, channel.state, channel.device_name)
