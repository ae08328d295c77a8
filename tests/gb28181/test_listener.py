from collections.abc import Callable
from itertools import count

import pytest

from tongshi.gb28181.broadcast import KINDS
from tongshi.gb28181.description import Purpose, Setup
from tongshi.gb28181.invite import Offer
from tongshi.gb28181.listener import Listener, Respond, wish
from tongshi.gb28181.steps import Parties

PLATFORM = "34020000002000000001"
OUTPUT = "34020000001370000001"
HOST = "192.0.2.20"
WISH = wish(owner=OUTPUT, host=HOST, port=15070, ssrc="0200000007")
PARTIES = Parties(
    local_id=OUTPUT,
    remote_id=PLATFORM,
    domain="3402000000",
    target=f"sip:{PLATFORM}@192.0.2.10:5060",
    contact=f"sip:{OUTPUT}@{HOST}:5060",
)


def tokens() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"token{next(numbers)}"


@pytest.mark.clause("9.12.1.2")
def test_a_busy_listener_says_so() -> None:
    listener = Listener(PARTIES, WISH, seq="1", new_token=tokens())
    assert listener.notified(busy=True) == [Respond(accepted=False)]


def test_a_wish_over_tcp_says_who_connects() -> None:
    offer = wish(owner=OUTPUT, host=HOST, port=1, tcp=True, setup=Setup.ACTIVE, ssrc="")
    again = Offer.parse(offer.build(), KINDS)
    assert (again.tcp, again.setup, again.ssrc) == (True, Setup.ACTIVE, "")
    assert again.purpose is Purpose.PLAY
