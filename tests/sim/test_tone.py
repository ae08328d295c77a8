import numpy as np

from tongshi.sim import tone


def decode(data: bytes) -> list[int]:
    """A-law by the formula of G.711, written out for the test."""
    out = []
    for byte in data:
        word = byte ^ 0x55
        segment, step = (word >> 4) & 7, word & 15
        value = (step << 4) + 8 if segment == 0 else ((step << 4) + 0x108) << (segment - 1)
        out.append(value if word & 0x80 else -value)
    return out


def test_known_values_of_a_law() -> None:
    pcm = np.array([0, 8, -8, 1000, -1000, 32767, -32768])
    assert list(tone._alaw(pcm)) == [0xD5, 0xD5, 0x55, 0xFA, 0x7A, 0xAA, 0x2A]


def test_every_sample_decodes_close_to_what_it_was() -> None:
    pcm = np.arange(-32768, 32768, 7)
    back = np.array(decode(tone._alaw(pcm)))
    assert (np.abs(back - pcm) <= np.maximum(16, np.abs(pcm) // 16)).all()


def test_the_tone_repeats_without_a_seam() -> None:
    assert len(tone.loop()) == 32000
    assert tone.samples(31900, 32100) == tone.loop()[31900:] + tone.loop()[:100]
    assert tone.samples(64000, 64320) == tone.loop()[:320]
    heard = decode(tone.samples(0, 32000) + tone.samples(32000, 32100))
    jumps = np.abs(np.diff(np.array(heard)))
    assert jumps.max() < 4000
    assert 1500 < max(heard) < 12000
