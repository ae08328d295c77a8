import struct

from hypothesis import given
from hypothesis import strategies as st

from tongshi.gateway.fragments import Config, Sample, read
from tongshi.media.fmp4 import Fragmenter, init_segment
from tongshi.media.unit import AccessUnit, Codec
from tongshi.testing.clip import encode


def test_samples_come_back_out_of_fragments() -> None:
    units = encode(Codec.H264, 3, gop=2)
    delayed = AccessUnit(Codec.H264, 10_800 + 3600, 10_800, False, units[1].data)
    fragmenter = Fragmenter()
    fragments = [fragmenter.fragment(unit) for unit in [*units, delayed]]
    assert fragmenter.track is not None
    items = list(read(init_segment(fragmenter.track) + b"".join(fragments)))
    assert items[0] == Config(False, fragmenter.track.config)
    samples = [item for item in items if isinstance(item, Sample)]
    assert [(item.pts, item.key) for item in samples] == [
        (0, True),
        (3600, False),
        (7200, True),
        (14_400, False),
    ]
    length = int.from_bytes(samples[1].data[:4], "big")
    assert length == len(samples[1].data) - 4
    assert samples[1].data[4:] in units[1].data


def test_h265_is_told_from_h264() -> None:
    fragmenter = Fragmenter()
    fragmenter.fragment(encode(Codec.H265, 1)[0])
    assert fragmenter.track is not None
    config = next(iter(read(init_segment(fragmenter.track))))
    assert config == Config(True, fragmenter.track.config)


def test_a_box_shorter_than_its_head_ends_it() -> None:
    assert list(read(struct.pack(">I4s", 4, b"mdat") + bytes(20))) == []


def test_fragments_cut_at_each_length_give_what_is_whole() -> None:
    fragmenter = Fragmenter()
    fragment = fragmenter.fragment(encode(Codec.H264, 1, width=64, height=64)[0])
    for length in range(0, len(fragment), 7):
        assert all(isinstance(item, Sample) for item in read(fragment[:length] + bytes(64)))


@given(st.binary(max_size=200))
def test_foreign_boxes_are_passed_over(data: bytes) -> None:
    free = struct.pack(">I4s", 8 + len(data), b"free") + data
    assert list(read(free)) == []
