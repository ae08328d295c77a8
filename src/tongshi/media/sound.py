"""Blocks of sound: which codec they really are, and how long they last."""

from tongshi.media import aac, g711
from tongshi.media.unit import Codec


def judge(payload: bytes, told: Codec) -> Codec:
    """Return the codec of a block of sound; what the bytes say weighs more than *told*.

    Some cameras announce G.711 and send AAC.
    """
    if payload.startswith(b"\xff") and aac.is_adts(payload):
        return Codec.AAC
    return told if told in (Codec.G711A, Codec.G711U) and payload else Codec.UNKNOWN


def measure(codec: Codec, payload: bytes) -> int:
    """Return how long a block of sound lasts, 90 kHz; 0 when it does not say."""
    return aac.duration(payload) if codec is Codec.AAC else len(payload) * g711.TICKS_4 // 4
