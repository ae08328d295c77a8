"""One upstream, its outcome and its shares; the life of both is proved in test_sessions."""

import asyncio

import pytest

from tongshi.errors import Conflict, PeerSilent
from tongshi.gateway.engine import Transport
from tongshi.signalling.event import Kind, SessionKey
from tongshi.signalling.share import Stage, Upstream
from tongshi.testing.timeless import run

KEY = SessionKey("a", "b", Kind.MAIN)


def test_the_first_reason_to_end_counts() -> None:
    async def main() -> None:
        upstream = Upstream(KEY, Transport.UDP)
        assert upstream.stage is Stage.OPENING
        upstream.end("peer")
        upstream.end("stopped")
        assert await upstream.over == "peer"

    run(main())


def test_ending_ends_the_grace_time() -> None:
    async def main() -> None:
        upstream = Upstream(KEY, Transport.UDP)
        upstream.grace = asyncio.get_running_loop().call_later(10, upstream.end, "unused")
        upstream.end("peer")
        assert upstream.grace is None
        await asyncio.sleep(20)
        assert upstream.over.result() == "peer"

    run(main())


def test_openers_get_the_first_error_and_one_that_nobody_takes_is_no_noise() -> None:
    async def main() -> None:
        upstream = Upstream(KEY, Transport.UDP)
        upstream.fail(PeerSilent("first", timer="B", stage="invite"))
        upstream.fail(Conflict("second"))
        with pytest.raises(PeerSilent, match="first"):
            await upstream.ready
        Upstream(KEY, Transport.UDP).fail(Conflict("unheard"))

    run(main())
