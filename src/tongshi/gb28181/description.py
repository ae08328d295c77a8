"""The session description of a GB/T 28181 media session, as its sender means it.

Written exactly in the order that the standard has, because devices read by position::

    v o s u? c t m a* y? f?         every line, the last too, ended by CRLF

Read in any order and with almost anything missing.

Source: GB/T 28181-2022 9.2.3 and annex G.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Self

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.media_format import MediaFormat
from tongshi.gb28181.ssrc import number_of
from tongshi.sdp import Line, Media, SessionDescription, parse

_CLAUSE = "GB/T 28181-2022 G.1"
_MAX_PAYLOADS = 32


class Purpose(Enum):
    """``s=``: what a session is for."""

    PLAY = "Play"
    PLAYBACK = "Playback"
    DOWNLOAD = "Download"
    TALK = "Talk"
    """2016 and vendors."""


class Setup(Enum):
    """``a=setup``: whether the sender of the description opens the TCP connection."""

    ACTIVE = "active"
    PASSIVE = "passive"

    @property
    def other(self) -> "Setup":
        """What the other side has to be."""
        return Setup.PASSIVE if self is Setup.ACTIVE else Setup.ACTIVE


class Direction(Enum):
    """Which way media flow, seen from the sender of the description."""

    RECVONLY = "recvonly"
    SENDONLY = "sendonly"
    SENDRECV = "sendrecv"


class StreamStyle(Enum):
    """How a sub stream is asked for; recorders of different makers read different lines."""

    NONE = ""
    STREAMNUMBER = "streamnumber"
    """GB/T 28181-2022."""
    STREAM = "stream"
    """Older Hikvision and others."""
    STREAMPROFILE = "streamprofile"
    """Dahua."""
    STREAMMODE = "streamMode"
    """TP-Link, Mercury: MAIN or SUB."""


@dataclass(frozen=True, slots=True)
class Payload:
    """A payload type and what it carries; name "" when nobody says."""

    number: int
    name: str
    clock: int = 90_000


PS = Payload(96, "PS")
H264 = Payload(98, "H264")
MPEG4 = Payload(97, "MPEG4")
H265 = Payload(100, "H265")
PCMA = Payload(8, "PCMA", 8_000)
PCMU = Payload(0, "PCMU", 8_000)

_USUAL = {
    payload.number: payload
    for payload in (
        PS,
        H264,
        MPEG4,
        H265,
        PCMA,
        PCMU,
        Payload(4, "G723", 8_000),
        Payload(9, "G722", 8_000),
        Payload(18, "G729", 8_000),
        Payload(20, "SVACA", 8_000),
        Payload(33, "MP2T"),
        Payload(99, "SVAC"),
        Payload(102, "MPEG4-GENERIC"),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What one side says of the stream.

    owner: id in ``o=``.  host: where media go to, or come from.  port: 0..65535.
    kind: ``video`` or ``audio``.  setup: of TCP only.  ssrc: ten digits, "" for none.
    start, end: UNIX time s, 0 for live.  resource: ``u=``.  stream: 0 main, 1 sub, None unsaid.
    """

    owner: str
    host: str
    port: int
    purpose: Purpose = Purpose.PLAY
    kind: str = "video"
    tcp: bool = False
    setup: Setup | None = None
    direction: Direction = Direction.RECVONLY
    payloads: tuple[Payload, ...] = (PS,)
    ssrc: str = ""
    format: MediaFormat | None = None
    start: int = 0
    end: int = 0
    resource: str = ""
    stream: int | None = None
    stream_style: StreamStyle = StreamStyle.NONE
    download_speed: int | None = None
    file_size: int | None = None

    def build(self) -> bytes:
        """Return the description as bytes, in the standard's order."""
        family = "IP6" if ":" in self.host else "IP4"
        lines = [
            Line("v", "0"),
            Line("o", f"{self.owner} 0 0 IN {family} {self.host}"),
            Line("s", self.purpose.value),
        ]
        if self.resource:
            lines.append(Line("u", self.resource))
        lines.append(Line("c", f"IN {family} {self.host}"))
        lines.append(Line("t", f"{self.start} {self.end}"))
        media = Media(
            self.kind,
            self.port,
            "TCP/RTP/AVP" if self.tcp else "RTP/AVP",
            tuple(str(payload.number) for payload in self.payloads),
            [Line("a", attribute) for attribute in self._attributes()],
        )
        # After the attributes, the SSRC before the format: Hikvision answers 415 otherwise.
        if self.ssrc:
            media.lines.append(Line("y", self.ssrc))
        if self.format is not None:
            media.lines.append(Line("f", str(self.format)))
        return SessionDescription(lines, [media]).encode()

    @classmethod
    def parse(cls, body: bytes, kinds: tuple[str, ...] = ("video", "audio")) -> Self:
        """Return what *body* says of the first of *kinds*: of its video, else of its sound.

        Raises RemoteProtocolError: 400 when it is no description, 488 when it offers no media.
        """
        description = parse(body)
        media = _media_of(description, kinds)
        origin = (description.value("o") or "").split()
        start, end = _times_of(description.value("t") or "")
        stream, stream_style = _stream_of(description, media)
        return cls(
            owner=origin[0] if origin else "",
            host=description.address(media) or (origin[5] if len(origin) > 5 else ""),
            port=media.port,
            purpose=_PURPOSES.get((description.value("s") or "").strip().lower(), Purpose.PLAY),
            kind=media.kind.lower(),
            tcp="TCP" in media.proto.upper(),
            setup=_SETUPS.get((_attribute(description, media, "setup") or "").strip().lower()),
            direction=_direction_of(description, media),
            payloads=tuple(_payloads_of(media)),
            ssrc=_ssrc_of(description.value("y") or ""),
            format=_format_of(description.value("f")),
            start=start,
            end=end,
            resource=(description.value("u") or "").strip(),
            stream=stream,
            stream_style=stream_style,
            download_speed=_number(_attribute(description, media, "downloadspeed")),
            file_size=_number(_attribute(description, media, "filesize")),
        )

    @property
    def ssrc_number(self) -> int | None:
        """The SSRC that RTP is to carry; None when unsaid or no number of 32 bits."""
        return number_of(self.ssrc)

    def _attributes(self) -> Iterator[str]:
        yield self.direction.value
        for payload in self.payloads:
            if payload.name:
                yield f"rtpmap:{payload.number} {payload.name}/{payload.clock}"
        if self.tcp and self.setup is not None:
            yield f"setup:{self.setup.value}"
            yield "connection:new"
        if self.download_speed is not None:
            yield f"downloadspeed:{self.download_speed}"
        if self.file_size is not None:
            yield f"filesize:{self.file_size}"
        if self.stream is not None and self.stream_style is StreamStyle.STREAMMODE:
            yield f"streamMode:{'SUB' if self.stream else 'MAIN'}"
        elif self.stream is not None and self.stream_style is not StreamStyle.NONE:
            yield f"{self.stream_style.value}:{self.stream}"


_PURPOSES = {purpose.value.lower(): purpose for purpose in Purpose}
_SETUPS = {setup.value: setup for setup in Setup}


def _media_of(description: SessionDescription, kinds: tuple[str, ...]) -> Media:
    """Return the first media of the first kind that is there."""
    for kind in kinds:
        for media in description.media:
            if media.kind.lower() == kind:
                return media
    raise RemoteProtocolError("no video and no audio is described", clause=_CLAUSE, status=488)


def _attribute(description: SessionDescription, media: Media, name: str) -> str | None:
    value = media.attribute(name)
    return description.attribute(name) if value is None else value


def _direction_of(description: SessionDescription, media: Media) -> Direction:
    found = (
        direction
        for direction in Direction
        if _attribute(description, media, direction.value) is not None
    )
    return next(found, Direction.SENDRECV)  # RFC 4566 6


def _payloads_of(media: Media) -> Iterator[Payload]:
    named: dict[str, tuple[str, int]] = {}
    for value in media.attributes("rtpmap"):
        told, _, encoding = value.strip().partition(" ")
        name, _, clock = encoding.strip().partition("/")
        named[told] = (name.upper(), _number(clock.partition("/")[0]) or 90_000)
    for text in list(dict.fromkeys(media.formats))[:_MAX_PAYLOADS]:
        number = _number(text)
        if number is None or not 0 <= number < 128:
            continue
        if text in named:
            yield Payload(number, *named[text])
        else:
            yield _USUAL.get(number, Payload(number, ""))


def _ssrc_of(text: str) -> str:
    """Return *text* as ten digits; "" for none, and for the zeros that stand for none."""
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 10 or not int(digits):
        return ""
    return digits.zfill(10)


def _format_of(text: str | None) -> MediaFormat | None:
    try:
        return MediaFormat.parse(text) if text else None
    except RemoteProtocolError:
        return None  # no device is refused for a line that hardly any reads


def _times_of(text: str) -> tuple[int, int]:
    words = [_number(word) or 0 for word in text.split()[:2]]
    return (words[0], words[1]) if len(words) == 2 else (0, 0)


def _stream_of(description: SessionDescription, media: Media) -> tuple[int | None, StreamStyle]:
    for style in (StreamStyle.STREAMNUMBER, StreamStyle.STREAM, StreamStyle.STREAMPROFILE):
        number = _number(_attribute(description, media, style.value))
        if number is not None:
            return number, style
    mode = (_attribute(description, media, StreamStyle.STREAMMODE.value) or "").strip().upper()
    if mode in ("MAIN", "SUB"):
        return int(mode == "SUB"), StreamStyle.STREAMMODE
    return None, StreamStyle.NONE


def _number(text: str | None) -> int | None:
    digits = (text or "").strip()
    sign = -1 if digits.startswith("-") else 1
    digits = digits.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        return None
    return sign * int(digits)
