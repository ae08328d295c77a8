from tongshi.media.fmp4 import Fragmenter
from tongshi.media.unit import Codec
from tongshi.testing.clip import encode
from tongshi.testing.reel import mark
from tongshi.testing.screen import Screen


def test_pictures_are_noted_by_their_numbers_and_sound_is_counted() -> None:
    screen, fragmenter = Screen(), Fragmenter()
    units = [mark(unit, number) for number, unit in enumerate(encode(Codec.H264, 4, gop=4), 7)]
    screen._take(b"".join(fragmenter.fragment(unit) for unit in units))
    screen._take(b"\x01\x08" + bytes(20))
    assert screen.frames == [7, 8, 9, 10]
    assert screen.shown == [0, 3600, 7200, 10_800]
    assert screen.sounds == 1
    screen.leave()
