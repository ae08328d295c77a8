import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import Invalid, RemoteProtocolError
from tongshi.gb28181.ptz import (
    Auxiliary,
    CruiseDelete,
    CruiseDwell,
    CruisePoint,
    CruiseSpeed,
    CruiseStart,
    Lens,
    Move,
    Preset,
    PresetAct,
    Scan,
    ScanAct,
    ScanSpeed,
    Stop,
    Word,
    decode,
    encode,
)

MOVES: list[tuple[Word, str]] = [
    (Stop(), "A50F0100000000B5"),
    (Move(pan=250), "A50F0101FA0000B0"),
    (Move(pan=-250), "A50F0102FA0000B1"),
    (Move(tilt=-250), "A50F010400FA00B3"),
    (Move(tilt=250), "A50F010800FA00B7"),
    (Move(pan=250, tilt=250), "A50F0109FAFA00B2"),
    (Move(pan=-250, tilt=250), "A50F010AFAFA00B3"),
    (Move(pan=250, tilt=-250), "A50F0105FAFA00AE"),
    (Move(pan=-250, tilt=-250), "A50F0106FAFA00AF"),
    (Move(zoom=10), "A50F01100000A065"),
    (Move(zoom=-10), "A50F01200000A075"),
]
LENSES: list[tuple[Word, str]] = [
    (Lens(), "A50F0140000000F5"),
    (Lens(focus=250), "A50F0141FA0000F0"),
    (Lens(focus=-250), "A50F0142FA0000F1"),
    (Lens(iris=250), "A50F014400FA00F3"),
    (Lens(iris=-250), "A50F014800FA00F7"),
]
PRESETS: list[tuple[Word, str]] = [
    (Preset(PresetAct.SET, 1), "A50F018100010037"),
    (Preset(PresetAct.CALL, 1), "A50F018200010038"),
    (Preset(PresetAct.DELETE, 1), "A50F018300010039"),
    (Preset(PresetAct.CALL, 255), "A50F018200FF0036"),
]
CRUISES: list[tuple[Word, str]] = [
    (CruisePoint(1, 1), "A50F01840101003B"),
    (CruisePoint(1, 1, add=False), "A50F01850101003C"),
    (CruiseDelete(1), "A50F01850100003B"),
    (CruiseStart(1), "A50F01880100003E"),
    (CruiseSpeed(1, 300), "A50F0186012C1078"),
    (CruiseDwell(1, 300), "A50F0187012C1079"),
]
SCANS: list[tuple[Word, str]] = [
    (Scan(1), "A50F01890100003F"),
    (Scan(1, ScanAct.LEFT), "A50F018901010040"),
    (Scan(1, ScanAct.RIGHT), "A50F018901020041"),
    (ScanSpeed(1, 300), "A50F018A012C107C"),
]
SWITCHES: list[tuple[Word, str]] = [
    (Auxiliary(1, on=True), "A50F018C01000042"),
    (Auxiliary(1, on=False), "A50F018D01000043"),
]


def holds(word: Word, text: str) -> bool:
    return encode(word) == text and decode(text) == word and decode(text.lower()) == word


@pytest.mark.clause("A.2.1.6", "A.3.1", "A.3.2")
@pytest.mark.parametrize(("word", "text"), MOVES)
def test_moves(word: Word, text: str) -> None:
    assert holds(word, text)


@pytest.mark.clause("A.3.3")
@pytest.mark.parametrize(("word", "text"), LENSES)
def test_focus_and_iris(word: Word, text: str) -> None:
    assert holds(word, text)


@pytest.mark.clause("A.3.4")
@pytest.mark.parametrize(("word", "text"), PRESETS)
def test_presets(word: Word, text: str) -> None:
    assert holds(word, text)


@pytest.mark.clause("A.3.5")
@pytest.mark.parametrize(("word", "text"), CRUISES)
def test_cruises(word: Word, text: str) -> None:
    assert holds(word, text)


@pytest.mark.clause("A.3.6")
@pytest.mark.parametrize(("word", "text"), SCANS)
def test_scans(word: Word, text: str) -> None:
    assert holds(word, text)


@pytest.mark.clause("A.3.7")
@pytest.mark.parametrize(("word", "text"), SWITCHES)
def test_auxiliary_switches(word: Word, text: str) -> None:
    assert holds(word, text)


@pytest.mark.clause("A.3.1")
def test_an_address_has_twelve_bits_and_no_meaning() -> None:
    assert encode(Move(tilt=0x1F), address=0x123) == "A50F2308001F01FF"
    assert decode("A50F2308001F01FF") == Move(tilt=0x1F)


def summed(*octets: int) -> str:
    return bytes([*octets, sum(octets) & 0xFF]).hex()


def test_what_combines() -> None:
    # 29H is right, up and zoom out at once; 49H closes the iris and focuses far.
    assert decode(summed(0xA5, 0x0F, 1, 0x29, 1, 2, 0x30)) == Move(1, 2, -3)
    assert decode(summed(0xA5, 0x0F, 1, 0x49, 7, 8, 0)) == Lens(7, -8)


def test_a_direction_without_a_speed_is_the_slowest_speed() -> None:
    assert decode(summed(0xA5, 0x0F, 1, 0x01, 0, 9, 0)) == Move(pan=1)
    assert decode(summed(0xA5, 0x0F, 1, 0x24, 0, 0, 0)) == Move(tilt=-1, zoom=-1)


def test_a_wrong_check_and_spaces_are_let_pass() -> None:
    assert decode(summed(0xA5, 0x00, 1, 0x01, 250, 0, 0)) == Move(pan=250)
    assert decode(" A5 0F 01 01 FA 00 00 B0\n") == Move(pan=250)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "sixteen"),
        ("A50F0101FA0000B", "sixteen"),
        ("A50F0101FA0000B00", "sixteen"),
        ("G50F0101FA0000B0", "sixteen"),
        ("A40F0101FA0000AF", "A5"),
        ("A50F0101FA0000B1", "sum"),
        (summed(0xA5, 0x0F, 1, 0x03, 1, 1, 0), "instruction"),
        (summed(0xA5, 0x0F, 1, 0x0C, 1, 1, 0), "instruction"),
        (summed(0xA5, 0x0F, 1, 0x30, 1, 1, 0), "instruction"),
        (summed(0xA5, 0x0F, 1, 0x43, 1, 1, 0), "instruction"),
        (summed(0xA5, 0x0F, 1, 0x4C, 1, 1, 0), "instruction"),
        (summed(0xA5, 0x0F, 1, 0x50, 1, 1, 0), "instruction"),
        (summed(0xA5, 0x0F, 1, 0x81, 0, 0, 0), "instruction"),
        (summed(0xA5, 0x0F, 1, 0x84, 1, 0, 0), "instruction"),
        (summed(0xA5, 0x0F, 1, 0x89, 1, 3, 0), "instruction"),
        (summed(0xA5, 0x0F, 1, 0x8B, 1, 3, 0), "instruction"),
        (summed(0xA5, 0x0F, 1, 0xFF, 1, 3, 0), "instruction"),
    ],
)
def test_what_is_refused(text: str, why: str) -> None:
    with pytest.raises(RemoteProtocolError, match=why):
        decode(text)


@pytest.mark.parametrize(
    "word",
    [
        Move(pan=256),
        Move(tilt=-256),
        Move(zoom=16),
        Lens(focus=256),
        Lens(iris=-256),
        Preset(PresetAct.SET, 0),
        Preset(PresetAct.SET, 256),
        CruisePoint(256, 1),
        CruisePoint(1, 0),
        CruiseDelete(-1),
        CruiseSpeed(0, 4096),
        CruiseDwell(0, -1),
        CruiseStart(256),
        Scan(256),
        ScanSpeed(0, 4096),
        Auxiliary(256, on=True),
    ],
)
def test_numbers_out_of_range_are_not_written(word: Word) -> None:
    with pytest.raises(Invalid):
        encode(word)


def test_addresses_out_of_range_are_not_written() -> None:
    with pytest.raises(Invalid):
        encode(Stop(), address=0x1000)


SPEEDS = st.integers(-255, 255)
BYTES = st.integers(0, 255)
LONGS = st.integers(0, 4095)
MOVED = st.builds(Move, SPEEDS, SPEEDS, st.integers(-15, 15)).filter(lambda word: word != Move())
WORDS: st.SearchStrategy[Word] = st.one_of(
    st.just(Stop()),
    MOVED,
    st.builds(Lens, SPEEDS, SPEEDS),
    st.builds(Preset, st.sampled_from(PresetAct), st.integers(1, 255)),
    st.builds(CruisePoint, BYTES, st.integers(1, 255), st.booleans()),
    st.builds(CruiseDelete, BYTES),
    st.builds(CruiseSpeed, BYTES, LONGS),
    st.builds(CruiseDwell, BYTES, LONGS),
    st.builds(CruiseStart, BYTES),
    st.builds(Scan, BYTES, st.sampled_from(ScanAct)),
    st.builds(ScanSpeed, BYTES, LONGS),
    st.builds(Auxiliary, BYTES, st.booleans()),
)


@given(WORDS, LONGS)
def test_decode_of_encode_is_identity(word: Word, address: int) -> None:
    assert decode(encode(word, address)) == word


@given(st.binary(min_size=7, max_size=7), st.booleans())
def test_any_frame_is_read_or_refused(frame: bytes, headed: bool) -> None:
    octets = b"\xa5\x0f" + frame[2:] if headed else frame
    try:
        word = decode(summed(*octets))
    except RemoteProtocolError:
        return
    assert decode(encode(word)) == word


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(RemoteProtocolError):
        assert decode(encode(decode(text))) == decode(text)
