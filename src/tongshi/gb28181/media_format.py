"""The ``f=`` line: codec, picture, rate and sound of a stream.

::

    f=v/<codec>/<resolution>/<fps>/<rate type>/<kbit/s>a/<codec>/<rate>/<sampling>

Source: GB/T 28181-2022 annex G (f=).
"""

import re
from dataclasses import dataclass

from tongshi.errors import RemoteProtocolError

_CLAUSE = "GB/T 28181-2022 G.1 f="
_FORM = re.compile(
    r"\s*v/([^/]*)/([^/]*)/([^/]*)/([^/]*)/([^/a]*)a/([^/]*)/([^/]*)/([^/]*)", re.ASCII
)
_NUMBER = re.compile(r"\d{0,6}", re.ASCII)
_PICTURE = re.compile(r"(?:\d{0,3}|\d{1,5}[xX*]\d{1,5})", re.ASCII)

VIDEO_CODECS = {1: "MPEG-4", 2: "H.264", 3: "SVAC", 4: "3GP", 5: "H.265"}
AUDIO_CODECS = {1: "G.711", 2: "G.723.1", 3: "G.729", 4: "G.722.1", 5: "SVAC", 6: "AAC"}
PICTURES = {"1": "QCIF", "2": "CIF", "3": "4CIF", "4": "D1", "5": "720P", "6": "1080P"}
"""Resolutions that have a number; others are written ``1280x960``."""
_RATES = """5.3 6.3 8 16 24 32 48 64 12 80 96 112 128 160 192 224 256 288 320 10.8 12.4 14 15.6
    17.2 19.6 21.2 24.4 23.05 34 48.61"""
AUDIO_RATES = {at: float(rate) for at, rate in enumerate(_RATES.split(), 1)}
"""Kilobit per second of sound by number; the numbers are in no order."""
_SAMPLINGS = "8 14 16 32 7 11 12 22 24 44 48 64 88 96 12.8 25.6 38.4"
SAMPLINGS = {at: float(rate) for at, rate in enumerate(_SAMPLINGS.split(), 1)}
"""Kilohertz by number."""


@dataclass(frozen=True, slots=True)
class MediaFormat:
    """What a stream is or shall be; None and "" where it does not say.

    video, audio, audio_rate, sampling: numbers of the tables above.
    resolution: a number of PICTURES, or ``WxH``.  fps: 0..99.  rate_type: 1 constant, 2 variable.
    kbps: bit rate of the picture.
    """

    video: int | None = None
    resolution: str = ""
    fps: int | None = None
    rate_type: int | None = None
    kbps: int | None = None
    audio: int | None = None
    audio_rate: int | None = None
    sampling: int | None = None

    @classmethod
    def parse(cls, value: str) -> "MediaFormat":
        """Return what the value of an ``f=`` line says; raises RemoteProtocolError."""
        match = _FORM.fullmatch(value)
        if match is None:
            raise RemoteProtocolError(f"unreadable f= line: {value[:80]!r}", clause=_CLAUSE)
        words = [word.strip() for word in match.groups()]
        picture = words.pop(1)
        if not _PICTURE.fullmatch(picture):
            raise RemoteProtocolError(f"f= has no resolution: {value[:80]!r}", clause=_CLAUSE)
        if not all(_NUMBER.fullmatch(word) for word in words):
            raise RemoteProtocolError(f"f= has no number: {value[:80]!r}", clause=_CLAUSE)
        video, fps, rate_type, kbps, audio, rate, sampling = (
            int(word) if word else None for word in words
        )
        return cls(video, picture, fps, rate_type, kbps, audio, rate, sampling)

    def __str__(self) -> str:
        picture = (self.video, self.resolution, self.fps, self.rate_type, self.kbps)
        sound = (self.audio, self.audio_rate, self.sampling)
        return f"v/{_joined(picture)}a/{_joined(sound)}"


G711A = MediaFormat(audio=1, audio_rate=8, sampling=1)
"""Sound as broadcasts carry it: ``v/////a/1/8/1``."""


def _joined(values: tuple[int | str | None, ...]) -> str:
    return "/".join("" if value is None else str(value) for value in values)
