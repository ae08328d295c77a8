import itertools

import pytest

from tongshi.media import psfields as fields
from tongshi.media import tsfields
from tongshi.media.payload import Kind, Payloads, Sound, kind_named, sniff
from tongshi.media.rtp import Frame
from tongshi.media.timeline import Times
from tongshi.media.unit import AccessUnit, Codec

KEY = bytes.fromhex("00000001 6764001f 00000001 68ee3c80 00000001 6588aaaa")
PACK = fields.build_pack_header(0) + fields.build_pes_header(0xE0, len(KEY), pts=0) + KEY
SPS, IDR, P = (bytes.fromhex(text) for text in ("6764001f", "6588aaaa", "419abbbb"))


def frame(number: int, *parts: bytes, stamp: int = 0) -> Frame:
    return Frame(list(parts), stamp, number, False, True)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("PS", Kind.PS),
        ("ps/90000", Kind.PS),
        ("H264/90000", Kind.H264),
        ("hevc", Kind.H265),
        ("H265", Kind.H265),
        ("PCMA/8000/1", Kind.G711A),
        ("PCMU", Kind.G711U),
        ("MP2T/90000", Kind.MPEGTS),
        ("SVAC/90000", Kind.UNSUPPORTED),
    ],
)
def test_names_of_rtpmap(name: str, kind: Kind) -> None:
    assert kind_named(name) is kind


def test_sniffing() -> None:
    assert sniff(PACK) is Kind.PS
    assert sniff(b"\x47" + bytes(187)) is Kind.MPEGTS
    assert sniff((b"\x47" + bytes(187)) * 7) is Kind.MPEGTS
    assert sniff(b"\x47" + bytes(375)) is not Kind.MPEGTS
    assert sniff(SPS) is Kind.H264
    assert sniff(b"\x40\x01\x0c") is Kind.H265
    assert sniff(P) is None


@pytest.mark.parametrize("number", [96, 100, 40, 69, 98, 8])
def test_a_program_stream_is_known_under_any_number(number: int) -> None:
    payloads = Payloads([(98, "H264/90000")])
    (unit,) = payloads.decode(frame(number, PACK[:20], PACK[20:]))
    assert unit.data == KEY
    assert payloads.kind is Kind.PS


def test_a_program_stream_is_known_even_after_another_guess() -> None:
    payloads = Payloads([(98, "H264")])
    assert payloads.decode(frame(98, b"\x41\x9a\xff"))
    assert payloads.kind is Kind.H264
    (unit,) = payloads.decode(frame(98, PACK))
    assert (unit.data, payloads.kind) == (KEY, Kind.PS)


def test_what_was_announced_counts() -> None:
    payloads = Payloads()
    payloads.announce([(97, "H265/90000"), (99, "PS/90000")])
    assert payloads.decode(frame(97, b"\x02\x01\xd0\xff"))[0].codec is Codec.H265
    assert payloads.decode(frame(99, b"middle of something")) == []
    assert payloads.kind is Kind.H265


def test_fixed_types_need_no_announcement() -> None:
    payloads = Payloads()
    assert payloads.kind is None
    assert payloads.decode(frame(0, b"\xff" * 160))[0].codec is Codec.G711U
    assert payloads.decode(frame(8, b"\xd5" * 160))[0].codec is Codec.G711A
    assert payloads.kind is Kind.G711U


def test_units_that_show_themselves_need_no_announcement() -> None:
    payloads = Payloads()
    assert payloads.decode(frame(111, SPS, b"\x68\xee", IDR))[0].key
    assert payloads.decode(frame(111, P))[0].codec is Codec.H264


TS = b"".join(
    tsfields.build_packets(0x100, 0, fields.build_pes_header(0xE0, len(KEY), pts=0) + KEY)
)


@pytest.mark.parametrize("number", [33, 96])
def test_a_transport_stream_is_read_under_its_own_number_and_others(number: int) -> None:
    payloads = Payloads([(96, "PS/90000")])
    assert payloads.decode(frame(number, TS)) == []
    assert [unit.data for unit in payloads.flush()] == [KEY]
    assert (payloads.kind, payloads.unsupported, payloads.resyncs) == (Kind.MPEGTS, 0, 0)


def test_a_transport_stream_may_give_way_to_a_program_stream() -> None:
    payloads = Payloads()
    payloads.decode(frame(33, TS))
    (unit,) = payloads.decode(frame(33, PACK))
    assert (unit.data, payloads.kind) == (KEY, Kind.PS)


@pytest.mark.parametrize(
    ("number", "kind"), [(96, Kind.PS), (98, Kind.H264), (70, Kind.UNSUPPORTED)]
)
def test_habits_decide_when_nothing_else_does(number: int, kind: Kind) -> None:
    payloads = Payloads()
    for _ in range(51):
        assert payloads.kind is None
        payloads.decode(frame(number, P))
    assert payloads.kind is kind
    assert payloads.unsupported >= 50


def test_there_are_never_many_decoders() -> None:
    payloads = Payloads()
    for number in range(100, 120):
        payloads.decode(frame(number, PACK))
    assert payloads.unsupported == 12
    (unit,) = payloads.decode(frame(107, PACK))
    assert unit.data == KEY


def test_times_grow_across_payload_types() -> None:
    payloads = Payloads([(98, "H264")])
    units = [u for n in (96, 98, 96, 97) for u in payloads.decode(frame(n, P if n == 98 else PACK))]
    assert len(units) == 4
    assert all(a.dts < b.dts for a, b in itertools.pairwise(units))


def test_searches_of_program_streams_are_added_up() -> None:
    payloads = Payloads()
    payloads.decode(frame(96, PACK))
    payloads.decode(frame(97, PACK + b"\0\0\1\xbd\0\0junk"))
    payloads.decode(frame(97, PACK)._replace(lost=True))
    payloads.decode(frame(8, b"\xd5"))
    assert payloads.resyncs == 2


def test_flush_gives_what_waits() -> None:
    payloads = Payloads()
    assert payloads.decode(frame(96, PACK)._replace(ended=False)) == []
    payloads.decode(frame(8, b"\xd5"))
    assert [unit.data for unit in payloads.flush()] == [KEY]


def sounds(stamps: list[int], sizes: list[int]) -> list[AccessUnit]:
    decoder = Sound(Codec.G711A, Times().sound)
    return [
        u
        for stamp, size in zip(stamps, sizes, strict=True)
        for u in decoder.decode(frame(8, bytes(size), stamp=stamp))
    ]


def test_sound_is_timed_by_its_samples() -> None:
    units = sounds([2**32 - 160, 0, 160, 640], [160] * 4)
    assert [b.pts - a.pts for a, b in itertools.pairwise(units)] == [1800, 1800, 5400]


def test_sound_whose_clock_does_not_count_samples_is_timed_by_its_length() -> None:
    units = sounds([0, 3600, 3600, 7200, 2**31], [320] * 5)
    assert [b.pts - a.pts for a, b in itertools.pairwise(units)] == [3600] * 4
