"""The tree of cameras, a level at a time, and how many there are."""

import asyncio
from dataclasses import dataclass

from tongshi.api.asker import AskerOf, PartsOf
from tongshi.api.devices import Number, Size
from tongshi.db.page import Page
from tongshi.registry.entry import Counts, Node, View


@dataclass(frozen=True, slots=True)
class Totals:
    """Devices and cameras by state, as far as the asker may see."""

    devices: Counts
    cameras: Counts


async def read_level(
    parts: PartsOf,
    asker: AskerOf,
    view: View = View.DEVICES,
    under: str = "",
    number: Number = 1,
    size: Size = 100,
) -> Page[Node]:
    """Return one level of the tree: the top, or what is below the node with the key ``under``."""
    return await asyncio.to_thread(
        parts.registry.level,
        asker.scope,
        view,
        under,
        number=number,
        size=size,
        language=asker.words.language.value,
    )


async def count(parts: PartsOf, asker: AskerOf) -> Totals:
    """Return how many devices and cameras are online, offline and unknown."""
    devices, cameras = await asyncio.to_thread(parts.registry.counts, asker.scope)
    return Totals(devices, cameras)
