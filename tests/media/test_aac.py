import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import Invalid
from tongshi.media.aac import RATES, Frame, duration, is_adts, measure, split

FRAME = Frame(2, 16000, 1, b"abc")


def test_a_known_header() -> None:
    # AAC-LC, 16 kHz, one channel, 10 bytes: ISO/IEC 13818-7 table 8, worked out by hand.
    assert FRAME.encode().hex(" ") == "ff f1 60 40 01 5f fc 61 62 63"


@given(
    st.lists(
        st.builds(
            Frame,
            profile=st.integers(1, 4),
            rate=st.sampled_from(RATES),
            channels=st.integers(0, 7),
            data=st.binary(min_size=1, max_size=40),
        ),
        max_size=5,
    )
)
def test_split_of_encode_is_identity(frames: list[Frame]) -> None:
    assert split(b"".join(frame.encode() for frame in frames)) == frames


@pytest.mark.parametrize(
    "frame", [Frame(2, 12345, 1, b""), Frame(2, 8000, 1, bytes(8192)), Frame(0, 8000, 1, b"")]
)
def test_what_fits_no_header_is_refused(frame: Frame) -> None:
    with pytest.raises(Invalid):
        frame.encode()


def test_a_crc_is_stepped_over() -> None:
    data = bytearray(Frame(2, 8000, 2, b"..data").encode())
    data[1] &= 0xFE
    assert split(bytes(data)) == [Frame(2, 8000, 2, b"data")]


def test_cut_at_each_length_there_is_no_frame() -> None:
    data = FRAME.encode()
    assert [split(data[:size]) for size in range(len(data))] == [[]] * len(data)


def test_lengths_and_rates_that_cannot_be_are_refused() -> None:
    assert measure(bytes.fromhex("fff1604000dffc")) == 0  # 6 bytes
    assert measure(bytes.fromhex("fff17440015ffc")) == 0  # rate index 13


def test_adts_is_known_by_what_follows() -> None:
    data = FRAME.encode()
    assert is_adts(data)
    assert is_adts(data + data)
    assert not is_adts(data + b"\xd5" * 20)
    assert not is_adts(b"\xd5" * 20)


def test_duration() -> None:
    assert duration(FRAME.encode() * 2) == 2 * 5760
    assert duration(b"\xd5" * 160) == 0


@given(st.binary(max_size=100))
def test_any_bytes_are_taken(data: bytes) -> None:
    assert sum(len(frame.data) for frame in split(data)) <= len(data)
