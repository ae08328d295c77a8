"""AAC in ADTS frames: find, read and write their headers.

Source: ISO/IEC 13818-7 6.2.
"""

from dataclasses import dataclass

from tongshi.errors import Invalid
from tongshi.media.unit import CLOCK

RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
"""Sampling rates by their index, Hz."""
SAMPLES = 1024
"""Of one frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One ADTS frame.

    profile: audio object type, 2 for AAC-LC.  rate: Hz.  data: without the header.
    """

    profile: int
    rate: int
    channels: int
    data: bytes

    def encode(self) -> bytes:
        """Return the frame with a 7-byte header; raises Invalid when it does not fit one."""
        size = 7 + len(self.data)
        if self.rate not in RATES or size > 0x1FFF or not 1 <= self.profile <= 4:
            raise Invalid(f"no ADTS header for {self.rate} Hz, {size} bytes")
        index = RATES.index(self.rate)
        head = (
            0xFFF1 << 40 | (self.profile - 1) << 38 | index << 34 | (self.channels & 7) << 30
            | size << 13 | 0x7FF << 2
        )  # fmt: skip
        return head.to_bytes(7, "big") + self.data


def measure(data: bytes, at: int = 0) -> int:
    """Return the length of the ADTS frame at *at*; 0 when there is none."""
    if len(data) - at < 7 or data[at] != 0xFF or data[at + 1] & 0xF6 != 0xF0:
        return 0
    size = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
    header = 7 if data[at + 1] & 1 else 9
    return size if size >= header and data[at + 2] >> 2 & 15 < len(RATES) else 0


def is_adts(data: bytes) -> bool:
    """Return whether *data* begins with an ADTS frame that another one, or its end, follows."""
    size = measure(data)
    return bool(size) and (size == len(data) or measure(data, size) > 0)


def split(data: bytes) -> list[Frame]:
    """Return the whole ADTS frames that *data* begins with."""
    frames: list[Frame] = []
    at = 0
    while (size := measure(data, at)) and at + size <= len(data):
        head = data[at + 2]
        frames.append(
            Frame(
                profile=(head >> 6) + 1,
                rate=RATES[head >> 2 & 15],
                channels=(head & 1) << 2 | data[at + 3] >> 6,
                data=data[at + (7 if data[at + 1] & 1 else 9) : at + size],
            )
        )
        at += size
    return frames


def duration(data: bytes) -> int:
    """Return how long the frames of *data* sound, 90 kHz; 0 when there are none."""
    return sum(SAMPLES * CLOCK // frame.rate for frame in split(data))
