"""A voice from here to a loudspeaker there: what the device heard, against what was said."""

import asyncio
import base64
import secrets
import time

from picows import WSHandshakeError

from tongshi.cli.trial.site import Site, Tell
from tongshi.cli.trial.verdict import Broken, hold
from tongshi.cli.trial.visitor import PURPOSE
from tongshi.sim.profile import Channel
from tongshi.sim.town import Spec
from tongshi.testing.voice import FRAME, Mouth, tone

SPEECH = 2.0
"""How long is spoken, s."""
HEARD = 0.95
"""The part of it that must arrive on a machine that is late now and then; late speech is cut."""
_TCP = frozenset({"listen-over-tcp", "listen-passively"})


async def talk(site: Site, tell: Tell) -> None:
    """What is said is heard at the device, over UDP and over TCP."""
    said = []
    for way, over_tcp in (("udp", False), ("tcp", True)):
        spec, channel = _listener(site, way, over_tcp=over_tcp)
        part = await _speak(site, spec, channel, way)
        site.verdict.figures[f"talk_heard_{way}_percent"] = round(100 * part, 1)
        said.append(f"{part:.1%} of {SPEECH:g} s heard over {way}")
    hold(not await site.call("GET", "/talks"), "a talk is left")
    tell(", ".join(said))


def _listener(site: Site, way: str, *, over_tcp: bool) -> tuple[Spec, Channel]:
    def fits(spec: Spec, _: Channel) -> bool:
        tcp = bool(_TCP & set(spec.quirks))
        return bool(spec.profile.voice) and not spec.profile.cards and tcp is over_tcp

    return site.find(f"loudspeaker listens over {way}", fits)


async def _speak(site: Site, spec: Spec, channel: Channel, way: str) -> float:
    """Say something nobody said before; return the part of it that was heard."""
    # Another tone each time: what was heard before cannot pass for it.
    speech = tone(SPEECH, hertz=300 + secrets.randbelow(900) + 0.5)
    body = {"device": spec.device_id, "channel": channel.channel_id, "purpose": PURPOSE}
    told = await site.call("POST", "/talks", body)
    try:
        hold(told["transport"].startswith(way), f"it goes over {told['transport']}, not {way}")
        try:
            mouth = await Mouth.open(told["url"], site.visitor.client.cookie)
        except WSHandshakeError as error:
            raise Broken(f"the talk's address does not open: {error}") from error
        await mouth.say(speech)
        part = await _heard(site, spec, speech)
        mouth.close()
    finally:
        await site.visitor.close(told["talk"], "talks")
    hold(part >= HEARD, f"{part:.1%} of what was said was heard over {way}")
    return part


async def _heard(site: Site, spec: Spec, speech: bytes) -> float:
    """Return the part of *speech* that the device heard, once it is all or no more comes."""
    until, part = time.monotonic() + 3.0, 0.0
    while part < 1.0 and time.monotonic() < until:
        await asyncio.sleep(0.2)
        report = await site.town.ask({"do": "heard", "device": spec.device_id}, "heard")
        part = part_of(speech, base64.b64decode(report["sound"]))
    return part


def part_of(said: bytes, heard: bytes) -> float:
    """Return which part of the frames *said* is in *heard*, sample by sample and in order."""
    frames = [said[at : at + FRAME] for at in range(0, len(said), FRAME)]
    at = found = 0
    for frame in frames:
        place = heard.find(frame, at)
        if place >= 0:
            at, found = place + len(frame), found + 1
    return found / len(frames)
