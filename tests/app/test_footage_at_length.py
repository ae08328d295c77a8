"""A download of a simulated device's recording, at speed, with the device gone in the middle.

Everything is real: a node with its store, gateway and pages, a device in a process of its own, the
wire between them, and the file as a browser fetches it.  The device tells what it recorded; the
file must hold that, no picture more or less.
"""

import asyncio
import hashlib
import json
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import pytest

from tongshi.app.node import Node
from tongshi.cli.staff import Post, enter
from tongshi.settings import (
    DownloadSettings,
    MediaSettings,
    NodeSettings,
    Settings,
    SignallingSettings,
    StoreSettings,
    WebSettings,
)
from tongshi.sim import tone
from tongshi.sim.strip import MODULUS, read_counter
from tongshi.testing.client import Client, Json
from tongshi.testing.command import Command

_log = logging.getLogger(__name__)

FPS, GOP = 5, 10
RATE = 8000
DEVICE = "34020000001320000001"
CHANNEL = "34020000001310000001"


def settings(folder: Path, speed: int) -> Settings:
    return Settings(
        node=NodeSettings(data=str(folder / "data")),
        signalling=SignallingSettings(listen="127.0.0.1:0"),
        media=MediaSettings(
            workers=1, listen="127.0.0.1", ports_from=0, ports_to=0, viewer_listen="127.0.0.1:0"
        ),
        store=StoreSettings(flush=0.1),
        web=WebSettings(listen="127.0.0.1:0"),
        downloads=DownloadSettings(speed=speed),
    )


@dataclass
class Rig:
    """A node, a camera that has registered with it, and somebody who may download."""

    node: Node
    camera: Command
    client: Client

    async def call(self, method: str, path: str, body: object = None) -> Json:
        return await asyncio.to_thread(self.client.call, method, path, body)

    def order(self, **order: object) -> None:
        self.camera.say(json.dumps({"device": DEVICE, **order}))

    async def told(self, event: str, within: float) -> dict[str, Any]:
        line = await asyncio.to_thread(
            self.camera.line, lambda line: f'"event": "{event}"' in line, within=within
        )
        found = json.loads(line)
        assert isinstance(found, dict)
        return found

    async def until(self, number: int, moment: float | None, within: float) -> dict[str, Any]:
        """Return a download once it is saved up to *moment*, or over where that is None."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            now: dict[str, Any] = await self.call("GET", f"/downloads/{number}")
            _log.info("%s", {name: now[name] for name in ("state", "progress", "written", "why")})
            if moment is None and now["state"] in ("done", "failed", "cancelled"):
                return now
            if moment is not None and (now["saved"] or 0.0) >= moment:
                return now
            await asyncio.sleep(min(5.0, within / 100))
        raise TimeoutError


@asynccontextmanager
async def rig(folder: Path, speed: int, *, tcp: bool) -> AsyncIterator[Rig]:
    async with Node(settings(folder, speed)) as node:
        words = ["simulate", "camera", "--platform", f"127.0.0.1:{node.sip_port}", "--orders"]
        words += ["--fps", "25", "--tape-fps", str(FPS), "--tape-size", "320x180"]
        words += ["--transport", "tcp" if tcp else "udp"]
        environ = {"TONGSHI_SIMULATE_PASSWORD": node.device_password}
        with Command(*words, environ=environ) as camera:
            made = Rig(node, camera, await asyncio.to_thread(enter, node, Post.OFFICER))
            await asyncio.to_thread(camera.line, lambda line: "registered" in line)
            for _ in range(600):
                if await listed(made):
                    break
                await asyncio.sleep(0.1)
            yield made
            camera.close_input()


async def listed(made: Rig) -> bool:
    rows = (await made.call("GET", "/devices"))["rows"]
    return [row["catalog"]["state"] for row in rows] == ["complete"]


async def fetch(folder: Path, *, seconds: int, speed: int, away: float, tcp: bool) -> None:
    """Download *seconds* at *speed*, the device *away* in the middle, and check every frame."""
    async with rig(folder, speed, tcp=tcp) as made:
        # An even second: groups are two seconds long and are sent whole.
        since = int(time.time() - 600 - seconds) // 2 * 2
        until = since + seconds
        asked = {"device": DEVICE, "channel": CHANNEL, "purpose": "evidence"}
        added = await made.call("POST", "/downloads", {**asked, "since": since, "until": until})
        number, began = added["id"], time.monotonic()
        patience = seconds / speed + 60.0
        await made.until(number, since + seconds / 2, patience)
        made.order(do="vanish", seconds=away)
        gone = await made.until(number, None, patience + away + 240.0)
        took = time.monotonic() - began
        assert gone["state"] == "done", gone
        path = folder / "fetched.mp4"
        data = await asyncio.to_thread(made.client.fetch, "GET", f"/downloads/{number}/file")
        path.write_bytes(data)
        made.order(do="digest", channel=CHANNEL, since=since, until=until)
        recorded = await made.told("digest", 600.0 + seconds)
    frames = seconds * FPS
    log = {"seconds": seconds, "speed": speed, "away": away, "took": round(took, 1)}
    _log.warning("%s", {**log, **gone, "frames": frames, "recorded": recorded})
    assert recorded["first"] == since * FPS
    assert gone["frames"] == recorded["frames"] == frames
    assert gone["pictures_digest"] == recorded["samples"]
    # Sound has no place in time before the first picture is whole: a frame's worth is left out.
    assert gone["sound_digest"] == sound_digest(since * FPS + 1, frames - 1)
    assert gone["digest"] == hashlib.sha256(data).hexdigest()
    assert (gone["shows_since"], gone["shows_until"]) == (since, until)
    assert not gone["doubtful"]
    assert took < seconds / speed + away + 120
    await asyncio.to_thread(check, path, since * FPS, frames)


def sound_digest(first: int, frames: int) -> str:
    """Return the digest of the tone that belongs to *frames* frames from *first* on."""
    digest = hashlib.sha256()
    for number in range(first, first + frames):
        digest.update(tone.listen(number * RATE // FPS, (number + 1) * RATE // FPS))
    return digest.hexdigest()


def check(path: Path, first: int, frames: int) -> None:
    """See that the file plays from its first bytes and shows each frame once, in its time."""
    head = path.read_bytes()[:64]
    assert head[4:8] == b"ftyp"
    assert head[int.from_bytes(head[:4], "big") + 4 :][:4] == b"moov"
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        base = stream.time_base
        assert base is not None
        stamps = [packet.pts for packet in file.demux(stream) if packet.size]
    step = round(1 / FPS / base)
    assert stamps == list(range(0, frames * step, step))
    with av.open(str(path)) as file:
        file.streams.video[0].thread_type = "AUTO"
        seen = [read_counter(frame.to_ndarray(format="gray8")) for frame in file.decode(video=0)]
    assert seen == [number % MODULUS for number in range(first, first + frames)]


@pytest.mark.network
@pytest.mark.parametrize("tcp", [False, True])
def test_a_device_that_is_gone_for_a_moment_leaves_no_seam(tmp_path: Path, tcp: bool) -> None:
    asyncio.run(fetch(tmp_path, seconds=120, speed=16, away=3.0, tcp=tcp))


@pytest.mark.clause("9.9")
@pytest.mark.network
@pytest.mark.long
def test_two_hours_at_four_times_with_half_a_minute_of_absence(tmp_path: Path) -> None:
    """Half an hour; ``TONGSHI_SOAK_SECONDS`` makes it shorter."""
    seconds = int(os.environ.get("TONGSHI_SOAK_SECONDS", "7200"))
    asyncio.run(fetch(tmp_path, seconds=seconds, speed=4, away=30.0, tcp=False))
