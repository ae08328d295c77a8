import pytest

from tongshi.gateway.engine import PeerClosed, Stalled
from tongshi.gateway.vigil import Patience, Phase, Vigil

PATIENCE = Patience(connect=5.0, first_media=10.0, silence=15.0)


def udp() -> Vigil:
    return Vigil("s", PATIENCE, linked=True)


def tcp() -> Vigil:
    return Vigil("s", PATIENCE, linked=False)


def test_nothing_is_awaited_before_the_answer() -> None:
    vigil = udp()
    assert vigil.check(1e9, 0) is None
    vigil.link_down(1.0)
    assert vigil.phase is Phase.IDLE


def test_no_packet_in_time_is_told_once() -> None:
    vigil = udp()
    vigil.begin(100.0)
    vigil.begin(105.0)
    assert vigil.check(109.9, 0) is None
    assert vigil.check(110.0, 0) == Stalled("s", "media", "first media", 0)
    assert vigil.check(111.0, 0) is None


def test_packets_without_a_picture_are_said() -> None:
    vigil = udp()
    vigil.begin(0.0)
    vigil.seen = 9.0
    assert vigil.check(10.0, 7) == Stalled("s", "media", "first media", 7)


def test_silence_counts_from_the_last_packet_and_may_come_again() -> None:
    vigil = udp()
    vigil.begin(0.0)
    vigil.show(1.0)
    vigil.seen = 20.0
    assert vigil.check(34.9, 5) is None
    assert vigil.check(35.0, 5) == Stalled("s", "media", "silence", 5)
    assert vigil.check(40.0, 5) is None
    vigil.seen = 41.0
    assert vigil.check(42.0, 6) is None
    assert vigil.check(56.0, 6) == Stalled("s", "media", "silence", 6)


def test_media_may_come_before_the_answer() -> None:
    vigil = udp()
    vigil.show(1.0)
    vigil.begin(2.0)
    assert vigil.phase is Phase.LIVE


def test_nobody_connects() -> None:
    vigil = tcp()
    vigil.begin(0.0)
    assert vigil.check(4.9, 0) is None
    assert vigil.check(5.0, 0) == Stalled("s", "connect", "connect", 0)


def test_connected_but_silent() -> None:
    vigil = tcp()
    vigil.begin(0.0)
    vigil.link_up(4.0)
    assert vigil.check(13.9, 0) is None
    assert vigil.check(14.0, 0) == Stalled("s", "media", "first media", 0)


def test_connected_before_the_answer() -> None:
    vigil = tcp()
    vigil.link_up(0.0)
    vigil.begin(1.0)
    assert vigil.phase is Phase.FIRST


@pytest.mark.parametrize(("shown", "phase"), [(False, Phase.FIRST), (True, Phase.LIVE)])
def test_a_broken_connection_may_be_made_again(shown: bool, phase: Phase) -> None:
    vigil = tcp()
    vigil.begin(0.0)
    vigil.link_up(1.0)
    if shown:
        vigil.show(2.0)
    vigil.link_down(3.0)
    assert vigil.check(7.9, 9) is None
    vigil.link_up(7.9)
    assert vigil.phase is phase
    assert vigil.check(8.1, 9) is None


def test_a_connection_that_stays_broken() -> None:
    vigil = tcp()
    vigil.begin(0.0)
    vigil.link_up(1.0)
    vigil.link_down(3.0)
    assert vigil.check(8.0, 9) == PeerClosed("s")
    assert vigil.check(9.0, 9) is None


def test_a_sender_that_was_told_to_wait_may_be_silent() -> None:
    vigil = udp()
    vigil.rest(True, 0.0)  # nothing is awaited yet
    vigil.begin(0.0)
    vigil.show(1.0)
    vigil.rest(True, 2.0)
    assert vigil.check(1000.0, 5) is None
    vigil.rest(False, 1000.0)
    assert vigil.check(1014.9, 5) is None
    assert vigil.check(1015.0, 5) == Stalled("s", "media", "silence", 5)
