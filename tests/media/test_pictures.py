import pytest

from tongshi.media import pictures as module
from tongshi.media.pictures import Pictures
from tongshi.media.timeline import Anchor, Timeline
from tongshi.media.unit import AccessUnit, Codec
from tongshi.testing.weight import weigh

SPS, PPS, IDR, P, P_MORE = (
    b"\0\0\0\1" + bytes.fromhex(text)
    for text in ("6764001f", "68ee3c80", "6588aaaa", "419abbbb", "4140cccc")
)
KEY = SPS + PPS + IDR
VPS_5 = b"\0\0\0\1\x40\x01\x0c\0\0\0\1\x42\x01\x01\0\0\0\1\x44\x01\xc1"
KEY_5 = VPS_5 + b"\0\0\0\1\x26\x01\xaf\xff"


def make(codec: Codec = Codec.H264) -> Pictures:
    return Pictures(Timeline(Anchor()), codec)


def add(
    to: Pictures, payload: bytes, pts: int | None, *, fresh: bool = True, settle: bool = True
) -> None:
    to.add(payload, pts, None, 0, fresh=fresh)
    if settle:
        to.settle()


def take(of: Pictures) -> list[AccessUnit]:
    out, of.out = of.out, []
    return out


def test_a_picture_is_handed_on_with_its_frame() -> None:
    p = make()
    add(p, KEY, 100)
    add(p, P, 3700)
    units = take(p)
    assert [(u.codec, u.pts, u.key, u.data, u.damaged) for u in units] == [
        (Codec.H264, 100, True, KEY, False),
        (Codec.H264, 3700, False, P, False),
    ]
    assert [len(u.spans) for u in units] == [3, 1]
    assert not p.pending


def test_packets_without_a_time_stamp_go_on_with_the_picture() -> None:
    p = make()
    add(p, KEY[:10], 100, settle=False)
    add(p, KEY[10:], None, fresh=False, settle=False)
    assert p.pending
    add(p, P, 3700, settle=False)
    p.flush()
    assert [u.data for u in take(p)] == [KEY, P]


def test_packs_with_one_time_stamp_are_one_picture_unless_a_new_one_opens() -> None:
    p = make()
    add(p, P, 100, settle=False)
    add(p, P_MORE, 100, settle=False)
    add(p, P, 100, settle=False)
    p.flush()
    assert [u.data for u in take(p)] == [P + P_MORE, P]


def test_parameter_sets_alone_wait_for_their_picture() -> None:
    p = make()
    add(p, SPS, 100)
    add(p, PPS, 100)
    add(p, IDR, 100)
    (unit,) = take(p)
    assert (unit.data, unit.key, unit.pts) == (KEY, True, 100)


def test_a_part_that_comes_too_late_teaches_patience() -> None:
    p = make()
    add(p, KEY, 100)
    add(p, P_MORE, None, fresh=False)
    assert p.counts.late_parts == 1
    add(p, P, 3700)
    add(p, P_MORE, None, fresh=False)
    assert [u.data for u in take(p)] == [KEY]
    add(p, P, 7300)
    (unit,) = take(p)
    # The part that was lost may show in every picture up to the next key.
    assert (unit.data, unit.damaged) == (P + P_MORE, True)
    for n in range(600):
        add(p, P, 10900 + 3600 * n)
    assert len(take(p)) == 601
    assert not p.pending


def test_a_part_without_time_stamp_after_patience_goes_on() -> None:
    p = make()
    p.learn()
    for n in range(300):
        add(p, P, 3600 * n)
        add(p, P_MORE, None, fresh=False)
    assert p.pending


def test_loss_marks_the_picture_it_hit() -> None:
    p = make()
    add(p, KEY, 100)
    add(p, P, 3700, settle=False)
    p.tear()
    p.settle()
    add(p, P, 7300)
    assert [u.damaged for u in take(p)] == [False, True, False]


def test_a_gap_marks_the_next_picture_unless_it_is_a_whole_key() -> None:
    p = make()
    add(p, KEY, 100)
    p.gap()
    add(p, P, 7300)
    p.gap()
    add(p, KEY, 10900)
    assert [u.damaged for u in take(p)] == [False, True, False]


def test_what_the_bytes_say_weighs_more() -> None:
    p = make(Codec.H264)
    add(p, KEY_5, 100)
    add(p, KEY, 3700)
    add(p, b"\0\0\0\1\x02\x01\xd0\xff", 7300)
    assert [(u.codec, u.key) for u in take(p)] == [
        (Codec.H265, True),
        (Codec.H264, True),
        (Codec.H264, False),
    ]


def test_an_odd_head_that_gives_nothing_away_changes_nothing() -> None:
    p = make(Codec.H264)
    add(p, b"\0\0\0\1\x40\x07\0\0\0\1\x41\x9a\xff", 100)
    assert [u.codec for u in take(p)] == [Codec.H264]


def test_pictures_of_no_known_codec_are_counted() -> None:
    p = make(Codec.UNKNOWN)
    add(p, P, 100)
    add(p, KEY, 3700)
    p.codec = Codec.SVAC
    add(p, KEY, 7300)
    assert [(u.codec, u.key) for u in take(p)] == [
        (Codec.UNKNOWN, False),
        (Codec.H264, True),
        (Codec.SVAC, False),
    ]
    assert p.counts.unknown == 1


def test_junk_before_the_first_start_code_is_dropped() -> None:
    p = make()
    add(p, b"\x80\x00\x07" + KEY, 100)
    (unit,) = take(p)
    assert unit.data.lstrip(b"\0") == KEY.lstrip(b"\0")
    assert p.counts.unaligned == 0


def test_a_stream_whose_pictures_begin_anywhere_is_split(h264: list[AccessUnit]) -> None:
    data = b"".join(u.data for u in h264)
    p = make(Codec.UNKNOWN)
    cuts = [0, 1000, 2600, 2900, 4000, len(data)]
    for n in range(5):
        add(
            p, data[cuts[n] : cuts[n + 1]], None if n == 1 else 3600 * n, fresh=n != 1, settle=False
        )
    p.flush()
    assert [u.data for u in take(p)] == [u.data for u in h264]
    assert p.counts.unaligned == 1


def test_such_a_stream_is_split_from_its_first_packet_too(h264: list[AccessUnit]) -> None:
    data = b"".join(u.data for u in h264)
    p = make()
    add(p, data[100:4000], 0)
    add(p, data[4000:], 7)
    p.gap()
    units = take(p)
    assert [u.data for u in units[1:]] == [u.data for u in h264[1:]]
    assert units[-1].damaged
    add(p, KEY, 90000)
    p.flush()
    assert not take(p)[0].damaged


def test_after_a_gap_a_stray_part_is_dropped() -> None:
    p = make()
    p.gap()
    add(p, b"\x55" * 100, 100)
    assert (take(p), p.counts.unaligned) == ([], 0)


def test_pictures_beyond_the_limit_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMIT", 1000)
    p = make()
    add(p, KEY + bytes(600), 100, settle=False)
    add(p, b"\xaa" * 600, None, fresh=False, settle=False)
    add(p, P, 3700)
    (unit,) = take(p)
    assert (unit.data, unit.damaged, p.counts.overflows) == (P, True, 1)


def test_pictures_in_countless_parts_are_dropped() -> None:
    p = make()
    add(p, KEY, 100, settle=False)
    for _ in range(20_000):
        p.extend(b"xy")
    assert weigh(p) < 1_500_000
    assert p.counts.overflows == 1


def test_parameter_sets_without_end_do_not_wait() -> None:
    p = make()
    add(p, SPS + bytes(70000) + b"\1", 100)
    add(p, P, 3700)
    (unit,) = take(p)
    assert (unit.data, unit.damaged, p.counts.empty) == (P, True, 1)


def test_torn_bytes_without_a_unit_are_dropped() -> None:
    p = make()
    add(p, b"\0", 100, settle=False)
    p.tear()
    p.settle()
    add(p, P, 3700)
    (unit,) = take(p)
    assert (unit.data, unit.damaged, p.counts.empty) == (P, True, 1)
