import asyncio

import pytest

from tongshi.errors import Conflict, Exhausted, Missing, PeerSilent
from tongshi.gateway.engine import Speak, Spoken, Transport
from tongshi.gateway.engines.nulltalks import NullTalks

SPEAK = Speak("t", Transport.UDP)


def test_the_books_of_a_talk() -> None:
    async def act() -> None:
        talks = NullTalks(places=1)
        port = await talks.open(SPEAK)
        assert port > 40000
        with pytest.raises(Conflict):
            await talks.open(SPEAK)
        with pytest.raises(Exhausted):
            await talks.open(Speak("u", Transport.UDP))
        await talks.start("t", "192.0.2.1", 9, 7, follow=True)
        await talks.admit("t", "k", expires_s=1)
        talks.spoken = Spoken(packets=3)
        assert await talks.figures("t") == Spoken(packets=3)
        assert await talks.close("t", "code", "stage") == Spoken(packets=3)
        assert await talks.close("t") == Spoken()
        assert talks.started == {"t": ("192.0.2.1", 9, 7, True)}
        assert talks.admitted == {"k": "t"}
        assert talks.closed == [("t", "code", "stage")]
        with pytest.raises(Missing):
            await talks.figures("t")

    asyncio.run(act())


def test_a_start_that_fails_as_told() -> None:
    async def act() -> None:
        talks = NullTalks()
        await talks.open(SPEAK)
        talks.start_fault = PeerSilent("nobody", timer="connect", stage="connect")
        with pytest.raises(PeerSilent):
            await talks.start("t", "192.0.2.1", 9, 7)

    asyncio.run(act())
