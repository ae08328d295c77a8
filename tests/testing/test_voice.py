import asyncio

import pytest

from tongshi.media.rtp import Packet
from tongshi.testing.voice import FRAME, UdpEar, poll, tone


def test_a_tone_is_as_long_as_said_and_never_the_same_for_long() -> None:
    samples = tone(0.5)
    assert len(samples) == 4000
    frames = [samples[at : at + FRAME] for at in range(0, len(samples), FRAME)]
    assert len(set(frames)) == len(frames)


def test_polling_ends() -> None:
    asyncio.run(poll(lambda: True))
    with pytest.raises(AssertionError, match="never"):
        asyncio.run(poll(lambda: False, within=0.02))


@pytest.mark.network
def test_an_ear_keeps_what_it_hears() -> None:
    async def act() -> None:
        ear, other = UdpEar(), UdpEar()
        other.send(Packet(8, 1, 0, 7, b"abc").encode(), ear.port)
        other.send(Packet(8, 2, 0, 7, b"def").encode(), ear.port)
        await ear.until(lambda ear: len(ear.packets) == 2)
        assert ear.samples() == b"abcdef"
        assert ear.times == sorted(ear.times)
        await ear.close()
        await other.close()

    asyncio.run(act())
