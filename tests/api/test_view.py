import asyncio

from tongshi.access.identity import Person, Session
from tongshi.access.permission import Role
from tongshi.api.view import State, View, Wish
from tongshi.signalling.event import Kind

LI = Person(1, "li", "Li", "", Role.OPERATOR, must_change=False, disabled=False)


def test_a_new_view_has_come_to_nothing_yet() -> None:
    async def test() -> None:
        wish = Wish("device", "channel", "Gate", Kind.SUB, "patrol")
        assert (wish.hevc, wish.transport) == (False, None)
        view = View("v", Session("digest", LI, 0.0, 0.0, 60.0, ""), wish, 7)
        assert (view.state, view.watched, view.sent) == (State.OPENING, 0.0, 0)
        assert not view.settled.is_set()
        assert not view.parted.is_set()

    asyncio.run(test())


def test_a_view_at_rest_has_no_timer() -> None:
    async def test() -> None:
        wish = Wish("device", "channel", "Gate", Kind.MAIN, "patrol")
        view = View("v", Session("digest", LI, 0.0, 0.0, 60.0, ""), wish, 7)
        view.rest()
        timer = view.timer = asyncio.get_running_loop().call_later(60, view.rest)
        view.rest()
        assert timer.cancelled()
        assert view.timer is None

    asyncio.run(test())
