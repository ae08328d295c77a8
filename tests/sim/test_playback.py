import pytest

from tongshi.sim.playback import Playback, nearest

FPS, GOP = 10, 5


def made(*groups: range, origin: float = 50.0, scale: float = 1.0) -> Playback:
    return Playback(groups, fps=FPS, gop=GOP, origin=origin, now=0.0, scale=scale)


def run(playback: Playback, count: int, now: float = 0.0) -> list[tuple[int, int]]:
    """Send *count* frames as fast as can be and return them."""
    sent = []
    for _ in range(count):
        place = playback.next()
        if place is None:
            break
        sent.append(place)
        playback.sent(now)
    return sent


def test_each_frame_once_across_gaps() -> None:
    playback = made(range(100, 102), range(110, 111))
    sent = run(playback, 99)
    assert sent == [(group, index) for group in (100, 101, 110) for index in range(5)]
    assert playback.ended
    assert playback.next() is None
    assert playback.after() is None
    assert playback.due() is None
    assert playback.position == 5.5
    playback.sent(0.0)
    assert playback.duration == 1.5
    assert playback.groups == [100, 101, 110]
    assert playback.first == 500


def test_what_overlaps_is_joined() -> None:
    assert made(range(3, 5), range(0, 4), range(9, 9)).groups == [0, 1, 2, 3, 4]
    nothing = made()
    assert (nothing.ended, nothing.first, nothing.position) == (True, 0, -50.0)


def test_time_between_frames() -> None:
    playback = made(range(100, 200), scale=4.0)
    assert playback.due() == 0.0
    playback.sent(0.0)
    assert playback.due() == 0.025
    playback.sent(10.0)
    assert playback.due() == 10.0
    playback.pause()
    assert playback.due() is None
    playback.play(20.0)
    assert playback.due() == 20.0
    assert playback.next() == (100, 2)
    assert playback.after() == 101


@pytest.mark.parametrize(
    ("npt", "group"), [(0.0, 100), (0.7, 101), (3.0, 110), (5.2, 110), (99.0, None), (-10.0, 100)]
)
def test_a_jump_lands_on_a_group(npt: float, group: int | None) -> None:
    playback = made(range(100, 102), range(110, 112))
    run(playback, 3)
    playback.play(1.0, start=npt)
    assert playback.next() == (None if group is None else (group, 0))


def test_backwards_by_groups() -> None:
    playback = made(range(100, 102), range(110, 111))
    run(playback, 12)
    playback.play(0.0, scale=-1.0)
    assert run(playback, 99) == [(group, index) for group in (110, 101, 100) for index in range(5)]
    assert playback.position == 0.0
    playback.play(0.0, start=1.0)
    assert playback.next() == (101, 0)
    playback.play(0.0, start=-1.0)
    assert playback.ended
    playback.play(0.0, start=0.0, scale=1.0)
    assert playback.next() == (100, 0)


def test_a_turn_begins_at_the_first_frame_of_its_group() -> None:
    playback = made(range(100, 110))
    run(playback, 8)
    playback.play(0.0, scale=2.0)
    assert playback.next() == (101, 3)
    playback.play(0.0, scale=-2.0)
    assert playback.next() == (101, 0)


def test_an_end_is_heeded() -> None:
    playback = made(range(100, 200))
    playback.play(0.0, start=10.0, end=11.0, scale=-1.0)
    assert run(playback, 1) == [(120, 0)]
    playback.play(0.0, start=11.0, end=10.0, scale=-1.0)
    assert {group for group, _ in run(playback, 99)} == {122, 121, 120}
    playback.play(0.0, start=1.0, end=1.4, scale=1.0)
    assert {group for group, _ in run(playback, 99)} == {102}


@pytest.mark.parametrize(
    ("asked", "kept"), [(0.1, 0.25), (0.25, 0.25), (3.0, 2.0), (100.0, 16.0), (-3.0, -2.0)]
)
def test_speeds_are_kept_or_near(asked: float, kept: float) -> None:
    assert nearest(asked) == kept
