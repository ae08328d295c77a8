"""A soft chord as G.711 A-law: what a simulated microphone hears.

Source: ITU-T G.711 (A-law); GB/T 28181-2022 annex F (8 kHz, mono).
"""

from array import array
from functools import cache

import numpy as np

from tongshi.media import g711
from tongshi.media.g711 import RATE
from tongshi.media.unit import Codec

_LOOP_S = 4
# Whole numbers of periods fit into the loop, so that it closes without a click.
_CHORD_HZ = (220.0, 277.25, 329.5, 440.0)
_LEVEL = 2600.0


@cache
def loop() -> bytes:
    """Return four seconds that repeat without a seam, one A-law byte a sample."""
    time = np.arange(RATE * _LOOP_S) / RATE
    voices = []
    for index, pitch in enumerate(_CHORD_HZ):
        swell = 0.5 - 0.5 * np.cos(2 * np.pi * (time / _LOOP_S + index / len(_CHORD_HZ)))
        voices.append(np.sin(2 * np.pi * pitch * time) * swell)
    samples = (_LEVEL * np.sum(voices, axis=0)).astype(np.int16)
    return g711.encode(Codec.G711A, array("h", samples.tobytes()))


def listen(start: int, stop: int) -> bytes:
    """Return the samples *start* to *stop* (not included) of the endless tone, at most a loop."""
    whole = loop()
    first, last = start % len(whole), start % len(whole) + stop - start
    return (whole + whole)[first:last] if last > len(whole) else whole[first:last]
