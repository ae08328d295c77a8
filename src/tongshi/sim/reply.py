"""What a device answers to an offer: its description, and what quirky ones write instead.

Source: GB/T 28181-2022 annexes D and G.
"""

import re
from dataclasses import replace

from tongshi.gb28181.broadcast import G711A
from tongshi.gb28181.description import PCMA, PS, Direction
from tongshi.gb28181.invite import Answer, Offer
from tongshi.gb28181.media_format import MediaFormat
from tongshi.media.unit import Codec
from tongshi.sim.call import Call
from tongshi.sim.quirks import Quirks

_PRIVATE = b"192.168.1.64"
_ORDER = re.compile(rb"vosu?ctma*y?f?")
_VIDEO = {Codec.H264: 2, Codec.H265: 5}


def describe(call: Call, host: str, port: int, quirks: Quirks) -> Answer | Offer:
    """Return the description in the 200 to *call*: media come from, or go to, *host* and *port*."""
    owner = call.channel.channel_id
    form, payload = (G711A, PCMA) if call.sound else (_format_of(call), PS)
    if call.offer is None:
        return Offer(
            owner=owner,
            host=host,
            port=port,
            direction=Direction.SENDONLY,
            payloads=(payload,),
            ssrc=call.ssrc,
            format=form,
        )
    size = call.history.size if call.history is not None and call.history.download else None
    if size is not None and "filesize-minus-one" in quirks:
        size = -1
    answer = call.offer.answer(
        owner=owner,
        host=host,
        port=port,
        payloads=(payload,),
        ssrc=call.ssrc,
        format=form,
        file_size=size,
    )
    return replace(answer, tcp=False, setup=None) if call.over_udp else answer


def disfigure(body: bytes, quirks: Quirks, *, awaited: bool) -> bytes:
    """Return an answer's description as this device writes it.

    awaited: the platform is to connect to what the answer names, so address and port stay true.
    """
    if not awaited:
        body = _misplace(body, quirks)
    if "no-y-no-f" in quirks:
        body = re.sub(rb"(?m)^[yf]=.*\r\n", b"", body)
    if "padded-y" in quirks:
        body = re.sub(rb"(?m)^y=(\d+)\r\n", rb"y= \1 \r\n", body)
    if "no-setup" in quirks:
        body = re.sub(rb"(?m)^a=setup:.*\r\n", b"", body)
    if "pcma-mono" in quirks:
        body = body.replace(b"PCMA/8000", b"PCMA/8000/1")
    if "crcrlf" in quirks:
        body = body.replace(b"\r\n", b"\r\r\n")
    if "no-final-crlf" in quirks:
        body = body.rstrip(b"\r\n")
    return body


def _misplace(body: bytes, quirks: Quirks) -> bytes:
    """Return *body* with an address or a port that is none."""
    if "port-zero" in quirks:
        body = re.sub(rb"(?m)^(m=\w+) \d+", rb"\1 0", body)
    if "private-c" in quirks:
        body = re.sub(rb"(?m)^(c=IN IP4) \S+", rb"\1 " + _PRIVATE, body)
    if "zero-c" in quirks:
        body = re.sub(rb"(?m)^(c=IN IP4) \S+", rb"\1 0.0.0.0", body)
    return body


def is_strict(body: bytes) -> bool:
    """Return whether *body* is an offer that a Hikvision device of the field reads.

    Lines in the standard's order, ``y=`` of ten digits after all attributes, CRLF at the end.
    """
    lines = body.split(b"\r\n")
    kinds = bytes(line[0] for line in lines if line)
    named = [line for line in lines if line.startswith(b"y=")]
    return (
        lines[-1] == b""
        and _ORDER.fullmatch(kinds) is not None
        and all(re.fullmatch(rb"y=\d{10}", line) for line in named)
    )


def _format_of(call: Call) -> MediaFormat:
    shot = call.shot
    return MediaFormat(
        video=_VIDEO.get(shot.codec),
        resolution=f"{shot.width}x{shot.height}",
        fps=shot.fps,
        rate_type=1,
        kbps=shot.bitrate // 1000,
        audio=1 if shot.sound else None,
        audio_rate=8 if shot.sound else None,
        sampling=1 if shot.sound else None,
    )
