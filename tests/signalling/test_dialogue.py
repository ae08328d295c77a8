"""A talk by one INVITE of ours, with a whole device in memory; refusals: see test_talks."""

import asyncio
from dataclasses import replace

from tongshi.gateway.engine import Transport
from tongshi.signalling.talk import Mode
from tongshi.testing.unplugged import CAMERA, CHANNELS, PROFILE, Camera, Unplugged, visit

SPEAKER = replace(PROFILE, voice="34020000001370000001")


def test_sound_goes_both_ways_until_it_is_closed() -> None:
    async def work(platform: Unplugged, camera: Camera) -> None:
        talk = await platform.talks.open(CAMERA, CHANNELS[0], output=SPEAKER.voice)
        assert (talk.mode, talk.hears, talk.transport) == (Mode.TALK, True, Transport.UDP)
        assert talk.key.target_id == CHANNELS[0]  # a channel is called, whatever its output
        host, port, ssrc, follow = platform.engine.talks.started[talk.stream]
        assert (host, port, ssrc) == (camera.address.host, 15060, int(talk.ssrc))
        assert not follow  # it says where it is, and is there
        await platform.talks.close(talk)
        await asyncio.sleep(2)
        assert platform.engine.talks.open_ == {}
        assert len(platform.talks) == 0

    visit(work, "talk-by-invite", profile=SPEAKER, hand={"talk_by_invite": "true"})
