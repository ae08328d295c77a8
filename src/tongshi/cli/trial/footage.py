"""What recorders kept: listed, played and steered, to its end.

Frame *k* of a recording belongs to the time *k* / frame rate, and *k* is burnt into it: so each
picture says itself what moment it shows.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tongshi.cli.trial.screen import Screen, Shown
from tongshi.cli.trial.site import Site, Tell, agree
from tongshi.cli.trial.verdict import Broken, hold
from tongshi.cli.trial.visitor import PURPOSE
from tongshi.media.unit import CLOCK
from tongshi.sim.archive import DAY_S, Archive
from tongshi.sim.film import Shot
from tongshi.sim.profile import Channel
from tongshi.sim.strip import MODULUS
from tongshi.sim.town import Spec

SPEEDS = (0.5, 2.0, 4.0)
"""Speeds that are tried, times normal."""
OFF = 0.15
"""How far, of it, a speed may be off."""
HOLD = 1.0
"""Within this a paused picture must bring nothing, s; what was on its way comes before."""
_FAR = 601.4  # within a group of pictures, and a second
_BEIJING = 8 * 3600
_AFTERNOON = 13 * 3600  # within the afternoon's recording, far from its ends


def yesterday(wall: float) -> int:
    """Return the beginning of yesterday in Beijing, UNIX time, s."""
    return (int(wall + _BEIJING) // DAY_S - 1) * DAY_S - _BEIJING


async def list_day(site: Site, tell: Tell) -> None:
    """A day of a recorder is listed as it is kept: its footage, its gaps, its kinds."""
    spec, channel = site.recorder()
    begin = yesterday(time.time())
    path = f"/devices/{spec.device_id}/channels/{channel.channel_id}/records"
    told = await site.call("GET", f"{path}?since={begin}&until={begin + DAY_S}")
    hold(told["complete"], f"the day is not complete: {told['days']}")
    archive, now = Archive(channel.plan), time.time()
    pieces = archive.pieces(begin, begin + DAY_S, now)
    files = archive.find(begin, begin + DAY_S, now)
    agree("footage", [_edges(row) for row in told["footage"]], pieces)
    ends = [begin, *itertools.chain(*pieces), begin + DAY_S]
    gaps = [(end, start) for end, start in zip(ends[::2], ends[1::2], strict=True) if end < start]
    hold(len(gaps) >= 2, f"the recorder has no gaps to be found: {gaps}")
    agree("gaps", [_edges(row) for row in told["gaps"]], gaps)
    rows = sorted((*_edges(row), row["kind"]) for row in told["records"])
    agree("records", rows, sorted((one.start, one.end, one.kind.value) for one in files))
    for kind in ("alarm", "manual"):
        only = await site.call("GET", f"{path}?since={begin}&until={begin + DAY_S}&kind={kind}")
        found = [_edges(row) for row in only["records"]]
        real = [(one.start, one.end) for one in files if one.kind.value == kind]
        agree(f"records by {kind}", found, real)
    tell(f"{len(rows)} records, {len(gaps)} gaps, by time, alarm and hand: as the recorder has it")


def _edges(row: dict[str, Any]) -> tuple[float, float]:
    return _stamp(row["since"]), _stamp(row["until"])


def _stamp(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@dataclass(slots=True)
class Playback:
    """A playback somebody watches."""

    site: Site
    view: str
    shot: Shot
    since: float
    screen: Screen

    async def steer(self, do: str, **more: object) -> dict[str, Any]:
        """Have it play, pause, seek or change its speed; return how it then stands."""
        body = {"do": do, **more}
        return dict(await self.site.call("POST", f"/playback/{self.view}/control", body))

    async def shown(self) -> list[Shown]:
        """Return all pictures so far; each must be readable, and show the moment it is told for."""
        shown: list[Shown] = await self.site.visitor.run(self.screen.shown)
        hold(shown, "no picture can be decoded")
        bad = [one.pts for one in shown if one.counter is None]
        hold(not bad, f"{len(bad)} of {len(shown)} pictures cannot be read, the first at {bad[:1]}")
        return shown

    def off(self, one: Shown, moment: float) -> float:
        """Return by how much a picture is later than *moment*, s."""
        frames = ((one.counter or 0) - int(moment * self.shot.fps)) % MODULUS
        return (frames - MODULUS if frames > MODULUS // 2 else frames) / self.shot.fps


@asynccontextmanager
async def playing(
    site: Site, spec: Spec, channel: Channel, since: float, until: float
) -> AsyncIterator[Playback]:
    """Watch footage; the view is closed at the end, if it has not ended by itself."""
    body = {
        "device": spec.device_id,
        "channel": channel.channel_id,
        "since": since,
        "until": until,
        "purpose": PURPOSE,
        "plays": ["h264", "hevc"],
    }
    told = await site.call("POST", "/playback?wait=40", body)
    hold("url" in told, f"no address of a playback: {told}")
    screen = await Screen.open(told["url"], site.visitor.client.cookie)
    try:
        yield Playback(site, told["view"], channel.recorded, since, screen)
    finally:
        screen.leave()
        await site.visitor.close(told["view"], "playback")


async def play(site: Site, tell: Tell) -> None:
    """Footage plays from where it was asked for; pause, seek and speeds do what they say."""
    spec, channel = site.recorder()
    since = yesterday(time.time()) + _AFTERNOON
    async with playing(site, spec, channel, since, since + 1800) as playback:
        await playback.screen.more(2 * playback.shot.fps, "the footage")
        still = await _pause(playback)
        landed = await _seek(playback, since + _FAR)
        speeds = [await _speed(playback, scale) for scale in SPEEDS]
        shown = await playback.shown()
    steps = gaps_of(shown[:still])
    hold(not steps, f"pictures are missing before or after the pause: steps of {steps}")
    first = playback.off(shown[0], since)
    gop = playback.shot.gop / playback.shot.fps
    hold(-gop <= first <= gop, f"it began {first:+.2f} s from where it was asked for")
    said = max(abs(playback.off(one, playback.screen.moment(one.pts))) for one in shown)
    hold(said <= gop, f"a picture is {said:.2f} s from the moment that the player was told")
    site.verdict.figures["seek_off_s"] = round(landed, 3)
    told = ", ".join(f"{each:.2f}" for each in speeds)
    tell(f"{still} pictures in a row over a pause; seek {landed:+.2f} s off; speeds {told}")


async def _pause(playback: Playback) -> int:
    """Pause, see that nothing comes, go on; return how many pictures there are then."""
    screen = playback.screen
    standing = await playback.steer("pause")
    hold(standing["paused"], f"it is not paused: {standing}")
    await asyncio.sleep(HOLD)
    before = screen.messages
    await asyncio.sleep(HOLD)
    hold(screen.messages == before, f"{screen.messages - before} pictures came in a pause")
    await playback.steer("play")
    await screen.more(playback.shot.fps, "a picture after the pause")
    return len(await playback.shown())


async def _seek(playback: Playback, moment: float) -> float:
    """Go to *moment*; return how far the first picture from there is from it, s."""
    screen, known = playback.screen, len(playback.screen.places)
    await playback.steer("seek", at=moment)
    await screen.until(lambda seen: any(each["jump"] for each in seen.places[known:]), "the seek")
    jump = next(each for each in screen.places[known:] if each["jump"])
    await screen.more(5, "a picture after the seek")
    after = [one for one in await playback.shown() if one.pts >= jump["pts"]]
    hold(after, "no picture stands where the seek landed")
    off = playback.off(after[0], moment)
    gop = playback.shot.gop / playback.shot.fps
    hold(abs(off) <= gop, f"the seek landed {off:+.2f} s off, at groups of {gop:g} s")
    return off


async def _speed(playback: Playback, scale: float) -> float:
    """Play at *scale*; return at what speed the pictures went by."""
    screen, known = playback.screen, len(playback.screen.places)
    standing = await playback.steer("scale", scale=scale)
    hold(standing["scale"] == scale, f"asked for {scale:g}, agreed to {standing['scale']:g}")
    await screen.until(
        lambda seen: any(each["rate"] == scale for each in seen.places[known:]), f"speed {scale:g}"
    )
    begin = next(each["pts"] for each in screen.places[known:] if each["rate"] == scale)
    await screen.more(max(12, round(2 * playback.shot.fps * scale)), f"a picture at {scale:g}")
    after = [one for one in await playback.shown() if one.pts >= begin]
    hold(len(after) > 8, f"{len(after)} pictures at {scale:g}")
    shown = (after[-1].pts - after[0].pts) / CLOCK
    passed = playback.off(after[-1], 0) - playback.off(after[0], 0)
    hold(shown > 0, f"at {scale:g} all pictures are shown at once")
    speed = passed / shown
    hold(abs(speed - scale) <= OFF * scale, f"at {scale:g} the pictures went by at {speed:.2f}")
    return speed


def gaps_of(shown: Sequence[Shown]) -> list[int]:
    """Return the steps between pictures in a row that are not 1."""
    numbers = [one.counter or 0 for one in shown]
    steps = [(after - before) % MODULUS for before, after in itertools.pairwise(numbers)]
    return [step for step in steps if step != 1]


async def end(site: Site, tell: Tell) -> None:
    """At its end footage ends: every picture came, and the viewer is told."""
    spec, channel = site.recorder()
    fps = channel.recorded.fps
    since = yesterday(time.time()) + _AFTERNOON
    async with playing(site, spec, channel, since, since + 6) as playback:
        try:
            await playback.screen.until(lambda seen: seen.end is not None, "the end", 40.0)
        except Broken:
            standing = await site.call("GET", "/playback")
            raise Broken(f"no end was told: {standing}") from None
        told = playback.screen.end or {}
        shown = await playback.shown()
        last = playback.off(shown[-1], since + 6)
    hold(told.get("code") == "finished", f"it ended as {told}")
    hold(abs(last) <= 1 / fps + 1e-6, f"the last picture is {last:+.2f} s from the end")
    hold(not gaps_of(shown), f"pictures are missing: steps of {gaps_of(shown)}")
    left = await site.call("GET", "/playback")
    hold(not left, f"playbacks are left: {left}")
    tell(f"{len(shown)} pictures, the last {last:+.2f} s from the end, {told.get('code')}")
