from pathlib import Path

import pytest

from tongshi.media import nal
from tongshi.media.elementary import Splitter
from tongshi.media.unit import AccessUnit, Codec

CLIPS = Path(__file__).parent.parent / "vectors" / "media"


def read_clip(name: str, codec: Codec) -> list[AccessUnit]:
    """Return the pictures of a clip, 25 a second from 1 s on."""
    splitter = Splitter(codec)
    pieces = splitter.feed((CLIPS / name).read_bytes(), None, None) + splitter.flush()
    units = []
    for index, piece in enumerate(pieces):
        spans = nal.split(piece.data)
        key = bool(nal.find_key(codec, piece.data, spans))
        at = 90_000 + 3_600 * index
        units.append(AccessUnit(codec, at, at, key, piece.data, False, spans))
    return units


@pytest.fixture(scope="session")
def h264() -> list[AccessUnit]:
    return read_clip("tiny.h264", Codec.H264)


@pytest.fixture(scope="session")
def h265() -> list[AccessUnit]:
    return read_clip("tiny.h265", Codec.H265)
