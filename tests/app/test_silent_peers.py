"""Fifty devices that answer nothing, asked for everything; one that answers waits for none of them.

The platform believes all of them online: they fell silent a moment ago.  That nobody waits for
another is told by order, not by time: everything that the good device is asked has succeeded
before the first of the others' requests has come to its end.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tongshi.app.node import Node
from tongshi.cli.staff import Post, enter
from tongshi.settings import (
    MediaSettings,
    NodeSettings,
    Settings,
    SignallingSettings,
    WebSettings,
)
from tongshi.sim.film import Shot
from tongshi.sim.fleet import Fleet
from tongshi.sim.join import Join
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.town import Spec

_log = logging.getLogger(__name__)

SILENT = 50
SHOT = Shot(view="orbits", width=160, height=90, fps=10, gop=10, bitrate=60_000)
WHY = "patrol"
GOOD = 0
Wish = tuple[str, str, str, dict[str, object] | None]
"""What it is called, method, path, body."""

STAGES = {
    "presets": {"query"},
    "status": {"query"},
    "config": {"query"},
    "records": {"query"},
    "control": {"query"},
    "preset": {"query"},
    "live": {"invite"},
    "playback": {"invite", "playback"},
    "talk": {"query"},
}
"""At which stage each fails with a device that answers nothing."""


def device_of(number: int) -> str:
    return f"34020000001320{number:06}"


def channel_of(number: int) -> str:
    return f"34020000001310{number:06}"


def spec_of(number: int) -> Spec:
    channel = Channel(channel_of(number), f"球机 {number}", SHOT, ptz_type=1)
    voice = f"34020000001370{number:06}"
    return Spec(Profile(device_of(number), channel.name, (channel,), voice=voice))


def wishes(number: int) -> list[Wish]:
    """Return everything that can be asked of a device, with its answer in the same exchange."""
    device, channel = device_of(number), channel_of(number)
    path = f"/devices/{device}/channels/{channel}"
    what: dict[str, object] = {"device": device, "channel": channel, "purpose": WHY}
    until = int(time.time()) - 600
    move: dict[str, object] = {"do": "move", "pan": 1.0, "purpose": WHY}
    preset: dict[str, object] = {"do": "preset", "act": "call", "number": 1, "purpose": WHY}
    return [
        ("live", "POST", "/live?wait=60", what),
        ("playback", "POST", "/playback?wait=60", {**what, "since": until - 60, "until": until}),
        ("talk", "POST", "/talks", what),
        ("control", "POST", f"{path}/control", move),
        ("preset", "POST", f"{path}/control", preset),
        ("presets", "GET", f"{path}/presets", None),
        ("status", "GET", f"{path}/status", None),
        ("config", "GET", f"{path}/config?types=BasicParam", None),
        ("records", "GET", f"{path}/records?since={until - 3600}&until={until}", None),
    ]


@dataclass(frozen=True)
class Desk:
    """Who asks: an officer for pictures, an administrator of the system for settings."""

    officer: httpx.AsyncClient
    system: httpx.AsyncClient

    def of(self, name: str) -> httpx.AsyncClient:
        """Return who asks for what is called so."""
        return self.system if name == "config" else self.officer


async def browse(node: Node, post: Post) -> httpx.AsyncClient:
    """Return the client of *post*, who signs in."""
    cookie = (await asyncio.to_thread(enter, node, post)).cookie
    return httpx.AsyncClient(
        base_url=node.web_address,
        headers={"Origin": node.web_address, "Accept-Language": "en", "Cookie": cookie},
        limits=httpx.Limits(max_connections=None),
        timeout=120.0,
    )


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[tuple[Node, Fleet, Desk]]:
    given = Settings(
        node=NodeSettings(data=str(folder)),
        signalling=SignallingSettings(
            listen="127.0.0.1:0", message_timeout=10.0, invite_timeout=20.0
        ),
        media=MediaSettings(
            workers=0, listen="127.0.0.1", ports_from=0, ports_to=0, viewer_listen="127.0.0.1:0"
        ),
        web=WebSettings(listen="127.0.0.1:0"),
    )
    async with Node(given) as node:
        join = Join(node.settings.signalling.id, node.device_password)
        specs = [spec_of(number) for number in range(SILENT + 1)]
        async with (
            Fleet(specs, "127.0.0.1", node.sip_port, join) as fleet,
            await browse(node, Post.OFFICER) as officer,
            await browse(node, Post.SYSTEM) as system,
        ):
            await until_met(node, len(specs))
            yield node, fleet, Desk(officer, system)


async def until_met(node: Node, count: int) -> None:
    """Wait until every device has told its catalog and is subscribed to."""
    for _ in range(600):
        figures = node.signalling.figures()
        ready = figures["subscriptions.active"] >= 2 * count
        if ready and not figures["requests.open"] and not figures["queries.waiting"]:
            return
        await asyncio.sleep(0.1)
    raise TimeoutError


async def until_asked(node: Node, count: int) -> None:
    """Wait until so many requests wait for their answers."""
    for _ in range(600):
        if node.signalling.figures()["requests.open"] >= count:
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


async def ask(desk: Desk, wish: Wish) -> httpx.Response:
    name, method, path, body = wish
    return await desk.of(name).request(method, f"/api{path}", json=body)


async def ask_all(desk: Desk, number: int) -> float:
    """Ask a device for everything, see that it all succeeds, undo it; return how long it took."""
    began = time.monotonic()
    wanted = wishes(number)
    answers = await asyncio.gather(*(ask(desk, wish) for wish in wanted))
    took = time.monotonic() - began
    for (name, *_), answer in zip(wanted, answers, strict=True):
        assert answer.status_code in (200, 201), (name, answer.text)
        told = answer.json()
        if name in ("live", "playback"):
            assert told["state"] == "ready"
            assert (await desk.officer.delete(f"/api/{name}/{told['view']}")).is_success
        elif name == "talk":
            assert (await desk.officer.delete(f"/api/talks/{told['talk']}")).is_success
    return took


@pytest.mark.network
def test_nobody_waits_for_fifty_silent_devices(tmp_path: Path) -> None:
    async def main() -> None:
        async with house(tmp_path) as (node, fleet, desk):
            alone = await ask_all(desk, GOOD)
            for number in range(1, SILENT + 1):
                fleet.camera(device_of(number)).kill()
            vain = {
                (number, wish[0]): asyncio.create_task(ask(desk, wish))
                for number in range(1, SILENT + 1)
                for wish in wishes(number)
            }
            wanted = {
                device: asyncio.create_task(subscribe(desk.system, device)) for device in silent()
            }
            # Until each of them waits for something: two queries, two orders, two INVITEs, a talk.
            await until_asked(node, 7 * SILENT)
            beside = await ask_all(desk, GOOD)
            assert not [key for key, task in vain.items() if task.done()]
            _log.warning("alone=%.2f s, beside %d silent=%.2f s", alone, SILENT, beside)
            await asyncio.gather(*wanted.values())
            await asyncio.gather(*vain.values())
            for (number, name), task in vain.items():
                check_failure(name, task.result(), device_of(number))
            for device in silent():
                await check_subscription(desk.system, device)

    asyncio.run(main())


def silent() -> list[str]:
    return [device_of(number) for number in range(1, SILENT + 1)]


async def subscribe(client: httpx.AsyncClient, device: str) -> None:
    """Want positions of a device; that is answered at once, and done in the background."""
    path = f"/api/devices/{device}/subscriptions/position"
    assert (await client.put(path, json={"interval": 5})).is_success


def check_failure(name: str, answer: httpx.Response, device: str) -> None:
    """See that a failure says what failed, where, and what to do."""
    told = answer.json()
    assert answer.status_code == 504, (device, name, told)
    assert told["code"] == "peer.silent", (device, name, told)
    assert told["stage"] in STAGES[name], (device, name, told)
    assert told["timer"]
    assert told["title"]
    assert told["advice"]


async def check_subscription(client: httpx.AsyncClient, device: str) -> None:
    """See that what was wanted in vain is still wanted, and says why it does not stand."""
    told = (await client.get(f"/api/devices/{device}/subscriptions")).json()
    [wanted] = [each for each in told if each["subject"] == "position"]
    assert (wanted["why"], wanted["expires"], wanted["chosen"]) == ("silent", 0, True), wanted
