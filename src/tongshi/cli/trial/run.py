"""The promises of the demonstration, tried one after the other."""

import asyncio
import secrets
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from tongshi.app.node import Node
from tongshi.cli.staff import Post, appoint
from tongshi.cli.trial import (
    consent,
    control,
    evidence,
    footage,
    notices,
    peers,
    programs,
    taking,
    voices,
)
from tongshi.cli.trial.site import Devices, Site, Tell, agree
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


class Trial(Site):
    """One run over one node.  Its methods are the checks of what is live, in their order.

    specs: what *town* consists of: four devices or more, one of them on a lossy wire, one that
    sends H.265.
    """

    @property
    def channels(self) -> list[tuple[Spec, str]]:
        """Every channel with its device."""
        return [
            (spec, channel.channel_id) for spec in self.specs for channel in spec.profile.channels
        ]

    async def sign_in(self, seen: Tell) -> None:
        """The generated password opens its change only, and that the enrolment of codes only."""
        first = self.node.first
        hold(first is not None, "no first password was made")
        if first is None:
            return
        client = Client(self.node.web_address)
        visitor = Visitor(client, self.threads)
        await visitor.run(client.sign_in, first.name, first.password)
        try:
            await visitor.call("GET", "/devices")
        except Refused as refused:
            hold(refused.status == 403, f"devices before the change: {refused}")
        else:
            raise Broken("devices are shown before the password was changed")
        await visitor.run(client.change_password, first.password, secrets.token_urlsafe(12))
        self.visitors[Post.SECURITY] = visitor
        problem = await self.refusal("GET", "/people", post=Post.SECURITY)
        agree("what comes first", problem.get("code"), "denied.first")
        await visitor.run(client.enrol)
        await visitor.call("GET", "/people")
        staff = await visitor.run(appoint, self.node)
        await self.admit([one for one in staff.values() if one.post is not Post.SECURITY])
        seen(f"password changed, codes enrolled, {len(self.visitors)} of the staff signed in")

    async def registered(self, seen: Tell) -> None:
        """Every device is online."""

        async def online() -> str:
            rows = await self._devices()
            missing = [row["device_id"] for row in rows if row["state"] != "online"]
            if len(rows) < len(self.specs):
                return f"{len(rows)} of {len(self.specs)} devices are known"
            return f"not online: {missing}" if missing else ""

        await self.until(online)
        seen(f"{len(self.specs)} devices online")

    async def catalogs(self, seen: Tell) -> None:
        """Every catalog is complete, and every channel is there."""

        async def complete() -> str:
            rows = await self._devices()
            open_ = [row["device_id"] for row in rows if row["catalog"]["state"] != "complete"]
            return f"not complete: {open_}" if open_ else ""

        await self.until(complete)
        page = await self.visitor.call("GET", "/channels?size=500")
        known = {(row["device_id"], row["channel_id"]) for row in page["rows"]}
        missing = [key for spec, key in self.channels if (spec.device_id, key) not in known]
        hold(not missing, f"channels that are not there: {missing}")
        seen(f"{len(self.specs)} complete, {len(self.channels)} channels")

    async def live(self, transport: Transport, seen: Tell) -> None:
        """Every channel shows a picture that moves, over *transport*."""
        await self.until(self._idle)  # a stream that is still there would be shared as it is
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

    async def loss(self, seen: Tell) -> None:
        """A lossy wire costs pictures, not the stream; what was lost is told to the viewer."""
        await self.until(self._idle)
        spec = next(spec for spec in self.specs if spec.impairments == LOSSY)
        channel = spec.profile.channels[0].channel_id
        look = await self.visitor.look(
            spec.device_id, channel, messages=LOSSY_MESSAGES, transport="udp"
        )
        hold(look.lost > 0, "no lost packet was counted")
        hold(look.advanced > 50, f"the counter went on by {look.advanced} only")
        seen(f"{look.lost} packets lost, {look.frames} frames over {look.advanced}")

    async def transcode(self, seen: Tell) -> None:
        """H.265 for a browser that cannot decode it arrives as H.264."""
        spec, channel = self._h265()
        look = await self.visitor.look(spec.device_id, channel, messages=30, plays=["h264"])
        hold(look.transcoded and look.codec == "h264", f"came as {look.codec}")
        seen(f"{look.frames} frames, first after {look.first:.2f} s")

    async def snapshot(self, seen: Tell) -> None:
        """Snapshots of H.264 and H.265 decode and move on."""
        for spec, channel in (self.channels[0], self._h265()):
            first = await self.visitor.picture(spec.device_id, channel)
            await asyncio.sleep(1.5)
            second = await self.visitor.picture(spec.device_id, channel)
            hold((second - first) > 0, f"{channel}: {first} then {second}")
        seen("two of each, moving on")

    async def shared(self, seen: Tell) -> None:
        """However many watch, the camera is asked once."""
        spec, channel = self.channels[1]
        await self.until(self._idle)
        before = self._opened()
        look = self.visitor.look
        await asyncio.gather(*(look(spec.device_id, channel, messages=60) for _ in range(4)))
        opened = self._opened() - before
        hold(opened == 1, f"{opened:g} upstream sessions for four viewers")
        seen("four viewers, one upstream session")

    async def refused(self, seen: Tell) -> None:
        """Failures name their stage and cause."""
        spec, channel = self.channels[2]
        try:
            for quirk, code, stage in (
                ("refuse-invite", "peer.refused", "invite"),
                ("no-media", "peer.silent", "media"),
            ):
                await self.quirks(spec, quirk)
                problem = await self.visitor.refusal(spec.device_id, channel)
                told = (problem.get("code"), problem.get("stage"))
                hold(told == (code, stage), f"{quirk}: {problem}")
        finally:
            await self.quirks(spec, *spec.quirks)
        await self.visitor.look(spec.device_id, channel, messages=15)
        seen("486 named, silence named, then plays again")

    async def offline(self, seen: Tell) -> None:
        """A device that dies silently is offline within three keepalives, channels with it."""
        spec, channel = self.channels[3]
        signalling = self.node.settings.signalling
        limit = signalling.keepalive * (signalling.keepalive_misses + 1) + 1.0
        await self.town.tell({"do": "kill", "device": spec.device_id})
        began = time.monotonic()
        await self.until(lambda: self._state(spec.device_id, channel, "offline"), limit)
        took = time.monotonic() - began
        await self.town.tell({"do": "start", "device": spec.device_id})
        await self.until(lambda: self._state(spec.device_id, channel, "online"))
        self.verdict.figures["offline_after_s"] = round(took, 2)
        seen(f"offline after {took:.1f} s at keepalives of {signalling.keepalive:g} s, back online")

    async def register(self, seen: Tell) -> None:
        """Every look is on the access register with its reason and its end."""
        await self.until(self._idle)
        await asyncio.to_thread(self.node.writer.flush)
        page = await self.call("GET", "/register?size=500", post=Post.AUDIT)
        rows = page["rows"]
        least = 3 * len(self.channels)
        hold(page["total"] > least, f"{page['total']} entries for more than {least} looks")
        # Steering shares one entry until nothing followed for a minute.
        left = [row for row in rows if row["ending"] is None and row["look"]["what"] != "steer"]
        hold(not left, f"entries without an end: {[row['id'] for row in left]}")
        hold(all(row["look"]["purpose"] for row in rows), "an entry without a purpose")
        watched = sum(row["ending"]["watched"] or 0 for row in rows if row["ending"] is not None)
        acts = sorted({row["look"]["action"] for row in rows})
        seen(f"{page['total']} entries of {', '.join(acts)}, {watched:.0f} s watched")

    async def closed(self, seen: Tell) -> None:
        """Nothing is left open or leased."""
        await self.until(self._idle)
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

    def _h265(self) -> tuple[Spec, str]:
        for spec in self.specs:
            for channel in spec.profile.channels:
                if channel.shot.codec.value == "h265":
                    return spec, channel.channel_id
        raise Broken("no simulated camera sends H.265")


async def try_all(node: Node, town: Devices, specs: Sequence[Spec], verdict: Verdict) -> None:
    """Try every promise; a broken one does not keep the others from being tried."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        trial = Trial(node, town, specs, verdict, threads)
        before, aside, after = rows_of(trial)
        await _try_each(trial, before)
        # Of different devices, and mostly waiting: so all of it takes as long as the longest.
        await asyncio.gather(*(_try_each(trial, lane) for lane in aside))
        await _try_each(trial, after)
    verdict.arrange([name for lane in (before, *aside, after) for name, _ in lane])


Check = Callable[[Tell], Awaitable[None]]
Row = tuple[str, Check]


def rows_of(trial: Trial) -> tuple[list[Row], Sequence[Sequence[Row]], list[Row]]:
    """Return the checks of *trial*: the first, those made aside from each other, the last."""
    before: list[Row] = [
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
    ]
    aside: list[list[Row]] = [
        [(name, partial(check, trial)) for name, check in lane] for lane in LANES
    ]
    return before, aside, [("register", trial.register), ("closed", trial.closed)]


LANES: tuple[tuple[tuple[str, Callable[[Site, Tell], Awaitable[None]]], ...], ...] = (
    (
        ("records", footage.list_day),
        ("playback", footage.play),
        ("end-of-file", footage.end),
        ("download", taking.download),
        ("resume", taking.resume),
    ),
    (
        ("queries", control.ask),
        ("ptz", control.steer),
        ("configuration", control.configure),
        ("pictures", taking.photograph),
        ("alarms", notices.alarm),
        ("positions", notices.locate),
        ("changes", notices.change),
        ("subscriptions", notices.subscribe),
        ("talk", voices.talk),
        ("profiles", peers.profile),
        ("admission", peers.admit),
        ("upgrade", peers.upgrade),
        ("trace", peers.trace),
    ),
    (
        ("approval", consent.ask),
        ("break-glass", consent.emergency),
        ("leaks", consent.leak),
        ("tokens", programs.metered),
        ("audit", evidence.chain),
    ),
)
"""Checks by name, those in a row one after another."""


async def _try_each(trial: Trial, rows: Sequence[Row]) -> None:
    for name, check in rows:
        async with trial.verdict.check(name) as seen:
            await check(seen)


def _over(trial: Trial, transport: Transport) -> Check:
    return lambda seen: trial.live(transport, seen)
