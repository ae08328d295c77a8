from tongshi.media.boxes import box, full, sound_entry
from tongshi.media.unit import Codec


def test_boxes_tell_their_length() -> None:
    assert box(b"free", b"ab", b"c") == b"\0\0\0\x0bfreeabc"
    assert full(b"test", 1 << 24 | 7, b"x") == b"\0\0\0\x0dtest\x01\0\0\x07x"


def test_sound_as_quicktime_names_it() -> None:
    for codec, name in ((Codec.G711A, b"alaw"), (Codec.G711U, b"ulaw")):
        entry = sound_entry(codec, 8000, 1, 0)
        assert (len(entry), entry[4:8]) == (36, name)
        assert entry[-4:] == (8000 << 16).to_bytes(4, "big")


def test_aac_has_its_decoder_description() -> None:
    entry = sound_entry(Codec.AAC, 16_000, 2, 2)
    assert entry[4:8] == b"mp4a"
    # AudioSpecificConfig: object type 2, index 8 (16 kHz), 2 channels.
    assert b"\x05\x02\x14\x10" in entry
