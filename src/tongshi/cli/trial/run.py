"""The promises of the demonstration, tried one after the other."""

import asyncio
import secrets
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from tongshi.app.node import Node
from tongshi.cli.trial.verdict import Broken, Verdict, hold
from tongshi.cli.trial.visitor import Seen, Visitor
from tongshi.gateway.engine import Transport
from tongshi.sim.town import LOSSY, Spec
from tongshi.testing.client import Client, Refused

AT_ONCE = 8
"""Looks at once: each is decoded here, beside the node."""
MESSAGES = 40
"""Messages of one look: the group of pictures, then single frames."""
LOSSY_MESSAGES = 100
"""The same over the lossy wire, which loses nothing of the first second or two."""
_PATIENCE = 30.0


class Devices(Protocol):
    """Simulated devices that take orders."""

    async def tell(self, order: dict[str, Any]) -> None:
        """Carry out one order; see :mod:`tongshi.sim.fleet`."""


class Trial:
    """One run over one node.  Its methods are the checks, in the order in which they are made.

    specs: what *town* consists of: four devices or more, one of them on a lossy wire, one that
    sends H.265.
    """

    def __init__(
        self,
        node: Node,
        town: Devices,
        specs: Sequence[Spec],
        verdict: Verdict,
        threads: ThreadPoolExecutor,
    ) -> None:
        self.node = node
        self.town = town
        self.specs = specs
        self.verdict = verdict
        self.visitor = Visitor(Client(node.web_address), threads)
        self._threads = threads
        self.channels: list[tuple[Spec, str]] = [
            (spec, channel.channel_id) for spec in self.specs for channel in spec.profile.channels
        ]

    async def sign_in(self, seen: Callable[[str], None]) -> None:
        """The generated password opens nothing but its own change."""
        first = self.node.first
        hold(first is not None, "no first password was made")
        if first is None:
            return
        client = Client(self.node.web_address)
        visitor = Visitor(client, self._threads)
        await visitor.run(client.sign_in, first.name, first.password)
        try:
            await visitor.call("GET", "/devices")
        except Refused as refused:
            hold(refused.status == 403, f"devices before the change: {refused}")
        else:
            raise Broken("devices are shown before the password was changed")
        fresh = secrets.token_urlsafe(12)
        await visitor.run(client.change_password, first.password, fresh)
        self.visitor = visitor
        seen("must be changed, was changed")

    async def registered(self, seen: Callable[[str], None]) -> None:
        """Every device is online."""

        async def online() -> str:
            rows = await self._devices()
            missing = [row["device_id"] for row in rows if row["state"] != "online"]
            if len(rows) < len(self.specs):
                return f"{len(rows)} of {len(self.specs)} devices are known"
            return f"not online: {missing}" if missing else ""

        await self._until(online)
        seen(f"{len(self.specs)} devices online")

    async def catalogs(self, seen: Callable[[str], None]) -> None:
        """Every catalog is complete, and every channel is there."""

        async def complete() -> str:
            rows = await self._devices()
            open_ = [row["device_id"] for row in rows if row["catalog"]["state"] != "complete"]
            return f"not complete: {open_}" if open_ else ""

        await self._until(complete)
        page = await self.visitor.call("GET", "/channels?size=500")
        known = {(row["device_id"], row["channel_id"]) for row in page["rows"]}
        missing = [key for spec, key in self.channels if (spec.device_id, key) not in known]
        hold(not missing, f"channels that are not there: {missing}")
        seen(f"{len(self.specs)} complete, {len(self.channels)} channels")

    async def live(self, transport: Transport, seen: Callable[[str], None]) -> None:
        """Every channel shows a picture that moves, over *transport*."""
        await self._until(self._idle)  # a stream that is still there would be shared as it is
        room = asyncio.Semaphore(AT_ONCE)

        async def one(spec: Spec, channel: str) -> Seen:
            async with room:
                return await self.visitor.look(
                    spec.device_id,
                    channel,
                    messages=MESSAGES,
                    transport=transport.value,
                    plays=["h264", "hevc"],
                )

        looks = await asyncio.gather(
            *(one(spec, channel) for spec, channel in self.channels), return_exceptions=True
        )
        faults = [str(look) for look in looks if isinstance(look, BaseException)]
        hold(not faults, f"{len(faults)} of {len(looks)} failed: {' | '.join(faults[:5])}")
        good = [look for look in looks if isinstance(look, Seen)]
        strays = {look.transport for look in good} - {transport.value}
        hold(not strays, f"came over {strays}")
        self._note_live(transport, good)
        codecs = sorted({look.codec for look in good})
        seen(
            f"{len(good)} channels, {', '.join(codecs)}, {sum(look.frames for look in good)} frames"
        )

    def _note_live(self, transport: Transport, looks: list[Seen]) -> None:
        way = transport.value.replace("-", "_")
        name = f"first_picture_{way}"
        firsts = sorted(look.first * 1000 for look in looks)
        self.verdict.figures[f"{name}_median_ms"] = round(statistics.median(firsts))
        self.verdict.figures[f"{name}_max_ms"] = round(firsts[-1])
        self.verdict.figures[f"lost_{way}_packets"] = sum(look.lost for look in looks)

    async def loss(self, seen: Callable[[str], None]) -> None:
        """A lossy wire costs pictures, not the stream; what was lost is told to the viewer."""
        await self._until(self._idle)
        spec = next(spec for spec in self.specs if spec.impairments == LOSSY)
        channel = spec.profile.channels[0].channel_id
        look = await self.visitor.look(
            spec.device_id, channel, messages=LOSSY_MESSAGES, transport="udp"
        )
        hold(look.lost > 0, "no lost packet was counted")
        hold(look.advanced > 50, f"the counter went on by {look.advanced} only")
        seen(f"{look.lost} packets lost, {look.frames} frames over {look.advanced}")

    async def transcode(self, seen: Callable[[str], None]) -> None:
        """H.265 for a browser that cannot decode it arrives as H.264."""
        spec, channel = self._h265()
        look = await self.visitor.look(spec.device_id, channel, messages=30, plays=["h264"])
        hold(look.transcoded and look.codec == "h264", f"came as {look.codec}")
        seen(f"{look.frames} frames, first after {look.first:.2f} s")

    async def snapshot(self, seen: Callable[[str], None]) -> None:
        """Snapshots of H.264 and H.265 decode and move on."""
        for spec, channel in (self.channels[0], self._h265()):
            first = await self.visitor.picture(spec.device_id, channel)
            await asyncio.sleep(1.5)
            second = await self.visitor.picture(spec.device_id, channel)
            hold((second - first) > 0, f"{channel}: {first} then {second}")
        seen("two of each, moving on")

    async def shared(self, seen: Callable[[str], None]) -> None:
        """However many watch, the camera is asked once."""
        spec, channel = self.channels[1]
        await self._until(self._idle)
        before = self._opened()
        look = self.visitor.look
        await asyncio.gather(*(look(spec.device_id, channel, messages=60) for _ in range(4)))
        opened = self._opened() - before
        hold(opened == 1, f"{opened:g} upstream sessions for four viewers")
        seen("four viewers, one upstream session")

    async def refused(self, seen: Callable[[str], None]) -> None:
        """Failures name their stage and cause."""
        spec, channel = self.channels[2]
        try:
            for quirk, code, stage in (
                ("refuse-invite", "peer.refused", "invite"),
                ("no-media", "peer.silent", "media"),
            ):
                await self._quirks(spec, quirk)
                problem = await self.visitor.refusal(spec.device_id, channel)
                told = (problem.get("code"), problem.get("stage"))
                hold(told == (code, stage), f"{quirk}: {problem}")
        finally:
            await self._quirks(spec, *spec.quirks)
        await self.visitor.look(spec.device_id, channel, messages=15)
        seen("486 named, silence named, then plays again")

    async def offline(self, seen: Callable[[str], None]) -> None:
        """A device that dies silently is offline within three keepalives, channels with it."""
        spec, channel = self.channels[3]
        signalling = self.node.settings.signalling
        limit = signalling.keepalive * (signalling.keepalive_misses + 1) + 1.0
        await self.town.tell({"do": "kill", "device": spec.device_id})
        began = time.monotonic()
        await self._until(lambda: self._state(spec.device_id, channel, "offline"), limit)
        took = time.monotonic() - began
        await self.town.tell({"do": "start", "device": spec.device_id})
        await self._until(lambda: self._state(spec.device_id, channel, "online"))
        self.verdict.figures["offline_after_s"] = round(took, 2)
        seen(f"offline after {took:.1f} s at keepalives of {signalling.keepalive:g} s, back online")

    async def register(self, seen: Callable[[str], None]) -> None:
        """Every look is on the access register with its reason and its end."""
        await self._until(self._idle)
        await asyncio.to_thread(self.node.writer.flush)
        page = await self.visitor.call("GET", "/register?size=500")
        rows = page["rows"]
        least = 3 * len(self.channels)
        hold(page["total"] > least, f"{page['total']} entries for more than {least} looks")
        open_ = [row["id"] for row in rows if row["ending"] is None]
        hold(not open_, f"entries without an end: {open_}")
        hold(all(row["look"]["purpose"] for row in rows), "an entry without a purpose")
        watched = sum(row["ending"]["watched"] or 0 for row in rows)
        seen(f"{page['total']} entries, all ended, {watched:.0f} s watched")

    async def closed(self, seen: Callable[[str], None]) -> None:
        """Nothing is left open or leased."""
        await self._until(self._idle)
        seen("no session, port or SSRC left")

    # Asking

    async def _devices(self) -> list[dict[str, Any]]:
        page = await self.visitor.call("GET", "/devices?size=500")
        return list(page["rows"])

    async def _state(self, device: str, channel: str, wanted: str) -> str:
        row = await self.visitor.call("GET", f"/devices/{device}")
        below = await self.visitor.call("GET", f"/devices/{device}/channels/{channel}")
        states = (row["state"], below["state"])
        return "" if states == (wanted, wanted) else f"device and channel are {states}"

    def _opened(self) -> float:
        return self.node.figures().get("sessions.opened", 0)

    async def _idle(self) -> str:
        figures = self.node.figures()
        names = ("sessions.open", "sessions.ssrcs", "ports.leased", "views.open")
        left = {name: figures[name] for name in names if figures[name]}
        return f"left: {left}" if left else ""

    async def _until(
        self, missing: Callable[[], Awaitable[str]], patience: float = _PATIENCE
    ) -> None:
        """Wait until nothing is *missing*; raises Broken with what still is."""
        until = time.monotonic() + patience
        while text := await missing():
            if time.monotonic() > until:
                raise Broken(f"after {patience:g} s {text}")
            await asyncio.sleep(0.1)

    async def _quirks(self, spec: Spec, *names: str) -> None:
        await self.town.tell({"do": "quirks", "device": spec.device_id, "quirks": list(names)})
        await asyncio.sleep(0.2)

    def _h265(self) -> tuple[Spec, str]:
        for spec in self.specs:
            for channel in spec.profile.channels:
                if channel.shot.codec.value == "h265":
                    return spec, channel.channel_id
        raise Broken("no simulated camera sends H.265")


async def try_all(node: Node, town: Devices, specs: Sequence[Spec], verdict: Verdict) -> None:
    """Try every promise; a broken one does not keep the others from being tried."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        await _try_each(Trial(node, town, specs, verdict, threads), verdict)


async def _try_each(trial: Trial, verdict: Verdict) -> None:
    checks: list[tuple[str, Callable[[Callable[[str], None]], Awaitable[None]]]] = [
        ("sign-in", trial.sign_in),
        ("registered", trial.registered),
        ("catalogs", trial.catalogs),
        *((f"live.{way.value}", _over(trial, way)) for way in Transport),
        ("loss", trial.loss),
        ("transcode", trial.transcode),
        ("snapshot", trial.snapshot),
        ("shared", trial.shared),
        ("failures", trial.refused),
        ("offline", trial.offline),
        ("register", trial.register),
        ("closed", trial.closed),
    ]
    for name, check in checks:
        async with verdict.check(name) as seen:
            await check(seen)


def _over(trial: Trial, transport: Transport) -> Callable[[Callable[[str], None]], Awaitable[None]]:
    return lambda seen: trial.live(transport, seen)
