from tongshi.media import aac, sound
from tongshi.media.unit import Codec

ADTS = aac.Frame(2, 8000, 1, b"abc").encode()


def test_bytes_weigh_more_than_words() -> None:
    assert sound.judge(ADTS, Codec.G711A) is Codec.AAC
    assert sound.judge(b"\xd5" * 8, Codec.G711A) is Codec.G711A
    assert sound.judge(b"\xff" * 8, Codec.G711U) is Codec.G711U


def test_what_is_not_known_stays_unknown() -> None:
    assert sound.judge(b"\xd5" * 8, Codec.AAC) is Codec.UNKNOWN
    assert sound.judge(b"\xd5" * 8, Codec.UNKNOWN) is Codec.UNKNOWN
    assert sound.judge(b"", Codec.G711A) is Codec.UNKNOWN


def test_lengths() -> None:
    assert sound.measure(Codec.AAC, ADTS) == 11520
    assert sound.measure(Codec.G711A, bytes(320)) == 3600
