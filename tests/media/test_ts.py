import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongshi.media import aac
from tongshi.media import psfields as ps
from tongshi.media import tsfields as fields
from tongshi.media.rtp import Frame
from tongshi.media.ts import Demuxer
from tongshi.media.unit import AccessUnit, Codec

MAP_PID, VIDEO, SOUND_PID = 0x1000, 0x100, 0x101
KEY = bytes.fromhex("00000001 6764001f 00000001 68ee3c80 00000001 6588") + b"\xaa" * 400
P = bytes.fromhex("00000001 419a") + b"\xbb" * 300
SOUND = b"\xd5" * 320
SMALL = b"\0\0\1\xe0\0\1\x80" + bytes(60)


class Line:
    """Numbers the packets of each id."""

    def __init__(self) -> None:
        self.counters: dict[int, int] = {}

    def packets(self, pid: int, payload: bytes, clock: int | None = None) -> list[bytes]:
        made = fields.build_packets(pid, self.counters.get(pid, 0), payload, clock)
        self.counters[pid] = self.counters.get(pid, 0) + len(made) & 15
        return made

    def tables(self, *streams: tuple[int, int]) -> list[bytes]:
        listed = fields.build_streams(VIDEO, streams or ((0x1B, VIDEO), (0x90, SOUND_PID)))
        first = self.packets(0, b"\0" + fields.build_programs(MAP_PID))
        return first + self.packets(MAP_PID, b"\0" + listed)

    def video(
        self, data: bytes, pts: int | None, *, pid: int = VIDEO, sized: bool = False
    ) -> list[bytes]:
        packet = ps.build_pes_header(0xE0, len(data), pts=pts) + data
        if not sized:
            packet = packet[:4] + b"\0\0" + packet[6:]
        return self.packets(pid, packet, pts)

    def sound(self, data: bytes, pts: int, *, stream_id: int = 0xC0) -> list[bytes]:
        return self.packets(SOUND_PID, ps.build_pes_header(stream_id, len(data), pts=pts) + data)


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def demuxer() -> Demuxer:
    return Demuxer()


def feed(demuxer: Demuxer, *frames: list[bytes]) -> list[AccessUnit]:
    """One RTP frame after another, then the end."""
    units = [
        unit for at, frame in enumerate(frames) for unit in demuxer.feed(b"".join(frame), 3600 * at)
    ]
    return units + demuxer.flush()


def pictures(units: list[AccessUnit]) -> list[bytes]:
    return [unit.data for unit in units if not unit.codec.is_audio]


def sounds(units: list[AccessUnit]) -> list[bytes]:
    return [unit.data for unit in units if unit.codec.is_audio]


@pytest.mark.parametrize("sized", [False, True])
def test_pictures_and_sound(sized: bool, line: Line, demuxer: Demuxer) -> None:
    units = feed(
        demuxer,
        line.tables() + line.video(KEY, 0, sized=sized) + line.sound(SOUND, 0),
        line.video(P, 3600, sized=sized) + line.sound(SOUND, 3600),
    )
    assert pictures(units) == [KEY, P]
    assert sounds(units) == [SOUND, SOUND]
    assert [(u.codec, u.key, u.pts) for u in units if not u.codec.is_audio] == [
        (Codec.H264, True, 0),
        (Codec.H264, False, 3600),
    ]
    assert {u.codec for u in units if u.codec.is_audio} == {Codec.G711A}
    assert not any(u.damaged for u in units)


def test_whole_clips_come_back(h264: list[AccessUnit], h265: list[AccessUnit]) -> None:
    for units, kind in ((h264, 0x1B), (h265, 0x24)):
        line = Line()
        frames = [line.video(unit.data, unit.pts) for unit in units]
        got = feed(Demuxer(), line.tables((kind, VIDEO)), *frames)
        assert got == units


@pytest.mark.parametrize("size", [1, 100, 188, 1000])
def test_streams_may_be_cut_anywhere(size: int, line: Line, demuxer: Demuxer) -> None:
    data = b"".join(line.tables() + line.video(KEY, 0) + line.sound(SOUND, 0) + line.video(P, 3600))
    got = []
    for at in range(0, len(data), size):
        got += demuxer.feed(data[at : at + size], at // 188, ended=True)
    got += demuxer.flush()
    assert pictures(got) == [KEY, P]
    assert sounds(got) == [SOUND]
    assert demuxer.counts.skipped == 0


def test_frames_of_a_receiver_are_decoded(line: Line, demuxer: Demuxer) -> None:
    frame = Frame(line.video(KEY, 0), 0, 33, False, True)
    assert demuxer.decode(frame) == []
    assert demuxer.decode(Frame([b"".join(line.video(P, 3600))], 3600, 33, False, True)) != []


def test_pictures_go_at_once_when_frames_have_proved_to_end_with_them(line: Line) -> None:
    demuxer = Demuxer()
    for at in range(251):
        demuxer.feed(b"".join(line.video(KEY, 3600 * at)), 3600 * at)
    units = demuxer.feed(b"".join(line.video(KEY, 3600 * 251)), 3600 * 251)
    assert [unit.pts for unit in units] == [3600 * 251]


def test_no_tables_are_needed(line: Line, demuxer: Demuxer) -> None:
    units = feed(demuxer, line.video(KEY, 0) + line.sound(SOUND, 0), line.video(P, 3600))
    assert pictures(units) == [KEY, P]
    assert demuxer.counts.mute == 1  # nothing says what it is


def test_bytes_weigh_more_than_tables(h265: list[AccessUnit], line: Line) -> None:
    block = aac.Frame(2, 8000, 1, b"abc").encode()
    units = feed(Demuxer(), line.tables() + line.video(h265[0].data, 0) + line.sound(block, 0))
    assert {unit.codec for unit in units} == {Codec.H265, Codec.AAC}


def test_tables_may_change(line: Line, demuxer: Demuxer) -> None:
    units = feed(
        demuxer,
        line.tables() + line.sound(SOUND, 0),
        line.tables() + line.sound(SOUND, 3600),
        line.tables((0x80, VIDEO), (0x91, SOUND_PID)) + line.sound(SOUND, 7200),
        line.video(b"\0\0\1\x41" + bytes(200), 7200),
    )
    assert [unit.codec for unit in units] == [
        Codec.G711A, Codec.G711A, Codec.G711U, Codec.SVAC
    ]  # fmt: skip


def test_tables_over_several_packets(line: Line, demuxer: Demuxer) -> None:
    many = tuple((0x42, 0x200 + at) for at in range(60))
    frame = line.tables(*many[:20], (0x91, SOUND_PID), *many[20:]) + line.sound(SOUND, 0)
    assert [unit.codec for unit in feed(demuxer, frame)] == [Codec.G711U]


def test_the_rest_of_a_table_that_began_before_us_is_nothing(line: Line, demuxer: Demuxer) -> None:
    many = tuple((0x42, 0x200 + at) for at in range(60))
    programs, *streams = line.tables(*many)
    assert len(streams) == 2
    assert feed(demuxer, [programs, streams[1], *line.sound(SOUND, 0)]) == []
    assert demuxer.counts.mute == 1


def test_a_table_that_claims_too_much_is_dropped(line: Line, demuxer: Demuxer) -> None:
    programs = line.packets(0, b"\0" + fields.build_programs(MAP_PID))
    vast = line.packets(MAP_PID, b"\0\x02\xbf\xff" + bytes(100))
    assert feed(demuxer, programs + vast + line.tables() + line.sound(SOUND, 0)) != []


def test_an_id_may_become_that_of_a_table(line: Line, demuxer: Demuxer) -> None:
    line.counters[MAP_PID] = 3
    stray = line.video(P, 0, pid=MAP_PID)
    units = feed(demuxer, stray + line.tables() + line.sound(SOUND, 0))
    assert sounds(units) == [SOUND]


def test_sound_in_a_private_stream_needs_a_table(line: Line) -> None:
    private = line.sound(SOUND, 0, stream_id=0xBD)
    demuxer = Demuxer()
    assert feed(demuxer, private) == []
    assert demuxer.counts.ignored == len(private)
    late = line.sound(SOUND, 3600, stream_id=0xBD)
    assert sounds(feed(demuxer, private, line.tables() + late)) == [SOUND]
    assert sounds(feed(Demuxer(), line.tables() + line.sound(SOUND, 0, stream_id=0xBD))) == [SOUND]


def test_sound_without_length_ends_with_the_next(line: Line, demuxer: Demuxer) -> None:
    packet = ps.build_pes_header(0xC0, len(SOUND), pts=0) + SOUND
    open_ended = packet[:4] + b"\0\0" + packet[6:]
    frames = [line.packets(SOUND_PID, open_ended) for _ in range(2)]
    assert sounds(feed(demuxer, line.tables(), *frames)) == [SOUND, SOUND]
    endless = line.packets(SOUND_PID, open_ended + bytes(70_000))
    assert sounds(feed(demuxer, endless, line.sound(SOUND, 7200))) == [SOUND]
    assert demuxer.counts.short == 1


def test_sound_cut_short_is_dropped(line: Line, demuxer: Demuxer) -> None:
    cut = line.packets(SOUND_PID, (ps.build_pes_header(0xC0, 999, pts=0) + SOUND))
    assert sounds(feed(demuxer, line.tables() + cut + line.sound(SOUND, 3600))) == [SOUND]
    assert demuxer.counts.short == 1


def test_one_stream_of_a_kind_is_shown(line: Line, demuxer: Demuxer) -> None:
    frames = [
        line.video(data, 3600 * at) + line.video(P, 3600 * at, pid=0x200)
        for at, data in enumerate((KEY, P, P))
    ]
    assert pictures(feed(demuxer, *frames)) == [KEY, P, P]
    assert demuxer.counts.ignored == 3
    # A hole in the other one is nothing to this one.
    line.counters[0x200] += 1
    more = line.video(KEY, 10_800) + line.video(P, 10_800, pid=0x200)
    assert not any(unit.damaged for unit in feed(demuxer, more))
    assert demuxer.counts.breaks == 1


def test_a_stuffing_packet_is_nothing(line: Line, demuxer: Demuxer) -> None:
    null = b"\x47\x1f\xff\x10" + b"\xff" * 184
    clock_only = b"\x47\x01\x00\x20\xb7\x10" + bytes(182)
    frame = [part for packet in line.video(KEY, 0) for part in (packet, null, clock_only)]
    assert pictures(feed(demuxer, frame)) == [KEY]
    assert demuxer.counts.breaks == 0


def test_a_hole_damages_the_picture(line: Line, demuxer: Demuxer) -> None:
    key, torn = line.video(KEY, 0), line.video(P, 3600)
    units = feed(demuxer, key, torn[:1] + torn[2:], line.video(P, 7200))
    assert [unit.damaged for unit in units] == [False, True, False]
    assert demuxer.counts.breaks == 1


def test_a_lost_beginning_damages_what_goes_on(line: Line, demuxer: Demuxer) -> None:
    key, torn = line.video(KEY, 0), line.video(P, 3600)
    units = feed(demuxer, key, torn[1:], line.video(P, 7200))
    assert [unit.damaged for unit in units] == [True, False]


def test_a_loss_told_by_the_receiver_tears_all(line: Line, demuxer: Demuxer) -> None:
    frame = line.tables() + line.video(KEY, 0)
    half = line.sound(SOUND, 0)
    demuxer.feed(b"".join(frame + half[:1]) + b"\x47\x01", 0)
    units = demuxer.feed(b"".join(line.video(P, 3600)), 3600, lost=True) + demuxer.flush()
    assert [(unit.codec, unit.damaged) for unit in units] == [
        (Codec.H264, True),
        (Codec.H264, False),
    ]
    assert (demuxer.counts.breaks, demuxer.counts.short) == (1, 1)


def test_a_loss_between_pictures_that_went_at_once(line: Line, demuxer: Demuxer) -> None:
    for at in range(251):
        demuxer.feed(b"".join(line.video(KEY, 3600 * at)), 3600 * at)
    line.video(P, 0)
    units = demuxer.feed(b"".join(line.video(P, 3600 * 252)), 3600 * 252, lost=True)
    assert [unit.damaged for unit in units] == [True]
    assert demuxer.feed(b"".join(line.video(P, 3600 * 253)[1:]), 3600 * 253, lost=True) == []


def test_repeated_packets_are_taken_once(line: Line, demuxer: Demuxer) -> None:
    frame = [packet for packet in line.video(KEY, 0) for _ in range(2)]
    units = feed(demuxer, frame)
    assert (pictures(units), units[0].damaged) == ([KEY], False)
    assert demuxer.counts.repeats == len(frame) // 2


def test_a_counter_may_begin_anew_where_it_says_so(line: Line, demuxer: Demuxer) -> None:
    first = line.video(KEY, 0)
    line.counters[VIDEO] = 9
    (head, *rest) = line.video(P, 3600)
    marked = head[:5] + bytes([head[5] | 0x80]) + head[6:]
    units = feed(demuxer, first, [marked, *rest])
    assert [unit.damaged for unit in units] == [False, False]
    assert demuxer.counts.breaks == 0


@pytest.mark.parametrize(("at", "mark"), [(1, 0x80), (3, 0x80)])
def test_what_its_sender_calls_broken_is_not_taken(
    at: int, mark: int, line: Line, demuxer: Demuxer
) -> None:
    frame = line.video(KEY, 0)
    bad = bytearray(frame[1])
    bad[at] |= mark
    units = feed(demuxer, [frame[0], bytes(bad), *frame[2:]])
    assert [unit.damaged for unit in units] == [True]
    assert demuxer.counts.broken == 1


def test_packets_are_found_again_after_garbage(line: Line, demuxer: Demuxer) -> None:
    garbage = b"\x00\x47\x01" + b"\x47" * 3
    frame = [garbage, *line.video(KEY, 0)]
    assert pictures(feed(demuxer, frame)) == [KEY]
    assert demuxer.counts.resyncs >= 1
    assert demuxer.counts.skipped == len(garbage)
    assert feed(demuxer, [bytes(400)]) == []


def test_a_header_may_come_in_two(line: Line, demuxer: Demuxer) -> None:
    packet = ps.build_pes_header(0xE0, 0, pts=90_000)
    first = b"\x47\x41\x00\x30" + bytes([174]) + bytes(174) + packet[:9]
    second = fields.build_packets(VIDEO, 1, packet[9:] + KEY)
    second[0] = bytes([0x47, second[0][1] & 0xBF]) + second[0][2:]
    units = feed(demuxer, [first], second)
    assert [(unit.pts, unit.data) for unit in units] == [(90_000, KEY)]
    assert feed(demuxer, [first]) == []


def test_what_is_no_packet_of_pictures_is_passed_over(line: Line, demuxer: Demuxer) -> None:
    assert pictures(feed(demuxer, line.video(KEY, 0))) == [KEY]
    rest = bytes(60)
    for odd in (b"\0\0\1\xe0\0", b"\0\0\2\xe0" + rest, b"\0\0\1\xe0\0\0\0" + rest, SMALL):
        assert feed(demuxer, line.packets(VIDEO, odd)) == []
    assert demuxer.counts.resyncs == 4
    assert demuxer.pictures.unknown == 0


def test_there_are_never_many_streams(line: Line, demuxer: Demuxer) -> None:
    feed(demuxer, *[line.video(P, 0, pid=0x300 + at) for at in range(40)])
    before = demuxer.counts.ignored
    assert feed(demuxer, line.packets(0x555, ps.build_pes_header(0xC0, 3) + b"abc")) == []
    assert demuxer.counts.ignored == before + 1


def test_what_begins_in_the_middle_is_ignored(line: Line, demuxer: Demuxer) -> None:
    assert feed(demuxer, line.video(P, 0)[1:]) == []
    assert demuxer.counts.ignored == len(line.video(P, 0)) - 1


@settings(max_examples=200)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=400),
            st.tuples(st.sampled_from([0, 0x100, 0x1000]), st.integers(0, 255), st.binary()).map(
                lambda given: (
                    bytes([0x47, 0x40 | given[0] >> 8, given[0] & 0xFF, given[1]])
                    + given[2][:184].ljust(184, b"\xff")
                )
            ),
        ),
        max_size=12,
    ),
    st.booleans(),
)
def test_any_bytes_are_survived(payloads: list[bytes], lost: bool) -> None:
    demuxer = Demuxer()
    units = [
        unit
        for at, payload in enumerate(payloads)
        for unit in demuxer.feed(payload, at, lost=lost and at % 2 == 1)
    ]
    units += demuxer.flush()
    times = [unit.dts for unit in units if not unit.codec.is_audio]
    assert all(a < b for a, b in itertools.pairwise(times))
