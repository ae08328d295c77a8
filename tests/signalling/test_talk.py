import asyncio

from tongshi.errors import Conflict, PeerSilent
from tongshi.signalling.event import TalkKey
from tongshi.signalling.talk import Mode, Talk, ended_early
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


def test_who_opens_it_is_told_why_it_ended_early() -> None:
    async def act() -> None:
        talk = Talk(KEY, "A", Mode.BROADCAST, "t")
        offline, taken = ended_early(talk, "offline"), ended_early(talk, "closed")
        assert isinstance(offline, PeerSilent)
        assert (offline.stage, KEY.device_id in str(offline)) == ("presence", True)
        assert isinstance(taken, Conflict)
        assert str(taken).endswith("closed")

    run(act())
