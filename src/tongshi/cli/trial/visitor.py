"""Somebody at a browser: signs in, looks, and tells what the pictures say."""

import asyncio
import io
import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import av
import numpy as np
from numpy.typing import NDArray

from tongshi.cli.trial.verdict import Broken, hold
from tongshi.errors import PeerRefused, PeerSilent
from tongshi.sim.strip import MODULUS, read_counter
from tongshi.testing.client import Client, Json, Refused
from tongshi.testing.viewer import Watched, watch

T = TypeVar("T")

PURPOSE = "patrol"
_LOOK = 40.0
"""How long one look may take, s."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look showed.

    first: s from asking to the first picture's bytes.  frames: decoded.  advanced: by how much the
    counter went on.  lost: packets, as the player was told.
    """

    codec: str
    transport: str
    transcoded: bool
    first: float
    frames: int
    advanced: int
    lost: int
    audio: int


class Visitor:
    """One signed-in person.

    Blocking calls go to *threads* of their own: the node under trial lives in this process, and
    must not wait for a thread that waits for it.
    """

    def __init__(self, client: Client, threads: ThreadPoolExecutor) -> None:
        self.client = client
        self._threads = threads

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Return what *work* returns, from one of the threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(work, *arguments))

    async def call(self, method: str, path: str, body: object = None) -> Json:
        """Return the decoded answer of the interface; raises Refused."""
        return await self.run(self.client.call, method, path, body)

    async def fetch(self, method: str, path: str, body: object = None) -> bytes:
        """Return the bytes of an answer of the interface; raises Refused."""
        return await self.run(self.client.fetch, method, path, body)

    async def ask(self, device: str, channel: str, **wish: object) -> dict[str, Any]:
        """Ask for a live view; return what the node says of it."""
        body = {"device": device, "channel": channel, "purpose": PURPOSE, **wish}
        told = await self.call("POST", "/live?wait=40", body)
        hold(isinstance(told, dict) and "url" in told, f"{channel}: no address: {told}")
        return dict(told)

    async def look(self, device: str, channel: str, *, messages: int, **wish: object) -> Seen:
        """Watch *messages* of a channel, decode them, and return what they show.

        Raises Broken when the picture does not move on, PeerSilent, Refused.
        """
        began = time.monotonic()
        view = await self.ask(device, channel, **wish)
        asked = time.monotonic() - began
        try:
            watched = await watch(
                view["url"], messages=messages, within=_LOOK, cookie=self.client.cookie
            )
        except (PeerSilent, PeerRefused) as error:
            raise Broken(f"{channel}: {error}") from error
        finally:
            await self.close(view["view"])
        return await self.run(judge, channel, view, watched, asked)

    async def picture(self, device: str, channel: str) -> int:
        """Return the counter in a snapshot of a channel."""
        body = {"device": device, "channel": channel, "purpose": PURPOSE}
        data = await self.fetch("POST", "/snapshots", body)
        counter = read_counter(still(channel, data))
        hold(counter is not None, f"{channel}: the snapshot's counter cannot be read")
        return counter or 0

    async def refusal(self, device: str, channel: str) -> dict[str, Any]:
        """Return the problem with which a look fails; raises Broken when it does not."""
        try:
            view = await self.ask(device, channel)
        except Refused as refused:
            return refused.problem
        await self.close(view["view"])
        raise Broken(f"{channel}: a picture came where none can be")

    async def close(self, view: str, kind: str = "live") -> None:
        """Close a view, or a ``playback``, that may have ended by itself meanwhile."""
        try:
            await self.call("DELETE", f"/{kind}/{view}")
        except Refused as refused:
            if refused.status != 404:  # ended by itself meanwhile
                raise


def still(channel: str, data: bytes) -> NDArray[np.uint8]:
    """Return the picture of a JPEG as uint8[H, W, 3], RGB; raises Broken."""
    try:
        with av.open(io.BytesIO(data), "r", format="mjpeg") as container:
            frame = next(container.decode(video=0))
    except (av.FFmpegError, StopIteration) as error:
        raise Broken(f"{channel}: the snapshot does not decode: {error!r}") from error
    return frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)


def judge(channel: str, view: dict[str, Any], watched: Watched, asked: float) -> Seen:
    """Decode what was *watched*; raises Broken unless its counters strictly advance.

    asked: s until the node had answered.
    """
    try:
        counters = [counter for counter in watched.counters() if counter is not None]
    except av.FFmpegError as error:
        raise Broken(f"{channel}: the stream does not decode: {error}") from error
    hold(len(counters) >= 10, f"{channel}: {len(counters)} readable pictures, end={watched.end}")
    steps = [(after - before) % MODULUS for before, after in itertools.pairwise(counters)]
    hold(
        all(0 < step < MODULUS // 2 for step in steps),
        f"{channel}: the counter does not advance: {counters[:40]}",
    )
    hold(watched.tracks, f"{channel}: no track was told")
    return Seen(
        codec=str(watched.tracks[-1]["codec"]),
        transport=str(view["transport"]),
        transcoded=bool(view["transcoded"]),
        first=asked + (watched.first or 0.0),
        frames=len(counters),
        advanced=sum(steps),
        lost=int(watched.figures[-1].get("lost", 0)) if watched.figures else 0,
        audio=watched.audio,
    )
