"""What is taken along: recordings as files, over a break too, and single pictures by both ways."""

import hashlib
import io
import itertools
import struct
import time
from collections.abc import Iterator
from typing import Any

import av

from tongshi.cli.trial.footage import yesterday
from tongshi.cli.trial.site import Site, Tell, agree, is_plain
from tongshi.cli.trial.verdict import Broken, hold
from tongshi.cli.trial.visitor import PURPOSE, still
from tongshi.gb28181.version import Version
from tongshi.sim.profile import Channel
from tongshi.sim.strip import MODULUS, read_counter
from tongshi.sim.town import Spec

SHORT, LONG = 20, 60
"""Footage that is downloaded, s: in one go, and over a break."""
GONE = 4.0
"""How long the device is away meanwhile, s."""
WITHIN = 90.0
_BEGUN = 0.05
_MORNING = 4 * 3600
_HEAD = struct.Struct(">I4s")
_LARGE = 1


async def download(site: Site, tell: Tell) -> None:
    """A download is what the device says it must be, and plays from its first bytes."""
    spec, channel = site.recorder()
    since = yesterday(time.time()) + _MORNING
    began = time.monotonic()
    made = await _order(site, spec, channel, since, SHORT)
    done = await _finished(site, made)
    took = time.monotonic() - began
    frames = await _compare(site, spec, channel, done, since, SHORT)
    site.verdict.figures["download_times_normal"] = round(SHORT / took, 1)
    tell(f"{frames} pictures, digests agree, tables in front, {SHORT / took:.1f} times normal")


async def resume(site: Site, tell: Tell) -> None:
    """A device that vanishes in the middle of a download costs time, and not a picture."""
    spec, channel = site.find(
        "camera has a card and does not turn",
        lambda spec, channel: is_plain(spec) and spec.profile.cards and not channel.turns,
    )
    since = yesterday(time.time()) + 2 * _MORNING
    made = await _order(site, spec, channel, since, LONG)

    async def begun() -> str:
        row = await site.call("GET", f"/downloads/{made}")
        if row["state"] in ("done", "failed", "cancelled"):
            raise Broken(f"it was {row['state']} before the device vanished: {row['why']}")
        far = row["progress"] > _BEGUN
        return "" if far else f"it is {row['state']} at {row['progress']}"

    await site.until(begun)
    vanish = {"do": "vanish", "device": spec.device_id, "seconds": GONE}
    await site.town.ask(vanish, "vanished")

    async def broken() -> str:
        row = await site.call("GET", f"/downloads/{made}")
        return "" if row["state"] in ("waiting", "queued") else f"it is {row['state']}"

    await site.until(broken)
    row = await site.call("GET", f"/downloads/{made}")
    hold(0 < row["progress"] < 1, f"it broke at {row['progress']}, which proves nothing")
    done = await _finished(site, made)
    frames = await _compare(site, spec, channel, done, since, LONG)
    tell(f"broke at {row['progress']:.0%} ({row['why']}); {frames} pictures, digests agree")


async def _order(site: Site, spec: Spec, channel: Channel, since: int, seconds: int) -> int:
    body = {
        "device": spec.device_id,
        "channel": channel.channel_id,
        "since": since,
        "until": since + seconds,
        "purpose": PURPOSE,
    }
    return int((await site.call("POST", "/downloads", body))["id"])


async def _finished(site: Site, number: int) -> dict[str, Any]:
    async def done() -> str:
        row = await site.call("GET", f"/downloads/{number}")
        if row["state"] in ("failed", "cancelled"):
            raise Broken(f"the download {row['state']}: {row['why']} {row['detail']}")
        return "" if row["state"] == "done" else f"it is {row['state']} at {row['progress']}"

    await site.until(done, WITHIN)
    row = dict(await site.call("GET", f"/downloads/{number}"))
    hold(not row["doubtful"], "pictures may be missing or stand twice")
    return row


async def _compare(
    site: Site, spec: Spec, channel: Channel, row: dict[str, Any], since: int, seconds: int
) -> int:
    """Fetch a file and hold it against what the device says; return how many pictures it has."""
    order = {
        "do": "digest",
        "device": spec.device_id,
        "channel": channel.channel_id,
        "since": since,
        "until": since + seconds,
    }
    real = await site.town.ask(order, "digest")
    hold(real["frames"] >= seconds, f"the device says {real['frames']} pictures")
    agree("pictures", (row["frames"], row["pictures_digest"]), (real["frames"], real["samples"]))
    data = await site.visitor.fetch("GET", f"/downloads/{row['id']}/file")
    hold(hashlib.sha256(data).hexdigest() == row["digest"], "the file fetched has another digest")
    names = [name for name, _ in boxes(data)]
    front = b"moov" in names and b"mdat" in names and names.index(b"moov") < names.index(b"mdat")
    hold(front, f"the tables are not in front: {names}")
    counters = await site.visitor.run(counters_of, data)
    whole = [(real["first"] + step) % MODULUS for step in range(real["frames"])]
    wrong = [
        place for place, pair in enumerate(zip(counters, whole, strict=False)) if pair[0] != pair[1]
    ]
    hold(len(counters) == len(whole), f"{len(counters)} of {len(whole)} pictures decode")
    hold(not wrong, f"{len(wrong)} pictures show another counter, the first is number {wrong[:1]}")
    return len(counters)


def boxes(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield name and size of each outermost box of an MP4 file; raises Broken."""
    at = 0
    while at < len(data):
        hold(at + 8 <= len(data), f"the file breaks off in the head of a box at {at}")
        size, name = _HEAD.unpack_from(data, at)
        if size == _LARGE:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        hold(8 <= size <= len(data) - at, f"box {name!r} at {at} of {size} bytes in {len(data)}")
        yield name, size
        at += size


def counters_of(data: bytes) -> list[int | None]:
    """Decode an MP4 file; return the counter in each picture; raises Broken."""
    try:
        with av.open(io.BytesIO(data), "r", format="mp4") as container:
            return [
                read_counter(frame.to_ndarray(format="rgb24").astype("uint8", copy=False))
                for frame in container.decode(video=0)
            ]
    except av.FFmpegError as error:
        raise Broken(f"the file does not decode: {error}") from error


async def photograph(site: Site, tell: Tell) -> None:
    """Pictures come by upload and from the stream, through one door, and move on."""
    spec, channel = site.find(
        "camera of 2022 with H.264",
        lambda spec, channel: (
            spec.profile.version is Version.V2022
            and channel.shot.codec.value == "h264"
            and is_plain(spec)
        ),
    )
    for via in ("upload", "stream"):
        body = {
            "device": spec.device_id,
            "channel": channel.channel_id,
            "purpose": PURPOSE,
            "via": via,
            "count": 2,
        }
        told = await site.call("POST", "/snapshots", body)
        agree(f"by {via}", (told["via"], told["complete"], len(told["pictures"])), (via, True, 2))
        shown = [await _read(site, channel, row, via) for row in told["pictures"]]
        steps = [(after - before) % MODULUS for before, after in itertools.pairwise(shown)]
        hold(all(0 < step < 10 * channel.shot.fps for step in steps), f"{via}: {shown}")
    tell("two by upload, two from the stream, each moves on")


async def _read(site: Site, channel: Channel, row: dict[str, Any], via: str) -> int:
    hold(row["via"] == via, f"a picture ordered by {via} came by {row['via']}")
    data = await site.visitor.fetch("GET", f"/pictures/{row['id']}/file")
    hold(hashlib.sha256(data).hexdigest() == row["sha256"], f"{via}: another digest")
    picture = still(channel.channel_id, data)
    hold(picture.shape == (channel.shot.height, channel.shot.width, 3), f"{via}: {picture.shape}")
    counter = read_counter(picture)
    if counter is None:
        raise Broken(f"{via}: the picture's counter cannot be read")
    return counter
