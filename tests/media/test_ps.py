import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import LocalProtocolError
from tongshi.media import aac, nal
from tongshi.media import psfields as fields
from tongshi.media.ps import Demuxer, Muxer
from tongshi.media.rtp import Frame
from tongshi.media.unit import AccessUnit, Codec

PACK = fields.build_pack_header(0)
MAP = fields.build_stream_map(Codec.H264, Codec.G711A)
KEY = bytes.fromhex("00000001 6764001f 00000001 68ee3c80 00000001 6588aaaa")
P = bytes.fromhex("00000001 419abbbb")
P_5 = bytes.fromhex("00000001 0201d0ff")
SOUND = b"\xd5" * 320


def video(data: bytes, pts: int | None = 0, dts: int | None = None, stream_id: int = 0xE0) -> bytes:
    return fields.build_pes_header(stream_id, len(data), pts=pts, dts=dts) + data


def sound(data: bytes, pts: int | None = 0, stream_id: int = 0xC0) -> bytes:
    return fields.build_pes_header(stream_id, len(data), pts=pts) + data


def other(kind: int, body: bytes) -> bytes:
    return b"\0\0\1" + bytes([kind]) + len(body).to_bytes(2, "big") + body


def unbounded(packet: bytes) -> bytes:
    return packet[:4] + b"\0\0" + packet[6:]


def feed_all(demuxer: Demuxer, payloads: Iterable[bytes]) -> list[AccessUnit]:
    """One frame after another, 3600 apart."""
    return [u for n, payload in enumerate(payloads) for u in demuxer.feed(payload, 3600 * n)]


def pictures(units: list[AccessUnit]) -> list[AccessUnit]:
    return [unit for unit in units if not unit.codec.is_audio]


def bodies(units: list[AccessUnit]) -> list[bytes]:
    return [unit.data for unit in units]


@pytest.fixture
def demuxer() -> Demuxer:
    return Demuxer()


# What the muxer writes


@pytest.mark.clause("C.1")
def test_a_key_pack_is_exact() -> None:
    muxer = Muxer(Codec.H264, Codec.G711A)
    data = muxer.pack(
        AccessUnit(Codec.H264, 93600, 90000, True, b"\0\0\0\1\x09\xf0" + KEY),
        AccessUnit(Codec.G711A, 90000, 90000, True, b"\xd5\xd5"),
    )
    assert (
        data.hex(" ")
        == (
            "00 00 01 ba 44 00 16 8c 04 01 00 5f 6b f8 "  # SCR 86400
            "00 00 01 bb 00 0c 80 cc f5 04 e1 7f e0 e2 00 c0 c0 20 "
            "00 00 01 bc 00 12 e0 ff 00 00 00 08 1b e0 00 00 90 c0 00 00 fe df b1 d7 "
            "00 00 01 e0 00 2b 84 c0 0a 31 00 05 db 41 11 00 05 bf 21 "
            "00 00 00 01 09 f0 " + KEY.hex(" ") + " "
            "00 00 01 c0 00 0a 84 80 05 21 00 05 bf 21 d5 d5"
        )
    )


def test_other_packs_have_no_headers_of_the_system() -> None:
    data = Muxer(Codec.H264).pack(AccessUnit(Codec.H264, 3600, 3600, False, P))
    assert data.hex(" ") == (
        "00 00 01 ba 44 00 04 00 04 01 00 5f 6b f8 "
        "00 00 01 e0 00 16 84 80 05 21 00 01 1c 21 00 00 00 01 09 f0 " + P.hex(" ")
    )


def test_sound_alone_makes_a_pack() -> None:
    data = Muxer(Codec.H264, Codec.G711A).pack(AccessUnit(Codec.G711A, 3600, 3600, True, SOUND))
    assert data == PACK + sound(SOUND, 3600)


def test_parameter_sets_stand_before_every_key_picture() -> None:
    muxer = Muxer(Codec.H264)
    idr = bytes.fromhex("00000001 6588aaaa")
    sets = KEY[: -len(idr)]
    muxer.pack(AccessUnit(Codec.H264, 3600, 3600, True, KEY))
    for lead in (b"", b"\0\0\0\1\x09\xf0"):
        data = muxer.pack(AccessUnit(Codec.H264, 7200, 7200, True, lead + idr))
        assert data.endswith(b"\0\0\0\1\x09\xf0" + sets + idr)


def test_large_pictures_are_split_and_only_the_first_part_is_timed(h265: list[AccessUnit]) -> None:
    unit = h265[0]._replace(data=h265[0].data + b"\xaa" * 200_000, spans=())
    data = Muxer(Codec.H265).pack(unit)
    at = data.index(b"\0\0\1\xe0")
    headers = []
    while at < len(data):
        length = int.from_bytes(data[at + 4 : at + 6], "big")
        headers.append((length, data[at + 6 : at + 9].hex()))
        at += 6 + length
    assert headers[:3] == [(0xFF80, "848005"), (0xFF80, "800000"), (0xFF80, "800000")]
    assert len(headers) == 4
    (again,) = Demuxer().feed(data, 0)
    assert again.data == unit.data


def test_codecs_without_a_stream_type_are_our_fault() -> None:
    with pytest.raises(LocalProtocolError):
        Muxer(Codec.UNKNOWN)


@pytest.mark.clause("C.1")
@pytest.mark.parametrize("audio", [None, Codec.G711A, Codec.G711U, Codec.AAC])
def test_demux_of_mux_is_identity(
    audio: Codec | None, h264: list[AccessUnit], h265: list[AccessUnit]
) -> None:
    block = aac.Frame(2, 8000, 1, b"abc").encode() if audio is Codec.AAC else SOUND
    for units in (h264, h265):
        muxer, demuxer = Muxer(units[0].codec, audio), Demuxer()
        sent = [
            [u] if audio is None else [u, AccessUnit(audio, u.pts, u.pts, True, block)]
            for u in units
        ]
        got = feed_all(demuxer, [muxer.pack(*pack) for pack in sent])
        assert pictures(got) == units
        assert [u for u in got if u.codec.is_audio] == [u for pack in sent for u in pack[1:]]


@pytest.mark.parametrize("size", [1, 3, 16, 500])
def test_streams_may_be_cut_anywhere(size: int, h264: list[AccessUnit], demuxer: Demuxer) -> None:
    muxer = Muxer(Codec.H264, Codec.G711A)
    data = b"".join(muxer.pack(u, AccessUnit(Codec.G711A, u.pts, u.pts, True, SOUND)) for u in h264)
    got = []
    for at in range(0, len(data), size):
        got += demuxer.feed(data[at : at + size], 0, ended=False)
    got += demuxer.flush()
    assert pictures(got) == h264
    assert len(got) == 24
    assert demuxer.counts.skipped == 0


def test_frames_of_a_receiver_are_decoded(demuxer: Demuxer) -> None:
    pack = PACK + MAP + video(KEY)
    assert bodies(demuxer.decode(Frame([pack], 0, 96, False, True))) == [KEY]
    assert bodies(demuxer.decode(Frame([PACK, video(P, 3600)], 0, 96, False, True))) == [P]


# What the field does


def test_the_counter_in_the_stuffing_of_a_pack_header(demuxer: Demuxer) -> None:
    stuffed = PACK[:13] + b"\xfe" + b"\xff\xff\0\0\0\2"
    assert bodies(feed_all(demuxer, [stuffed + video(KEY), stuffed + video(P, 3600)])) == [KEY, P]


def test_no_map_at_all(demuxer: Demuxer) -> None:
    units = feed_all(demuxer, [PACK + video(KEY), PACK + video(P, 3600)])
    assert [(u.codec, u.key) for u in units] == [(Codec.H264, True), (Codec.H264, False)]


def test_h265_announced_as_h264(h265: list[AccessUnit], demuxer: Demuxer) -> None:
    units = feed_all(demuxer, [PACK + MAP + video(h265[0].data), PACK + video(h265[1].data, 3600)])
    assert [u.codec for u in units] == [Codec.H265, Codec.H265]


def test_a_map_that_changes_is_believed_until_the_bytes_speak(demuxer: Demuxer) -> None:
    svac = fields.build_stream_map(Codec.SVAC, None)
    units = feed_all(
        demuxer, [PACK + svac + video(b"\0\0\1\x41\x9a\xff"), PACK + MAP + video(P, 3600)]
    )
    assert [u.codec for u in units] == [Codec.SVAC, Codec.H264]


@pytest.mark.parametrize("kind", ["crc", "map length", "short", "long", "longer than the frame"])
def test_a_map_whose_lengths_are_wrong_costs_nothing(kind: str, demuxer: Demuxer) -> None:
    broken = {
        "crc": MAP[:-1] + b"\0",
        "map length": MAP[:10] + b"\0\x70" + MAP[12:],
        "short": MAP[:5] + b"\x08" + MAP[6:],
        "long": MAP[:5] + b"\x20" + MAP[6:],
        "longer than the frame": MAP[:4] + b"\x7f\xff" + MAP[6:],
    }[kind]
    units = feed_all(demuxer, [PACK + broken + video(KEY) + sound(SOUND), PACK + video(P, 3600)])
    assert bodies(units) == [SOUND, KEY, P]
    assert demuxer.counts.resyncs == 0


def test_packets_without_length_reach_to_the_next_element(demuxer: Demuxer) -> None:
    first = PACK + MAP + unbounded(video(KEY)) + sound(SOUND)
    second = PACK + unbounded(video(P, 3600))
    assert bodies(feed_all(demuxer, [first, second, PACK + video(P, 7200)])) == [SOUND, KEY, P, P]


def test_a_packet_without_length_goes_on_over_payloads(demuxer: Demuxer) -> None:
    whole = PACK + unbounded(video(KEY + b"\x77" * 100))
    units = demuxer.feed(whole[:60], 0, ended=False) + demuxer.feed(whole[60:], 0)
    assert bodies(units) == [KEY + b"\x77" * 100]
    # The same with a marker on every packet: patience is learned, nothing grows.
    units = demuxer.feed(whole[:60], 1) + demuxer.feed(whole[60:], 1)
    assert demuxer.pictures.late_parts == 1


def test_a_header_of_a_packet_without_length_may_be_cut(demuxer: Demuxer) -> None:
    whole = PACK + unbounded(video(KEY))
    cut = len(PACK) + 10
    units = demuxer.feed(whole[:cut], 0, ended=False) + demuxer.feed(whole[cut:], 0)
    assert bodies(units) == [KEY]


def test_sound_without_length_ends_with_the_payload(demuxer: Demuxer) -> None:
    units = feed_all(
        demuxer, [PACK + MAP + unbounded(sound(SOUND)), PACK + unbounded(sound(SOUND)) + video(KEY)]
    )
    assert bodies(units) == [SOUND, SOUND, KEY]


def test_packets_that_promise_more_than_comes_are_taken_as_they_are(demuxer: Demuxer) -> None:
    packet = video(KEY)
    longer = packet[:4] + b"\x70\0" + packet[6:]
    units = feed_all(demuxer, [PACK + longer, PACK + video(P, 3600), PACK + video(P, 7200)])
    assert bodies(units) == [KEY, P, P]
    assert demuxer.counts.short == 1
    packet = sound(SOUND)
    longer = PACK + MAP + packet[:4] + b"\x70\0" + packet[6:]
    assert bodies(feed_all(demuxer, [longer, PACK + video(P, 10800)])) == [SOUND, P]


def test_sound_that_was_cut_by_loss_is_left_out(demuxer: Demuxer) -> None:
    units = demuxer.feed(PACK + video(KEY) + sound(SOUND)[:-4], 0, ended=False)
    units += demuxer.feed(PACK + video(KEY, 3600), 3600, lost=True)
    units += demuxer.feed(PACK + video(P, 7200) + sound(SOUND)[:-4], 7200)
    units += demuxer.flush()
    assert SOUND[:-4] not in bodies(units)


def test_a_length_modulo_65536_loses_nothing(demuxer: Demuxer) -> None:
    large = KEY + b"\x99" * 70_000
    packet = video(large[:8])
    packet = packet[:4] + (len(large) + 8 & 0xFFFF).to_bytes(2, "big") + packet[6:] + large[8:]
    units = feed_all(demuxer, [PACK + MAP + packet + sound(SOUND), PACK + video(P, 3600)])
    assert bodies(pictures(units)) == [large, P]
    assert demuxer.counts.overlong == 65536


def test_large_pictures_in_many_packets_with_one_time_stamp(demuxer: Demuxer) -> None:
    large = KEY + b"\x99" * 200_000
    parts = [large[at : at + 5000] for at in range(0, len(large), 5000)]
    pack = PACK + MAP + video(parts[0]) + b"".join(video(part, None) for part in parts[1:])
    assert bodies(feed_all(demuxer, [pack])) == [large]


def test_a_map_may_name_other_streams(demuxer: Demuxer) -> None:
    body = b"\xe0\xff\0\0\0\x0c\x24\xe0\0\0\x90\xbd\0\0\x91\xc0\0\0\0\0\0\0"
    units = feed_all(demuxer, [PACK + other(0xBC, body) + video(P_5) + sound(SOUND)])
    assert [u.codec for u in units] == [Codec.G711U, Codec.H265]


def test_private_and_padding_streams_are_skipped(demuxer: Demuxer) -> None:
    extra = other(0xBD, b"\0\0\1\xba junk") + other(0xBF, bytes(30)) + other(0xBE, b"\xff" * 9)
    pack = PACK + extra + MAP + video(KEY) + extra + sound(SOUND) + b"\0\0\1\xb9"
    units = feed_all(demuxer, [pack, PACK + extra + video(P, 3600)])
    assert bodies(units) == [SOUND, KEY, P]
    assert demuxer.counts.ignored == 9


def test_further_streams_are_ignored(demuxer: Demuxer) -> None:
    pack = (
        PACK + MAP + video(KEY) + video(P, 9, stream_id=0xE1) + sound(SOUND) + sound(SOUND, 9, 0xC1)
    )
    assert bodies(feed_all(demuxer, [pack])) == [SOUND, KEY]
    assert demuxer.counts.ignored == 2


def test_a_stream_that_falls_silent_gives_way_to_another(demuxer: Demuxer) -> None:
    feed_all(demuxer, [PACK + MAP + video(KEY, stream_id=0xE2) + sound(SOUND, 0, 0xC9)])
    packs = [PACK + video(KEY, 3600 * n) + sound(SOUND, 3600 * n) for n in range(102)]
    units = feed_all(demuxer, packs)
    assert bodies(units) == [SOUND, KEY, SOUND, KEY]
    assert demuxer.counts.ignored == 200


def test_zeros_that_end_in_a_false_start_are_harmless(demuxer: Demuxer) -> None:
    false = b"\0\0\0\0\0\0\1\xe0\xff\xff" + bytes(12)
    units = feed_all(
        demuxer, [PACK + MAP + video(KEY) + false, PACK + video(P, 3600), PACK + video(P, 7200)]
    )
    assert bodies(units)[-2:] == [P, P]
    assert demuxer.counts.false_starts == 1
    assert units[0].data.startswith(KEY)


def test_trailing_zeros_do_not_delay(demuxer: Demuxer) -> None:
    assert bodies(demuxer.feed(PACK + video(KEY) + b"\0\0", 0)) == [KEY]
    assert bodies(demuxer.feed(PACK + video(P, 3600) + bytes(9), 0)) == [P]


def test_garbage_between_elements_is_stepped_over(demuxer: Demuxer) -> None:
    pack = PACK + b"garbage" + video(KEY) + sound(SOUND) + b"more\0\0" + sound(SOUND)
    assert bodies(feed_all(demuxer, [pack])) == [KEY]
    assert demuxer.counts.mute == 2
    assert (demuxer.counts.resyncs, demuxer.counts.skipped) == (2, 13)


def test_a_pack_header_that_is_none(demuxer: Demuxer) -> None:
    assert feed_all(demuxer, [b"\0\0\1\xba" + bytes(20), PACK + video(KEY)])[0].data == KEY
    assert demuxer.counts.false_starts == 1


def test_a_header_that_claims_more_than_its_packet(demuxer: Demuxer) -> None:
    packet = bytearray(video(KEY))
    packet[8] = 250
    assert bodies(feed_all(demuxer, [PACK + bytes(packet)])) == [KEY[1:]]


def test_headers_cut_by_the_end_of_the_stream_are_dropped(demuxer: Demuxer) -> None:
    whole = PACK + video(KEY)
    for size in range(len(PACK) + 14):
        assert Demuxer().feed(whole[:size], 0, ended=False) == []
    demuxer.feed(PACK + b"\0\0\1\xbc\0", 0, ended=False)
    assert demuxer.flush() == []
    assert demuxer.counts.skipped == 5


def test_a_stream_of_mpeg_1(demuxer: Demuxer) -> None:
    pack = b"\0\0\1\xba\x21\0\1\0\1\x80\0\1"
    packet = b"\0\0\1\xe0" + (5 + len(KEY)).to_bytes(2, "big") + bytes.fromhex("210005bf21") + KEY
    (unit,) = feed_all(demuxer, [pack + packet])
    assert (unit.data, unit.pts) == (KEY, 90000)


def test_a_start_in_the_middle_waits_for_a_pack(demuxer: Demuxer) -> None:
    units = feed_all(
        demuxer, [b"\x11" * 50 + video(P), video(P, 3600), PACK + MAP + video(KEY, 7200)]
    )
    assert bodies(units) == [KEY]


@pytest.mark.parametrize("stamp", [None, 777])
def test_absent_and_constant_time_stamps_take_the_rtp_clock(
    stamp: int | None, demuxer: Demuxer
) -> None:
    packs = [PACK + MAP + video(KEY, stamp)] + [PACK + video(P, stamp)] * 4
    units = [u for n, pack in enumerate(packs) for u in demuxer.feed(pack, 1000 + 40 * n)]
    assert [b.dts - a.dts for a, b in itertools.pairwise(units)] == [3600] * 4


def test_time_stamps_of_rtp_may_differ_within_a_frame(demuxer: Demuxer) -> None:
    pack = PACK + MAP + video(KEY)
    units = [u for at in range(0, len(pack), 10) for u in demuxer.feed(pack[at : at + 10], at)]
    assert bodies(units) == [KEY]


def test_sound_announced_as_g711_but_aac(demuxer: Demuxer) -> None:
    adts = aac.Frame(2, 8000, 1, b"abc").encode()
    units = feed_all(
        demuxer, [PACK + MAP + sound(adts), PACK + sound(adts, None), PACK + sound(adts, None)]
    )
    assert [u.codec for u in units] == [Codec.AAC] * 3
    assert [b.pts - a.pts for a, b in itertools.pairwise(units)] == [3600, 3600]
    demuxer = Demuxer()
    units = [u for _ in range(3) for u in demuxer.feed(PACK + MAP + sound(adts, None), 5)]
    assert [b.pts - a.pts for a, b in itertools.pairwise(units)] == [11520] * 2


def test_what_is_believed_without_a_map() -> None:
    demuxer = Demuxer(video=Codec.H264, audio=Codec.G711U)
    units = feed_all(demuxer, [PACK + video(P) + sound(SOUND)])
    assert {u.codec for u in units} == {Codec.H264, Codec.G711U}


# Loss


def lose(
    demuxer: Demuxer, packs: list[bytes], holes: dict[int, tuple[int, int]]
) -> list[AccessUnit]:
    """Feed packs; in each named one the bytes from..to are missing, as a receiver tells it."""
    out = []
    for n, pack in enumerate(packs):
        if n not in holes:
            out += demuxer.feed(pack, 3600 * n)
            continue
        begin, end = holes[n]
        if begin:
            out += demuxer.feed(pack[:begin], 3600 * n, ended=False)
        if end < len(pack):
            out += demuxer.feed(pack[end:], 3600 * n, lost=True)
    return out


def packs_of(data: list[bytes]) -> list[bytes]:
    return [PACK + (MAP if n == 0 else b"") + video(body, 3600 * n) for n, body in enumerate(data)]


def test_a_hole_in_a_picture_leaves_the_rest(demuxer: Demuxer) -> None:
    long = P + bytes(range(1, 200))
    units = lose(demuxer, packs_of([KEY, long, P]), {1: (100, 150)})
    assert [u.damaged for u in units] == [False, True, False]
    start = len(PACK) + 14
    assert units[1].data == long[: 100 - start] + long[150 - start :]
    assert demuxer.counts.breaks == 1


def test_a_hole_before_sound_finds_the_sound(demuxer: Demuxer) -> None:
    pack = PACK + MAP + video(KEY + b"\x99" * 300) + sound(SOUND)
    units = lose(demuxer, [pack], {0: (100, 200)})
    assert [(u.codec, u.damaged) for u in units] == [(Codec.G711A, False), (Codec.H264, True)]


def test_a_hole_between_packets_of_a_picture_drops_the_rest(demuxer: Demuxer) -> None:
    pack = PACK + MAP + video(KEY) + video(b"\x77" * 50, None) + video(b"\x78" * 50, None)
    at = len(PACK + MAP + video(KEY))
    units = lose(demuxer, [pack, PACK + video(P, 3600)], {0: (at, at + 59)})
    assert [(u.data, u.damaged) for u in units] == [(KEY, True), (P, False)]


def test_a_lost_end_and_beginning_mark_both(demuxer: Demuxer) -> None:
    packs = packs_of([KEY, P + b"\x11" * 90, P + b"\x12" * 90, P])
    units = demuxer.feed(packs[0], 0)
    units += demuxer.feed(packs[1][:80], 3600, ended=False)
    units += demuxer.feed(packs[2][60:], 7200, lost=True)
    units += demuxer.feed(packs[3], 10800)
    assert [(u.pts, u.damaged) for u in units] == [(0, False), (3600, True), (10800, True)]


def test_lost_pictures_mark_the_next_but_not_a_key(demuxer: Demuxer) -> None:
    packs = packs_of([KEY, P, P, KEY])
    units = demuxer.feed(packs[0], 0) + demuxer.feed(packs[2], 7200, lost=True)
    units += demuxer.feed(packs[3], 10800, lost=True)
    assert [u.damaged for u in units] == [False, True, False]


def test_a_hole_in_sound_drops_the_block(demuxer: Demuxer) -> None:
    pack = PACK + MAP + sound(SOUND)
    assert lose(demuxer, [pack, PACK + sound(SOUND, 3600)], {0: (100, 200)}) == [
        AccessUnit(Codec.G711A, 3600, 3600, True, SOUND)
    ]


def test_a_hole_in_a_packet_without_length(demuxer: Demuxer) -> None:
    pack = PACK + MAP + unbounded(video(KEY + b"\x11" * 200))
    (unit,) = lose(demuxer, [pack], {0: (150, 180)})
    assert unit.damaged
    assert unit.data.endswith(b"\x11" * 100)


@given(st.data())
def test_any_holes_anywhere_recover_at_the_next_key(data: st.DataObject) -> None:
    body = P + bytes(range(3, 120))
    packs = packs_of([KEY, body, body, KEY + b"\x22" * 300, body, KEY, body])
    holes = {}
    for n in data.draw(st.sets(st.integers(0, 4))):
        begin = data.draw(st.integers(0, len(packs[n])))
        holes[n] = (begin, data.draw(st.integers(begin, len(packs[n]))))
    units = lose(Demuxer(), packs, holes)
    assert [(u.pts, u.key, u.data) for u in units[-2:]] == [
        (18000, True, KEY),
        (21600, False, body),
    ]
    assert not units[-1].damaged


# Anything at all


@given(
    st.lists(
        st.tuples(st.binary(max_size=80), st.integers(0, 3), st.booleans(), st.booleans()),
        max_size=20,
    )
)
def test_any_bytes_are_taken(sent: list[tuple[bytes, int, bool, bool]]) -> None:
    demuxer = Demuxer()
    for payload, stamp, lost, ended in sent:
        demuxer.feed(payload, stamp, lost, ended)
    demuxer.flush()
    # However it was confused, the next two packs come through.
    units = feed_all(
        demuxer,
        [PACK + MAP + video(KEY, 900_000), PACK + video(P, 903_600), PACK + video(P, 907_200)],
    )
    assert bodies(units + demuxer.flush())[-3:] == [KEY, P, P]


ELEMENTS = [
    PACK,
    MAP,
    video(KEY),
    video(P),
    video(P, None),
    unbounded(video(P)),
    sound(SOUND),
    other(0xBD, b"x"),
    b"\0",
    b"\0\0\1",
    b"\0\0\1\xe0\xff\xff",
    b"x" * 30,
]


@given(
    st.lists(st.lists(st.sampled_from(ELEMENTS), max_size=6).map(b"".join), max_size=12),
    st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 2)), min_size=12, max_size=12),
    st.integers(1, 50),
)
def test_any_mixture_of_elements_is_taken(
    payloads: list[bytes], fates: list[tuple[bool, bool, int]], cut: int
) -> None:
    demuxer = Demuxer()
    out = []
    for payload, (lost, ended, stamp) in zip(payloads, fates, strict=False):
        out += demuxer.feed(payload[:cut], stamp, lost, False)
        out += demuxer.feed(payload[cut:], stamp, False, ended)
    out += demuxer.flush()
    for unit in pictures(out):
        assert unit.spans == nal.split(unit.data)
    assert sum(len(u.data) for u in out) <= sum(map(len, payloads))
