import asyncio

from tongshi.errors import Conflict
from tongshi.signalling.event import TalkKey
from tongshi.signalling.talk import Mode, Talk, source_of
from tongshi.testing.timeless import run

KEY = TalkKey("34020000001320000001", "34020000001370000001")


def test_the_first_reason_counts() -> None:
    async def act() -> None:
        talk = Talk(KEY, "A", Mode.BROADCAST, "t")
        assert (talk.over, talk.why) == (False, "")
        waiting = asyncio.create_task(talk.ended())
        await asyncio.sleep(0)
        waiting.cancel()  # who waits no longer does not end it
        await asyncio.sleep(0)
        assert not talk.over
        talk.end("peer")
        talk.end("closed")
        assert (talk.over, talk.why, await talk.ended()) == (True, "peer", "peer")

    run(act())


def test_a_failure_is_told_once_to_who_opens_it() -> None:
    async def act() -> None:
        talk = Talk(KEY, "A", Mode.BROADCAST, "t")
        talk.fail(Conflict("first"))
        talk.fail(Conflict("second"))
        assert str(talk.ready.exception()) == "first"

    run(act())


def test_a_voice_input_stands_in_our_own_domain() -> None:
    assert source_of("34020000002000000001", voice=True) == "34020000001360000001"
    assert source_of("34020000002000000001", voice=False) == "34020000002000000001"
