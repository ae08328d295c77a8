"""How a session judges what it hears; orders and ends over sockets are in test_histories."""

import asyncio

import pytest

from tongshi.errors import Conflict, Exhausted
from tongshi.gateway.engine import Advanced, Figures, FileFailed, Measured
from tongshi.gateway.engines.null import Null
from tongshi.gb28181.description import Purpose
from tongshi.gb28181.profile import ScaleFormat
from tongshi.net.task import Supervisor
from tongshi.signalling import history as module
from tongshi.signalling.event import Kind, SessionKey
from tongshi.signalling.footage import Order
from tongshi.signalling.history import History
from tongshi.testing.timeless import run

pytestmark = pytest.mark.clause("9.8", "9.9")

SINCE = 1_700_000_000
UNTIL = SINCE + 600


def made(purpose: Purpose = Purpose.PLAYBACK) -> History:
    order = Order(SINCE, UNTIL, purpose)
    key = SessionKey("d", "c", Kind.MAIN)
    return History(key, order, Null(), Supervisor("test"), ScaleFormat.DECIMAL, 1.0)


def advanced(at: float | None, frames: int, **more: float) -> Advanced:
    return Advanced("s", at, more.get("lead", 0.0), 1.0, "unknown", frames, 1)


def test_before_its_attempt_it_has_nothing_to_show() -> None:
    async def main() -> None:
        it = made()
        with pytest.raises(Conflict):
            _ = it.stream
        assert it.at is None
        it.stopped("stalled")
        assert await it.ended() == "stalled"
        it.end("closed")
        assert await it.ended() == "stalled"

    run(main())


@pytest.mark.parametrize(
    ("at", "why", "told"),
    [
        (UNTIL - 1.0, "peer", "finished"),
        (UNTIL - 1.0, "stalled", "finished"),
        (UNTIL - 60.0, "peer", "peer"),
        (UNTIL - 1.0, "engine", "engine"),
        (None, "peer", "peer"),
    ],
)
def test_a_break_at_the_end_is_the_end(at: float | None, why: str, told: str) -> None:
    async def main() -> None:
        it = made()
        it.heard(advanced(at, 1))
        it.stopped(why)
        assert await it.ended() == told

    run(main())


def test_backwards_the_beginning_is_the_end() -> None:
    async def main() -> None:
        it = made()
        it.scale = -1.0
        it.heard(advanced(SINCE + 1.0, 1))
        it.stopped("peer")
        assert await it.ended() == "finished"

    run(main())


def test_silence_near_the_end_is_the_end_and_elsewhere_is_not() -> None:
    async def main() -> None:
        it = made()
        for _ in range(10):
            it.heard(advanced(UNTIL - 60.0, 5))
        assert not it.over
        it.paused = True
        for _ in range(10):
            it.heard(advanced(UNTIL - 1.0, 6))
        assert not it.over
        it.paused = False
        for _ in range(module.QUIET):
            it.heard(advanced(UNTIL - 1.0, 6))
        assert await it.ended() == "finished"

    run(main())


def test_after_the_notice_of_the_end_what_is_on_its_way_counts() -> None:
    async def main() -> None:
        it = made()
        it.heard(advanced(UNTIL - 300.0, 5))
        it.finish()
        it.finish()
        it.heard(advanced(UNTIL - 299.0, 30))
        assert not it.over
        it.heard(advanced(UNTIL - 299.0, 30))
        assert await it.ended() == "finished"

    run(main())


def test_after_the_notice_it_does_not_wait_for_ever() -> None:
    async def main() -> None:
        it = made()
        it.finish()
        began = asyncio.get_running_loop().time()
        assert await it.ended() == "finished"
        assert asyncio.get_running_loop().time() - began == module.DRAIN

    run(main())


def test_figures_and_failures_of_the_file_are_kept() -> None:
    async def main() -> None:
        it = made(Purpose.DOWNLOAD)
        seen: list[Advanced] = []
        it.on_advance = seen.append
        it.heard(Measured("s", Figures(packets=3)))
        it.heard(advanced(SINCE + 1.0, 5, lead=100.0))
        assert it.figures == Figures(packets=3)
        assert len(seen) == 1
        it.heard(FileFailed("s", Exhausted("full", resource="disk")))
        assert await it.ended() == "file"
        assert isinstance(it.error, Exhausted)

    run(main())
