import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.media import nal, nalpayload
from tongshi.media.nalpayload import Assembler
from tongshi.media.rtp import Frame
from tongshi.media.timeline import Times
from tongshi.media.unit import AccessUnit, Codec
from tongshi.testing.weight import weigh

SPS, PPS, IDR, P = (
    bytes.fromhex(text) for text in ("6764001f", "68ee3c80", "6588aaaaaa", "419abbbbbb")
)


def make(codec: Codec = Codec.H264) -> Assembler:
    return Assembler(codec, Times().video)


def frame(*parts: bytes, stamp: int = 0, lost: bool = False, ended: bool = True) -> Frame:
    return Frame(list(parts), stamp, 98, lost, ended)


def join(*units: bytes) -> bytes:
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def fragment_h264(unit: bytes, size: int) -> list[bytes]:
    body = unit[1:]
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return [
        bytes([unit[0] & 0xE0 | 28, (n == 0) << 7 | (n == len(parts) - 1) << 6 | unit[0] & 0x1F])
        + part
        for n, part in enumerate(parts)
    ]


def fragment_h265(unit: bytes, size: int) -> list[bytes]:
    body = unit[2:]
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    kind = unit[0] >> 1 & 0x3F
    return [
        bytes(
            [unit[0] & 0x81 | 49 << 1, unit[1], (n == 0) << 7 | (n == len(parts) - 1) << 6 | kind]
        )
        + part
        for n, part in enumerate(parts)
    ]


def aggregate(head: bytes, *units: bytes) -> bytes:
    return head + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)


@pytest.mark.clause("C.2.2")
def test_single_units_aggregates_and_fragments_of_h264() -> None:
    (unit,) = make().decode(frame(aggregate(b"\x18", SPS, PPS), *fragment_h264(IDR, 2)))
    assert (unit.data, unit.key, unit.codec) == (join(SPS, PPS, IDR), True, Codec.H264)
    (unit,) = make().decode(frame(P))
    assert (unit.data, unit.key) == (join(P), False)


def test_a_clip_survives_either_way(h264: list[AccessUnit], h265: list[AccessUnit]) -> None:
    for units, cut in ((h264, fragment_h264), (h265, fragment_h265)):
        assembler = make(units[0].codec)
        for n, unit in enumerate(units):
            parts: list[bytes] = []
            for begin, end in unit.spans:
                body = unit.data[begin:end]
                parts += cut(body, 100) if end - begin > 100 else [body]
            (got,) = assembler.decode(frame(*parts, stamp=3600 * n))
            bodies = [got.data[begin:end] for begin, end in got.spans]
            assert bodies == [unit.data[begin:end] for begin, end in unit.spans]
            assert (got.key, got.pts, got.damaged) == (unit.key, 3600 * n, False)


@pytest.mark.clause("C.2.5")
def test_aggregates_of_h265() -> None:
    vps, sps, idr = (bytes.fromhex(text) for text in ("40010c01", "42010101", "2601afff"))
    (unit,) = make(Codec.H265).decode(frame(aggregate(b"\x60\x01", vps, sps), idr))
    assert unit.data == join(vps, sps, idr)


def test_a_frame_in_parts_is_one_unit() -> None:
    assembler = make()
    assert assembler.decode(frame(P, ended=False)) == []
    (unit,) = assembler.decode(frame(b"\x41\x40\xcc"))
    assert unit.data == join(P, b"\x41\x40\xcc")


def test_parameter_sets_alone_wait() -> None:
    assembler = make()
    assert assembler.decode(frame(SPS, PPS)) == []
    (unit,) = assembler.decode(frame(IDR))
    assert unit.data == join(SPS, PPS, IDR)
    assert assembler.decode(frame(SPS + bytes(70000) + b"\1")) == []
    (unit,) = assembler.decode(frame(IDR, stamp=3600))
    assert unit.data == join(IDR)


def test_loss_in_fragments_drops_the_unit_and_marks_the_picture() -> None:
    assembler = make()
    parts = fragment_h264(IDR, 2)
    assembler.decode(frame(SPS, PPS, parts[0], ended=False))
    assert assembler.decode(frame(parts[1], lost=True)) == []
    assert assembler.counts.broken == 2
    (unit,) = assembler.decode(frame(P, stamp=3600))
    assert unit.damaged
    (unit,) = assembler.decode(frame(P, stamp=7200))
    assert not unit.damaged


def test_a_fragment_without_end_is_dropped() -> None:
    assembler = make()
    parts = fragment_h264(IDR, 2)
    (unit,) = assembler.decode(frame(P, parts[0]))
    assert (unit.data, unit.damaged) == (join(P), True)
    (unit,) = assembler.decode(frame(parts[0], *parts))
    assert unit.data == join(IDR)
    assert assembler.counts.broken == 2


def test_what_nothing_here_reads_is_counted() -> None:
    assembler = make()
    assert assembler.decode(frame(b"\x19\0\0", b"\x1c\x85", b"\x00")) == []
    assert assembler.counts.odd == 3
    assembler = make(Codec.H265)
    assert assembler.decode(frame(b"\x64\x01\x00", b"\x02\x01", b"\x62\x01\x93")) == []
    assert assembler.counts.odd == 3


@pytest.mark.parametrize("tail", [b"\0\x50ab", b"\0\0ab"])
def test_broken_aggregates_give_what_is_whole(tail: bytes) -> None:
    assembler = make()
    (unit,) = assembler.decode(frame(aggregate(b"\x18", P) + tail))
    assert unit.data == join(P)
    assert assembler.counts.broken == 1


def test_pictures_beyond_the_limit_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nalpayload, "_LIMIT", 1000)
    assembler = make()
    parts = fragment_h264(b"\x65" + bytes(2000), 100)
    for part in parts[:-1]:
        assert assembler.decode(frame(part, ended=False)) == []
    assert assembler.decode(frame(parts[-1])) == []
    assert assembler.counts.overflows == 1
    (unit,) = assembler.decode(frame(P, stamp=3600))
    assert unit.damaged


def test_pictures_of_countless_units_are_dropped() -> None:
    assembler = make()
    for _ in range(20_000):
        assembler.decode(frame(b"\x41", ended=False))
    assert weigh(assembler) < 1_500_000
    assert assembler.counts.overflows == 1


@pytest.mark.parametrize(
    ("stamps", "steps"),
    [
        ([2**32 - 1800, 1800, 5400], [3600, 3600]),
        ([1000, 1040, 1080], [3600, 3600]),
    ],
)
def test_rtp_clocks_wrap_and_count_milliseconds(stamps: list[int], steps: list[int]) -> None:
    assembler = make()
    units = [u for stamp in stamps for u in assembler.decode(frame(P, stamp=stamp))]
    assert [after.dts - before.dts for before, after in itertools.pairwise(units)] == steps


@given(
    st.lists(
        st.tuples(
            st.lists(st.binary(min_size=1, max_size=30), min_size=1), st.booleans(), st.booleans()
        ),
        max_size=12,
    ),
    st.sampled_from([Codec.H264, Codec.H265]),
)
def test_any_payloads_are_taken(frames: list[tuple[list[bytes], bool, bool]], codec: Codec) -> None:
    assembler = make(codec)
    for n, (parts, lost, ended) in enumerate(frames):
        for unit in assembler.decode(frame(*parts, stamp=n, lost=lost, ended=ended)):
            assert unit.spans == nal.split(unit.data)
