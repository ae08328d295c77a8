"""A node and simulated devices: subscribed to, told, kept; by NOTIFY, and by MESSAGE where not."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tongshi.access.scope import EVERYTHING
from tongshi.alarms.alarm import Query
from tongshi.app.node import Node
from tongshi.gb28181.subscription import Subject
from tongshi.registry.entry import CatalogState
from tongshi.registry.position import Query as Where
from tongshi.settings import (
    EventSettings,
    MediaSettings,
    NodeSettings,
    Settings,
    SignallingSettings,
    StoreSettings,
    WebSettings,
)
from tongshi.signalling.tie import State
from tongshi.sim.film import Shot
from tongshi.sim.fleet import Fleet
from tongshi.sim.join import Join
from tongshi.sim.town import demo_town

SECRET = "a word for devices"
SMALL = Shot(width=160, height=90, bitrate=100_000)


async def until(done: Callable[[], object], seconds: float = 40.0) -> None:
    for _ in range(round(seconds / 0.05)):
        if done():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


def settings_in(folder: Path) -> Settings:
    return Settings(
        node=NodeSettings(data=str(folder)),
        signalling=SignallingSettings(listen="127.0.0.1:0", password=SECRET),
        media=MediaSettings(
            workers=0, listen="127.0.0.1", viewer_listen="127.0.0.1:0", ports_from=0, ports_to=0
        ),
        store=StoreSettings(flush=0.1),
        web=WebSettings(listen="127.0.0.1:0"),
        events=EventSettings(reset=True, poll=1.0),
    )


@pytest.mark.network
@pytest.mark.clause("9.4", "9.11.2", "9.11.3", "9.11.4")
@pytest.mark.parametrize("quirks", [(), ("no-subscribe",)])
def test_alarms_positions_and_changes(tmp_path: Path, quirks: tuple[str, ...]) -> None:
    async def main() -> None:
        async with Node(settings_in(tmp_path)) as node:
            spec = replace(demo_town(SMALL)[-1], quirks=quirks)
            device, cameras = spec.device_id, spec.profile.channels
            join = Join(node.settings.signalling.id, SECRET)
            ties = node.signalling.subscriptions
            async with Fleet([spec], "127.0.0.1", node.sip_port, join) as fleet:
                await until(lambda: ties.standing(device))
                ties.want(device, Subject.POSITION, interval=1)
                state = State.FALLBACK if quirks else State.ACTIVE
                await until(lambda: {one.state for one in ties.standing(device)} == {state})
                await until(lambda: _catalog(node, device) is CatalogState.COMPLETE)

                async def order(**what: object) -> None:
                    await fleet.obey({"device": device, **what})

                first, second = cameras[0].channel_id, cameras[1].channel_id
                await order(do="alarm", target=first, method=5, priority=2, kind=2, text="moved")
                await order(do="alarm", target=first, method=2, priority=1, kind=1, text="lost")
                await order(do="move", points=[[117.1, 31.8], [117.2, 31.9]], speed=60, loop=True)
                await order(do="position")
                await order(do="change", changes=[[second, "OFF"]])
                await until(lambda: node.alarms.page(EVERYTHING, Query()).total == 2)
                await until(lambda: node.positions.latest(EVERYTHING, Where()).total == 1)
                await until(lambda: _said(node, device, second) == "offline")
                await until(lambda: node.incidents.counters["reset"] == 1)
                counts = fleet.camera(device).device.reports.counts[Subject.ALARM]
                await until(lambda: counts.confirmed == counts.sent == 2)

    asyncio.run(main())


def _catalog(node: Node, device_id: str) -> CatalogState:
    return node.registry.device(EVERYTHING, device_id).catalog.state


def _said(node: Node, device_id: str, channel_id: str) -> str:
    return node.registry.channel(EVERYTHING, device_id, channel_id).state.value
