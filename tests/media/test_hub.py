from dataclasses import dataclass, field

import pytest

from tongshi.media.fmp4 import Track, init_segment, track_of
from tongshi.media.hub import Hub
from tongshi.media.unit import Codec

SPS = bytes.fromhex("67640028acd940780227e5c044000003000400000300c83c60c658")


def make_track(pps: bytes = b"\x68\xee\x3c\x80") -> Track:
    track = track_of(Codec.H264, (SPS, pps))
    assert track is not None
    return track


TRACK = make_track()
INIT = init_segment(TRACK)


@dataclass
class Viewer:
    waiting: int = 0
    begun: list[tuple[Track, bytes]] = field(default_factory=list)
    got: list[bytes] = field(default_factory=list)

    def begin(self, track: Track, opening: bytes) -> None:
        self.begun.append((track, opening))

    def send(self, message: bytes) -> None:
        self.got.append(message)

    def backlog(self) -> int:
        return self.waiting


@pytest.fixture
def hub() -> Hub:
    return Hub(backlog_limit=1000, ring_limit=100)


def test_who_comes_early_begins_with_the_first_key(hub: Hub) -> None:
    viewer = Viewer()
    hub.join(viewer)
    assert viewer.begun == []
    hub.change(TRACK)
    hub.publish(b"K1", True)
    hub.publish(b"p1", False)
    assert viewer.begun == [(TRACK, INIT)]
    assert viewer.got == [b"K1", b"p1"]


def test_who_comes_late_gets_the_whole_group_as_one(hub: Hub) -> None:
    hub.change(TRACK)
    for fragment, key in ((b"K1", True), (b"p1", False), (b"K2", True), (b"p2", False)):
        hub.publish(fragment, key)
    viewer = Viewer()
    seat = hub.join(viewer)
    assert viewer.begun == [(TRACK, INIT + b"K2p2")]
    hub.publish(b"p3", False)
    assert viewer.got == [b"p3"]
    assert (seat.sent, seat.sent_bytes) == (1, len(INIT) + 6)


def test_who_comes_between_track_and_key_waits_for_the_key(hub: Hub) -> None:
    hub.change(TRACK)
    viewer = Viewer()
    hub.join(viewer)
    hub.publish(b"p0", False)
    hub.publish(b"K1", True)
    assert viewer.got == [b"K1"]


def test_fragments_are_shared_not_copied(hub: Hub) -> None:
    viewers = [Viewer(), Viewer()]
    hub.change(TRACK)
    for viewer in viewers:
        hub.join(viewer)
    fragment = bytes(50)
    hub.publish(fragment, True)
    assert all(viewer.got[0] is fragment for viewer in viewers)


def test_the_slow_skip_to_the_next_key_and_others_do_not_wait(hub: Hub) -> None:
    slow, quick = Viewer(), Viewer()
    hub.change(TRACK)
    seat = hub.join(slow)
    hub.join(quick)
    hub.publish(b"K1", True)
    slow.waiting = 1001
    hub.publish(b"p1", False)
    hub.publish_sound(b"s1")
    slow.waiting = 0
    hub.publish(b"p2", False)
    hub.publish_sound(b"s2")
    hub.publish(b"K2", True)
    hub.publish_sound(b"s3")
    assert slow.got == [b"K1", b"K2", b"s3"]
    assert quick.got == [b"K1", b"p1", b"s1", b"p2", b"s2", b"K2", b"s3"]
    assert (seat.skips, seat.skipped, hub.skips) == (1, 2, 1)


def test_the_slow_stay_out_while_they_are_slow(hub: Hub) -> None:
    slow = Viewer(waiting=1001)
    hub.change(TRACK)
    seat = hub.join(slow)
    hub.publish(b"K1", True)
    hub.publish_sound(b"s")
    hub.publish(b"K2", True)
    assert slow.got == []
    assert (seat.skips, seat.skipped) == (0, 2)


def test_sound_waits_for_a_picture_and_for_room(hub: Hub) -> None:
    viewer = Viewer()
    seat = hub.join(viewer)
    hub.publish_sound(b"s0")
    hub.change(TRACK)
    hub.publish(b"K1", True)
    viewer.waiting = 1001
    hub.publish_sound(b"s1")
    viewer.waiting = 0
    hub.publish_sound(b"s2")
    assert viewer.got == [b"K1", b"s2"]
    assert seat.sent_bytes == len(INIT) + 4


def test_another_track_begins_for_all(hub: Hub) -> None:
    viewer = Viewer()
    hub.change(TRACK)
    hub.join(viewer)
    hub.publish(b"K1", True)
    other = make_track(b"\x68\xee\x3c\xb0")
    hub.change(other)
    assert hub.opening() == init_segment(other)
    assert hub.still() == b""
    hub.publish(b"p", False)
    hub.publish(b"K2", True)
    assert [track for track, _ in viewer.begun] == [TRACK, other]
    assert viewer.got == [b"K1", b"K2"]


def test_tracks_that_change_for_ever_do_not_pile_up_before_the_slow(hub: Hub) -> None:
    slow, quick = Viewer(), Viewer()
    hub.change(TRACK)
    seat = hub.join(slow)
    hub.join(quick)
    hub.publish(b"K1", True)
    slow.waiting = 1001
    for number in range(5):
        hub.change(make_track(b"\x68\xee\x3c" + bytes([number + 1])))
        hub.publish(b"K", True)
        hub.publish(b"p", False)
    assert (len(slow.begun), len(quick.begun)) == (1, 6)
    assert (seat.begun, seat.skips, hub.skips) == (False, 1, 1)
    slow.waiting = 0
    hub.publish(b"p", False)
    hub.publish_sound(b"s")
    hub.publish(b"K9", True)
    assert hub.track is not None
    assert slow.begun[1:] == [(hub.track, init_segment(hub.track))]
    assert slow.got == [b"K1", b"K9"]


def test_a_still_is_the_last_key(hub: Hub) -> None:
    assert hub.still() == b""
    hub.change(TRACK)
    hub.publish(b"K1", True)
    hub.publish(b"p1", False)
    assert hub.still() == INIT + b"K1"


def test_a_group_without_end_is_not_kept(hub: Hub) -> None:
    hub.change(TRACK)
    hub.publish(b"K1", True)
    hub.publish(bytes(99), False)
    assert hub.opening() == INIT
    assert hub.overflows == 1
    hub.publish(b"p", False)
    viewer = Viewer()
    hub.join(viewer)
    hub.publish(b"p", False)
    hub.publish(b"K2", True)
    assert viewer.got == [b"K2"]


def test_who_leaves_gets_nothing_more(hub: Hub) -> None:
    viewer = Viewer()
    hub.change(TRACK)
    seat = hub.join(viewer)
    assert (len(hub), list(hub)) == (1, [seat])
    hub.leave(seat)
    hub.leave(seat)
    hub.publish(b"K1", True)
    assert (len(hub), viewer.got) == (0, [])


def test_a_reader_may_leave_while_it_is_served(hub: Hub) -> None:
    class Leaver(Viewer):
        def send(self, message: bytes) -> None:
            super().send(message)
            hub.leave(seat)

    leaver, other = Leaver(), Viewer()
    hub.change(TRACK)
    seat = hub.join(leaver)
    hub.join(other)
    hub.publish(b"K1", True)
    hub.publish(b"p1", False)
    assert (leaver.got, other.got) == ([b"K1"], [b"K1", b"p1"])


def test_what_nobody_sends_again_is_kept_until_somebody_comes(hub: Hub) -> None:
    hub.holding = True
    hub.change(TRACK)
    hub.publish(b"p0", False)
    for fragment, key in ((b"K1", True), (b"p1", False), (b"K2", True), (b"p2", False)):
        hub.publish(fragment, key)
    viewer = Viewer()
    hub.join(viewer)
    assert viewer.begun == [(TRACK, INIT + b"K1p1K2p2")]
    hub.publish(b"K3", True)
    late = Viewer()
    hub.join(late)
    assert late.begun == [(TRACK, INIT + b"K3")]


def test_even_what_is_held_has_an_end(hub: Hub) -> None:
    hub.holding = True
    hub.change(TRACK)
    hub.publish(b"K" * 60, True)
    hub.publish(b"K" * 60, True)
    assert hub.overflows == 1
    hub.publish(b"p" * 10, False)
    hub.publish(b"K4", True)
    viewer = Viewer()
    hub.join(viewer)
    assert viewer.begun == [(TRACK, INIT + b"K4")]
