from array import array

import numpy as np

from tongshi.media import g711
from tongshi.media.unit import Codec
from tongshi.sim import tone


def test_the_tone_repeats_without_a_seam() -> None:
    assert len(tone.loop()) == 32000
    assert tone.listen(31900, 32100) == tone.loop()[31900:] + tone.loop()[:100]
    assert tone.listen(64000, 64320) == tone.loop()[:320]
    coded = tone.listen(0, 32000) + tone.listen(32000, 32100)
    heard = array("h", g711.decode(Codec.G711A, coded))
    jumps = np.abs(np.diff(np.array(heard)))
    assert jumps.max() < 4000
    assert 1500 < max(heard) < 12000
